package qoin

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// sampleHeaders are printed in the document.
var sampleHeaders = map[string]string{
	"Content-Type":  "application/json",
	"Authorization": "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6It9pE72h1M4cdIEkoG0xSuNSJGptEMnlG2GgifWhWDpLDeGvcUh",
	"X-TIMESTAMP":   "2022-08-24 11:14:17",
	"X-SIGNATURE":   "tmVw6o0TJRQCiEjuOdf6/jaX261ronRwMBNGzfoW7K2ERS52sFlVnaE2MtgDS/UpMtGSbIpC+gQv0j72HWb0iA==",
	"X-PARTNER-ID":  "p00cb12g-w04q-42bb-l2de-e3enf4f487ce3",
	"X-EXTERNAL-ID": "23456789012345",
	"CHANNEL-ID":    "98765",
}

const (
	o = field.Optional
	m = field.Mandatory
	c = field.Conditional
)

func TestDialectIsComplete(t *testing.T) {
	dialecttest.Complete(t, Dialect(), map[string][]string{
		"token":    {"/ordersnap/api/v1.0/access-token/b2b"},
		"generate": {"/ordersnap/api/v1.0/qr/qr-mpm-generate"},
		"query":    {"/ordersnap/api/v1.0/qr/qr-mpm-query"},
	})
}

func TestGenerateHasTheDocumentsLines(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "partnerReferenceNo", Need: m, Max: 36},
		{Name: "amount", Need: m}, {Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3},
		{Name: "merchantId", Need: o, Max: 64}, {Name: "storeId", Need: o, Max: 16}, {Name: "validityPeriod", Need: m, Max: 25},
		{Name: "additionalInfo", Need: m}, {Name: "additionalInfo.acquirer", Need: m},
		{Name: "additionalInfo.items", Need: m}, {Name: "additionalInfo.items[].id", Need: m},
		{Name: "additionalInfo.items[].name", Need: m}, {Name: "additionalInfo.items[].quantity", Need: m},
		{Name: "additionalInfo.items[].price", Need: m}, {Name: "additionalInfo.items[].price.value", Need: m},
		{Name: "additionalInfo.items[].price.currency", Need: m}, {Name: "additionalInfo.customerDetails", Need: m},
		{Name: "additionalInfo.customerDetails.email", Need: m}, {Name: "additionalInfo.customerDetails.firstName", Need: m},
		{Name: "additionalInfo.customerDetails.lastName", Need: m}, {Name: "additionalInfo.customerDetails.phone", Need: m},
	})
	dialecttest.Lines(t, op.Reply, []dialecttest.Line{
		{Name: "additionalInfo", Need: m}, {Name: "additionalInfo.acquirer", Need: m},
		{Name: "additionalInfo.amount", Need: m}, {Name: "additionalInfo.amount.currency", Need: m, Max: 3}, {Name: "additionalInfo.amount.value", Need: m, Max: 19},
		{Name: "additionalInfo.createdAt", Need: m}, {Name: "additionalInfo.createdAt.dateTime", Need: m, Max: 25},
		{Name: "merchantName", Need: o, Max: 25}, {Name: "partnerReferenceNo", Need: o, Max: 36}, {Name: "qrContent", Need: c, Max: 512},
		{Name: "qrImage", Need: o}, {Name: "qrUrl", Need: o}, {Name: "referenceNo", Need: o, Max: 64},
		{Name: "responseCode", Need: m, Max: 7}, {Name: "responseMessage", Need: m, Max: 150}, {Name: "storeId", Need: o}, {Name: "terminalId", Need: o},
	})
}

func TestSamplesArePrinted(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Samples(t, op, dialecttest.Read(t, "generate.request.json"))
	dialecttest.Sample(t, op.Reply, dialecttest.Read(t, "generate.response.json"))
}

func TestRowsRefuse(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	full := dialecttest.Read(t, "generate.request.json")
	for path, value := range map[string]any{
		"merchantId": "m", "storeId": "s", "terminalId": "t", "subMerchantId": "d",
		"feeAmount": map[string]any{"value": "0.00", "currency": "IDR"},
	} {
		full = dialecttest.Edited(t, full, path, value)
	}
	dialecttest.Body(t, op.Body, full)
}

// TestSampleIsThePrintedOne pins the bytes that clients hash and sign.
func TestSampleIsThePrintedOne(t *testing.T) {
	got := dialecttest.Digest(t, dialecttest.Read(t, "generate.request.json"))
	if want := "7122eca5fefbc3c41934e8541a7c789c99cb61beda65d9ec94bbfafe56694b52"; got != want {
		t.Errorf("the minified sample hashes to %s, want %s", got, want)
	}
}

func TestCodesAreTheDocuments(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Codes(t, op,
		"2004700 Successful",
		"4004700 X-TIMESTAMP is not valid",
		"4004701 Invalid Field Format {field}",
		"4004702 Invalid Mandatory Field {field}",
		"4014700 Unauthorized. [Invalid Signature]",
		"4044708 Invalid Merchant",
		"4094701 Duplicate partnerReferenceNo",
		"5004701 Internal server error")
}

