package qrimage

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"rsc.io/qr/coding"
)

// symbol is a QR symbol: the dark modules of each row, and what is to stand
// below them.
type symbol struct {
	level coding.Level
	rows  []line
	below band
}

func (s *symbol) size() int { return len(s.rows) }

// canvas is the memory in which symbols and images are made, one at a time. The
// zero canvas serves; what it gives lasts until it makes the next.
type canvas struct {
	segments    []segment
	origins     []origin
	packer      packer
	unmasked    grid
	trial       plane
	symbol      symbol
	scanlines   scanlines
	deflater    deflater
	image, text []byte
}

var canvases = sync.Pool{New: func() any { return new(canvas) }}

// encode makes the smallest symbol that holds payload.
func (c *canvas) encode(payload string, level coding.Level) (*symbol, error) {
	if payload == "" {
		return nil, errors.New("qrimage: the payload is empty")
	}
	version, class, err := c.fit(payload, level)
	if err != nil {
		return nil, err
	}
	t, err := templateOf(version, level)
	if err != nil {
		return nil, err
	}
	c.unmasked, c.trial = c.unmasked.resized(t.size), c.trial.resized(t.size)
	t.fill(c.unmasked, c.pack(t, class))
	best := t.changes[t.best(c.unmasked, c.trial)].upright
	c.trial.differ(c.unmasked.upright, best)
	s := &c.symbol
	s.level, s.rows, s.below = level, s.rows[:0], band{}
	for y := range t.size {
		s.rows = append(s.rows, c.trial.line(y))
	}
	return s, nil
}

// fit finds the smallest version, and divides payload in the way that goes with
// its class: counts take more bits in higher ones.
func (c *canvas) fit(payload string, level coding.Level) (version coding.Version, class int, err error) {
	version = coding.MinVersion
	for class, last := range classes {
		c.segments, c.origins = divide(c.segments[:0], c.origins, payload, class)
		bits := 0
		for _, s := range c.segments {
			bits += s.bits(class)
		}
		for ; version <= last; version++ {
			if bits <= 8*version.DataBytes(level) {
				return version, class, nil
			}
		}
	}
	return 0, 0, fmt.Errorf("qrimage: %d bytes of payload exceed the largest QR symbol; EMVCo allows 512 characters", len(payload))
}

// pack makes the codewords: the segments, filled up, and then the check bytes
// of each block.
func (c *canvas) pack(t *template, class int) []byte {
	c.packer = packer{bytes: c.packer.bytes[:0]}
	for _, s := range c.segments {
		c.packer.segment(s, class)
	}
	c.packer.pad(t.data)
	c.packer.bytes = t.check(c.packer.bytes)
	return c.packer.bytes
}

const masks = 8

// template is what symbols of one version and level share: where each bit goes,
// and for each mask the modules that differ from those under mask 0, the format
// bits included.
type template struct {
	size    int
	data    int // bytes of data, in all blocks
	blocks  int
	checks  int // check bytes of a block
	divider *divider
	ground  plane    // mask 0 where every bit is 0
	places  []uint32 // of the codewords' bits in a plane
	changes [masks]grid
}

// templates keeps each template once made: making one costs as much as fifty
// symbols. The payloads of one provider need two or three.
var templates [coding.M + 1][coding.MaxVersion + 1]atomic.Pointer[template]

func templateOf(version coding.Version, level coding.Level) (*template, error) {
	kept := &templates[level][version]
	if t := kept.Load(); t != nil {
		return t, nil
	}
	t, err := newTemplate(version, level)
	if err != nil {
		return nil, err
	}
	kept.Store(t)
	return t, nil
}

func newTemplate(version coding.Version, level coding.Level) (*template, error) {
	var plans [masks]*coding.Plan
	for mask := range plans {
		plan, err := coding.NewPlan(version, level, coding.Mask(mask))
		if err != nil {
			return nil, fmt.Errorf("qrimage: planning version %d: %w", version, err)
		}
		plans[mask] = plan
	}
	plan := plans[0]
	t := &template{size: len(plan.Pixel), data: plan.DataBytes, blocks: plan.Blocks, checks: plan.CheckBytes / plan.Blocks}
	t.divider = newDivider(t.checks)
	t.survey(plan)
	for mask, other := range plans {
		t.changes[mask] = gridOf(t.size, func(x, y int) bool {
			return (other.Pixel[y][x]^plan.Pixel[y][x])&coding.Black != 0
		})
	}
	return t, nil
}

// survey notes where plan has each bit, and what stands there when it is 0.
func (t *template) survey(plan *coding.Plan) {
	t.ground = gridOf(t.size, func(x, y int) bool { return plan.Pixel[y][x]&coding.Black != 0 }).upright
	t.places = make([]uint32, 8*(plan.DataBytes+plan.CheckBytes))
	for y, row := range plan.Pixel {
		for x, pixel := range row {
			if role := pixel.Role(); role == coding.Data || role == coding.Check {
				t.places[pixel.Offset()] = uint32(t.ground.place(x, y))
			}
		}
	}
}

// check appends to the data the check bytes of each block. The last blocks have
// a byte more where they cannot be equal (ISO/IEC 18004, table 9).
func (t *template) check(codewords []byte) []byte {
	at := 0
	for i := range t.blocks {
		n := (t.data + i) / t.blocks
		codewords = t.divider.check(codewords, codewords[at:at+n], t.checks)
		at += n
	}
	return codewords
}

// fill makes g the symbol of codewords under mask 0.
func (t *template) fill(g grid, codewords []byte) {
	words := g.upright.words
	copy(words, t.ground.words)
	for i, b := range codewords {
		for bit, place := range t.places[8*i : 8*i+8] {
			words[place/64] ^= uint64(b>>(7-bit)&1) << (place % 64)
		}
	}
	g.turned.turn(g.upright)
}

// best is the mask whose symbol scores lowest, the first of equals, as ISO/IEC
// 18004 section 7.8.3 demands: large even areas and shapes like the finder
// pattern make a symbol hard to read.
func (t *template) best(unmasked grid, trial plane) int {
	best, least := 0, math.MaxInt
	for mask, change := range &t.changes {
		if score := penalty(unmasked, change, trial, least); score < least {
			best, least = mask, score
		}
	}
	return best
}
