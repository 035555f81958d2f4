package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// held is a Store whose writer is inside a transaction, so that what is
// called meanwhile waits for one group.
type held struct {
	*Store
	t       *testing.T
	release chan struct{}
	first   chan error
}

func hold(t *testing.T, o Options) *held {
	h := &held{
		Store: mustOpen(t, filepath.Join(t.TempDir(), "books.db"), o),
		t:     t, release: make(chan struct{}), first: make(chan error, 1),
	}
	inside := make(chan struct{})
	go func() {
		h.first <- h.Update(context.Background(), func(pay.Tx) error {
			close(inside)
			<-h.release
			return nil
		})
	}()
	<-inside
	return h
}

// queue calls Update and returns once the call waits in the queue.
func (h *held) queue(ctx context.Context, f func(pay.Tx) error) <-chan error {
	answer := make(chan error, 1)
	before := len(h.writer.queue)
	go func() { answer <- h.Update(ctx, f) }()
	for len(h.writer.queue) == before {
		select {
		case err := <-answer:
			h.t.Fatalf("Update did not wait: %v", err)
		default:
		}
	}
	return answer
}

func (h *held) letGo() {
	h.t.Helper()
	close(h.release)
	if err := <-h.first; err != nil {
		h.t.Fatal(err)
	}
}

func setting(name string) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.PutSetting(name, "value") }
}

func missing(t *testing.T, s *Store, name string) bool {
	t.Helper()
	err := s.View(context.Background(), func(r pay.Reader) error {
		_, err := r.Setting(name)
		return err
	})
	if err != nil && err != pay.ErrNotFound {
		t.Fatal(err)
	}
	return err != nil
}

// writing is the session of the embedded engine's only lane.
func writing(s *Store) *session { return s.writer.lanes[0].(*oneByOne).db }

// onCommit runs f inside each COMMIT of the writer, before it is durable; a
// result that is not zero makes the COMMIT fail.
func onCommit(t *testing.T, s *Store, f func() int32) {
	t.Helper()
	writing(s).conn.OnCommit(f)
}

