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

// duty is periodic work that one node at a time does, under a lease.
type duty struct {
	lease string
	every time.Duration
	do    func(context.Context, pay.Lease) error
}

// duties are the periodic work of a node. Codes read as expired by the clock
// in any case; the record follows within half a second.
func (n *node) duties(log *slog.Logger) []duty {
	daily := closing{core: n.core, folder: n.files, log: log}
	chain := sealer{core: n.core}
	all := []duty{
		{"expiry", 500 * time.Millisecond, n.expireDue},
		{"close", 20 * time.Second, daily.all},
		{sealDuty, sealEvery, chain.look},
	}
	if n.member != nil {
		j := janitor{member: n.member}
		all = append(all, duty{"janitor", n.member.life / 3, j.look})
	}
	return all
}

// background runs the work that no request asks for, until the context ends:
// expiry, notifications, and the daily close with its files. On a shared store
// it keeps up with the other nodes, and leaves them at the end.
func background(ctx context.Context, n *node, deliver *notify.Notifier, log *slog.Logger) (wait func()) {
	var work, membership sync.WaitGroup
	staying, leave := context.WithCancel(context.WithoutCancel(ctx))
	work.Go(func() {
		if err := deliver.Run(ctx); err != nil && ctx.Err() == nil {
			log.Error("notifications stopped", "error", err)
		}
	})
	for _, d := range n.duties(log) {
		work.Go(func() { n.serve(ctx, d, log) })
	}
	if n.member != nil {
		work.Go(func() { n.follow(ctx, log) })
		membership.Go(func() {
			n.member.hold(staying, n.member.membership(), func(ctx context.Context, _ pay.Lease) { <-ctx.Done() })
		})
	}
	return func() {
		work.Wait()
		n.sealRest(ctx, log)
		leave()
		membership.Wait()
	}
}

// serve does a duty until the context ends, on a shared store while this node
// has its lease.
func (n *node) serve(ctx context.Context, d duty, log *slog.Logger) {
	work := func(ctx context.Context, under pay.Lease) {
		periodically(ctx, d.every, func() {
			err := d.do(ctx, under)
			if err != nil && ctx.Err() == nil && !errors.Is(err, pay.ErrDayOpen) {
				log.Error("periodic work", "duty", d.lease, "error", err)
			}
		})
	}
	if n.member == nil {
		work(ctx, pay.Lease{})
		return
	}
	n.member.hold(ctx, n.member.leadership(d.lease), work)
}

// follow keeps up with what other nodes change, until the context ends.
func (n *node) follow(ctx context.Context, log *slog.Logger) {
	failing := false
	periodically(ctx, pay.FollowEvery, func() {
		err := n.catchUp(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			log.Error("looking what other nodes have changed", "error", err)
		}
		failing = err != nil
	})
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

// expireDue records all that has expired.
func (n *node) expireDue(ctx context.Context, under pay.Lease) error {
	for {
		expired, err := n.core.Under(under).Expire(ctx)
		if expired == 0 || err != nil {
			return err
		}
	}
}
