package storage

import (
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var refunds = table[pay.Refund]{
	name: "refund",
	columns: strings.Fields(`ref id partner_id partner_ref payment_ref code_ref acquirer_id merchant_id
		amount mdr reason refunded_at`),
	fields: func(r *pay.Refund) []any {
		return []any{
			&r.Ref, &r.ID, &r.PartnerID, &r.PartnerRef, &r.PaymentRef, &r.CodeRef, &r.AcquirerID, &r.MerchantID,
			(*int64)(&r.Amount), (*int64)(&r.MDR), &r.Reason, moment{&r.At},
		}
	},
}

var (
	refundByRef      = refunds.find("WHERE ref = $1")
	refundsOfPayment = refunds.find("WHERE payment_ref = $1 ORDER BY refunded_at, ref")
	refundsOn        = refunds.find("WHERE day = $1 AND $2 IN ('', acquirer_id) ORDER BY refunded_at, ref")
	insertRefund     = refunds.insert("day", "digest")
)

func (r reader) Refund(ref string) (pay.Refund, error) { return refunds.one(r.q, refundByRef, ref) }

func (r reader) RefundsOf(paymentRef string) ([]pay.Refund, error) {
	return refunds.all(r.q, refundsOfPayment, paymentRef)
}

// RefundsOn visits refunds of off-us payments too if acquirerID is empty.
func (r reader) RefundsOn(acquirerID, day string, visit func(pay.Refund) error) error {
	return refunds.visit(r.q, refundsOn, []any{day, acquirerID}, visit)
}

// InsertRefund answers ErrExists when the Ref is another refund's. Its payment
// must be there.
func (t tx) InsertRefund(r pay.Refund, day string) error {
	values := append(refunds.values(&r), day)
	return t.add(insertRefund, append(values, stamp(values)))
}
