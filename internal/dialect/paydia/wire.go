package paydia

import (
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// headers are the document's, in the standard's order of precedence. Its
// X-TIMESTAMP is "fixed, 25" characters; clients that write fractions of a
// second or Z are let pass, as elsewhere.
var headers = []field.Row{
	aspi.Timestamp, aspi.Signature, aspi.Authorization, aspi.PartnerID, aspi.ExternalID, aspi.ChannelID, aspi.ContentType,
}

// customerHeaders are those of the issuer's side.
var customerHeaders = slices.Insert(slices.Clone(headers), 3, authorizationCustomer)

// authorizationCustomer has 64 characters in the document's table and 411 in
// its sample, so that the length only warns.
var authorizationCustomer = field.Row{
	Name: snap.HeaderAuthorizationCustomer, Need: field.Mandatory, Max: 64, Soft: true,
	About: "the customer's access token, with or without Bearer",
}

var refundHeaders = dialect.AmendRows(headers,
	field.Row{Name: snap.HeaderAuthorization, Need: field.Conditional, About: "Bearer and the B2B access token; absent with an asymmetric signature"})

var paymentBody = aspi.Rows(
	[]field.Row{{Name: "partnerReferenceNo", Need: field.Mandatory, Max: 64, About: "the partner's reference, unique for each transaction"}},
	aspi.Money("amount", field.Conditional, "mandatory for a static code; of a dynamic one it must be the code's own"),
	aspi.Money("feeAmount", field.Optional, "what the payer is charged on top"),
	[]field.Row{
		{Name: "additionalInfo", Kind: field.Object, Need: field.Mandatory, About: "carries the payload"},
		{Name: "additionalInfo.qrContent", Need: field.Mandatory, Max: 512, About: "the payload as scanned"},
	})

var paymentReply = dialect.AmendRows(aspi.PaymentReplyRows,
	field.Row{Name: "referenceNo", Max: 64, About: "Paydia's reference"})

var decodeBody = []field.Row{
	{Name: "qrContent", Need: field.Mandatory, Min: 1, Max: 512, About: "the payload as scanned"},
	{Name: "scanTime", Need: field.Mandatory, Min: 1, Max: 25, Format: field.Timestamp, About: "when it was scanned"},
}

// queryBody takes 48 for the service of a payment too, which is what the
// payment's own page calls it.
var queryBody = dialect.AmendRows(originals,
	aspi.OriginalExternalID,
	field.Row{
		Name: "serviceCode", Need: field.Mandatory, Min: 1, Max: 2,
		Enum:  []string{string(snap.ServiceGenerate), string(snap.ServiceDecode), string(snap.ServicePayment)},
		About: "the service of the original: 50 for a payment, which the document calls 48, or 47 for a code",
	},
	anything)

// originals are the references of which one must be given.
var originals = []field.Row{
	{Name: aspi.OriginalRef.Name, Need: field.Conditional, Max: 64, About: "Paydia's reference of the transaction"},
	{Name: aspi.OriginalPartnerRef.Name, Need: field.Conditional, Max: 64, About: "the partner's reference of the transaction"},
}

var anything = field.Row{Name: "additionalInfo", Kind: field.Object, About: "anything"}

var generateBody = aspi.Rows(
	[]field.Row{
		{Name: merchantField, Need: field.Mandatory, Min: 1, Max: 64, About: "the merchant"},
		{Name: "storeId", Max: 64, About: "the store"},
		{Name: "terminalId", Max: 16, About: "the terminal"},
		{Name: "partnerReferenceNo", Need: field.Mandatory, Min: 1, Max: 64, About: "the partner's reference, unique for each transaction"},
	},
	aspi.Money("amount", field.Mandatory, "what is to be paid"),
	aspi.Money("feeAmount", field.Optional, "the fee on top"),
	[]field.Row{
		{Name: "subMerchantId", Max: 32, About: "a division of the merchant"},
		{Name: "validityPeriod", Max: 25, Format: field.Timestamp, About: "when the code ends"},
		anything,
	})

// statusBody is that of both versions: 1.0 demands merchantId and has no
// originalReferenceNo.
var statusBody = dialect.AmendRows(aspi.StatusBodyRows, append(slices.Clone(originals),
	field.Row{Name: "merchantId", Need: field.Conditional, Max: 64, About: "the merchant; it must be the transaction's"})...)

var refundBody = aspi.Rows(
	[]field.Row{
		{Name: merchantField, Need: field.Mandatory, Min: 1, Max: 64, About: "the merchant; it must be the transaction's"},
		{Name: aspi.OriginalPartnerRef.Name, Need: field.Mandatory, Min: 1, Max: 64, About: "the partner's reference of the transaction"},
		{Name: aspi.OriginalRef.Name, Max: 64, About: "Paydia's reference of the transaction"},
		aspi.OriginalExternalID,
		{Name: "partnerRefundNo", Need: field.Mandatory, Min: 1, Max: 64, About: "the partner's reference of the refund; the same when retrying"},
	},
	aspi.Money("refundAmount", field.Optional, "what to give back; all that is left when absent"),
	[]field.Row{{Name: "reason", Max: 256, About: "why"}, anything})
