package qrimage

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// The image is compressed by hand (RFC 1950 and 1951): few values of bytes
// occur, so two or three bits hold each, and where a row repeats the one above
// it, that is said at once. compress/flate searches for what is known here: it
// takes several times as long, and half a megabyte of memory.

// Symbols of RFC 1951, section 3.2.5, beyond the literals.
const (
	endOfBlock  = 256
	lengthCodes = 286
	longest     = 258 // bytes that one match copies
	shortest    = 3
)

// deflater compresses scanlines.
type deflater struct {
	counts  [lengthCodes]int
	codes   [lengthCodes]code
	weights []weight
	lengths []uint8
	out     bitstream
}

// zlib appends the compressed rows to out.
func (d *deflater) zlib(out []byte, s *scanlines) []byte {
	d.counts = [lengthCodes]int{endOfBlock: 1}
	sum := d.count(s)
	d.weights = assign(d.weights[:0], d.counts[:], d.codes[:], 15)
	d.out = bitstream{bytes: append(out, 0x78, 0x01)} // a window of 32 KiB, the fastest method
	d.out.write(1, 1)                                 // the last block
	d.out.write(2, 2)                                 // with codes of its own
	distance := offset(s.stride())
	d.header(distance.symbol)
	d.rows(s, distance)
	d.out.code(d.codes[endOfBlock])
	return binary.BigEndian.AppendUint32(d.out.flush(), sum.value())
}

// count counts the symbols that rows will write, and sums the bytes.
func (d *deflater) count(s *scanlines) (sum adler) {
	sum = adler{a: 1}
	stride := s.stride()
	for i, times := range s.times {
		var a, b uint64
		for _, value := range s.bytes[i*stride : (i+1)*stride] {
			d.counts[value]++
			a += uint64(value)
			b += a
		}
		sum.add(a, b, uint64(stride), uint64(times))
		for n := (times - 1) * stride; n > 0; n -= piece(n) {
			d.counts[length(piece(n)).symbol]++
		}
	}
	return sum
}

// rows writes each row, and its repetitions as matches one row back.
func (d *deflater) rows(s *scanlines, distance part) {
	out, stride := d.out, s.stride()
	for i, times := range s.times {
		for _, value := range s.bytes[i*stride : (i+1)*stride] {
			out.code(d.codes[value])
		}
		for n := (times - 1) * stride; n > 0; n -= piece(n) {
			l := length(piece(n))
			out.code(d.codes[l.symbol])
			out.write(l.rest, l.bits)
			out.write(1, 1) // the second of the two codes of header
			out.write(distance.rest, distance.bits)
		}
	}
	d.out = out
}

// piece is how much of n bytes, which are never fewer than a match can be, the
// next match copies: so much that what is left can be a match too.
func piece(n int) int {
	if n > longest && n < longest+shortest {
		return n - shortest
	}
	return min(n, longest)
}

// part is a length or a distance: a symbol and the bits after it.
type part struct {
	symbol int
	rest   uint
	bits   int
}

func length(n int) part {
	v := n - shortest
	switch {
	case n == longest:
		return part{symbol: 285}
	case v < 8:
		return part{symbol: 257 + v}
	}
	extra := bits.Len(uint(v)) - 3
	return part{symbol: 261 + 4*extra + v>>extra&3, rest: uint(v) & (1<<extra - 1), bits: extra}
}

func offset(distance int) part {
	v := distance - 1
	if v < 4 {
		return part{symbol: v}
	}
	extra := bits.Len(uint(v)) - 2
	return part{symbol: 2 + 2*extra + v>>extra&1, rest: uint(v) & (1<<extra - 1), bits: extra}
}

// Symbols of the code lengths themselves (3.2.7): up to 15 they are lengths.
const (
	fewZeros    = 17 // 3 to 10
	manyZeros   = 18 // 11 to 138
	lengthKinds = 19
)

// kindOrder is the order in which their lengths stand.
var kindOrder = [lengthKinds]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// header writes the lengths of all codes. Of distances there are the one in use
// and distance 0, one bit each: some decoders refuse a code that is alone.
func (d *deflater) header(distance int) {
	d.lengths = d.lengths[:0]
	for _, c := range d.codes {
		d.lengths = append(d.lengths, uint8(c.bits))
	}
	d.lengths = append(d.lengths, 1)
	for range distance - 1 {
		d.lengths = append(d.lengths, 0)
	}
	d.lengths = append(d.lengths, 1)

	var counts [lengthKinds]int
	eachKind(d.lengths, func(kind int, _ uint, _ int) { counts[kind]++ })
	var codes [lengthKinds]code
	d.weights = assign(d.weights[:0], counts[:], codes[:], 7)
	d.out.write(lengthCodes-257, 5)
	d.out.write(uint(distance), 5) // one less than there are
	d.out.write(lengthKinds-4, 4)
	for _, kind := range kindOrder {
		d.out.write(uint(codes[kind].bits), 3)
	}
	eachKind(d.lengths, func(kind int, rest uint, bits int) {
		d.out.code(codes[kind])
		d.out.write(rest, bits)
	})
}

