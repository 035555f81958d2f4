package qrimage

import "math/bits"

// line is a row of modules, one bit each, the first in the lowest bit of the
// first word; dark is 1. 192 bits hold the 177 of version 40.
type line [3]uint64

func (l *line) set(i int)       { l[i/64] |= 1 << (i % 64) }
func (l *line) dark(i int) bool { return l[i/64]>>(i%64)&1 != 0 }

// eight gives the modules from i on, the first in the lowest bit. What lies
// outside the line is light; i may be negative.
func (l *line) eight(i int) byte {
	if i < 0 {
		return byte(l[0] << min(-i, 8))
	}
	word, shift := i/64, i%64
	if word >= len(l) {
		return 0
	}
	eight := l[word] >> shift
	if shift > 64-8 && word+1 < len(l) {
		eight |= l[word+1] << (64 - shift)
	}
	return byte(eight)
}

// margin is the light rows before and after those of a plane: as much of the
// quiet zone as a rule looks at.
const margin = 4

// plane holds size x size modules in strips 64 wide, one strip after another:
// word margin+y of strip i has the modules 64i to 64i+63 of row y, the first in
// the lowest bit. So one operation on words serves 64 columns, and no rule that
// looks up and down shifts.
type plane struct {
	size  int
	words []uint64
}

func newPlane(size int) plane {
	return plane{size, make([]uint64, (size+63)/64*(size+2*margin))}
}

// resized is a plane of another size in the same memory, if that is enough.
// Its modules are any, and the margins too.
func (p plane) resized(size int) plane {
	n := (size + 63) / 64 * (size + 2*margin)
	if cap(p.words) < n {
		return newPlane(size)
	}
	return plane{size, p.words[:n]}
}

func (p plane) strips() int { return (p.size + 63) / 64 }

// strip has the margins.
func (p plane) strip(i int) []uint64 {
	n := p.size + 2*margin
	return p.words[i*n : (i+1)*n]
}

// columns has a bit for each column of a strip.
func (p plane) columns(strip int) uint64 {
	return ^uint64(0) >> max(0, 64*(strip+1)-p.size)
}

// place is where a module is: the word's index times 64, and the bit's.
func (p plane) place(x, y int) int {
	return (x/64*(p.size+2*margin)+margin+y)*64 + x%64
}

func (p plane) set(x, y int) {
	at := p.place(x, y)
	p.words[at/64] |= 1 << (at % 64)
}

// line gives row y.
func (p plane) line(y int) (l line) {
	for i := range p.strips() {
		l[i] = p.strip(i)[margin+y]
	}
	return l
}

// differ makes p the modules in which a and b differ.
func (p plane) differ(a, b plane) {
	for i := range p.words {
		p.words[i] = a.words[i] ^ b.words[i]
	}
}

// turn makes p the rows and columns of q exchanged.
func (p plane) turn(q plane) {
	clear(p.words)
	var block [64]uint64
	for i := range q.strips() {
		for j := range q.strips() {
			from, to := q.strip(i)[margin:margin+q.size], p.strip(j)[margin:margin+q.size]
			clear(block[copy(block[:], from[64*j:]):])
			transpose(&block)
			copy(to[64*i:], block[:])
		}
	}
}

// transpose exchanges the rows and columns of a block: its quarters first, then
// the quarters of each, down to single modules.
func transpose(block *[64]uint64) {
	mask := ^uint64(0)
	for half := 32; half > 0; half /= 2 {
		mask ^= mask << half
		for at := 0; at < 64; at = (at + half + 1) &^ half {
			swap := (block[at]>>half ^ block[at+half]) & mask
			block[at] ^= swap << half
			block[at+half] ^= swap
		}
	}
}

func (p plane) dark() (n int) {
	for _, word := range p.words {
		n += bits.OnesCount64(word)
	}
	return n
}

// grid holds the modules twice, upright and with rows and columns exchanged, so
// that one rule serves both.
type grid struct{ upright, turned plane }

func gridOf(size int, dark func(x, y int) bool) grid {
	g := grid{newPlane(size), newPlane(size)}
	for y := range size {
		for x := range size {
			if dark(x, y) {
				g.upright.set(x, y)
			}
		}
	}
	g.turned.turn(g.upright)
	return g
}

func (g grid) resized(size int) grid {
	return grid{g.upright.resized(size), g.turned.resized(size)}
}
