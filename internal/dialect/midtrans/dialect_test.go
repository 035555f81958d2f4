package midtrans

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
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

func TestTables(t *testing.T) {
	d := Dialect()
	op := d.Operation("generate")
	checkTable(t, []documented{
		{"partnerReferenceNo", field.Optional, 36},
		{"amount", field.Optional, 0}, {"amount.value", field.Mandatory, 19}, {"amount.currency", field.Mandatory, 3},
		{"merchantId", field.Optional, 64}, {"subMerchantId", field.Optional, 32}, {"storeId", field.Optional, 64},
		{"validityPeriod", field.Optional, 25}, {"terminalId", field.Optional, 16},
		{"additionalInfo", field.Optional, 0}, {"additionalInfo.acquirer", field.Optional, 0},
	}, op.Body)
	checkTable(t, []documented{
		{"responseCode", field.Mandatory, 7}, {"responseMessage", field.Mandatory, 150},
		{"referenceNo", field.Optional, 64}, {"partnerReferenceNo", field.Optional, 36}, {"qrContent", field.Conditional, 512},
		{"qrUrl", field.Optional, 256}, {"qrImage", field.Optional, 0}, {"merchantName", field.Optional, 25},
		{"storeId", field.Optional, 64}, {"terminalId", field.Optional, 16},
		{"additionalInfo", field.Optional, 0}, {"additionalInfo.acquirer", field.Optional, 0},
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

// TestEveryPrintedMemberHasARow covers the members that only the samples have.
func TestEveryPrintedMemberHasARow(t *testing.T) {
	d := Dialect()
	op := d.Operation("generate")
	for name, rows := range map[string][]field.Row{"generate.request.json": op.Body, "generate.response.json": op.Reply} {
		for _, member := range paths(parse(t, read(t, name)), "") {
			path, _, _ := strings.Cut(member, " ")
			path = strings.ReplaceAll(path, ".[]", "[]")
			if !slices.ContainsFunc(rows, func(r field.Row) bool { return r.Name == path }) {
				t.Errorf("%s: %s has no row", name, path)
			}
		}
	}
}

// TestSampleIsThePrintedOne pins the bytes that clients hash and sign, among
// them the no-break space in the e-mail.
func TestSampleIsThePrintedOne(t *testing.T) {
	body := read(t, "generate.request.json")
	if !strings.Contains(string(body), "[email\u00a0protected]") {
		t.Error("the e-mail has lost its no-break space")
	}
	compact, err := snap.Compact(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(compact)
	if got, want := hex.EncodeToString(sum[:]), "7cfca44b63ec04388f2d121f60bafaeb76f53ebe6e6effb5193baeefc6a6c866"; got != want {
		t.Errorf("the minified sample hashes to %s, want %s", got, want)
	}
}

// TestList holds the codes to the document's list, in its order, and the
// messages to the standard's.
func TestList(t *testing.T) {
	list := strings.Fields(`2004700 2024700 4004700 4004701 4004702 4014700 4014701 4014703
		4034700 4034701 4034702 4034703 4034704 4034705 4034709 4034714 4034715 4034716 4034718 4034719 4034720 4034722 4034723
		4044700 4044701 4044702 4044704 4044708 4044710 4044713 4044717 4044718 4054700 4054701 4094700 4094701 4294700
		5004700 5004701 5004702 5044700`)
	d := Dialect()
	codes := d.Operation("generate").Codes
	if len(codes) != len(list) {
		t.Fatalf("%d codes, the document has %d", len(codes), len(list))
	}
	for i, line := range codes {
		if line.Code != list[i] {
			t.Errorf("line %d is %s, want %s", i, line.Code, list[i])
		}
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
// tokens, payments and lists.
var never = []pay.Kind{
	pay.InvalidCustomer, pay.CustomerNotFound, pay.OverPayerLimit, pay.AmountMismatch, pay.BadPayload, pay.Unroutable,
	pay.CodeUnknown, pay.CodeExpired, pay.CodeCancelled, pay.CodePaid, pay.NothingOnDate,
	pay.PayerUnknown, pay.PayerDormant, pay.PayerBlocked, pay.InsufficientFunds, pay.BadGrant,
}

func TestEveryAnswerIsListed(t *testing.T) {
	d := Dialect()
	op := d.Operation("generate")
	for _, kind := range pay.Kinds() {
		if slices.Contains(never, kind) {
			continue
		}
		o := d.Outcome(op, kind)
		if _, listed := op.Code(o.Case.Code(op.Service)); !listed {
			t.Errorf("kind %d is answered %s %q, which the document does not list", kind, o.Case.Code(op.Service), o.Text("", ""))
		}
	}
}

// TestRepeats holds the rules to the document: a retry is safe with the same
// X-EXTERNAL-ID and body only.
func TestRepeats(t *testing.T) {
	d := Dialect()
	op := d.Operation("generate")
	code := func(r dialect.Repeat) string {
		if r.Replay {
			return "replay"
		}
		return d.Outcome(op, r.Kind).Case.Code(op.Service)
	}
	got := []string{code(d.ExternalID.Same), code(d.ExternalID.Other), code(d.Reference.Same), code(d.Reference.Other)}
	if want := []string{"replay", "4094700", "4094701", "4094701"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if !d.ExternalID.Remember || !d.ExternalID.Daily || !d.Reference.Remember || d.Reference.Daily {
		t.Errorf("X-EXTERNAL-ID is unique in a day and partnerReferenceNo for good: %+v %+v", d.ExternalID, d.Reference)
	}
}

// TestHeaderForms are what Midtrans's own clients send.
func TestHeaderForms(t *testing.T) {
	d := Dialect()
	rows := d.Operation("generate").Headers
	if !d.AnyPartnerID {
		t.Error("X-PARTNER-ID is held to the partner")
	}
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
		fault, warnings := field.CheckHeaders(rows, headers(sampleHeaders, map[string]string{c.name: c.value}), false)
		if (fault != nil) != c.fault || len(warnings) != c.warnings {
			t.Errorf("%s: %v %v", about, fault, warnings)
		}
	}
}
