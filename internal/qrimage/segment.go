package qrimage

import (
	"slices"
	"strings"

	"rsc.io/qr/coding"
)

// mode is how a run of characters is packed. A QRIS payload is mostly capitals
// and digits, so packing each run by what it is saves about three versions
// against bytes throughout: fewer, larger modules.
type mode uint8

const (
	numeric mode = iota
	alphanumeric
	byteMode
	modes
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// sixths is the cost of one character in sixths of a bit: three digits take 10
// bits, two alphanumeric characters 11, a byte 8.
var sixths = [modes]int{20, 33, 48}

// headers is the mode indicator and the character count, in bits, by version
// class (ISO/IEC 18004, table 3).
var headers = [3][modes]int{
	{4 + 10, 4 + 9, 4 + 8},
	{4 + 12, 4 + 11, 4 + 16},
	{4 + 14, 4 + 13, 4 + 16},
}

// classes is the last version of each class.
var classes = [3]coding.Version{9, 26, coding.MaxVersion}

func (m mode) holds(c byte) bool {
	switch m {
	case numeric:
		return '0' <= c && c <= '9'
	case alphanumeric:
		return strings.IndexByte(alphabet, c) >= 0
	}
	return true
}

func (m mode) pack(s string) coding.Encoding {
	switch m {
	case numeric:
		return coding.Num(s)
	case alphanumeric:
		return coding.Alpha(s)
	}
	return coding.String(s)
}

// never is a cost beyond any symbol, for a mode that cannot hold a character.
const never = 1 << 40

// segment divides s into the runs that take the fewest bits in a class of
// versions: the shortest path through modes, one step a byte.
func segment(s string, class int) []coding.Encoding {
	cost := [modes]int{never, never, never}
	from := make([][modes]mode, len(s)) // the mode of the byte before, if this one has a mode
	for i := range len(s) {
		cost, from[i] = step(cost, s[i], class, i == 0)
	}
	return runs(s, from, cheapest(cost))
}

func cheapest(cost [modes]int) mode {
	best := numeric
	for m := alphanumeric; m < modes; m++ {
		if cost[m] < cost[best] {
			best = m
		}
	}
	return best
}

// step extends the cheapest ways to reach each mode by one character.
func step(before [modes]int, c byte, class int, first bool) (cost [modes]int, from [modes]mode) {
	entry, previous := 0, byteMode
	if !first {
		previous = cheapest(before)
		entry = (before[previous] + 5) / 6 * 6 // a segment ends on a whole bit
	}
	for m := range modes {
		cost[m], from[m] = before[m], m
		if opened := entry + 6*headers[class][m]; opened < cost[m] {
			cost[m], from[m] = opened, previous
		}
		cost[m] += sixths[m]
		if !m.holds(c) {
			cost[m] = never
		}
	}
	return cost, from
}

// runs walks the path back and cuts s where its mode changes.
func runs(s string, from [][modes]mode, last mode) []coding.Encoding {
	var segments []coding.Encoding
	end := len(s)
	for i := len(s) - 1; i >= 0; i-- {
		if before := from[i][last]; i == 0 || before != last {
			segments = append(segments, last.pack(s[i:end]))
			end, last = i, before
		}
	}
	slices.Reverse(segments)
	return segments
}
