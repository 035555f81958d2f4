package cli

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
)

// How often the periodic work looks whether there is some. Codes read as
// expired by the clock in any case; the record follows within this time.
const (
	expireEvery = 500 * time.Millisecond
	settleEvery = 20 * time.Second
)

// background runs the work that no request asks for, until the context ends:
// expiry, notifications, and the daily close with its files.
func background(ctx context.Context, core *pay.Core, n *notify.Notifier, files string, log *slog.Logger) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := n.Run(ctx); err != nil && ctx.Err() == nil {
			log.Error("notifications stopped", "error", err)
		}
	})
	wg.Go(func() { periodically(ctx, expireEvery, func() { expireDue(ctx, core, log) }) })
	daily := closing{core: core, folder: files, log: log}
	wg.Go(func() {
		periodically(ctx, settleEvery, func() {
			if err := daily.all(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, pay.ErrDayOpen) {
				log.Error("the daily close", "error", err)
			}
		})
	})
	return wg.Wait
}

func periodically(ctx context.Context, interval time.Duration, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

func expireDue(ctx context.Context, core *pay.Core, log *slog.Logger) {
	for {
		n, err := core.Expire(ctx)
		if err != nil && ctx.Err() == nil {
			log.Error("recording expiry", "error", err)
		}
		if n == 0 || err != nil {
			return
		}
	}
}
