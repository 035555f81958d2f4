package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// gated is a storage whose writer lets a transaction begin, and then end, when
// a test says so.
type gated struct {
	pay.Storage
	begin, end chan struct{}
}

func newGated() *gated { return &gated{begin: make(chan struct{}), end: make(chan struct{})} }

func (g *gated) Update(ctx context.Context, f func(pay.Tx) error) error {
	select {
	case <-g.begin:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := f(nil)
	<-g.end
	return err
}

func nothing(pay.Tx) error { return nil }

// eventually waits for a condition that another goroutine brings about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came to this: " + what)
		}
	}
}

// TestStalled: work that waits, and work that was begun and does not end, show
// as a stall that grows; an answer ends it, and one who gives up does not.
func TestStalled(t *testing.T) {
	m, g := NewMetrics(Build{}), newGated()
	b := m.Measure(g)
	if b.Stalled() != 0 {
		t.Error("idle books are stalled")
	}
	var all sync.WaitGroup
	all.Go(func() { b.Update(t.Context(), nothing) })
	eventually(t, "a transaction waits", func() bool { return b.Stalled() > 5*time.Millisecond })
	if got := scraped(t, m); got["qrisd_storage_queue_depth"] != 1 || got["qrisd_storage_stalled_seconds"] <= 0 {
		t.Errorf("a scrape says %v wait, stalled for %v s", got["qrisd_storage_queue_depth"], got["qrisd_storage_stalled_seconds"])
	}
	before := b.Stalled()
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Update(hurried, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("one who gives up is answered %v", err)
	}
	if b.Stalled() < before {
		t.Error("one who gave up counted as progress")
	}
	g.begin <- struct{}{}
	eventually(t, "begun work is stalled too", func() bool { return b.Stalled() > 5*time.Millisecond && b.waiting.Load() == 0 })
	g.end <- struct{}{}
	all.Wait()
	if b.Stalled() != 0 || b.waiting.Load() != 0 || b.open.Load() != 0 {
		t.Errorf("after the answer: stalled %v, %d wait, %d are open", b.Stalled(), b.waiting.Load(), b.open.Load())
	}
	if got := scraped(t, m); got["qrisd_storage_wait_seconds_count"] != 1 || got["qrisd_storage_commit_seconds_count"] != 1 {
		t.Errorf("counted %v waits and %v commits, want one each", got["qrisd_storage_wait_seconds_count"], got["qrisd_storage_commit_seconds_count"])
	}
}

// erring is a storage that answers everything with an error.
type erring struct {
	pay.Storage
	err error
}

func (e erring) Update(context.Context, func(pay.Tx) error) error { return e.err }

// TestFailed: what a transaction refuses is no failure of the storage.
func TestFailed(t *testing.T) {
	for _, c := range []struct {
		err  error
		want uint64
	}{
		{nil, 0}, {errors.New("disk"), 1}, {pay.ErrNotFound, 0}, {fmt.Errorf("a lease: %w", pay.ErrExists), 0},
		{pay.Refuse(pay.RateLimited, "no"), 0}, {&pay.Repeated{}, 0}, {&pay.Error{Kind: pay.Internal}, 1},
	} {
		b := NewMetrics(Build{}).Measure(erring{err: c.err})
		if err := b.Update(t.Context(), nothing); err != c.err || b.Failed() != c.want {
			t.Errorf("%v: answered %v, %d failed", c.err, err, b.Failed())
		}
	}
}

// TestState: what a node finds is what a scrape shows, and before it has
// looked there is nothing but the writer's counts.
func TestState(t *testing.T) {
	m := NewMetrics(Build{Version: "v1", Commit: "abc", Go: "go1"})
	stats := storage.Stats{Commits: 3, Failed: 1, Transactions: 5, Refused: 2}
	for i := range stats.Batches {
		stats.Batches[i] = storage.Batch{UpTo: 1 << i, Groups: 1}
	}
	var state *State
	m.Watch(func() storage.Stats { return stats }, func() *State { return state })
	before := scraped(t, m)
	if _, told := before["qrisd_outbox_pending"]; told || before["qrisd_storage_commits_total"] != 3 {
		t.Errorf("before a look: %v", before)
	}
	now := time.Now()
	state = &State{
		At: now, Leases: map[string]bool{"close": true, "expiry": false}, Checks: map[string]error{"store": nil, "writable": errors.New("no")},
		Backlog: storage.Backlog{Pending: 4, PendingSince: now.Add(-time.Minute), Failed: 2, Due: 7, DueSince: now.Add(time.Minute), Schema: 70},
	}
	m.LedgerChecked(false, now, time.Second)
	m.LedgerChecked(true, now, time.Second)
	m.Page("admin", "GET /v1/partners", "200")
	m.Tried(pay.DeliveryDone, time.Second)
	got := scraped(t, m)
	for name, want := range map[string]float64{
		"qrisd_outbox_pending": 4, "qrisd_outbox_oldest_seconds": 60, "qrisd_outbox_failed": 2, "qrisd_expiry_backlog": 7,
		"qrisd_expiry_oldest_seconds": 0, "qrisd_schema_version": 70, `qrisd_lease_held{lease="close"}`: 1, `qrisd_lease_held{lease="expiry"}`: 0,
		`qrisd_check_passed{check="store"}`: 1, `qrisd_check_passed{check="writable"}`: 0, "qrisd_ledger_balanced": 1,
		"qrisd_ledger_check_duration_seconds": 1, "qrisd_ledger_check_timestamp_seconds": float64(now.Unix()),
		`qrisd_storage_transactions_total{result="kept"}`: 5, `qrisd_storage_transactions_total{result="refused"}`: 2,
		"qrisd_storage_failed_commits_total": 1, `qrisd_storage_batch_size_bucket{le="128"}`: 8, `qrisd_storage_batch_size_bucket{le="+Inf"}`: 9,
		"qrisd_storage_batch_size_sum": 7, `qrisd_build_info{commit="abc",goversion="go1",version="v1"}`: 1,
		`qrisd_http_requests_total{listener="admin",route="GET /v1/partners",status="200"}`: 1,
		`qrisd_delivery_attempts_total{result="delivered"}`:                                 1, `qrisd_delivery_attempts_total{result="failed"}`: 0,
	} {
		if value, told := got[name]; !told || value != want {
			t.Errorf("%s is %v (told: %v), want %v", name, value, told, want)
		}
	}
}

// prompt is a storage that runs a transaction at once.
type prompt struct{ pay.Storage }

func (prompt) Update(_ context.Context, f func(pay.Tx) error) error { return f(nil) }

// BenchmarkUpdate is what measuring costs a transaction.
func BenchmarkUpdate(b *testing.B) {
	books := NewMetrics(Build{}).Measure(prompt{})
	b.ReportAllocs()
	for b.Loop() {
		if err := books.Update(b.Context(), nothing); err != nil {
			b.Fatal(err)
		}
	}
}
