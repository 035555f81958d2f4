package emv_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/emv"
)

// valid is a payload without its CRC to which no rule objects.
const valid = "000201010211" + "26170013COM.EXAMPLE.A" + "52045812" + "5303360" + "5802ID" + "5904TOKO" + "6004KOTA" + "610512190"

// rules has rows that break one rule each; old is replaced in valid by new.
var rules = []struct {
	name, old, new string
	code           emv.Code
	severity       emv.Severity
	path           string
}{
	{"00 not first", "000201010211", "010211000201", emv.CodeFirstNot00, emv.Error, "00"},
	{"00 missing", "000201", "", emv.CodeFirstNot00, emv.Error, "00"},
	{"00 of DuitNow", "000201", "000202", emv.CodeFormatIndicator, emv.Warning, "00"},
	{"00 no digits", "000201", "00020A", emv.CodeFormatIndicator, emv.Error, "00"},
	{"01 unknown", "010211", "010213", emv.CodeInitiationMethod, emv.Error, "01"},
	{"01 too long", "010211", "0103111", emv.CodeInitiationMethod, emv.Error, "01"},
	{"no account", "26170013COM.EXAMPLE.A", "", emv.CodeAccountMissing, emv.Error, ""},
	{"account in another script", "26170013COM.EXAMPLE.A", "0202北京", emv.CodeCharset, emv.Error, "02"},
	{"no MCC", "52045812", "", emv.CodeMCCMissing, emv.Error, "52"},
	{"MCC of three", "52045812", "5203111", emv.CodeMCCFormat, emv.Error, "52"},
	{"MCC with a letter", "52045812", "5204x121", emv.CodeMCCFormat, emv.Error, "52"},
	{"no currency", "5303360", "", emv.CodeCurrencyMissing, emv.Error, "53"},
	{"currency as letters", "5303360", "5303IDR", emv.CodeCurrencyFormat, emv.Error, "53"},
	{"no country", "5802ID", "", emv.CodeCountryMissing, emv.Error, "58"},
	{"country in lower case", "5802ID", "5802id", emv.CodeCountryFormat, emv.Error, "58"},
	{"country of three", "5802ID", "5803IDN", emv.CodeCountryFormat, emv.Error, "58"},
	{"no name", "5904TOKO", "", emv.CodeNameMissing, emv.Error, "59"},
	{"name of 26", "5904TOKO", "5926" + strings.Repeat("A", 26), emv.CodeNameLength, emv.Error, "59"},
	{"name in another script", "5904TOKO", "5904最佳运输", emv.CodeCharset, emv.Error, "59"},
	{"name with a control character", "5904TOKO", "5904TO\tO", emv.CodeCharset, emv.Error, "59"},
	{"no city", "6004KOTA", "", emv.CodeCityMissing, emv.Error, "60"},
	{"city of 16", "6004KOTA", "6016" + strings.Repeat("B", 16), emv.CodeCityLength, emv.Error, "60"},
	{"postal code of 11", "610512190", "611112345678901", emv.CodePostalCodeLength, emv.Error, "61"},
	{"empty name", "5904TOKO", "5900", emv.CodeZeroLength, emv.Error, "59"},
	{"empty unreserved template", "6004KOTA", "6004KOTA8000", emv.CodeZeroLength, emv.Error, "80"},

	{"amount with a comma", "5802ID", "54051,0005802ID", emv.CodeAmountFormat, emv.Error, "54"},
	{"amount with two stops", "5802ID", "54051.0.05802ID", emv.CodeAmountFormat, emv.Error, "54"},
	{"amount with a sign", "5802ID", "5402-15802ID", emv.CodeAmountFormat, emv.Error, "54"},
	{"amount with a space", "5802ID", "5405 10005802ID", emv.CodeAmountFormat, emv.Error, "54"},
	{"amount without whole part", "5802ID", "5402.55802ID", emv.CodeAmountFormat, emv.Error, "54"},
	{"amount of 14", "5802ID", "5414123456789012345802ID", emv.CodeAmountFormat, emv.Error, "54"},
	{"amount zero", "5802ID", "54040.005802ID", emv.CodeAmountZero, emv.Error, "54"},

	{"tip indicator unknown", "5802ID", "5502045802ID", emv.CodeTipIndicator, emv.Error, "55"},
	{"fixed tip alone", "5802ID", "560410005802ID", emv.CodeTipWithoutIndicator, emv.Error, "56"},
	{"fixed tip under percentage", "5802ID", "5502035604100057015" + "5802ID", emv.CodeTipWithoutIndicator, emv.Error, "56"},
	{"percentage under prompt", "5802ID", "55020157015" + "5802ID", emv.CodeTipWithoutIndicator, emv.Error, "57"},
	{"fixed tip missing", "5802ID", "5502025802ID", emv.CodeTipMissingFixed, emv.Error, "56"},
	{"percentage missing", "5802ID", "5502035802ID", emv.CodeTipMissingPercent, emv.Error, "57"},
	{"fixed tip zero", "5802ID", "550202560105802ID", emv.CodeTipFixedFormat, emv.Error, "56"},
	{"percentage zero", "5802ID", "550203570500.005802ID", emv.CodeTipPercentRange, emv.Error, "57"},
	{"percentage of a hundred", "5802ID", "55020357031005802ID", emv.CodeTipPercentRange, emv.Error, "57"},
	{"percentage with a sign", "5802ID", "55020357025%5802ID", emv.CodeTipPercentRange, emv.Error, "57"},

	{"account without GUID", "26170013COM.EXAMPLE.A", "26070103123", emv.CodeGUIDMissing, emv.Error, "26.00"},
	{"GUID of 33", "26170013COM.EXAMPLE.A", "26370033" + strings.Repeat("G", 33), emv.CodeGUIDLength, emv.Error, "26.00"},
	{"account cut", "26170013COM.EXAMPLE.A", "26170014COM.EXAMPLE.A", emv.CodeOverrun, emv.Error, "26.00"},
	{"account no template", "26170013COM.EXAMPLE.A", "2604ABCD", emv.CodeBadID, emv.Error, "26"},
	{"empty object of an account", "26170013COM.EXAMPLE.A", "26210013COM.EXAMPLE.A0200", emv.CodeZeroLength, emv.Error, "26.02"},
	{"unreserved template without GUID", "6004KOTA", "6004KOTA80050101A", emv.CodeGUIDMissing, emv.Error, "80.00"},

	{"bill number of 26", "6004KOTA", "6004KOTA62300126" + strings.Repeat("9", 26), emv.CodeAdditionalLength, emv.Error, "62.01"},
	{"channel of 2", "6004KOTA", "6004KOTA6206110212", emv.CodeAdditionalLength, emv.Error, "62.11"},
	{"empty terminal label, as Qoin prints it", "6004KOTA", "6004KOTA62040700", emv.CodeZeroLength, emv.Warning, "62.07"},
	{"label in another script", "6004KOTA", "6004KOTA62060102北京", emv.CodeCharset, emv.Error, "62.01"},
	{"consumer data twice", "6004KOTA", "6004KOTA62060902AA", emv.CodeConsumerDataRequest, emv.Error, "62.09"},
	{"consumer data unknown", "6004KOTA", "6004KOTA62050901X", emv.CodeConsumerDataRequest, emv.Error, "62.09"},
	{"consumer data too long", "6004KOTA", "6004KOTA62080904AMEA", emv.CodeConsumerDataRequest, emv.Error, "62.09"},
	{"object twice in 62", "6004KOTA", "6004KOTA62100101A0101B", emv.CodeDuplicate, emv.Error, "62.01"},
	{"own template without GUID", "6004KOTA", "6004KOTA620999050101A", emv.CodeGUIDMissing, emv.Warning, "62.99.00"},
	{"own template cut", "6004KOTA", "6004KOTA620999050102A", emv.CodeOverrun, emv.Warning, "62.99.01"},

	{"language missing", "6004KOTA", "6004KOTA64080104最佳运输", emv.CodeLanguage, emv.Error, "64.00"},
	{"language of 3", "6004KOTA", "6004KOTA64120003ZHO0101最", emv.CodeLanguage, emv.Error, "64.00"},
	{"name missing in 64", "6004KOTA", "6004KOTA64060002ZH", emv.CodeLanguageName, emv.Error, "64.01"},
	{"name of 26 in 64", "6004KOTA", "6004KOTA64360002ZH0126" + strings.Repeat("最", 26), emv.CodeLanguageName, emv.Error, "64.01"},
	{"city of 16 in 64", "6004KOTA", "6004KOTA64310002ZH0101最0216" + strings.Repeat("北", 16), emv.CodeLanguageCity, emv.Error, "64.02"},
	{"empty city in 64", "6004KOTA", "6004KOTA64150002ZH0101最0200", emv.CodeZeroLength, emv.Error, "64.02"},
}

