package midtrans

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// sampleHeaders are printed in the document.
var sampleHeaders = map[string]string{
	"Content-Type":  "application/json",
	"X-TIMESTAMP":   "2024-03-19T14:30:00+07:00",
	"X-SIGNATURE":   "da1fa417c72d6b91c257e01e54fac824",
	"Authorization": "Bearer gp9HjjEj813Y9JGoqwOeOPWbnt4CupvIJbU1Mmu4a11MNDZ7Sg5u9a",
	"X-PARTNER-ID":  "BMRI",
	"X-EXTERNAL-ID": "12345678901234567890",
	"CHANNEL-ID":    "12345",
}

const (
	o = field.Optional
	m = field.Mandatory
	c = field.Conditional
)

func TestDialectIsComplete(t *testing.T) {
	d := Dialect()
	dialecttest.Complete(t, d, map[string][]string{
		"token": {"/v1.0/access-token/b2b"}, "generate": {"/v1.0/qr/qr-mpm-generate"},
		"query": {"/v1.0/qr/qr-mpm-query"}, "cancel": {"/v1.0/qr/qr-mpm-cancel"}, "refund": {"/v1.0/qr/qr-mpm-refund"},
	})
	if !d.AnyPartnerID {
		t.Error("X-PARTNER-ID is held to the partner")
	}
}

func TestGenerateHasTheDocumentsLines(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "partnerReferenceNo", Need: o, Max: 36},
		{Name: "amount", Need: o}, {Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3},
		{Name: "merchantId", Need: o, Max: 64}, {Name: "subMerchantId", Need: o, Max: 32}, {Name: "storeId", Need: o, Max: 64},
		{Name: "validityPeriod", Need: o, Max: 25}, {Name: "terminalId", Need: o, Max: 16},
		{Name: "additionalInfo", Need: o}, {Name: "additionalInfo.acquirer", Need: o},
	})
	dialecttest.Lines(t, op.Reply, []dialecttest.Line{
		{Name: "responseCode", Need: m, Max: 7}, {Name: "responseMessage", Need: m, Max: 150},
		{Name: "referenceNo", Need: o, Max: 64}, {Name: "partnerReferenceNo", Need: o, Max: 36}, {Name: "qrContent", Need: c, Max: 512},
		{Name: "qrUrl", Need: o, Max: 256}, {Name: "qrImage", Need: o}, {Name: "merchantName", Need: o, Max: 25},
		{Name: "storeId", Need: o, Max: 64}, {Name: "terminalId", Need: o, Max: 16},
		{Name: "additionalInfo", Need: o}, {Name: "additionalInfo.acquirer", Need: o},
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
		"storeId": "s", "subMerchantId": "d", "additionalInfo.items[].merchantName": "m",
		"feeAmount": map[string]any{"value": "0.00", "currency": "IDR"},
	} {
		full = dialecttest.Edited(t, full, path, value)
	}
	dialecttest.Body(t, op.Body, full)
}

func TestHeaderRowsRefuse(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.PrintedHeaders(t, op.Headers, sampleHeaders)
}

// TestEveryPrintedMemberHasARow covers the members that only the samples have.
func TestEveryPrintedMemberHasARow(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Rowed(t, op.Body, dialecttest.Read(t, "generate.request.json"))
	dialecttest.Rowed(t, op.Reply, dialecttest.Read(t, "generate.response.json"))
}

// TestSampleIsThePrintedOne pins the bytes that clients hash and sign, among
// them the no-break space in the e-mail.
func TestSampleIsThePrintedOne(t *testing.T) {
	body := dialecttest.Read(t, "generate.request.json")
	if !strings.Contains(string(body), "[email\u00a0protected]") {
		t.Error("the e-mail has lost its no-break space")
	}
	if got, want := dialecttest.Digest(t, body), "7cfca44b63ec04388f2d121f60bafaeb76f53ebe6e6effb5193baeefc6a6c866"; got != want {
		t.Errorf("the minified sample hashes to %s, want %s", got, want)
	}
}

