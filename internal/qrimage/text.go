package qrimage

import (
	"fmt"
	"strconv"
	"strings"

	"rsc.io/qr/coding"
)

// SVG draws payload with error correction M as one path of horizontal strokes,
// a module a unit, black on white whatever the page's colours. It has no XML
// declaration, so it can stand within HTML.
func SVG(payload string) (string, error) { return svg(payload, Options{Quiet: defaultQuiet}) }

// SimulatedSVG is SVG with the word SIMULASI below the symbol.
func SimulatedSVG(payload string) (string, error) {
	return svg(payload, Options{Quiet: defaultQuiet, Simulated: true})
}

func svg(payload string, o Options) (string, error) {
	c := canvases.Get().(*canvas)
	defer canvases.Put(c)
	s, err := c.drawn(payload, coding.M, o)
	if err != nil {
		return "", err
	}
	side := s.size() + 2*o.Quiet
	width, height := strconv.Itoa(side), strconv.Itoa(side+s.below.height())
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" shape-rendering="crispEdges">`, width, height)
	b.WriteString(`<path fill="#fff" d="M0 0h` + width + `v` + height + `H0z"/><path stroke="#000" d="`)
	for y, row := range s.rows {
		strokes(&b, row, s.size(), o.Quiet, y+o.Quiet)
	}
	for y, row := range s.below.rows {
		strokes(&b, row, s.below.width, s.below.left, y+side)
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// strokes draws the dark runs of a row through the middle of its modules, the
// first of which is at left.
func strokes(b *strings.Builder, row line, modules, left, y int) {
	for x := 0; x < modules; x++ {
		start := x
		for x < modules && row.dark(x) {
			x++
		}
		if x > start {
			b.WriteString("M" + strconv.Itoa(left+start) + " " + strconv.Itoa(y) + ".5h" + strconv.Itoa(x-start))
		}
	}
}

// Terminal draws payload with error correction M in block characters, two rows
// of modules a line. Light modules are the drawn ones, so that a symbol is dark
// on light where text is light on dark; there are no escape sequences.
func Terminal(payload string) (string, error) {
	c := canvases.Get().(*canvas)
	defer canvases.Put(c)
	s, err := c.encode(payload, coding.M)
	if err != nil {
		return "", err
	}
	side := s.size() + 2*defaultQuiet
	var b strings.Builder
	for y := 0; y < side; y += 2 {
		for x := range side {
			b.WriteRune(block(s.light(x, y), s.light(x, y+1)))
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

func block(upper, lower bool) rune {
	switch {
	case upper && lower:
		return '█'
	case upper:
		return '▀'
	case lower:
		return '▄'
	}
	return ' '
}

// light tells of a module counted from the corner of the quiet zone.
func (s *symbol) light(x, y int) bool {
	x, y = x-defaultQuiet, y-defaultQuiet
	inside := x >= 0 && y >= 0 && x < s.size() && y < s.size()
	return !inside || !s.rows[y].dark(x)
}
