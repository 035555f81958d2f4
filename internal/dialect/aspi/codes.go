package aspi

import (
	"cmp"
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/snap"
)

// Line is a line of the standard's table of response codes, which is one for
// all services, with the way to reach it. An empty message is the case's own.
type Line struct {
	Case    snap.Case
	Message string
	Reach   dialect.Reach
}

// Codes are lines as a service answers them, sorted by code.
func Codes(service snap.Service, groups ...[]Line) []dialect.Code {
	var all []dialect.Code
	for _, l := range slices.Concat(groups...) {
		all = append(all, dialect.Code{
			Code: l.Case.Code(service), Message: cmp.Or(l.Message, l.Case.Message), Reach: l.Reach,
		})
	}
	slices.SortStableFunc(all, func(a, b dialect.Code) int { return cmp.Compare(a.Code, b.Code) })
	return all
}

// CommonLines are what every transaction API answers whose signature is
// symmetric.
var CommonLines = []Line{
	{snap.CaseSuccessful, Processed, dialect.BySuccess},
	{snap.CaseBadRequest, "", dialect.ByBadBody},
	{snap.CaseInvalidFieldFormat, "Invalid Field Format {field}", dialect.ByBadField},
	{snap.CaseInvalidMandatoryField, "Invalid Mandatory Field {field}", dialect.ByNoField},
	{snap.CaseUnauthorized, "Unauthorized. Invalid Signature", dialect.ByBadSignature},
	{snap.CaseInvalidToken, "", dialect.ByExpiredToken},
	{snap.CaseTokenNotFound, "", dialect.ByUnknownToken},
	{snap.CaseFeatureNotAllowed, "", dialect.ByDenied},
	{snap.CaseNotSupported, "", dialect.ByMethod},
	{snap.CaseTooManyRequests, "", dialect.ByRate},
}

// AskField asks a sandbox for a response code where a body has no reference of
// the partner's that could carry it.
const AskField = "additionalInfo.responseCode"

// TriggerLines are what only a provider's insides could cause.
var TriggerLines = []Line{
	{snap.CaseGeneralError, "", dialect.ByTrigger},
	{snap.CaseInternalServerError, "", dialect.ByTrigger},
	{snap.CaseExternalServerError, "", dialect.ByTrigger},
	{snap.CaseTimeout, "", dialect.ByTrigger},
}

// OriginalLines are the refusals of a request about an earlier transaction.
var OriginalLines = []Line{
	{snap.CaseTransactionNotFound, "", dialect.ByUnknownRef},
	{snap.CaseInvalidMerchant, "", dialect.ByNoMerchant},
}

// Processed is the message of the samples' successes.
const Processed = "Request has been processed successfully"

var processed = dialect.Outcome{Case: snap.CaseSuccessful, Message: Processed}
