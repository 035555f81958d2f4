// Package dana is SNAP QRIS as the DANA document "Generate QRIS" prints it:
// asymmetric signatures without a token, and safe retries by
// partnerReferenceNo.
package dana

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Dialect is DANA's.
func Dialect() dialect.Dialect {
	return dialect.Dialect{
		Name:          "dana",
		Title:         "DANA",
		Document:      "DANA, Generate QRIS",
		Outcomes:      dialect.Amend(aspi.Outcomes, outcomes),
		Reference:     replayReference,
		ReadTimestamp: snap.ParseTimestamp,
		Tokens:        aspi.TokenLives,
		MaxImage:      2000,
		Operations:    []dialect.Operation{generate()},
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

var terminals = []string{"APP", "WEB", "WAP", "SYSTEM"}

var generateBody = aspi.Rows(
	[]field.Row{
		{Name: "merchantId", Need: field.Mandatory, Min: 1, Max: 64, About: "the merchant"},
		{Name: "subMerchantId", Min: 1, Max: 32, About: "the externalDivisionId of a registered division"},
		{Name: "storeId", Need: field.Mandatory, Min: 1, Max: 64, About: "the shop, in the merchant's own words"},
		{Name: "terminalId", Min: 1, Max: 16, About: "the terminal"},
		{Name: "partnerReferenceNo", Need: field.Mandatory, Min: 1, Max: 25, About: "the partner's reference; the same when retrying"},
	},
	namedAmount("amount", field.Mandatory, "what is to be paid"),
	namedAmount("feeAmount", field.Optional, "the fee"),
	[]field.Row{
		{Name: "validityPeriod", Max: 25, Format: field.Timestamp, About: "when the code ends, in Jakarta time"},
		{Name: "additionalInfo", Kind: field.Object, About: "more about the request"},
		{Name: "additionalInfo.terminalSource", Min: 1, Max: 5, About: "type of the source terminal"},
		{Name: "additionalInfo.envInfo", Kind: field.Object, Need: field.Mandatory, About: "the environment"},
		envText("sessionId", 128, "session"),
		envText("tokenId", 128, "token"),
		envText("websiteLanguage", 16, "language of the page"),
		envText("clientIp", 32, "address of the client"),
		envText("osType", 128, "operating system"),
		envText("appVersion", 128, "version of the app"),
		envText("sdkVersion", 128, "version of the SDK"),
		envEnum("sourcePlatform", []string{"IPG"}, "IPG: independent payment gateway"),
		envEnum("orderTerminalType", terminals, "APP, WEB, WAP or SYSTEM"),
		envEnum("terminalType", terminals, "APP, WEB, WAP or SYSTEM"),
		envText("orderOsType", 128, "operating system of the order"),
		envText("merchantAppVersion", 128, "version of the merchant's app"),
		envText("extendInfo", 4096, "more, as JSON in a string"),
	})

// amountNames are DANA's names of what the amounts can be refused for beyond
// their form.
var amountNames = map[string]string{
	"amount.value": "amount", "amount.currency": "amount", "feeAmount.value": "feeAmount", "feeAmount.currency": "feeAmount",
}

// namedAmount is an amount whose faults carry the object's name, as DANA
// answers them.
func namedAmount(name string, need field.Need, about string) []field.Row {
	rows := aspi.Money(name, need, about)
	for i := range rows {
		rows[i].As = name
	}
	return rows
}

const env = "additionalInfo.envInfo."

func envText(name string, limit int, about string) field.Row {
	return field.Row{Name: env + name, Min: 1, Max: limit, About: about}
}

func envEnum(name string, values []string, about string) field.Row {
	return field.Row{Name: env + name, Need: field.Mandatory, Min: 1, Max: 32, Enum: values, About: about}
}

var generateReplyRows = aspi.Rows(aspi.StatusRows, []field.Row{
	{Name: "referenceNo", Max: 64, About: "DANA's reference"},
	{Name: "partnerReferenceNo", Need: field.Mandatory, Min: 1, Max: 64, About: "the partner's reference"},
	{Name: "qrContent", Need: field.Conditional, Min: 1, Max: 512, About: "the payload; present on success"},
	{Name: "qrUrl", Min: 1, Max: 256, About: "where the image is served"},
	{Name: "qrImage", Max: 2000, About: "the image, base64"},
	{Name: "redirectUrl", Min: 1, Max: 512, About: "where a person pays the code"},
	{Name: "merchantName", Min: 1, Max: 64, About: "the merchant's name"},
	{Name: "storeId", Need: field.Mandatory, Min: 1, Max: 64, About: "the shop"},
	{Name: "terminalId", Max: 16, About: "the terminal"},
	{Name: "additionalInfo", Kind: field.Object, About: "empty"},
})

var generateCodes = []dialect.Code{
	{Code: "2004700", Message: "Successful", Reach: dialect.BySuccess, Cause: "processed"},
	{Code: "4004700", Message: "Bad Request", Reach: dialect.ByBadBody, Cause: "general failure of the request"},
	{Code: "4004701", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField, Cause: "a field's form is wrong"},
	{Code: "4004702", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField, Cause: "a mandatory field is missing"},
	{Code: "4014700", Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature, Cause: "not authorised"},
	{Code: "4034702", Message: "Exceeds Transaction Amount Limit", Reach: dialect.ByAmountLimit, Cause: "over the limit of a transaction"},
	{Code: "4034705", Message: "Do Not Honor", Reach: dialect.ByClosedOutlet, Cause: "abnormal status"},
	{Code: "4034715", Message: "Transaction Not Permitted. The API is outside the agreement", Reach: dialect.ByDenied, Cause: "not permitted"},
	{Code: "4044708", Message: "Invalid Merchant", Reach: dialect.ByNoMerchant, Cause: "no such merchant, or its status is abnormal"},
	{Code: "4044718", Message: "Inconsistent Request", Reach: dialect.ByInconsistent, Cause: "same partnerReferenceNo, other request"},
	{Code: "4294700", Message: "Too Many Requests", Reach: dialect.ByRate, Cause: "too many requests"},
	{Code: "5004700", Message: "General Error", Reach: dialect.ByTrigger, Cause: "general error, not to be retried"},
	{Code: "5004701", Message: "Internal Server Error", Reach: dialect.ByTrigger, Cause: "unknown failure: retry"},
}
