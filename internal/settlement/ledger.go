package settlement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
)

// View runs a function on one consistent snapshot of the books, as
// pay.Core.Inspect does.
type View func(ctx context.Context, f func(pay.Reader) error) error

// errEnough ends a visit whose caller wants no more.
var errEnough = errors.New("settlement: enough")

// Ledger gives the payments and refunds of a scope as they are booked, ordered
// by second and then by their own reference (payment_reference_no or
// refund_no). It holds the snapshot until the sequence ends.
//
// Of the payments only the partner's reference is kept in memory, because a
// payment names its code alone; the refunds of the day are kept whole.
func Ledger(ctx context.Context, view View, s Scope) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		err := view(ctx, func(r pay.Reader) error { return s.visit(r, yield) })
		if err != nil && !errors.Is(err, errEnough) {
			yield(Line{}, err)
		}
	}
}

func (s Scope) visit(r pay.Reader, yield func(Line, error) bool) error {
	refunds, err := s.refunds(r)
	if err != nil {
		return err
	}
	refs, err := s.partnerRefs(r)
	if err != nil {
		return err
	}
	m := merger{refunds: refunds, yield: yield}
	err = s.payments(r, func(p pay.Payment) error {
		l := payment(p)
		l.PartnerRef, refs = refs[0], refs[1:] // the same snapshot, so the same order
		return m.add(l)
	})
	if err != nil {
		return err
	}
	return m.flush(len(m.refunds))
}

// payments visits the payments of the scope.
func (s Scope) payments(r pay.Reader, visit func(pay.Payment) error) error {
	return r.PaymentsOn(s.PartnerID, s.Day, func(p pay.Payment) error {
		if !p.OnUs() || s.MerchantID != "" && s.MerchantID != p.MerchantID {
			return nil
		}
		return visit(p)
	})
}

// partnerRefs gives the partner's reference of each payment of the scope. The
// codes are read after the visit: a reader does one thing at a time.
func (s Scope) partnerRefs(r pay.Reader) ([]string, error) {
	var refs []string
	err := s.payments(r, func(p pay.Payment) error {
		refs = append(refs, p.CodeRef)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, ref := range refs {
		code, err := r.Code(ref)
		if err != nil {
			return nil, fmt.Errorf("settlement: code %s of a payment: %w", ref, err)
		}
		refs[i] = code.PartnerRef
	}
	return refs, nil
}

func payment(p pay.Payment) Line {
	return Line{
		Type: Payment, At: second(p.At), PartnerID: p.AcquirerID, MerchantID: p.MerchantID,
		Ref: p.CodeRef, PaymentRef: p.Ref, RRN: p.RRN, Payer: p.PartnerID,
		Sums: Sums{Gross: p.Amount, MDR: p.MDR, Net: p.Amount - p.MDR},
	}
}

// refunds gives the refunds of the scope in the order of the file.
func (s Scope) refunds(r pay.Reader) ([]Line, error) {
	var lines []Line
	err := r.RefundsOn(s.PartnerID, s.Day, func(f pay.Refund) error {
		if f.MerchantID != "" && (s.MerchantID == "" || s.MerchantID == f.MerchantID) {
			lines = append(lines, refund(f))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range lines {
		l := &lines[i]
		p, err := r.Payment(l.PaymentRef)
		if err != nil {
			return nil, fmt.Errorf("settlement: payment %s of a refund: %w", l.PaymentRef, err)
		}
		code, err := r.Code(l.Ref)
		if err != nil {
			return nil, fmt.Errorf("settlement: code %s of a refund: %w", l.Ref, err)
		}
		l.RRN, l.Payer, l.PartnerRef = p.RRN, p.PartnerID, code.PartnerRef
	}
	slices.SortFunc(lines, order)
	return lines, nil
}

func refund(f pay.Refund) Line {
	return Line{
		Type: Refund, At: second(f.At), PartnerID: f.AcquirerID, MerchantID: f.MerchantID,
		Ref: f.CodeRef, PaymentRef: f.PaymentRef, RefundRef: f.Ref, PartnerRefundRef: f.PartnerRef,
		Sums: Sums{MDR: -f.MDR, Refund: f.Amount, Net: f.MDR - f.Amount},
	}
}

// order is the order of a file, by what it tells: anyone can check it.
func order(a, b Line) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.key(), b.key()))
}

// merger brings payments, which come by time, and refunds into the order of
// the file. It holds the payments of one second.
type merger struct {
	refunds []Line // still to come
	second  []Line
	yield   func(Line, error) bool
}

func (m *merger) add(l Line) error {
	if len(m.second) > 0 && !m.second[0].At.Equal(l.At) {
		due := 0
		for due < len(m.refunds) && m.refunds[due].At.Before(l.At) {
			due++
		}
		if err := m.flush(due); err != nil {
			return err
		}
	}
	m.second = append(m.second, l)
	return nil
}

// flush gives the payments held and the next refunds.
func (m *merger) flush(refunds int) error {
	m.second = append(m.second, m.refunds[:refunds]...)
	m.refunds = m.refunds[refunds:]
	slices.SortFunc(m.second, order)
	for _, l := range m.second {
		if !m.yield(l, nil) {
			return errEnough
		}
	}
	m.second = m.second[:0]
	return nil
}
