package notify

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// run is one Run. Its loop owns the queue; tries run in goroutines and report
// to it when what came of them is committed. Reading the outbox and forgetting
// finished deliveries happen in that one loop, so a delivery in flight is
// never taken twice and its code's next one never overtakes it.
//
// The outbox gives due deliveries oldest first. Those of a receiver that does
// not answer come first and stay due until their turn, so each reading asks
// for more than all that is held: what lies behind them is always reached.
// Such a reading grows with what is held, and therefore the pause after it
// does too.
type run struct {
	*Notifier
	queue *queue
	done  chan finished
	tries sync.WaitGroup
}

type finished struct {
	ticket ticket
	silent bool
}

const (
	// page is how many deliveries a reading asks for beyond those held.
	page = 512
	// maxHeld bounds the memory, to some tens of megabytes.
	maxHeld = 200_000
	// restEach is how long nothing is read again, for each row that was. A row
	// costs some ten microseconds.
	restEach = 50 * time.Microsecond
)

// scan takes up what is due. It says how long not to read again, and whether
// there was more than it asked for.
func (r *run) scan(ctx context.Context) (rest time.Duration, more bool) {
	limit := min(2*len(r.queue.held)+page, maxHeld)
	due, err := r.core.ClaimDeliveries(ctx, "node", limit)
	read := len(due)
	if err == nil {
		err = r.hold(ctx, due)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.options.Log.Error("reading due notifications", "error", err)
		}
		return r.options.Poll, false
	}
	return time.Duration(read) * restEach, read == limit
}

// hold puts into the queue what is not there yet.
func (r *run) hold(ctx context.Context, due []pay.Delivery) error {
	due = slices.DeleteFunc(due, func(d pay.Delivery) bool { return r.queue.held[d.ID] })
	if len(due) == 0 {
		return nil
	}
	return r.core.Inspect(ctx, func(reader pay.Reader) error {
		for _, d := range due {
			in := lane{partnerID: d.PartnerID, merchantID: d.MerchantID}
			// Without its code the delivery fails where that is recorded.
			if code, err := reader.Code(d.CodeRef); err == nil && code.CallbackURL != "" {
				in = lane{origin: origin(code.CallbackURL)}
			}
			r.queue.add(d.ID, in)
		}
		return nil
	})
}

// dispatch starts all that there is room for.
func (r *run) dispatch(ctx context.Context) {
	leads := func(l lane) string { return r.leads(ctx, l) }
	for ctx.Err() == nil {
		t, ok := r.queue.next(leads)
		if !ok {
			return
		}
		r.tries.Go(func() { r.done <- finished{t, r.try(ctx, t.id)} })
	}
}

// leads is the endpoint behind a lane at this moment.
func (r *run) leads(ctx context.Context, l lane) string {
	if l.origin != "" {
		return l.origin
	}
	partner, err := r.core.Partner(ctx, l.partnerID)
	if err != nil {
		return ""
	}
	merchant, err := r.merchantAddress(ctx, l.partnerID, l.merchantID)
	if err != nil {
		return ""
	}
	return origin(cmp.Or(merchant, partner.NotifyURL))
}

// wait returns when it is time to read the outbox: after the rest, as soon as
// there is more to read, it was kicked or a try has ended (its code's next
// delivery is due then), and at the latest after the poll interval.
func (r *run) wait(ctx context.Context, rest time.Duration, more bool) {
	rested, poll := time.NewTimer(rest), time.NewTimer(max(rest, r.options.Poll))
	defer rested.Stop()
	defer poll.Stop()
	var kicks <-chan struct{} // not listened to before the rest is over
	for !more || kicks == nil {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
			return
		case <-kicks:
			return
		case <-rested.C:
			kicks = r.kicks
		case f := <-r.done:
			r.queue.finish(f.ticket, f.silent)
			r.dispatch(ctx)
			more = true
		}
	}
}
