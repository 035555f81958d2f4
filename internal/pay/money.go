package pay

import "strconv"

// Rupiah is an amount of money in sen, hundredths of a rupiah. Money is never
// a float.
type Rupiah int64

// Rp gives whole rupiah as a Rupiah.
func Rp(rupiah int64) Rupiah { return Rupiah(rupiah * 100) }

// String is the SNAP form: rupiah, a point and two digits of sen.
func (r Rupiah) String() string {
	sign, sen := "", int64(r)
	if sen < 0 {
		sign, sen = "-", -sen
	}
	frac := strconv.FormatInt(100+sen%100, 10)
	return sign + strconv.FormatInt(sen/100, 10) + "." + frac[1:]
}
