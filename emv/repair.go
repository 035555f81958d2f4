package emv

import "iter"

// Bounds on the search of RepairSpaces, so that a hostile text costs about a
// millisecond: longer texts (in bytes), more runs and longer runs are not tried.
const (
	maxRepairText = 512
	maxRepairRuns = 32
	maxRunAdded   = 24
)

// RepairSpaces undoes what a web page does to a printed payload: HTML shows a
// run of spaces as one, after which the lengths and the CRC no longer fit. It
// lengthens each run of spaces in turn, by 1 to 24, and gives the text whose
// framing and CRC fit. It answers only when exactly one text does, and not at
// all for a text that needs no repair.
//
// The Paydia document prints such a payload: its tag 59 has lost one of two
// leading spaces.
func RepairSpaces(text string) (repaired string, ok bool) {
	if len(text) > maxRepairText || intact(text) {
		return "", false
	}
	runs := 0
	for i := 0; i < len(text); i++ {
		if text[i] != ' ' || i > 0 && text[i-1] == ' ' {
			continue
		}
		if runs++; runs > maxRepairRuns {
			return "", false
		}
		for longer := range widened(text, i) {
			if !intact(longer) {
				continue
			}
			if repaired != "" {
				return "", false
			}
			repaired = longer
		}
	}
	return repaired, repaired != ""
}

// intact tells whether framing and CRC of a text fit.
func intact(text string) bool {
	p, err := Parse(text)
	return err == nil && p.fits()
}

// widened yields text with more and more spaces at i.
func widened(text string, i int) iter.Seq[string] {
	return func(yield func(string) bool) {
		head := []byte(text[:i])
		for range maxRunAdded {
			head = append(head, ' ')
			if !yield(string(head) + text[i:]) {
				return
			}
		}
	}
}
