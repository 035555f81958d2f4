package qrimage

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"rsc.io/qr/coding"
)

// payloads are those of fictional merchants, and shapes that stress packing.
func payloads(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/payloads.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Name, Payload string }
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"digit":        "7",
		"letter":       "a",
		"digits":       strings.Repeat("0123456789", 30),
		"capitals":     strings.Repeat("QRIS $%*+-./:", 25),
		"bytes":        strings.Repeat("warung, kopi; ", 30),
		"UTF-8":        strings.Repeat("最佳运输北京", 15) + "é😀",
		"mixed":        strings.Repeat("ID.CO.qris.000000000000", 12) + "x",
		"NUL and high": "a\x00\x7f\t\n",
		"version 40":   strings.Repeat("x", 2300),
	}
	for _, v := range vectors {
		all[v.Name] = v.Payload
	}
	if len(all) < 40 {
		t.Fatalf("only %d payloads", len(all))
	}
	return all
}

// scan reads a symbol back with an independent decoder.
func scan(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_PURE_BARCODE:  true,
		gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
	})
	if err != nil {
		t.Fatalf("the symbol does not scan: %v", err)
	}
	return result.GetText()
}

func decodePNG(t *testing.T, data []byte) *image.Paletted {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("image/png refuses it: %v", err)
	}
	paletted, ok := img.(*image.Paletted)
	if !ok || len(paletted.Palette) != 2 {
		t.Fatalf("not an image of two colours: %T", img)
	}
	return paletted
}

func TestPNGScansBack(t *testing.T) {
	for name, payload := range payloads(t) {
		for _, o := range []Options{{}, {Scale: 1}, {Scale: 2, Quiet: 1}, {Scale: 3, Quiet: 16}, {Scale: 8}} {
			t.Run(fmt.Sprintf("%s/%d/%d", name, o.Scale, o.Quiet), func(t *testing.T) {
				data, err := PNG(payload, o)
				if err != nil {
					t.Fatal(err)
				}
				if got := scan(t, decodePNG(t, data)); got != payload {
					t.Errorf("scanned %q, want %q", got, payload)
				}
			})
		}
	}
}

// random is payload-like text: digits, capitals and some of the rest.
func random(rng *rand.Rand, n int) string {
	kinds := []string{"0123456789", alphabet, "abcdefghijklmnopqrstuvwxyz,;_"}
	b := make([]byte, 0, n+20)
	for len(b) < n {
		kind := kinds[rng.IntN(len(kinds))]
		for range 1 + rng.IntN(20) {
			b = append(b, kind[rng.IntN(len(kind))])
		}
	}
	return string(b[:n])
}

func TestRandomPayloadsScanBackWithinTheLimit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		payload := random(rng, 1+rng.IntN(512))
		text, err := Base64PNG(payload, Options{MaxBase64: 2000})
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 2000 {
			t.Errorf("%d base64 characters for %q", len(text), payload)
		}
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := scan(t, decodePNG(t, data)); got != payload {
			t.Errorf("scanned %q, want %q", got, payload)
		}
	}
}

func TestEveryVectorFitsDANAsLimitAtFullScale(t *testing.T) {
	for name, payload := range payloads(t) {
		if len(payload) > 250 {
			continue
		}
		capped, err := PNG(payload, Options{MaxBase64: 2000})
		if err != nil {
			t.Fatal(err)
		}
		if free, err := PNG(payload, Options{}); err != nil || !bytes.Equal(capped, free) {
			t.Errorf("%s does not fit at the default scale (%v)", name, err)
		}
	}
}

// The image falls in the promised order, and each step is taken only if the
// better one does not fit.
func TestPNGFallsUntilItFits(t *testing.T) {
	payload := random(rand.New(rand.NewPCG(3, 4)), 700)
	type drawing struct {
		level coding.Level
		scale int
	}
	order := []drawing{{coding.M, 8}, {coding.M, 4}, {coding.M, 2}, {coding.L, 2}, {coding.L, 1}}
	for i, d := range order {
		c := new(canvas)
		s, err := c.encode(payload, d.level)
		if err != nil {
			t.Fatal(err)
		}
		want := c.png(s, d.scale, defaultQuiet)
		limit := base64.StdEncoding.EncodedLen(len(want))
		got, err := PNG(payload, Options{Scale: 8, MaxBase64: limit})
		if err != nil {
			t.Fatalf("limit %d: %v", limit, err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("limit %d: not the drawing of step %d", limit, i)
		}
		_, err = PNG(payload, Options{Scale: 8, MaxBase64: limit - 1})
		if last := i == len(order)-1; last != (err != nil) {
			t.Errorf("limit %d: %v", limit-1, err)
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	for name, payload := range payloads(t) {
		once, err := PNG(payload, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := PNG(payload, Options{}); err != nil || !bytes.Equal(once, again) {
			t.Errorf("%s: a second drawing differs (%v)", name, err)
		}
	}
}

func TestDimensions(t *testing.T) {
	data, err := PNG("7", Options{Scale: 3, Quiet: 2})
	if err != nil {
		t.Fatal(err)
	}
	img := decodePNG(t, data)
	if got, want := img.Bounds(), image.Rect(0, 0, 75, 75); got != want { // version 1: 21 modules
		t.Errorf("bounds %v, want %v", got, want)
	}
	for y := range 75 {
		for x := range 75 {
			quiet := x < 6 || y < 6 || x >= 69 || y >= 69
			if grey := color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y; quiet && grey != 255 {
				t.Fatalf("the quiet zone is dark at %d,%d", x, y)
			}
		}
	}
	if grey := color.GrayModel.Convert(img.At(6, 6)).(color.Gray).Y; grey != 0 {
		t.Error("the corner of the finder pattern is not black")
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, payload string
		options       Options
		want          string
	}{
		{"empty", "", Options{}, "empty"},
		{"beyond version 40", strings.Repeat("x", 3000), Options{}, "exceed the largest QR symbol"},
		{"scale", "1", Options{Scale: 33}, "choose 1 to 32"},
		{"negative scale", "1", Options{Scale: -1}, "choose 1 to 32"},
		{"quiet zone", "1", Options{Quiet: 17}, "choose 1 to 16"},
		{"negative quiet zone", "1", Options{Quiet: -1}, "choose 1 to 16"},
		{"negative limit", "1", Options{MaxBase64: -1}, "choose 0 for none"},
		{"limit", "1", Options{MaxBase64: 100}, "the limit is 100"},
	} {
		_, err := Base64PNG(c.payload, c.options)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	for _, draw := range []func(string) (string, error){SVG, Terminal} {
		if _, err := draw(""); err == nil {
			t.Error("an empty payload is drawn")
		}
	}
}

const dynamic = "00020101021226680016ID.CO.CONTOH.WWW011893600999000000000102150000000000000010303UMI51440014ID.CO.QRIS.WWW0215ID10260000000040303UMI5204581253033605405100005802ID5911TOKO CONTOH6007JAKARTA61051219062070703A0163043C73"

func BenchmarkBase64PNG(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Base64PNG(dynamic, Options{MaxBase64: 2000}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	for b.Loop() {
		if _, err := SVG(dynamic); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	c := new(canvas)
	for b.Loop() {
		if _, err := c.encode(dynamic, coding.M); err != nil {
			b.Fatal(err)
		}
	}
}
