package emv

import (
	"fmt"
	"strings"
)

// valueRule restricts a value beyond its shape.
type valueRule struct {
	valid    func(value string) bool
	code     Code
	severity Severity
	says     string // with %q for the value
	hint     string
}

// valueRules has the rules for each root ID; the first that is broken is
// reported.
var valueRules = [maxID + 1][]valueRule{
	IDFormatIndicator: {{
		func(v string) bool { return v == "01" }, CodeFormatIndicator, Warning,
		"the payload format indicator is %q, EMVCo knows 01 only", "",
	}},
	IDInitiationMethod: {{
		func(v string) bool { return v == "11" || v == "12" }, CodeInitiationMethod, Error,
		"the point of initiation method is %q, 11 (static) or 12 (dynamic) is expected", "",
	}},
	IDAmount: {{
		isDecimal, CodeAmountFormat, Error,
		"the amount is %q, digits with at most one full stop are expected",
		`as in "98.73", "98" or "98."; no sign, space, comma or thousands separator`,
	}, {
		ValidAmount, CodeAmountZero, Error,
		"the amount is %q, above zero is expected", "leave 54 out to let the payer enter the amount",
	}},
	IDTipIndicator: {{
		func(v string) bool { return v == "01" || v == "02" || v == "03" }, CodeTipIndicator, Error,
		"the tip indicator is %q, 01 (payer decides), 02 (fixed) or 03 (percentage) is expected", "",
	}},
	IDTipFixed: {{
		ValidAmount, CodeTipFixedFormat, Error,
		"the fixed tip is %q, an amount above zero is expected", "",
	}},
	IDTipPercent: {{
		ValidPercent, CodeTipPercentRange, Error,
		"the percentage of tip is %q, 00.01 to 99.99 is expected", "without a percent sign",
	}},
	IDCountry: {{
		func(v string) bool { return isCapital(v[0]) && isCapital(v[1]) }, CodeCountryFormat, Error,
		"the country is %q, two capital letters are expected", "",
	}},
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

// ValidAmount tells whether a text is an amount as 54 and 56 hold it: digits
// with at most one full stop after the first of them, 13 characters in all,
// above zero. "98.73", "98" and "98." are amounts.
func ValidAmount(value string) bool {
	return len(value) <= 13 && isDecimal(value) && !isZero(value)
}

// ValidPercent tells whether a text is a percentage as 57 holds it: at most
// two digits on either side of the full stop, above zero.
func ValidPercent(value string) bool {
	whole, fraction, _ := strings.Cut(value, ".")
	return len(whole) <= 2 && len(fraction) <= 2 && isDecimal(value) && !isZero(value)
}

func isDecimal(value string) bool {
	whole, fraction, _ := strings.Cut(value, ".")
	return isDigits(whole) && (fraction == "" || isDigits(fraction))
}

func isZero(decimal string) bool { return strings.Trim(decimal, "0.") == "" }

// tip applies the rules that bind 55, 56 and 57 to each other.
func (r *report) tip(p Payload) {
	indicator, _ := p.Get(IDTipIndicator)
	rows := [...]struct {
		id        ID
		announced string
		missing   Code
	}{
		{IDTipFixed, "02", CodeTipMissingFixed},
		{IDTipPercent, "03", CodeTipMissingPercent},
	}
	for _, row := range rows {
		name := rootShapes[row.id].name
		switch present := p.objects.has(row.id); {
		case present && indicator != row.announced:
			r.fail(CodeTipWithoutIndicator, row.id.String(),
				fmt.Sprintf("the %s is given and 55 is %q, not %q", name, indicator, row.announced),
				"set 55 to "+row.announced+" or leave "+row.id.String()+" out")
		case !present && indicator == row.announced:
			r.fail(row.missing, row.id.String(),
				fmt.Sprintf("55 is %q and the %s is missing", indicator, name),
				"give "+row.id.String()+" or leave 55 out")
		}
	}
}
