package qris_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/qris"
)

// fields drops the payload, which every Code carries.
func fields(c qris.Code) qris.Code {
	c.Payload = emv.Payload{}
	return c
}

func TestDecode(t *testing.T) {
	contoh := qris.Account{ID: 26, GUID: "ID.CO.CONTOH.WWW", PAN: "936009990000000001", MerchantID: "000000000000001", Criteria: "UMI"}
	repository := qris.Account{ID: 51, GUID: qris.GUIDRepository, MerchantID: "ID1026000000004", Criteria: "UMI"}
	base := qris.Code{
		Domestic: contoh, Repository: repository, MCC: "5812", Currency: "360", Country: "ID",
		Name: "TOKO CONTOH", City: "JAKARTA", PostalCode: "12190", TerminalLabel: "A01", Scheme: "QRIS",
	}
	with := func(change func(c *qris.Code)) qris.Code {
		c := base
		change(&c)
		return c
	}
	tests := map[string]qris.Code{
		"static minimal":         with(func(c *qris.Code) { c.Static = true }),
		"dynamic integer amount": with(func(c *qris.Code) { c.Amount, c.HasAmount = 1_000_000, true }),
		"tip fixed": with(func(c *qris.Code) {
			c.Amount, c.HasAmount, c.Tip = 1_000_000, true, qris.Tip{Indicator: "02", Fixed: "1000"}
		}),
		"tip percent": with(func(c *qris.Code) {
			c.Amount, c.HasAmount, c.Tip = 1_000_000, true, qris.Tip{Indicator: "03", Percent: "02.50"}
		}),
		"bill+ref+terminal+*** loyalty": with(func(c *qris.Code) {
			c.Amount, c.HasAmount = 1_000_000, true
			c.BillNumber, c.ReferenceLabel, c.TerminalLabel = "INV202600001", "REF0000000000001", "TERM001"
		}),
		"QRIS transfer (TTS) tag 40, 62.08 DMCT": {
			Domestic: qris.Account{ID: 40, GUID: "ID.CO.CONTOH.WWW", PAN: "9360099900000000028", MerchantID: "000000000000002"},
			MCC:      "4829", Currency: "360", Country: "ID", Name: "BUDI CONTOH", City: "JAKARTA", PostalCode: "12190",
			Amount: 5_000_000, HasAmount: true, Purpose: "DMCT", Scheme: "QRIS-TTS",
		},
		qoin: {
			Domestic:   qris.Account{ID: 26, GUID: "id.qoin.www", PAN: "936008420202000211", MerchantID: "Q202300211", Criteria: "UME"},
			Repository: qris.Account{ID: 51, GUID: qris.GUIDRepository, MerchantID: "ID0000202300211"},
			MCC:        "5812", Currency: "360", Country: "ID", Name: "Qoin Hub Store", City: "Jakarta", PostalCode: "13210",
			Amount: 100_000, HasAmount: true, BillNumber: "QD0000000581", Scheme: "QRIS",
		},
		repaired: {
			Static:   true,
			Domestic: qris.Account{ID: 26, GUID: "ID.PAYDIA.WWW", PAN: "936008180240212001", MerchantID: "240212001000000", Criteria: "UKE"},
			MCC:      "7311", Currency: "360", Country: "ID", Name: "  Firman Zain", City: "PONOROGO", PostalCode: "63491",
			TerminalLabel: "240212001000000", Scheme: "QRIS",
		},
	}
	for name, want := range tests {
		text := find(t, name)
		got, err := qris.Decode(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Payload.Text() != text || got.NMID() != want.Repository.MerchantID || got.NNS() != want.Domestic.PAN[:8] {
			t.Errorf("%s: text, NMID %q or NNS %q is wrong", name, got.NMID(), got.NNS())
		}
		if diff := cmp.Diff(want, fields(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDecodeAmounts(t *testing.T) {
	tests := []struct {
		text string
		sen  int64
		code emv.Code
	}{
		{"98.73", 9873, ""},
		{"98", 9800, ""},
		{"98.", 9800, ""},
		{"98.7", 9870, ""},
		{"98.7000", 9870, ""},
		{"0", 0, ""},
		{"0.01", 1, ""},
		{"9999999999999", 999_999_999_999_900, ""},
		{"98.735", 0, qris.CodeAmountPrecision},
		{"12345678901234", 0, emv.CodeAmountFormat},
		{".5", 0, emv.CodeAmountFormat},
		{".", 0, emv.CodeAmountFormat},
		{"", 0, emv.CodeAmountFormat},
		{"1,000", 0, emv.CodeAmountFormat},
		{"1.0.0", 0, emv.CodeAmountFormat},
		{"-1", 0, emv.CodeAmountFormat},
		{" 1", 0, emv.CodeAmountFormat},
		{"1.-5", 0, emv.CodeAmountFormat},
		{"1:", 0, emv.CodeAmountFormat},
		{"1./5", 0, emv.CodeAmountFormat},
	}
	for _, test := range tests {
		payload := "000201" + "54" + emv.ID(len(test.text)).String() + test.text
		c, err := qris.Decode(payload)
		f, _ := errors.AsType[emv.Finding](err)
		if c.Amount != test.sen || f.Code != test.code || (err != nil && f.Path != "54") || c.HasAmount != (err == nil) {
			t.Errorf("%q: %d sen, %v", test.text, c.Amount, err)
		}
	}
}

func TestDecodeIsLenient(t *testing.T) {
	tests := map[string]qris.Code{
		"000201":                 {Static: true, Scheme: "EMVCo"},
		"0002010102135802ID":     {Country: "ID", Scheme: "QRIS"},
		"2604ABCD6203xyz":        {Static: true, Domestic: qris.Account{ID: 26}, Scheme: "EMVCo"},
		"51180014ID.CO.QRIS.WWW": {Static: true, Repository: qris.Account{ID: 51, GUID: qris.GUIDRepository}, Scheme: "QRIS"},
		"26080004a.b.2720" + "0002000110" + "9360099912": {Static: true, Domestic: qris.Account{ID: 27, GUID: "00", PAN: "9360099912"}, Scheme: "EMVCo"},
		"26080004a.b.2712000200010212":                   {Static: true, Domestic: qris.Account{ID: 26, GUID: "a.b."}, Scheme: "EMVCo"},
	}
	for text, want := range tests {
		got, err := qris.Decode(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, fields(got)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestDecodeGivesFramingErrors(t *testing.T) {
	_, err := qris.Decode("000201590")
	if e, ok := errors.AsType[*emv.FramingError](err); !ok || e.Code != emv.CodeTruncated {
		t.Error(err)
	}
}

// FuzzDecode holds every way into the package to: no panic, and Payable only
// of what Decode reads.
func FuzzDecode(f *testing.F) {
	for _, v := range append(load(f, "public.json"), load(f, "synthetic.json")...) {
		f.Add(v.Payload)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := qris.Decode(text)
		if err == nil {
			if again := c.Payload.Encode(); again != text {
				t.Errorf("Encode gives %q for %q", again, text)
			}
		}
		paid, refusal := qris.Payable(text)
		if refusal == nil && (err != nil || fields(paid) != fields(c)) {
			t.Errorf("Payable and Decode differ on %q", text)
		}
		if u, ok := errors.AsType[*qris.Unpayable](refusal); refusal != nil && (!ok || u.Finding.Code == "") {
			t.Errorf("the refusal is %v", refusal)
		}
	})
}
