package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage/faultdisk"
)

// sick is a Store on a disk that fails at will, with the log of its callers.
type sick struct {
	*Store
	t    *testing.T
	disk *faultdisk.Disk
	path string

	mu           sync.Mutex
	acknowledged []string
	refused      []string
	checked      [2]int // how many of these were looked at one by one
	felt         int    // faults that the store has noticed
}

func onFaultyDisk(t *testing.T) *sick {
	t.Helper()
	folder := t.TempDir()
	disk, err := faultdisk.New(folder)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "books.db")
	fundBudi(t, path)
	return &sick{Store: mustOpen(t, path, Options{}), t: t, disk: disk, path: path}
}

// hurry makes what otherwise comes with size happen within a few payments:
// commits, checkpoints, pages read again, and pages written before their
// commit.
func (s *sick) hurry() {
	s.t.Helper()
	lane := s.writer.lanes[0].(*oneByOne)
	lane.most, lane.copying.many, lane.copying.most = 4, 25, 50
	if _, err := lane.db.exec("PRAGMA cache_size = 10", nil); err != nil {
		s.t.Fatal(err)
	}
}

// session is the writer's own, to be used while it is idle.
func (s *sick) session() *session { return s.writer.lanes[0].(*oneByOne).db }

// pay makes payments from a few callers at once.
func (s *sick) pay(callers, each int) {
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for range each {
				s.payOne(caller)
			}
		})
	}
	wg.Wait()
}

