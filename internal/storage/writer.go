package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

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
	f     func(pay.Tx) error // nil: what is held is to be published
	taken atomic.Bool        // by the writer, or by a caller who gives up
	err   error
	done  chan struct{} // closed when err is final
}

func (j *job) answer() { close(j.done) }

// take decides between the writer, who will run the job, and its caller, who
// will not wait: only the first to ask gets true.
func (j *job) take() bool { return j.taken.CompareAndSwap(false, true) }

// lane commits groups of transactions, one group at a time.
type lane interface {
	// commit runs the jobs and answers each once its fate is known, and not
	// before: when it is kept on disk, or when nothing of it is.
	commit(jobs []*job, c *counts)
	// rest does what was put off, for nothing else is to be done. It reports
	// whether something is left, for which it is to be called again.
	rest() (more bool)
}

// writer puts the transactions that wait into groups, as many as wait but no
// more than a batch, and hands them to its lanes, each a goroutine.
type writer struct {
	lanes    []lane
	maxBatch int
	queue    chan *job
	idle     sync.WaitGroup // done when the queue is closed and empty
	counts   counts

	mu     sync.RWMutex // held for reading while a job is put into the queue
	closed bool
}

func newWriter(maxBatch int, lanes ...lane) *writer {
	w := &writer{lanes: lanes, maxBatch: maxBatch, queue: make(chan *job, maxBatch)}
	w.idle.Add(len(lanes))
	for _, l := range lanes {
		go w.loop(l)
	}
	return w
}

func (w *writer) update(ctx context.Context, f func(pay.Tx) error) error {
	return w.run(ctx, &job{f: f, done: make(chan struct{})})
}

// publish lets what was acknowledged be seen by those who read beside the
// writer.
func (w *writer) publish(ctx context.Context) error {
	return w.run(ctx, &job{done: make(chan struct{})})
}

func (w *writer) run(ctx context.Context, j *job) error {
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
	w.idle.Wait()
}

func (w *writer) loop(l lane) {
	ended := false
	defer func() {
		if ended {
			w.idle.Done()
		} else {
			go w.loop(l) // a function ended this goroutine
		}
	}()
	for {
		first, open := w.wait(l)
		if !open {
			break
		}
		if jobs := w.gather(first); len(jobs) > 0 {
			l.commit(jobs, &w.counts)
		}
	}
	ended = true
}

// A lane without work does what it has put off after the shorter pause. While
// that fails the pauses grow.
const (
	restAfter  = 5 * time.Millisecond
	restAtMost = 500 * time.Millisecond
)

// wait gives the next job, or reports that the queue is closed.
func (w *writer) wait(l lane) (j *job, open bool) {
	select {
	case j, open = <-w.queue:
		return j, open
	default:
	}
	for p, again := restAfter, true; again; p = min(2*p, restAtMost) {
		timer := time.NewTimer(p)
		select {
		case j, open = <-w.queue:
			timer.Stop()
			return j, open
		case <-timer.C:
			again = l.rest()
		}
	}
	j, open = <-w.queue
	return j, open
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

// call runs a function and turns its panic into an error.
func call(f func(pay.Tx) error, c conn) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	return f(tx{reader: reader{c}, db: c})
}
