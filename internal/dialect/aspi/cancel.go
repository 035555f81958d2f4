package aspi

import (
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Cancel is qr-mpm-cancel (77): an unpaid code is taken out of use.
func Cancel(paths ...string) dialect.Operation {
	do, replay := Cancelling(Cancelled)
	return dialect.Operation{
		Name: "cancel", Service: snap.ServiceCancel, Paths: paths,
		Auth: dialect.AuthSymmetric, Headers: SymmetricHeaders,
		Body:    CancelRows,
		Reply:   CancelReplyRows,
		Success: processed,
		Trigger: OriginalPartnerRef.Name,
		Codes:   Codes(snap.ServiceCancel, CommonLines, OriginalLines, CancelLines, TriggerLines),
		Do:      do,
		Replay:  replay,
	}
}

// CancelRows are the fields of a cancellation.
var CancelRows = Rows(
	dialect.AmendRows(Rows(OriginalRows, PlaceRows),
		field.Row{Name: "merchantId", Need: field.Mandatory, Min: 1, Max: 64, About: "the merchant; it must be the transaction's"}),
	[]field.Row{{Name: "reason", Need: field.Mandatory, Min: 1, Max: 256, About: "why"}},
	Money("amount", field.Optional, "what the code asks for; it must be the same"),
	additionalInfo)

// CancelReplyRows are the fields of its answer.
var CancelReplyRows = Rows(StatusRows, OriginalRows,
	[]field.Row{
		{Name: "cancelTime", Need: field.Conditional, Max: 25, Format: field.Timestamp, About: "when it was cancelled"},
		{Name: "transactionDate", Max: 25, Format: field.Timestamp, About: "when the code was generated"},
	}, additionalInfo)

// CancelLines are the refusals of a cancellation alone.
var CancelLines = []Line{
	{snap.CaseTransactionExpired, "", dialect.ByExpiredCancel},
	{snap.CaseInvalidTransactionStatus, "", dialect.ByPaidCancel},
	{snap.CaseInvalidAmount, "", dialect.ByWrongAmount},
	{snap.CaseConflict, "", dialect.ByExternalID},
}

// CancelReply answers service 77.
type CancelReply struct {
	dialect.Status
	OriginalReply
	CancelTime      string   `json:"cancelTime"`
	TransactionDate string   `json:"transactionDate"`
	AdditionalInfo  struct{} `json:"additionalInfo"`
}

// Cancelling makes the verb of a cancellation, and its replay, from the shape
// of its answer. A code that is cancelled already is answered the same again.
func Cancelling(shape func(*dialect.Call, pay.Transaction) any) (do func(context.Context, *dialect.Call) (any, error), replay func(context.Context, *dialect.Call, string) (any, error)) {
	do = func(ctx context.Context, c *dialect.Call) (any, error) {
		amount, err := c.Money("amount")
		if err != nil {
			return nil, err
		}
		t, err := Find(ctx, c)
		if err != nil {
			return nil, err
		}
		if c.Body.Get("amount").Present() && amount != t.Amount() {
			return nil, pay.RefuseField(pay.AmountMismatch, "amount", "the transaction is of "+t.Amount().String())
		}
		if t, err = c.Core.Cancel(ctx, c.Partner, named(t), c.Marks); err != nil {
			return nil, err
		}
		return shape(c, t), nil
	}
	replay = func(ctx context.Context, c *dialect.Call, ref string) (any, error) {
		t, err := c.Core.Query(ctx, c.Partner, pay.Original{Ref: ref})
		if err != nil {
			return nil, err
		}
		return shape(c, t), nil
	}
	return do, replay
}

// named is a transaction by the one reference that every transaction has.
func named(t pay.Transaction) pay.Original { return pay.Original{Ref: t.Ref()} }

// Cancelled is the standard's shape of a cancelled transaction.
func Cancelled(c *dialect.Call, t pay.Transaction) any {
	return CancelReply{
		Status: c.Success(), OriginalReply: Originals(c, t),
		CancelTime: snap.FormatTimestamp(t.At), TransactionDate: TransactionDate(t),
	}
}