func (s *sick) payOne(caller int) {
	s.mu.Lock()
	ref := fmt.Sprintf("%d-%d", caller, len(s.acknowledged)+len(s.refused))
	s.mu.Unlock()
	err := s.Update(context.Background(), func(tx pay.Tx) error { return payOnce(tx, ref) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.acknowledged = append(s.acknowledged, ref)
		return
	}
	s.refused = append(s.refused, ref)
	var outage *Outage
	if !errors.As(err, &outage) || outage.Cure() == "" {
		s.t.Errorf("%s was refused without a cure: %v", ref, err)
	}
}

// check wants all that was acknowledged in the books, and nothing else. It
// looks at what is new, and at the sums.
func (s *sick) check(when string, r pay.Reader) {
	s.t.Helper()
	for _, ref := range s.acknowledged[s.checked[0]:] {
		if err := paidWhole(r, ref); err != nil {
			s.t.Fatalf("%s: acknowledged %s: %v", when, ref, err)
		}
	}
	for _, ref := range s.refused[s.checked[1]:] {
		if _, err := r.Code(ref); err != pay.ErrNotFound {
			s.t.Fatalf("%s: refused %s: %v", when, ref, err)
		}
	}
	if err := errors.Join(allOrNothing(r, len(s.acknowledged)), soundBooks(r), intact(r)); err != nil {
		s.t.Fatalf("%s: %v", when, err)
	}
}

func (s *sick) checkStore(when string, store *Store) {
	s.t.Helper()
	err := store.View(s.t.Context(), func(r pay.Reader) error { s.check(when, r); return nil })
	if err != nil {
		s.t.Fatalf("%s: %v", when, err)
	}
}

// checkAfter opens what is left on the disk after an accident.
func (s *sick) checkAfter(accident string, left func(into string) error) {
	s.t.Helper()
	folder, err := os.MkdirTemp(s.t.TempDir(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := left(folder); err != nil {
		s.t.Fatal(err)
	}
	store := mustOpen(s.t, filepath.Join(folder, filepath.Base(s.path)), Options{Readers: 1})
	s.checkStore("after "+accident, store)
	mustClose(s.t, store)
}

// trouble is what befalls a disk: an operation fails in some way.
type trouble struct {
	op    faultdisk.Op
	fault faultdisk.Fault
	stays bool // until the disk is mended; otherwise only once
}

// strike lets the nth such operation fail. It tells whether that has happened.
func (s *sick) strike(what trouble, nth int) (struck func() bool) {
	count := 0
	s.disk.Fail(func(op faultdisk.Op, _ string) faultdisk.Fault {
		if op != what.op {
			return faultdisk.None
		}
		if count++; count == nth || (what.stays && count > nth) {
			return what.fault
		}
		return faultdisk.None
	})
	return func() bool { return count >= nth }
}

// TestEveryFault lets each operation in turn fail while payments are made. At
// every moment, and whatever happens next, the books hold what was
// acknowledged and nothing of what was refused.
func TestEveryFault(t *testing.T) {
	for name, what := range map[string]trouble{
		"the disk is full for a moment": {faultdisk.Write, faultdisk.Full, false},
		"the disk is full":              {faultdisk.Write, faultdisk.Full, true},
		"a write fails":                 {faultdisk.Write, faultdisk.WriteFailed, false},
		"writes fail":                   {faultdisk.Write, faultdisk.WriteFailed, true},
		"an fsync fails":                {faultdisk.Sync, faultdisk.SyncFailed, false},
		"fsyncs fail":                   {faultdisk.Sync, faultdisk.SyncFailed, true},
		"a read fails":                  {faultdisk.Read, faultdisk.ReadFailed, false},
		"reads fail":                    {faultdisk.Read, faultdisk.ReadFailed, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := onFaultyDisk(t)
			s.hurry()
			points := 0
			for nth := 1; s.survives(what, nth); nth += 1 + nth/4 {
				points++
			}
			if points < 3 || s.felt == 0 {
				t.Errorf("the store has noticed %d of %d faults: too few to show anything", s.felt, points)
			}
			t.Logf("%d faults, %d noticed: %d payments kept, %d refused", points, s.felt, len(s.acknowledged), len(s.refused))
			mustClose(t, s.Store)
			s.checked = [2]int{}
			s.checkStore("at last", mustOpen(t, s.path, Options{}))
		})
	}
}

// survives lets the nth operation fail during some payments, and reports
// whether there was an nth.
func (s *sick) survives(what trouble, nth int) bool {
	s.t.Helper()
	when := fmt.Sprintf("operation %d", nth)
	s.health.set(nil)
	struck := s.strike(what, nth)
	s.pay(3, 3)
	s.disk.Fail(nil)
	if outage, _ := s.health.ask(); outage != nil {
		s.felt++
	}
	s.checkAfter("a kill after "+when, s.disk.Kill)
	s.checkAfter("a loss of power after "+when, s.disk.Crash)
	s.checkStore(when, s.Store)
	s.checked = [2]int{len(s.acknowledged), len(s.refused)}
	refused := len(s.refused)
	if s.pay(1, 1); len(s.refused) != refused {
		s.t.Fatalf("%s: a mended disk does not serve", when)
	}
	return struck()
}

// TestFaultAtTheStart: the first group of a log that was begun anew fails, and
// nothing can be made durable after it, not even what overwrites it. Ours is
// synced once; SQLite syncs its log's header first.
func TestFaultAtTheStart(t *testing.T) {
	for name, log := range map[string]struct {
		most int64
		sync int
	}{"of ours": {maxHeld, 1}, "of SQLite": {0, 2}} {
		t.Run(name, func(t *testing.T) {
			s := onFaultyDisk(t)
			s.writer.lanes[0].(*oneByOne).most = log.most
			s.pay(1, 1)
			s.checkStore("at first", s.Store)
			s.health.retire()
			if err := checkpoint(s.session()); err != nil {
				t.Fatal(err)
			}
			struck := s.strike(trouble{faultdisk.Sync, faultdisk.SyncFailed, true}, log.sync)
			s.pay(1, 1)
			s.disk.Fail(nil)
			if !struck() || len(s.refused) != 1 {
				t.Fatalf("%d payments were refused", len(s.refused))
			}
			s.checkAfter("a kill", s.disk.Kill)
			s.checkAfter("a loss of power", s.disk.Crash)
		})
	}
}

// TestReadFault: a transaction that only reads meets a fault, for which SQLite
// rolls the whole group back. What follows in the group must not commit by
// itself.
func TestReadFault(t *testing.T) {
	s := onFaultyDisk(t)
	inside, release, first := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		first <- s.Update(context.Background(), func(pay.Tx) error { close(inside); <-release; return nil })
	}()
	<-inside
	h := &held{Store: s.Store, t: t, release: release, first: first}
	answers := []<-chan error{
		h.queue(context.Background(), setting("before")),
		h.queue(context.Background(), func(tx pay.Tx) error {
			s.strike(trouble{faultdisk.Read, faultdisk.ReadFailed, true}, 1)
			defer s.disk.Fail(nil)
			_, err := tx.Delivery("any") // nothing has read this table yet
			return err
		}),
		h.queue(context.Background(), setting("after")),
	}
	h.letGo()
	for i, a := range answers {
		var outage *Outage
		if err := <-a; !errors.As(err, &outage) {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	if !missing(t, s.Store, "before") || !missing(t, s.Store, "after") {
		t.Error("something of the group was kept")
	}
}

// TestReadiness: a Store whose disk fails says so with the cure, and finds out
// by itself when it is mended.
func TestReadiness(t *testing.T) {
	for name, what := range map[string]trouble{
		"full":    {faultdisk.Write, faultdisk.Full, true},
		"failing": {faultdisk.Sync, faultdisk.SyncFailed, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := onFaultyDisk(t)
			if err := s.Ready(t.Context()); err != nil {
				t.Fatalf("on a good disk: %v", err)
			}
			s.strike(what, 1)
			s.pay(2, 2)
			var outage *Outage
			for range 3 {
				if err := s.Ready(t.Context()); !errors.As(err, &outage) || outage.Cure() == "" {
					t.Fatalf("on a disk that is %s: %v", name, err)
				}
			}
			if missing(t, s.Store, "nothing") != true || len(s.refused) != 4 {
				t.Errorf("%d of 4 were refused", len(s.refused))
			}
			s.disk.Fail(nil)
			for deadline := time.Now().Add(time.Minute); s.Ready(t.Context()) != nil; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it does not notice that the disk is mended")
				}
			}
			if !missing(t, s.Store, "storage.probe") {
				t.Error("the probe is left in the books")
			}
			s.pay(2, 2)
			if len(s.acknowledged) != 4 {
				t.Errorf("%d of 4 were kept after it", len(s.acknowledged))
			}
			s.checkStore("in the end", s.Store)
		})
	}
}

