package field

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckBody checks a parsed body and answers the first fault in the order of
// the rows, with the warnings (at most one a row) that soft rows gave up to it.
// With strict, soft rows are as hard as the others.
//
// A row is checked only where its parent is present: amount.value may be
// mandatory within an optional amount. Absent, null and "" are all missing. A
// value of another JSON kind and a control character in a string are faults of
// format that Soft does not excuse. A valid body costs no allocation.
func CheckBody(rows []Row, root Value, strict bool) (*Fault, []Fault) {
	var warnings []Fault
	for i := range rows {
		fault := rows[i].walk(rows[i].Name, root, strict)
		switch {
		case fault == nil:
		case !fault.Soft:
			return fault, warnings
		default:
			warnings = append(warnings, *fault)
		}
	}
	return nil, warnings
}

// CheckHeaders is CheckBody for headers; get answers every value of a header,
// as http.Header.Values does. A header that is present but empty is missing;
// one given more than once is a fault of format, for a proxy and this server
// might each choose another of the values.
func CheckHeaders(rows []Row, get func(name string) []string, strict bool) (*Fault, []Fault) {
	var warnings []Fault
	for i := range rows {
		fault := rows[i].header(get(rows[i].Name), strict)
		switch {
		case fault == nil:
		case !fault.Soft:
			return fault, warnings
		default:
			warnings = append(warnings, *fault)
		}
	}
	return nil, warnings
}

func (r *Row) header(values []string, strict bool) *Fault {
	switch {
	case len(values) > 1:
		return r.malformed("given " + times(len(values)) + "; send it once")
	case len(values) == 1 && values[0] != "":
		return r.text(values[0], strict)
	case r.Need == Mandatory:
		return r.missing()
	}
	return nil
}

func times(n int) string {
	if n == 2 {
		return "twice"
	}
	return strconv.Itoa(n) + " times"
}

// walk follows the row's path from parent and checks what lies at its end.
func (r *Row) walk(path string, parent Value, strict bool) *Fault {
	step, rest, deeper := strings.Cut(path, ".")
	name, each := strings.CutSuffix(step, "[]")
	child := parent.member(name)
	switch {
	case each:
		return r.elements(rest, deeper, child, strict)
	case !deeper:
		return r.value(child, strict)
	case !child.Present():
		return nil
	}
	return r.within(rest, child, strict)
}

// within goes on into parent, which is present. Its own row, if there is one
// before this, has refused any other kind already.
func (r *Row) within(path string, parent Value, strict bool) *Fault {
	if parent.Kind() != Object {
		return r.misplaced(path, mismatch(parent.Kind(), Object))
	}
	return r.walk(path, parent, strict)
}

func (r *Row) elements(path string, deeper bool, list Value, strict bool) (soft *Fault) {
	if !list.Present() {
		return nil
	}
	if list.Kind() != Array {
		fault := r.misplaced(path, mismatch(list.Kind(), Array))
		fault.Field = strings.TrimSuffix(fault.Field, "[]")
		return fault
	}
	for i, element := range list.Items() {
		fault := r.element(path, deeper, element, strict)
		if fault == nil {
			continue
		}
		fault.numbered(strconv.Itoa(i))
		if !fault.Soft {
			return fault
		}
		if soft == nil {
			soft = fault
		}
	}
	return soft
}

func (r *Row) element(path string, deeper bool, element Value, strict bool) *Fault {
	if deeper {
		return r.within(path, element, strict)
	}
	return r.value(element, strict)
}

// value checks what lies at the end of a row's path.
func (r *Row) value(v Value, strict bool) *Fault {
	if !v.Present() {
		if r.Need == Mandatory {
			return r.missing()
		}
		return nil
	}
	kind, want := v.Kind(), r.kind()
	if kind != want && (want != Scalar || kind != String && kind != Number) {
		return r.malformed(mismatch(kind, want))
	}
	switch kind {
	case String, Number:
		return r.text(v.Text(), strict)
	case Array:
		return r.length(v.Len(), "element", strict)
	}
	return nil
}

func mismatch(got, want Kind) string {
	why := fmt.Sprintf("JSON %v, expected %v", got, want)
	if got == Number && want == String {
		why += "; put it in quotes"
	}
	return why
}

func (r *Row) text(s string, strict bool) *Fault {
	characters, bad := measure(s)
	if bad != "" {
		return r.malformed(bad)
	}
	if fault := r.length(characters, "character", strict); fault != nil {
		return fault
	}
	if r.Format != nil && !r.Format.Check(s) {
		return r.documented("expected "+r.Format.About, strict)
	}
	if len(r.Enum) > 0 && !r.listed(s) {
		return r.documented("expected one of "+strings.Join(r.Enum, ", "), strict)
	}
	return nil
}

// measure counts the characters of s and tells what no field may hold.
func measure(s string) (characters int, bad string) {
	if plainASCII(s) {
		return len(s), ""
	}
	for i, r := range s {
		if unicode.IsControl(r) {
			return 0, fmt.Sprintf("control character %U", r)
		}
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return 0, "invalid UTF-8"
		}
		characters++
	}
	return characters, ""
}

// plainASCII reports whether all of s is printable ASCII, as nearly all fields
// are.
func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i]-' ' > '~'-' ' {
			return false
		}
	}
	return true
}

func (r *Row) length(n int, unit string, strict bool) *Fault {
	switch {
	case n < r.Min:
		return r.documented(fmt.Sprintf("%s, at least %d", counted(n, unit), r.Min), strict)
	case r.Max > 0 && n > r.Max:
		return r.documented(fmt.Sprintf("%s, at most %d", counted(n, unit), r.Max), strict)
	}
	return nil
}

func counted(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

func (r *Row) listed(s string) bool {
	for _, allowed := range r.Enum {
		if s == allowed || r.FoldEnum && strings.EqualFold(s, allowed) {
			return true
		}
	}
	return false
}
