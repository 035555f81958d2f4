package aspi

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Status is qr-mpm-status (53), the transaction status inquiry: a query that
// also says how the original request was answered.
func Status(paths ...string) dialect.Operation {
	op := Query(paths...)
	op.Name, op.Service = "status", snap.ServiceStatus
	op.Body = StatusBodyRows
	op.Reply = StatusReplyRows
	op.Codes = Codes(snap.ServiceStatus, CommonLines, OriginalLines, TriggerLines)
	op.Do = Querying(Stated)
	return op
}

// StatusBodyRows are the fields of a status inquiry.
var StatusBodyRows = Rows(OriginalRows,
	[]field.Row{
		{
			Name: "serviceCode", Need: field.Mandatory, Min: 1, Max: 2,
			Enum:  []string{string(snap.ServiceGenerate), string(snap.ServiceApplyOTT), string(snap.ServicePayment)},
			About: "the service of the original: 47 for a code, 50 for an issuer's payment, 49 for either",
		},
		{Name: "transactionDate", Max: 25, Format: field.Timestamp, Soft: true, About: "when the transaction began; not compared"},
		{Name: "merchantId", Max: 64, About: "the query's, not in the table; it must be the transaction's"},
	},
	Money("amount", field.Optional, "what it was about; not compared"),
	additionalInfo)

// StatusReplyRows are the fields of its answer.
var StatusReplyRows = Rows(StatusRows, OriginalRows,
	standingRows,
	[]field.Row{
		{Name: "originalResponseCode", Max: 7, Format: field.Digits, About: "the answer to the original request"},
		{Name: "originalResponseMessage", Max: 150, About: "its message"},
		{Name: "sessionId", Max: 25, About: "never given"},
		{Name: "requestId", Max: 25, About: "never given"},
		{Name: "transactionDate", Max: 25, Format: field.Timestamp, About: "when the transaction began"},
	},
	Money("amount", field.Optional, "what was paid, or is asked for until then"),
	additionalInfo, RefundHistoryRows)

// StatusReply answers service 53.
type StatusReply struct {
	dialect.Status
	OriginalReply
	Standing
	OriginalResponseCode    string       `json:"originalResponseCode"`
	OriginalResponseMessage string       `json:"originalResponseMessage"`
	TransactionDate         string       `json:"transactionDate"`
	Amount                  *snap.Amount `json:"amount,omitempty"` // nil for a static code that was not paid
	AdditionalInfo          Refunds      `json:"additionalInfo"`
}

// Stated is the standard's shape of a transaction in a status inquiry. All
// that is kept of a transaction began with a success.
func Stated(c *dialect.Call, t pay.Transaction) any {
	return StatusReply{
		Status: c.Success(), OriginalReply: Originals(c, t), Standing: Stands(c, t),
		OriginalResponseCode:    snap.CaseSuccessful.Code(ServiceCode(t)),
		OriginalResponseMessage: Processed,
		TransactionDate:         TransactionDate(t), Amount: Sum(t.Amount()),
		AdditionalInfo: Refunds{RefundHistory(t)},
	}
}
