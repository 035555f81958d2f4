package qrimage

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"rsc.io/qr/coding"
)

func TestTerminalScansBack(t *testing.T) {
	for name, payload := range payloads(t) {
		text, err := Terminal(payload)
		if err != nil {
			t.Fatal(err)
		}
		if got := scan(t, terminalImage(t, text)); got != payload {
			t.Errorf("%s: scanned %q, want %q", name, got, payload)
		}
	}
}

// terminalImage shows the text as a dark terminal does: what is drawn is light.
func terminalImage(t *testing.T, text string) image.Image {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	width := utf8.RuneCountInString(lines[0])
	img := image.NewGray(image.Rect(0, 0, width, 2*len(lines)))
	for y, line := range lines {
		if utf8.RuneCountInString(line) != width {
			t.Fatalf("line %d is %d wide, the first %d", y, utf8.RuneCountInString(line), width)
		}
		for x, r := range []rune(line) {
			img.SetGray(x, 2*y, drawn(r == '█' || r == '▀'))
			img.SetGray(x, 2*y+1, drawn(r == '█' || r == '▄'))
			if !strings.ContainsRune("█▀▄ ", r) {
				t.Fatalf("unexpected %q", r)
			}
		}
	}
	return img
}

func drawn(light bool) color.Gray {
	if light {
		return color.Gray{255}
	}
	return color.Gray{}
}

func TestTerminalQuietZone(t *testing.T) {
	text, err := Terminal("7")
	if err != nil {
		t.Fatal(err)
	}
	full := strings.Repeat("█", 29)
	lines := strings.Split(text, "\n")
	if len(lines) != 16 || lines[0] != full || lines[1] != full || lines[13] != full || lines[14] != full || lines[15] != "" {
		t.Errorf("not two full lines above and below:\n%s", text)
	}
	if want := "████ ▄▄▄▄▄ "; !strings.HasPrefix(lines[2], want) {
		t.Errorf("the finder pattern begins %q, want %q", lines[2], want)
	}
}

func TestSVG(t *testing.T) {
	for name, payload := range payloads(t) {
		text, err := SVG(payload)
		if err != nil {
			t.Fatal(err)
		}
		if got := scan(t, svgImage(t, text)); got != payload {
			t.Errorf("%s: scanned %q, want %q", name, got, payload)
		}
	}
}

// svgImage reads the document as XML and draws its strokes, a pixel a unit.
func svgImage(t *testing.T, text string) image.Image {
	t.Helper()
	var document struct {
		XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
		ViewBox string   `xml:"viewBox,attr"`
		Paths   []struct {
			Fill   string `xml:"fill,attr"`
			Stroke string `xml:"stroke,attr"`
			D      string `xml:"d,attr"`
		} `xml:"path"`
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(&document); err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("something follows the root: %v", err)
	}
	var width, height int
	if _, err := fmt.Sscanf(document.ViewBox, "0 0 %d %d", &width, &height); err != nil || width != height {
		t.Fatalf("viewBox %q", document.ViewBox)
	}
	if len(document.Paths) != 2 || document.Paths[0].Fill != "#fff" || document.Paths[1].Stroke != "#000" ||
		document.Paths[0].D != fmt.Sprintf("M0 0h%dv%dH0z", width, width) {
		t.Fatalf("paths %+v", document.Paths)
	}
	return strokesImage(t, document.Paths[1].D, width, height)
}

func strokesImage(t *testing.T, path string, width, height int) image.Image {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, stroke := range strings.Split(path, "M")[1:] {
		var x, y, n int
		if _, err := fmt.Sscanf(stroke, "%d %d.5h%d", &x, &y, &n); err != nil {
			t.Fatalf("stroke %q: %v", stroke, err)
		}
		for end := x + n; x < end; x++ {
			img.SetGray(x, y, color.Gray{})
		}
	}
	return img
}

func TestSVGLeavesTheQuietZone(t *testing.T) {
	text, err := SVG(dynamic)
	if err != nil {
		t.Fatal(err)
	}
	s, err := new(canvas).encode(dynamic, coding.M)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`viewBox="0 0 %d %d"`, s.size()+8, s.size()+8); !strings.Contains(text, want) {
		t.Errorf("no %s", want)
	}
	if !strings.Contains(text, `d="M4 4.5h7M`) {
		t.Error("the first stroke is not the top of the finder pattern")
	}
}
