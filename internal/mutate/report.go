package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// sample says which mutants are tried, and by which tests.
type sample struct {
	skip  string // tests that are left out
	every int    // of so many mutants one
	only  *regexp.Regexp
}

// mutation tries a sample of the mutants of packages, writes those that survive
// into report, and prints a line for each package.
func mutation(out, report io.Writer, packages []string, s sample) error {
	for _, pattern := range packages {
		t, err := prepare(pattern, s.skip)
		if err != nil {
			return err
		}
		t.tally(out, pattern, t.run(report, s))
		if err := os.RemoveAll(t.folder); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) run(report io.Writer, s sample) map[fate]int {
	count := map[fate]int{}
	for n := 1; n < len(t.all); n += s.every {
		if !s.only.MatchString(filepath.Base(t.all[n].at.Filename)) {
			continue
		}
		f := t.try(n, s.skip)
		if count[f]++; f == survived || f == missed {
			fmt.Fprint(report, t.describe(n, f))
		}
	}
	return count
}

func (t *trial) tally(out io.Writer, pattern string, count map[fate]int) {
	dead, alive := count[killed]+count[timedOut], count[survived]+count[missed]
	fmt.Fprintf(out, "%-18s %5d mutants, %5d tried: %5d killed (%d timed out), %4d survived (%d not reached)  %5.1f %%\n",
		pattern, len(t.all)-1, dead+alive, dead, count[timedOut], alive, count[missed], 100*float64(dead)/float64(max(dead+alive, 1)))
}