// never are the kinds that generate cannot raise: this dialect's rules refuse
// no X-EXTERNAL-ID and no other request, every code here is dynamic, there is
// no customer token, and the rest belongs to payments, lists and to what exists
// already.
var never = []pay.Kind{
	pay.NotRouted, pay.ExternalIDUsed, pay.Inconsistent, pay.NotPermitted, pay.InvalidCustomer, pay.CustomerNotFound,
	pay.OverPayerLimit, pay.AmountMismatch, pay.BadPayload, pay.Unroutable,
	pay.CodeUnknown, pay.CodeExpired, pay.CodeCancelled, pay.CodePaid, pay.NothingOnDate,
	pay.PayerUnknown, pay.PayerDormant, pay.PayerBlocked, pay.InsufficientFunds, pay.BadGrant,
	pay.WrongState, pay.OverRefund, pay.Refunded, pay.RefundLate, pay.RefundPartial, pay.OverTerminals,
}

// outside are the two kinds that the document has nothing for.
var outside = []pay.Kind{pay.NotSupported, pay.RateLimited}

func TestEveryAnswerIsListed(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Documented(t, d, op, dialecttest.KindsBut(slices.Concat(never, outside)...)...)
}

func TestAnswersOfKinds(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Refusals(t, d, op, map[*pay.Error]string{
		pay.Refuse(pay.BadRequest, "why"):                        "4004701 Invalid Field Format",
		pay.Refuse(pay.BadTimestamp, "why"):                      "4004700 X-TIMESTAMP is not valid",
		pay.Refuse(pay.UnknownClient, "why"):                     "4014700 Unauthorized. [Unknown Client]",
		pay.Refuse(pay.InvalidToken, "why"):                      "4014700 Unauthorized. [Invalid Token (B2B)]",
		pay.Refuse(pay.TokenNotFound, "why"):                     "4014700 Unauthorized. [Invalid Token (B2B)]",
		pay.Refuse(pay.ForbiddenAPI, "why"):                      "4014700 Unauthorized. [Connection not allowed]",
		pay.Refuse(pay.PartnerSuspended, "why"):                  "4014700 Unauthorized. [Connection not allowed]",
		pay.Refuse(pay.MerchantInactive, "why"):                  "4044708 Invalid Merchant",
		pay.Refuse(pay.MerchantSuspended, "why"):                 "4044708 Invalid Merchant",
		pay.Refuse(pay.MerchantBlacklisted, "why"):               "4044708 Invalid Merchant",
		pay.RefuseField(pay.OverTransactionMax, "amount", "why"): "4004701 Invalid Field Format amount.value",
		pay.Refuse(pay.Internal, "why"):                          "5004701 Internal server error",
	})
}

// TestRepeats: a partnerReferenceNo is good once, and nothing else is looked at.
func TestRepeats(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Repeats(t, d, op, [2]string{dialecttest.Ignored, dialecttest.Ignored}, [2]string{"4094701", "4094701"})
}

// Among the headers is a partner's id of 37 characters.
func TestHeaderRowsRefuse(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.PrintedHeaders(t, op.Headers, sampleHeaders)
}

func TestTimestampForms(t *testing.T) {
	d := Dialect()
	want := time.Date(2022, 8, 24, 11, 14, 17, 0, snap.Jakarta)
	for _, op := range d.Operations {
		for _, text := range []string{"2022-08-24 11:14:17", "2022-08-24T11:14:17+07:00", "20220824T11:14:17+07:00", "2022-08-24T04:14:17.000Z"} {
			sent := dialecttest.Sent(sampleHeaders, "X-TIMESTAMP", text, "X-CLIENT-KEY", "client")
			if fault, _ := field.CheckHeaders(op.Headers, sent, true); fault != nil && fault.Field == snap.HeaderTimestamp {
				t.Errorf("%s: %v", op.Name, fault)
			}
			if at, err := d.ReadTimestamp(text); err != nil || !at.Equal(want) {
				t.Errorf("%q is read as %v, %v", text, at, err)
			}
		}
		for _, text := range []string{"2022-08-24", "2022-08-24 25:14:17", "2022-08-24T11:14:17", "yesterday"} {
			sent := dialecttest.Sent(sampleHeaders, "X-TIMESTAMP", text, "X-CLIENT-KEY", "client")
			fault, _ := field.CheckHeaders(op.Headers, sent, false)
			if fault == nil || fault.Missing || fault.Field != snap.HeaderTimestamp {
				t.Errorf("%s with %q: %v", op.Name, text, fault)
			}
		}
	}
}

func TestTimestampPattern(t *testing.T) {
	pattern := regexp.MustCompile(timestamp.Format.Pattern)
	for text, want := range map[string]bool{
		"2022-08-24 11:14:17": true, "20220824T11:14:17+07:00": true, "2022-08-24T11:14:17.5Z": true,
		"2022-08-24": false, "x20220824T11:14:17+07:00": false, "2022-08-24 11:14:17+07:00": false,
	} {
		if got := pattern.MatchString(text); got != want || got != timestamp.Format.Check(text) {
			t.Errorf("%q: the pattern says %v, the check %v", text, got, timestamp.Format.Check(text))
		}
	}
}
