package qrimage

import (
	"encoding/binary"
	"hash/crc32"
)

// The PNG is written by hand: image/png takes many times as long, because it
// copies each pixel and tries every filter on each row.

// palette makes a set bit dark, as in a line.
var palette = []byte{0xFF, 0xFF, 0xFF, 0, 0, 0}

// png writes the symbol and what is below it with one bit a pixel: RFC 2083,
// colour type 3.
func (c *canvas) png(s *symbol, scale, quiet int) []byte {
	c.scanlines.draw(s, scale, quiet)
	side := s.size() + 2*quiet
	c.image = append(c.image[:0], "\x89PNG\r\n\x1a\n"...)
	c.chunk("IHDR", func(image []byte) []byte {
		image = binary.BigEndian.AppendUint32(image, uint32(side*scale))
		image = binary.BigEndian.AppendUint32(image, uint32((side+s.below.height())*scale))
		return append(image, 1, 3, 0, 0, 0) // bit depth, palette, deflate, adaptive filters, not interlaced
	})
	c.chunk("PLTE", func(image []byte) []byte { return append(image, palette...) })
	c.chunk("IDAT", func(image []byte) []byte { return c.deflater.zlib(image, &c.scanlines) })
	c.chunk("IEND", func(image []byte) []byte { return image })
	return c.image
}

// chunk appends one with what content appends, its length and its checksum.
func (c *canvas) chunk(kind string, content func(image []byte) []byte) {
	const length = 4
	start := len(c.image)
	c.image = content(append(append(c.image, make([]byte, length)...), kind...))
	named := c.image[start+length:]
	binary.BigEndian.PutUint32(c.image[start:], uint32(len(named)-len(kind)))
	c.image = binary.BigEndian.AppendUint32(c.image, crc32.ChecksumIEEE(named))
}
