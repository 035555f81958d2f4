package pay

import (
	"time"
)

// EventKind names what happened.
type EventKind string

// What a core tells of.
const (
	EventCodeCreated   EventKind = "code.created"
	EventCodePaid      EventKind = "code.paid" // a dynamic code; a static one stays active
	EventCodeExpired   EventKind = "code.expired"
	EventCodeCancelled EventKind = "code.cancelled"
	EventPaid          EventKind = "payment.succeeded"
	EventRefunded      EventKind = "payment.refunded"
)

// Event tells of something that was committed.
type Event struct {
	Kind       EventKind
	PartnerID  string // whose code it is; for another institution's code, who paid it
	Ref        string // of the code; of the payment where the code is not ours
	PaymentRef string // empty where nothing was paid
	Amount     Rupiah // of the code, the payment or the refund
	At         time.Time
}

// OnEvent names a function that is told of whatever this core has committed,
// before the verb returns. It is set before the Core is used, and must not
// block. What other nodes commit it is not told of.
func (c *Core) OnEvent(f func(Event)) { c.told = f }

func (c *Core) publish(events ...Event) {
	if c.told == nil {
		return
	}
	for _, e := range events {
		c.told(e)
	}
}

func ofCode(kind EventKind, code Code) Event {
	e := Event{Kind: kind, PartnerID: code.PartnerID, Ref: code.Ref, Amount: code.Amount, At: code.ClosedAt}
	if kind == EventCodeCreated {
		e.At = code.CreatedAt
	}
	return e
}

// publishPaid tells of a payment, and of the dynamic code that it has closed.
func (c *Core) publishPaid(p Payment, static bool) {
	e := Event{Kind: EventPaid, PartnerID: p.PartnerID, Ref: p.Ref, PaymentRef: p.Ref, Amount: p.Amount, At: p.At}
	if !p.OnUs() {
		c.publish(e)
		return
	}
	e.PartnerID, e.Ref = p.AcquirerID, p.CodeRef
	if !static {
		closed := e
		closed.Kind = EventCodePaid
		c.publish(closed)
	}
	c.publish(e)
}

func (c *Core) publishRefund(r Refund) {
	e := Event{Kind: EventRefunded, PartnerID: r.PartnerID, Ref: r.PaymentRef, PaymentRef: r.PaymentRef, Amount: r.Amount, At: r.At}
	if r.CodeRef != "" {
		e.PartnerID, e.Ref = r.AcquirerID, r.CodeRef
	}
	c.publish(e)
}

// expireIn records the expiry of a batch of codes. Where somebody is told it
// also says which: one that is being paid elsewhere is left out of a batch.
func (c *Core) expireIn(tx Tx, now time.Time) (n int, events []Event, err error) {
	var due []Code
	if c.told != nil {
		if due, err = tx.DueCodes(now, expireBatch); err != nil {
			return 0, nil, err
		}
	}
	if n, err = tx.ExpireCodes(now, expireBatch); err != nil {
		return 0, nil, err
	}
	for _, code := range due {
		if n < len(due) {
			if code, err = tx.Code(code.Ref); err != nil {
				return 0, nil, err
			}
			if code.State != CodeIsExpired {
				continue
			}
		}
		code.ClosedAt = code.ExpiresAt
		events = append(events, ofCode(EventCodeExpired, code))
	}
	return n, events, nil
}

// gathered runs f on a core in whose place others commit, and gives what is to
// be told once they have.
func (c *Core) gathered(inner *Core, f func(*Core) error) (events []Event, err error) {
	inner.ids = c.ids
	if c.told != nil {
		inner.told = func(e Event) { events = append(events, e) }
	}
	return events, f(inner)
}