func TestRules(t *testing.T) {
	for _, test := range rules {
		t.Run(test.name, func(t *testing.T) {
			p := mustParse(t, sealed(replaceOnce(t, test.old, test.new)))
			findings := p.Validate()
			for _, f := range findings {
				if f.Code == test.code && f.Severity == test.severity && f.Path == test.path {
					return
				}
			}
			t.Errorf("%s at %q is missing in %v", test.code, test.path, findings)
		})
	}
}

// TestRulesFindNothingElse holds rules to one finding per fault, where a row
// breaks one rule only.
func TestRulesFindNothingElse(t *testing.T) {
	for _, test := range rules {
		if strings.HasPrefix(test.name, "fixed tip under") {
			continue
		}
		findings := mustParse(t, sealed(replaceOnce(t, test.old, test.new))).Validate()
		if len(findings) != 1 {
			t.Errorf("%s: %d findings: %v", test.name, len(findings), findings)
		}
	}
}

// accepted has variations of valid to which no rule objects.
var accepted = map[string]string{
	"as it is":                 "5802ID",
	"amount":                   "540598.735802ID",
	"amount without decimals":  "5402985802ID",
	"amount with a last stop":  "540398.5802ID",
	"amount of 13":             "541312345678901235802ID",
	"tip by prompt":            "5502015802ID",
	"fixed tip":                "550202560410005802ID",
	"percentage":               "550203570500.015802ID",
	"percentage without stop":  "550203570155802ID",
	"greatest percentage":      "550203570599.995802ID",
	"labels asked of the app":  "5802ID62140103***0703***",
	"consumer data":            "5802ID62070903MEA",
	"tax and channel":          "5802ID621210011" + "1103123",
	"own template":             "5802ID62109906000200",
	"reserved for the future":  "5802ID6502ab",
	"language with wide text":  "5802ID64200002ZH0104最佳运输0202北京",
	"language of three fields": "5802ID64130002ZH0103abc",
	"unreserved template":      "5802ID80060002AB",
}

