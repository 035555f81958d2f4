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

// indicators are the modes' own bits, four each.
var indicators = [modes]uint{1, 2, 4}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// values is the place of each character in the alphabet, and narrowest the
// first mode that can hold it; those after can as well.
var values, narrowest = func() (values [256]uint8, narrowest [256]mode) {
	for c := range narrowest {
		narrowest[c] = byteMode
		if i := strings.IndexByte(alphabet, byte(c)); i >= 0 {
			values[c], narrowest[c] = uint8(i), alphanumeric
		}
		if '0' <= c && c <= '9' {
			narrowest[c] = numeric
		}
	}
	return values, narrowest
}()

// sixths is the cost of one character in sixths of a bit: three digits take 10
// bits, two alphanumeric characters 11, a byte 8.
var sixths = [modes]int{20, 33, 48}

// counts is the width of the character count, in bits, by version class
// (ISO/IEC 18004, table 3).
var counts = [3][modes]int{
	{10, 9, 8},
	{12, 11, 16},
	{14, 13, 16},
}

// classes is the last version of each class.
var classes = [3]coding.Version{9, 26, coding.MaxVersion}

// segment is a run of characters in one mode.
type segment struct {
	mode mode
	text string
}

// bits is what the segment takes, its header included.
func (s segment) bits(class int) int {
	return 4 + counts[class][s.mode] + (sixths[s.mode]*len(s.text)+5)/6
}

// never is a cost beyond any symbol, for a mode that cannot hold a character.
const never = 1 << 40

// origin tells for each mode of a character the mode of the one before.
type origin [modes]mode

// divide appends to segments, which is empty, the runs of s that take the
// fewest bits in a class of versions: the shortest path through modes, one step
// a byte. origins is memory of any size; it is given back for the next time.
func divide(segments []segment, origins []origin, s string, class int) ([]segment, []origin) {
	cost := [modes]int{never, never, never}
	origins = slices.Grow(origins[:0], len(s))[:len(s)]
	for i := range len(s) {
		cost = step(cost, &origins[i], s[i], class, i == 0)
	}
	last := cheapest(cost)
	for i := len(s) - 1; i >= 0; i-- {
		if before := origins[i][last]; i == 0 || before != last {
			segments = append(segments, segment{last, s[i:]})
			s, last = s[:i], before
		}
	}
	slices.Reverse(segments)
	return segments, origins
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
func step(before [modes]int, from *origin, c byte, class int, first bool) (cost [modes]int) {
	entry, previous := 0, byteMode
	if !first {
		previous = cheapest(before)
		entry = (before[previous] + 5) / 6 * 6 // a segment ends on a whole bit
	}
	for m := range modes {
		if m < narrowest[c] {
			cost[m] = never
			continue
		}
		cost[m], from[m] = before[m], m
		if opened := entry + 6*(4+counts[class][m]); opened < cost[m] {
			cost[m], from[m] = opened, previous
		}
		cost[m] += sixths[m]
	}
	return cost
}
