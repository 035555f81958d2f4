// Package dana is SNAP QRIS as DANA documents it: asymmetric signatures without
// a token, safe retries by partnerReferenceNo, and the payment gateway's order,
// status, cancel and refund around the code.
package dana

import (
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Dialect is DANA's.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:          "dana",
		Title:         "DANA",
		Document:      "DANA, Generate QRIS and Payment Gateway",
		Outcomes:      dialect.Amend(aspi.Outcomes, outcomes),
		Reference:     replayReference,
		ReadTimestamp: snap.ParseTimestamp,
		Tokens:        aspi.TokenLives,
		Statuses:      statuses,
		Notice:        &notice,
		MaxImage:      2000,
		Operations:    []dialect.Operation{generate(), order(), query(), cancel(), refund()},
	}
}

// outcomes is what the document answers differently from the standard.
var outcomes = map[pay.Kind]dialect.Outcome{
	pay.PartnerSuspended:    {Case: snap.CaseDoNotHonor},
	pay.ForbiddenAPI:        {Case: snap.CaseTransactionNotPermitted, Message: "Transaction Not Permitted. The API is outside the agreement"},
	pay.NotPermitted:        {Case: snap.CaseTransactionNotPermitted},
	pay.MerchantSuspended:   {Case: snap.CaseInvalidMerchant},
	pay.MerchantBlacklisted: {Case: snap.CaseInvalidMerchant},
	pay.TerminalUnknown:     {Case: snap.CaseDoNotHonor},
	pay.OverMerchantLimit:   {Case: snap.CaseExceedsAmountLimit},
	pay.OverRefund:          {Case: snap.CaseExceedsAmountLimit},
	pay.RefundLate:          {Case: snap.CaseTransactionNotPermitted},
	pay.RefundPartial:       {Case: snap.CaseTransactionNotPermitted},
}

// statuses are DANA's words; the text is also the acquirementStatus. An order
// that was refunded stays paid, and its answer says how much went back.
var statuses = map[pay.Status]dialect.Word{
	pay.StatusPaid:      {Code: "00", Text: "SUCCESS"},
	pay.StatusRefunded:  {Code: "00", Text: "SUCCESS"},
	pay.StatusInitiated: {Code: "01", Text: "INIT"},
	pay.StatusCancelled: {Code: "05", Text: "CANCELLED"},
	pay.StatusExpired:   {Code: "05", Text: "CLOSED"},
}

// replayReference: "when retrying, use the same partnerReferenceNo". The same
// request gets the first answer, another is 4044718. X-EXTERNAL-ID is not
// looked at: the document lists no code for it.
var replayReference = dialect.Rule{
	Remember: true,
	Same:     dialect.Repeat{Replay: true}, Other: dialect.Repeat{Kind: pay.Inconsistent},
}

func generate() dialect.Operation {
	do, replay := aspi.Generating(knownSubMerchant, aspi.Generated)
	return dialect.Operation{
		Name: "generate", Service: snap.ServiceGenerate, Paths: []string{"/v1.0/qr/qr-mpm-generate.htm"},
		Auth: dialect.AuthAsymmetric, Headers: aspi.AsymmetricHeaders,
		Body:       generateBody,
		Reply:      generateReplyRows,
		Success:    dialect.Outcome{Case: snap.CaseSuccessful},
		Validity:   dialect.Validity{Field: "validityPeriod", Default: aspi.DefaultValidity},
		Names:      amountNames,
		Identifier: dialect.CodeRef,
		Trigger:    "partnerReferenceNo",
		Samples: []dialect.Sample{
			{Field: "amount.value", Value: "12345678.00", Waive: dialect.WaiveAmountLimit, About: "over the limit of Rp 10,000,000 a transaction"},
			{Field: "validityPeriod", Value: "2020-12-23T08:31:11+07:00", Waive: dialect.WaiveValidity, About: "the moment of the request itself, in 2020"},
		},
		Codes:  generateCodes,
		Do:     do,
		Replay: replay,
	}
}

// bareDenial: of orders that exist already the documents answer what an
// agreement leaves out with the message of the case alone.
var bareDenial = map[pay.Kind]dialect.Outcome{pay.ForbiddenAPI: {Case: snap.CaseTransactionNotPermitted}}

// order is CreateOrder of the payment gateway (54), through which DANA's own
// clients make a code.
func order() dialect.Operation {
	do, replay := aspi.Generating(ordering, ordered)
	return dialect.Operation{
		Name: "order", Service: snap.ServiceDebitPayment,
		Paths: []string{"/payment-gateway/v1.0/debit/payment-host-to-host.htm", "/v1.0/debit/payment-host-to-host.htm"},
		Auth:  dialect.AuthAsymmetric, Headers: aspi.AsymmetricHeaders,
		Body:       orderBody,
		Reply:      orderReplyRows,
		Success:    dialect.Outcome{Case: snap.CaseSuccessful},
		Outcomes:   bareDenial,
		Validity:   dialect.Validity{Field: "validUpTo", Max: longestOrder, Sandbox: aspi.DefaultValidity, Default: aspi.DefaultValidity},
		Names:      amountNames,
		Identifier: dialect.CodeRef,
		Trigger:    "partnerReferenceNo",
		Codes:      aspi.Codes(snap.ServiceDebitPayment, commonLines, orderLines),
		Do:         do,
		Replay:     replay,
	}
}

