package server

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// watchAfter is how long a request is served before anybody looks whether its
// client is still there. Nearly all are answered before.
const watchAfter = 100 * time.Millisecond

// vigil cancels a request that takes long when its client is gone, as net/http
// does: whoever waits in vain is not to keep a seat.
type vigil struct {
	mu     sync.Mutex
	timer  *time.Timer
	armed  bool
	began  time.Time
	cancel context.CancelFunc // of the request; nil: none is served
	heard  chan struct{}      // closed when the read has ended; nil: nobody reads
	early  []byte             // of the next request
	err    error
}

// begin has the request looked at in time. A timer that still runs for an
// earlier one is left to it, so most requests set none.
func (w *vigil) begin(g *guarded, now time.Time, cancel context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began, w.cancel = now, cancel
	switch {
	case w.armed:
	case w.timer == nil:
		w.timer = time.AfterFunc(watchAfter, func() { w.look(g) })
	default:
		w.timer.Reset(watchAfter)
	}
	w.armed = true
}

// look reads from the client of a request that takes long.
func (w *vigil) look(g *guarded) {
	w.mu.Lock()
	if w.cancel == nil {
		w.armed = false
		w.mu.Unlock()
		return
	}
	if left := watchAfter - time.Since(w.began); left > 0 {
		w.timer.Reset(left)
		w.mu.Unlock()
		return
	}
	w.heard = make(chan struct{})
	_ = g.Conn.SetReadDeadline(time.Time{}) // a connection that is closed says so when it is read
	w.mu.Unlock()
	early := make([]byte, maxKept)
	n, err := g.Conn.Read(early)
	w.mu.Lock()
	defer w.mu.Unlock()
	defer close(w.heard)
	w.early, w.armed = early[:n], false
	if n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
	// A client may wait for the answer with its own half closed (see hold).
	if w.err = err; !errors.Is(err, io.EOF) && w.cancel != nil {
		w.cancel()
	}
}

// end ends what begin began, and takes over what came meanwhile. It reports
// whether it had to interrupt a read, which has used up the deadline.
func (w *vigil) end(g *guarded) (interrupted bool) {
	w.mu.Lock()
	w.cancel = nil
	heard := w.heard
	w.mu.Unlock()
	if heard == nil {
		return false
	}
	_ = g.Conn.SetReadDeadline(time.Unix(1, 0)) // a connection that is closed ends its read by itself
	<-heard
	g.in = append(g.in, w.early...)
	if w.err != nil {
		g.ended = true
		if !errors.Is(w.err, io.EOF) {
			g.failed = w.err
		}
	}
	w.heard, w.early, w.err = nil, nil, nil
	return true
}
