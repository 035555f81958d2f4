// Package qrimage draws a payload as a QR symbol (ISO/IEC 18004): PNG, SVG or
// text for a terminal. The same payload and options always give the same bytes.
package qrimage

import (
	"encoding/base64"
	"fmt"
	"slices"

	"rsc.io/qr/coding"
)

// Options shape a PNG; the zero Options suit every provider without a limit.
type Options struct {
	MaxBase64 int // characters that the image may take in base64; 0 is no limit, DANA's qrImage has 2000
	Scale     int // pixels a module, 1 to 32; 0 is 4
	Quiet     int // modules of white around the symbol, 1 to 16; 0 is 4, the least that ISO/IEC 18004 allows
	// Simulated writes the word SIMULASI below the symbol, for people. A decoder
	// finds the symbol above it, unless it takes the whole image for the symbol.
	Simulated bool
}

const (
	defaultScale = 4
	mostScale    = 32
	smallScale   = 2 // the least that a phone reads well from a screen
	defaultQuiet = 4
	mostQuiet    = 16
)

// PNG draws payload with one bit a pixel and error correction M at the scale
// asked for. While that exceeds MaxBase64 it halves the scale down to 2, then
// takes error correction L, then scale 1; it fails if nothing fits.
func PNG(payload string, o Options) ([]byte, error) {
	c := canvases.Get().(*canvas)
	defer canvases.Put(c)
	image, err := c.draw(payload, o)
	return slices.Clone(image), err
}

// Base64PNG is PNG in standard base64 with padding, the form that SNAP's
// qrImage has.
func Base64PNG(payload string, o Options) (string, error) {
	c := canvases.Get().(*canvas)
	defer canvases.Put(c)
	image, err := c.draw(payload, o)
	if err != nil {
		return "", err
	}
	c.text = base64.StdEncoding.AppendEncode(c.text[:0], image)
	return string(c.text), nil
}

func (c *canvas) draw(payload string, o Options) ([]byte, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	var s *symbol
	size := 0
	for level, scale := range o.attempts {
		if s == nil || s.level != level {
			if s, err = c.drawn(payload, level, o); err != nil {
				return nil, err
			}
		}
		image := c.png(s, scale, o.Quiet)
		size = base64.StdEncoding.EncodedLen(len(image))
		if o.MaxBase64 == 0 || size <= o.MaxBase64 {
			return image, nil
		}
	}
	return nil, fmt.Errorf("qrimage: a payload of %d bytes makes at least %d base64 characters, the limit is %d; shorten the payload or raise the limit",
		len(payload), size, o.MaxBase64)
}

// drawn makes the symbol and what is to stand below it.
func (c *canvas) drawn(payload string, level coding.Level, o Options) (*symbol, error) {
	s, err := c.encode(payload, level)
	if err == nil && o.Simulated {
		s.below, err = sign(s.size()+2*o.Quiet, o.Quiet)
	}
	return s, err
}

// complete fills the defaults in and refuses what would make an unreadable or
// an enormous image.
func (o Options) complete() (Options, error) {
	if o.Scale == 0 {
		o.Scale = defaultScale
	}
	if o.Quiet == 0 {
		o.Quiet = defaultQuiet
	}
	switch {
	case o.Scale < 1 || o.Scale > mostScale:
		return o, fmt.Errorf("qrimage: scale %d: choose 1 to %d", o.Scale, mostScale)
	case o.Quiet < 1 || o.Quiet > mostQuiet:
		return o, fmt.Errorf("qrimage: quiet zone %d: choose 1 to %d", o.Quiet, mostQuiet)
	case o.MaxBase64 < 0:
		return o, fmt.Errorf("qrimage: limit of %d base64 characters: choose 0 for none", o.MaxBase64)
	}
	return o, nil
}

// attempts are the ways to draw, from the best to the smallest.
func (o Options) attempts(try func(level coding.Level, scale int) bool) {
	for scale := o.Scale; scale == o.Scale || scale >= smallScale; scale /= 2 {
		if !try(coding.M, scale) {
			return
		}
	}
	if o.Scale >= smallScale && !try(coding.L, smallScale) {
		return
	}
	try(coding.L, 1)
}
