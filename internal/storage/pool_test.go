package storage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestViewSeesWhatWasAcknowledged has each of many callers look for what it
// wrote as soon as that is acknowledged: what is held, what is published at
// once, and marks on their way to the index, while the log is copied into the
// file again and again.
func TestViewSeesWhatWasAcknowledged(t *testing.T) {
	const callers, each = 8, 150
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{})
	lane := s.writer.lanes[0].(*oneByOne)
	lane.most, lane.recent.most, lane.copying.many, lane.copying.most = 20, 100, 40, 200
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := range each {
				if err := writeThenLook(s, caller*each+i); err != nil {
					t.Errorf("number %d of caller %d: %v", i, caller, err)
				}
			}
		})
	}
	wg.Wait()
}

// writeThenLook writes a code with its mark, and a setting with every fifth,
// and looks for them in another order each time, with and without what keeps
// the snapshot of a View before.
func writeThenLook(s *Store, n int) error {
	code, name := benchCode(int64(n), fmt.Sprint("ref ", n)), fmt.Sprint("setting ", n)
	mark := wholeMark(n, pay.ByReference)
	err := s.Update(context.Background(), func(tx pay.Tx) error {
		if n%5 == 0 {
			return errors.Join(tx.InsertMark(mark), tx.InsertCode(code, "2026-01-01"), tx.PutSetting(name, "value"))
		}
		return errors.Join(tx.InsertMark(mark), tx.InsertCode(code, "2026-01-01"))
	})
	if err != nil {
		return err
	}
	looks := []func(r pay.Reader) error{
		func(r pay.Reader) error { _, err := r.Code(code.Ref); return err },
		func(r pay.Reader) error {
			m, err := r.Mark(mark.PartnerID, mark.Scope, mark.Kind, mark.Key, mark.Day)
			if err == nil {
				_, err = r.Code(m.Ref)
			}
			return err
		},
		func(r pay.Reader) error {
			if _, err := r.Setting(name); n%5 == 0 || !errors.Is(err, pay.ErrNotFound) {
				return err
			}
			return nil
		},
	}
	for i := range looks {
		if err := s.View(context.Background(), looks[(n+i)%len(looks)]); err != nil {
			return fmt.Errorf("look %d: %w", (n+i)%len(looks), err)
		}
	}
	return nil
}

// TestSnapshotServesUntilTheNextCommit: Views of which nothing was published
// in between read from one snapshot.
func TestSnapshotServesUntilTheNextCommit(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{})
	look := func() uint64 {
		missing(t, s, "name")
		return idle(s)[0].seen
	}
	first := look()
	if first == 0 || look() != first {
		t.Error("the next View does not read from the snapshot of the first")
	}
	if err := s.Update(t.Context(), setting("name")); err != nil {
		t.Fatal(err)
	}
	if missing(t, s, "name") || look() == first {
		t.Error("a View after the commit reads from the snapshot before it")
	}
	if n := len(idle(s)); n != 1 {
		t.Errorf("%d sessions for Views one after another", n)
	}
}

func idle(s *Store) []*session { return s.readers.(*pool).idle }

// viewsAtOnce gives the pool some idle sessions, each with a snapshot.
func viewsAtOnce(t *testing.T, s *Store, many int) {
	t.Helper()
	var all, wg sync.WaitGroup
	all.Add(many)
	for range many {
		wg.Go(func() {
			err := s.View(context.Background(), func(r pay.Reader) error {
				_, err := r.Setting("any")
				all.Done()
				all.Wait()
				return ignore(err, pay.ErrNotFound)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, session := range idle(s) {
		if session.seen == 0 {
			t.Error("an idle session has no snapshot")
		}
	}
	if n := len(idle(s)); n < many {
		t.Fatalf("%d idle sessions", n)
	}
}

// TestFailedReadEndsTheSnapshot: the session serves the next View.
func TestFailedReadEndsTheSnapshot(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{})
	missing(t, s, "name")
	err := s.View(t.Context(), func(r pay.Reader) error {
		_, err := scalar[int](r.(reader).q, "SELECT nothing FROM nowhere")
		return err
	})
	if err == nil || idle(s)[0].seen != 0 {
		t.Errorf("a statement that SQLite refuses: %v, snapshot %d", err, idle(s)[0].seen)
	}
	if err := s.Update(t.Context(), setting("name")); err != nil {
		t.Fatal(err)
	}
	if missing(t, s, "name") || len(idle(s)) != 1 {
		t.Error("the session does not serve any more")
	}
}

// TestIdleReadersLetTheLogBeginAnew: SQLite's log begins anew when all of it was
// copied, however many sessions have looked at the books in between.
func TestIdleReadersLetTheLogBeginAnew(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{})
	copying := s.writer.lanes[0].(*oneByOne).copying
	copying.many, copying.within = 50, true
	begun, before := 0, 0
	for i := range 150 {
		if i%10 == 0 {
			viewsAtOnce(t, s, sqliteReaders)
		}
		name := fmt.Sprint(i)
		if err := s.Update(t.Context(), setting(name)); err != nil || missing(t, s, name) {
			t.Fatalf("commit %d: %v", i, err)
		}
		if copying.frames < before {
			begun++
		} else if before >= copying.many {
			t.Fatalf("commit %d came behind %d frames that were copied", i, before)
		}
		before = copying.frames
	}
	if begun < 3 {
		t.Errorf("the log began anew %d times", begun)
	}
}

// TestIdleReadersLetTheLogBeCutOff: what a failed commit has left in the log is
// gone at once, and so is all of the log when the store is closed.
func TestIdleReadersLetTheLogBeCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	if err := s.Update(t.Context(), setting("name")); err != nil {
		t.Fatal(err)
	}
	viewsAtOnce(t, s, sqliteReaders)
	fails := true
	onCommit(t, s, func() int32 {
		if fails {
			return 1
		}
		return 0
	})
	s.health.scrub(writing(s))
	fails = false
	if n := logSize(t, path); n != 0 {
		t.Errorf("the log still has %d bytes", n)
	}
	viewsAtOnce(t, s, sqliteReaders)
	mustClose(t, s)
	if missing(t, mustOpen(t, path, Options{}), "name") {
		t.Error("the setting is lost")
	}
}
