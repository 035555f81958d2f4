package notify

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// run is one Run. Its loop owns the queue; tries run in goroutines and report
// to it when what came of them is committed.
//
// Storage decides who tries what: the loop claims due deliveries for its
// holder, and what one holder has claimed no other gets, nor the next delivery
// of the same code, until a try is recorded or the claim released. What is
// claimed is in the queue, so those of a receiver that does not answer do not
// hide what lies behind them. The same delivery can be in the queue twice
// only when this node's claims were released behind its back.
type run struct {
	*Notifier
	queue   *queue
	claimed []pay.Delivery // not in the queue yet: their codes could not be read
	doubt   bool           // storage may know of claims that the queue does not
	done    chan finished
	tries   sync.WaitGroup
}

type finished struct {
	ticket ticket
	silent bool
}

const (
	// page is how many deliveries are claimed at a time. It is not more,
	// because other nodes want some too.
	page = 512
	// maxHeld bounds the memory, to some tens of megabytes.
	maxHeld = 200_000
	// restEach is how long nothing is claimed again, for each delivery that
	// was: placing one costs some ten microseconds.
	restEach = 50 * time.Microsecond
	// leastRest bounds how often a busy node claims, for each claim is a
	// commit.
	leastRest = 5 * time.Millisecond
	// restShare is how much longer a claim is rested from than it took, up to
	// the poll interval: the one that writes has more to do.
	restShare = 3
)

// newRun begins in doubt: an earlier Run of this notifier may have failed to
// release what it held.
func newRun(n *Notifier) *run {
	return &run{
		Notifier: n, doubt: true,
		queue: newQueue(n.options.PerEndpoint, n.options.InFlight),
		done:  make(chan finished, n.options.InFlight),
	}
}

func (r *run) loop(ctx context.Context) {
	for ctx.Err() == nil {
		rest, more := r.scan(ctx)
		r.dispatch(ctx)
		r.wait(ctx, rest, more)
	}
}

// scan takes up what is due. It says how long not to claim again, and whether
// there may be more.
func (r *run) scan(ctx context.Context) (rest time.Duration, more bool) {
	began := time.Now()
	n, err := r.takeUp(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.options.Log.Error("claiming due notifications", "error", err)
		}
		return r.options.Poll, false
	}
	took := min(restShare*time.Since(began), r.options.Poll)
	return max(leastRest, time.Duration(n)*restEach, took), n == page
}

// takeUp claims a page, if there is room for it, and puts it into the queue.
func (r *run) takeUp(ctx context.Context) (n int, err error) {
	if r.doubt {
		if r.queue.inFlight > 0 {
			return 0, nil // the last of them to end looks again
		}
		if err := r.startOver(ctx); err != nil {
			return 0, err
		}
	}
	if limit := min(page, maxHeld-r.queue.held); len(r.claimed) == 0 && limit > 0 {
		if r.claimed, err = r.core.ClaimDeliveries(ctx, r.options.Holder, limit); err != nil {
			// It may have been committed all the same: the answer to that can
			// be lost.
			r.claimed, r.doubt = nil, true
			return 0, err
		}
	}
	return len(r.claimed), r.place(ctx)
}

// startOver releases all claims and forgets what waits. Nothing is in flight:
// another node may try at once what is released here.
func (r *run) startOver(ctx context.Context) error {
	if err := r.core.ReleaseDeliveries(ctx, r.options.Holder); err != nil {
		return fmt.Errorf("releasing notifications to claim them anew: %w", err)
	}
	r.queue.clear()
	r.claimed, r.doubt = nil, false
	return nil
}

// place puts what was claimed into the queue.
func (r *run) place(ctx context.Context) error {
	if len(r.claimed) == 0 {
		return nil
	}
	lanes := make([]lane, len(r.claimed))
	err := r.core.Inspect(ctx, func(reader pay.Reader) error {
		for i, d := range r.claimed {
			lanes[i] = lane{partnerID: d.PartnerID, merchantID: d.MerchantID}
			// Without its code the delivery fails where that is recorded.
			if code, err := reader.Code(d.CodeRef); err == nil && code.CallbackURL != "" {
				lanes[i] = lane{origin: origin(code.CallbackURL)}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the codes of claimed notifications: %w", err)
	}
	for i, d := range r.claimed {
		r.queue.add(d.ID, lanes[i])
	}
	r.claimed = nil
	return nil
}

// dispatch starts all that there is room for.
func (r *run) dispatch(ctx context.Context) {
	leads := func(l lane) string { return r.leads(ctx, l) }
	for ctx.Err() == nil && !r.doubt {
		t, ok := r.queue.next(leads)
		if !ok {
			return
		}
		r.tries.Go(func() { r.done <- finished{t, r.try(context.WithValue(ctx, tryOf{}, t.id), t.id)} })
	}
}

type tryOf struct{}

// DeliveryID is which delivery is being tried, in the context of all that its
// try asks of storage and of its receiver; empty in any other.
func DeliveryID(ctx context.Context) string {
	id, _ := ctx.Value(tryOf{}).(string)
	return id
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

// wait returns when it is time to look into the outbox: after the rest, as
// soon as there is more to claim, it was kicked or a try has ended (its code's
// next delivery is due then), and at the latest after the poll interval.
func (r *run) wait(ctx context.Context, rest time.Duration, more bool) {
	// The poll comes after the rest, also where both are of one length: a kick
	// that came meanwhile is then heard, and not left for later.
	rested, poll := time.NewTimer(rest), time.NewTimer(max(rest+1, r.options.Poll))
	defer rested.Stop()
	defer poll.Stop()
	defer r.catchUp(ctx)
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
			r.takeBack()
			r.dispatch(ctx)
			more = true
		}
	}
}

// takeBack finishes all tries that have ended, if any has.
func (r *run) takeBack() (some bool) {
	for {
		select {
		case f := <-r.done:
			r.queue.finish(f.ticket, f.silent)
			some = true
		default:
			return some
		}
	}
}

// catchUp takes up what came together with what ended a wait: what is asked of
// storage next does not hang on which of them was heard first.
func (r *run) catchUp(ctx context.Context) {
	select {
	case <-r.kicks:
	default:
	}
	if r.takeBack() {
		r.dispatch(ctx)
	}
}
