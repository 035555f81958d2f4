package aspi

import (
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Refund is qr-mpm-refund (78): a payment is given back in parts or as a
// whole, once for each partnerRefundNo.
func Refund(paths ...string) dialect.Operation {
	do, replay := Refunding(Returned)
	return dialect.Operation{
		Name: "refund", Service: snap.ServiceRefund, Paths: paths,
		Auth: dialect.AuthSymmetric, Headers: SymmetricHeaders,
		Body:       RefundRows,
		Reply:      RefundReplyRows,
		Success:    processed,
		Identifier: dialect.RefundRef,
		Reference:  &OneRefund,
		Trigger:    OriginalPartnerRef.Name,
		Codes:      Codes(snap.ServiceRefund, CommonLines, OriginalLines, RefundLines, TriggerLines),
		Do:         do,
		Replay:     replay,
	}
}

// OneRefund makes a refund idempotent on partnerRefundNo: the same request is
// answered the same, another one is inconsistent.
var OneRefund = dialect.Rule{
	Remember: true,
	Same:     dialect.Repeat{Replay: true}, Other: dialect.Repeat{Kind: pay.Inconsistent},
}

// RefundRows are the fields of a refund.
var RefundRows = Rows(
	PlaceRows,
	dialect.AmendRows(OriginalRows,
		field.Row{Name: OriginalPartnerRef.Name, Need: field.Mandatory, Min: 1, Max: 64, About: OriginalPartnerRef.About}),
	[]field.Row{{Name: "partnerRefundNo", Need: field.Mandatory, Min: 1, Max: 64, About: "the partner's reference of the refund; the same when retrying"}},
	Money("refundAmount", field.Optional, "what to give back; all that is left when absent"),
	[]field.Row{{Name: "reason", Max: 256, About: "why"}},
	additionalInfo)

// RefundReplyRows are the fields of its answer.
var RefundReplyRows = Rows(StatusRows, OriginalRows,
	[]field.Row{
		{Name: "refundNo", Need: field.Mandatory, Min: 1, Max: 64, About: "the provider's reference of the refund"},
		{Name: "partnerRefundNo", Max: 64, About: "the partner's"},
	},
	Money("refundAmount", field.Optional, "what was given back"),
	[]field.Row{{Name: "refundTime", Need: field.Mandatory, Max: 25, Format: field.Timestamp, About: "when"}},
	additionalInfo)

// RefundLines are the refusals of a refund alone.
var RefundLines = []Line{
	{snap.CaseNotAllowed, "", dialect.ByRefundLate},
	{snap.CaseTransactionNotPermitted, "Transaction Not Permitted. {reason}", dialect.ByRefundPartial},
	{snap.CaseInvalidTransactionStatus, "", dialect.ByNotPaid},
	{snap.CaseInvalidTransactionStatus, "", dialect.ByRefunded},
	{snap.CaseExceedsAmountLimit, "", dialect.ByOverRefund},
	{snap.CaseInconsistentRequest, "", dialect.ByRefundInconsistent},
	{snap.CaseConflict, "", dialect.ByExternalID},
}

// RefundReply answers service 78.
type RefundReply struct {
	dialect.Status
	OriginalReply
	RefundNo        string      `json:"refundNo"`
	PartnerRefundNo string      `json:"partnerRefundNo"`
	RefundAmount    snap.Amount `json:"refundAmount"`
	RefundTime      string      `json:"refundTime"`
	AdditionalInfo  struct{}    `json:"additionalInfo"`
}

// Refunding makes the verb of a refund, and its replay, from the shape of its
// answer.
func Refunding(shape func(*dialect.Call, pay.Transaction, pay.Refund) any) (do func(context.Context, *dialect.Call) (any, error), replay func(context.Context, *dialect.Call, string) (any, error)) {
	do = func(ctx context.Context, c *dialect.Call) (any, error) {
		amount, err := refundAmount(c)
		if err != nil {
			return nil, err
		}
		t, err := Find(ctx, c)
		if err != nil {
			return nil, unlessRepeated(ctx, c, err)
		}
		refund, err := c.Core.Refund(ctx, pay.RefundRequest{
			Partner: c.Partner, Original: named(t), PartnerRef: c.Text("partnerRefundNo"),
			Amount: amount, Reason: c.Text("reason"), Marks: c.Marks,
		})
		if err != nil {
			return nil, err
		}
		return shape(c, t, refund), nil
	}
	replay = func(ctx context.Context, c *dialect.Call, ref string) (any, error) {
		refund, err := c.Core.RefundByRef(ctx, ref)
		if err != nil {
			return nil, err
		}
		t, err := refunded(ctx, c, refund)
		if err != nil {
			return nil, err
		}
		return shape(c, t, refund), nil
	}
	return do, replay
}

func refundAmount(c *dialect.Call) (pay.Rupiah, error) {
	amount, err := c.Money("refundAmount")
	if err == nil && amount == 0 && c.Body.Get("refundAmount").Present() {
		return 0, pay.RefuseField(pay.InvalidFormat, "refundAmount.value", "it must be more than zero")
	}
	return amount, err
}

// unlessRepeated refuses, unless an identifier of the request was used before:
// that is decided before the original is looked up.
func unlessRepeated(ctx context.Context, c *dialect.Call, refusal error) error {
	for _, m := range c.Marks {
		repeated, err := c.Core.Recall(ctx, m)
		if err != nil {
			return err
		}
		if repeated != nil {
			return repeated
		}
	}
	return refusal
}

// refunded is the transaction of a refund, by the references of its request if
// they are at hand, for a partner may know it as a code or as a payment.
func refunded(ctx context.Context, c *dialect.Call, refund pay.Refund) (pay.Transaction, error) {
	if c.Body.Present() {
		return Find(ctx, c)
	}
	t, err := c.Core.Query(ctx, c.Partner, pay.Original{Ref: refund.CodeRef})
	if pay.KindOf(err) == pay.CodeUnknown {
		return c.Core.Query(ctx, c.Partner, pay.Original{Ref: refund.PaymentRef})
	}
	return t, err
}

// Returned is the standard's shape of a refund.
func Returned(c *dialect.Call, t pay.Transaction, refund pay.Refund) any {
	return RefundReply{
		Status: c.Success(), OriginalReply: Originals(c, t),
		RefundNo: refund.Ref, PartnerRefundNo: refund.PartnerRef,
		RefundAmount: snap.IDR(int64(refund.Amount)), RefundTime: snap.FormatTimestamp(refund.At),
	}
}
