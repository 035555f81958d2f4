package aspi

import (
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Query is qr-mpm-query (51): how a transaction stands.
func Query(paths ...string) dialect.Operation {
	return dialect.Operation{
		Name: "query", Service: snap.ServiceQuery, Paths: paths, Reads: true,
		Auth: dialect.AuthSymmetric, Headers: SymmetricHeaders,
		Body:    QueryRows,
		Reply:   QueryReplyRows,
		Success: processed,
		Trigger: OriginalPartnerRef.Name,
		Codes:   Codes(snap.ServiceQuery, CommonLines, OriginalLines, TriggerLines),
		Do:      Querying(Queried),
	}
}

// QueryRows are the fields of a query.
var QueryRows = Rows(OriginalRows,
	[]field.Row{{
		Name: "serviceCode", Need: field.Mandatory, Min: 1, Max: 2,
		Enum:  []string{string(snap.ServiceGenerate), string(snap.ServicePayment)},
		About: "the service of the original: 47 for a code, 50 for an issuer's payment",
	}},
	PlaceRows, additionalInfo)

// QueryReplyRows are the fields of its answer.
var QueryReplyRows = Rows(StatusRows, OriginalRows,
	standingRows,
	[]field.Row{{Name: "paidTime", Need: field.Conditional, Max: 25, Format: field.Timestamp, About: "when it was paid"}},
	Money("amount", field.Optional, "what was paid, or is asked for until then"),
	Money("feeAmount", field.Optional, "the fee on top"),
	[]field.Row{{Name: "terminalId", Max: 16, About: "the terminal"}},
	additionalInfo, RefundHistoryRows)

var standingRows = []field.Row{
	{Name: "serviceCode", Need: field.Mandatory, Min: 2, Max: 2, Format: field.Digits, About: "the request's"},
	{Name: "latestTransactionStatus", Need: field.Mandatory, Min: 2, Max: 2, Format: field.Digits, About: "how it stands"},
	{Name: "transactionStatusDesc", Max: 50, About: "the same in words"},
}

// RefundHistoryRows list the refunds in additionalInfo, for which the standard
// has no field.
var RefundHistoryRows = Rows(
	[]field.Row{
		{Name: history, Kind: field.Array, About: "the refunds, oldest first; absent without any"},
		{Name: history + "[]", Kind: field.Object, Need: field.Mandatory, About: "one refund"},
		{Name: history + "[].refundNo", Need: field.Mandatory, Max: 64, About: "the provider's reference of the refund"},
		{Name: history + "[].partnerRefundNo", Need: field.Mandatory, Max: 64, About: "the partner's"},
	},
	Money(history+"[].refundAmount", field.Mandatory, "what was given back"),
	[]field.Row{{Name: history + "[].refundTime", Need: field.Mandatory, Max: 25, Format: field.Timestamp, About: "when"}})

const history = "additionalInfo.refundHistory"

// QueryReply answers service 51.
type QueryReply struct {
	dialect.Status
	OriginalReply
	Standing
	PaidTime       string       `json:"paidTime,omitempty"`
	Amount         *snap.Amount `json:"amount,omitempty"` // nil for a static code that was not paid
	FeeAmount      snap.Amount  `json:"feeAmount"`
	TerminalID     string       `json:"terminalId,omitempty"`
	AdditionalInfo Refunds      `json:"additionalInfo"`
}

// Standing is how a transaction stands, in the dialect's words.
type Standing struct {
	ServiceCode             string `json:"serviceCode"`
	LatestTransactionStatus string `json:"latestTransactionStatus"`
	TransactionStatusDesc   string `json:"transactionStatusDesc"`
}

// Stands fills a Standing; the serviceCode is the request's.
func Stands(c *dialect.Call, t pay.Transaction) Standing {
	word := c.Dialect.Statuses[t.Status]
	return Standing{c.Text("serviceCode"), word.Code, word.Text}
}

// Refunds is the additionalInfo of a query's answer.
type Refunds struct {
	RefundHistory []RefundEntry `json:"refundHistory,omitempty"`
}

// Querying makes the verb of a query from the shape of its answer. The row of
// serviceCode says which codes a provider takes; of these, 47 for a payment
// and 50 for a code are refused.
func Querying(shape func(*dialect.Call, pay.Transaction) any) func(context.Context, *dialect.Call) (any, error) {
	return QueryingBy(Find, shape)
}

// QueryingBy is Querying for requests that name the transaction in a way of
// their own.
func QueryingBy(find func(context.Context, *dialect.Call) (pay.Transaction, error), shape func(*dialect.Call, pay.Transaction) any) func(context.Context, *dialect.Call) (any, error) {
	return func(ctx context.Context, c *dialect.Call) (any, error) {
		t, err := find(ctx, c)
		if err != nil {
			return nil, err
		}
		if err := ofService(t, c.Text("serviceCode")); err != nil {
			return nil, err
		}
		return shape(c, t), nil
	}
}

func ofService(t pay.Transaction, asked string) error {
	other := snap.ServicePayment
	if t.Code == nil {
		other = snap.ServiceGenerate
	}
	if asked == string(other) {
		return pay.RefuseField(pay.InvalidFormat, "serviceCode", "the original is of service "+string(ServiceCode(t)))
	}
	return nil
}

// Queried is the standard's shape of a transaction.
func Queried(c *dialect.Call, t pay.Transaction) any {
	return QueryReply{
		Status: c.Success(), OriginalReply: Originals(c, t), Standing: Stands(c, t),
		PaidTime: PaidTime(t), Amount: Sum(t.Amount()), FeeAmount: snap.IDR(int64(Fee(t))),
		TerminalID: terminal(t), AdditionalInfo: Refunds{RefundHistory(t)},
	}
}

func terminal(t pay.Transaction) string {
	if t.Code == nil {
		return ""
	}
	return t.Code.TerminalID
}
