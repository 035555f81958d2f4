package qris_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/qris"
)

// contoh is the fictional merchant of the synthetic vectors.
func contoh(change func(s *qris.Spec)) qris.Spec {
	s := qris.Spec{
		GUID: "ID.CO.CONTOH.WWW", MPAN: "936009990000000001", MerchantID: "000000000000001", Criteria: "UMI",
		NMID: "ID1026000000004", MCC: "5812", Name: "TOKO CONTOH", City: "JAKARTA", PostalCode: "12190",
		Amount: 1_000_000, TerminalLabel: "A01",
	}
	change(&s)
	return s
}

func TestEncodeGivesTheVectors(t *testing.T) {
	tests := map[string]func(s *qris.Spec){
		"static minimal":         func(s *qris.Spec) { s.Static, s.Amount = true, 0 },
		"dynamic integer amount": func(*qris.Spec) {},
		"tip prompt 55=01":       func(s *qris.Spec) { s.Tip.Indicator = "01" },
		"tip fixed":              func(s *qris.Spec) { s.Tip = qris.Tip{Indicator: "02", Fixed: "1000"} },
		"tip percent":            func(s *qris.Spec) { s.Tip = qris.Tip{Indicator: "03", Percent: "02.50"} },
		"GUID default 00":        func(s *qris.Spec) { s.GUID = "00" },
		"name 25 / city 15 maxima": func(s *qris.Spec) {
			s.Name, s.City, s.PostalCode = strings.Repeat("A", 25), strings.Repeat("B", 15), "1234567890"
		},
	}
	for name, change := range tests {
		got, err := qris.Encode(contoh(change))
		if want := find(t, name); err != nil || got != want {
			t.Errorf("%s:\n%s, %v, want\n%s", name, got, err, want)
		}
	}
}

