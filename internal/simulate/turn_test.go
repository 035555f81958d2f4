package simulate

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/notify"
)

// What goroutines wait for.
const (
	toView   = "view"
	toOpen   = "open" // a delivery, where who only reads does not wait
	toUpdate = "update"
	toAnswer = "answer" // a transaction is committed, and its caller does not know yet
	toCall   = "call"   // a receiver
)

// turn is a goroutine that waits to go on.
type turn struct {
	who  string // no two that wait at a time have the same
	what string
	job  *job  // the request or chore whose goroutine it is; nil: the notifier's
	call *call // of a receiver
	goOn chan ruling
}

// ruling is how a turn goes on.
type ruling struct {
	err      error          // the step is not done, and this is its answer
	lose     bool           // it is done, and its answer is errLost
	dawdle   bool           // it is done, and then waits for another turn
	response *http.Response // of a receiver
	after    time.Duration  // how long the receiver takes
	silent   bool           // the receiver never answers
	wrong    bool           // its response is not what it should be
}

func (r ruling) faulty() bool { return r.err != nil || r.lose || r.after > 0 || r.silent || r.wrong }

var (
	errOutage = errors.New("a simulated fault: the storage is away")
	errLost   = errors.New("a simulated fault: the storage's answer is lost")
	errDead   = errors.New("a simulated fault: the process is dead")
)

// again marks the name of a turn when there is one already.
const again = "'"

// turns are all that wait.
type turns struct {
	mu      sync.Mutex
	waiting map[string]*turn
}

// take waits until the turn comes, its context ends or its process is dead.
func (t *turns) take(ctx context.Context, n *node, what string, c *call) ruling {
	w := &turn{who: "outbox", what: what, call: c, goOn: make(chan ruling, 1)}
	if id := notify.DeliveryID(ctx); id != "" {
		w.who = "delivery " + id
	}
	if j, ok := ctx.Value(jobOf{}).(*job); ok {
		w.who, w.job = j.name(), j
	}
	t.mu.Lock()
	for t.waiting[w.who] != nil {
		w.who += again // a try was recorded, does not know it yet, and the next has begun
	}
	t.waiting[w.who] = w
	t.mu.Unlock()
	var cut error
	select {
	case r := <-w.goOn:
		return r
	case <-n.dead:
		cut = errDead
	case <-ctx.Done():
		cut = ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.waiting, w.who)
	return ruling{err: cut}
}

// list gives those that wait, by name.
func (t *turns) list() []*turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*turn, 0, len(t.waiting))
	for _, who := range slices.Sorted(maps.Keys(t.waiting)) {
		all = append(all, t.waiting[who])
	}
	return all
}

// release lets one go on.
func (t *turns) release(w *turn, r ruling) {
	t.mu.Lock()
	delete(t.waiting, w.who)
	t.mu.Unlock()
	w.goOn <- r
}