// TestStuckCheckpoint: the log cannot be moved into the file for a while. It
// grows, nothing is refused, and nothing is lost.
func TestStuckCheckpoint(t *testing.T) {
	for name, fault := range map[faultdisk.Op]faultdisk.Fault{faultdisk.Write: faultdisk.Full, faultdisk.Sync: faultdisk.SyncFailed} {
		t.Run(fmt.Sprint(name), func(t *testing.T) {
			s := onFaultyDisk(t)
			s.hurry()
			stuck := 0
			s.disk.Fail(func(op faultdisk.Op, file string) faultdisk.Fault {
				if op != name || file != "books.db" {
					return faultdisk.None
				}
				stuck++
				return fault
			})
			s.pay(3, 20)
			if stuck == 0 || len(s.refused) != 0 {
				t.Errorf("%d failures of the checkpoint, %d payments refused", stuck, len(s.refused))
			}
			s.checkStore("meanwhile", s.Store)
			s.checkAfter("a kill", s.disk.Kill)
			s.checkAfter("a loss of power", s.disk.Crash)
			s.disk.Fail(nil)
			s.pay(3, 20)
			s.checkAfter("a later loss of power", s.disk.Crash)
			mustClose(t, s.Store)
			s.checkStore("in the end", mustOpen(t, s.path, Options{}))
		})
	}
}