func TestEncodeOrder(t *testing.T) {
	text, err := qris.Encode(contoh(func(s *qris.Spec) {
		s.DomesticID = 45
		s.Tip = qris.Tip{Indicator: "02", Fixed: "500"}
		s.BillNumber, s.StoreLabel, s.ReferenceLabel = "B1", "S1", "R1"
	}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := emv.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var ids []emv.ID
	for o := range p.All() {
		ids = append(ids, o.ID)
	}
	if diff := cmp.Diff([]emv.ID{0, 1, 45, 51, 52, 53, 54, 55, 56, 58, 59, 60, 61, 62, 63}, ids); diff != "" {
		t.Error(diff)
	}
	if labels, _ := p.Get(62); labels != "0102B10302S10502R10703A01" {
		t.Errorf("62 is %q", labels)
	}
}

func TestEncodeLongest(t *testing.T) {
	text, err := qris.Encode(contoh(func(s *qris.Spec) {
		s.GUID, s.MPAN = strings.Repeat("G", 32), "9360099900000000028"
		s.Name, s.City, s.PostalCode = strings.Repeat("N", 25), strings.Repeat("C", 15), strings.Repeat("P", 10)
		s.Amount, s.Tip = 999_999_999_999_900, qris.Tip{Indicator: "02", Fixed: "1234567890.12"}
		s.BillNumber, s.StoreLabel, s.ReferenceLabel, s.TerminalLabel = strings.Repeat("b", 25), strings.Repeat("s", 25), strings.Repeat("r", 25), strings.Repeat("t", 8)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 512 {
		t.Errorf("the longest payload has %d characters", len(text))
	}
	if codes := verdict(text); codes != nil {
		t.Errorf("it is refused by %v", codes)
	}
}

// badSpecs has a row for everything that Encode refuses.
var badSpecs = []struct {
	name   string
	change func(s *qris.Spec)
	code   emv.Code
	path   string
	field  string
}{
	{"no GUID", func(s *qris.Spec) { s.GUID = "" }, qris.CodeFieldMissing, "26.00", "GUID"},
	{"GUID of 33", func(s *qris.Spec) { s.GUID = strings.Repeat("G", 33) }, qris.CodeFieldLength, "26.00", "GUID"},
	{"no MPAN", func(s *qris.Spec) { s.MPAN = "" }, qris.CodeFieldMissing, "26.01", "MPAN"},
	{"MPAN of 20", func(s *qris.Spec) { s.MPAN += "00" }, qris.CodeFieldLength, "26.01", "MPAN"},
	{"MPAN of 15", func(s *qris.Spec) { s.MPAN = s.MPAN[:15] }, qris.CodeFieldFormat, "26.01", "MPAN"},
	{"MPAN of no institution", func(s *qris.Spec) { s.MPAN = "412300990000000001" }, qris.CodeFieldFormat, "26.01", "MPAN"},
	{"MPAN with a letter", func(s *qris.Spec) { s.MPAN = "93600999000000000X" }, qris.CodeFieldFormat, "26.01", "MPAN"},
	{"MPAN with a wrong check digit", func(s *qris.Spec) { s.MPAN = "9360099900000000029" }, qris.CodeFieldFormat, "26.01", "MPAN"},
	{"no merchant ID", func(s *qris.Spec) { s.MerchantID = "" }, qris.CodeFieldMissing, "26.02", "MerchantID"},
	{"merchant ID of 16", func(s *qris.Spec) { s.MerchantID += "0" }, qris.CodeFieldLength, "26.02", "MerchantID"},
	{"pipe in a merchant ID", func(s *qris.Spec) { s.MerchantID = "|" }, qris.CodePipe, "26.02", "MerchantID"},
	{"unknown criteria", func(s *qris.Spec) { s.Criteria = "XXX" }, qris.CodeFieldFormat, "26.03", "Criteria"},
	{"path of another account", func(s *qris.Spec) { s.DomesticID, s.Criteria = 31, "" }, qris.CodeFieldMissing, "31.03", "Criteria"},
	{"no NMID in a static code", func(s *qris.Spec) { s.Static, s.Amount, s.NMID = true, 0, "" }, qris.CodeFieldMissing, "51.02", "NMID"},
	{"NMID of 14", func(s *qris.Spec) { s.NMID = s.NMID[:14] }, qris.CodeFieldFormat, "51.02", "NMID"},
	{"NMID with a letter", func(s *qris.Spec) { s.NMID = "IDX026000000004" }, qris.CodeFieldFormat, "51.02", "NMID"},
	{"MCC of three", func(s *qris.Spec) { s.MCC = "581" }, qris.CodeFieldFormat, "52", "MCC"},
	{"no name", func(s *qris.Spec) { s.Name = "" }, qris.CodeFieldMissing, "59", "Name"},
	{"name of 26", func(s *qris.Spec) { s.Name = strings.Repeat("N", 26) }, qris.CodeFieldLength, "59", "Shorten"},
	{"name in another script", func(s *qris.Spec) { s.Name = "最佳" }, emv.CodeCharset, "59", "Shorten"},
	{"pipe in a name", func(s *qris.Spec) { s.Name = "A|B" }, qris.CodePipe, "59", "Name"},
	{"city of 16", func(s *qris.Spec) { s.City = strings.Repeat("C", 16) }, qris.CodeFieldLength, "60", "City"},
	{"control character in a city", func(s *qris.Spec) { s.City = "A\nB" }, emv.CodeCharset, "60", "City"},
	{"no postal code", func(s *qris.Spec) { s.PostalCode = "" }, qris.CodeFieldMissing, "61", "PostalCode"},
	{"bill number of 26", func(s *qris.Spec) { s.BillNumber = strings.Repeat("b", 26) }, qris.CodeFieldLength, "62.01", "BillNumber"},
	{"labels of 100 in all", func(s *qris.Spec) {
		s.BillNumber, s.StoreLabel, s.ReferenceLabel, s.TerminalLabel = strings.Repeat("b", 25), strings.Repeat("s", 25), strings.Repeat("r", 25), strings.Repeat("t", 9)
	}, emv.CodeValueLength, "62", "labels together"},
	{"static with amount", func(s *qris.Spec) { s.Static = true }, qris.CodeStaticAmount, "54", "Amount"},
	{"dynamic without amount", func(s *qris.Spec) { s.Amount = 0 }, qris.CodeDynamicWithoutAmount, "54", "Amount"},
	{"amount of a sen", func(s *qris.Spec) { s.Amount = 1 }, qris.CodeAmountSen, "54", "Amount"},
	{"negative amount", func(s *qris.Spec) { s.Amount = -100 }, qris.CodeDynamicWithoutAmount, "54", "Amount"},
	{"amount with sen", func(s *qris.Spec) { s.Amount = 150 }, qris.CodeAmountSen, "54", "Amount"},
	{"amount of 14 digits", func(s *qris.Spec) { s.Amount = 1_000_000_000_000_000 }, emv.CodeAmountFormat, "54", "Amount"},
	{"account 25", func(s *qris.Spec) { s.DomesticID = 25 }, emv.CodeIDRange, "", "DomesticID"},
	{"account 46", func(s *qris.Spec) { s.DomesticID = 46 }, emv.CodeIDRange, "", "DomesticID"},
	{"account 40", func(s *qris.Spec) { s.DomesticID = 40 }, emv.CodeIDRange, "40", "transfers"},
	{"tip indicator", func(s *qris.Spec) { s.Tip.Indicator = "04" }, emv.CodeTipIndicator, "55", "Tip.Indicator"},
	{"tip without fixed", func(s *qris.Spec) { s.Tip.Indicator = "02" }, emv.CodeTipMissingFixed, "56", "Tip.Fixed"},
	{"fixed without indicator", func(s *qris.Spec) { s.Tip.Fixed = "1" }, emv.CodeTipMissingFixed, "56", "Tip.Fixed"},
	{"tip without percent", func(s *qris.Spec) { s.Tip.Indicator = "03" }, emv.CodeTipMissingPercent, "57", "Tip.Percent"},
	{"fixed of zero", func(s *qris.Spec) { s.Tip = qris.Tip{Indicator: "02", Fixed: "0"} }, emv.CodeTipFixedFormat, "56", "Tip.Fixed"},
	{"percent of a hundred", func(s *qris.Spec) { s.Tip = qris.Tip{Indicator: "03", Percent: "100"} }, emv.CodeTipPercentRange, "57", "Tip.Percent"},
}

func TestEncodeRefuses(t *testing.T) {
	for _, test := range badSpecs {
		t.Run(test.name, func(t *testing.T) {
			text, err := qris.Encode(contoh(test.change))
			e, ok := errors.AsType[*qris.SpecError](err)
			if !ok || text != "" {
				t.Fatalf("%q, %v", text, err)
			}
			if len(e.Findings) != 1 || e.Findings[0].Code != test.code || e.Findings[0].Path != test.path {
				t.Fatalf("%+v", e.Findings)
			}
			shorter := (test.path == "59" || test.path == "60") && (test.code == qris.CodeFieldLength || test.code == emv.CodeCharset)
			if (e.Findings[0].Hint == "qris.Shorten makes it fit") != shorter {
				t.Errorf("the hint is %q", e.Findings[0].Hint)
			}
			if !strings.Contains(err.Error(), test.field) {
				t.Errorf("%q does not name %s", err, test.field)
			}
		})
	}
}

func TestEncodeNamesEveryBadField(t *testing.T) {
	_, err := qris.Encode(qris.Spec{})
	for _, name := range []string{"GUID", "MPAN", "MerchantID", "Criteria", "MCC", "Name", "City", "PostalCode", "Amount"} {
		if !strings.Contains(err.Error(), name+" ") {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

// drawSpec draws what Encode takes.
func drawSpec(t *rapid.T) qris.Spec {
	text := func(name string, least, most int) string {
		return rapid.StringMatching(`[ -{}~]{`+strconv.Itoa(least)+`,`+strconv.Itoa(most)+`}`).Draw(t, name)
	}
	digits := func(name string, n int) string {
		return rapid.StringMatching(`[0-9]{`+strconv.Itoa(n)+`}`).Draw(t, name)
	}
	s := qris.Spec{
		GUID: rapid.StringMatching(`00|[A-Z]{2}(\.[A-Z]{1,9}){1,3}`).Draw(t, "GUID"), MPAN: "9360" + digits("MPAN", 14),
		MerchantID: text("MerchantID", 1, 15), Criteria: rapid.SampledFrom([]string{"UMI", "UKE", "UME", "UBE", "URE", "PSO", "BLU"}).Draw(t, "Criteria"),
		MCC: digits("MCC", 4), Name: text("Name", 1, 25), City: text("City", 1, 15), PostalCode: text("PostalCode", 1, 10),
		Static:     rapid.Bool().Draw(t, "Static"),
		BillNumber: text("BillNumber", 0, 20), StoreLabel: text("StoreLabel", 0, 20),
		ReferenceLabel: text("ReferenceLabel", 0, 20), TerminalLabel: text("TerminalLabel", 0, 20),
		DomesticID: emv.ID(rapid.IntRange(26, 39).Draw(t, "DomesticID")),
	}
	if rapid.Bool().Draw(t, "19 digits") {
		s.MPAN, _ = qris.PANWithCheckDigit(s.MPAN)
	}
	if s.Static || rapid.Bool().Draw(t, "with NMID") {
		s.NMID, _ = qris.NMIDFor(digits("NMID", 12))
	}
	if !s.Static {
		s.Amount = 100 * rapid.Int64Range(1, 9_999_999_999_999).Draw(t, "Amount")
	}
	s.Tip = rapid.SampledFrom([]qris.Tip{{}, {Indicator: "01"}, {Indicator: "02", Fixed: "1000"}, {Indicator: "03", Percent: "99.99"}}).Draw(t, "Tip")
	return s
}

func TestEncodedIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		text, err := qris.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if codes := verdict(text); codes != nil {
			t.Fatalf("%s is refused by %v", text, codes)
		}
		got, err := qris.Payable(text)
		if err != nil {
			t.Fatal(err)
		}
		want := qris.Code{
			Static: s.Static, MCC: s.MCC, Currency: "360", Country: "ID", Name: s.Name, City: s.City, PostalCode: s.PostalCode,
			Domestic: qris.Account{ID: s.DomesticID, GUID: s.GUID, PAN: s.MPAN, MerchantID: s.MerchantID, Criteria: s.Criteria},
			Amount:   s.Amount, HasAmount: !s.Static, Tip: s.Tip, Scheme: "QRIS",
			BillNumber: s.BillNumber, StoreLabel: s.StoreLabel, ReferenceLabel: s.ReferenceLabel, TerminalLabel: s.TerminalLabel,
		}
		if s.NMID != "" {
			want.Repository = qris.Account{ID: 51, GUID: qris.GUIDRepository, MerchantID: s.NMID, Criteria: s.Criteria}
		}
		if diff := cmp.Diff(want, fields(got)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAllocations(t *testing.T) {
	s := contoh(func(*qris.Spec) {})
	text, err := qris.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	encode := testing.AllocsPerRun(100, func() { _, err = qris.Encode(s) })
	decode := testing.AllocsPerRun(100, func() { _, err = qris.Decode(text) })
	if encode > 1 || decode > 0 || err != nil {
		t.Errorf("Encode allocates %v times, Decode %v; %v", encode, decode, err)
	}
}

func BenchmarkEncode(b *testing.B) {
	s := contoh(func(*qris.Spec) {})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := qris.Encode(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	text := find(b, "dynamic integer amount")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := qris.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPayable(b *testing.B) {
	text := find(b, "dynamic integer amount")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := qris.Payable(text); err != nil {
			b.Fatal(err)
		}
	}
}

func TestEncodeWithoutLabels(t *testing.T) {
	text, err := qris.Encode(contoh(func(s *qris.Spec) { s.TerminalLabel = "" }))
	if err != nil {
		t.Fatal(err)
	}
	c, err := qris.Payable(text)
	if _, ok := c.Payload.Get(emv.IDAdditional); ok || err != nil {
		t.Errorf("62 is there, or %v", err)
	}
}
