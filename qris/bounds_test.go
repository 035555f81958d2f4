package qris_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/qris"
)

// texts are the fields of a Spec, with the bounds that the QRIS specification
// gives them, written here a second time.
var texts = []struct {
	path              string
	max               int
	set               func(*qris.Spec, string)
	mandatory, pipeOK bool
	free              bool // any text of the length will do
}{
	{"26.00", 32, func(s *qris.Spec, v string) { s.GUID = v }, true, true, true},
	{"26.01", 19, func(s *qris.Spec, v string) { s.MPAN = v }, true, false, false},
	{"26.02", 15, func(s *qris.Spec, v string) { s.MerchantID = v }, true, false, true},
	{"26.03", 3, func(s *qris.Spec, v string) { s.Criteria = v }, true, false, false},
	{"51.02", 15, func(s *qris.Spec, v string) { s.NMID = v }, false, false, false},
	{"52", 4, func(s *qris.Spec, v string) { s.MCC = v }, true, false, false},
	{"59", 25, func(s *qris.Spec, v string) { s.Name = v }, true, false, true},
	{"60", 15, func(s *qris.Spec, v string) { s.City = v }, true, false, true},
	{"61", 10, func(s *qris.Spec, v string) { s.PostalCode = v }, true, false, true},
	{"62.01", 25, func(s *qris.Spec, v string) { s.BillNumber = v }, false, true, true},
	{"62.03", 25, func(s *qris.Spec, v string) { s.StoreLabel = v }, false, true, true},
	{"62.05", 25, func(s *qris.Spec, v string) { s.ReferenceLabel = v }, false, true, true},
	{"62.07", 25, func(s *qris.Spec, v string) { s.TerminalLabel = v }, false, true, true},
}

// fault is the code that Encode has for a field, "" for none.
func fault(path string, change func(*qris.Spec)) emv.Code {
	_, err := qris.Encode(contoh(change))
	spec, ok := errors.AsType[*qris.SpecError](err)
	if !ok {
		return ""
	}
	for _, f := range spec.Findings {
		if f.Path == path {
			return f.Code
		}
	}
	return ""
}

func TestTextBounds(t *testing.T) {
	for _, f := range texts {
		with := func(v string) emv.Code { return fault(f.path, func(s *qris.Spec) { f.set(s, v) }) }
		if got := with(strings.Repeat("A", f.max+1)); got != qris.CodeFieldLength {
			t.Errorf("%s of %d characters: %q", f.path, f.max+1, got)
		}
		if got := with(strings.Repeat("A", f.max)); got == qris.CodeFieldLength || (got != "") == f.free {
			t.Errorf("%s of %d characters: %q", f.path, f.max, got)
		}
		if got := with(""); (got == qris.CodeFieldMissing) != f.mandatory {
			t.Errorf("%s empty: %q", f.path, got)
		}
		if got := with("|"); (got != qris.CodePipe) != f.pipeOK {
			t.Errorf("%s with a pipe: %q", f.path, got)
		}
	}
	static := func(s *qris.Spec) { s.Static, s.Amount, s.NMID = true, 0, "" }
	if got := fault("51.02", static); got != qris.CodeFieldMissing {
		t.Errorf("a static code without NMID: %q", got)
	}
}

// TestMPANLengths: 16 to 19 digits, of 19 the last the check digit.
func TestMPANLengths(t *testing.T) {
	for pan, want := range map[string]emv.Code{
		"936009990000001": qris.CodeFieldFormat, "9360099900000010": "", "936009990000000001": "",
		"9360099900000000019": "", "9360099900000000018": "", "93600999000000000190": qris.CodeFieldLength,
	} {
		got := fault("26.01", func(s *qris.Spec) { s.MPAN = pan })
		if len(pan) == 19 && !qris.Luhn(pan) {
			want = qris.CodeFieldFormat
		}
		if got != want {
			t.Errorf("the MPAN %s: %q, want %q", pan, got, want)
		}
	}
}

func TestShortenEdges(t *testing.T) {
	for text, want := range map[string]string{"!~": "!~", "a\x7fb": "a b", "a|b": "a b", "a b": "a b", "a\tb": "a b", "": "", " ": "", " a": "a", "a ": "a", "a  b": "a b", "é": "e"} {
		if got := qris.Shorten(text, 25); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
