package qrimage

import "math/bits"

// line is a row or column of modules, one bit each, the first in the lowest bit
// of a; dark is 1. 192 bits hold the 177 of version 40. It is a struct because
// the compiler keeps those in registers, and arrays not.
type line struct{ a, b, c uint64 }

func (l *line) word(i int) *uint64 {
	switch i / 64 {
	case 0:
		return &l.a
	case 1:
		return &l.b
	}
	return &l.c
}

func (l *line) set(i int)       { *l.word(i) |= 1 << (i % 64) }
func (l *line) dark(i int) bool { return *l.word(i)>>(i%64)&1 != 0 }

// after moves every module n places back, so that bit i tells of module i+n;
// before is its opposite. What comes in from outside is light. n is below 64.
func (l line) after(n uint) line {
	return line{l.a>>n | l.b<<(64-n), l.b>>n | l.c<<(64-n), l.c >> n}
}

func (l line) before(n uint) line {
	return line{l.a << n, l.b<<n | l.a>>(64-n), l.c<<n | l.b>>(64-n)}
}

func (l line) and(m line) line { return line{l.a & m.a, l.b & m.b, l.c & m.c} }
func (l line) not(m line) line { return line{l.a &^ m.a, l.b &^ m.b, l.c &^ m.c} }
func (l line) or(m line) line  { return line{l.a | m.a, l.b | m.b, l.c | m.c} }
func (l line) xor(m line) line { return line{l.a ^ m.a, l.b ^ m.b, l.c ^ m.c} }

func (l line) count() int {
	return bits.OnesCount64(l.a) + bits.OnesCount64(l.b) + bits.OnesCount64(l.c)
}

// first is the line whose first n modules are dark.
func first(n int) line {
	var l line
	for i := range n {
		l.set(i)
	}
	return l
}

// grid holds the modules twice, so that one rule serves rows and columns.
type grid struct{ rows, columns []line }

func gridOf(size int, dark func(x, y int) bool) grid {
	lines := make([]line, 2*size)
	g := grid{lines[:size], lines[size:]}
	for y := range size {
		for x := range size {
			if dark(x, y) {
				g.rows[y].set(x)
				g.columns[x].set(y)
			}
		}
	}
	return g
}

// changed inverts the modules that are dark in change.
func (g grid) changed(change grid) grid {
	size := len(g.rows)
	lines := make([]line, 2*size)
	for i := range size {
		lines[i] = g.rows[i].xor(change.rows[i])
		lines[size+i] = g.columns[i].xor(change.columns[i])
	}
	return grid{lines[:size], lines[size:]}
}

// Weights of ISO/IEC 18004, table 11.
const (
	runWeight     = 3  // N1, and 1 for each module beyond five
	blockWeight   = 3  // N2
	finderWeight  = 40 // N3
	balanceWeight = 10 // N4
)

// penalty scores a symbol by the four features of ISO/IEC 18004, table 11.
func (g grid) penalty() int {
	size := len(g.rows)
	total := blockWeight*blocks(g.rows) + balanceWeight*imbalance(g.rows)
	pairs := first(size - 1)
	for i := range size {
		total += runs5(g.rows[i], pairs) + runs5(g.columns[i], pairs)
		total += finderWeight * (finders(g.rows[i]) + finders(g.columns[i]))
	}
	return total
}

// runs5 scores runs of five and more modules of one colour: 3, and 1 for each
// module beyond the fifth. A run of n holds n-4 places where five begin.
func runs5(l, pairs line) int {
	same := pairs.not(l.xor(l.after(1)))
	three := same.and(same.after(1))
	five := three.and(three.after(2))
	begin := five.not(five.before(1))
	return five.count() + (runWeight-1)*begin.count()
}

// finders counts dark-light-dark-dark-dark-light-dark with four light modules
// before or after it; beyond the symbol lies the quiet zone.
func finders(l line) int {
	a, b := l.after(1), l.after(5)
	core := l.and(l.after(2)).and(l.after(3)).and(l.after(4)).and(l.after(6)).not(a.or(b))
	left, right := l.before(1), l.after(7)
	left, right = left.or(left.before(1)), right.or(right.after(1))
	left, right = left.or(left.before(2)), right.or(right.after(2)) // dark among the four
	return core.not(left).count() + core.not(right).count()
}

// blocks counts squares of four modules of one colour, overlapping.
func blocks(rows []line) int {
	pairs := first(len(rows) - 1)
	n := 0
	for y := range len(rows) - 1 {
		across := pairs.not(rows[y].xor(rows[y].after(1)))
		down := rows[y].xor(rows[y+1])
		n += across.not(down).not(down.after(1)).count()
	}
	return n
}

// imbalance is how many whole steps of 5 % the dark modules are off one half.
func imbalance(rows []line) int {
	dark, all := 0, len(rows)*len(rows)
	for _, row := range rows {
		dark += row.count()
	}
	off := 20*dark - 10*all
	return max(off, -off) / all
}
