package qrread

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"rsc.io/qr"
)

const payload = "00020101021226670016COM.NOBUBANK.WWW01189360050300000879140214508264538925740303UME51440014ID.CO.QRIS.WWW0215ID20243618431950303UME5204581253033605405150005802ID5914Warung Contoh 6007JAKARTA61051219062070703A0163041234"

// drawn is a symbol of a payload, with so many pixels a module.
func drawn(t *testing.T, scale int) image.Image {
	t.Helper()
	code, err := qr.Encode(payload, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	const quiet = 4 // modules around it
	side := (code.Size + 2*quiet) * scale
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		if !code.Black(i%side/scale-quiet, i/side/scale-quiet) {
			img.Pix[i] = 0xff
		}
	}
	return img
}

func encoded(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turned is a photograph of a sort: turned by some degrees, on a grey
// background that gets darker, with noise.
func turned(img image.Image, side int, degrees float64) image.Image {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	noise := rand.New(rand.NewPCG(1, 2))
	out := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			u, v := float64(x-side/2), float64(y-side/2)
			at := image.Pt(int(u*cos+v*sin)+img.Bounds().Dx()/2, int(v*cos-u*sin)+img.Bounds().Dy()/2)
			bright := 255
			if at.In(img.Bounds()) {
				bright = int(color.GrayModel.Convert(img.At(at.X, at.Y)).(color.Gray).Y)
			}
			bright = bright*(120+100*x/side)/255 + noise.IntN(25)
			out.SetGray(x, y, color.Gray{Y: uint8(bright)})
		}
	}
	return out
}

func TestText(t *testing.T) {
	var photograph bytes.Buffer
	if err := jpeg.Encode(&photograph, turned(drawn(t, 24), 2400, 17), &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	transparent := image.NewNRGBA(drawn(t, 4).Bounds())
	draw.DrawMask(transparent, transparent.Bounds(), image.Black, image.Point{}, negative{drawn(t, 4)}, image.Point{}, draw.Over)
	for name, file := range map[string][]byte{
		"small":               encoded(t, drawn(t, 2)),
		"large":               encoded(t, drawn(t, 40)),
		"transparent":         encoded(t, transparent),
		"turned":              encoded(t, turned(drawn(t, 6), 900, 45)),
		"a large photograph":  photograph.Bytes(),
		"upside down, noises": encoded(t, turned(drawn(t, 8), 1000, 180)),
	} {
		if text, err := Text(file); err != nil || text != payload {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// negative makes dark parts opaque.
type negative struct{ image.Image }

func (n negative) ColorModel() color.Model { return color.AlphaModel }

func (n negative) At(x, y int) color.Color {
	return color.Alpha{A: 0xff - color.GrayModel.Convert(n.Image.At(x, y)).(color.Gray).Y}
}

func TestRefused(t *testing.T) {
	blank := image.NewGray(image.Rect(0, 0, 300, 200))
	// A file of some hundred bytes that says that it has 2^30 pixels.
	bomb := encoded(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	copy(bomb[16:], []byte{0, 0, 0x80, 0, 0, 0, 0x80, 0})
	copy(bomb[29:], crcOf(bomb[12:29]))
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":        {nil, ErrNoImage},
		"text":           {[]byte(payload), ErrNoImage},
		"a part of one":  {encoded(t, drawn(t, 4))[:200], ErrNoImage},
		"without symbol": {encoded(t, blank), ErrNoSymbol},
		"a bomb":         {bomb, ErrTooLarge},
	} {
		if text, err := Text(c.file); !errors.Is(err, c.want) || text != "" {
			t.Errorf("%s: %q, %v, expected %v", name, text, err, c.want)
		}
	}
}

func crcOf(chunk []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk))
}
