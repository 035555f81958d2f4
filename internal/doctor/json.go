package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// node is a value of a JSON text whose members keep their order.
type node struct {
	open    byte // '{', '[' or 0
	leaf    any  // string, json.Number, bool or nil
	names   []string
	members []*node
}

// maxDepth bounds the recursion over a client's text; servers take no more either.
const maxDepth = 32

var errDepth = errors.New("doctor: the body is nested too deeply")

// parse reads one JSON text.
func parse(body []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	n, err := parseValue(d, 0)
	if err != nil {
		return nil, fmt.Errorf("doctor: reading the body: %w", err)
	}
	return n, nil
}

func parseValue(d *json.Decoder, depth int) (*node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	open, ok := t.(json.Delim)
	switch {
	case !ok:
		return &node{leaf: t}, nil
	case depth == maxDepth:
		return nil, errDepth
	}
	n := &node{open: byte(open)}
	for d.More() {
		if err := n.parseMember(d, depth); err != nil {
			return nil, err
		}
	}
	_, err = d.Token()
	return n, err
}

func (n *node) parseMember(d *json.Decoder, depth int) error {
	if n.open == '{' {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		n.names = append(n.names, name)
	}
	m, err := parseValue(d, depth+1)
	n.members = append(n.members, m)
	return err
}

// style is how a library writes JSON.
type style struct {
	comma, colon string // empty: "," and ":"
	indent       string // with it every member has its own line
	sorted       bool
	slashes      bool   // PHP: \/
	ascii        bool   // \u for everything that is not ASCII
	upper        bool   // the hexadecimal digits of \u in upper case
	escaped      string // further characters that are written as \u
	number       func(string) string
	drop         func(*node) bool // members that are left out
}

func (n *node) write(s style) []byte {
	w := writer{style: s}
	w.comma, w.colon = orElse(s.comma, ","), orElse(s.colon, ":")
	w.value(n, 0)
	return w.out
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

type writer struct {
	style
	out []byte
}

func (w *writer) value(n *node, depth int) {
	switch v := n.leaf.(type) {
	case string:
		w.string(v)
	case json.Number:
		w.out = append(w.out, w.numeral(v.String())...)
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	case nil:
		if n.open == 0 {
			w.out = append(w.out, "null"...)
			return
		}
		w.composite(n, depth)
	}
}

func (w *writer) numeral(text string) string {
	if w.number == nil {
		return text
	}
	return w.number(text)
}

func (w *writer) composite(n *node, depth int) {
	order := w.order(n)
	w.out = append(w.out, n.open)
	for i, at := range order {
		if i > 0 {
			w.out = append(w.out, w.comma...)
		}
		w.newline(depth + 1)
		if n.open == '{' {
			w.string(n.names[at])
			w.out = append(w.out, w.colon...)
		}
		w.value(n.members[at], depth+1)
	}
	if len(order) > 0 {
		w.newline(depth)
	}
	w.out = append(w.out, n.open+2) // ']' and '}' stand two after their brackets
}

// order are the members to write.
func (w *writer) order(n *node) []int {
	order := make([]int, 0, len(n.members))
	for i, m := range n.members {
		if w.drop == nil || n.open != '{' || !w.drop(m) {
			order = append(order, i)
		}
	}
	if w.sorted && n.open == '{' {
		slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(n.names[a], n.names[b]) })
	}
	return order
}

func (w *writer) newline(depth int) {
	if w.indent == "" {
		return
	}
	w.out = append(w.out, '\n')
	for range depth {
		w.out = append(w.out, w.indent...)
	}
}

// shortEscapes are the control characters with a letter of their own.
var shortEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

func (w *writer) string(s string) {
	w.out = append(w.out, '"')
	for _, c := range s {
		short, ok := shortEscapes[c]
		switch {
		case ok:
			w.out = append(w.out, short...)
		case c == '/' && w.slashes:
			w.out = append(w.out, '\\', '/')
		case c < ' ', c > '~' && w.ascii, strings.ContainsRune(w.escaped, c):
			w.unicode(c)
		default:
			w.out = append(w.out, string(c)...)
		}
	}
	w.out = append(w.out, '"')
}

func (w *writer) unicode(c rune) {
	format := `\u%04x`
	if w.upper {
		format = `\u%04X`
	}
	if high, low := utf16.EncodeRune(c); c > 0xffff {
		w.out = fmt.Appendf(w.out, format+format, high, low)
		return
	}
	w.out = fmt.Appendf(w.out, format, c)
}

// shortest writes a number as JavaScript does: 10000.00 becomes 10000.
func shortest(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f >= 1e21 || f <= -1e21 || !strings.ContainsAny(text, ".eE") {
		return text
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// fractional writes a number as PHP, Python and Java do: 10000.00 becomes
// 10000.0.
func fractional(text string) string {
	short := shortest(text)
	if short == text || strings.Contains(short, ".") {
		return short
	}
	return short + ".0"
}

func isNull(n *node) bool { return n.open == 0 && n.leaf == nil }

func isEmpty(n *node) bool {
	return isNull(n) || n.leaf == "" || n.open != 0 && len(n.members) == 0
}
