package qris

import (
	"fmt"
	"strings"

	"github.com/qrisd/qrisd/emv"
)

// maxAmountLen is the longest 54 (EMVCo QRCPS-MPM): 13 characters, which is
// far from the limits of int64 even in hundredths.
const maxAmountLen = 13

// sen converts a decimal text to hundredths exactly: "98.73" is 9873, "98" and
// "98." are 9800. Digits after the second must be zeros.
func sen(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if whole == "" || len(text) > maxAmountLen {
		return 0, errAmount(text)
	}
	n, ok := appendDigits(0, whole)
	if !ok {
		return 0, errAmount(text)
	}
	if _, ok := appendDigits(0, fraction); !ok {
		return 0, errAmount(text)
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > 2 {
		return 0, emv.Finding{Code: CodeAmountPrecision, Path: emv.IDAmount.String(),
			Detail: fmt.Sprintf("the amount %q has digits below a hundredth", text), Hint: "give at most two decimals"}
	}
	n, _ = appendDigits(n, (fraction + "00")[:2])
	return n, nil
}

// appendDigits reads decimal digits to the right of n.
func appendDigits(n int64, digits string) (int64, bool) {
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return n, true
}

func errAmount(text string) error {
	return emv.Finding{Code: emv.CodeAmountFormat, Path: emv.IDAmount.String(),
		Detail: fmt.Sprintf("the amount is %q, digits with at most one full stop are expected", text),
		Hint:   `as in "98.73", "98" or "98."; no sign, space, comma or thousands separator`}
}
