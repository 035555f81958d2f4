package midtrans

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

// statuses have no "initiated", and an expired status of their own.
var statuses = map[pay.Status]dialect.Word{
	pay.StatusPaid:      {Code: "00", Text: "Success"},
	pay.StatusInitiated: {Code: "03", Text: "Pending"},
	pay.StatusRefunded:  {Code: "04", Text: "Refunded"},
	pay.StatusCancelled: {Code: "05", Text: "Canceled"},
	pay.StatusExpired:   {Code: "08", Text: "Expired"},
}

var headers = dialect.AmendRows(aspi.SymmetricHeaders, externalID, channelID)

// originalExternalID is as long as an X-EXTERNAL-ID, which the document tells
// merchants to ask with after a timeout.
var originalExternalID = field.Row{
	Name: aspi.OriginalExternalID.Name, Max: 36, Soft: true, About: "the X-EXTERNAL-ID of the request that made the transaction",
}

// query asks about codes only: Midtrans is an acquirer.
func query() dialect.Operation {
	op := aspi.Query("/v1.0/qr/qr-mpm-query")
	op.Headers = headers
	op.Body = dialect.AmendRows(op.Body, originalExternalID, field.Row{
		Name: "serviceCode", Need: field.Mandatory, Min: 1, Max: 2, Enum: []string{"47"}, About: "47, the service of the original",
	})
	op.Reply = dialect.AmendRows(op.Reply, originalExternalID)
	return op
}

// cancel is asked for by originalReferenceNo alone, so that carries the
// trigger.
func cancel() dialect.Operation {
	op := aspi.Cancel("/v1.0/qr/qr-mpm-cancel")
	op.Headers = headers
	op.Body = dialect.AmendRows(op.Body, originalExternalID)
	op.Reply = dialect.AmendRows(op.Reply, originalExternalID)
	op.Trigger = aspi.OriginalRef.Name
	return op
}

func refund() dialect.Operation {
	op := aspi.Refund("/v1.0/qr/qr-mpm-refund")
	op.Headers = headers
	op.Body = dialect.AmendRows(op.Body, originalExternalID)
	op.Reply = dialect.AmendRows(op.Reply, originalExternalID)
	return op
}

// notice is posted to the path that Midtrans's clients append to the merchant's
// address; its integration guide has /v1.0/qr/notify, which a partner's own
// address may name.
func notice() *dialect.Notice {
	n := aspi.Notice("/v1.0/qr/qr-mpm-notify", statuses)
	n.Body = func(t pay.Transaction) map[string]any {
		body := aspi.Told(t, statuses)
		body["merchantId"] = t.Code.MerchantID
		return body
	}
	return n
}
