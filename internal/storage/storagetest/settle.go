package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
)

// refundsNeverExceed lets many callers refund one payment in parts: it covers
// some of them, and what they gave back is what the payment says.
func refundsNeverExceed(t *testing.T, s pay.Storage) {
	const amount, covered = 7, 40
	p := somePayment("1")
	p.Amount = amount*covered + amount - 1
	insert(t, s, insertPayment(p), insertPayment(somePayment("another")))
	given := race(t, s, pay.ErrNotFound, func(tx pay.Tx, racer int) error {
		r := someRefund(fmt.Sprint(racer), p.Ref)
		r.Amount, r.At = amount, noon.Add(time.Duration(racer)*time.Second)
		if err := tx.InsertRefund(r, day); err != nil {
			return err
		}
		return addRefunded(tx, p.Ref, amount)
	})
	same(t, "refunds that were covered", len(given), covered)
	var refs []string
	for _, racer := range given {
		refs = append(refs, fmt.Sprint(racer)) // the racers' order is that of their refunds' times
	}
	var got []string
	for _, r := range view(t, s, func(r pay.Reader) ([]pay.Refund, error) { return r.RefundsOf(p.Ref) }) {
		got = append(got, r.Ref)
	}
	same(t, "refunds, oldest first", got, refs)
	endOfRefunds(t, s, p)
}

// addRefunded rests on what it has read, and reads again when that was passed.
func addRefunded(tx pay.Tx, ref string, amount pay.Rupiah) error {
	for {
		p, err := tx.Payment(ref)
		if err != nil {
			return err
		}
		err = tx.AddRefunded(ref, p.Refunded, amount)
		if err == nil || p.Refunded+amount > p.Amount {
			return err
		}
	}
}

// endOfRefunds takes what is left, and no sen more.
func endOfRefunds(t *testing.T, s pay.Storage, p pay.Payment) {
	left := p.Amount % 7
	was := p.Amount - left
	for _, c := range []struct{ was, amount pay.Rupiah }{{was, left + 1}, {was, math.MaxInt64}, {was - 1, left}, {0, 1}} {
		is(t, s.Update(context.Background(), func(tx pay.Tx) error { return tx.AddRefunded(p.Ref, c.was, c.amount) }), pay.ErrNotFound)
	}
	insert(t, s, func(tx pay.Tx) error { return tx.AddRefunded(p.Ref, was, left) })
	is(t, s.Update(context.Background(), func(tx pay.Tx) error { return tx.AddRefunded(p.Ref, p.Amount, 1) }), pay.ErrNotFound)
	p.Refunded = p.Amount
	same(t, "the payment", view(t, s, func(r pay.Reader) (pay.Payment, error) { return r.Payment(p.Ref) }), p)
	same(t, "another", view(t, s, func(r pay.Reader) (pay.Payment, error) { return r.Payment("another") }), somePayment("another"))
}

// shop is whom a day is settled with.
type shop struct{ partnerID, merchantID, day string }

// books are what openIsWhatMoved expects.
type books struct {
	open   map[shop]*pay.Settlement // what moved, settled or not
	closed map[shop]pay.Settlement
	serial int
}

func (b *books) of(at shop) *pay.Settlement {
	if b.open[at] == nil {
		b.open[at] = &pay.Settlement{PartnerID: at.partnerID, MerchantID: at.merchantID, Day: at.day}
	}
	return b.open[at]
}

// list gives a day's settlements in order.
func list(settlements []pay.Settlement) []pay.Settlement {
	slices.SortFunc(settlements, func(a, b pay.Settlement) int {
		return cmp.Or(cmp.Compare(a.PartnerID, b.PartnerID), cmp.Compare(a.MerchantID, b.MerchantID))
	})
	return settlements
}

func (b *books) unsettled(day string) []pay.Settlement {
	var open []pay.Settlement
	for at, s := range b.open {
		if _, settled := b.closed[at]; !settled && at.day == day {
			open = append(open, *s)
		}
	}
	return list(open)
}

func (b *books) settled(day string) []pay.Settlement {
	var closed []pay.Settlement
	for at, s := range b.closed {
		if at.day == day {
			closed = append(closed, s)
		}
	}
	return list(closed)
}

// days are those on which money moves; each is settled for itself.
var days = []string{"2026-01-01", day, "2026-01-03"}

