// Package qoin is SNAP QRIS as the Qoin document "Generate QRIS" prints it:
// symmetric signatures under the prefix /ordersnap/api, a partnerReferenceNo
// that is good once, and eight response codes for everything.
package qoin

import (
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Dialect is Qoin's.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:          "qoin",
		Title:         "Qoin",
		Document:      "Qoin, Generate QRIS",
		Outcomes:      aspi.Outcomes,
		Reference:     onceOnly,
		ReadTimestamp: snap.ParseTimestampLoose,
		Tokens:        aspi.TokenLives,
		Statuses:      statuses,
		Notice:        notice(),
		Operations:    []dialect.Operation{token(), generate(), query()},
	}
}

// onceOnly: the list of response codes has 4094701 for a repeated
// partnerReferenceNo, and nothing for a repeated X-EXTERNAL-ID or for a
// different request.
var onceOnly = dialect.Rule{
	Remember: true,
	Same:     dialect.Repeat{Kind: pay.ReferenceUsed}, Other: dialect.Repeat{Kind: pay.ReferenceUsed},
}

// token is the standard's but for the time: the document leaves the access
// token to another page.
func token() dialect.Operation {
	op := aspi.Token("/ordersnap/api/v1.0/access-token/b2b")
	op.Headers = dialect.AmendRows(op.Headers, timestamp)
	return op
}

var headers = dialect.AmendRows(aspi.SymmetricHeaders, timestamp, partnerID)

func generate() dialect.Operation {
	do, replay := aspi.Generating(keepAcquirer, generated)
	return dialect.Operation{
		Name: "generate", Service: snap.ServiceGenerate, Paths: []string{"/ordersnap/api/v1.0/qr/qr-mpm-generate"},
		Auth: dialect.AuthSymmetric, Headers: headers,
		Body:       generateBody,
		Reply:      generateReplyRows,
		Success:    dialect.Outcome{Case: snap.CaseSuccessful},
		Outcomes:   outcomes,
		Validity:   dialect.Validity{Field: "validityPeriod", Max: maxValidity, Default: maxValidity},
		Identifier: dialect.CodeRef,
		Trigger:    "partnerReferenceNo",
		Samples: []dialect.Sample{
			{Field: "validityPeriod", Value: "2025-12-04T11:00:00+07:00", Waive: dialect.WaiveValidity, About: "23 minutes before the sample's own createdAt, in 2025"},
		},
		Codes:  generateCodes,
		Do:     do,
		Replay: replay,
	}
}

// maxValidity is "max 3 hours from request time". The field is mandatory, so
// as a default it serves the document's own sample only, whose time has passed.
const maxValidity = 3 * time.Hour

// outcomes are of generate, whose list of codes the document prints, and of the
// query in the same words. Its eight codes must do for every refusal, so several
// kinds share one.
var outcomes = map[pay.Kind]dialect.Outcome{
	pay.Internal:            {Case: snap.CaseInternalServerError, Message: "Internal server error"},
	pay.BadRequest:          {Case: snap.CaseInvalidFieldFormat}, // 4004700 speaks of the time only
	pay.BadTimestamp:        {Case: snap.CaseBadRequest, Message: "X-TIMESTAMP is not valid"},
	pay.UnknownClient:       unauthorized("Unknown Client"),
	pay.BadSignature:        unauthorized("Invalid Signature"),
	pay.InvalidToken:        unauthorized("Invalid Token (B2B)"),
	pay.TokenNotFound:       unauthorized("Invalid Token (B2B)"),
	pay.ForbiddenAPI:        unauthorized("Connection not allowed"),
	pay.PartnerSuspended:    unauthorized("Connection not allowed"),
	pay.MerchantSuspended:   {Case: snap.CaseInvalidMerchant},
	pay.MerchantBlacklisted: {Case: snap.CaseInvalidMerchant},
	pay.SubMerchantInactive: {Case: snap.CaseInvalidMerchant},
	pay.TerminalUnknown:     {Case: snap.CaseInvalidMerchant},
	pay.OverTransactionMax:  overLimit,
	pay.OverMerchantLimit:   overLimit,
}

// unauthorized keeps the brackets that the document prints around the reason.
func unauthorized(reason string) dialect.Outcome {
	return dialect.Outcome{Case: snap.CaseUnauthorized, Message: "Unauthorized. [" + reason + "]"}
}

// overLimit: the document has no code for limits, so the amount is at fault.
var overLimit = dialect.Outcome{Case: snap.CaseInvalidFieldFormat, Message: "Invalid Field Format amount.value"}

// timestamp is X-TIMESTAMP in the forms that the document writes: its text has
// YYYYMMDDTHH:mm:ss+07:00, its sample a space and no zone, and its neighbouring
// pages RFC 3339.
var timestamp = field.Row{
	Name: snap.HeaderTimestamp, Need: field.Mandatory, About: "the client's time, in Jakarta's when it has no zone",
	Format: &field.Format{
		Name: "qoin-date-time", About: field.TimestampLoose.About + " or 20260131T23:59:59+07:00",
		Pattern: field.TimestampLoose.Pattern + `|^[0-9]{8}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}$`,
		Check: func(s string) bool {
			_, err := snap.ParseTimestampLoose(s)
			return err == nil
		},
	},
}

// partnerID has no length: the document's own sample has 37 characters, one
// more than the standard allows.
var partnerID = field.Row{Name: snap.HeaderPartnerID, Need: field.Mandatory, About: "the partner's id, its client_id"}