func TestWaitingCallersShareOneCommit(t *testing.T) {
	const waiting = 63
	h := hold(t, Options{})
	var commits, answered atomic.Int64
	onCommit(t, h.Store, func() int32 {
		commits.Add(1)
		if n := answered.Load(); n != 0 {
			t.Errorf("%d callers were answered before their COMMIT", n)
		}
		return 0
	})
	done := make(chan error)
	for i := range waiting {
		answer := h.queue(context.Background(), setting(fmt.Sprint(i)))
		go func() {
			err := <-answer
			answered.Add(1)
			done <- err
		}()
	}
	h.letGo()
	for range waiting {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := commits.Load(); n != 2 { // the group that held the writer, and ours
		t.Errorf("%d commits", n)
	}
	want := Stats{Commits: 1, Transactions: waiting + 1}
	for i := range want.Batches {
		want.Batches[i].UpTo = 1 << i
	}
	want.Batches[0].Groups, want.Batches[6].Groups = 1, 1
	if got := h.Stats(); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestMaxBatch(t *testing.T) {
	h := hold(t, Options{MaxBatch: 2})
	var answers []<-chan error
	for i := range 2 {
		answers = append(answers, h.queue(context.Background(), setting(fmt.Sprint(i))))
	}
	// The queue is full: the third caller waits outside, and may give up there.
	ctx, cancel := context.WithCancel(context.Background())
	outside := make(chan error, 1)
	go func() { outside <- h.Update(ctx, setting("outside")) }()
	for h.writer.mu.TryLock() { // until the caller is on its way into the queue
		h.writer.mu.Unlock()
		runtime.Gosched()
	}
	cancel()
	if err := <-outside; err != context.Canceled {
		t.Errorf("the caller outside: %v", err)
	}
	h.letGo()
	for _, a := range answers {
		if err := <-a; err != nil {
			t.Error(err)
		}
	}
	for i := range 5 {
		if err := h.Update(context.Background(), setting(fmt.Sprint("more ", i))); err != nil {
			t.Error(err)
		}
	}
	stats := h.Stats()
	if stats.Batches[1].Groups != 1 || stats.Batches[0].Groups != 6 || stats.Commits != 6 {
		t.Errorf("%+v", stats)
	}
}

// TestFailedCommit: nobody of the group is told that anything was kept, not
// even whose own function had refused, for it may have seen the others' rows.
func TestFailedCommit(t *testing.T) {
	h := hold(t, Options{})
	commits := 0
	onCommit(t, h.Store, func() int32 {
		if commits++; commits == 2 { // not the group that holds the writer
			return 1
		}
		return 0
	})
	refused := errors.New("refused")
	answers := []<-chan error{
		h.queue(context.Background(), setting("1")),
		h.queue(context.Background(), func(pay.Tx) error { return refused }),
		h.queue(context.Background(), setting("2")),
	}
	h.letGo()
	for i, a := range answers {
		err := <-a
		if err == nil || errors.Is(err, refused) || !strings.Contains(err.Error(), "commit") {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	if err := h.Update(context.Background(), setting("3")); err != nil {
		t.Errorf("after the failure: %v", err)
	}
	if !missing(t, h.Store, "1") || !missing(t, h.Store, "2") || missing(t, h.Store, "3") {
		t.Error("the wrong transactions were kept")
	}
	if stats := h.Stats(); stats.Failed != 1 || stats.Commits != 1 || stats.Transactions != 2 || stats.Refused != 0 {
		t.Errorf("%+v", stats)
	}
}

// TestLostTransaction takes the group's transaction away in the middle, as
// SQLite does by itself when the disk is full: what follows in the group must
// not commit on its own.
func TestLostTransaction(t *testing.T) {
	for name, lose := range map[string]func(tx pay.Tx, s *session) error{
		"and notices":         func(_ pay.Tx, s *session) error { _, err := s.exec("ROLLBACK", nil); return err },
		"and is refused":      func(_ pay.Tx, s *session) error { _, _ = s.exec("ROLLBACK", nil); return errors.New("refused") },
		"and goes on writing": func(tx pay.Tx, s *session) error { _, _ = s.exec("ROLLBACK", nil); return setting("late")(tx) },
	} {
		t.Run(name, func(t *testing.T) {
			h := hold(t, Options{})
			answers := []<-chan error{
				h.queue(context.Background(), setting("before")),
				h.queue(context.Background(), func(tx pay.Tx) error {
					if err := setting("own")(tx); err != nil {
						return err
					}
					return lose(tx, writing(h.Store))
				}),
				h.queue(context.Background(), setting("after")),
			}
			h.letGo()
			for i, a := range answers {
				if err := <-a; err == nil {
					t.Errorf("caller %d was told that its transaction was kept", i)
				}
			}
			if !missing(t, h.Store, "before") || !missing(t, h.Store, "own") || !missing(t, h.Store, "after") {
				t.Error("something was kept")
			}
			if err := h.Update(context.Background(), setting("next")); err != nil || missing(t, h.Store, "next") {
				t.Errorf("the next transaction: %v", err)
			}
		})
	}
}

func TestRefusalThatOnlyReadWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	before := logSize(t, path)
	refused := errors.New("refused")
	err := s.Update(t.Context(), func(tx pay.Tx) error {
		if _, err := tx.Payer("nobody"); err != pay.ErrNotFound {
			return err
		}
		return refused
	})
	if err != refused {
		t.Errorf("got %v", err)
	}
	if stats := s.Stats(); stats.Commits != 0 || stats.Refused != 1 {
		t.Errorf("%+v", stats)
	}
	if after := logSize(t, path); after != before {
		t.Errorf("the log grew from %d to %d bytes", before, after)
	}
	if err := s.Update(t.Context(), setting("name")); err != nil || logSize(t, path) == before {
		t.Errorf("a write left the log as it was: %v", err)
	}
}

func logSize(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}

func TestQueuedCallerMayGiveUp(t *testing.T) {
	h := hold(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	answer := h.queue(ctx, func(pay.Tx) error { t.Error("it ran"); return nil })
	other := h.queue(context.Background(), setting("other"))
	cancel()
	if err := <-answer; err != context.Canceled { // while the writer is still held
		t.Errorf("got %v", err)
	}
	h.letGo()
	if err := <-other; err != nil {
		t.Error(err)
	}
}

func TestCloseFinishesWhatWasAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	h := &held{Store: s, t: t, release: make(chan struct{}), first: make(chan error, 1)}
	inside := make(chan struct{})
	go func() {
		h.first <- s.Update(context.Background(), func(pay.Tx) error { close(inside); <-h.release; return nil })
	}()
	<-inside
	queued := h.queue(context.Background(), setting("queued"))
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	h.letGo()
	if err := <-queued; err != nil {
		t.Errorf("the queued caller: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	never := func() error { return errors.New("it ran") }
	if err := s.Update(t.Context(), func(pay.Tx) error { return never() }); err != ErrClosed {
		t.Errorf("Update after Close: %v", err)
	}
	if err := s.View(t.Context(), func(pay.Reader) error { return never() }); err != ErrClosed {
		t.Errorf("View after Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	if missing(t, mustOpen(t, path, Options{}), "queued") {
		t.Error("the queued transaction is lost")
	}
}

func TestPanicCarriesItsStack(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{})
	err := s.Update(t.Context(), func(pay.Tx) error { panic("a stray pointer") })
	var p *Panic
	if !errors.As(err, &p) || p.Value != "a stray pointer" || !strings.Contains(string(p.Stack), "TestPanicCarriesItsStack") {
		t.Errorf("got %v", err)
	}
}
