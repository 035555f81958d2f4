package paydia

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// paymentHeaders are the document's, in the standard's order of precedence.
// Its X-TIMESTAMP is "fixed, 25" characters; clients that write fractions of a
// second or Z are let pass, as elsewhere.
var paymentHeaders = []field.Row{
	aspi.Timestamp, aspi.Signature, aspi.Authorization, authorizationCustomer,
	aspi.PartnerID, aspi.ExternalID, aspi.ChannelID, aspi.ContentType,
}

// authorizationCustomer has 64 characters in the document's table and 411 in
// its sample, so that the length only warns.
var authorizationCustomer = field.Row{
	Name: snap.HeaderAuthorizationCustomer, Need: field.Mandatory, Max: 64, Soft: true,
	About: "the customer's access token, with or without Bearer",
}

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