// openIsWhatMoved pays, refunds and settles at random and sums what is open by
// hand.
func openIsWhatMoved(t *testing.T, s pay.Storage) {
	b := &books{open: map[shop]*pay.Settlement{}, closed: map[shop]pay.Settlement{}}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(t, "movements") {
			b.move(t, s)
		}
		b.close(t, s)
		for _, day := range days {
			same(t, "Unsettled", view(t, s, func(r pay.Reader) ([]pay.Settlement, error) { return r.Unsettled(day) }), b.unsettled(day))
			same(t, "Settlements", view(t, s, func(r pay.Reader) ([]pay.Settlement, error) { return r.Settlements(day) }), b.settled(day))
		}
	})
}

// move pays, and perhaps refunds on the same or another day.
func (b *books) move(t *rapid.T, s pay.Storage) {
	b.serial++
	p := somePayment(fmt.Sprint(b.serial))
	p.AcquirerID = rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "acquirer")
	p.MerchantID = rapid.SampledFrom([]string{"m", "n", "o"}).Draw(t, "merchant")
	p.State = rapid.SampledFrom([]pay.PaymentState{pay.PaymentPaid, pay.PaymentPaid, "failed"}).Draw(t, "state")
	p.Amount = pay.Rupiah(rapid.Int64Range(1, 1e12).Draw(t, "amount"))
	p.MDR = pay.Rupiah(rapid.Int64Range(0, int64(p.Amount)).Draw(t, "MDR"))
	at := shop{p.AcquirerID, p.MerchantID, rapid.SampledFrom(days).Draw(t, "day")}
	insert(t, s, func(tx pay.Tx) error { return tx.InsertPayment(p, at.day) })
	if p.AcquirerID != "" && p.State == pay.PaymentPaid {
		open := b.of(at)
		open.Gross, open.MDR, open.Count = open.Gross+p.Amount, open.MDR+p.MDR, open.Count+1
	}
	if !rapid.Bool().Draw(t, "refunded") {
		return
	}
	r := someRefund(p.Ref, p.Ref)
	r.AcquirerID, r.MerchantID, r.MDR = p.AcquirerID, p.MerchantID, p.MDR/2
	r.Amount = pay.Rupiah(rapid.Int64Range(1, int64(p.Amount)).Draw(t, "refund"))
	at.day = rapid.SampledFrom(days).Draw(t, "day of the refund")
	insert(t, s, func(tx pay.Tx) error { return tx.InsertRefund(r, at.day) })
	if p.AcquirerID != "" {
		open := b.of(at)
		open.Refunds, open.MDRBack, open.Count = open.Refunds+r.Amount, open.MDRBack+r.MDR, open.Count+1
	}
}

// close settles one of what is open, now and then.
func (b *books) close(t *rapid.T, s pay.Storage) {
	open := b.unsettled(rapid.SampledFrom(days).Draw(t, "day to settle"))
	i := rapid.IntRange(0, 9).Draw(t, "which")
	if i >= len(open) || len(b.closed) > 5 {
		return
	}
	closing := open[i]
	closing.ID, closing.At = fmt.Sprint("settlement ", b.serial), noon
	insert(t, s, insertSettlement(closing))
	b.closed[shop{closing.PartnerID, closing.MerchantID, closing.Day}] = closing
}

func dayClosesOnce(t *testing.T, s pay.Storage) {
	won := race(t, s, pay.ErrExists, func(tx pay.Tx, racer int) error {
		settlement := someSettlement("m")
		settlement.ID = fmt.Sprint(racer)
		return tx.InsertSettlement(settlement)
	})
	same(t, "winners", len(won), 1)
	want := map[string]pay.Settlement{"m": someSettlement("m"), "n": someSettlement("n")}
	first := want["m"]
	first.ID = fmt.Sprint(won[0])
	want["m"] = first
	tomorrow := someSettlement("m")
	tomorrow.Day = days[2]
	foreign := someSettlement("m")
	foreign.PartnerID = "q"
	insert(t, s, insertSettlement(want["n"]), insertSettlement(tomorrow), insertSettlement(foreign))
	got := view(t, s, func(r pay.Reader) ([]pay.Settlement, error) { return r.Settlements(day) })
	same(t, "settlements", got, list(append(slices.Collect(maps.Values(want)), foreign)))
	err := s.Update(context.Background(), insertSettlement(tomorrow))
	if !errors.Is(err, pay.ErrExists) {
		t.Errorf("the second close of another day: %v", err)
	}
}
