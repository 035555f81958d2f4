package qoin

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
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

func TestTables(t *testing.T) {
	d := Dialect()
	op := d.Operation("generate")
	checkTable(t, []documented{
		{"partnerReferenceNo", field.Mandatory, 36},
		{"amount", field.Mandatory, 0}, {"amount.value", field.Mandatory, 19}, {"amount.currency", field.Mandatory, 3},
		{"merchantId", field.Optional, 64}, {"storeId", field.Optional, 16}, {"validityPeriod", field.Mandatory, 25},
		{"additionalInfo", field.Mandatory, 0}, {"additionalInfo.acquirer", field.Mandatory, 0},
		{"additionalInfo.items", field.Mandatory, 0}, {"additionalInfo.items[].id", field.Mandatory, 0},
		{"additionalInfo.items[].name", field.Mandatory, 0}, {"additionalInfo.items[].quantity", field.Mandatory, 0},
		{"additionalInfo.items[].price", field.Mandatory, 0}, {"additionalInfo.items[].price.value", field.Mandatory, 0},
		{"additionalInfo.items[].price.currency", field.Mandatory, 0}, {"additionalInfo.customerDetails", field.Mandatory, 0},
		{"additionalInfo.customerDetails.email", field.Mandatory, 0}, {"additionalInfo.customerDetails.firstName", field.Mandatory, 0},
		{"additionalInfo.customerDetails.lastName", field.Mandatory, 0}, {"additionalInfo.customerDetails.phone", field.Mandatory, 0},
	}, op.Body)
	checkTable(t, []documented{
		{"additionalInfo", field.Mandatory, 0}, {"additionalInfo.acquirer", field.Mandatory, 0},
		{"additionalInfo.amount", field.Mandatory, 0}, {"additionalInfo.amount.currency", field.Mandatory, 3}, {"additionalInfo.amount.value", field.Mandatory, 19},
		{"additionalInfo.createdAt", field.Mandatory, 0}, {"additionalInfo.createdAt.dateTime", field.Mandatory, 25},
		{"merchantName", field.Optional, 25}, {"partnerReferenceNo", field.Optional, 36}, {"qrContent", field.Conditional, 512},
		{"qrImage", field.Optional, 0}, {"qrUrl", field.Optional, 0}, {"referenceNo", field.Optional, 64},
		{"responseCode", field.Mandatory, 7}, {"responseMessage", field.Mandatory, 150}, {"storeId", field.Optional, 0}, {"terminalId", field.Optional, 0},
	}, op.Reply)
}

func TestPrintedSamplesPass(t *testing.T) {
	d := Dialect()
	op := d.Operation("generate")
	request := parse(t, read(t, "generate.request.json"))
	if fault, warnings := field.CheckBody(op.Body, request, true); fault != nil || warnings != nil {
		t.Errorf("the request: %v %v", fault, warnings)
	}
	if fault, warnings := field.CheckBody(op.Reply, parse(t, read(t, "generate.response.json")), true); fault != nil || warnings != nil {
		t.Errorf("the response: %v %v", fault, warnings)
	}
	for _, sample := range op.Samples {
		if got := request.Get(sample.Field).Text(); got != sample.Value {
			t.Errorf("%s is %q in the sample, %q in its waiver", sample.Field, got, sample.Value)
		}
	}
}

