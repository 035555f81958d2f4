// Package speedcash is SNAP QRIS as the SpeedCash document "QRIS Generate
// List" and the provider's neighbouring pages print it: codes are generated,
// queried and, with services that the standard does not have, listed by date
// and labelled with terminals that are registered first.
package speedcash

import (
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Dialect is SpeedCash's.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:          "speedcash",
		Title:         "SpeedCash",
		Document:      "SpeedCash, QRIS Generate List",
		Outcomes:      dialect.Amend(aspi.Outcomes, outcomes),
		ExternalID:    aspi.UniqueInDay,
		Reference:     aspi.UniqueReference,
		Unsigned:      "/v1.0", // the provider's own code signs "/qr/..." on one page and "/v1.0/..." on another
		ReadTimestamp: snap.ParseTimestamp,
		Tokens:        aspi.TokenLives,
		Statuses:      aspi.Statuses,
		Notice:        notice(),
		Operations:    []dialect.Operation{aspi.Token("/v1.0/access-token/b2b"), generate(), query(), list(), terminal()},
	}
}

const sameDay = "Cannot use same X-EXTERNAL-ID in same day"

// outcomes is what every operation answers differently from the standard.
var outcomes = map[pay.Kind]dialect.Outcome{
	pay.ExternalIDUsed: {Case: snap.CaseConflict, Message: sameDay},
}

var successful = dialect.Outcome{Case: snap.CaseSuccessful}

func generate() dialect.Operation {
	do, replay := aspi.Generating(nil, aspi.Generated)
	return dialect.Operation{
		Name: "generate", Service: snap.ServiceGenerate, Paths: []string{"/v1.0/qr/qr-mpm-generate"},
		Auth: dialect.AuthWithToken, Headers: headers,
		Body:       generateBody,
		Reply:      aspi.GenerateReplyRows,
		Success:    successful,
		Validity:   dialect.Validity{Field: "validityPeriod", Default: aspi.DefaultValidity},
		Identifier: dialect.CodeRef,
		Trigger:    "partnerReferenceNo",
		Codes:      answered(aspi.GenerateCodes),
		Do:         do,
		Replay:     replay,
	}
}

// answered are the standard's lines, for the provider publishes none but the
// list's, with the messages that its pages give to two of them.
func answered(lines []dialect.Code) []dialect.Code {
	messages := map[dialect.Reach]string{
		dialect.BySuccess:    successful.Text("", ""),
		dialect.ByExternalID: sameDay,
	}
	codes := slices.Clone(lines)
	for i := range codes {
		if message, ok := messages[codes[i].Reach]; ok {
			codes[i].Message = message
		}
	}
	return codes
}

func list() dialect.Operation {
	return dialect.Operation{
		Name: "list", Service: snap.ServiceList,
		Paths: []string{"/v1.0/qr/qr-generate-list", "/v1.0/qr/qr-mpm-generate-list"}, // the page's table, the page's curl
		Auth:  dialect.AuthWithToken, Headers: headers,
		Body:     listBody,
		Reply:    listReplyRows,
		Success:  successful,
		Outcomes: listOutcomes,
		Names:    map[string]string{"behind": "additionalInfo." + behindName},
		Trigger:  aspi.AskField,
		Codes:    listCodes,
		Do:       doList,
	}
}

var (
	badHeader = dialect.Outcome{Case: snap.CaseTransactionNotFound, Message: "Bad Request"}
	badField  = dialect.Outcome{Case: snap.CaseInvalidFieldFormat, Message: "Invalid field format {field}"}
	badToken  = dialect.Outcome{Case: snap.CaseUnauthorized, Message: "Unauthorized. Invalid Token (B2B)"}
	forbidden = dialect.Outcome{Case: snap.CaseInvalidTransactionStatus, Message: "Unauthorized. Client Forbidden Access API"}
	notFound  = dialect.Outcome{Case: snap.CaseTransactionNotFound}
)

// listOutcomes is what the list's own codes make of a refusal. 404/01 stands
// for a bad header as well as for a date without codes, and 404/00 for an API
// outside the agreement: the document's doing.
var listOutcomes = map[pay.Kind]dialect.Outcome{
	pay.BadRequest:        {Case: snap.CaseInvalidFieldFormat, Message: "Invalid field format body"},
	pay.MissingHeader:     badHeader,
	pay.InvalidHeader:     badHeader,
	pay.BadTimestamp:      badHeader,
	pay.MissingField:      badField,
	pay.InvalidFormat:     badField,
	pay.InvalidToken:      badToken,
	pay.TokenNotFound:     badToken,
	pay.ForbiddenAPI:      forbidden,
	pay.PartnerSuspended:  forbidden,
	pay.MerchantUnknown:   notFound,
	pay.MerchantInactive:  notFound,
	pay.MerchantSuspended: notFound,
}

var listCodes = []dialect.Code{
	{Code: "2009000", Message: "Successful", Reach: dialect.BySuccess, Cause: "processed; the table's message is Success, the sample's Successful"},
	{Code: "4009001", Message: "Invalid field format {field}", Reach: dialect.ByBadField, Cause: "a field is missing or its form is wrong"},
	{Code: "4019000", Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature, Cause: "X-SIGNATURE is wrong"},
	{Code: "4099000", Message: sameDay, Reach: dialect.ByExternalID, Cause: "X-EXTERNAL-ID was used on the same day"},
	{Code: "4049001", Message: "Bad Request", Reach: dialect.ByNoHeader, Cause: "a header is wrong or missing"},
	{Code: "4049000", Message: "Unauthorized. Client Forbidden Access API", Reach: dialect.ByDenied, Cause: "the partner may not call this API"},
	{Code: "4039019", Message: "Merchant Blacklisted", Reach: dialect.ByBlacklist, Cause: "the merchant is blacklisted"},
	{Code: "4049001", Message: "Transaction Not Found", Reach: dialect.ByEmptyDate, Cause: "no code was generated on that date"},
}
