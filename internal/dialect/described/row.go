package described

import (
	"regexp"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
)

// change is what a file says about one row: only what it names is changed, and
// the rest stays the standard's.
type change struct {
	at, name string
	edits    []func(*field.Row)
	about    string
	remove   bool
	when     *condition
}

var needs = map[string]field.Need{
	"optional": field.Optional, "mandatory": field.Mandatory, "conditional": field.Conditional,
}

var kinds = map[string]field.Kind{
	"string": field.String, "number": field.Number, "boolean": field.Bool,
	"object": field.Object, "array": field.Array, "string or number": field.Scalar,
}

// formats are those of package field by their names; "any" takes one away.
var formats = named(
	field.Digits, field.Alphanumeric, field.Identifier, field.Amount, field.Money, field.Currency,
	field.Timestamp, field.TimestampLoose, field.Date, field.JSONType,
)

func named(all ...*field.Format) map[string]*field.Format {
	table := map[string]*field.Format{"any": nil}
	for _, f := range all {
		table[f.Name] = f
	}
	return table
}

func changes(into *[]change) reader {
	return func(p place) error {
		return p.list(func(p place) error {
			c := change{at: p.path}
			if err := c.read(p); err != nil {
				return err
			}
			if slices.ContainsFunc(*into, func(other change) bool { return other.name == c.name }) {
				return p.fault("%s has been described above; say it all in one place", c.name)
			}
			*into = append(*into, c)
			return nil
		})
	}
}

func (c *change) read(p place) error {
	if err := p.object(c.keys()); err != nil {
		return err
	}
	switch {
	case c.name == "":
		return p.fault(`"name" is missing: a header's name, or the path of a field such as amount.value`)
	case c.remove && p.value.Len() > 2:
		return p.fault("a row that is removed has nothing but its name")
	}
	return nil
}

func (c *change) keys() keys {
	return keys{
		"name":     text(&c.name),
		"kind":     edit(c, kind, func(r *field.Row, k field.Kind) { r.Kind = k }),
		"need":     edit(c, need, func(r *field.Row, n field.Need) { r.Need = n }),
		"min":      edit(c, count, func(r *field.Row, n int) { r.Min = n }),
		"max":      edit(c, count, func(r *field.Row, n int) { r.Max = n }),
		"format":   edit(c, format, func(r *field.Row, f *field.Format) { r.Format = f }),
		"enum":     edit(c, texts, func(r *field.Row, values []string) { r.Enum = values }),
		"foldEnum": edit(c, flag, func(r *field.Row, on bool) { r.FoldEnum = on }),
		"as":       edit(c, text, func(r *field.Row, name string) { r.As = name }),
		"soft":     edit(c, flag, func(r *field.Row, on bool) { r.Soft = on }),
		"about":    text(&c.about),
		"remove":   flag(&c.remove),
		"when":     pointer(&c.when, holding),
	}
}

func kind(into *field.Kind) reader      { return choice("kind", kinds, into) }
func need(into *field.Need) reader      { return choice("need", needs, into) }
func format(into **field.Format) reader { return choice("format", formats, into) }

// edit reads a value and keeps what it does to the row.
func edit[T any](c *change, read func(*T) reader, apply func(*field.Row, T)) reader {
	return func(p place) error {
		var value T
		if err := read(&value)(p); err != nil {
			return err
		}
		c.edits = append(c.edits, func(r *field.Row) { apply(r, value) })
		return nil
	}
}

// row is what becomes of a row.
func (c *change) row(r field.Row) field.Row {
	r.Name = c.name
	for _, apply := range c.edits {
		apply(&r)
	}
	if c.about != "" {
		r.About = c.about
	}
	if c.when != nil {
		r.Need = field.Conditional
	}
	return r
}

func find(rows []field.Row, name string) int {
	return slices.IndexFunc(rows, func(r field.Row) bool { return r.Name == name })
}

func names(rows []field.Row) []string {
	all := make([]string, len(rows))
	for i := range rows {
		all[i] = rows[i].Name
	}
	return all
}

// amend lays the changes over the rows. A row of a name that is not there yet
// comes last, and must say what it is.
func amend(rows []field.Row, all []change, check func(change, field.Row) error) ([]field.Row, error) {
	for _, c := range all {
		i := find(rows, c.name)
		switch {
		case i < 0 && c.remove:
			return nil, fault(c.at, "%s", unknown("row", c.name, names(rows)))
		case i < 0 && c.about == "":
			return nil, fault(c.at, `%s (a new row needs "about")`, unknown("row", c.name, names(rows)))
		case c.remove:
			rows = slices.DeleteFunc(slices.Clone(rows), func(r field.Row) bool {
				return r.Name == c.name || strings.HasPrefix(r.Name, c.name+".") || strings.HasPrefix(r.Name, c.name+"[]")
			})
			continue
		}
		var before field.Row
		if i >= 0 {
			before = rows[i]
		}
		after := c.row(before)
		if err := check(c, after); err != nil {
			return nil, err
		}
		rows = dialect.AmendRows(rows, after)
	}
	return rows, nil
}

var (
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	fieldPath  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\[\])?(\.[A-Za-z0-9_-]+(\[\])?)*$`)
)

func checkHeader(c change, r field.Row) error {
	switch {
	case !headerName.MatchString(r.Name):
		return fault(under(c.at, "name"), "%q is no header's name: letters, digits and hyphens", r.Name)
	case r.Kind != field.Absent && r.Kind != field.String:
		return fault(under(c.at, "kind"), "a header is text; leave the kind out")
	case c.when != nil:
		return fault(under(c.at, "when"), "only fields of the body depend on others")
	}
	return checkRow(c, r)
}

func checkField(c change, r field.Row) error {
	switch {
	case !fieldPath.MatchString(r.Name):
		return fault(under(c.at, "name"), "%q is no path of a field: names with dots between, as in items[].price.value", r.Name)
	case c.when != nil && strings.Contains(r.Name, "[]"):
		return fault(under(c.at, "when"), "a field within a list cannot depend on others")
	}
	return checkRow(c, r)
}

// checkRow refuses what contradicts itself.
func checkRow(c change, r field.Row) error {
	switch {
	case r.Max > 0 && r.Min > r.Max:
		return fault(c.at, "min %d is more than max %d", r.Min, r.Max)
	case r.FoldEnum && len(r.Enum) == 0:
		return fault(under(c.at, "foldEnum"), "there is no enum whose case could be ignored")
	case textual(r.Kind):
		return nil
	case r.Format != nil || len(r.Enum) > 0:
		return fault(c.at, "a row of kind %q has no format and no enum; those are of strings and numbers", r.Kind)
	case r.Kind != field.Array && (r.Min > 0 || r.Max > 0):
		return fault(c.at, "a row of kind %q has no length; min and max are of strings, numbers and arrays", r.Kind)
	}
	return nil
}

func textual(k field.Kind) bool {
	return slices.Contains([]field.Kind{field.Absent, field.String, field.Number, field.Scalar}, k)
}
