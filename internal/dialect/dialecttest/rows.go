package dialecttest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/field"
)

// Line is one line of a document's table: the name, O, M or C, and the most
// characters, 0 where the document gives none.
type Line struct {
	Name string
	Need field.Need
	Max  int
}

// Lines checks that every line of a document has a row, with the document's
// presence and length.
func Lines(t *testing.T, rows []field.Row, lines []Line) {
	t.Helper()
	named := make(map[string]field.Row, len(rows))
	for _, r := range rows {
		if _, twice := named[r.Name]; twice {
			t.Errorf("%s has two rows", r.Name)
		}
		named[r.Name] = r
	}
	for _, l := range lines {
		r, ok := named[l.Name]
		if got := (Line{r.Name, r.Need, r.Max}); !ok || got != l {
			t.Errorf("row %+v, the document's line is %+v", got, l)
		}
	}
}

// Sample parses a document's sample and checks that it breaks no row, not even
// a soft one.
func Sample(t *testing.T, rows []field.Row, body []byte) field.Value {
	t.Helper()
	v := parse(t, body)
	if fault, _ := field.CheckBody(rows, v, true); fault != nil {
		t.Errorf("the sample is refused: %v", fault)
	}
	return v
}

// Body checks that each row refuses what it should and nothing else, starting
// from a valid body with a value for every row; arrays have one element.
func Body(t *testing.T, rows []field.Row, full []byte) {
	t.Helper()
	root := Sample(t, rows, full)
	for _, r := range rows {
		if !at(root, r.Name).Present() {
			t.Errorf("the body has no %s, so its row is not tested", r.Name)
			continue
		}
		try := func(value any) (*field.Fault, []field.Fault) {
			return field.CheckBody(rows, parse(t, Edited(t, full, r.Name, value)), false)
		}
		each(t, r, try)
		wrongKind(t, r, try)
	}
}

// Headers is Body for headers.
func Headers(t *testing.T, rows []field.Row, full map[string]string) {
	t.Helper()
	for _, r := range rows {
		if full[r.Name] == "" {
			t.Errorf("there is no header %s, so its row is not tested", r.Name)
			continue
		}
		each(t, r, func(value any) (*field.Fault, []field.Fault) {
			text, _ := value.(string)
			return field.CheckHeaders(rows, Sent(full, r.Name, text), false)
		})
	}
}

// PrintedHeaders checks that the headers of a document's sample break no row,
// not even a soft one, and that none of them may be absent. With ORIGIN, which
// the standard alone has, they must be all there are.
func PrintedHeaders(t *testing.T, rows []field.Row, printed map[string]string) {
	t.Helper()
	if fault, _ := field.CheckHeaders(rows, Sent(printed), true); fault != nil {
		t.Errorf("the sample's headers are refused: %v", fault)
	}
	for name := range printed {
		fault, _ := field.CheckHeaders(rows, Sent(printed, name, ""), false)
		if fault == nil || !fault.Missing || fault.Field != name {
			t.Errorf("without %s: %v", name, fault)
		}
	}
	all := maps.Clone(printed)
	all["ORIGIN"] = "www.hostname.com"
	Headers(t, rows, all)
}

// Sent gives headers in the way field.CheckHeaders asks for them, with changes
// in pairs of name and value. An empty header is absent.
func Sent(headers map[string]string, changes ...string) func(name string) []string {
	all := maps.Clone(headers)
	for pair := range slices.Chunk(changes, 2) {
		all[pair[0]] = pair[1]
	}
	return func(name string) []string {
		if all[name] == "" {
			return nil
		}
		return []string{all[name]}
	}
}

// each tries values that break one row. A nil value takes the field away.
func each(t *testing.T, r field.Row, try func(value any) (*field.Fault, []field.Fault)) {
	t.Helper()
	fault, _ := try(nil)
	if missing := fault != nil && fault.Missing && fault.Field == name(r); missing != (r.Need == field.Mandatory) {
		t.Errorf("without %s, which is %v: %v", r.Name, r.Need, fault)
	}
	if r.Kind == field.Object || r.Kind == field.Array || r.Kind == field.Bool {
		return
	}
	if r.Max > 0 {
		refuses(t, r, try, strings.Repeat("9", r.Max+1), "at most")
		if r.Format == nil && r.Enum == nil {
			accepts(t, r, try, strings.Repeat("9", r.Max))
		}
	}
	if r.Min > 1 {
		refuses(t, r, try, strings.Repeat("9", r.Min-1), "at least")
	}
	if r.Format != nil || r.Enum != nil {
		refuses(t, r, try, strings.Repeat("?", max(r.Min, 1)), "expected")
	}
}

func refuses(t *testing.T, r field.Row, try func(any) (*field.Fault, []field.Fault), value, why string) {
	t.Helper()
	fault, warnings := try(value)
	if r.Soft && fault == nil && len(warnings) > 0 {
		fault = &warnings[0]
	}
	if fault == nil || fault.Missing || fault.Soft != r.Soft || fault.Field != name(r) || !strings.Contains(fault.Why, why) {
		t.Errorf("%s = %.40q gives %v, expected a fault of %s with %q", r.Name, value, fault, name(r), why)
	}
}

func accepts(t *testing.T, r field.Row, try func(any) (*field.Fault, []field.Fault), value string) {
	t.Helper()
	if fault, warnings := try(value); fault != nil || len(warnings) > 0 {
		t.Errorf("%s = %.40q is refused: %v %v", r.Name, value, fault, warnings)
	}
}

func wrongKind(t *testing.T, r field.Row, try func(any) (*field.Fault, []field.Fault)) {
	t.Helper()
	var other any = true
	if r.Kind == field.Bool {
		other = "true"
	}
	if fault, _ := try(other); fault == nil || fault.Missing || fault.Field != name(r) {
		t.Errorf("%s = %v gives %v, expected a fault of %s", r.Name, other, fault, name(r))
	}
}

// name is what a fault calls a row of a body whose arrays have one element.
func name(r field.Row) string { return strings.ReplaceAll(r.Called(), "[]", "[0]") }

// Shape checks that two bodies have the same members in the same order, each
// of the same JSON kind.
func Shape(t *testing.T, got, want []byte) {
	t.Helper()
	if g, w := members(parse(t, got), ""), members(parse(t, want), ""); !slices.Equal(g, w) {
		t.Errorf("members\n%v\nwant\n%v", g, w)
	}
}

// Rowed checks that every member of a body has a row.
func Rowed(t *testing.T, rows []field.Row, body []byte) {
	t.Helper()
	for _, member := range members(parse(t, body), "") {
		path, _, _ := strings.Cut(member, " ")
		if !slices.ContainsFunc(rows, func(r field.Row) bool { return r.Name == path }) {
			t.Errorf("%s has no row", path)
		}
	}
}

// members lists "path kind" of all that is in a value, in its order.
func members(v field.Value, path string) []string {
	var all []string
	for name, member := range v.Members() {
		all = append(all, listing(strings.TrimPrefix(path+"."+name, "."), member)...)
	}
	for _, element := range v.Items() {
		all = append(all, listing(path+"[]", element)...)
	}
	return all
}

func listing(path string, v field.Value) []string {
	return append([]string{path + " " + v.Kind().String()}, members(v, path)...)
}
