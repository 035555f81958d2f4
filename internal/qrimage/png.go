package qrimage

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"sync"
)

// The PNG is written by hand: image/png takes several times as long, because it
// copies each pixel and tries every filter on each row.

// effort is the deflate level: half the time of the default one for images a
// twentieth larger, and the same scale fits a limit of 2000 base64 characters.
const effort = 3

// deflaters keeps writers, each of which holds more than half a megabyte.
var deflaters = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, effort)
	if err != nil {
		panic(err) // effort is no level
	}
	return w
}}

// palette makes a set bit dark, as in a line.
var palette = []byte{0xFF, 0xFF, 0xFF, 0, 0, 0}

// Filter types of PNG, section 9.2.
const (
	filterNone = 0
	filterUp   = 2
)

// png writes the symbol and what is below it with one bit a pixel: RFC 2083,
// colour type 3.
func (s *symbol) png(scale, quiet int) []byte {
	side := s.size() + 2*quiet
	header := binary.BigEndian.AppendUint32(nil, uint32(side*scale))
	header = binary.BigEndian.AppendUint32(header, uint32((side+s.below.height())*scale))
	header = append(header, 1, 3, 0, 0, 0) // bit depth, palette, deflate, adaptive filters, not interlaced

	image := []byte("\x89PNG\r\n\x1a\n")
	image = appendChunk(image, "IHDR", header)
	image = appendChunk(image, "PLTE", palette)
	image = appendChunk(image, "IDAT", deflate(s.scanlines(scale, quiet)))
	return appendChunk(image, "IEND", nil)
}

func appendChunk(image []byte, kind string, content []byte) []byte {
	image = binary.BigEndian.AppendUint32(image, uint32(len(content)))
	start := len(image)
	image = append(image, kind...)
	image = append(image, content...)
	return binary.BigEndian.AppendUint32(image, crc32.ChecksumIEEE(image[start:]))
}

func deflate(scanlines []byte) []byte {
	var b bytes.Buffer
	w := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	w.Write(scanlines) // writing to a buffer cannot fail
	w.Close()
	return b.Bytes()
}

// scanlines are the filtered rows of pixels. A row of modules is written out
// once; its repetitions are "as above", all zero under filter Up.
func (s *symbol) scanlines(scale, quiet int) []byte {
	side := s.size() + 2*quiet
	stride := 1 + (side*scale+7)/8
	pixels := make([]byte, (side+s.below.height())*scale*stride)
	for i := 0; i < len(pixels); i += stride {
		pixels[i] = filterUp
	}
	paint := func(rows []line, modules, top, left int) {
		for y, row := range rows {
			at := (top + y) * scale * stride
			pixels[at] = filterNone
			stretch(pixels[at+1:at+stride], row, modules, scale, left)
		}
		// The white below them is not as the row above it.
		pixels[(top+len(rows))*scale*stride] = filterNone
	}
	paint(s.rows, s.size(), quiet, quiet)
	if b := s.below; len(b.rows) > 0 {
		paint(b.rows, b.width, side, b.left)
	}
	return pixels
}

// stretch writes each of a row's modules as scale pixels, the leftmost in the
// highest bit, after left modules of white.
func stretch(pixels []byte, row line, modules, scale, left int) {
	for x := range modules {
		if !row.dark(x) {
			continue
		}
		for at := (left + x) * scale; at < (left+x+1)*scale; at++ {
			pixels[at/8] |= 0x80 >> (at % 8)
		}
	}
}
