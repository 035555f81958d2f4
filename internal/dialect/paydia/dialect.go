// Package paydia is SNAP QRIS as the Paydia document "Payment QR MPM" and the
// provider's neighbouring pages print it. A partner is an issuer's front end,
// which reads and pays scanned payloads from the wallet of a customer whose
// token it holds, and an acquirer's, which generates codes and gives payments
// back.
package paydia

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Dialect is Paydia's.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:          "paydia",
		Title:         "Paydia",
		Document:      "Paydia, Payment QR MPM",
		Outcomes:      aspi.Outcomes,
		ExternalID:    aspi.UniqueInDay,
		Reference:     uniqueReference,
		ReadTimestamp: snap.ParseTimestamp,
		Tokens:        aspi.TokenLives, // the tokens of the document's sample live 1 and 182.5 days, which is a partner's setting
		Statuses:      aspi.Statuses,
		Notice:        notice(),
		Binding:       binding(),
		Operations: []dialect.Operation{
			aspi.Token("/snap/v1.0/access-token/b2b"),
			aspi.CustomerToken("/snap/v1.0/access-token/b2b2c"),
			generate(),
			decode(),
			payment(),
			query(),
			status(),
			refund(),
		},
	}
}

// uniqueReference: the document has one code for a repeated
// partnerReferenceNo, 409/01, whatever the rest of the request says.
var uniqueReference = dialect.Rule{
	Remember: true,
	Same:     dialect.Repeat{Kind: pay.ReferenceUsed}, Other: dialect.Repeat{Kind: pay.ReferenceUsed},
}

// success is the sample's. The table's own message is the standard's.
var success = dialect.Outcome{Case: snap.CaseSuccessful, Message: "Success"}

// notice is "Payment Notify v2.0.0", signed with the provider's key.
func notice() *dialect.Notice {
	n := aspi.Notice("/snap/v2.0/qr/qr-mpm-notify", aspi.Statuses)
	n.Body = func(t pay.Transaction) map[string]any {
		body := aspi.Told(t, aspi.Statuses)
		if t.Code != nil {
			body["merchantid"] = t.Code.MerchantID // mandatory in version 1.0.0
		}
		return body
	}
	return n
}
