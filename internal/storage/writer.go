package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/qrisd/qrisd/internal/pay"
)

// Panic is the answer of Update when its function panicked. Nothing of the
// transaction was kept.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string {
	return fmt.Sprintf("storage: the transaction's function panicked: %v\n%s", p.Value, p.Stack)
}

// errGone answers a group in which a function ended the writer's goroutine,
// as a test's FailNow does.
var errGone = errors.New("storage: a transaction's function ended its goroutine; nothing of its group was kept")

// job is one call of Update.
type job struct {
	f     func(pay.Tx) error
	taken atomic.Bool // by the writer, or by a caller who gives up
	err   error
	done  chan struct{} // closed when err is final
}

// take decides between the writer, who will run the job, and its caller, who
// will not wait: only the first to ask gets true.
func (j *job) take() bool { return j.taken.CompareAndSwap(false, true) }

// writer is the one goroutine that writes. It runs all transactions that wait
// for it in one commit, each in a savepoint of its own, and answers them when
// the commit is on disk.
type writer struct {
	db       *session
	begin    string // the statement that begins a transaction that will write
	maxBatch int
	queue    chan *job
	idle     chan struct{} // closed when the queue is closed and empty
	counts   counts

	mu     sync.RWMutex // held for reading while a job is put into the queue
	closed bool
}

func newWriter(db *session, begin string, maxBatch int) *writer {
	w := &writer{
		db: db, begin: begin, maxBatch: maxBatch,
		queue: make(chan *job, maxBatch), idle: make(chan struct{}),
	}
	go w.loop()
	return w
}

func (w *writer) update(ctx context.Context, f func(pay.Tx) error) error {
	j := &job{f: f, done: make(chan struct{})}
	if err := w.enqueue(ctx, j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.take() {
			return ctx.Err()
		}
		<-j.done // it runs: what it does must be told
	}
	return j.err
}

func (w *writer) enqueue(ctx context.Context, j *job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.queue <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drain lets the writer finish what is queued and ends it.
func (w *writer) drain() {
	w.mu.Lock()
	w.closed = true
	close(w.queue)
	w.mu.Unlock()
	<-w.idle
}

func (w *writer) loop() {
	ended := false
	defer func() {
		if ended {
			close(w.idle)
		} else {
			go w.loop() // a function ended this goroutine
		}
	}()
	for first := range w.queue {
		if jobs := w.gather(first); len(jobs) > 0 {
			w.process(&group{db: w.db, begin: w.begin, jobs: jobs})
		}
	}
	ended = true
}

// gather takes what waits now, without waiting for more.
func (w *writer) gather(first *job) []*job {
	jobs := make([]*job, 0, w.maxBatch)
	for j := first; j != nil; j = w.next(len(jobs)) {
		if j.take() {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

func (w *writer) next(have int) *job {
	if have == w.maxBatch {
		return nil
	}
	select {
	case j := <-w.queue:
		return j // nil when the queue was closed
	default:
		return nil
	}
}

// process answers a group once its fate is known, and not before.
func (w *writer) process(g *group) {
	g.failed = errGone
	defer func() {
		g.settle()
		w.counts.add(g)
		g.answer()
	}()
	g.failed = g.run()
}

// group is the transactions of one commit.
type group struct {
	db     *session
	begin  string
	jobs   []*job
	wrote  bool
	failed error // of the group as a whole
}

func (g *group) run() error {
	g.db.reset()
	if _, err := g.db.exec(g.begin, nil); err != nil {
		return err
	}
	for _, j := range g.jobs {
		if err := g.runOne(j); err != nil {
			return err
		}
	}
	_, err := g.db.exec("COMMIT", nil)
	return err
}

// runOne runs a job in its savepoint. Its own error goes to its caller; the
// result is an error only if the group cannot go on.
func (g *group) runOne(j *job) error {
	g.db.reset()
	u := &unit{db: g.db}
	j.err = call(j.f, u)
	u.over = true
	if j.err == nil {
		j.err = g.db.fault
	}
	g.db.reset()
	if j.err != nil {
		return u.rollback()
	}
	g.wrote = g.wrote || u.open
	return u.release()
}

// call runs a function and turns its panic into an error.
func call(f func(pay.Tx) error, u *unit) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	return f(tx{reader: reader{u}, db: u})
}

// settle clears up after a group that failed: nothing of it is acknowledged,
// refusals included, for they may rest on what others of the group wrote.
func (g *group) settle() {
	if g.failed == nil {
		return
	}
	g.db.reset()
	// The engine may have rolled back by itself and then has no transaction
	// to end. If one is left, the next BEGIN says so.
	_, _ = g.db.exec("ROLLBACK", nil)
	for _, j := range g.jobs {
		j.err = fmt.Errorf("storage: the commit failed, nothing was kept: %w", g.failed)
	}
}

func (g *group) answer() {
	for _, j := range g.jobs {
		close(j.done)
	}
}
