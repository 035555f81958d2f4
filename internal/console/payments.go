package console

import (
	"cmp"
	"errors"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// paymentsBody is a page of the list of payments, or of refunds.
type paymentsBody[T any] struct {
	list[T]
	Filter   pay.PaymentFilter
	Count    int // of payments
	Partners []pay.Partner
}

func paymentFilter(v *visit) pay.PaymentFilter {
	return pay.PaymentFilter{AcquirerID: v.asked("partner"), Prefix: digitsOf(v.asked("reference"))}
}

func (c *Console) listPayments(v *visit) (any, error) {
	b := paymentsBody[pay.Payment]{Filter: paymentFilter(v)}
	rows, err := read(v, func(r pay.Reader) (rows []pay.Payment, err error) {
		if b.Partners, err = choices(r); err != nil {
			return nil, err
		}
		if b.Count, err = r.CountPayments(b.Filter, counted+1); err != nil {
			return nil, err
		}
		return r.PaymentPage(b.Filter, v.from(), pageRows+1)
	})
	b.list = listOf(v, rows, func(p pay.Payment) string { return p.Ref })
	return b, err
}

func (c *Console) listRefunds(v *visit) (any, error) {
	b := paymentsBody[pay.Refund]{Filter: paymentFilter(v)}
	rows, err := read(v, func(r pay.Reader) (rows []pay.Refund, err error) {
		if b.Partners, err = choices(r); err != nil {
			return nil, err
		}
		return r.RefundPage(b.Filter, v.from(), pageRows+1)
	})
	b.list = listOf(v, rows, func(r pay.Refund) string { return r.Ref })
	return b, err
}

// paymentBody is one payment, what was given back of it, and what it moved.
type paymentBody struct {
	Payment    pay.Payment
	Refunds    []pay.Refund
	Transfers  []ledger.Transfer // with their postings
	Refundable bool
	Wallet     ledger.Account
}

// Subject is what the page is about.
func (b paymentBody) Subject() string { return b.Payment.Ref }

// Left is what could still be given back.
func (b paymentBody) Left() pay.Rupiah { return b.Payment.Amount - b.Payment.Refunded }

func (c *Console) showPayment(v *visit) (any, error) {
	return read(v, func(r pay.Reader) (b paymentBody, err error) {
		if b.Payment, err = r.Payment(v.PathValue("ref")); err != nil {
			return b, err
		}
		p := &b.Payment
		b.Wallet = ledger.Wallet(p.PayerID)
		if b.Refunds, err = r.RefundsOf(p.Ref); err != nil {
			return b, err
		}
		if b.Transfers, err = moved(r, p.Ref); err != nil {
			return b, err
		}
		b.Refundable, err = refundable(r, p)
		return b, err
	})
}

// refundable reports whether the refund's verb can find a payment: of a code
// it takes the newest.
func refundable(r pay.Reader, p *pay.Payment) (bool, error) {
	if p.Refunded == p.Amount || cmp.Or(p.AcquirerID, p.PartnerID) == "" {
		return false, nil
	}
	if p.CodeRef == "" {
		return true, nil
	}
	latest, err := r.LatestPayment(p.CodeRef)
	if errors.Is(err, pay.ErrNotFound) {
		return false, nil
	}
	return latest.Ref == p.Ref, err
}

// moved are the transfers that something caused, with their postings.
func moved(r pay.Reader, ref string) ([]ledger.Transfer, error) {
	heads, err := r.TransfersOf(ref, shown)
	if err != nil {
		return nil, err
	}
	for i := range heads {
		if heads[i], err = r.Transfer(heads[i].ID); err != nil {
			return nil, err
		}
	}
	return heads, nil
}

// refundBody is one refund and what it moved.
type refundBody struct {
	Refund    pay.Refund
	Transfers []ledger.Transfer
}

// Subject is what the page is about.
func (b refundBody) Subject() string { return b.Refund.Ref }

func (c *Console) showRefund(v *visit) (any, error) {
	return read(v, func(r pay.Reader) (b refundBody, err error) {
		if b.Refund, err = r.Refund(v.PathValue("ref")); err != nil {
			return b, err
		}
		b.Transfers, err = moved(r, b.Refund.Ref)
		return b, err
	})
}
