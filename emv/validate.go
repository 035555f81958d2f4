package emv

import (
	"fmt"
	"unicode/utf8"
)

// maxPayload is the length that a payload should not exceed (EMVCo QRCPS-MPM,
// a "should").
const maxPayload = 512

// format is a set of characters (EMVCo QRCPS-MPM, "Data Objects").
type format uint8

const (
	text    format = iota // S: any
	common                // ans: printable ASCII
	numeric               // N: digits
)

// shape says what a value may look like. A value of the wrong length or with
// the wrong characters is reported by its own code.
type shape struct {
	name     string
	format   format
	min, max int
	length   Code
	charset  Code
}

// rootShapes has a row for every root ID whose value is no template.
var rootShapes = [maxID + 1]shape{
	IDFormatIndicator:  {"payload format indicator", numeric, 2, 2, CodeFormatIndicator, CodeFormatIndicator},
	IDInitiationMethod: {"point of initiation method", numeric, 2, 2, CodeInitiationMethod, CodeInitiationMethod},
	IDMCC:              {"merchant category code", numeric, 4, 4, CodeMCCFormat, CodeMCCFormat},
	IDCurrency:         {"currency", numeric, 3, 3, CodeCurrencyFormat, CodeCurrencyFormat},
	IDAmount:           {"amount", common, 1, 13, CodeAmountFormat, CodeAmountFormat},
	IDTipIndicator:     {"tip indicator", numeric, 2, 2, CodeTipIndicator, CodeTipIndicator},
	IDTipFixed:         {"fixed tip", common, 1, 13, CodeTipFixedFormat, CodeTipFixedFormat},
	IDTipPercent:       {"percentage of tip", common, 1, 5, CodeTipPercentRange, CodeTipPercentRange},
	IDCountry:          {"country", common, 2, 2, CodeCountryFormat, CodeCountryFormat},
	IDName:             {"merchant name", common, 1, 25, CodeNameLength, CodeCharset},
	IDCity:             {"merchant city", common, 1, 15, CodeCityLength, CodeCharset},
	IDPostalCode:       {"postal code", common, 1, 10, CodePostalCodeLength, CodeCharset},
}

// accountShape is that of 02 to 51.
var accountShape = shape{"merchant account", common, 1, maxValue, CodeValueLength, CodeCharset}

// mandatory lists the root objects that every payload has, besides 00, an
// account and 63 (EMVCo QRCPS-MPM, presence M).
var mandatory = []struct {
	id   ID
	code Code
}{
	{IDMCC, CodeMCCMissing},
	{IDCurrency, CodeCurrencyMissing},
	{IDCountry, CodeCountryMissing},
	{IDName, CodeNameMissing},
	{IDCity, CodeCityMissing},
}

// Validate applies EMVCo's rules and gives what breaks them: the envelope
// first (00, 63, CRC), then values in document order, then what is missing,
// then the tip. Nothing is left out after the first error. A payload without
// findings gives nil.
func (p Payload) Validate() []Finding {
	var r report
	r.envelope(p)
	for o := range p.All() {
		r.root(o)
	}
	r.missing(p)
	r.tip(p)
	return r
}

// report collects findings.
type report []Finding

func (r *report) fail(code Code, path, detail, hint string) {
	*r = append(*r, Finding{code, Error, path, detail, hint})
}

func (r *report) warn(code Code, path, detail, hint string) {
	*r = append(*r, Finding{code, Warning, path, detail, hint})
}

func (r *report) envelope(p Payload) {
	if p.Len() == 0 || p.objects.text[:2] != "00" {
		r.fail(CodeFirstNot00, "00", "the payload format indicator is not the first object", "move 00 to the front and compute the CRC again")
	}
	r.crc(p)
	if n := utf8.RuneCountInString(p.objects.text); n > maxPayload {
		r.warn(CodePayloadLength, "", fmt.Sprintf("the payload has %d characters, it should not exceed %d", n, maxPayload), "")
	}
}

func (r *report) crc(p Payload) {
	_, end, ok := p.objects.find(IDCRC)
	if !ok {
		_, computed := p.CRC()
		r.fail(CodeCRCMissing, "63", "the CRC is missing", "append 6304"+computed)
		return
	}
	if end != len(p.objects.text) {
		r.fail(CodeCRCNotLast, "63", "objects follow the CRC, which must be the last", "move 63 to the end and compute it again")
	}
	printed, _ := p.Get(IDCRC)
	value, ok := parseHex(printed)
	switch {
	case !ok:
		r.fail(CodeCRCFormat, "63", fmt.Sprintf("the CRC is printed %q, four hexadecimal digits are expected", printed), "keep leading zeros: 123 is printed 0123")
	case value != p.wantCRC():
		_, computed := p.CRC()
		r.fail(CodeCRC, "63", "the CRC is printed "+printed+", the characters before it give "+computed,
			"a character was lost, added or changed after the CRC was computed; scan or copy the QR again")
	case hasLower(printed):
		r.warn(CodeCRCLowerCase, "63", "the CRC is right and printed in lower case", "print it in upper case")
	}
}

func hasLower(s string) bool {
	for i := range len(s) {
		if 'a' <= s[i] && s[i] <= 'z' {
			return true
		}
	}
	return false
}

// root applies the rows for one root object.
func (r *report) root(o Object) {
	path := o.ID.String()
	if o.Value == "" {
		if o.ID != IDCRC {
			r.fail(CodeZeroLength, path, "the value is empty, lengths are 01 to 99", "leave the object out")
		}
		return
	}
	s := &rootShapes[o.ID]
	if isAccount(o.ID) {
		s = &accountShape
	}
	if s.name != "" && !r.shape(s, path, o.Value) {
		return
	}
	for i := range valueRules[o.ID] {
		rule := &valueRules[o.ID][i]
		if !rule.valid(o.Value) {
			*r = append(*r, Finding{rule.code, rule.severity, path, fmt.Sprintf(rule.says, o.Value), rule.hint})
			return
		}
	}
	r.template(o)
}

// shape reports the first way in which a value departs from its shape, and
// tells whether there was none.
func (r *report) shape(s *shape, path, value string) bool {
	n := utf8.RuneCountInString(value)
	switch {
	case n < s.min || n > s.max:
		r.fail(s.length, path, fmt.Sprintf("the %s has %d characters, %s", s.name, n, s.limits()), "")
	case s.format == numeric && !isDigits(value):
		r.fail(s.charset, path, fmt.Sprintf("the %s is %q, digits are expected", s.name, value), "")
	case s.format == common && !isCommon(value):
		r.fail(s.charset, path, fmt.Sprintf("the %s is %q, only printable ASCII is allowed", s.name, value),
			"other scripts belong in the language template, 64")
	default:
		return true
	}
	return false
}

func (s *shape) limits() string {
	if s.min == s.max {
		return fmt.Sprintf("it must have %d", s.max)
	}
	return fmt.Sprintf("at most %d are allowed", s.max)
}

// isCommon tells whether a value keeps to the common character set (EMV Book
// 4): printable ASCII.
func isCommon(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isAccount(id ID) bool { return 2 <= id && id <= 51 }

func (r *report) missing(p Payload) {
	accounts := false
	for id := ID(2); id <= 51; id++ {
		accounts = accounts || p.objects.has(id)
	}
	if !accounts {
		r.fail(CodeAccountMissing, "", "there is no merchant account (02 to 51)", "without one the payment cannot be routed")
	}
	for _, m := range mandatory {
		if !p.objects.has(m.id) {
			r.fail(m.code, m.id.String(), "the "+rootShapes[m.id].name+" is missing", "it is mandatory")
		}
	}
}
