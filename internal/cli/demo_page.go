package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// page prints the story in one narrow column, with colour on a terminal only.
type page struct {
	out    io.Writer
	colour bool
}

func newPage(out io.Writer) *page { return &page{out, isTerminal(out) && os.Getenv("NO_COLOR") == ""} }

// isTerminal reports whether somebody looks at what is written.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	about, err := file.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}

// The colours of ECMA-48.
const (
	bold  = "1"
	green = "32"
	red   = "1;31"
)

func (p *page) paint(colour, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p *page) opening(n *node) {
	fmt.Fprintln(p.out, "qrisd demo: real requests with real signatures, to a new sandbox on this machine")
	printPairs(p.out, [][2]string{{"API", n.apiURL}, {"management API", n.adminURL}})
}

func (p *page) closing(steps int) {
	fmt.Fprintf(p.out, "\nAll %d steps were answered as expected.\n", steps)
}

// step prints what was called, what was answered, and what that means.
func (p *page) step(number int, s demoStep, w witness, notes demoNotes, err error) {
	if s.chapter != "" {
		fmt.Fprintf(p.out, "\n%s\n%s\n", p.paint(bold, s.chapter), strings.Repeat("-", len(s.chapter)))
	}
	fmt.Fprintf(p.out, "\n%2d  %s\n", number, p.paint(bold, s.title))
	if w.path != "" {
		p.line("", w.method, w.path)
	}
	p.verdict(w, err)
	p.explain(w.code, notes.lines, err != nil)
	if notes.drawing != "" {
		fmt.Fprintf(p.out, "\n%s", notes.drawing)
	}
}

// verdict prints the answer, and what is wrong with it.
func (p *page) verdict(w witness, err error) {
	colour := green
	if err != nil {
		colour = red
	}
	if w.code != "" {
		p.line(colour, w.code, w.message)
	}
	if err != nil {
		p.line(colour, "FAILED", err.Error())
	}
}

// explain says what a code means and what the step noted. A failure means
// nothing more than it says.
func (p *page) explain(code string, notes []string, failed bool) {
	label := "means"
	if failed {
		label = ""
	} else if words := meanings[code]; words != "" {
		notes = append([]string{words}, notes...)
	}
	for _, note := range notes {
		p.line("", label, note)
		label = ""
	}
}

// The columns of the page.
const (
	labelWidth = len("4005001")
	textWidth  = 84
)

// line prints a text behind a label, broken between words.
func (p *page) line(colour, label, text string) {
	for i, part := range wrap(text, textWidth) {
		if i > 0 {
			label = ""
		}
		padded := fmt.Sprintf("%-*s", labelWidth, label)
		if colour != "" {
			padded = p.paint(colour, padded)
		}
		fmt.Fprintln(p.out, strings.TrimRight("    "+padded+"  "+part, " "))
	}
}

// wrap breaks a text between words into lines of a width, or longer where a
// word is.
func wrap(text string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len(*last)+1+len(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}
