// Package midtrans is SNAP QRIS as the Midtrans document "Payment Method:
// QRIS" prints it: symmetric signatures, safe retries by X-EXTERNAL-ID and the
// longest list of response codes.
package midtrans

import (
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Dialect is Midtrans's.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:          "midtrans",
		Title:         "Midtrans",
		Document:      "Midtrans, Payment Method: QRIS",
		Outcomes:      dialect.Amend(aspi.Outcomes, outcomes),
		ExternalID:    replayExternalID,
		Reference:     onceOnly,
		AnyPartnerID:  true,
		ReadTimestamp: snap.ParseTimestamp,
		Tokens:        aspi.TokenLives,
		Statuses:      statuses,
		Notice:        notice(),
		Operations:    []dialect.Operation{aspi.Token("/v1.0/access-token/b2b"), generate(), query(), cancel(), refund()},
	}
}

// outcomes is what the document answers differently from the standard: a
// suspended merchant is 403/19, which the standard has for a blacklisted one.
var outcomes = map[pay.Kind]dialect.Outcome{
	pay.MerchantSuspended: {Case: snap.CaseMerchantBlacklisted},
}

// replayExternalID: "retry this request with the same X-EXTERNAL-ID and
// request body to avoid creating duplicate transaction". Another body under
// the same id is what 4094700 is left for.
var replayExternalID = dialect.Rule{
	Remember: true, Daily: true,
	Same: dialect.Repeat{Replay: true}, Other: dialect.Repeat{Kind: pay.ExternalIDUsed},
}

// onceOnly: a partnerReferenceNo under another X-EXTERNAL-ID is 4094701,
// whatever else the request says.
var onceOnly = dialect.Rule{
	Remember: true,
	Same:     dialect.Repeat{Kind: pay.ReferenceUsed}, Other: dialect.Repeat{Kind: pay.ReferenceUsed},
}

func generate() dialect.Operation {
	do, replay := aspi.Generating(keepAcquirer, generated)
	return dialect.Operation{
		Name: "generate", Service: snap.ServiceGenerate, Paths: []string{"/v1.0/qr/qr-mpm-generate"},
		Auth: dialect.AuthSymmetric, Headers: headers,
		Body:       generateBody,
		Reply:      generateReplyRows,
		Success:    dialect.Outcome{Case: snap.CaseSuccessful, Message: "Request has been processed successfully"},
		Validity:   dialect.Validity{Field: "validityPeriod", Min: 20 * time.Second, Max: 180 * 24 * time.Hour, Default: 15 * time.Minute},
		Identifier: dialect.CodeRef,
		Trigger:    "partnerReferenceNo",
		Samples: []dialect.Sample{
			{Field: "amount.value", Value: "12345678.00", Waive: dialect.WaiveAmountLimit, About: "over the limit of Rp 10,000,000 a transaction"},
			{Field: "validityPeriod", Value: "2009-07-03T12:08:56-07:00", Waive: dialect.WaiveValidity, About: "a time of 2009"},
		},
		Codes:  generateCodes,
		Do:     do,
		Replay: replay,
	}
}

// externalID is alphanumeric and preferably a UUID, which has hyphens.
var externalID = field.Row{
	Name: snap.HeaderExternalID, Need: field.Mandatory, Max: 36, Format: field.Identifier, Soft: true,
	About: "the request's id, preferably a UUID; the same when retrying, and the same as partnerReferenceNo",
}

var channelID = field.Row{
	Name: snap.HeaderChannelID, Need: field.Mandatory, Min: 5, Max: 5, Format: field.Digits, Soft: true,
	About: "any five digits",
}
