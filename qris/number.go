package qris

import (
	"fmt"
	"strings"
)

// NNS gives the institution number of a PAN: its first eight digits when they
// begin with 9360, else "".
func NNS(pan string) string {
	if len(pan) < 8 || pan[:4] != "9360" || !isDigits(pan[:8]) {
		return ""
	}
	return pan[:8]
}

// institutions names the institutions whose numbers are in public use. The
// full register is PTEN's; a number that is missing here proves nothing.
var institutions = map[string]string{
	"93600002": "BRI",
	"93600008": "Bank Mandiri",
	"93600009": "BNI",
	"93600014": "BCA",
	"93600503": "Bank Nobu",
	"93600777": "Finnet",
	"93600815": "SpeedCash",
	"93600818": "Paydia",
	"93600822": "AstraPay",
	"93600842": "Qoin",
	"93600848": "Xendit",
	"93600899": "DOKU",
	"93600911": "LinkAja",
	"93600912": "OVO",
	"93600914": "GoPay",
	"93600915": "DANA",
	"93600918": "ShopeePay",
	"93600998": "QRIS DSP",
}

// InstitutionName gives the name of a well-known institution number.
func InstitutionName(nns string) (string, bool) {
	name, ok := institutions[nns]
	return name, ok
}

// Luhn tells whether the last of some digits is the check digit of the others
// (ISO/IEC 7812-1, annex B).
func Luhn(digits string) bool {
	if len(digits) < 2 || !isDigits(digits) {
		return false
	}
	body, last := digits[:len(digits)-1], digits[len(digits)-1]
	return checkDigit(body) == last
}

// checkDigit gives the Luhn check digit to be appended to body.
func checkDigit(body string) byte {
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return '0' + byte((10-sum%10)%10)
}

// PANWithCheckDigit gives the 19 digit PAN of the network for the 18 digits
// that a QR prints. Of a PAN of 18 digits nothing can be checked; only its
// 19th digit makes it checkable.
func PANWithCheckDigit(pan18 string) (string, error) {
	if len(pan18) != 18 || !isDigits(pan18) {
		return "", fmt.Errorf("qris: the PAN has %d characters, 18 digits are expected; one of 19 has its check digit already", len(pan18))
	}
	return pan18 + string(checkDigit(pan18)), nil
}

// NMIDValid tells whether a text is a national merchant ID: "ID", twelve
// digits, and their Luhn check digit. The documents print dummies that are
// not, so that a false answer is reason for a warning and not a refusal.
func NMIDValid(nmid string) bool { return nmidShape(nmid) && Luhn(nmid[2:]) }

// nmidShape tells whether a text is "ID" and 13 digits.
func nmidShape(nmid string) bool {
	return len(nmid) == 15 && strings.HasPrefix(nmid, "ID") && isDigits(nmid[2:])
}

// NMIDFor gives the national merchant ID of twelve digits: entity type,
// century, year and sequence, to which the check digit is appended.
func NMIDFor(twelve string) (string, error) {
	if len(twelve) != 12 || !isDigits(twelve) {
		return "", fmt.Errorf("qris: an NMID is made of 12 digits, %q is not", twelve)
	}
	return "ID" + twelve + string(checkDigit(twelve)), nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
