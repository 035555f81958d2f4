package console

import (
	"context"
	"sync"
	"time"
)

// figures are numbers that take long to find, such as the balance of an
// account with a million postings. They are found in the background; a page
// waits for them a moment, and else shows the last that was found, or that
// they are being counted.
type figures struct {
	ctx  context.Context
	stop func()
	mu   sync.Mutex
	kept map[string]*finding
}

// finding is one of them.
type finding struct {
	value any
	err   error
	at    time.Time     // when it was begun to be found; zero: never
	done  chan struct{} // closed when it is found; nil: nobody looks
}

// figure is a number as a page shows it.
type figure[T any] struct {
	Value T
	At    time.Time // as of when; zero: it is not known yet
	Busy  bool      // it is being counted anew
}

const (
	figureWait = 80 * time.Millisecond // that a page waits
	figureLife = 3 * time.Second       // that a figure counts as new
	findWithin = 2 * time.Minute
	maxFigures = 512
)

// look gives a figure by its name. A node finds each but once at a time.
func look[T any](ctx context.Context, f *figures, name string, now func() time.Time, find func(context.Context) (T, error)) (figure[T], error) {
	found, begun := f.begin(name, now, func(ctx context.Context) (any, error) { return find(ctx) })
	if begun != nil {
		timer := time.NewTimer(figureWait)
		defer timer.Stop()
		select {
		case <-begun:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	shown := figure[T]{At: found.at, Busy: found.done != nil}
	if found.err != nil {
		return shown, found.err
	}
	shown.Value, _ = found.value.(T)
	return shown, nil
}

// begin starts to look for what is not known or old. It gives what to wait
// for, too; nil: nothing.
func (f *figures) begin(name string, now func() time.Time, find func(context.Context) (any, error)) (*finding, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == nil || len(f.kept) >= maxFigures {
		f.kept = make(map[string]*finding)
	}
	known := f.kept[name]
	if known == nil {
		known = new(finding)
		f.kept[name] = known
	}
	began := now()
	if known.done == nil && (known.err != nil || began.Sub(known.at) > figureLife) {
		known.done = make(chan struct{})
		go f.find(known, began, find)
	}
	return known, known.done
}

func (f *figures) find(known *finding, began time.Time, find func(context.Context) (any, error)) {
	ctx, cancel := context.WithTimeout(f.ctx, findWithin)
	defer cancel()
	value, err := find(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if known.err = err; err == nil {
		known.value, known.at = value, began
	}
	close(known.done)
	known.done = nil
}

// forget lets a figure be found anew, because what it counts was changed.
func (f *figures) forget(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.kept, name)
}
