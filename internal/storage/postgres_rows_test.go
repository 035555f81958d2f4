package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
)

const someDay = "2026-01-01"

var errNo = errors.New("no")

// commitTogether runs functions as one group, each as often as it takes.
func commitTogether(s *Store, fs ...func(pay.Tx) error) (errs []error) {
	var jobs []*job
	for _, f := range fs {
		jobs = append(jobs, &job{f: f, done: make(chan struct{})})
	}
	s.writer.lanes[0].commit(jobs, &s.writer.counts)
	for _, j := range jobs {
		errs = append(errs, j.err)
	}
	return errs
}

func openShared(t *testing.T) *Store {
	return mustOpen(t, pgtest.Shared(t).Database(t), Options{})
}

func mustView(t *testing.T, s *Store, f func(pay.Reader) error) {
	t.Helper()
	if err := s.View(t.Context(), f); err != nil {
		t.Error(err)
	}
}

// whole is a row of every table whose rows may wait.
type whole struct {
	code     pay.Code
	payment  pay.Payment
	transfer ledger.Transfer
	refund   pay.Refund
	delivery pay.Delivery
}

func newWhole(n int64) whole {
	w := whole{code: benchCode(n, "ours"), payment: benchPayment(n, rand.New(rand.NewPCG(1, 1)), 3)}
	at := w.code.CreatedAt
	w.code.Echo = "'\"{},\\ é\n"
	w.transfer = ledger.Transfer{ID: w.payment.ID, Kind: ledger.OnUs, Ref: w.payment.Ref, At: at}
	w.transfer.Move("a", "b", n+1)
	w.refund = pay.Refund{Ref: w.payment.Ref, PaymentRef: w.payment.Ref, Amount: 1, At: at}
	w.delivery = pay.Delivery{ID: w.code.ID, Attempts: 3, State: pay.DeliveryPending, NextAt: at, CreatedAt: at}
	return w
}

func (w whole) insert(tx pay.Tx) error {
	return errors.Join(tx.InsertDelivery(w.delivery), tx.InsertPayment(w.payment, someDay), tx.InsertRefund(w.refund, someDay),
		tx.InsertTransfer(w.transfer, someDay), tx.InsertCode(w.code, someDay))
}

func (w whole) check(t *testing.T, r pay.Reader) {
	t.Helper()
	var got whole
	errs := make([]error, 5)
	got.code, errs[0] = r.Code(w.code.Ref)
	got.payment, errs[1] = r.Payment(w.payment.Ref)
	got.transfer, errs[2] = r.Transfer(w.transfer.ID)
	got.refund, errs[3] = r.Refund(w.refund.Ref)
	got.delivery, errs[4] = r.Delivery(w.delivery.ID)
	if err := errors.Join(errs...); err != nil || !reflect.DeepEqual(got, w) {
		t.Errorf("got %+v, %v, want %+v", got, err, w)
	}
}

// TestRowsGoInTogether commits a group in which some fail when their rows wait:
// they cost the others nothing.
func TestRowsGoInTogether(t *testing.T) {
	const members = 20
	s := openShared(t)
	fates := []func() error{
		func() error { return nil },
		func() error { return errNo },
		func() error { panic("in the end") },
	}
	runs := 0
	var fs []func(pay.Tx) error
	for n := range int64(members) {
		fs = append(fs, func(tx pay.Tx) error {
			runs++
			if err := newWhole(n).insert(tx); err != nil {
				return err
			}
			return fates[n%3]()
		})
	}
	errs := commitTogether(s, fs...)
	mustView(t, s, func(r pay.Reader) error {
		for n, err := range errs {
			w := newWhole(int64(n))
			_, absent := r.Code(w.code.Ref)
			switch {
			case n%3 != 0 && (err == nil || absent != pay.ErrNotFound):
				t.Errorf("member %d failed and was answered %v, its code %v", n, err, absent)
			case n%3 == 0 && err != nil:
				t.Errorf("member %d: %v", n, err)
			case n%3 == 0:
				w.check(t, r)
			}
		}
		return nil
	})
	if got := s.Stats(); got.Commits != 1 || runs != members {
		t.Errorf("%d commits, and %d runs of %d functions", got.Commits, runs, members)
	}
}

// TestRowIsTaken lets rows that waited meet others of their key: only whose they
// are hears of it, and goes on.
func TestRowIsTaken(t *testing.T) {
	s := openShared(t)
	taken := benchCode(1, "first")
	for _, err := range commitTogether(s, func(tx pay.Tx) error { return tx.InsertCode(taken, someDay) }) {
		if err != nil {
			t.Fatal(err)
		}
	}
	told := make([]error, 6)
	var fs []func(pay.Tx) error
	for n := range told {
		code := benchCode(int64(10+n), "")
		if n == 2 || n == 4 {
			code.Ref = taken.Ref
		}
		fs = append(fs, func(tx pay.Tx) error {
			told[n] = tx.InsertCode(code, someDay)
			return tx.PutSetting(fmt.Sprint(n), code.Ref)
		})
	}
	bad := benchCode(20, "")
	bad.Amount = -1
	fs = append(fs, func(tx pay.Tx) error { return tx.InsertCode(bad, someDay) })
	errs := commitTogether(s, fs...)
	if errs[6] == nil {
		t.Error("a negative code was kept")
	}
	mustView(t, s, func(r pay.Reader) error {
		for n := range told {
			var want error
			if n == 2 || n == 4 {
				want = pay.ErrExists
			}
			if told[n] != want || errs[n] != nil {
				t.Errorf("member %d was told %v and answered %v", n, told[n], errs[n])
			}
			if _, err := r.Setting(fmt.Sprint(n)); err != nil {
				t.Errorf("member %d did not go on: %v", n, err)
			}
		}
		if c, err := r.Code(taken.Ref); c.PartnerRef != "first" {
			t.Errorf("the code that was there is %+v, %v", c, err)
		}
		c, err := r.Counts()
		if c.Codes != 5 {
			t.Errorf("%d codes", c.Codes)
		}
		return err
	})
}

