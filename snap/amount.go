package snap

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrAmount is the kind of every error of [ParseAmount] and [Amount.Sen].
var ErrAmount = errors.New("not an amount")

// Amount is money as the standard writes it: a decimal string and a currency.
type Amount struct {
	Value    string `json:"value"`    // rupiah with two decimals, "10000.00"
	Currency string `json:"currency"` // ISO 4217, "IDR"
}

// IDR is an amount of sen, hundredths of a rupiah, in rupiah.
func IDR(sen int64) Amount { return Amount{Value: FormatAmount(sen), Currency: "IDR"} }

// Sen is the amount in hundredths of a rupiah. Another currency than IDR is an
// error: there is no rate to convert it with.
func (a Amount) Sen() (int64, error) {
	if a.Currency != "IDR" {
		return 0, fmt.Errorf("snap: amount in %q: %w, QRIS knows only \"IDR\"", a.Currency, ErrAmount)
	}
	return ParseAmount(a.Value)
}

// maxAmountDigits is the 16 of the standard's "16,2".
const maxAmountDigits = 16

// ParseAmount reads the standard's "16,2": one to sixteen digits, a point and
// exactly two decimals, ^\d{1,16}\.\d{2}$ in the DANA document. It returns
// sen, hundredths of a rupiah; the largest fits in an int64.
func ParseAmount(value string) (sen int64, err error) {
	whole, decimals, point := strings.Cut(value, ".")
	switch {
	case !point || len(decimals) != 2 || !digits(decimals):
		return 0, fmt.Errorf("snap: amount %q: %w, a point and two decimals are needed, as in \"10000.00\"", value, ErrAmount)
	case whole == "" || !digits(whole):
		return 0, fmt.Errorf("snap: amount %q: %w, only digits may stand before the point: no sign, no separator", value, ErrAmount)
	case len(whole) > maxAmountDigits:
		return 0, fmt.Errorf("snap: amount %q: %w, at most %d digits may stand before the point", value, ErrAmount, maxAmountDigits)
	}
	return strconv.ParseInt(whole+decimals, 10, 64)
}

// FormatAmount writes sen as rupiah with two decimals, "10000.00". A negative
// amount, which no request may carry, keeps its sign.
func FormatAmount(sen int64) string {
	sign, rest := "", uint64(sen)
	if sen < 0 {
		sign, rest = "-", -rest // two's complement: right for the least int64 too
	}
	var space [24]byte
	text := strconv.AppendUint(append(space[:0], sign...), rest/100, 10)
	return string(append(text, '.', byte('0'+rest%100/10), byte('0'+rest%10)))
}

// digits reports whether text is ASCII digits only; an empty text is.
func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