// TestSampleIsThePrintedOne pins the bytes that clients hash and sign.
func TestSampleIsThePrintedOne(t *testing.T) {
	compact, err := snap.Compact(nil, read(t, "generate.request.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(compact)
	if got, want := hex.EncodeToString(sum[:]), "7122eca5fefbc3c41934e8541a7c789c99cb61beda65d9ec94bbfafe56694b52"; got != want {
		t.Errorf("the minified sample hashes to %s, want %s", got, want)
	}
}

// TestList holds the codes to the document's list, in its order.
func TestList(t *testing.T) {
	list := []struct{ code, message string }{
		{"2004700", "Successful"},
		{"4004700", "X-TIMESTAMP is not valid"},
		{"4004701", "Invalid Field Format"},
		{"4004702", "Invalid Mandatory Field"},
		{"4014700", "Unauthorized. [Invalid Signature]"},
		{"4044708", "Invalid Merchant"},
		{"4094701", "Duplicate partnerReferenceNo"},
		{"5004701", "Internal server error"},
	}
	d := Dialect()
	codes := d.Operation("generate").Codes
	if len(codes) != len(list) {
		t.Fatalf("%d codes, the document has %d", len(codes), len(list))
	}
	for i, want := range list {
		if message := strings.TrimSuffix(codes[i].Message, " {field}"); codes[i].Code != want.code || message != want.message {
			t.Errorf("line %d is %s %q, want %s %q", i, codes[i].Code, message, want.code, want.message)
		}
	}
}

// never are the kinds that generate cannot raise: this dialect's rules refuse
// no X-EXTERNAL-ID and no other request, every code here is dynamic, there is
// no customer token, and the rest belongs to payments and lists.
var never = []pay.Kind{
	pay.NotRouted, pay.ExternalIDUsed, pay.Inconsistent, pay.NotPermitted, pay.InvalidCustomer, pay.CustomerNotFound,
	pay.OverPayerLimit, pay.AmountMismatch, pay.BadPayload, pay.Unroutable,
	pay.CodeUnknown, pay.CodeExpired, pay.CodeCancelled, pay.CodePaid, pay.NothingOnDate,
	pay.PayerUnknown, pay.PayerDormant, pay.PayerBlocked, pay.InsufficientFunds, pay.BadGrant,
}

func TestEveryAnswerIsListed(t *testing.T) {
	d := Dialect()
	op := d.Operation("generate")
	standard := []snap.Case{snap.CaseNotSupported, snap.CaseTooManyRequests} // the document has nothing for these
	for _, kind := range pay.Kinds() {
		o := d.Outcome(op, kind)
		if slices.Contains(never, kind) || slices.Contains(standard, o.Case) {
			continue
		}
		if code := o.Case.Code(op.Service); !slices.ContainsFunc(op.Codes, func(c dialect.Code) bool { return c.Code == code }) {
			t.Errorf("kind %d is answered %s %q, which the document does not list", kind, code, o.Text("", ""))
		}
	}
}

func TestMessages(t *testing.T) {
	d := Dialect()
	op := d.Operation("generate")
	for kind, want := range map[pay.Kind]string{
		pay.BadRequest:          "4004701 Invalid Field Format",
		pay.BadTimestamp:        "4004700 X-TIMESTAMP is not valid",
		pay.UnknownClient:       "4014700 Unauthorized. [Unknown Client]",
		pay.InvalidToken:        "4014700 Unauthorized. [Invalid Token (B2B)]",
		pay.TokenNotFound:       "4014700 Unauthorized. [Invalid Token (B2B)]",
		pay.ForbiddenAPI:        "4014700 Unauthorized. [Connection not allowed]",
		pay.PartnerSuspended:    "4014700 Unauthorized. [Connection not allowed]",
		pay.MerchantInactive:    "4044708 Invalid Merchant",
		pay.MerchantSuspended:   "4044708 Invalid Merchant",
		pay.MerchantBlacklisted: "4044708 Invalid Merchant",
		pay.OverTransactionMax:  "4004701 Invalid Field Format amount.value",
		pay.Internal:            "5004701 Internal server error",
	} {
		o := d.Outcome(op, kind)
		if got := o.Case.Code(op.Service) + " " + o.Text("amount", "why"); got != want {
			t.Errorf("kind %d is %q, want %q", kind, got, want)
		}
	}
}

// TestRepeats: a partnerReferenceNo is good once, and nothing else is looked at.
func TestRepeats(t *testing.T) {
	d := Dialect()
	refused := dialect.Repeat{Kind: pay.ReferenceUsed}
	if want := (dialect.Rule{Remember: true, Same: refused, Other: refused}); d.Reference != want || d.ExternalID != (dialect.Rule{}) {
		t.Errorf("partnerReferenceNo: %+v, X-EXTERNAL-ID: %+v", d.Reference, d.ExternalID)
	}
}

// TestSampleHeadersPassStrictly: among them a partner's id of 37 characters.
func TestSampleHeadersPassStrictly(t *testing.T) {
	d := Dialect()
	if fault, warnings := field.CheckHeaders(d.Operation("generate").Headers, headers(sampleHeaders, nil), true); fault != nil || warnings != nil {
		t.Errorf("%v %v", fault, warnings)
	}
}

func TestTimestampForms(t *testing.T) {
	d := Dialect()
	want := time.Date(2022, 8, 24, 11, 14, 17, 0, snap.Jakarta)
	for _, op := range d.Operations {
		for _, text := range []string{"2022-08-24 11:14:17", "2022-08-24T11:14:17+07:00", "20220824T11:14:17+07:00", "2022-08-24T04:14:17.000Z"} {
			sent := headers(sampleHeaders, map[string]string{"X-TIMESTAMP": text, "X-CLIENT-KEY": "client"})
			if fault, _ := field.CheckHeaders(op.Headers, sent, true); fault != nil && fault.Field == snap.HeaderTimestamp {
				t.Errorf("%s: %v", op.Name, fault)
			}
			if at, err := d.ReadTimestamp(text); err != nil || !at.Equal(want) {
				t.Errorf("%q is read as %v, %v", text, at, err)
			}
		}
		for _, text := range []string{"2022-08-24", "2022-08-24 25:14:17", "2022-08-24T11:14:17", "yesterday"} {
			sent := headers(sampleHeaders, map[string]string{"X-TIMESTAMP": text, "X-CLIENT-KEY": "client"})
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
