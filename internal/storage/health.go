package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// Outage is a failure beneath a Store that its operator can cure: a full or
// failing disk, a file that may not be written.
type Outage struct {
	Err  error
	cure string
}

func (o *Outage) Error() string { return fmt.Sprintf("%v (%s)", o.Err, o.cure) }
func (o *Outage) Unwrap() error { return o.Err }

// Cure says what to do about it.
func (o *Outage) Cure() string { return o.cure }

// health remembers that a commit met an Outage, until a probe works.
//
// # A commit that failed
//
// The writer stays on the open files, even when it was the fsync that failed.
// After that the kernel may call pages clean that never reached the disk, but
// only pages written since the last fsync that worked, and SQLite builds on
// none of those: a failed commit leaves the end of the log where it was, so
// that the next commit writes the same places again, and a failed checkpoint
// counts for nothing, so that the next one copies every page again, while
// readers still find them in the log.
//
// Opening the files anew would be the mistake. Recovery reads the log through
// the very cache that cannot be trusted, finds the failed group whole there,
// with good checksums, and would take it for committed. For the same reason
// the failed group must not stay in the log for a later start to find: scrub
// overwrites it before anybody is told that nothing was kept. If even that
// fails and the process is killed before a commit works again, a group that
// was answered as failed may come back; that is why such an answer is one
// that asks to be repeated under the same reference.
type health struct {
	mu     sync.Mutex
	outage error
	probed time.Time

	retire func() // has idle readers give up their snapshots
}

func (h *health) set(outage error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.outage = outage
}

// mended forgets an outage, and reports whether there was no other since.
func (h *health) mended(outage error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.outage == outage {
		h.outage = nil
	}
	return h.outage == nil
}

// ask gives the outage, and whether it is time to look if it is over.
func (h *health) ask() (outage error, look bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if look = h.outage != nil && time.Since(h.probed) >= probeEvery; look {
		h.probed = time.Now()
	}
	return h.outage, look
}

const (
	probeEvery = 500 * time.Millisecond
	// probeSize is more than a full group of payments writes. What fits into the
	// last free corner of a disk, some request's commit too, says nothing about
	// the next group.
	probeSize = 4 << 20
)

var (
	smallCommit = "PRAGMA user_version = 1" // nothing reads the number
	writeProbe  = `INSERT INTO setting (name, value) VALUES ('storage.probe', hex(zeroblob($1)))
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	eraseProbe = "DELETE FROM setting WHERE name = 'storage.probe'"
)

// scrub overwrites in the log what a group left there that failed. The next
// commit begins where that group began, so the smallest does: one page, of
// which it matters that it is written, not that it is kept. Only at the very
// start of the log it does not come to that if fsync fails, because SQLite
// wants the log's header on the disk first. There the log holds nothing else,
// and can be cut off.
func (h *health) scrub(s *session) {
	s.reset()
	if _, err := s.exec(smallCommit, nil); err != nil {
		h.retire()
		_ = checkpoint(s) // what it meets, the next commit meets too
	}
}

// heed learns from a group how the disk is.
func (h *health) heed(g *group) { h.fail(g.failed, g.db) }

// fail learns why a commit failed, if it did.
func (h *health) fail(why error, db *session) {
	if errors.As(why, new(*Outage)) {
		h.set(why)
		h.scrub(db)
	}
}

// Ready says whether the Store can do its work: nil, or why not. After a
// commit that met an Outage it answers that, and tries at a bounded rate
// whether commits work again: nobody sends work to a node that is not ready.
func (s *Store) Ready(ctx context.Context) error {
	if outage, look := s.health.ask(); outage != nil {
		if !look || s.probe(ctx, s) != nil || !s.health.mended(outage) {
			return outage
		}
	}
	return s.View(ctx, func(r pay.Reader) error {
		if _, err := r.Setting("ready"); !errors.Is(err, pay.ErrNotFound) {
			return err
		}
		return nil
	})
}

// probeDisk commits as much as a large group does, and takes it back.
func probeDisk(ctx context.Context, s *Store) error {
	err := s.writer.update(ctx, func(t pay.Tx) error {
		_, err := t.(tx).db.exec(writeProbe, []any{probeSize / 2}) // a byte is two digits
		return err
	})
	if err != nil {
		return err
	}
	return s.writer.update(ctx, func(t pay.Tx) error {
		_, err := t.(tx).db.exec(eraseProbe, nil)
		return err
	})
}
