package qrimage

import "fmt"

// simulasi is the word that tells people that a payload is a sandbox's, in
// modules. It is as wide as the smallest symbol with its quiet zone.
var simulasi = []string{
	"### # #...# #.# #.. ### ### #",
	"#.. # ##.## #.# #.. #.# #.. #",
	"### # #.#.# #.# #.. ### ### #",
	"..# # #...# #.# #.. #.# ..# #",
	"### # #...# ### ### #.# ### #",
}

// band is what is drawn below a symbol's quiet zone; the zero band is nothing.
type band struct {
	rows  []line
	width int // modules of each row
	left  int // modules of white before it
	foot  int // rows of white below it
}

// height is in modules.
func (b band) height() int { return len(b.rows) + b.foot }

// sign makes the band that says SIMULASI as large as side, in modules, is wide.
func sign(side, foot int) (band, error) {
	letters := len(simulasi[0])
	times := min(side/letters, 6) // a line has 192 modules
	if times == 0 {
		return band{}, fmt.Errorf("qrimage: a symbol %d modules wide has no room for the word SIMULASI; choose a quiet zone of %d", side, defaultQuiet)
	}
	width := times * letters
	b := band{width: width, left: (side - width) / 2, foot: foot}
	for _, row := range simulasi {
		stretched := enlarge(row, times)
		for range times {
			b.rows = append(b.rows, stretched)
		}
	}
	return b, nil
}

func enlarge(row string, times int) line {
	var l line
	for x := range len(row) * times {
		if row[x/times] == '#' {
			l.set(x)
		}
	}
	return l
}
