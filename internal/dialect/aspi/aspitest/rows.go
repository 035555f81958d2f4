// Package aspitest is the suite that every dialect passes: its rows are the
// lines of its document, each row refuses what it should, each response code
// is reached as its line says, and the verbs run on real books.
package aspitest

import (
	"encoding/json"
	"maps"
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

// Sample parses a document's sample and checks that it breaks no row.
func Sample(t *testing.T, rows []field.Row, body []byte) field.Value {
	t.Helper()
	v, err := field.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	if fault, _ := field.CheckBody(rows, v, false); fault != nil {
		t.Errorf("the sample is refused: %v", fault)
	}
	return v
}

// Body checks that each row refuses what it should and nothing else, starting
// from a valid body with a value for every row. Arrays are not its business.
func Body(t *testing.T, rows []field.Row, full []byte) {
	t.Helper()
	root := Sample(t, rows, full)
	for _, r := range rows {
		if !root.Get(r.Name).Present() {
			t.Errorf("the body has no %s, so its row is not tested", r.Name)
			continue
		}
		each(t, r, func(value any) (*field.Fault, []field.Fault) {
			v, err := field.Parse(Edited(t, full, r.Name, value))
			if err != nil {
				t.Fatal(err)
			}
			return field.CheckBody(rows, v, false)
		})
		wrongKind(t, rows, r, full)
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
			headers := maps.Clone(full)
			headers[r.Name], _ = value.(string)
			return field.CheckHeaders(rows, func(name string) []string { return []string{headers[name]} }, false)
		})
	}
}

// each tries values that break one row. A nil value takes the field away.
func each(t *testing.T, r field.Row, try func(value any) (*field.Fault, []field.Fault)) {
	t.Helper()
	fault, _ := try(nil)
	if missing := fault != nil && fault.Missing && fault.Field == name(r); missing != (r.Need == field.Mandatory) {
		t.Errorf("without %s, which is %v: %v", r.Name, r.Need, fault)
	}
	if r.Kind == field.Object {
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

func wrongKind(t *testing.T, rows []field.Row, r field.Row, full []byte) {
	t.Helper()
	v, err := field.Parse(Edited(t, full, r.Name, true))
	if err != nil {
		t.Fatal(err)
	}
	if fault, _ := field.CheckBody(rows, v, false); fault == nil || fault.Missing || fault.Field != name(r) {
		t.Errorf("%s = true gives %v, expected a fault of %s", r.Name, fault, name(r))
	}
}

func name(r field.Row) string {
	if r.As != "" {
		return r.As
	}
	return r.Name
}

// Edited is a JSON object with the value at a dotted path set, or taken away
// when it is nil.
func Edited(t *testing.T, body []byte, path string, value any) []byte {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	put(root, strings.Split(path, "."), value)
	out, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func put(object map[string]any, path []string, value any) {
	if len(path) > 1 {
		child, ok := object[path[0]].(map[string]any)
		if !ok {
			child = make(map[string]any)
			object[path[0]] = child
		}
		put(child, path[1:], value)
		return
	}
	if value == nil {
		delete(object, path[0])
		return
	}
	object[path[0]] = value
}
