package qris

import (
	"fmt"
	"strings"

	"github.com/qrisd/qrisd/emv"
)

// field is one text of a Spec and what it must be like.
type field struct {
	path, name string // of the account's objects the path begins with 26, whatever the ID
	value      string
	max        int
	required   bool
	pipe       bool              // whether "|" is allowed
	valid      func(string) bool // beyond length and characters; nil for none
	expected   string            // what valid expects
}

// fields lists the texts of a Spec in the order of the payload.
func (s *Spec) fields() [13]field {
	return [...]field{
		{"26.00", "GUID", s.GUID, 32, true, true, nil, ""},
		{"26.01", "MPAN", s.MPAN, 19, true, false, validMPAN, "16 to 19 digits from 9360, of 19 the last the check digit, is"},
		{"26.02", "MerchantID", s.MerchantID, 15, true, false, nil, ""},
		{"26.03", "Criteria", s.Criteria, 3, true, false, validCriteria, "one of " + criterias + " is"},
		{"51.02", "NMID", s.NMID, 15, s.Static, false, nmidShape, `"ID" and 13 digits are`},
		{"52", "MCC", s.MCC, 4, true, false, validMCC, "four digits are"},
		{"59", "Name", s.Name, 25, true, false, nil, ""},
		{"60", "City", s.City, 15, true, false, nil, ""},
		{"61", "PostalCode", s.PostalCode, 10, true, false, nil, ""},
		{"62.01", "BillNumber", s.BillNumber, 25, false, true, nil, ""},
		{"62.03", "StoreLabel", s.StoreLabel, 25, false, true, nil, ""},
		{"62.05", "ReferenceLabel", s.ReferenceLabel, 25, false, true, nil, ""},
		{"62.07", "TerminalLabel", s.TerminalLabel, 25, false, true, nil, ""},
	}
}

// check gives everything that is wrong with a Spec, nil for nothing.
func (s *Spec) check() []emv.Finding {
	var faults []emv.Finding
	fields := s.fields()
	for i := range fields {
		if f, ok := fields[i].check(); !ok {
			f.Path = s.path(f.Path)
			faults = append(faults, f)
		}
	}
	for rule, broken := range s.broken() {
		if broken {
			faults = append(faults, ruleFindings[rule])
		}
	}
	return faults
}

// path replaces the account's ID in the path of a field.
func (s *Spec) path(path string) string {
	if sub, ok := strings.CutPrefix(path, "26"); ok {
		return s.domesticID().String() + sub
	}
	return path
}

func (f *field) check() (emv.Finding, bool) {
	switch {
	case f.value == "" && f.required:
		return f.fault(CodeFieldMissing, "is empty, it is mandatory"), false
	case f.value == "":
		return emv.Finding{}, true
	case !printable(f.value):
		return f.fault(emv.CodeCharset, "is %q, only printable ASCII is allowed", f.value), false
	case len(f.value) > f.max:
		return f.fault(CodeFieldLength, "has %d characters, at most %d are allowed", len(f.value), f.max), false
	case !f.pipe && strings.Contains(f.value, "|"):
		return f.fault(CodePipe, "is %q, \"|\" is not allowed", f.value), false
	case f.valid != nil && !f.valid(f.value):
		return f.fault(CodeFieldFormat, "is %q, %s expected", f.value, f.expected), false
	}
	return emv.Finding{}, true
}

// fault words what is wrong with a field.
func (f *field) fault(code emv.Code, format string, args ...any) emv.Finding {
	hint := ""
	if (code == CodeFieldLength || code == emv.CodeCharset) && (f.path == "59" || f.path == "60") {
		hint = "qris.Shorten makes it fit"
	}
	return emv.Finding{Code: code, Path: f.path, Detail: f.name + " " + fmt.Sprintf(format, args...), Hint: hint}
}

// maxAmount is the greatest amount that 13 digits of rupiah can say, in sen.
const maxAmount = 9_999_999_999_999 * 100

