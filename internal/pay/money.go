package pay

import "strconv"

// Rupiah is an amount of money in sen, hundredths of a rupiah. Money is never
// a float.
type Rupiah int64

// Rp gives whole rupiah as a Rupiah.
func Rp(rupiah int64) Rupiah { return Rupiah(rupiah * 100) }

// String is the SNAP form: rupiah, a point and two digits of sen.
func (r Rupiah) String() string {
	var space [24]byte
	text, sen := space[:0], uint64(r)
	if r < 0 {
		text, sen = append(text, '-'), -sen // two's complement: right for the least int64 too
	}
	text = strconv.AppendUint(text, sen/100, 10)
	return string(append(text, '.', byte('0'+sen%100/10), byte('0'+sen%10)))
}