func TestAccepted(t *testing.T) {
	for name, new := range accepted {
		if findings := mustParse(t, sealed(replaceOnce(t, "5802ID", new))).Validate(); findings != nil {
			t.Errorf("%s: %v", name, findings)
		}
	}
}

// envelopes break the rules about the CRC, which sealed would mend.
var envelopes = []struct {
	name, text string
	code       emv.Code
	severity   emv.Severity
}{
	{"CRC wrong", valid + "63040000", emv.CodeCRC, emv.Error},
	{"CRC missing", valid, emv.CodeCRCMissing, emv.Error},
	{"CRC not last", sealed(valid) + "6502ab", emv.CodeCRCNotLast, emv.Error},
	{"CRC of three", valid + "6303ABC", emv.CodeCRCFormat, emv.Error},
	{"CRC empty", valid + "6300", emv.CodeCRCFormat, emv.Error},
	{"CRC no hexadecimal", valid + "6304WXYZ", emv.CodeCRCFormat, emv.Error},
	{"CRC in lower case", valid + "6504abcd6304" + strings.ToLower(sealed(valid + "6504abcd")[len(valid)+12:]), emv.CodeCRCLowerCase, emv.Warning},
	{"longer than 512", sealed(valid + long()), emv.CodePayloadLength, emv.Warning},
}

// long gives reserved objects of more than 512 characters.
func long() (s string) {
	for id := 65; id < 71; id++ {
		s += strconv.Itoa(id) + "99" + strings.Repeat("x", 99)
	}
	return s
}

func TestEnvelope(t *testing.T) {
	for _, test := range envelopes {
		findings := mustParse(t, test.text).Validate()
		if len(findings) != 1 || findings[0].Code != test.code || findings[0].Severity != test.severity {
			t.Errorf("%s: %v", test.name, findings)
		}
	}
}

func TestFindingReadsAsALine(t *testing.T) {
	f := mustParse(t, sealed(replaceOnce(t, "5904TOKO", "5926"+strings.Repeat("A", 26)))).Validate()[0]
	if got, want := f.Error(), "tag 59: the merchant name has 26 characters, at most 25 are allowed (name-length)"; got != want {
		t.Errorf("it reads %q", got)
	}
	if emv.Error.String() != "error" || emv.Warning.String() != "warning" {
		t.Error("severities are misspelled")
	}
}

// TestEveryCodeIsReached reads the declared codes and wants a row for each.
func TestEveryCodeIsReached(t *testing.T) {
	reached := map[string]bool{}
	for _, row := range framingFaults {
		reached[string(row.code)] = true
	}
	for _, row := range rules {
		reached[string(row.code)] = true
	}
	for _, row := range envelopes {
		reached[string(row.code)] = true
	}
	for _, row := range refused {
		reached[string(row.code)] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if declared[code] {
			t.Errorf("%s is declared twice", code)
		}
		declared[code] = true
		if !reached[code] {
			t.Errorf("no row reaches %s", code)
		}
		return true
	})
	if len(declared) < 40 {
		t.Errorf("only %d codes were read", len(declared))
	}
}

func replaceOnce(t *testing.T, old, new string) string {
	t.Helper()
	if strings.Count(valid, old) != 1 {
		t.Fatalf("%q is not once in the valid payload", old)
	}
	return strings.Replace(valid, old, new, 1)
}

func mustParse(t *testing.T, text string) emv.Payload {
	t.Helper()
	p, err := emv.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
