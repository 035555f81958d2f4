package notify

import (
	"context"
	"errors"
	"time"
)

// How long a Run that was told to end may take, after the grace of its tries,
// for what is left to do in storage.
const (
	recordWithin  = time.Second
	releaseWithin = time.Second
)

// errLeft is why a try ends before its timeout.
var errLeft = errors.New("no answer before this server ended")

// outlast gives a context that ends some time after another one has.
func outlast(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		cut := time.AfterFunc(by, func() { cancel(errLeft) })
		context.AfterFunc(longer, func() { cut.Stop() })
	})
	return longer, func() { stop(); cancel(nil) }
}

// release gives back what this node has claimed and not tried. It comes after
// the last try has ended: another node may begin with it at once.
func (r *run) release(ctx context.Context) {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
	defer cancel()
	if err := r.core.ReleaseDeliveries(within, r.options.Holder); err != nil {
		r.options.Log.Warn("claimed notifications were not released: they wait until this node counts as gone", "error", err)
	}
}
