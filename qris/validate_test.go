package qris_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/qris"
)

// The parts of a payload to which no rule objects.
const (
	start    = "000201010212"
	acquirer = "26680016ID.CO.CONTOH.WWW011893600999000000000102150000000000000010303UMI"
	central  = "51440014ID.CO.QRIS.WWW0215ID10260000000040303UMI"
	middle   = "520458125303360540510000"
	end      = "5802ID5904TOKO6004KOTA610512190"
	valid    = start + acquirer + central + middle + end

	transferAccount = "40620016ID.CO.CONTOH.WWW011993600999000000000280215000000000000002"
	transferLabels  = "62380804DMCT992600020001160123456789ABCDEF"
	transfer        = start + transferAccount + "520448295303360540510000" + end + transferLabels
)

func account(objects ...emv.Object) string {
	dst, err := emv.AppendTemplate(nil, 26, append([]emv.Object{{ID: 0, Value: "ID.CO.CONTOH.WWW"}}, objects...)...)
	if err != nil {
		panic(err)
	}
	return string(dst)
}

// rules has rows that break one rule each; old is replaced in text by new.
var rules = []struct {
	name, text, old, new string
	code                 emv.Code
	severity             emv.Severity
	path                 string
}{
	{"foreign currency", valid, "5303360", "5303840", qris.CodeCurrency, emv.Error, "53"},
	{"sen", valid, "540510000", "54071000.50", qris.CodeAmountSen, emv.Error, "54"},
	{"below a sen", valid, "540510000", "54081000.005", qris.CodeAmountPrecision, emv.Error, "54"},
	{"static with amount", valid, "010212", "010211", qris.CodeStaticAmount, emv.Warning, "54"},
	{"dynamic without amount", valid, "540510000", "", qris.CodeDynamicWithoutAmount, emv.Warning, "54"},
	{"no postal code", valid, "610512190", "", qris.CodePostalCodeMissing, emv.Error, "61"},
	{"pipe in a name", valid, "5904TOKO", "5904TO|O", qris.CodePipe, emv.Error, "59"},
	{"pipe in a postal code", valid, "610512190", "6105121|0", qris.CodePipe, emv.Error, "61"},
	{"pipe in a merchant ID", valid, "000000000000001", "00000000000000|", qris.CodePipe, emv.Error, "26.02"},
	{"no account at all", valid, acquirer + central, "0204abcd", qris.CodeDomesticMissing, emv.Error, "26"},
	{"no PAN", valid, acquirer, account(emv.Object{ID: 2, Value: "1"}, emv.Object{ID: 3, Value: "UMI"}), qris.CodePANMissing, emv.Error, "26.01"},
	{"PAN with a letter", valid, "936009990000000001", "93600999000000000X", qris.CodePANFormat, emv.Error, "26.01"},
	{"PAN of 20", valid, acquirer, account(emv.Object{ID: 1, Value: "93600999000000000017"}, emv.Object{ID: 2, Value: "1"}, emv.Object{ID: 3, Value: "UMI"}), qris.CodePANFormat, emv.Error, "26.01"},
	{"PAN of 15", valid, acquirer, account(emv.Object{ID: 1, Value: "936009990000001"}, emv.Object{ID: 2, Value: "1"}, emv.Object{ID: 3, Value: "UMI"}), qris.CodePANLength, emv.Warning, "26.01"},
	{"PAN of 17", valid, acquirer, account(emv.Object{ID: 1, Value: "93600999000000001"}, emv.Object{ID: 2, Value: "1"}, emv.Object{ID: 3, Value: "UMI"}), qris.CodePANLength, emv.Warning, "26.01"},
	{"PAN of another account", valid, acquirer, acquirer + "45120108" + "93600999", qris.CodePANLength, emv.Warning, "45.01"},
	{"PAN of 19 with a wrong digit", transfer, "9360099900000000028", "9360099900000000029", qris.CodePANCheckDigit, emv.Error, "40.01"},
	{"PAN of no institution", valid, "936009990000000001", "412300990000000001", qris.CodeNNS, emv.Warning, "26.01"},
	{"no merchant ID", valid, acquirer, account(emv.Object{ID: 1, Value: "936009990000000001"}, emv.Object{ID: 3, Value: "UMI"}), qris.CodeMerchantIDMissing, emv.Error, "26.02"},
	{"merchant ID of 16", valid, acquirer, account(emv.Object{ID: 1, Value: "936009990000000001"}, emv.Object{ID: 2, Value: "1234567890123456"}, emv.Object{ID: 3, Value: "UMI"}), qris.CodeMerchantIDLength, emv.Error, "26.02"},
	{"unknown criteria in 51", valid, "0000040303UMI", "0000040303XXX", qris.CodeCriteria, emv.Error, "51.03"},
	{"criteria between two", valid, "0000040303UMI", "0000040303I U", qris.CodeCriteria, emv.Error, "51.03"},
	{"criteria of two letters", valid, "51440014ID.CO.QRIS.WWW0215ID10260000000040303UMI", "51430014ID.CO.QRIS.WWW0215ID10260000000040302UM", qris.CodeCriteria, emv.Error, "51.03"},
	{"pipe in a criteria", valid, "0000040303UMI", "0000040303U|I", qris.CodePipe, emv.Error, "51.03"},
	{"unknown criteria in 26", valid, "0000010303UMI", "0000010303XXX", qris.CodeCriteria, emv.Error, "26.03"},
	{"no criteria", valid, acquirer, account(emv.Object{ID: 1, Value: "936009990000000001"}, emv.Object{ID: 2, Value: "1"}), qris.CodeCriteriaMissing, emv.Warning, "26.03"},
	{"criteria differ", valid, "0000040303UMI", "0000040303UKE", qris.CodeCriteriaMismatch, emv.Warning, "51.03"},
	{"GUID in lower case", valid, "ID.CO.CONTOH.WWW", "id.co.contoh.www", qris.CodeGUIDCase, emv.Warning, "26.00"},
	{"static without repository", valid, "010212" + acquirer + central + middle, "010211" + acquirer + "520458125303360", qris.CodeRepositoryMissing, emv.Error, "51"},
	{"repository of another", valid, "ID.CO.QRIS.WWW", "ID.CO.ELSE.WWW", qris.CodeRepositoryGUID, emv.Error, "51.00"},
	{"repository of 2020", valid, central, "51450015ID.OR.GPNQR.WWW0215ID10260000000040303UMI", qris.CodeRepositoryGUID, emv.Warning, "51.00"},
	{"no NMID", valid, central, "51250014ID.CO.QRIS.WWW0303UMI", qris.CodeNMIDMissing, emv.Error, "51.02"},
	{"NMID of 14", valid, central, "51430014ID.CO.QRIS.WWW0214ID1026000000000303UMI", qris.CodeNMIDFormat, emv.Warning, "51.02"},
	{"NMID that is a dummy", valid, "ID1026000000004", "ID0000202300211", qris.CodeNMIDCheckDigit, emv.Warning, "51.02"},
	{"own template of 92", valid, "610512190", "610512190" + "6296" + "9992" + "000200" + "0182" + strings.Repeat("u", 82), qris.CodeOwnLength, emv.Warning, "62.99"},
	{"transfer by a static code", transfer, "010212", "010211", qris.CodeTransferStatic, emv.Error, "01"},
	{"transfer under another category", transfer, "52044829", "52045812", qris.CodeTransferMCC, emv.Error, "52"},
	{"transfer without its number", transfer, transferLabels, "62080804DMCT", qris.CodeTransferUnique, emv.Error, "62.99.01"},
	{"transfer with a number of 65", transfer, transferLabels, "62870804DMCT9975" + "000200" + "0165" + strings.Repeat("7", 65), qris.CodeTransferUnique, emv.Error, "62.99.01"},
	{"transfer with a short number", transfer, transferLabels, "62290804DMCT991700020001071234567", qris.CodeTransferUnique, emv.Error, "62.99.01"},
}