// longestOrder: validUpTo "cannot be more than one week in the future", and in
// the sandbox no more than 30 minutes.
const longestOrder = 7 * 24 * time.Hour

// query is the status of an order (55). Its documents list neither 403 nor
// 404 but for an order that does not exist.
func query() dialect.Operation {
	return dialect.Operation{
		Name: "query", Service: snap.ServiceDebitStatus, Reads: true,
		Paths: []string{"/v1.0/debit/status.htm", "/rest/v1.1/debit/status", "/payment-gateway/v1.0/debit/status.htm"},
		Auth:  dialect.AuthAsymmetric, Headers: aspi.AsymmetricHeaders,
		Body:    queryBody,
		Reply:   queryReplyRows,
		Success: dialect.Outcome{Case: snap.CaseSuccessful},
		Outcomes: map[pay.Kind]dialect.Outcome{
			pay.ForbiddenAPI:     {Case: snap.CaseUnauthorized, Message: "Unauthorized. The API is outside the agreement"},
			pay.PartnerSuspended: {Case: snap.CaseUnauthorized, Message: "Unauthorized. The partner is suspended"},
			pay.MerchantUnknown:  {Case: snap.CaseTransactionNotFound},
		},
		Names:    amountNames,
		Trigger:  aspi.OriginalPartnerRef.Name,
		Triggers: []dialect.Magic{{Field: "serviceCode", Value: "AZ", Code: "5005501"}},
		Codes:    aspi.Codes(snap.ServiceDebitStatus, commonLines, queryLines),
		Do:       asked,
	}
}

// cancel takes an unpaid order out of use (57).
func cancel() dialect.Operation {
	do, replay := aspi.Cancelling(aspi.Cancelled)
	return dialect.Operation{
		Name: "cancel", Service: snap.ServiceDebitCancel,
		Paths: []string{"/v1.0/debit/cancel.htm", "/payment-gateway/v1.0/debit/cancel.htm"},
		Auth:  dialect.AuthAsymmetric, Headers: aspi.AsymmetricHeaders,
		Body:     cancelBody,
		Reply:    aspi.CancelReplyRows,
		Success:  dialect.Outcome{Case: snap.CaseSuccessful, Message: "Success"},
		Outcomes: bareDenial,
		Names:    amountNames,
		Trigger:  aspi.OriginalPartnerRef.Name,
		Codes:    aspi.Codes(snap.ServiceDebitCancel, commonLines, cancelLines),
		Do:       do,
		Replay:   replay,
	}
}

// refund gives back a part of a payment or all of it (58), once for each
// partnerRefundNo.
func refund() dialect.Operation {
	do, replay := aspi.Refunding(aspi.Returned)
	return dialect.Operation{
		Name: "refund", Service: snap.ServiceDebitRefund,
		Paths: []string{"/v1.0/debit/refund.htm", "/payment-gateway/v1.0/debit/refund.htm"},
		Auth:  dialect.AuthAsymmetric, Headers: aspi.AsymmetricHeaders,
		Body:       refundBody,
		Reply:      refundReplyRows,
		Success:    dialect.Outcome{Case: snap.CaseSuccessful},
		Outcomes:   bareDenial,
		Names:      map[string]string{"refundAmount.value": "refundAmount", "refundAmount.currency": "refundAmount"},
		Identifier: dialect.RefundRef,
		Trigger:    aspi.OriginalPartnerRef.Name,
		Triggers:   refundMagic,
		Codes:      aspi.Codes(snap.ServiceDebitRefund, commonLines, refundLines),
		Do:         do,
		Replay:     replay,
	}
}

// refundMagic are the amounts by which DANA's own suite asks for answers: most
// are the code without the middle digit of its status.
var refundMagic = []dialect.Magic{
	{Field: "refundAmount.value", Value: "225800.00", Code: "2025800"}, // in progress
	{Field: "refundAmount.value", Value: "435814.00", Code: "4035814"}, // the merchant's balance
	{Field: "refundAmount.value", Value: "435815.00", Code: "4035815"}, // not in the agreement
	{Field: "refundAmount.value", Value: "435816.00", Code: "4035815"}, // after the refund window
	{Field: "refundAmount.value", Value: "435817.00", Code: "4035815"}, // refunded before
	{Field: "refundAmount.value", Value: "445808.00", Code: "4045808"}, // the merchant's status
	{Field: "refundAmount.value", Value: "505801.00", Code: "5005801"}, // timeout
}
