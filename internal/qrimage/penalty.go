package qrimage

import "math/bits"

// Weights of ISO/IEC 18004, table 11.
const (
	runWeight     = 3  // N1, and 1 for each module beyond five
	blockWeight   = 3  // N2
	finderWeight  = 40 // N3
	balanceWeight = 10 // N4
)

// penalty scores g with what is dark in change inverted, by the four features
// of ISO/IEC 18004, table 11. A score of least or more need not be the whole.
// The modules are made in trial, a plane of the same size.
func penalty(g, change grid, trial plane, least int) int {
	trial.differ(g.upright, change.upright)
	total := blockWeight*blocks(trial) + balanceWeight*imbalance(trial) + upAndDown(trial)
	if total >= least {
		return total
	}
	trial.differ(g.turned, change.turned)
	return total + upAndDown(trial)
}

// upAndDown scores what stands above each other: runs, and shapes like the
// finder pattern.
func upAndDown(p plane) (total int) {
	for i := range p.strips() {
		strip := p.strip(i)
		total += runs(strip[margin:margin+p.size], p.columns(i)) + finderWeight*finders(strip)
	}
	return total
}

// runs scores runs of five and more modules of one colour: 3, and 1 for each
// module beyond the fifth. A run of n holds n-4 places where five begin.
func runs(rows []uint64, columns uint64) (total int) {
	before := uint64(0)
	for ; len(rows) >= 5; rows = rows[1:] {
		a, b, c, d, e := rows[0], rows[1], rows[2], rows[3], rows[4]
		five := (a&b&c&d&e | ^(a | b | c | d | e)) & columns
		total += bits.OnesCount64(five) + (runWeight-1)*bits.OnesCount64(five&^before)
		before = five
	}
	return total
}

// finders counts dark-light-dark-dark-dark-light-dark with four light modules
// before or after it, which may be in the margins.
func finders(strip []uint64) (n int) {
	for ; len(strip) >= 4+7+4; strip = strip[1:] {
		core := strip[4] & strip[6] & strip[7] & strip[8] & strip[10] &^ (strip[5] | strip[9])
		before := strip[0] | strip[1] | strip[2] | strip[3]
		after := strip[11] | strip[12] | strip[13] | strip[14]
		n += bits.OnesCount64(core&^before) + bits.OnesCount64(core&^after)
	}
	return n
}

// blocks counts squares of four modules of one colour, overlapping. The last
// column of a strip has its neighbour in the next one.
func blocks(p plane) (n int) {
	for i := range p.strips() {
		rows, columns := p.strip(i)[margin:margin+p.size], p.columns(i)
		if i+1 == p.strips() {
			n += within(rows, columns>>1)
			continue
		}
		n += across(rows, p.strip(i + 1)[margin:margin+p.size])
	}
	return n
}

func within(rows []uint64, pairs uint64) (n int) {
	for ; len(rows) >= 2; rows = rows[1:] {
		both, either := rows[0]&rows[1], rows[0]|rows[1]
		n += bits.OnesCount64((both&(both>>1) | ^(either | either>>1)) & pairs)
	}
	return n
}

func across(rows, next []uint64) (n int) {
	for y := range rows[1:] {
		both, either := rows[y]&rows[y+1], rows[y]|rows[y+1]
		bothNext := both>>1 | (next[y]&next[y+1])<<63
		eitherNext := either>>1 | (next[y]|next[y+1])<<63
		n += bits.OnesCount64(both&bothNext | ^(either | eitherNext))
	}
	return n
}

// imbalance is how many whole steps of 5 % the dark modules are off one half.
func imbalance(p plane) int {
	all := p.size * p.size
	off := 20*p.dark() - 10*all
	return max(off, -off) / all
}