func TestCodesAreTheDocuments(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Codes(t, op, strings.Fields(`2004700 2024700 4004700 4004701 4004702 4014700 4014701 4014703
		4034700 4034701 4034702 4034703 4034704 4034705 4034709 4034714 4034715 4034716 4034718 4034719 4034720 4034722 4034723
		4044700 4044701 4044702 4044704 4044708 4044710 4044713 4044717 4044718 4054700 4054701 4094700 4094701 4294700
		5004700 5004701 5004702 5044700`)...)
}

// The document describes its codes and prints no messages.
func TestMessagesAreTheStandards(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	for _, line := range op.Codes {
		c, ok := snap.ResponseCode(line.Code).Case()
		if want := messageOf(c); !ok || line.Message != want {
			t.Errorf("%s says %q, want %q", line.Code, line.Message, want)
		}
	}
}

// messageOf is the standard's message with what the answer adds to it. The
// sample's success is the one message that the document prints.
func messageOf(c snap.Case) string {
	switch c {
	case snap.CaseSuccessful:
		return "Request has been processed successfully"
	case snap.CaseInvalidFieldFormat, snap.CaseInvalidMandatoryField:
		return c.With("{field}")
	case snap.CaseUnauthorized:
		return c.With("Invalid Signature")
	}
	return c.Message
}

// never are the kinds that generate cannot raise: they belong to customer
// tokens, payments, lists and to what exists already.
var never = []pay.Kind{
	pay.InvalidCustomer, pay.CustomerNotFound, pay.OverPayerLimit, pay.AmountMismatch, pay.BadPayload, pay.Unroutable,
	pay.CodeUnknown, pay.CodeExpired, pay.CodeCancelled, pay.CodePaid, pay.NothingOnDate,
	pay.PayerUnknown, pay.PayerDormant, pay.PayerBlocked, pay.InsufficientFunds, pay.BadGrant,
	pay.WrongState, pay.OverRefund, pay.Refunded, pay.RefundLate, pay.RefundPartial, pay.OverTerminals,
}

func TestEveryAnswerIsListed(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Documented(t, d, op, dialecttest.KindsBut(never...)...)
}

// TestRepeats holds the rules to the document: a retry is safe with the same
// X-EXTERNAL-ID and body only.
func TestRepeats(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Repeats(t, d, op, [2]string{dialecttest.Replayed, "4094700"}, [2]string{"4094701", "4094701"})
}

// TestHeaderForms are what Midtrans's own clients send.
func TestHeaderForms(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	for about, c := range map[string]struct {
		name, value string
		fault       bool
		warnings    int
	}{
		"Node's time":        {"X-TIMESTAMP", "2024-03-05T10:37:16.196Z", false, 0},
		"Java's time":        {"X-TIMESTAMP", "2024-03-05T10:37:16.196283917Z", false, 0},
		"ten digits":         {"X-TIMESTAMP", "2024-03-05T10:37:16.1962839170Z", true, 0},
		"no zone":            {"X-TIMESTAMP", "2024-03-05T10:37:16", true, 0},
		"Java's type":        {"Content-Type", "application/json; charset=utf-8", false, 0},
		"a form":             {"Content-Type", "application/x-www-form-urlencoded", true, 0},
		"a UUID":             {"X-EXTERNAL-ID", "3e25960a-79db-4bd7-8a4d-3e1d0e9f1d1a", false, 0},
		"a time as id":       {"X-EXTERNAL-ID", "2024-05-15T06:56:02.642Z", false, 1},
		"three digits":       {"CHANNEL-ID", "123", false, 1},
		"a channel's name":   {"CHANNEL-ID", "PARTNER-SERVER", false, 1},
		"any partner at all": {"X-PARTNER-ID", "anything", false, 0},
	} {
		fault, warnings := field.CheckHeaders(op.Headers, dialecttest.Sent(sampleHeaders, c.name, c.value), false)
		if (fault != nil) != c.fault || len(warnings) != c.warnings {
			t.Errorf("%s: %v %v", about, fault, warnings)
		}
	}
}
