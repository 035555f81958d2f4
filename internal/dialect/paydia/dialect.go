// Package paydia is SNAP QRIS as the Paydia document "Payment QR MPM" prints
// it: an issuer's side, where a partner pays a scanned payload from the wallet
// of a customer whose token it holds.
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
		Outcomes:      dialect.Amend(aspi.Outcomes, outcomes),
		ExternalID:    aspi.UniqueInDay,
		Reference:     uniqueReference,
		ReadTimestamp: snap.ParseTimestamp,
		Tokens:        aspi.TokenLives, // the tokens of the document's sample live 1 and 182.5 days, which is a partner's setting
		Operations: []dialect.Operation{
			aspi.Token("/snap/v1.0/access-token/b2b"),
			aspi.CustomerToken("/snap/v1.0/access-token/b2b2c"),
			payment(),
		},
	}
}

// uniqueReference: the document has one code for a repeated
// partnerReferenceNo, 409/01, whatever the rest of the request says.
var uniqueReference = dialect.Rule{
	Remember: true,
	Same:     dialect.Repeat{Kind: pay.ReferenceUsed}, Other: dialect.Repeat{Kind: pay.ReferenceUsed},
}

var (
	notAllowed  = dialect.Outcome{Case: snap.CaseUnauthorized, Message: "Unauthorized. Connection not allowed"}
	badToken    = dialect.Outcome{Case: snap.CaseInvalidToken}
	badCustomer = dialect.Outcome{Case: snap.CaseInvalidToken, Message: "Invalid Customer Token"}
	abnormal    = dialect.Outcome{Case: snap.CaseDoNotHonor}
	overLimit   = dialect.Outcome{Case: snap.CaseExceedsAmountLimit}
	notFound    = dialect.Outcome{Case: snap.CaseTransactionNotFound}
)

// outcomes is what the document answers differently from the standard. Its
// list is short: one code each for bad tokens, for abnormal parties, for
// limits and for whatever cannot be paid any more or never could.
var outcomes = map[pay.Kind]dialect.Outcome{
	pay.TokenNotFound:       badToken,
	pay.InvalidCustomer:     badCustomer,
	pay.CustomerNotFound:    badCustomer,
	pay.ForbiddenAPI:        notAllowed,
	pay.PartnerSuspended:    notAllowed,
	pay.Inconsistent:        {Case: snap.CaseDuplicateReference},
	pay.PayerDormant:        abnormal,
	pay.PayerBlocked:        abnormal,
	pay.MerchantInactive:    abnormal,
	pay.MerchantSuspended:   abnormal,
	pay.MerchantBlacklisted: abnormal,
	pay.SubMerchantInactive: abnormal,
	pay.TerminalUnknown:     abnormal,
	pay.NotPermitted:        abnormal,
	pay.OverMerchantLimit:   overLimit,
	pay.OverPayerLimit:      overLimit,
	pay.AmountMismatch:      {Case: snap.CaseInvalidFieldFormat, Message: "Invalid Field Format {field}.value"},
	pay.PayerUnknown:        notFound,
	pay.MerchantUnknown:     notFound,
	pay.Unroutable:          notFound,
	pay.CodeExpired:         notFound,
	pay.CodeCancelled:       notFound,
	pay.CodePaid:            notFound,
}

func payment() dialect.Operation {
	return dialect.Operation{
		Name:       "payment",
		Service:    snap.ServicePayment, // the page prints 48, which is decode; its own codes carry 50
		Paths:      []string{"/snap/v1.0/qr/qr-mpm-payment"},
		Auth:       dialect.AuthSymmetric,
		Customer:   true,
		Headers:    paymentHeaders,
		Body:       paymentBody,
		Reply:      paymentReply,
		Success:    dialect.Outcome{Case: snap.CaseSuccessful, Message: "Success"},
		Names:      aspi.PaymentNames,
		Identifier: dialect.PaymentRef,
		Trigger:    "partnerReferenceNo",
		Codes:      paymentCodes,
		Do:         aspi.DoPayment,
		Replay:     aspi.ReplayPayment,
	}
}

var paymentCodes = []dialect.Code{
	{Code: "2005000", Message: "Success", Reach: dialect.BySuccess, Cause: "processed; the table's own message is the standard's, the sample's is Success"},
	{Code: "4005000", Message: "Bad Request", Reach: dialect.ByBadBody, Cause: "general failure of the request"},
	{Code: "4005001", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField, Cause: "a field's form is wrong"},
	{Code: "4005002", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField, Cause: "a mandatory field is missing"},
	{Code: "4015000", Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature, Cause: "not authorised; the reason follows"},
	{Code: "4015001", Message: "Invalid Token (B2B)", Reach: dialect.ByExpiredToken, Cause: "an access token is invalid or expired"},
	{Code: "4035002", Message: "Exceeds Transaction Amount Limit", Reach: dialect.ByAmountLimit, Cause: "over a limit"},
	{Code: "4035005", Message: "Do Not Honor", Reach: dialect.ByBlockedPayer, Cause: "the status of an account or user is abnormal"},
	{Code: "4035014", Message: "Insufficient Funds", Reach: dialect.ByFunds, Cause: "the wallet does not cover amount and fee"},
	{Code: "4045001", Message: "Transaction Not Found", Reach: dialect.ByUnknownCode, Cause: "there is nothing to pay"},
	{Code: "4095000", Message: "Conflict", Reach: dialect.ByExternalID, Cause: "X-EXTERNAL-ID was used on the same day"},
	{Code: "4095001", Message: "Duplicate partnerReferenceNo", Reach: dialect.ByReference, Cause: "the same partnerReferenceNo succeeded before"},
	{Code: "5005000", Message: "General Error", Reach: dialect.ByTrigger, Cause: "general error"},
	{Code: "5005001", Message: "Internal Server Error", Reach: dialect.ByTrigger, Cause: "unknown failure: retry"},
}