func TestRules(t *testing.T) {
	for _, test := range rules {
		t.Run(test.name, func(t *testing.T) {
			if strings.Count(test.text, test.old) != 1 {
				t.Fatalf("%q is not once in the payload", test.old)
			}
			findings := validate(t, strings.Replace(test.text, test.old, test.new, 1))
			for _, f := range findings {
				if f.Code == test.code && f.Severity == test.severity && f.Path == test.path && f.Detail != "" {
					return
				}
			}
			t.Errorf("%s at %q is missing in %v", test.code, test.path, findings)
		})
	}
}

func TestNoRuleObjects(t *testing.T) {
	tests := map[string]string{
		"payment":                  valid,
		"transfer":                 transfer,
		"static":                   strings.Replace(strings.Replace(valid, "010212", "010211", 1), "540510000", "", 1),
		"no initiation is static":  strings.Replace(strings.Replace(valid, "010212", "", 1), "540510000", "", 1),
		"dynamic without 51":       strings.Replace(valid, central, "", 1),
		"repository alone":         strings.Replace(valid, acquirer, "", 1),
		"two decimals of nothing":  strings.Replace(valid, "540510000", "540810000.00", 1),
		"tag 40 of a shop":         strings.Replace(transfer, transferLabels, "62080804POSP", 1),
		"another scheme's account": strings.Replace(valid, acquirer, acquirer+"27150011com.example", 1),
		"transfer, number of 8":    strings.Replace(transfer, transferLabels, "62300804DMCT9918"+"000200"+"010812345678", 1),
		"transfer, number of 64":   strings.Replace(transfer, transferLabels, "62860804DMCT9974"+"000200"+"0164"+strings.Repeat("7", 64), 1),
		"own template of 91":       strings.Replace(valid, "610512190", "610512190"+"6295"+"9991"+"000200"+"0181"+strings.Repeat("u", 81), 1),
		"pipe in a label":          strings.Replace(valid, "610512190", "610512190"+"62070103a|b", 1),
		"PAN under 46":             strings.Replace(valid, acquirer, acquirer+"4618000200"+"0108"+"93600999", 1),
		"foreign":                  strings.Replace(strings.Replace(valid, "5802ID", "5802SG", 1), "610512190", "", 1),
	}
	for name, text := range tests {
		if findings := validate(t, text); findings != nil {
			t.Errorf("%s: %v", name, findings)
		}
	}
}