// eachKind hands on the lengths, with their zeros counted.
func eachKind(lengths []uint8, write func(kind int, rest uint, bits int)) {
	for i := 0; i < len(lengths); {
		zeros := 0
		for zeros < 138 && i+zeros < len(lengths) && lengths[i+zeros] == 0 {
			zeros++
		}
		switch {
		case zeros >= 11:
			write(manyZeros, uint(zeros-11), 7)
		case zeros >= 3:
			write(fewZeros, uint(zeros-3), 3)
		default:
			zeros = 1
			write(int(lengths[i]), 0, 0)
		}
		i += zeros
	}
}

// code is a symbol's code, its first bit the lowest.
type code struct {
	value uint16
	bits  uint8
}

// weight is how often a symbol occurs.
type weight struct{ symbol, count, bits int }

// assign gives the symbols that occur, which are two at least, codes of at most
// limit bits: as many as information theory asks for, rounded up (Shannon), and
// then one less wherever that saves most, until no code is left over. That is
// within a hundredth of Huffman's. weights is memory, which it gives back.
func assign(weights []weight, counts []int, codes []code, limit int) []weight {
	total := 0
	for symbol, count := range counts {
		if count > 0 {
			weights = append(weights, weight{symbol: symbol, count: count})
			total += count
		}
	}
	share(weights, total, limit)
	canonical(weights, codes)
	return weights
}

// share sets the widths. A code of n bits takes 1<<(limit-n) of 1<<limit.
func share(weights []weight, total, limit int) {
	whole := 1 << limit
	scaled := func(w weight) int { return 1 + w.count*(whole/2-1)/total } // nobody has none
	all := 0
	for _, w := range weights {
		all += scaled(w)
	}
	left := whole
	for i, w := range weights {
		weights[i].bits = bits.Len(uint((all - 1) / scaled(w)))
		left -= whole >> weights[i].bits
	}
	for left > 0 {
		best := -1
		for i, w := range weights {
			if whole>>w.bits <= left && (best < 0 || w.count<<w.bits > weights[best].count<<weights[best].bits) {
				best = i
			}
		}
		left -= whole >> weights[best].bits
		weights[best].bits--
	}
}

// canonical numbers the codes as 3.2.2 does: the shorter first, and of a length
// in the order of symbols.
func canonical(weights []weight, codes []code) {
	clear(codes)
	slices.SortStableFunc(weights, func(a, b weight) int { return a.bits - b.bits })
	next, before := 0, 0
	for _, w := range weights {
		next <<= w.bits - before
		codes[w.symbol] = code{bits.Reverse16(uint16(next)) >> (16 - w.bits), uint8(w.bits)}
		next, before = next+1, w.bits
	}
}

// bitstream takes bits as deflate orders them, the lowest first.
type bitstream struct {
	bytes []byte
	held  uint64
	bits  int // of held, below 32 between two calls
}

func (s *bitstream) code(c code) { s.write(uint(c.value), int(c.bits)) }

func (s *bitstream) write(v uint, n int) {
	s.held |= uint64(v) << s.bits
	if s.bits += n; s.bits >= 32 {
		s.bytes = binary.LittleEndian.AppendUint32(s.bytes, uint32(s.held))
		s.held >>= 32
		s.bits -= 32
	}
}

// flush fills the last byte with zeros.
func (s *bitstream) flush() []byte {
	for ; s.bits > 0; s.bits -= 8 {
		s.bytes = append(s.bytes, byte(s.held))
		s.held >>= 8
	}
	return s.bytes
}

// adler is the checksum of RFC 1950.
type adler struct{ a, b uint64 }

// add takes in a row of n bytes that stands so many times, given the sums that
// it makes alone: of its bytes, and of the sums up to each of them.
func (s *adler) add(a, b, n, times uint64) {
	const prime = 65521
	a, b = a%prime, b%prime
	s.b = (s.b + times*(n*s.a%prime+b) + times*(times-1)/2%prime*(n*a%prime)) % prime
	s.a = (s.a + times*a) % prime
}

func (s adler) value() uint32 { return uint32(s.b<<16 | s.a) }
