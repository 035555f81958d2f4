package qrimage

import (
	"image"
	"testing"

	"rsc.io/qr/coding"
)

// FuzzPNG: whatever is drawn, image/png reads the modules that an encoder which
// is not ours makes of the same segments, under a mask that scores least.
func FuzzPNG(f *testing.F) {
	f.Add(dynamic, uint8(4), uint8(4), false)
	f.Add("7", uint8(8), uint8(15), true)
	f.Add("a\x00\xff", uint8(1), uint8(1), false)
	f.Fuzz(func(t *testing.T, payload string, scale, quiet uint8, simulated bool) {
		o := Options{Scale: 1 + int(scale)%9, Quiet: 1 + int(quiet)%mostQuiet, Simulated: simulated}
		if payload == "" || len(payload) > 600 || 21+2*o.Quiet < len(simulasi[0]) {
			return // refused, as TestRefusals and TestSimulatedSizes see to, or slow
		}
		data, err := PNG(payload, o)
		if err != nil {
			t.Fatal(err)
		}
		c := new(canvas)
		version, _, err := c.fit(payload, coding.M)
		if err != nil {
			t.Fatal(err)
		}
		shown := decodePNG(t, data)
		for _, code := range leastPenalised(t, version, c.segments) {
			if shows(shown, code, o) {
				return
			}
		}
		t.Errorf("%q: not the modules of version %d under any mask that scores least", payload, version)
	})
}

// leastPenalised are the symbols under the masks that score least.
func leastPenalised(t *testing.T, version coding.Version, segments []segment) (best []*coding.Code) {
	least := 0
	for mask := range masks {
		plan, err := coding.NewPlan(version, coding.M, coding.Mask(mask))
		if err != nil {
			t.Fatal(err)
		}
		code, err := plan.Encode(theirs(segments)...)
		if err != nil {
			t.Fatal(err)
		}
		switch score := plain(code).penalty(); {
		case best == nil || score < least:
			best, least = []*coding.Code{code}, score
		case score == least:
			best = append(best, code)
		}
	}
	return best
}

func plain(code *coding.Code) matrix {
	m := make(matrix, code.Size)
	for y := range m {
		m[y] = make([]bool, code.Size)
		for x := range m[y] {
			m[y][x] = code.Black(x, y)
		}
	}
	return m
}

// shows reports whether every pixel of the symbol and its quiet zone is as it
// should be. The second colour of the palette is the dark one, as other tests
// hold.
func shows(img *image.Paletted, code *coding.Code, o Options) bool {
	side := (code.Size + 2*o.Quiet) * o.Scale
	if size := img.Bounds().Size(); size.X != side || size.Y < side || !o.Simulated && size.Y != side {
		return false
	}
	for y := range side {
		for x := range side {
			if dark := code.Black(x/o.Scale-o.Quiet, y/o.Scale-o.Quiet); dark != (img.ColorIndexAt(x, y) == 1) {
				return false
			}
		}
	}
	return true
}
