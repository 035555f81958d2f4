package settlement_test

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
)

func booked(ref, merchant string, at time.Time) pay.Payment {
	return pay.Payment{
		Ref: ref, PartnerID: "bank", PartnerRef: "the payer's", CodeRef: "c" + ref, AcquirerID: "P", MerchantID: merchant,
		Amount: pay.Rp(100), MDR: pay.Rp(1), RRN: "rrn " + ref, At: at.UTC(),
	}
}

func givenBack(ref, payment, merchant string, at time.Time) pay.Refund {
	return pay.Refund{
		Ref: ref, PartnerID: "P", PartnerRef: "return " + ref, PaymentRef: payment, CodeRef: "c" + payment,
		AcquirerID: "P", MerchantID: merchant, Amount: pay.Rp(40), MDR: pay.Rp(1), At: at.UTC(),
	}
}

func TestLedgerLines(t *testing.T) {
	s := &shelf{
		payments: []pay.Payment{booked("1", "M", noon.Add(-24*time.Hour)), booked("2", "M", noon.Add(999*time.Millisecond))},
		refunds:  []pay.Refund{givenBack("3", "1", "M", noon)},
	}
	got := collect(t, settlement.Ledger(t.Context(), s.view, settlement.Scope{Day: day, PartnerID: "P"}))
	want := []settlement.Line{
		{
			Type: settlement.Payment, At: noon, PartnerID: "P", MerchantID: "M", Ref: "c2", PaymentRef: "2", PartnerRef: "order c2",
			RRN: "rrn 2", Payer: "bank", Sums: settlement.Sums{Gross: pay.Rp(100), MDR: pay.Rp(1), Net: pay.Rp(99)},
		},
		{
			Type: settlement.Refund, At: noon, PartnerID: "P", MerchantID: "M", Ref: "c1", PaymentRef: "1", PartnerRef: "order c1",
			RefundRef: "3", PartnerRefundRef: "return 3", RRN: "rrn 1", Payer: "bank",
			Sums: settlement.Sums{MDR: pay.Rp(-1), Refund: pay.Rp(40), Net: pay.Rp(-39)},
		},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

// TestLedgerOrder: any payments and refunds come whole, each once, by second
// and reference; those of others, of other days and off-us ones do not.
func TestLedgerOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moments := rapid.Map(rapid.IntRange(0, 8000), func(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) })
		merchants := rapid.SampledFrom([]string{"M", "N", ""})
		var s shelf
		whole := settlement.Scope{Day: day, PartnerID: "P"}
		want := map[string]int{"M": 0, "N": 0}
		for i := range rapid.IntRange(0, 40).Draw(t, "payments") {
			p := booked(strconv.Itoa(1000-i), merchants.Draw(t, "merchant"), moments.Draw(t, "paid"))
			s.payments = append(s.payments, p)
			want[p.MerchantID]++
			if rapid.Bool().Draw(t, "refund") {
				s.refunds = append(s.refunds, givenBack(strconv.Itoa(3000-i), p.Ref, p.MerchantID, moments.Draw(t, "refunded")))
				want[p.MerchantID]++
			}
		}
		slices.SortFunc(s.payments, func(a, b pay.Payment) int { return a.At.Compare(b.At) })
		slices.SortFunc(s.refunds, func(a, b pay.Refund) int { return a.At.Compare(b.At) })
		s.payments = append(s.payments, booked("x", "M", noon.Add(12*time.Hour)))
		for merchant, count := range map[string]int{"": want["M"] + want["N"], "M": want["M"], "N": want["N"], "O": 0} {
			whole.MerchantID = merchant
			got := collect(t, settlement.Ledger(t.Context(), s.view, whole))
			if len(got) != count {
				t.Fatalf("%d lines of %q, want %d", len(got), merchant, count)
			}
			for i, l := range got {
				if l.MerchantID == "" || merchant != "" && l.MerchantID != merchant {
					t.Fatalf("a line of %q is among those of %q", l.MerchantID, merchant)
				}
				if want := "order " + l.Ref; l.PartnerRef != want || l.RRN != "rrn "+l.PaymentRef {
					t.Fatalf("line %+v has the references of another", l)
				}
				if i > 0 && cmp.Or(got[i-1].At.Compare(l.At), cmp.Compare(reference(got[i-1]), reference(l))) >= 0 {
					t.Fatalf("%+v comes before %+v", got[i-1], l)
				}
			}
		}
	})
}

// TestLedgerStops: who wants no more ends the visit, at any line.
func TestLedgerStops(t *testing.T) {
	s := &shelf{
		payments: []pay.Payment{booked("1", "M", noon), booked("2", "M", noon.Add(time.Second))},
		refunds:  []pay.Refund{givenBack("3", "1", "M", noon.Add(time.Minute))},
	}
	for stop := range 4 {
		n := 0
		for _, err := range settlement.Ledger(t.Context(), s.view, settlement.Scope{Day: day, PartnerID: "P"}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > stop {
				break
			}
		}
		if want := min(stop+1, 3); n != want {
			t.Errorf("%d lines, want %d", n, want)
		}
	}
}

func TestLedgerFailures(t *testing.T) {
	orphan := booked("1", "M", noon)
	orphan.CodeRef = "none"
	lost := givenBack("3", "1", "M", noon)
	lost.CodeRef = "none"
	for want, s := range map[string]*shelf{
		"code none of a payment": {payments: []pay.Payment{orphan}},
		"payment 1 of a refund":  {refunds: []pay.Refund{lost}},
		"code none of a refund":  {payments: []pay.Payment{booked("1", "M", noon)}, refunds: []pay.Refund{lost}},
		io.ErrNoProgress.Error(): {payments: []pay.Payment{booked("1", "M", noon)}, fault: io.ErrNoProgress},
	} {
		err := settlement.Write(io.Discard, settlement.Ledger(t.Context(), s.view, settlement.Scope{Day: day, PartnerID: "P"}))
		mustFail(t, err, want)
		if s.fault == nil && !errors.Is(err, pay.ErrNotFound) {
			t.Errorf("%v is not ErrNotFound", err)
		}
		if strings.Contains(err.Error(), errBusy.Error()) {
			t.Error(err)
		}
	}
}
