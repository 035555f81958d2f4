package pay

import (
	"context"
	"errors"
	"time"
)

// Cancel takes a code out of use. A code that was cancelled before stays so
// and is answered the same; one that was paid or has expired is WrongState.
func (c *Core) Cancel(ctx context.Context, partner *Partner, o Original, marks []Mark) (Transaction, error) {
	now := c.Now()
	var t Transaction
	var closed bool
	err := retry(func() error {
		return c.store.Update(ctx, func(tx Tx) (err error) {
			t, closed, err = c.cancelIn(tx, partner.ID, o, marks, now)
			return err
		})
	})
	if err == nil && closed {
		c.publish(ofCode(EventCodeCancelled, *t.Code))
	}
	return t, err
}

// cancelIn is the whole decision, inside one transaction. It reports whether
// it closed the code.
func (c *Core) cancelIn(tx Tx, partnerID string, o Original, marks []Mark, now time.Time) (t Transaction, closed bool, err error) {
	if t, err = c.find(tx, partnerID, o); err != nil {
		return t, false, err
	}
	if err := remember(tx, marks, t.Ref()); err != nil {
		return t, false, err
	}
	switch t.Status {
	case StatusCancelled:
		return t, false, nil
	case StatusInitiated:
	case StatusExpired:
		return t, false, Refuse(CodeExpired, "the code has expired")
	default:
		return t, false, Refuse(WrongState, "the code is "+string(t.Status)+" and cannot be cancelled; refund it")
	}
	t.Code.ClosedAt = now
	if err := void(tx, t.Code); err != nil {
		return t, false, err
	}
	t.Code.State, t.Status, t.At = CodeIsVoid, StatusCancelled, now
	return t, true, nil
}

// void closes a code that nobody has paid. A static code is not closed by its
// payments, so they are looked for once no more can come.
func void(tx Tx, code *Code) error {
	err := tx.CloseCode(*code, CodeIsVoid)
	if err == nil {
		if _, err = tx.LatestPayment(code.Ref); errors.Is(err, ErrNotFound) {
			return nil
		}
	}
	if err == nil || errors.Is(err, ErrNotFound) {
		return errRaced // what became of it, the next run reads
	}
	return err
}

// ExpireNow ends a code's validity at this moment, as its end would have: it is
// for sandboxes, and whoever calls it has made sure of that. A code that has
// ended before is refused as a payment of it would be.
func (c *Core) ExpireNow(ctx context.Context, ref string) (Code, error) {
	now := c.Now()
	var code Code
	err := retry(func() error {
		return c.store.Update(ctx, func(tx Tx) (err error) {
			code, err = endIn(tx, ref, now)
			return err
		})
	})
	if err == nil {
		c.publish(ofCode(EventCodeExpired, code))
	}
	return code, err
}

// endIn is the whole decision, inside one transaction. A static code that is
// paid at the same time ends behind that payment.
func endIn(tx Tx, ref string, now time.Time) (Code, error) {
	code, err := tx.Code(ref)
	if err == nil {
		err = mayBePaid(code, now)
	}
	if err != nil {
		return code, err
	}
	end, err := behindPayments(tx, ref, now)
	if err != nil {
		return code, err
	}
	code.State, code.ClosedAt, code.ExpiresAt = CodeIsExpired, end, end
	err = tx.EndCode(code)
	if err == nil {
		end, err = behindPayments(tx, ref, end) // once no more can come
	}
	if errors.Is(err, ErrNotFound) || (err == nil && !end.Equal(code.ClosedAt)) {
		return code, errRaced
	}
	return code, err
}

// behindPayments is a moment, or a later one if the code was paid since: a
// sandbox's clock may have been moved back.
func behindPayments(r Reader, ref string, at time.Time) (time.Time, error) {
	last, err := r.LatestPayment(ref)
	switch {
	case errors.Is(err, ErrNotFound):
		return at, nil
	case err == nil && !last.At.Before(at):
		return last.At.Add(time.Microsecond), nil
	}
	return at, err
}

// expireBatch is how many codes one transaction expires.
const expireBatch = 500

// Expire is what a Leader's does, by anyone.
func (c *Core) Expire(ctx context.Context) (int, error) { return c.Under(Lease{}).Expire(ctx) }

// Expire records the transition of codes whose validity has passed, up to a
// batch, and gives how many. What it has not reached yet reads as expired all
// the same (Code.StateAt).
func (l Leader) Expire(ctx context.Context) (n int, err error) {
	now := l.core.Now()
	var due []Code
	err = l.core.store.View(ctx, func(r Reader) (err error) {
		due, err = r.DueCodes(now, 1)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	var events []Event
	err = l.update(ctx, func(tx Tx) (err error) {
		n, events, err = l.core.expireIn(tx, now)
		return err
	})
	if err == nil {
		l.core.publish(events...)
	}
	return n, err
}
