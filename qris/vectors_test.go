package qris_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/qris"
)

// vector is a payload of the emv package's testdata.
type vector struct {
	Name, Scheme, Payload string
	ValidCRC              bool
	Verdict               string
}

func load(t testing.TB, file string) []vector {
	t.Helper()
	text, err := os.ReadFile("../emv/testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 30 {
		t.Fatalf("%s has only %d vectors", file, len(vectors))
	}
	return vectors
}

func find(t testing.TB, name string) string {
	t.Helper()
	for _, v := range append(load(t, "public.json"), load(t, "synthetic.json")...) {
		if v.Name == name {
			return v.Payload
		}
	}
	t.Fatalf("no vector is called %q", name)
	return ""
}

const (
	qoin     = "the Qoin document, qr-mpm-generate response"
	printed  = "the Paydia document, qr-mpm-payment request, as printed"
	repaired = "the Paydia document, qr-mpm-payment request, repaired"
)

// negatives says by which code each payload that must be refused is refused.
var negatives = map[string]emv.Code{
	"bad crc":                      emv.CodeCRC,
	"missing crc":                  emv.CodeCRCMissing,
	"trailing junk":                emv.CodeCRCNotLast,
	"00 not first":                 emv.CodeFirstNot00,
	"duplicate tag 59":             emv.CodeDuplicate,
	"length overrun":               emv.CodeOverrun,
	"zero length value":            emv.CodeZeroLength,
	"non-digit length":             emv.CodeBadLength,
	"amount comma":                 emv.CodeAmountFormat,
	"amount zero":                  emv.CodeAmountZero,
	"amount negative":              emv.CodeAmountFormat,
	"amount leading space":         emv.CodeAmountFormat,
	"56 without 55":                emv.CodeTipWithoutIndicator,
	"55=02 without 56":             emv.CodeTipMissingFixed,
	"57=00.00":                     emv.CodeTipPercentRange,
	"01=13":                        emv.CodeInitiationMethod,
	"name 26":                      emv.CodeNameLength,
	"pipe in name":                 qris.CodePipe,
	"criteria XXX":                 qris.CodeCriteria,
	"static without 51":            qris.CodeRepositoryMissing,
	"ID without 61":                qris.CodePostalCodeMissing,
	"currency 840 with country ID": qris.CodeCurrency,
}

// verdict gives the codes of all errors of a text, in order, framing first.
func verdict(text string) (codes []emv.Code) {
	p, err := emv.Parse(text)
	if e, ok := err.(*emv.FramingError); ok {
		return []emv.Code{e.Code}
	}
	for _, f := range qris.Validate(p) {
		if f.Severity == emv.Error {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

func TestSyntheticVectors(t *testing.T) {
	seen := 0
	for _, v := range load(t, "synthetic.json") {
		codes := verdict(v.Payload)
		if v.Verdict != "refuse" {
			if codes != nil {
				t.Errorf("%s: refused by %v", v.Name, codes)
			}
			continue
		}
		seen++
		want, ok := negatives[v.Name]
		if !ok {
			t.Errorf("%s: no code is expected of it", v.Name)
			continue
		}
		// One fault, one code; criteria stand in two accounts.
		for _, code := range codes {
			if code != want {
				t.Errorf("%s: refused by %v, want %s alone", v.Name, codes, want)
			}
		}
		if len(codes) == 0 {
			t.Errorf("%s: accepted", v.Name)
		}
	}
	if seen != len(negatives) {
		t.Errorf("%d of %d negatives were seen", seen, len(negatives))
	}
}

func TestLowerCaseCRCIsAWarning(t *testing.T) {
	text := find(t, "lower-case crc hex (accept or reject: spec silent)")
	p, err := emv.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	findings := qris.Validate(p)
	if len(findings) != 1 || findings[0].Code != emv.CodeCRCLowerCase || findings[0].Severity != emv.Warning {
		t.Error(findings)
	}
	if _, err := qris.Payable(text); err != nil {
		t.Error(err)
	}
}

func TestSchemesOfPublicVectors(t *testing.T) {
	seen := map[string]int{}
	for _, v := range load(t, "public.json") {
		c, err := qris.Decode(v.Payload)
		if err != nil {
			if v.ValidCRC && v.Name != "JPQR sample 3" {
				t.Errorf("%s: %v", v.Name, err)
			}
			continue
		}
		seen[c.Scheme]++
		if c.Scheme != v.Scheme {
			t.Errorf("%s: the scheme is %s, want %s", v.Name, c.Scheme, v.Scheme)
		}
		if c.Payload.Encode() != v.Payload {
			t.Errorf("%s: does not re-encode to itself", v.Name)
		}
	}
	for _, scheme := range []string{"QRIS", "PIX", "PromptPay", "DuitNow", "SGQR", "VietQR", "JPQR", "QRPh", "FPS", "EMVCo"} {
		if seen[scheme] == 0 {
			t.Errorf("no vector is of %s", scheme)
		}
	}
}
