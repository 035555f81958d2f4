package qrimage

import (
	"encoding/xml"
	"fmt"
	"image"
	"image/draw"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// find reads a symbol back that is somewhere in an image.
func find(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER:    true,
		gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
	})
	if err != nil {
		t.Fatalf("the symbol is not found: %v", err)
	}
	return result.GetText()
}

// payable are payloads as long as those of codes.
func payable(t *testing.T) map[string]string {
	t.Helper()
	some := payloads(t)
	for name, payload := range some {
		if len(payload) < 60 || len(payload) > 512 {
			delete(some, name)
		}
	}
	if len(some) < 30 {
		t.Fatalf("only %d payloads", len(some))
	}
	return some
}

// TestSimulatedPNG: the symbol with its quiet zone is the same to the pixel,
// the word stands below it, and a decoder finds the symbol in the whole image.
func TestSimulatedPNG(t *testing.T) {
	for name, payload := range payable(t) {
		for _, scale := range []int{4, 8} {
			plain, err := PNG(payload, Options{Scale: scale})
			if err != nil {
				t.Fatal(err)
			}
			marked, err := PNG(payload, Options{Scale: scale, Simulated: true})
			if err != nil {
				t.Fatal(err)
			}
			symbol, whole := decodePNG(t, plain), decodePNG(t, marked)
			side := symbol.Bounds().Dx()
			if size := whole.Bounds().Size(); size.X != side || size.Y <= side {
				t.Fatalf("%s: %v below a symbol of %d", name, size, side)
			}
			above := image.NewGray(symbol.Bounds())
			draw.Draw(above, above.Bounds(), whole, image.Point{}, draw.Src)
			if scan(t, above) != payload {
				t.Errorf("%s: the symbol is another one", name)
			}
			if got := find(t, whole); got != payload {
				t.Errorf("%s at scale %d: found %q", name, scale, got)
			}
			if got := read(whole, scale, side/scale); got != word {
				t.Errorf("%s: below the symbol stands\n%s", name, got)
			}
		}
	}
}

// word is what is to stand below a symbol.
var word = strings.ReplaceAll(strings.Join(simulasi, "\n"), " ", ".")

// read gives what stands there; side is in modules.
func read(img image.Image, scale, side int) string {
	letters := len(simulasi[0])
	times := side / letters
	left := (side - times*letters) / 2
	var rows []string
	for y := range simulasi {
		row := make([]byte, letters)
		for x := range row {
			row[x] = '.'
			if r, _, _, _ := img.At((left+x*times)*scale, (side+y*times)*scale).RGBA(); r == 0 {
				row[x] = '#'
			}
		}
		rows = append(rows, string(row))
	}
	return strings.Join(rows, "\n")
}

// TestSimulatedSVG: as for PNG.
func TestSimulatedSVG(t *testing.T) {
	for name, payload := range payable(t) {
		plain, err := SVG(payload)
		if err != nil {
			t.Fatal(err)
		}
		marked, err := SimulatedSVG(payload)
		if err != nil {
			t.Fatal(err)
		}
		_, strokesPlain, _ := strings.Cut(plain, `<path stroke="#000" d="`)
		if !strings.Contains(marked, strings.TrimSuffix(strokesPlain, `"/></svg>`)) {
			t.Errorf("%s: the symbol is another one", name)
		}
		var document struct {
			ViewBox string `xml:"viewBox,attr"`
			Paths   []struct {
				D string `xml:"d,attr"`
			} `xml:"path"`
		}
		if err := xml.Unmarshal([]byte(marked), &document); err != nil {
			t.Fatal(err)
		}
		var width, height int
		if _, err := fmt.Sscanf(document.ViewBox, "0 0 %d %d", &width, &height); err != nil || height <= width {
			t.Fatalf("viewBox %q", document.ViewBox)
		}
		img := magnified(strokesImage(t, document.Paths[1].D, width, height), 4)
		if got := find(t, img); got != payload {
			t.Errorf("%s: found %q", name, got)
		}
		if got := read(img, 4, width); got != word {
			t.Errorf("%s: below the symbol stands\n%s", name, got)
		}
	}
}

// magnified shows each pixel as a square of them.
func magnified(img image.Image, times int) image.Image {
	size := img.Bounds().Size()
	large := image.NewGray(image.Rect(0, 0, size.X*times, size.Y*times))
	for y := range size.Y * times {
		for x := range size.X * times {
			large.Set(x, y, img.At(x/times, y/times))
		}
	}
	return large
}

// TestSimulatedSizes: the word is whole below the smallest and the largest
// symbols, and never cut.
func TestSimulatedSizes(t *testing.T) {
	for _, c := range []struct {
		payload string
		quiet   int
	}{{"7", 4}, {"7", 16}, {strings.Repeat("x", 2300), 1}, {strings.Repeat("x", 2300), 16}} {
		data, err := PNG(c.payload, Options{Scale: 1, Quiet: c.quiet, Simulated: true})
		if err != nil {
			t.Fatal(err)
		}
		img := decodePNG(t, data)
		dark := 0
		for y := img.Bounds().Dx(); y < img.Bounds().Dy(); y++ {
			for x := range img.Bounds().Dx() {
				if r, _, _, _ := img.At(x, y).RGBA(); r == 0 {
					dark++
				}
			}
		}
		strokes := strings.Count(strings.Join(simulasi, ""), "#")
		if times := min(img.Bounds().Dx()/29, 6); dark != strokes*times*times {
			t.Errorf("%d bytes, quiet zone %d: %d dark pixels below the symbol, want %d", len(c.payload), c.quiet, dark, strokes*times*times)
		}
	}
	if _, err := PNG("7", Options{Quiet: 3, Simulated: true}); err == nil || !strings.Contains(err.Error(), "quiet zone of 4") {
		t.Errorf("a word wider than the image: %v", err)
	}
}

func BenchmarkSimulatedPNG(b *testing.B) {
	for b.Loop() {
		if _, err := PNG(dynamic, Options{Simulated: true}); err != nil {
			b.Fatal(err)
		}
	}
}
