package cli

import (
	"net"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/server"
)

// What a node keeps in memory of what it did.
const (
	keptCalls  = 1000 // in a sandbox only
	keptEvents = 4096
)

// observe begins to tell of what this node does. In a sandbox its calls are
// kept too.
func (n *node) observe(o serveOptions) {
	n.events = sandbox.NewEvents(keptEvents)
	if o.sandbox && !o.noJournal {
		n.journal = sandbox.NewJournal(keptCalls)
	}
	n.core.OnEvent(n.tellEvent)
}

// tapped lets the journal show requests as they really came.
func (n *node) tapped(socket net.Listener) net.Listener {
	if n.journal == nil {
		return socket
	}
	return server.Tap(socket)
}

func (n *node) tellEvent(e pay.Event) {
	fields := map[string]string{"amount": e.Amount.String()}
	if e.PaymentRef != "" {
		fields["payment"] = e.PaymentRef
	}
	n.events.Publish(sandbox.Event{At: e.At, Kind: string(e.Kind), PartnerID: e.PartnerID, Ref: e.Ref, Fields: fields})
}

// tellTry tells of a try of a notification. What was answered, and where, is
// the receiver's own affair outside a sandbox.
func (n *node) tellTry(d pay.Delivery, a pay.Attempt, state pay.DeliveryState) {
	n.tell.metrics.Tried(state, time.Duration(a.Millis)*time.Millisecond)
	e := sandbox.Event{
		At: a.At, Kind: sandbox.EventAttempt, PartnerID: d.PartnerID, Ref: d.CodeRef,
		Fields: map[string]string{
			"delivery": d.ID, "payment": d.PaymentRef, "try": strconv.Itoa(a.Number), "status": strconv.Itoa(a.Status),
			"ms": strconv.FormatInt(a.Millis, 10), "state": string(state),
		},
	}
	if n.sandbox {
		e.Fields["url"], e.Fields["answer"] = a.URL, a.Answer
	}
	n.events.Publish(e)
	if state == pay.DeliveryFailed {
		e.Kind = sandbox.EventFailed
		n.events.Publish(e)
	}
}
