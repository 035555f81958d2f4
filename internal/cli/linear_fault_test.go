package cli

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// flaw puts a fault before the books.
type flaw func(pay.Storage) pay.Storage

// trap is a Storage that has a flaw while it is armed.
type trap struct {
	good, bad pay.Storage
	armed     *atomic.Bool
}

func (t trap) now() pay.Storage {
	if t.armed.Load() {
		return t.bad
	}
	return t.good
}

func (t trap) View(ctx context.Context, f func(pay.Reader) error) error { return t.now().View(ctx, f) }

func (t trap) Update(ctx context.Context, f func(pay.Tx) error) error { return t.now().Update(ctx, f) }

// updating is a Storage whose Update is another.
type updating struct {
	pay.Storage
	update func(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error
}

func (u updating) Update(ctx context.Context, f func(pay.Tx) error) error {
	return u.update(ctx, u.Storage, f)
}

// viewing is a Storage whose View is another.
type viewing struct {
	pay.Storage
	view func(ctx context.Context, books pay.Storage, f func(pay.Reader) error) error
}

func (v viewing) View(ctx context.Context, f func(pay.Reader) error) error {
	return v.view(ctx, v.Storage, f)
}

// changing changes the transactions.
func changing(change func(pay.Tx) pay.Tx) flaw {
	return updatingBy(func(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error {
		return books.Update(ctx, func(tx pay.Tx) error { return f(change(tx)) })
	})
}

func updatingBy(update func(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error) flaw {
	return func(books pay.Storage) pay.Storage { return updating{books, update} }
}

// while is how long a fault holds a window open.
const while = 2 * time.Millisecond

// beforehand changes the transactions with a snapshot from before they began.
func beforehand(change func(tx pay.Tx, before pay.Reader) pay.Tx) flaw {
	return updatingBy(func(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error {
		return books.View(ctx, func(before pay.Reader) error {
			if _, err := before.PayerPage("", 100); err != nil { // a snapshot is taken when it is first read
				return err
			}
			time.Sleep(while)
			return books.Update(ctx, func(tx pay.Tx) error { return f(change(tx, before)) })
		})
	})
}

// unless forgives one kind of error.
func unless(forgiven, err error) error {
	if errors.Is(err, forgiven) {
		return nil
	}
	return err
}

// The transactions that follow each lack one thing. What they do not name is
// as it should be.

// noUnique lacks the UNIQUE of marks.
type noUnique struct{ pay.Tx }

func (t noUnique) InsertMark(m pay.Mark) error { return unless(pay.ErrExists, t.Tx.InsertMark(m)) }

// earlyCheck decides about a code by a snapshot, and closes it without
// comparing.
type earlyCheck struct {
	pay.Tx
	before pay.Reader
}

func (t earlyCheck) Code(ref string) (pay.Code, error) { return t.before.Code(ref) }

func (t earlyCheck) CloseCode(c pay.Code, to pay.CodeState) error {
	return unless(pay.ErrNotFound, t.Tx.CloseCode(c, to))
}

// openCode takes every code for active and closes it as often as it is asked
// to.
type openCode struct{ pay.Tx }

func (t openCode) Code(ref string) (pay.Code, error) {
	c, err := t.Tx.Code(ref)
	c.State = pay.CodeActive
	return c, err
}

func (t openCode) CloseCode(c pay.Code, to pay.CodeState) error {
	return unless(pay.ErrNotFound, t.Tx.CloseCode(c, to))
}

// noFunds debits whether or not the balance covers it.
type noFunds struct{ pay.Tx }

func (t noFunds) Debit(payerID string, amount pay.Rupiah) error {
	return unless(pay.ErrNotFound, t.Tx.Debit(payerID, amount))
}

// noCounter refunds as though nothing had been refunded before.
type noCounter struct{ pay.Tx }

func (t noCounter) Payment(ref string) (pay.Payment, error) {
	p, err := t.Tx.Payment(ref)
	p.Refunded = 0
	return p, err
}

func (t noCounter) LatestPayment(codeRef string) (pay.Payment, error) {
	p, err := t.Tx.LatestPayment(codeRef)
	p.Refunded = 0
	return p, err
}

func (t noCounter) AddRefunded(paymentRef string, was, amount pay.Rupiah) error {
	return unless(pay.ErrNotFound, t.Tx.AddRefunded(paymentRef, was, amount))
}

// lostPayment drops every third payment, whose number is that of the clock.
type lostPayment struct{ pay.Tx }

func (t lostPayment) InsertPayment(p pay.Payment, day string) error {
	if p.At.UnixMicro()%3 == 0 {
		return nil
	}
	return t.Tx.InsertPayment(p, day)
}

// lostCredit books a refund and gives it to nobody.
type lostCredit struct{ pay.Tx }

func (t lostCredit) Credit(string, pay.Rupiah) error { return nil }

// twiceUsable exchanges a grant as often as it is asked to.
type twiceUsable struct{ pay.Tx }

func (t twiceUsable) UseToken(token pay.Token) error {
	return unless(pay.ErrNotFound, t.Tx.UseToken(token))
}

// earlyLimit sums what a payer has paid by a snapshot.
type earlyLimit struct {
	pay.Tx
	before pay.Reader
}

func (t earlyLimit) Guard(string) error { return nil }

func (t earlyLimit) PaidByPayerSince(payerID, day string) (pay.Rupiah, error) {
	return t.before.PaidByPayerSince(payerID, day)
}

// earlyBalance writes the balance that a snapshot had, less the amount: what
// others took in the meantime comes back.
type earlyBalance struct {
	pay.Tx
	before pay.Reader
}

func (t earlyBalance) Debit(payerID string, amount pay.Rupiah) error {
	was, err := t.before.Payer(payerID)
	if err != nil {
		return err
	}
	is, err := t.Tx.Payer(payerID)
	if err != nil {
		return err
	}
	if was.Balance < amount {
		return pay.ErrNotFound
	}
	switch less := is.Balance - (was.Balance - amount); {
	case less < 0:
		return t.Tx.Credit(payerID, -less)
	case less > 0:
		return t.Tx.Debit(payerID, less)
	}
	return nil
}
