package qris_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/qris"
)

// TestPrintableEdges tries every byte in a name.
func TestPrintableEdges(t *testing.T) {
	for c := range 256 {
		got := fault("59", func(s *qris.Spec) { s.Name = "A" + string([]byte{byte(c)}) })
		if (got == emv.CodeCharset) != (c < 0x20 || c > 0x7e) {
			t.Errorf("byte %#x in a name: %q", c, got)
		}
	}
}

// TestAmountEdges: what thirteen digits of rupiah can say, and a sen more.
func TestAmountEdges(t *testing.T) {
	const most = 999_999_999_999_900
	if _, err := qris.Encode(contoh(func(s *qris.Spec) { s.Amount = most })); err != nil {
		t.Errorf("the largest amount: %v", err)
	}
	_, err := qris.Encode(contoh(func(s *qris.Spec) { s.Amount = most + 1 }))
	spec, ok := errors.AsType[*qris.SpecError](err)
	if !ok || len(spec.Findings) != 2 || spec.Findings[0].Code != qris.CodeAmountSen || spec.Findings[1].Code != emv.CodeAmountFormat {
		t.Errorf("a sen more: %v", err)
	}
}

// paidAnyway are the errors of the QRIS specification that stop no payment.
var paidAnyway = map[emv.Code]bool{
	qris.CodePostalCodeMissing: true, qris.CodePipe: true, qris.CodeMerchantIDMissing: true, qris.CodeMerchantIDLength: true,
	qris.CodeCriteria: true, qris.CodeRepositoryMissing: true, qris.CodeRepositoryGUID: true, qris.CodeNMIDMissing: true, qris.CodeTransferMCC: true,
}

// TestPayableByRule: of the payloads that break one rule those are paid whose
// rule stops no payment.
func TestPayableByRule(t *testing.T) {
	for _, test := range rules {
		text := strings.Replace(test.text, test.old, test.new, 1)
		paid := true
		for _, f := range validate(t, text) {
			paid = paid && (f.Severity == emv.Warning || paidAnyway[f.Code])
		}
		if _, err := qris.Payable(string(emv.AppendCRC([]byte(text)))); (err == nil) != paid {
			t.Errorf("%s is paid: %v; %v", test.name, !paid, err)
		}
	}
}

// TestDomesticRange: the acquirer's account is one of 26 to 45.
func TestDomesticRange(t *testing.T) {
	for id, domestic := range map[emv.ID]bool{25: false, 26: true, 45: true, 46: false} {
		object, err := emv.AppendTemplate([]byte("000201"), id, emv.Object{ID: 1, Value: "936009990000000001"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := qris.Decode(string(object))
		if err != nil || (c.Domestic.ID == id) != domestic {
			t.Errorf("%s holds the acquirer's account: %v, %v", id, !domestic, err)
		}
	}
}

// TestSchemeRange: a GUID counts in 26 to 51.
func TestSchemeRange(t *testing.T) {
	for id, want := range map[emv.ID]string{25: "EMVCo", 26: "PIX", 46: "PIX", 51: "PIX", 52: "EMVCo", 53: "EMVCo"} {
		object, err := emv.AppendTemplate([]byte("000201"), id, emv.Object{ID: 0, Value: "br.gov.bcb.pix"})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := qris.Decode(string(object)); err != nil || c.Scheme != want {
			t.Errorf("the GUID under %s: %s, %v", id, c.Scheme, err)
		}
	}
}

// TestTransferPurposes: a transfer has both the account and the purpose.
func TestTransferPurposes(t *testing.T) {
	for purpose, scheme := range map[string]string{
		"BOOK": "QRIS-TTS", "DMCT": "QRIS-TTS", "XBCT": "QRIS-TTS", "CWDL": "QRIS-TTS", "CDPT": "QRIS-TTS", "POSP": "QRIS",
	} {
		text := strings.Replace(transfer, "0804DMCT", "0804"+purpose, 1)
		if c, err := qris.Decode(text); err != nil || c.Scheme != scheme {
			t.Errorf("%s under 40: %s, %v", purpose, c.Scheme, err)
		}
		if c, err := qris.Decode(strings.Replace(text, transferAccount, acquirer, 1)); err != nil || c.Scheme != "QRIS" {
			t.Errorf("%s without 40: %s, %v", purpose, c.Scheme, err)
		}
	}
}
