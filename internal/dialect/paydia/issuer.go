package paydia

import (
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

var (
	notAllowed  = dialect.Outcome{Case: snap.CaseUnauthorized, Message: "Unauthorized. Connection not allowed"}
	badToken    = dialect.Outcome{Case: snap.CaseInvalidToken}
	badCustomer = dialect.Outcome{Case: snap.CaseInvalidToken, Message: "Invalid Customer Token"}
	abnormal    = dialect.Outcome{Case: snap.CaseDoNotHonor}
	overLimit   = dialect.Outcome{Case: snap.CaseExceedsAmountLimit}
	notFound    = dialect.Outcome{Case: snap.CaseTransactionNotFound}
)

// outcomes is what the issuer's side answers differently from the standard.
// The list of the payment's document is short: one code each for bad tokens,
// for abnormal parties, for limits and for whatever cannot be paid any more or
// never could. Decode and query, of whose lists nothing is known, keep to it.
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
		Headers:    customerHeaders,
		Body:       paymentBody,
		Reply:      paymentReply,
		Success:    success,
		Outcomes:   outcomes,
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

// issuerLines are those of payment's list that all of the issuer's side has.
var issuerLines = []aspi.Line{
	{Case: snap.CaseSuccessful, Message: success.Message, Reach: dialect.BySuccess},
	{Case: snap.CaseBadRequest, Reach: dialect.ByBadBody},
	{Case: snap.CaseInvalidFieldFormat, Message: "Invalid Field Format {field}", Reach: dialect.ByBadField},
	{Case: snap.CaseInvalidMandatoryField, Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField},
	{Case: snap.CaseUnauthorized, Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature},
	{Case: snap.CaseInvalidToken, Reach: dialect.ByExpiredToken},
	{Case: snap.CaseInvalidToken, Message: badCustomer.Message, Reach: dialect.ByBadCustomer},
}

// decode asks for the payload and the time of the scan alone, and for the
// customer's token.
func decode() dialect.Operation {
	op := aspi.Decode("/snap/v1.0/qr/qr-mpm-decode")
	op.Customer, op.Headers, op.Body = true, customerHeaders, decodeBody
	op.Success, op.Outcomes = success, outcomes
	op.Trigger = "qrContent" // its body has no reference
	op.Codes = aspi.Codes(op.Service, issuerLines, decodeLines)
	return op
}

var decodeLines = []aspi.Line{
	{Case: snap.CaseDoNotHonor, Reach: dialect.BySuspension},
	{Case: snap.CaseDoNotHonor, Reach: dialect.ByBlacklist},
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByUnknownCode},
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByExpiredCode},
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByCancelledCode},
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByPaidCode},
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByForeignCode},
}

// query is about the customer's own payments, or with serviceCode 47 about the
// partner's codes.
func query() dialect.Operation {
	op := aspi.Query("/snap/v1.0/qr/qr-mpm-query")
	op.Customer, op.Headers, op.Body = true, customerHeaders, queryBody
	op.Success, op.Outcomes = success, outcomes
	op.Codes = aspi.Codes(op.Service, issuerLines, queryLines)
	op.Do = aspi.QueryingBy(find, aspi.Queried)
	return op
}

var queryLines = []aspi.Line{
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByUnknownRef},
	{Case: snap.CaseGeneralError, Reach: dialect.ByTrigger},
	{Case: snap.CaseInternalServerError, Reach: dialect.ByTrigger},
}

// find gives the transaction that a query names.
func find(ctx context.Context, c *dialect.Call) (pay.Transaction, error) {
	o, err := aspi.Original(c)
	if err != nil {
		return pay.Transaction{}, err
	}
	generated := c.Text("serviceCode") == string(snap.ServiceGenerate)
	if !generated {
		if o, err = amongPayments(ctx, c, o); err != nil {
			return pay.Transaction{}, err
		}
	}
	t, err := aspi.FindBy(ctx, c, o)
	if err == nil && !asks(c, t, generated) {
		err = pay.Refuse(pay.CodeUnknown, "this customer has made no payment with this reference")
	}
	return t, err
}

// asks reports whether a transaction is of what the request asks about: a code
// where it asks for those, otherwise a payment of its customer's.
func asks(c *dialect.Call, t pay.Transaction, generated bool) bool {
	if t.Code != nil {
		return generated
	}
	return t.Payment.PayerID == c.Customer.PayerID
}

// amongPayments looks a partner's reference up among its payments, for as an
// acquirer's partner it may have given a code the same.
func amongPayments(ctx context.Context, c *dialect.Call, o pay.Original) (pay.Original, error) {
	if o.Ref != "" || o.PartnerRef == "" {
		return o, nil
	}
	prior, err := c.Core.Recall(ctx, pay.Mark{PartnerID: c.Partner.ID, Scope: pay.ScopePayment, Kind: pay.ByReference, Key: o.PartnerRef})
	if prior != nil {
		o.Ref = prior.Prior.Ref
	}
	return o, err
}
