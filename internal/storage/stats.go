package storage

import (
	"context"
	"fmt"
	"math/bits"
	"strconv"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// Stats counts what a Store wrote since it was opened.
type Stats struct {
	Commits      uint64              // commits that had something to write
	Failed       uint64              // groups that failed as a whole, with every transaction in them
	Transactions uint64              // transactions kept, including those that only read
	Refused      uint64              // transactions whose function returned an error or panicked
	Batches      [BatchBuckets]Batch // how many transactions shared a group
}

// BatchBuckets is how many sizes of batch Stats tells apart.
const BatchBuckets = 9

// Batch counts the groups of up to UpTo transactions and more than the
// previous bucket's. The last bucket holds everything larger too.
type Batch struct {
	UpTo   int
	Groups uint64
}

// counts are the Stats under a lock: the writer adds, anyone reads.
type counts struct {
	mu    sync.Mutex
	stats Stats
}

func (c *counts) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	for i := range s.Batches {
		s.Batches[i].UpTo = 1 << i
	}
	return s
}

// add records a group whose fate is known.
func (c *counts) add(jobs []*job, wrote bool, failed error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if failed != nil {
		c.stats.Failed++
		return
	}
	if wrote {
		c.stats.Commits++
	}
	for _, j := range jobs {
		switch {
		case j.f == nil:
		case j.err == nil:
			c.stats.Transactions++
		default:
			c.stats.Refused++
		}
	}
	c.stats.Batches[bucket(len(jobs))].Groups++
}

// bucket is the index of the smallest power of two that holds n.
func bucket(n int) int { return min(bits.Len(uint(n-1)), BatchBuckets-1) }

// Backlog is what the books hold that waits for work which no request asks
// for, and who does that work. What is counted is counted up to MostCounted.
type Backlog struct {
	Pending      int       // deliveries
	PendingSince time.Time // when the oldest of them was made; zero: there is none
	Failed       int       // deliveries that failed for good
	Due          int       // active codes whose validity has passed
	DueSince     time.Time // when that of the first of them passed; zero: there is none
	Leases       []pay.Lease
	Schema       int64 // version of the newest migration
}

// MostCounted bounds what looking at a Backlog costs.
const MostCounted = 10_000

// Each of them goes along an index and stops early.
var (
	upTo           = " LIMIT " + strconv.Itoa(MostCounted) + ") AS bounded"
	countPending   = "SELECT COUNT(*) FROM (SELECT 1 FROM delivery WHERE state = 'pending'" + upTo
	oldestPending  = "SELECT COALESCE((SELECT created_at FROM delivery WHERE state = 'pending' ORDER BY id LIMIT 1), 0)"
	countGivenUp   = "SELECT COUNT(*) FROM (SELECT 1 FROM delivery WHERE state = 'failed' AND state <> 'pending'" + upTo
	countDue       = "SELECT COUNT(*) FROM (SELECT 1 FROM code WHERE state = 'active' AND expires_at > 0 AND expires_at <= $1" + upTo
	firstDue       = "SELECT COALESCE(MIN(expires_at), 0) FROM code WHERE state = 'active' AND expires_at > 0 AND expires_at <= $1"
	newestMigrated = "SELECT CAST(COALESCE(MAX(version_id), 0) AS BIGINT) FROM goose_db_version"
)

// Backlog looks at the books as of a business time, on one snapshot.
func (s *Store) Backlog(ctx context.Context, now time.Time) (b Backlog, err error) {
	err = s.readers.view(ctx, func(r pay.Reader) (err error) {
		b, err = backlogOf(r, now)
		return err
	})
	return b, err
}

func backlogOf(r pay.Reader, now time.Time) (b Backlog, err error) {
	q, due := r.(reader).q, []any{micros(now)}
	for _, look := range []struct {
		text string
		args []any
		to   any
	}{
		{countPending, nil, &b.Pending}, {oldestPending, nil, moment{&b.PendingSince}}, {countGivenUp, nil, &b.Failed},
		{countDue, due, &b.Due}, {firstDue, due, moment{&b.DueSince}}, {newestMigrated, nil, &b.Schema},
	} {
		if err := q.query(look.text, look.args, func(r row) error { return r.Scan(look.to) }); err != nil {
			return b, fmt.Errorf("storage: looking at what waits: %w", err)
		}
	}
	b.Leases, err = r.Leases("")
	return b, err
}

// Fit says whether the schema that the database has now is at least this
// program's: books of an earlier version may have been restored beneath a
// running node.
func (s *Store) Fit(ctx context.Context) error {
	files, err := migrationFiles()
	if err != nil {
		return err
	}
	var target, current int64
	for number := range files {
		target = max(target, number)
	}
	err = s.readers.view(ctx, func(r pay.Reader) (err error) {
		current, err = scalar[int64](r.(reader).q, newestMigrated)
		return err
	})
	if err == nil && current < target {
		err = fmt.Errorf("%w (version %d, this program's is %d)", ErrOlder, current, target)
	}
	return err
}
