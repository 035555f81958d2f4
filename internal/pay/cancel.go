package pay

import (
	"context"
	"errors"
)

// Cancel takes a code out of use. A code that was cancelled before stays so
// and is answered the same; one that was paid or has expired is WrongState.
func (c *Core) Cancel(ctx context.Context, partner *Partner, o Original, marks []Mark) (Transaction, error) {
	now := c.Now()
	var t Transaction
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		if t, err = c.find(tx, partner.ID, o); err != nil {
			return err
		}
		if err := remember(tx, marks, t.Ref()); err != nil {
			return err
		}
		switch {
		case t.Status == StatusCancelled:
			return nil
		case t.Status == StatusInitiated:
		case t.Status == StatusExpired:
			return Refuse(CodeExpired, "the code has expired")
		default:
			return Refuse(WrongState, "the code is "+string(t.Status)+" and cannot be cancelled; refund it")
		}
		t.Code.ClosedAt = now
		if err := void(tx, t.Code); err != nil {
			return err
		}
		t.Code.State, t.Status, t.At = CodeIsVoid, StatusCancelled, now
		return nil
	})
	return t, err
}

// void closes a code that nobody has paid. A static code is not closed by its
// payments, so they are looked for once no more can come.
func void(tx Tx, code *Code) error {
	paid := Refuse(WrongState, "the code was paid or closed in the meantime")
	if err := tx.CloseCode(*code, CodeIsVoid); errors.Is(err, ErrNotFound) {
		return paid
	} else if err != nil {
		return err
	}
	_, err := tx.LatestPayment(code.Ref)
	switch {
	case err == nil:
		return paid
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// expireBatch is how many codes one transaction expires.
const expireBatch = 500

// Expire records the transition of codes whose validity has passed, up to a
// batch, and gives how many. What it has not reached yet reads as expired all
// the same (Code.StateAt).
func (c *Core) Expire(ctx context.Context) (int, error) {
	now := c.Now()
	var due []Code
	err := c.store.View(ctx, func(r Reader) (err error) {
		due, err = r.DueCodes(now, expireBatch)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	n := 0
	err = c.store.Update(ctx, func(tx Tx) error {
		n = 0
		for _, code := range due {
			code.ClosedAt = code.ExpiresAt
			err := tx.CloseCode(code, CodeIsExpired)
			switch {
			case err == nil:
				n++
			case !errors.Is(err, ErrNotFound): // it was paid or cancelled first
				return err
			}
		}
		return nil
	})
	return n, err
}
