package storage

import (
	"fmt"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var payments = table[pay.Payment]{
	name: "payment",
	columns: strings.Fields(`ref id partner_id partner_ref payer_id code_ref acquirer_id merchant_id
		nns payload amount fee mdr refunded rrn state paid_at`),
	fields: func(p *pay.Payment) []any {
		return []any{
			&p.Ref, &p.ID, &p.PartnerID, &p.PartnerRef, &p.PayerID, &p.CodeRef, &p.AcquirerID, &p.MerchantID,
			&p.NNS, &p.Payload, (*int64)(&p.Amount), (*int64)(&p.Fee), (*int64)(&p.MDR),
			(*int64)(&p.Refunded), &p.RRN, (*string)(&p.State), moment{&p.At},
		}
	},
}

// A sum is cast because PostgreSQL's is numeric.
var (
	paymentByRef  = payments.find("WHERE ref = $1")
	latestPayment = payments.find(`WHERE code_ref = $1 AND code_ref <> ''
		ORDER BY paid_at DESC, ref DESC LIMIT 1`)
	paymentsOn     = payments.find("WHERE day = $1 AND $2 IN ('', acquirer_id) ORDER BY paid_at, ref")
	insertPayment  = payments.insert("day", "digest")
	paidToMerchant = `SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM payment
		WHERE acquirer_id = $1 AND merchant_id = $2 AND day = $3 AND state = 'paid'`
	paidByPayerSince = `SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM payment
		WHERE payer_id = $1 AND day >= $2 AND state = 'paid'`
	// The condition is what keeps refunds within what was paid, and lets each
	// rest on the one before.
	addRefunded = "UPDATE payment SET refunded = refunded + $1 WHERE ref = $2 AND refunded = $3 AND refunded <= amount - $1"
)

func (r reader) Payment(ref string) (pay.Payment, error) {
	return payments.one(r.q, paymentByRef, ref)
}

func (r reader) PaidToMerchant(partnerID, merchantID, day string) (pay.Rupiah, error) {
	return scalar[pay.Rupiah](r.q, paidToMerchant, partnerID, merchantID, day)
}

func (r reader) PaidByPayerSince(payerID, day string) (pay.Rupiah, error) {
	return scalar[pay.Rupiah](r.q, paidByPayerSince, payerID, day)
}

// LatestPayment of no code is ErrNotFound: payments that are off-us have none
// in common.
func (r reader) LatestPayment(codeRef string) (pay.Payment, error) {
	return payments.one(r.q, latestPayment, codeRef)
}

// PaymentsOn visits off-us payments too if acquirerID is empty.
func (r reader) PaymentsOn(acquirerID, day string, visit func(pay.Payment) error) error {
	return payments.visit(r.q, paymentsOn, []any{day, acquirerID}, visit)
}

// InsertPayment answers ErrExists when the Ref is another payment's.
func (t tx) InsertPayment(p pay.Payment, day string) error {
	values := append(payments.values(&p), day)
	return t.add(insertPayment, append(values, paymentDigest(values)))
}

// AddRefunded answers ErrNotFound when there is no such payment, too.
func (t tx) AddRefunded(paymentRef string, was, amount pay.Rupiah) error {
	if amount <= 0 {
		return fmt.Errorf("storage: payment %s: a refund of %s: it must be more than nothing", paymentRef, amount)
	}
	return t.update(addRefunded, int64(amount), paymentRef, int64(was))
}
