package qrimage

import (
	"errors"
	"fmt"
	"sync/atomic"

	"rsc.io/qr/coding"
)

// symbol is a QR symbol: the dark modules of each row.
type symbol struct {
	level coding.Level
	rows  []line
	below band
}

func (s *symbol) size() int { return len(s.rows) }

// encode makes the smallest symbol that holds payload.
func encode(payload string, level coding.Level) (*symbol, error) {
	if payload == "" {
		return nil, errors.New("qrimage: the payload is empty")
	}
	version, segments, err := fit(payload, level)
	if err != nil {
		return nil, err
	}
	t, err := templateOf(version, level)
	if err != nil {
		return nil, err
	}
	code, err := t.plan.Encode(segments...)
	if err != nil {
		return nil, fmt.Errorf("qrimage: encoding version %d: %w", version, err)
	}
	return &symbol{level: level, rows: t.best(gridOf(code.Size, code.Black)).rows}, nil
}

// fit finds the smallest version, which goes with its way to divide payload:
// counts take more bits in higher classes.
func fit(payload string, level coding.Level) (coding.Version, []coding.Encoding, error) {
	version := coding.Version(coding.MinVersion)
	for class, last := range classes {
		segments := segment(payload, class)
		bits := 0
		for _, s := range segments {
			bits += s.Bits(last)
		}
		for ; version <= last; version++ {
			if bits <= 8*version.DataBytes(level) {
				return version, segments, nil
			}
		}
	}
	return 0, nil, fmt.Errorf("qrimage: %d bytes of payload exceed the largest QR symbol; EMVCo allows 512 characters", len(payload))
}

const masks = 8

// template is what symbols of one version and level share: where each bit goes,
// and for each mask the modules that differ from those under mask 0, the format
// bits included.
type template struct {
	plan    *coding.Plan // of mask 0
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
	t := &template{}
	for mask := range masks {
		plan, err := coding.NewPlan(version, level, coding.Mask(mask))
		if err != nil {
			return nil, fmt.Errorf("qrimage: planning version %d: %w", version, err)
		}
		if mask == 0 {
			t.plan = plan
		}
		t.changes[mask] = gridOf(len(plan.Pixel), func(x, y int) bool {
			return (plan.Pixel[y][x]^t.plan.Pixel[y][x])&coding.Black != 0
		})
	}
	return t, nil
}

// best applies the mask whose symbol scores lowest, the first of equals, as
// ISO/IEC 18004 section 7.8.3 demands: large even areas and shapes like the
// finder pattern make a symbol hard to read.
func (t *template) best(unmasked grid) grid {
	best, least := unmasked, unmasked.penalty()
	for _, change := range t.changes[1:] {
		masked := unmasked.changed(change)
		if penalty := masked.penalty(); penalty < least {
			best, least = masked, penalty
		}
	}
	return best
}