// The rules of a Spec that are not about a single text.
const (
	ruleStaticAmount = iota
	ruleDynamicAmount
	ruleWholeRupiah
	ruleAmountLength
	ruleDomesticRange
	ruleDomesticTransfer
	ruleTipIndicator
	ruleTipFixed
	ruleTipPercent
	ruleTipFixedForm
	ruleTipPercentForm
	rules
)

// broken tells which rules a Spec breaks.
func (s *Spec) broken() [rules]bool {
	id, tip := s.domesticID(), &s.Tip
	return [...]bool{
		ruleStaticAmount:     s.Static && s.Amount != 0,
		ruleDynamicAmount:    !s.Static && s.Amount <= 0,
		ruleWholeRupiah:      s.Amount%100 != 0,
		ruleAmountLength:     s.Amount > maxAmount,
		ruleDomesticRange:    id < firstDomestic || id > lastDomestic,
		ruleDomesticTransfer: id == IDTransfer,
		ruleTipIndicator:     !validIndicator(tip.Indicator),
		ruleTipFixed:         (tip.Indicator == "02") != (tip.Fixed != ""),
		ruleTipPercent:       (tip.Indicator == "03") != (tip.Percent != ""),
		ruleTipFixedForm:     tip.Fixed != "" && !emv.ValidAmount(tip.Fixed),
		ruleTipPercentForm:   tip.Percent != "" && !emv.ValidPercent(tip.Percent),
	}
}

// ruleFindings says what it means to break a rule.
var ruleFindings = [rules]emv.Finding{
	ruleStaticAmount: {Code: CodeStaticAmount, Path: "54", Detail: "Amount of a static code must be 0",
		Hint: "leave Static false for a code with an amount"},
	ruleDynamicAmount: {Code: CodeDynamicWithoutAmount, Path: "54", Detail: "Amount of a dynamic code must be above 0",
		Hint: "set Static for a code without an amount"},
	ruleWholeRupiah: {Code: CodeAmountSen, Path: "54", Detail: "Amount is in sen and must be whole rupiah",
		Hint: "round it to a multiple of 100"},
	ruleAmountLength: {Code: emv.CodeAmountFormat, Path: "54", Detail: "Amount has more than 13 digits of rupiah"},
	ruleDomesticRange: {Code: emv.CodeIDRange, Detail: "DomesticID must be 26 to 45",
		Hint: "leave it 0 for 26"},
	ruleDomesticTransfer: {Code: emv.CodeIDRange, Path: "40", Detail: "DomesticID 40 is for transfers",
		Hint: "leave it 0 for 26"},
	ruleTipIndicator: {Code: emv.CodeTipIndicator, Path: "55", Detail: "Tip.Indicator must be empty, 01, 02 or 03"},
	ruleTipFixed: {Code: emv.CodeTipMissingFixed, Path: "56",
		Detail: "Tip.Fixed must be given when Tip.Indicator is 02 and only then"},
	ruleTipPercent: {Code: emv.CodeTipMissingPercent, Path: "57",
		Detail: "Tip.Percent must be given when Tip.Indicator is 03 and only then"},
	ruleTipFixedForm: {Code: emv.CodeTipFixedFormat, Path: "56",
		Detail: "Tip.Fixed must be an amount above zero of at most 13 characters", Hint: `as in "1000"`},
	ruleTipPercentForm: {Code: emv.CodeTipPercentRange, Path: "57",
		Detail: "Tip.Percent must be within 00.01 and 99.99", Hint: `as in "02.50"`},
}

func validIndicator(s string) bool {
	return s == "" || s == "01" || s == "02" || s == "03"
}

func validMPAN(pan string) bool {
	return len(pan) >= 16 && isDigits(pan) && NNS(pan) != "" && (len(pan) < 19 || Luhn(pan))
}

func validMCC(mcc string) bool { return len(mcc) == 4 && isDigits(mcc) }

// printable tells whether a text keeps to EMVCo's common character set.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
