package qrread

import (
	"cmp"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// maxCorners bounds how many threes of likely finders are tried in an image.
const maxCorners = 40

var hints = map[gozxing.DecodeHintType]any{
	gozxing.DecodeHintType_TRY_HARDER:    true,
	gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
}

// corners are three likely finders of a symbol.
type corners struct {
	finders [3]*detector.FinderPattern
	// across is the square of the longest side, in pixels; askew is how far the
	// three are from half a square, 0 for an upright symbol.
	across, askew float64
}

// located reads the symbol of a black and white image. In one clean symbol of
// a hundred some modules look like a finder, and the three that make the best
// half of a square are not the symbol's own: so the others are tried as well,
// the widest first.
func located(bits *gozxing.BitMatrix) (string, error) {
	finder := detector.NewFinderPatternFinder(bits, nil)
	if _, err := finder.Find(hints); err != nil {
		return "", err
	}
	err := error(ErrNoSymbol)
	for _, c := range threes(finder.GetPossibleCenters()) {
		text, failed := c.read(bits)
		if failed == nil {
			return text, nil
		}
		err = failed
	}
	return "", err
}

// threes are the likely corners among some finders, the likeliest first.
func threes(likely []*detector.FinderPattern) (all []corners) {
	for i, a := range likely {
		for j, b := range likely[:i] {
			for _, c := range likely[:j] {
				if three := measured(a, b, c); three.askew < 0.5 {
					all = append(all, three)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b corners) int { return cmp.Compare(b.across, a.across) })
	return all[:min(len(all), maxCorners)]
}

func measured(a, b, c *detector.FinderPattern) corners {
	sides := []float64{square(a, b), square(b, c), square(c, a)}
	slices.Sort(sides)
	return corners{
		finders: [3]*detector.FinderPattern{a, b, c},
		across:  sides[2],
		askew:   (math.Abs(sides[2]-2*sides[0]) + math.Abs(sides[2]-2*sides[1])) / sides[2],
	}
}

// square is the square of the distance between two finders.
func square(a, b *detector.FinderPattern) float64 {
	x, y := a.GetX()-b.GetX(), a.GetY()-b.GetY()
	return x*x + y*y
}

// read reads the symbol between three finders.
func (c corners) read(bits *gozxing.BitMatrix) (string, error) {
	bottomLeft, topLeft, topRight := gozxing.ResultPoint_OrderBestPatterns(c.finders[0], c.finders[1], c.finders[2])
	found, err := detector.NewDetector(bits).ProcessFinderPatternInfo(detector.NewFinderPatternInfo(
		bottomLeft.(*detector.FinderPattern), topLeft.(*detector.FinderPattern), topRight.(*detector.FinderPattern)))
	if err != nil {
		return "", err
	}
	result, err := decoder.NewDecoder().Decode(found.GetBits(), hints)
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}
