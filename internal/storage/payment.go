package storage

import (
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var payments = table[pay.Payment]{
	name: "payment",
	columns: strings.Fields(`ref id partner_id partner_ref payer_id code_ref acquirer_id merchant_id
		nns payload amount fee mdr rrn state paid_at`),
	fields: func(p *pay.Payment) []any {
		return []any{
			&p.Ref, &p.ID, &p.PartnerID, &p.PartnerRef, &p.PayerID, &p.CodeRef, &p.AcquirerID, &p.MerchantID,
			&p.NNS, &p.Payload, (*int64)(&p.Amount), (*int64)(&p.Fee), (*int64)(&p.MDR), &p.RRN,
			(*string)(&p.State), moment{&p.At},
		}
	},
}

// A sum is cast because PostgreSQL's is numeric.
var (
	paymentByRef   = payments.find("WHERE ref = $1")
	insertPayment  = payments.insert("day")
	paidToMerchant = `SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM payment
		WHERE acquirer_id = $1 AND merchant_id = $2 AND day = $3 AND state = 'paid'`
	paidByPayer = `SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM payment
		WHERE payer_id = $1 AND day = $2 AND state = 'paid'`
)

func (r reader) Payment(ref string) (pay.Payment, error) {
	return payments.one(r.q, paymentByRef, ref)
}

func (r reader) PaidToMerchant(partnerID, merchantID, day string) (pay.Rupiah, error) {
	return scalar[pay.Rupiah](r.q, paidToMerchant, partnerID, merchantID, day)
}

func (r reader) PaidByPayer(payerID, day string) (pay.Rupiah, error) {
	return scalar[pay.Rupiah](r.q, paidByPayer, payerID, day)
}

// InsertPayment answers ErrExists when the Ref, or the partner's PartnerRef
// unless it is empty, is another payment's.
func (t tx) InsertPayment(p pay.Payment, day string) error {
	return t.insert(insertPayment, append(payments.values(&p), day))
}
