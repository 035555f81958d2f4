package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// roff is a manual page that is being written.
type roff struct{ strings.Builder }

// escapeRoff lets text stand for itself: a backslash begins an escape, and a
// bare hyphen may be shown as another character than one types.
var escapeRoff = strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace

// macro writes a request with its arguments.
func (r *roff) macro(name string, args ...string) {
	r.WriteString("." + name)
	for _, a := range args {
		r.WriteString(` "` + strings.ReplaceAll(escapeRoff(a), `"`, `\(dq`) + `"`)
	}
	r.WriteByte('\n')
}

// line writes a line whose text was escaped already. One that begins with a
// dot or a quote is no request.
func (r *roff) line(text string) {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	r.WriteString(text + "\n")
}

// prose writes paragraphs between empty lines; those that are indented keep
// their lines.
func (r *roff) prose(text string) {
	for i, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		lines := strings.Split(strings.Trim(paragraph, "\n"), "\n")
		if i > 0 {
			r.macro("PP")
		}
		if strings.HasPrefix(lines[0], " ") || strings.HasPrefix(lines[0], "\t") {
			r.verbatim(lines)
			continue
		}
		for _, line := range lines {
			r.line(escapeRoff(strings.TrimRight(line, " ")))
		}
	}
}

// verbatim keeps lines as they are, in the type of code.
func (r *roff) verbatim(lines []string) {
	r.macro("nf")
	for _, line := range lines {
		r.line(cmp.Or(escapeRoff(line), `\&`))
	}
	r.macro("fi")
}

// options lists flags, each with what --help says of it.
func (r *roff) options(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	r.macro("SH", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Deprecated != "" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		r.macro("TP")
		r.line(flagTerm(f, value))
		if preset := f.DefValue; telling(f) {
			usage += " (default: " + preset + ")"
		}
		r.line(escapeRoff(usage))
	})
}

// flagTerm is how a flag is typed.
func flagTerm(f *pflag.Flag, value string) string {
	name := `\fB` + escapeRoff("--"+f.Name) + `\fR`
	if f.Shorthand != "" {
		name = `\fB` + escapeRoff("-"+f.Shorthand) + `\fR, ` + name
	}
	if value != "" {
		name += ` \fI` + escapeRoff(value) + `\fR`
	}
	return name
}

// telling reports whether a flag's default says more than that there is none.
func telling(f *pflag.Flag) bool {
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
		return false
	}
	return true
}

func (r *roff) commands(subs []*cobra.Command) {
	if len(subs) == 0 {
		return
	}
	r.macro("SH", "COMMANDS")
	for _, sub := range subs {
		r.macro("TP")
		r.line(`\fB` + escapeRoff(manualName(sub)) + `\fR(1)`)
		r.line(escapeRoff(sub.Short))
	}
}
