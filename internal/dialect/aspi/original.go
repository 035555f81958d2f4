package aspi

import (
	"cmp"
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Statuses are the standard's words of latestTransactionStatus. It has none
// for an expired code: that is a failed transaction, whose description says
// why.
var Statuses = map[pay.Status]dialect.Word{
	pay.StatusPaid:      {Code: "00", Text: "Success"},
	pay.StatusInitiated: {Code: "01", Text: "Initiated"},
	pay.StatusRefunded:  {Code: "04", Text: "Refunded"},
	pay.StatusCancelled: {Code: "05", Text: "Canceled"},
	pay.StatusExpired:   {Code: "06", Text: "Expired"},
}

// The rows by which requests and answers name an earlier transaction.
var (
	OriginalRef        = field.Row{Name: "originalReferenceNo", Max: 64, About: "the provider's reference of the transaction"}
	OriginalPartnerRef = field.Row{Name: "originalPartnerReferenceNo", Max: 64, About: "the partner's reference of the transaction"}
	OriginalExternalID = field.Row{Name: "originalExternalId", Max: 32, Soft: true, About: "the X-EXTERNAL-ID of the request that made the transaction"}
)

// OriginalRows are all three.
var OriginalRows = []field.Row{OriginalRef, OriginalPartnerRef, OriginalExternalID}

// PlaceRows say where a transaction was made.
var PlaceRows = []field.Row{
	{Name: "merchantId", Max: 64, About: "the merchant; it must be the transaction's"},
	{Name: "subMerchantId", Max: 32, About: "a division of the merchant"},
	{Name: "externalStoreId", Max: 64, About: "the store"},
}

var additionalInfo = []field.Row{{Name: "additionalInfo", Kind: field.Object, About: "anything"}}

// Original reads the references of an earlier transaction. At least one must
// be given.
func Original(c *dialect.Call) (pay.Original, error) {
	o := pay.Original{
		Ref:        c.Text(OriginalRef.Name),
		PartnerRef: c.Text(OriginalPartnerRef.Name),
		ExternalID: c.Text(OriginalExternalID.Name),
	}
	if o == (pay.Original{}) {
		return o, pay.RefuseField(pay.MissingField, OriginalRef.Name, "the request names no transaction: send this or originalPartnerReferenceNo")
	}
	return o, nil
}

// Find gives the transaction that a request names, which must be of the
// merchant that it names.
func Find(ctx context.Context, c *dialect.Call) (pay.Transaction, error) {
	o, err := Original(c)
	if err != nil {
		return pay.Transaction{}, err
	}
	return FindBy(ctx, c, o)
}

// FindBy is Find for references that a provider's requests carry elsewhere.
func FindBy(ctx context.Context, c *dialect.Call, o pay.Original) (pay.Transaction, error) {
	t, err := c.Core.Query(ctx, c.Partner, o)
	if err != nil {
		return t, err
	}
	return t, ofMerchant(t, merchantID(c))
}

// merchantID is the merchant of a request, by the wire's name of the field.
func merchantID(c *dialect.Call) string {
	return c.Text(cmp.Or(c.Operation.Names["merchantId"], "merchantId"))
}

// ofMerchant refuses another merchant than the code's. What a payer here paid
// elsewhere has no merchant that is known here.
func ofMerchant(t pay.Transaction, merchantID string) error {
	if merchantID == "" || t.Code == nil || t.Code.MerchantID == merchantID {
		return nil
	}
	return pay.RefuseField(pay.MerchantUnknown, "merchantId", "the transaction is another merchant's")
}

// OriginalReply repeats the references of the transaction; its external id
// only to who gave it.
type OriginalReply struct {
	OriginalReferenceNo        string `json:"originalReferenceNo"`
	OriginalPartnerReferenceNo string `json:"originalPartnerReferenceNo"`
	OriginalExternalID         string `json:"originalExternalId,omitempty"`
}

// Originals fills an OriginalReply.
func Originals(c *dialect.Call, t pay.Transaction) OriginalReply {
	return OriginalReply{
		OriginalReferenceNo: t.Ref(), OriginalPartnerReferenceNo: t.PartnerRef(),
		OriginalExternalID: c.Text(OriginalExternalID.Name),
	}
}

// ServiceCode is the service that made a transaction: a payment by its issuer,
// or else the generation of a code.
func ServiceCode(t pay.Transaction) snap.Service {
	if t.Code == nil {
		return snap.ServicePayment
	}
	return snap.ServiceGenerate
}

// Fee is what a transaction costs its payer on top.
func Fee(t pay.Transaction) pay.Rupiah {
	if t.Code != nil {
		return t.Code.Fee
	}
	return t.Payment.Fee
}

// Sum is an amount on the wire, and nil where there is none: a static code
// that was not paid yet.
func Sum(amount pay.Rupiah) *snap.Amount {
	if amount == 0 {
		return nil
	}
	sum := snap.IDR(int64(amount))
	return &sum
}

// PaidTime is when a transaction was paid, empty until then.
func PaidTime(t pay.Transaction) string {
	if t.Payment == nil {
		return ""
	}
	return snap.FormatTimestamp(t.Payment.At)
}

// TransactionDate is when a transaction began.
func TransactionDate(t pay.Transaction) string {
	if t.Code != nil {
		return snap.FormatTimestamp(t.Code.CreatedAt)
	}
	return snap.FormatTimestamp(t.Payment.At)
}

// RefundEntry is one line of a refund history.
type RefundEntry struct {
	RefundNo        string      `json:"refundNo"`
	PartnerRefundNo string      `json:"partnerRefundNo"`
	RefundAmount    snap.Amount `json:"refundAmount"`
	RefundTime      string      `json:"refundTime"`
}

// RefundHistory lists the refunds of a transaction, oldest first; nil when
// there are none.
func RefundHistory(t pay.Transaction) []RefundEntry {
	var history []RefundEntry
	for _, r := range t.Refunds {
		history = append(history, RefundEntry{
			RefundNo: r.Ref, PartnerRefundNo: r.PartnerRef,
			RefundAmount: snap.IDR(int64(r.Amount)), RefundTime: snap.FormatTimestamp(r.At),
		})
	}
	return history
}
