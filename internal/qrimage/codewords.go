package qrimage

import (
	"encoding/binary"

	"rsc.io/qr/coding"
	"rsc.io/qr/gf256"
)

// packer writes numbers bit by bit, the highest bit first.
type packer struct {
	bytes []byte
	held  uint64 // the bits not yet written, in its lowest
	bits  int    // of them, below 8 between two calls
}

// write appends the lowest n bits of v; n is at most 32.
func (p *packer) write(v uint, n int) {
	p.held = p.held<<n | uint64(v)
	for p.bits += n; p.bits >= 8; p.bits -= 8 {
		p.bytes = append(p.bytes, byte(p.held>>(p.bits-8)))
	}
}

// segment writes one with its header (ISO/IEC 18004, 7.4).
func (p *packer) segment(s segment, class int) {
	p.write(indicators[s.mode], 4)
	p.write(uint(len(s.text)), counts[class][s.mode])
	switch s.mode {
	case numeric:
		p.groups(s.text, 3, 10, [...]int{0, 4, 7, 10})
	case alphanumeric:
		p.groups(s.text, 2, 45, [...]int{0, 6, 11, 0})
	case byteMode:
		for i := range len(s.text) {
			p.write(uint(s.text[i]), 8)
		}
	}
}

// groups writes so many characters at a time as one number to a base, in as
// many bits as that many characters take.
func (p *packer) groups(text string, size int, base uint, widths [4]int) {
	for len(text) > 0 {
		n := min(size, len(text))
		v := uint(0)
		for i := range n {
			v = v*base + uint(values[text[i]])
		}
		p.write(v, widths[n])
		text = text[n:]
	}
}

// pad ends the segments and fills up to n bytes (7.4.10).
func (p *packer) pad(n int) {
	p.write(0, min(4, 8*n-8*len(p.bytes)-p.bits))
	if p.bits > 0 {
		p.write(0, 8-p.bits)
	}
	for filler := byte(0xEC); len(p.bytes) < n; filler ^= 0xEC ^ 0x11 {
		p.bytes = append(p.bytes, filler)
	}
}

// maxCheck is the most check bytes of a block; they are kept in words.
const maxCheck = 32

type remainder [maxCheck / 8]uint64

// divider gives for each byte the remainder of dividing it, before n bytes of
// zero, by the generator polynomial: Reed-Solomon a byte at a time. The first
// check byte is the highest of the first word.
type divider [256]remainder

func newDivider(n int) *divider {
	d := new(divider)
	encoder := gf256.NewRSEncoder(coding.Field, n)
	for b := range d {
		var check [maxCheck]byte
		encoder.ECC([]byte{byte(b)}, check[:])
		for i := range d[b] {
			d[b][i] = binary.BigEndian.Uint64(check[8*i:])
		}
	}
	return d
}

// check appends the n check bytes of block.
func (d *divider) check(codewords, block []byte, n int) []byte {
	var r remainder
	for _, b := range block {
		by := &d[byte(r[0]>>56)^b]
		r[0] = (r[0]<<8 | r[1]>>56) ^ by[0]
		r[1] = (r[1]<<8 | r[2]>>56) ^ by[1]
		r[2] = (r[2]<<8 | r[3]>>56) ^ by[2]
		r[3] = r[3]<<8 ^ by[3]
	}
	var bytes [maxCheck]byte
	for i, word := range r {
		binary.BigEndian.PutUint64(bytes[8*i:], word)
	}
	return append(codewords, bytes[:n]...)
}