func TestValidateBeginsWithEMVCo(t *testing.T) {
	text := strings.NewReplacer("5904TOKO", "5926"+strings.Repeat("A", 26), "5303360", "5303840").Replace(valid)
	findings := validate(t, text)
	if len(findings) != 2 || findings[0].Code != emv.CodeNameLength || findings[1].Code != qris.CodeCurrency {
		t.Error(findings)
	}
}

// TestForeignFindings: EMVCo's rules hold everywhere.
func TestForeignFindings(t *testing.T) {
	text := strings.NewReplacer("5802ID", "5802SG", "5904TOKO", "5926"+strings.Repeat("A", 26)).Replace(valid)
	if findings := validate(t, text); len(findings) != 1 || findings[0].Code != emv.CodeNameLength {
		t.Errorf("%v", findings)
	}
}

// TestOwnLengthIsNamed: the message says how long the template may be.
func TestOwnLengthIsNamed(t *testing.T) {
	text := strings.Replace(valid, "610512190", "610512190"+"6296"+"9992"+"000200"+"0182"+strings.Repeat("u", 82), 1)
	if findings := validate(t, text); len(findings) != 1 || findings[0].Detail != "the template has 92 characters, at most 91 are allowed" {
		t.Errorf("%v", findings)
	}
}

// TestEveryCodeIsReached reads the declared codes and wants a row for each.
func TestEveryCodeIsReached(t *testing.T) {
	reached := map[string]bool{string(qris.CodeSpacesCollapsed): true} // TestPaydiaAsPrinted
	for _, row := range rules {
		reached[string(row.code)] = true
	}
	for _, row := range badSpecs {
		reached[string(row.code)] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		declared++
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if !reached[code] {
			t.Errorf("no row reaches %s", code)
		}
		return true
	})
	if declared < 25 {
		t.Errorf("only %d codes were read", declared)
	}
}

// validate seals a payload and validates it.
func validate(t *testing.T, text string) []emv.Finding {
	t.Helper()
	p, err := emv.Parse(string(emv.AppendCRC([]byte(text))))
	if err != nil {
		t.Fatal(err)
	}
	return qris.Validate(p)
}
