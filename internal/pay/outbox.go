package pay

import (
	"context"
	"errors"
	"time"
)

// DeliveryState is where a notification is on its way.
type DeliveryState string

// A delivery leaves Pending by the receiver's acknowledgement, or after the
// last try; an operator may send it again from any state.
const (
	DeliveryPending DeliveryState = "pending"
	DeliveryDone    DeliveryState = "delivered"
	DeliveryFailed  DeliveryState = "failed"
)

// Delivery is a notification that must reach a partner. It is written in the
// transaction of what it tells.
type Delivery struct {
	ID         string // UUIDv7, the same on every try
	PartnerID  string
	MerchantID string
	CodeRef    string
	PaymentRef string
	State      DeliveryState
	Attempts   int
	NextAt     time.Time // not before
	Body       string    // made once; every try sends the same bytes
	Holder     string    // the node that is about to try; empty: none
	CreatedAt  time.Time
	DoneAt     time.Time
}

// Attempt is one try of a delivery.
type Attempt struct {
	DeliveryID string
	Number     int
	URL        string
	At         time.Time
	Millis     int64
	Status     int    // HTTP; 0 when no answer came
	Answer     string // the first bytes of the answer, or what went wrong
}

// tell writes the delivery for a payment of a partner's code, if the partner
// can be reached at all. The delivery's id is that of the payment's transfer:
// one payment, one delivery.
func tell(tx Tx, code Code, merchant Merchant, p *Payment, id string) error {
	partner, err := tx.Partner(code.PartnerID)
	if err != nil {
		return err
	}
	if code.CallbackURL == "" && merchant.NotifyURL == "" && partner.NotifyURL == "" {
		return nil
	}
	return tx.InsertDelivery(Delivery{
		ID: id, PartnerID: code.PartnerID, MerchantID: code.MerchantID, CodeRef: code.Ref, PaymentRef: p.Ref,
		State: DeliveryPending, NextAt: p.At, CreatedAt: p.At,
	})
}

// ClaimDeliveries gives a node pending deliveries whose time has come, oldest
// first, each code's oldest only: order within a code is kept. The node holds
// them until it records a try or releases them. One that has been buried gets
// ErrLeaseLost until it joins again: nobody would free what it claims.
func (c *Core) ClaimDeliveries(ctx context.Context, holder string, limit int) ([]Delivery, error) {
	var member Leader
	if l := c.membership.Load(); l != nil {
		member = c.Under(*l)
	}
	var due []Delivery
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		if err := member.fence(tx); err != nil {
			return err
		}
		due, err = tx.ClaimDeliveries(holder, c.Now(), limit)
		return err
	})
	return due, err
}

// ReleaseDeliveries frees what a node holds and will not try; an empty holder
// frees what any node does.
func (c *Core) ReleaseDeliveries(ctx context.Context, holder string) error {
	return c.store.Update(ctx, func(tx Tx) error { return tx.ReleaseDeliveries(holder) })
}

// Told gives the transaction that a delivery tells, as it stood with its
// payment.
func (c *Core) Told(ctx context.Context, d Delivery) (Transaction, error) {
	var t Transaction
	err := c.store.View(ctx, func(r Reader) error {
		code, err := r.Code(d.CodeRef)
		if err != nil {
			return err
		}
		p, err := r.Payment(d.PaymentRef)
		if err != nil {
			return err
		}
		if t, err = projectPayment(r, p); err == nil {
			t.Code = &code
		}
		return err
	})
	return t, err
}

// FixBody keeps the body of a delivery before its first try. It gives the body
// that is kept: an earlier one, if a node that counted as gone had made it.
func (c *Core) FixBody(ctx context.Context, id, body string) (kept string, err error) {
	err = retry(func() error {
		return c.store.Update(ctx, func(tx Tx) error {
			d, err := tx.Delivery(id)
			if kept = d.Body; kept != "" || err != nil {
				return err
			}
			kept = body
			if err = tx.SetDeliveryBody(id, body); errors.Is(err, ErrNotFound) {
				err = errRaced
			}
			return err
		})
	})
	return kept, err
}

// Tried records an attempt and what became of the delivery; ErrNotFound when
// the books were cleared meanwhile.
func (c *Core) Tried(ctx context.Context, a Attempt, state DeliveryState, next time.Time) error {
	return c.store.Update(ctx, func(tx Tx) error {
		if err := tx.SetDelivery(a.DeliveryID, state, a.Number, next, a.At); err != nil {
			return err
		}
		return tx.InsertAttempt(a)
	})
}

// Resend makes a delivery due again, whatever became of it. One that a node
// is about to try stays with it.
func (c *Core) Resend(ctx context.Context, id string) error {
	now := c.Now()
	defer c.wakeOutbox()
	return c.change(ctx, func(tx Tx) error {
		d, err := tx.Delivery(id)
		if err != nil || d.Holder != "" {
			return err
		}
		return tx.SetDelivery(id, DeliveryPending, d.Attempts, now, time.Time{})
	})
}
