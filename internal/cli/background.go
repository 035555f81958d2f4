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
// expiry, notifications, and the daily close.
func background(ctx context.Context, core *pay.Core, n *notify.Notifier, log *slog.Logger) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := n.Run(ctx); err != nil && ctx.Err() == nil {
			log.Error("notifications stopped", "error", err)
		}
	})
	wg.Go(func() { periodically(ctx, expireEvery, func() { expireDue(ctx, core, log) }) })
	var closed string
	wg.Go(func() { periodically(ctx, settleEvery, func() { closed = settleYesterday(ctx, core, closed, log) }) })
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

// settleYesterday closes the Jakarta day before today's, once.
func settleYesterday(ctx context.Context, core *pay.Core, closed string, log *slog.Logger) string {
	yesterday := pay.Day(core.Now().AddDate(0, 0, -1))
	if yesterday == closed {
		return closed
	}
	settlements, err := core.Settle(ctx, yesterday)
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, pay.ErrDayOpen) {
			log.Error("closing the day", "day", yesterday, "error", err)
		}
		return closed
	}
	log.Info("the day is closed", "day", yesterday, "merchants", len(settlements))
	return yesterday
}
