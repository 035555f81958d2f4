// Package qrread reads the text of a QR symbol in a photograph or a picture.
package qrread

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // registers the formats
	_ "image/jpeg"
	_ "image/png"

	"github.com/makiuchi-d/gozxing"
)

const (
	// MaxBytes is the largest file that is read, above a telephone's photograph.
	MaxBytes = 16 << 20
	// maxPixels bounds the memory that a small file can ask for: 200 MB.
	maxPixels = 50_000_000
	// enough is how many pixels a side needs at most; larger images are made
	// smaller, which is quicker and takes noise away.
	enough = 1600
)

var (
	// ErrNoImage refuses what is no image of a known format.
	ErrNoImage = errors.New("this is no image in PNG, JPEG or GIF")
	// ErrTooLarge refuses an image that would take too much memory.
	ErrTooLarge = errors.New("the image has more than 50 million pixels")
	// ErrNoSymbol says that no QR symbol was found.
	ErrNoSymbol = errors.New("no QR symbol can be read in the image: let it be whole, sharp and with some white around it")
)

// Text finds the text of the QR symbol in the bytes of an image file.
func Text(file []byte) (string, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrNoImage, err)
	case config.Width*config.Height > maxPixels:
		return "", ErrTooLarge
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoImage, err)
	}
	for _, side := range sides(img.Bounds()) {
		if text, err := symbol(smaller(img, side)); err == nil {
			return text, nil
		}
	}
	return "", ErrNoSymbol
}

// sides are the sizes at which an image is looked at: a photograph's noise is
// gone in a smaller one, a small symbol in a large picture is there only in
// the larger.
func sides(b image.Rectangle) []int {
	long := max(b.Dx(), b.Dy())
	first := min(long, enough)
	all := []int{first, first / 2}
	if long > enough {
		all = append(all, min(long, 2*enough))
	}
	return all
}

// smaller paints an image over white, at most so large. Each of its pixels is
// the mean of those that it stands for.
func smaller(img image.Image, side int) *image.Gray {
	b := img.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(flat, flat.Bounds(), img, b.Min, draw.Over)
	long := max(b.Dx(), b.Dy())
	side = max(min(side, long), 1)
	gray := image.NewGray(image.Rect(0, 0, max(b.Dx()*side/long, 1), max(b.Dy()*side/long, 1)))
	for y := range gray.Rect.Dy() {
		for x := range gray.Rect.Dx() {
			gray.SetGray(x, y, color.Gray{Y: mean(flat, image.Rect(x*long/side, y*long/side, (x+1)*long/side, (y+1)*long/side))})
		}
	}
	return gray
}

// mean is the brightness of a part of an image.
func mean(img *image.RGBA, part image.Rectangle) uint8 {
	part = part.Intersect(img.Rect)
	sum, count := 0, 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := img.Pix[img.PixOffset(part.Min.X, y):img.PixOffset(part.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			sum += (299*int(row[i]) + 587*int(row[i+1]) + 114*int(row[i+2])) / 1000
			count++
		}
	}
	if count == 0 {
		return 0xff
	}
	return uint8(sum / count)
}

// symbol looks for a symbol in an image, with a threshold for each part of it,
// then with one for all.
func symbol(img image.Image) (text string, err error) {
	source := gozxing.NewLuminanceSourceFromImage(img)
	for _, threshold := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bits, failed := threshold.GetBlackMatrix()
		if failed != nil {
			return "", failed
		}
		// The search ends with the third likely finder: from below it comes
		// upon others.
		for range 2 {
			text, failed := located(bits)
			if failed == nil {
				return text, nil
			}
			err = failed
			bits.Rotate180()
		}
	}
	return "", err
}
