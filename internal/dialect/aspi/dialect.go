// Package aspi is SNAP as ASPI publishes it: the base that the providers'
// dialects amend.
package aspi

import (
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Dialect is the published standard.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:          "aspi",
		Title:         "SNAP (ASPI)",
		Document:      "Standar Nasional Open API Pembayaran, QRIS MPM",
		Outcomes:      Outcomes,
		ExternalID:    UniqueInDay,
		Reference:     UniqueReference,
		ReadTimestamp: snap.ParseTimestamp,
		Tokens:        TokenLives,
		Statuses:      Statuses,
		Notice:        Notice("/v1.0/qr/qr-mpm-notify", Statuses),
		Operations: []dialect.Operation{
			Token("/v1.0/access-token/b2b"), CustomerToken("/v1.0/access-token/b2b2c"), generate(),
			Decode("/v1.0/qr/qr-mpm-decode"), ApplyOTT("/v1.0/qr/apply-ott"), payment(),
			Query("/v1.0/qr/qr-mpm-query"), Status("/v1.0/qr/qr-mpm-status"),
			Cancel("/v1.0/qr/qr-mpm-cancel"), Refund("/v1.0/qr/qr-mpm-refund"),
		},
	}
}

// TokenLives are the standard's: 900 seconds for B2B and 15 days for a
// customer. The refresh token's life is ours.
var TokenLives = dialect.TokenLives{B2B: 900 * time.Second, Customer: 15 * 24 * time.Hour, Refresh: 90 * 24 * time.Hour}

// UniqueInDay is the standard's rule for X-EXTERNAL-ID: 409/00 when used
// before in the same Jakarta day.
var UniqueInDay = dialect.Rule{
	Remember: true, Daily: true,
	Same: dialect.Repeat{Kind: pay.ExternalIDUsed}, Other: dialect.Repeat{Kind: pay.ExternalIDUsed},
}

// UniqueReference is the standard's rule for partnerReferenceNo: 409/01 for
// the same request, 404/18 for another.
var UniqueReference = dialect.Rule{
	Remember: true,
	Same:     dialect.Repeat{Kind: pay.ReferenceUsed}, Other: dialect.Repeat{Kind: pay.Inconsistent},
}

// Outcomes is the standard's answer to every kind (SNAP response codes, "HTTP
// status, service, case").
var Outcomes = map[pay.Kind]dialect.Outcome{
	pay.Internal:            {Case: snap.CaseInternalServerError},
	pay.BadRequest:          {Case: snap.CaseBadRequest},
	pay.MissingHeader:       {Case: snap.CaseInvalidMandatoryField, Message: "Invalid Mandatory Field {field}"},
	pay.InvalidHeader:       {Case: snap.CaseInvalidFieldFormat, Message: "Invalid Field Format {field}"},
	pay.MissingField:        {Case: snap.CaseInvalidMandatoryField, Message: "Invalid Mandatory Field {field}"},
	pay.InvalidFormat:       {Case: snap.CaseInvalidFieldFormat, Message: "Invalid Field Format {field}"},
	pay.BadTimestamp:        {Case: snap.CaseInvalidFieldFormat, Message: "Invalid Field Format {field}"},
	pay.UnknownClient:       {Case: snap.CaseUnauthorized, Message: "Unauthorized. Unknown Client"},
	pay.BadSignature:        {Case: snap.CaseUnauthorized, Message: "Unauthorized. Invalid Signature"},
	pay.InvalidToken:        {Case: snap.CaseInvalidToken},
	pay.TokenNotFound:       {Case: snap.CaseTokenNotFound},
	pay.InvalidCustomer:     {Case: snap.CaseInvalidCustomerToken},
	pay.CustomerNotFound:    {Case: snap.CaseCustomerTokenNotFound},
	pay.ForbiddenAPI:        {Case: snap.CaseFeatureNotAllowed},
	pay.PartnerSuspended:    {Case: snap.CaseUnauthorized, Message: "Unauthorized. Connection not allowed"},
	pay.RateLimited:         {Case: snap.CaseTooManyRequests},
	pay.NotSupported:        {Case: snap.CaseNotSupported},
	pay.NotRouted:           {Case: snap.CaseInvalidRouting},
	pay.ExternalIDUsed:      {Case: snap.CaseConflict},
	pay.ReferenceUsed:       {Case: snap.CaseDuplicateReference},
	pay.Inconsistent:        {Case: snap.CaseInconsistentRequest},
	pay.MerchantUnknown:     {Case: snap.CaseInvalidMerchant},
	pay.MerchantInactive:    {Case: snap.CaseInvalidMerchant},
	pay.MerchantSuspended:   {Case: snap.CaseSuspendTransaction},
	pay.MerchantBlacklisted: {Case: snap.CaseMerchantBlacklisted},
	pay.SubMerchantInactive: {Case: snap.CaseDoNotHonor},
	pay.TerminalUnknown:     {Case: snap.CaseInvalidTerminal},
	pay.NotPermitted:        {Case: snap.CaseTransactionNotPermitted},
	pay.OverTransactionMax:  {Case: snap.CaseExceedsAmountLimit},
	pay.OverMerchantLimit:   {Case: snap.CaseMerchantLimit},
	pay.OverPayerLimit:      {Case: snap.CaseAccountLimit},
	pay.AmountMismatch:      {Case: snap.CaseInvalidAmount},
	pay.BadPayload:          {Case: snap.CaseInvalidFieldFormat, Message: "Invalid Field Format {field}. {reason}"},
	pay.Unroutable:          {Case: snap.CaseInvalidRouting},
	pay.CodeUnknown:         {Case: snap.CaseTransactionNotFound},
	pay.CodeExpired:         {Case: snap.CaseTransactionExpired},
	pay.CodeCancelled:       {Case: snap.CaseTransactionCancelled},
	pay.CodePaid:            {Case: snap.CasePaidBill},
	pay.WrongState:          {Case: snap.CaseInvalidTransactionStatus},
	pay.OverRefund:          {Case: snap.CaseExceedsAmountLimit},
	pay.Refunded:            {Case: snap.CaseInvalidTransactionStatus},
	pay.RefundLate:          {Case: snap.CaseNotAllowed}, // "cancel/refund is not allowed at this time"
	pay.RefundPartial:       {Case: snap.CaseTransactionNotPermitted, Message: "Transaction Not Permitted. {reason}"},
	pay.OverTerminals:       {Case: snap.CaseMerchantLimit},
	pay.NothingOnDate:       {Case: snap.CaseTransactionNotFound},
	pay.PayerUnknown:        {Case: snap.CaseInvalidAccount},
	pay.PayerDormant:        {Case: snap.CaseDormantAccount},
	pay.PayerBlocked:        {Case: snap.CaseDoNotHonor},
	pay.InsufficientFunds:   {Case: snap.CaseInsufficientFunds},
	pay.BadGrant:            {Case: snap.CaseUnauthorized, Message: "Unauthorized. Invalid {field}"},
}
