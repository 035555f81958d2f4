package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// The faults here are about what is kept, when, and who sees it.

var errLost = errors.New("a planted fault: the transaction is lost")

// answerEarly answers as soon as a transaction has decided, before it commits;
// end is what then becomes of it.
func answerEarly(end func(n int) error) flaw {
	var mu sync.Mutex
	n := 0
	return updatingBy(func(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error {
		mu.Lock()
		n++
		mine := n
		mu.Unlock()
		decided := make(chan error, 2)
		answered := false
		go func() {
			err := books.Update(context.WithoutCancel(ctx), func(tx pay.Tx) error {
				if answered {
					return errLost // what f has found is in use
				}
				err := f(tx)
				if err == nil {
					answered = true
					decided <- nil
					err = end(mine)
				}
				return err
			})
			decided <- err // read only if f refused, or never ran
		}()
		return <-decided
	})
}

// commitLate takes a while.
func commitLate(int) error {
	time.Sleep(while)
	return nil
}

// neverCommit loses every fourth transaction.
func neverCommit(n int) error {
	if n%4 == 0 {
		return errLost
	}
	return nil
}

// runTwice runs a transaction again, as one does who takes an ambiguous
// answer for a failure.
func runTwice(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error {
	if err := books.Update(ctx, f); err != nil {
		return err
	}
	return books.Update(ctx, f)
}

// keepRefused commits what a refused transaction has written.
func keepRefused(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error {
	var refusal error
	err := books.Update(ctx, func(tx pay.Tx) error {
		refusal = f(tx)
		return nil
	})
	return errors.Join(refusal, err)
}

// later is a transaction whose marks are looked for and left for another.
type later struct {
	pay.Tx
	marks *[]pay.Mark
}

func (t later) InsertMark(m pay.Mark) error {
	_, err := t.Tx.Mark(m.PartnerID, m.Scope, m.Kind, m.Key, m.Day)
	switch {
	case err == nil:
		return pay.ErrExists
	case errors.Is(err, pay.ErrNotFound):
		*t.marks = append(*t.marks, m)
		return nil
	}
	return err
}

// markAfter writes the marks in a transaction after that of their effect.
func markAfter(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error {
	var marks []pay.Mark
	err := books.Update(ctx, func(tx pay.Tx) error {
		marks = nil
		return f(later{tx, &marks})
	})
	if err != nil || len(marks) == 0 {
		return err
	}
	time.Sleep(while)
	return insertMarks(ctx, books, marks)
}

func insertMarks(ctx context.Context, books pay.Storage, marks []pay.Mark) error {
	return books.Update(context.WithoutCancel(ctx), func(tx pay.Tx) error {
		for _, m := range marks {
			if err := unless(pay.ErrExists, tx.InsertMark(m)); err != nil {
				return err
			}
		}
		return nil
	})
}

// markBefore writes the marks first, and leaves them when the transaction is
// refused.
func markBefore(ctx context.Context, books pay.Storage, f func(pay.Tx) error) error {
	var marks []pay.Mark
	refusal := books.Update(ctx, func(tx pay.Tx) error {
		marks = nil
		return f(later{tx, &marks})
	})
	if len(marks) == 0 {
		return refusal
	}
	return errors.Join(refusal, insertMarks(ctx, books, marks))
}

// memory remembers the first answer to each question for good.
type memory struct {
	pay.Reader
	known *sync.Map
}

func (m memory) LatestPayment(codeRef string) (pay.Payment, error) {
	type answer struct {
		p   pay.Payment
		err error
	}
	p, err := m.Reader.LatestPayment(codeRef)
	first, _ := m.known.LoadOrStore(codeRef, answer{p, err})
	return first.(answer).p, first.(answer).err
}

// readStale reads from a cache that nothing empties.
func readStale(books pay.Storage) pay.Storage {
	var known sync.Map
	return viewing{books, func(ctx context.Context, books pay.Storage, f func(pay.Reader) error) error {
		return books.View(ctx, func(r pay.Reader) error { return f(memory{r, &known}) })
	}}
}

// torn reads the refunds of a payment from a later snapshot than the payment.
type torn struct {
	pay.Reader
	later func(func(pay.Reader) error) error
}

func (t torn) RefundsOf(paymentRef string) (all []pay.Refund, err error) {
	time.Sleep(while)
	viewErr := t.later(func(r pay.Reader) error {
		all, err = r.RefundsOf(paymentRef)
		return nil
	})
	return all, errors.Join(err, viewErr)
}

// readTorn answers from two snapshots, one View at a time: it takes a second
// reader while it holds the first.
func readTorn(books pay.Storage) pay.Storage {
	var one sync.Mutex
	return viewing{books, func(ctx context.Context, books pay.Storage, f func(pay.Reader) error) error {
		one.Lock()
		defer one.Unlock()
		return books.View(ctx, func(r pay.Reader) error {
			return f(torn{r, func(g func(pay.Reader) error) error { return books.View(ctx, g) }})
		})
	}}
}

// dirty is what transactions that run have done to codes.
type dirty struct {
	pay.Storage
	states *sync.Map
}

// readDirty shows what has not been committed.
func readDirty(books pay.Storage) pay.Storage { return dirty{books, new(sync.Map)} }

func (d dirty) Update(ctx context.Context, f func(pay.Tx) error) error {
	var closed []string
	defer func() {
		for _, ref := range closed {
			d.states.Delete(ref)
		}
	}()
	return d.Storage.Update(ctx, func(tx pay.Tx) error {
		return f(dirtyTx{tx, func(ref string, to pay.CodeState) {
			closed = append(closed, ref)
			d.states.Store(ref, to)
			time.Sleep(while)
		}})
	})
}

func (d dirty) View(ctx context.Context, f func(pay.Reader) error) error {
	return d.Storage.View(ctx, func(r pay.Reader) error { return f(dirtyReader{r, d.states}) })
}

type dirtyTx struct {
	pay.Tx
	tell func(ref string, to pay.CodeState)
}

func (t dirtyTx) CloseCode(c pay.Code, to pay.CodeState) error {
	err := t.Tx.CloseCode(c, to)
	if err == nil {
		t.tell(c.Ref, to)
	}
	return err
}

type dirtyReader struct {
	pay.Reader
	states *sync.Map
}

func (r dirtyReader) Code(ref string) (pay.Code, error) {
	c, err := r.Reader.Code(ref)
	if to, ok := r.states.Load(ref); ok {
		c.State = to.(pay.CodeState)
	}
	return c, err
}
