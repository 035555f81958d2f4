package emv

import "strings"

// Severity tells a broken rule from a deviation that payments survive.
type Severity int

// An Error breaks a rule of the standard. A Warning departs from it in a way
// that the standard leaves open or that real payloads show and readers bear.
const (
	Error Severity = iota
	Warning
)

// String gives "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Finding is one thing that is wrong with a payload. As an error it reads as
// one line: where, what, which code, and how to cure it.
type Finding struct {
	Code     Code
	Severity Severity
	Path     string // the IDs that lead to the place, as in "62.07"; "" for the payload as a whole
	Detail   string // what is there and what is expected
	Hint     string // how to cure it; may be empty
}

// Error gives the finding as one line.
func (f Finding) Error() string { return line(f.Path, f.Code, f.Detail, f.Hint) }

// FramingError says where a text stops being a sequence of objects.
type FramingError struct {
	Code   Code
	Path   string // the ID being read, "" when none could be read
	Offset int    // characters before the object at fault
	Detail string
	Hint   string
}

// Error gives the fault as one line.
func (e *FramingError) Error() string { return line(e.Path, e.Code, e.Detail, e.Hint) }

// Finding gives the fault as a finding of severity Error.
func (e *FramingError) Finding() Finding {
	return Finding{Code: e.Code, Path: e.Path, Detail: e.Detail, Hint: e.Hint}
}

func line(path string, code Code, detail, hint string) string {
	var b strings.Builder
	if path != "" {
		b.WriteString("tag " + path + ": ")
	}
	b.WriteString(detail + " (" + string(code) + ")")
	if hint != "" {
		b.WriteString("; " + hint)
	}
	return b.String()
}
