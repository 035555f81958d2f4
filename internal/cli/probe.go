package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/server"
)

// ready are the conditions under which requests should come to this node.
func (n *node) ready() []server.Probe {
	all := []server.Probe{
		{Name: "store", Look: n.store.Ready},
		{Name: "writable", Look: func(context.Context) error { return n.tell.writable() }},
		{Name: "schema", Look: n.store.Fit},
	}
	if n.member != nil {
		all = append(all, server.Probe{Name: "lease", Look: n.member.present})
	}
	return all
}

// live are those under which the process is to go on.
func (n *node) live() []server.Probe {
	return []server.Probe{{Name: "progress", Look: func(context.Context) error { return stuck(n.tell.books.Stalled(), n.tell.patience) }}}
}

// remedy is something wrong and what to do about it.
type remedy struct{ what, cure string }

func (r *remedy) Error() string { return r.what }

// Cure says what to do about it.
func (r *remedy) Cure() string { return r.cure }

func stuck(stalled, patience time.Duration) error {
	if stalled < patience {
		return nil
	}
	return &remedy{
		fmt.Sprintf("transactions have been waiting for %v and none of them is answered", stalled.Round(time.Second)),
		"start the process anew; if that does not help, look at the disk or the database",
	}
}

// present says whether the others count this node among them. One that they
// do not may deliver nothing, and what it holds is another's.
func (m *member) present(ctx context.Context) error {
	nodes, err := m.core.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("looking for this node's lease: %w", err)
	}
	for _, l := range nodes {
		if l.Holder == m.name && time.Now().Before(l.Until) {
			return nil
		}
	}
	return &remedy{"this node's lease has ended", "look why it could not be renewed: the database, or a clock that jumped; it is taken again as soon as that works"}
}

// writing is what is known of whether commits work: by other transactions, or
// where there are none by one for the purpose.
type writing struct {
	mu       sync.Mutex
	commits  uint64    // of the store, when that was last seen
	failures uint64    // of its transactions
	proved   time.Time // when a commit was last seen to work
	failed   error     // of the latest proof; nil: it worked
}

const (
	writeLookEvery   = 500 * time.Millisecond // a failure is to be over as soon as its cause is
	writeProofEvery  = 10 * time.Second
	writeProofWithin = 2 * time.Second
)

// seen takes note of the store's commits and of what failed, and reports
// whether there is proof that commits work.
func (w *writing) seen(commits, failures uint64, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if failures != w.failures {
		w.failures, w.proved = failures, time.Time{}
	}
	if commits != w.commits {
		w.commits, w.proved, w.failed = commits, now, nil
	}
	return w.failed == nil && now.Sub(w.proved) < writeProofEvery
}

func (w *writing) conclude(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = err
}

// guardProof is the row that a proof writes.
const guardProof = "proof of writing"

// proveWriting commits something, unless others have lately.
func (i *instruments) proveWriting(ctx context.Context) {
	if i.writing.seen(i.store.Stats().Commits, i.books.Failed(), time.Now()) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, writeProofWithin)
	defer cancel()
	err := i.books.Update(ctx, func(tx pay.Tx) error { return tx.Guard(guardProof) })
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) { // canceled: the node leaves
		i.writing.conclude(err)
	}
}

// writable says whether commits work.
func (i *instruments) writable() error {
	i.writing.seen(i.store.Stats().Commits, i.books.Failed(), time.Now())
	i.writing.mu.Lock()
	defer i.writing.mu.Unlock()
	if i.writing.failed == nil {
		return nil
	}
	return fmt.Errorf("nothing can be written: %w", i.writing.failed)
}
