package simulate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// read reads the books past everybody who waits.
func (w *world) read(f func(pay.Reader) error) error {
	if w.reader != nil {
		return f(w.reader)
	}
	return w.node.books.View(nodeless, f)
}

// atOnce has all that f reads come from one snapshot.
func (w *world) atOnce(f func() error) error {
	return w.node.books.View(nodeless, func(r pay.Reader) error {
		// A View may begin again, but not after it has read: so f runs once.
		if _, err := r.Code(""); !errors.Is(err, pay.ErrNotFound) {
			return err
		}
		w.reader = r
		defer func() { w.reader = nil }()
		return f()
	})
}

// readOne reads one row.
func readOne[T any](w *world, f func(pay.Reader) (T, error)) (found T, err error) {
	err = w.read(func(r pay.Reader) (err error) {
		found, err = f(r)
		return err
	})
	return found, err
}

func (w *world) codeOf(ref string) (pay.Code, error) {
	return readOne(w, func(r pay.Reader) (pay.Code, error) { return r.Code(ref) })
}

func (w *world) paymentOf(ref string) (pay.Payment, error) {
	return readOne(w, func(r pay.Reader) (pay.Payment, error) { return r.Payment(ref) })
}

func (w *world) refundOf(ref string) (pay.Refund, error) {
	return readOne(w, func(r pay.Reader) (pay.Refund, error) { return r.Refund(ref) })
}

func (w *world) deliveryOf(id string) (pay.Delivery, error) {
	return readOne(w, func(r pay.Reader) (pay.Delivery, error) { return r.Delivery(id) })
}

func (w *world) merchantOf(m pay.Merchant) (pay.Merchant, error) {
	return readOne(w, func(r pay.Reader) (pay.Merchant, error) { return r.Merchant(m.PartnerID, m.ID) })
}

func (w *world) closed(s pay.Settlement) (bool, error) {
	all, err := readOne(w, func(r pay.Reader) ([]pay.Settlement, error) { return r.Settlements(s.Day) })
	return slices.ContainsFunc(all, func(other pay.Settlement) bool { return other.ID == s.ID }), err
}

// touch has a payer's balance, and a payment, looked at when all that was
// committed with it is taken over.
func (w *world) touch(payer string, p *payment) {
	w.touched = append(w.touched, func() error {
		if err := w.checkPurse(payer); err != nil || p == nil {
			return err
		}
		return w.checkPayment(p)
	})
}

func (w *world) checkTouched() error {
	touched := w.touched
	w.touched = nil
	for _, check := range touched {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) checkPurse(payer string) error {
	p, err := readOne(w, func(r pay.Reader) (pay.Payer, error) { return r.Payer(payer) })
	if want := w.model.accounts[ledger.Wallet(payer)]; err != nil || p.Balance != want || want < 0 {
		return errors.Join(err, fmt.Errorf("payer %s has %s, want %s", payer, p.Balance, want))
	}
	return nil
}

func (w *world) checkPayment(p *payment) error {
	stored, err := w.paymentOf(p.ref)
	if err != nil || stored.Amount != p.amount || stored.MDR != p.mdr || stored.Refunded != p.refunded {
		return errors.Join(err, fmt.Errorf("payment %s is %+v, want %+v", p.ref, stored, p))
	}
	return nil
}

func (w *world) checkCode(c *code) error {
	stored, err := w.codeOf(c.ref)
	if err != nil {
		return fmt.Errorf("code %s, which was acknowledged: %w", c.ref, err)
	}
	allowed := []pay.CodeState{pay.CodeActive}
	switch {
	case c.void:
		allowed = []pay.CodeState{pay.CodeIsVoid}
	case !c.static() && len(c.payments) > 0:
		allowed = []pay.CodeState{pay.CodeIsPaid}
	case c.expired(w.now()):
		allowed = append(allowed, pay.CodeIsExpired) // recorded or not yet
	}
	if !slices.Contains(allowed, stored.State) || stored.Payload != c.payload || stored.PartnerRef != c.mine {
		return fmt.Errorf("code %s is %+v, want %+v", c.ref, stored, c)
	}
	if !c.static() && len(c.payments) > 1 {
		return fmt.Errorf("dynamic code %s has %d payments", c.ref, len(c.payments))
	}
	return nil
}

func (w *world) checkDelivery(d *delivery) error {
	stored, err := w.deliveryOf(d.id)
	if err != nil || stored.State != d.state || stored.Attempts != d.tries || (d.heard > 0 && stored.Body != d.body) {
		return errors.Join(err, fmt.Errorf("delivery %s is %+v, want %+v", d.id, stored, *d))
	}
	return nil
}

// checkBooks holds every row and every account against the model.
func (w *world) checkBooks() error { return w.atOnce(w.checkRows) }

func (w *world) checkRows() error {
	for _, c := range w.model.codes {
		if err := w.checkCode(c); err != nil {
			return err
		}
		for _, d := range c.told {
			if err := w.checkDelivery(d); err != nil {
				return err
			}
		}
	}
	for _, p := range w.model.payments {
		if err := w.checkPayment(p); err != nil {
			return err
		}
	}
	return errors.Join(w.checkAccounts(), w.checkCounts())
}

func (w *world) checkAccounts() error {
	got := map[ledger.Account]pay.Rupiah{}
	err := w.read(func(r pay.Reader) error {
		return r.Balances(func(a ledger.Account, balance pay.Rupiah) error {
			got[a] = balance
			return nil
		})
	})
	if err != nil {
		return err
	}
	for account, want := range w.model.accounts {
		if got[account] != want {
			return fmt.Errorf("%s holds %s, want %s", account, got[account], want)
		}
		delete(got, account)
	}
	if len(got) > 0 {
		return fmt.Errorf("nobody knows of the accounts %v", got)
	}
	return nil
}

func (w *world) checkCounts() error {
	counts, err := readOne(w, pay.Reader.Counts)
	if err != nil {
		return err
	}
	if int(counts.Codes) != len(w.model.codes) || int(counts.Payments) != len(w.model.payments) || counts.Transfers != w.model.transfers {
		return fmt.Errorf("there are %+v, want %d codes, %d payments, %d transfers", counts, len(w.model.codes), len(w.model.payments), w.model.transfers)
	}
	unbalanced, err := readOne(w, func(r pay.Reader) ([]string, error) { return r.UnbalancedTransfers(1) })
	if err == nil && len(unbalanced) > 0 {
		err = fmt.Errorf("transfer %s is not balanced", unbalanced[0])
	}
	return err
}

// verifyBooks checks all that qrisd verify does, in books that were closed.
func verifyBooks(folder string) error {
	return storage.Read(context.Background(), filepath.Join(folder, bookFile), func(s *storage.Snapshot) error {
		return s.Check(storage.Invariants())
	})
}