// TestMarksTogether lets neighbours mark the same: the first has it.
func TestMarksTogether(t *testing.T) {
	s := openShared(t)
	mark := func(key, ref string) func(pay.Tx) error {
		return func(tx pay.Tx) error {
			return tx.InsertMark(pay.Mark{PartnerID: "p", Kind: pay.ByReference, Key: key, Ref: ref})
		}
	}
	if errs := commitTogether(s, mark("old", "0")); errs[0] != nil {
		t.Fatal(errs[0])
	}
	told := make([]error, 6)
	var fs []func(pay.Tx) error
	for n, key := range []string{"a", "b", "a", "old", "b", "c"} {
		fs = append(fs, func(tx pay.Tx) error {
			told[n] = mark(key, fmt.Sprint(n))(tx)
			return nil
		})
	}
	fs = append(fs, func(tx pay.Tx) error { // a member's own, one after another
		return errors.Join(mark("d", "6")(tx), tx.PutSetting("again", fmt.Sprint(mark("d", "7")(tx))))
	})
	for n, err := range commitTogether(s, fs...) {
		if err != nil {
			t.Errorf("member %d: %v", n, err)
		}
	}
	e := pay.ErrExists
	if want := []error{nil, nil, e, e, e, nil}; !reflect.DeepEqual(told, want) {
		t.Errorf("the members were told %v, want %v", told, want)
	}
	if got := s.Stats().Commits; got != 2 {
		t.Errorf("%d commits", got)
	}
	mustView(t, s, func(r pay.Reader) error {
		for key, ref := range map[string]string{"old": "0", "a": "0", "b": "1", "c": "5", "d": "6"} {
			if m, err := r.Mark("p", "", pay.ByReference, key, ""); m.Ref != ref {
				t.Errorf("mark %s is %s's, not %s's: %v", key, m.Ref, ref, err)
			}
		}
		again, err := r.Setting("again")
		if again != fmt.Sprint(e) {
			t.Errorf("the second of one's own was told %s", again)
		}
		return err
	})
}

// TestLimitCountsWhatWaits: payments that wait are counted by the neighbours
// that look at the payer next, whose guard keeps them in a row.
func TestLimitCountsWhatWaits(t *testing.T) {
	const limit, members = 3, 10
	s := openShared(t)
	var fs []func(pay.Tx) error
	for n := range int64(members) {
		p := benchPayment(n, rand.New(rand.NewPCG(1, 1)), 1)
		p.PayerID, p.Amount = "budi", 1
		fs = append(fs, func(tx pay.Tx) error {
			if err := tx.Guard("payer budi"); err != nil {
				return err
			}
			paid, err := tx.PaidByPayerSince("budi", someDay)
			if err != nil || paid+p.Amount > limit {
				return errors.Join(errNo, err)
			}
			return tx.InsertPayment(p, someDay)
		})
	}
	kept := 0
	for _, err := range commitTogether(s, fs...) {
		if err == nil {
			kept++
		}
	}
	mustView(t, s, func(r pay.Reader) error {
		paid, err := r.PaidByPayerSince("budi", someDay)
		if paid != limit || kept != limit {
			t.Errorf("%d were paid and %d acknowledged, the limit is %d", paid, kept, limit)
		}
		return err
	})
}

// TestReadOfRowsThatWait: a member reads what it and its neighbours have added,
// and one that fails after that goes alone.
func TestReadOfRowsThatWait(t *testing.T) {
	s := openShared(t)
	fail := func(tx pay.Tx) error {
		w := newWhole(1)
		if err := w.insert(tx); err != nil {
			return err
		}
		w.check(t, tx)
		return errNo
	}
	errs := commitTogether(s, newWhole(0).insert, fail, newWhole(2).insert)
	if errs[0] != nil || errs[1] != errNo || errs[2] != nil {
		t.Errorf("answered %v", errs)
	}
	mustView(t, s, func(r pay.Reader) error {
		newWhole(0).check(t, r)
		newWhole(2).check(t, r)
		c, err := r.Counts()
		if want := (pay.Counts{Codes: 2, Payments: 2, Transfers: 2, Postings: 4}); c != want {
			t.Errorf("%+v are kept, want %+v", c, want)
		}
		return err
	})
}
