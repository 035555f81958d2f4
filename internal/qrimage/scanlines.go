package qrimage

import "sync/atomic"

// scanlines are the rows of pixels of a PNG with one bit a pixel, each under
// filter type 0. Rows in succession that are equal are kept once.
type scanlines struct {
	side, scale int // modules across, and pixels across a module
	bytes       []byte
	times       []int // how often each row stands
	last        line
	left        int // modules of white before last
}

// stride is the bytes of a row.
func (s *scanlines) stride() int { return 1 + (s.side*s.scale+7)/8 }

// draw makes the rows of a symbol with its quiet zone and what is below it.
func (s *scanlines) draw(symbol *symbol, scale, quiet int) {
	*s = scanlines{side: symbol.size() + 2*quiet, scale: scale, bytes: s.bytes[:0], times: s.times[:0]}
	s.white(quiet)
	for _, row := range symbol.rows {
		s.add(row, quiet)
	}
	s.white(quiet)
	for _, row := range symbol.below.rows {
		s.add(row, symbol.below.left)
	}
	s.white(symbol.below.foot)
}

func (s *scanlines) white(modules int) {
	for range modules {
		s.add(line{}, 0)
	}
}

// add appends a row of modules after left modules of white.
func (s *scanlines) add(row line, left int) {
	if n := len(s.times); n > 0 && row == s.last && left == s.left {
		s.times[n-1] += s.scale
		return
	}
	s.last, s.left = row, left
	s.times = append(s.times, s.scale)
	end := len(s.bytes) + s.stride()
	s.bytes = append(s.bytes, 0) // the filter type
	wide := widened(s.scale)
	for x := 0; x < s.side; x += 8 {
		from := int(row.eight(x-left)) * s.scale
		s.bytes = append(s.bytes, wide[from:from+s.scale]...)
	}
	s.bytes = s.bytes[:end]
}

// wide keeps for each scale what widened makes.
var wide [mostScale + 1]atomic.Pointer[[]byte]

// widened holds the pixels of any eight modules, which are scale whole bytes:
// those of modules m, the first in the lowest bit, begin at m*scale. The first
// pixel is in the highest bit of its byte.
func widened(scale int) []byte {
	if kept := wide[scale].Load(); kept != nil {
		return *kept
	}
	pixels := make([]byte, 256*scale)
	for at := range 256 * 8 * scale {
		modules, module := at/(8*scale), at/scale%8
		pixels[at/8] |= byte(modules>>module&1) << (7 - at%8)
	}
	wide[scale].Store(&pixels)
	return pixels
}
