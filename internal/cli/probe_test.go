package cli

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// untilCheck waits until a check of an address of health has an outcome on
// both listeners.
func (h *harness) untilCheck(path, check string, passes bool) {
	h.t.Helper()
	want := map[bool]int{true: http.StatusOK, false: http.StatusServiceUnavailable}[passes]
	var r [2]reply
	for deadline := time.Now().Add(readyWithin); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		r = h.health(path)
		ok := true
		for _, answer := range r {
			ok = ok && answer.status == want && (answer.field("checks."+check) == "ok") == passes
		}
		if ok {
			return
		}
	}
	h.t.Fatalf("%s never came to %d by the check %s: %v", path, want, check, r)
}

// TestUnwritable: a node whose storage takes nothing is not ready though it
// can read, and is again when it does.
func TestUnwritable(t *testing.T) {
	c := new(cut)
	dir := t.TempDir()
	h := startWith(t, serveOptions{data: dir, store: storeOf(t, dir), signals: signals{logTo: new(ledgered)}, wrap: func(s pay.Storage) pay.Storage {
		c.Storage = s
		return c
	}})
	h.untilCheck("/readyz", "writable", true)
	c.off.Store(true)
	h.untilCheck("/readyz", "writable", false)
	h.untilCheck("/healthz", "progress", true) // that is no reason to start anew
	c.off.Store(false)
	h.untilCheck("/readyz", "writable", true)
}

// stopped is a storage whose transactions wait while it is held.
type stopped struct {
	pay.Storage
	held sync.RWMutex
}

func (s *stopped) Update(ctx context.Context, f func(pay.Tx) error) error {
	s.held.RLock()
	defer s.held.RUnlock()
	return s.Storage.Update(ctx, f)
}

// TestStuck: a process whose writer does not go on says so, and takes it back
// if it does after all.
func TestStuck(t *testing.T) {
	s := new(stopped)
	dir := t.TempDir()
	h := startWith(t, serveOptions{data: dir, store: storeOf(t, dir), signals: signals{logTo: new(ledgered)}, patience: 50 * time.Millisecond, wrap: func(books pay.Storage) pay.Storage {
		s.Storage = books
		return s
	}})
	h.untilCheck("/healthz", "progress", true)
	s.held.Lock()
	h.untilCheck("/healthz", "progress", false)
	s.held.Unlock()
	h.untilCheck("/healthz", "progress", true)
	if err := stuck(stalledAfter-time.Second, stalledAfter); err != nil {
		t.Errorf("a slow commit is taken for a stuck process: %v", err)
	}
}

// TestLeaseIsACondition: a node that the others do not count among them is not
// ready.
func TestLeaseIsACondition(t *testing.T) {
	h := start(t)
	m, err := newMember(h.node.core, time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	present := func() error {
		n := &node{store: h.node.store, tell: h.node.tell, member: m}
		for _, p := range n.ready() {
			if p.Name == "lease" {
				return p.Look(t.Context())
			}
		}
		t.Fatal("no check of the lease")
		return nil
	}
	if present() == nil {
		t.Error("a node that never joined is present")
	}
	held, err := m.take(t.Context(), m.membership())
	if err != nil {
		t.Fatal(err)
	}
	if err := present(); err != nil {
		t.Errorf("a node that joined: %v", err)
	}
	if err := m.membership().drop(t.Context(), held.lease); err != nil {
		t.Fatal(err)
	}
	if present() == nil {
		t.Error("a node that has left is present")
	}
	m.life = time.Microsecond
	if _, err := m.take(t.Context(), m.membership()); err != nil {
		t.Fatal(err)
	}
	if present() == nil {
		t.Error("a node whose lease has ended is present")
	}
}

// TestNodesTellTheirLeases: of two nodes each says what it does itself, and
// one of them does each work.
func TestNodesTellTheirLeases(t *testing.T) {
	a := start(t)
	for _, name := range []string{"a", "b"} {
		m, err := newMember(a.node.core, time.Hour, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := &node{core: a.node.core, store: a.node.store, tell: a.node.tell, member: m, files: t.TempDir()}
		if name == "a" {
			if _, err := m.take(t.Context(), m.leadership(ledgerLease)); err != nil {
				t.Fatal(err)
			}
		}
		b, err := n.store.Backlog(t.Context(), n.core.Now())
		if err != nil {
			t.Fatal(err)
		}
		held := n.leasesAmong(b.Leases, nil)
		if held[ledgerLease] != (name == "a") || held["expiry"] || len(held) != 5 {
			t.Errorf("%s holds %v", name, held)
		}
	}
}
