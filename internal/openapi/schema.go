package openapi

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/qrisd/qrisd/internal/field"
)

// Schema is a JSON Schema (draft 2020-12).
type Schema struct {
	Ref         string         `json:"$ref,omitempty"`
	Type        types          `json:"type,omitempty"`
	Description string         `json:"description,omitempty"`
	Const       any            `json:"const,omitempty"`
	Enum        []any          `json:"enum,omitempty"`
	MinLength   int            `json:"minLength,omitempty"`
	MaxLength   int            `json:"maxLength,omitempty"`
	Pattern     string         `json:"pattern,omitempty"`
	Minimum     json.Number    `json:"minimum,omitempty"`
	Maximum     json.Number    `json:"maximum,omitempty"`
	MultipleOf  json.Number    `json:"multipleOf,omitempty"`
	MinItems    int            `json:"minItems,omitempty"`
	MaxItems    int            `json:"maxItems,omitempty"`
	Items       *Schema        `json:"items,omitempty"`
	Properties  Named[*Schema] `json:"properties,omitempty"`
	Required    []string       `json:"required,omitempty"`
	AnyOf       []*Schema      `json:"anyOf,omitempty"`
	Examples    []any          `json:"examples,omitempty"`
	// Soft says that length, pattern and enumeration are the document's, and
	// that the server lets pass what breaks them.
	Soft bool `json:"x-soft,omitempty"`
	// Called is the name that a refusal gives the field, where it differs.
	Called string `json:"x-called,omitempty"`
}

// types is one type, or several.
type types []string

// MarshalJSON writes one type as itself.
func (t types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

const null = "null"

// object is the schema of rows.
func object(rows []field.Row) *Schema {
	s := grow(rows).object()
	s.Type = types{field.Object.String()}
	return s
}

// node is a field of a body with what lies in it. Rows name fields by their
// paths; a parent may stand behind its children, or have no row at all.
type node struct {
	name    string
	row     *field.Row
	members []*node
	element *node
}

// grow makes the tree of the rows.
func grow(rows []field.Row) *node {
	root := new(node)
	for i := range rows {
		at := root
		for step := range strings.SplitSeq(rows[i].Name, ".") {
			name, each := strings.CutSuffix(step, "[]")
			if at = at.member(name); each {
				at = at.elements()
			}
		}
		at.row = &rows[i]
	}
	return root
}

func (n *node) member(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m
		}
	}
	m := &node{name: name}
	n.members = append(n.members, m)
	return m
}

func (n *node) elements() *node {
	if n.element == nil {
		n.element = new(node)
	}
	return n.element
}

func (n *node) mandatory() bool { return n.row != nil && n.row.Need == field.Mandatory }

func (n *node) kind() field.Kind {
	switch {
	case n.element != nil:
		return field.Array
	case len(n.members) > 0:
		return field.Object
	case n.row.Kind == field.Absent:
		return field.String
	}
	return n.row.Kind
}

// schema is what the check of a row takes: absent, null and "" are the same to
// it, so a field that may be absent may be those. What it cannot express is in
// the description of the document.
func (n *node) schema() *Schema {
	s := n.shape()
	if n.row != nil {
		s.Description, s.Soft = n.row.About, n.row.Soft
		if n.row.Called() != n.row.Name {
			s.Called = n.row.Called()
		}
	}
	return s
}

// shape is the schema of the node's kind.
func (n *node) shape() *Schema {
	switch n.kind() {
	case field.Object:
		return n.object()
	case field.Array:
		return n.array()
	case field.Number:
		return n.number()
	case field.Scalar:
		return n.scalar()
	case field.Bool:
		return &Schema{Type: n.typed(field.Bool.String())}
	}
	return n.text()
}

// typed gives the types of a field that is of one kind, or may be absent.
func (n *node) typed(kind string) types {
	if n.mandatory() {
		return types{kind}
	}
	return types{kind, null}
}

func (n *node) object() *Schema {
	s := &Schema{Type: n.typed(field.Object.String())}
	for _, m := range n.members {
		s.Properties.put(m.name, m.schema())
		if m.mandatory() {
			s.Required = append(s.Required, m.name)
		}
	}
	return s
}

