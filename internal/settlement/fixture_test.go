package settlement_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
	"github.com/qrisd/qrisd/snap"
)

const day = "2026-01-31"

// noon is the moment at which the tests happen.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, snap.Jakarta)

func all(lines []settlement.Line) iter.Seq2[settlement.Line, error] {
	return func(yield func(settlement.Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func collect(t interface{ Fatal(...any) }, lines iter.Seq2[settlement.Line, error]) []settlement.Line {
	var got []settlement.Line
	for l, err := range lines {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	return got
}

func written(t interface{ Fatal(...any) }, lines []settlement.Line) string {
	var b bytes.Buffer
	if err := settlement.Write(&b, all(lines)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// paid and refunded are lines as the ledger gives them.
func paid(ref string, gross, mdr int64) settlement.Line {
	return settlement.Line{
		Type: settlement.Payment, At: noon, PartnerID: "P", MerchantID: "M", Ref: "code of " + ref, PaymentRef: ref,
		PartnerRef: "order " + ref, RRN: "603112000001", Payer: "bank",
		Sums: settlement.Sums{Gross: pay.Rp(gross), MDR: pay.Rp(mdr), Net: pay.Rp(gross - mdr)},
	}
}

func refunded(ref, payment string, amount, mdr int64) settlement.Line {
	l := paid(payment, 0, 0)
	l.Type, l.RefundRef, l.PartnerRefundRef = settlement.Refund, ref, "return "+ref
	l.Sums = settlement.Sums{MDR: pay.Rp(-mdr), Refund: pay.Rp(amount), Net: pay.Rp(mdr - amount)}
	return l
}

// What rapid draws.

var texts = rapid.Custom(func(t *rapid.T) string {
	s := rapid.StringOf(rapid.Rune()).Draw(t, "text")
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\r", "?") // CSV does not tell CR LF from LF
})

// days are the lines of a day: each reference once, any texts, any amounts.
var days = rapid.Custom(func(t *rapid.T) []settlement.Line {
	refs := rapid.SliceOfNDistinct(rapid.StringMatching(`[0-9]{1,22}`), 0, 30, rapid.ID[string]).Draw(t, "refs")
	lines := make([]settlement.Line, len(refs))
	for i, ref := range refs {
		gross := pay.Rupiah(rapid.Int64Range(0, 1e15).Draw(t, "gross"))
		mdr := pay.Rupiah(rapid.Int64Range(0, int64(gross)).Draw(t, "mdr"))
		l := settlement.Line{
			Type: settlement.Payment, At: noon.Add(time.Duration(rapid.IntRange(0, 40000).Draw(t, "second")) * time.Second),
			PartnerID: texts.Draw(t, "partner"), MerchantID: texts.Draw(t, "merchant"), Ref: texts.Draw(t, "code"), PaymentRef: ref,
			PartnerRef: texts.Draw(t, "order"), RRN: texts.Draw(t, "rrn"), Payer: texts.Draw(t, "payer"),
			Sums: settlement.Sums{Gross: gross, MDR: mdr, Net: gross - mdr},
		}
		if rapid.Bool().Draw(t, "refund") {
			l.Type, l.RefundRef, l.PaymentRef, l.PartnerRefundRef = settlement.Refund, ref, texts.Draw(t, "payment"), texts.Draw(t, "return")
			l.Sums = settlement.Sums{MDR: -mdr, Refund: gross, Net: mdr - gross}
		}
		lines[i] = l
	}
	return lines
})

// rearranged is the file with its columns in another order and others among
// them, as a counterparty may write it.
func rearranged(t *rapid.T, file string) string {
	records, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns := make([]int, len(records[0]))
	for i := range columns {
		columns[i] = i
	}
	columns = rapid.Permutation(columns).Draw(t, "columns")
	gap := rapid.IntRange(0, len(columns)).Draw(t, "gap")
	var b strings.Builder
	w := csv.NewWriter(&b)
	for n, record := range records {
		var fields []string
		for _, i := range columns {
			fields = append(fields, record[i])
		}
		other := "theirs"
		if n > 0 {
			other = texts.Draw(t, "other")
		}
		fields = append(fields[:gap:gap], append([]string{other}, fields[gap:]...)...)
		if err := w.Write(fields); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return b.String()
}

// shelf is a Reader of what it holds. Like the stores it reads one thing at a
// time.
type shelf struct {
	pay.Reader
	payments []pay.Payment
	refunds  []pay.Refund
	busy     bool
	fault    error
}

var errBusy = errors.New("the reader was used in a visit")

func (s *shelf) view(_ context.Context, f func(pay.Reader) error) error { return f(s) }

func visit[T any](s *shelf, all []T, visit func(T) error) error {
	if s.busy {
		return errBusy
	}
	s.busy = true
	defer func() { s.busy = false }()
	for _, one := range all {
		if err := visit(one); err != nil {
			return err
		}
	}
	return s.fault
}

func (s *shelf) PaymentsOn(acquirer, on string, f func(pay.Payment) error) error {
	return visit(s, s.payments, func(p pay.Payment) error {
		if on != pay.Day(p.At) || acquirer != "" && acquirer != p.AcquirerID {
			return nil
		}
		return f(p)
	})
}

func (s *shelf) RefundsOn(acquirer, on string, f func(pay.Refund) error) error {
	return visit(s, s.refunds, func(r pay.Refund) error {
		if on != pay.Day(r.At) || acquirer != "" && acquirer != r.AcquirerID {
			return nil
		}
		return f(r)
	})
}

func (s *shelf) Payment(ref string) (pay.Payment, error) {
	if s.busy {
		return pay.Payment{}, errBusy
	}
	for _, p := range s.payments {
		if p.Ref == ref {
			return p, nil
		}
	}
	return pay.Payment{}, pay.ErrNotFound
}

func (s *shelf) Code(ref string) (pay.Code, error) {
	if s.busy {
		return pay.Code{}, errBusy
	}
	if !strings.HasPrefix(ref, "c") {
		return pay.Code{}, pay.ErrNotFound
	}
	return pay.Code{Ref: ref, PartnerRef: "order " + ref}, nil
}

func mustFail(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q does not say %q", err, part)
		}
	}
}
