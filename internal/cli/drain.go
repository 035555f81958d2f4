package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/server"
)

const (
	// leaveWithin is how long a node takes at most from the signal to its end;
	// supervisors kill at ten seconds or later.
	leaveWithin = 9 * time.Second
	// closeWithin is the part of it that is kept for closing the store.
	closeWithin = time.Second
	// mostGrace leaves requests the larger part to finish in.
	mostGrace = 5 * time.Second
	// defaultGrace is some looks of a balancer that looks often.
	defaultGrace = 2 * time.Second
)

// grace is how long a node still takes requests after it was told to leave. A
// sandbox has no balancer that must notice first.
func (o serveOptions) grace() (time.Duration, error) {
	switch {
	case o.drain > mostGrace:
		return 0, fmt.Errorf("--drain: at most %v, so that requests can finish within %v", mostGrace, leaveWithin)
	case o.drain >= 0:
		return o.drain, nil
	case o.sandbox:
		return 0, nil
	}
	return defaultGrace, nil
}

// departure is a node's way out: it tells balancers, then lets clients go,
// then finishes what was accepted.
type departure struct {
	grace   time.Duration
	leaving atomic.Bool
}

// parting lets a client that keeps its connection open find another node:
// every answer closes it once the node leaves.
func (d *departure) parting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.leaving.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// leave drains the servers and waits for the background work, which was told
// to stop. Whatever has not finished in time is cut: a request whose body
// does not arrive, a notification whose receiver does not answer and which
// stays in the outbox.
func (d *departure) leave(log *slog.Logger, work func(), direct *server.Direct, servers ...*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin-closeWithin)
	defer cancel()
	if d.leaving.Store(true); d.grace > 0 {
		time.Sleep(d.grace)
	}
	var wg sync.WaitGroup
	for _, s := range servers {
		wg.Go(func() {
			if err := s.Shutdown(ctx); err != nil {
				log.Warn("leaving: requests that did not finish are cut", "error", err)
				s.Close()
			}
		})
	}
	wg.Wait()
	if err := direct.Wait(ctx); err != nil {
		log.Warn("leaving: requests that did not finish are cut", "error", err)
	}
	if !within(ctx, work) {
		log.Warn("leaving: notifications under way are left for the next start or another node")
	}
}

// within waits until a function returns or the context ends, and reports
// whether it returned.
func within(ctx context.Context, wait func()) bool {
	done := make(chan struct{})
	go func() { wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