func (n *node) array() *Schema {
	s := &Schema{Type: n.typed(field.Array.String())}
	if n.row != nil {
		s.MinItems, s.MaxItems = n.row.Min, n.row.Max
	}
	if n.element != nil {
		s.Items = n.element.schema()
	}
	if s.Items != nil && len(n.element.members) > 0 {
		s.Items.Type = types{field.Object.String()} // null holds no fields
	}
	return s
}

// text is a string. The empty one is as good as absent, which no length,
// pattern or enumeration of an optional field may refuse.
func (n *node) text() *Schema {
	r := n.row
	s := &Schema{Type: n.typed(field.String.String()), MaxLength: r.Max}
	if r.Format != nil {
		s.Pattern = r.Format.Pattern
	}
	n.list(s)
	switch {
	case n.mandatory():
		s.MinLength = max(r.Min, 1)
	case r.Min > 1:
		s.AnyOf = []*Schema{{MinLength: r.Min}, {Enum: []any{"", nil}}}
		fallthrough
	default:
		if s.Pattern != "" {
			s.Pattern = "^$|" + s.Pattern
		}
	}
	return s
}

// list writes an enumeration, which in any case is a pattern.
func (n *node) list(s *Schema) {
	r := n.row
	if len(r.Enum) == 0 {
		return
	}
	if r.FoldEnum {
		s.Pattern = anyCase(r.Enum)
		return
	}
	for _, value := range r.Enum {
		s.Enum = append(s.Enum, value)
	}
	if !n.mandatory() {
		s.Enum = append(s.Enum, "", nil)
	}
}

// anyCase is a pattern of texts in any case. A flag would say so too, but not
// in every dialect of regular expressions.
func anyCase(values []string) string {
	var all []string
	for _, value := range values {
		var b strings.Builder
		for _, r := range value {
			if lower, upper := unicode.ToLower(r), unicode.ToUpper(r); lower != upper {
				b.WriteString("[" + string(upper) + string(lower) + "]")
			} else {
				b.WriteString(regexp.QuoteMeta(string(r)))
			}
		}
		all = append(all, b.String())
	}
	return "^(" + strings.Join(all, "|") + ")$"
}

// numbers are the formats of digits as JSON numbers.
var numbers = map[*field.Format]Schema{
	field.Digits: {Type: types{"integer"}, Minimum: "0"},
	field.Money:  {Type: types{field.Number.String()}, Minimum: "0", Maximum: "9999999999999999.99", MultipleOf: "0.01"},
	field.Amount: {Type: types{field.Number.String()}, Minimum: "0", Maximum: "9999999999999999.99", MultipleOf: "0.01"},
}

func (n *node) number() *Schema {
	s, known := numbers[n.row.Format]
	switch f := n.row.Format; {
	case known:
	case f != nil && f.Most > 0:
		s = Schema{Type: types{"integer"}, Minimum: "1", Maximum: json.Number(strconv.Itoa(f.Most))}
	default:
		s.Type = types{field.Number.String()}
	}
	for _, value := range n.row.Enum {
		s.Enum = append(s.Enum, json.Number(value))
	}
	if !n.mandatory() {
		s.Type = append(types{s.Type[0]}, null)
	}
	return &s
}

// scalar is a string or a number, each with what is asked of it.
func (n *node) scalar() *Schema {
	text, number := n.text(), n.number()
	if n.row.Format == nil && len(n.row.Enum) == 0 && n.row.Min <= 1 {
		text.Type = append(types{text.Type[0]}, number.Type...)
		return text
	}
	text.Type, number.Type = text.Type[:1], number.Type[:1]
	s := &Schema{AnyOf: []*Schema{text, number}}
	if !n.mandatory() {
		s.AnyOf = append(s.AnyOf, &Schema{Type: types{null}})
	}
	return s
}

// parameter is the schema of a header or of a parameter of an address, which
// is text whatever its row says.
func parameter(r field.Row) *Schema {
	r.Kind = field.String
	n := &node{row: &r}
	s := n.text()
	s.Type, s.Soft = types{field.String.String()}, r.Soft
	return s
}
