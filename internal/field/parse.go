// Package field checks headers and JSON bodies against rows: ordered, one-line
// descriptions of the fields that a document prints. The same rows choose the
// response code, print the reference page, produce the OpenAPI document and
// seed the fuzzers.
//
// It brings its own strict JSON reader, because encoding/json matches names
// without regard to case and lets the last of two equal names win: a proxy that
// reads the first and a server that reads the last would disagree on an amount.
package field

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds on one document. A SNAP request nests to about 6 and holds fewer than
// 200 values.
const (
	MaxBytes  = 16 << 20
	MaxDepth  = 32     // objects and arrays within one another, the root included
	MaxValues = 10_000 // values of every kind, the root included
)

// SyntaxError says why and where a body was refused.
type SyntaxError struct {
	Offset int // bytes from the start of the body
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("JSON body, byte %d: %s", e.Offset, e.Reason)
}

// Parse reads one JSON object (RFC 8259) and keeps a copy of body. Beyond the
// grammar it refuses what two readers may take in two ways or a database cannot
// store: a byte order mark, invalid UTF-8, NUL raw or escaped, lone surrogates,
// names repeated within an object or differing only in case, and documents
// beyond MaxBytes, MaxDepth or MaxValues. Every error is a *SyntaxError.
func Parse(body []byte) (Value, error) {
	if err := refuseBytes(body); err != nil {
		return Value{}, err
	}
	p := parser{doc: &document{body: string(body), nodes: make([]node, 0, estimate(body))}}
	if err := p.root(); err != nil {
		return Value{}, err
	}
	return Value{doc: p.doc}, nil
}

var byteOrderMark = []byte("\xEF\xBB\xBF")

// refuseBytes finds what no position of a document may hold.
func refuseBytes(body []byte) *SyntaxError {
	if len(body) > MaxBytes {
		return &SyntaxError{MaxBytes, fmt.Sprintf("more than %d bytes", MaxBytes)}
	}
	if bytes.HasPrefix(body, byteOrderMark) {
		return &SyntaxError{0, "byte order mark; send plain UTF-8"}
	}
	if at := bytes.IndexByte(body, 0); at >= 0 {
		return &SyntaxError{at, "NUL character"}
	}
	if !utf8.Valid(body) {
		return &SyntaxError{invalidUTF8(body), "invalid UTF-8"}
	}
	return nil
}

func invalidUTF8(body []byte) int {
	at := 0
	for at < len(body) {
		r, size := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// estimate bounds the number of values from above for honest bodies: one more
// than the commas and the openings. The second bound keeps a body of nothing
// but commas from reserving memory.
func estimate(body []byte) int {
	n := 1
	for _, mark := range [...]string{",", "{", "["} {
		n += bytes.Count(body, []byte(mark))
	}
	return min(n, len(body)/8+8, MaxValues)
}

type parser struct {
	doc   *document
	pos   int
	depth int
}

func (p *parser) fail(reason string) *SyntaxError { return &SyntaxError{p.pos, reason} }

func (p *parser) root() *SyntaxError {
	p.space()
	switch p.peek() {
	case '{':
	case 0:
		return p.fail("empty body")
	default:
		return p.fail("the root must be an object")
	}
	if err := p.value(span{}); err != nil {
		return err
	}
	p.space()
	if p.pos < len(p.doc.body) {
		return p.fail("trailing data after the root object")
	}
	return nil
}

// peek is the next byte, or 0 at the end: a NUL in the body was refused before.
func (p *parser) peek() byte {
	if p.pos < len(p.doc.body) {
		return p.doc.body[p.pos]
	}
	return 0
}

func (p *parser) accept(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) space() {
	for p.pos < len(p.doc.body) {
		switch p.doc.body[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// value reads any value; the cursor stands on its first byte.
func (p *parser) value(key span) (err *SyntaxError) {
	if len(p.doc.nodes) == MaxValues {
		return p.fail(fmt.Sprintf("more than %d values", MaxValues))
	}
	at, start := len(p.doc.nodes), p.pos
	p.doc.nodes = append(p.doc.nodes, node{key: key})
	switch c := p.peek(); {
	case c == '"':
		p.doc.nodes[at].kind = String
		p.doc.nodes[at].text, err = p.quoted()
	case c == '{':
		p.doc.nodes[at].kind = Object
		err = p.nested(at, '}', (*parser).members)
	case c == '[':
		p.doc.nodes[at].kind = Array
		err = p.nested(at, ']', (*parser).elements)
	case c == '-' || isDigit(c):
		p.doc.nodes[at].kind = Number
		err = p.number()
	default:
		err = p.literal(at)
	}
	p.doc.nodes[at].raw = span{int32(start), int32(p.pos)}
	return err
}

// nested reads an object or array, whose filled inside is left to read.
func (p *parser) nested(at int, closing byte, read func(*parser, int) *SyntaxError) *SyntaxError {
	if p.depth == MaxDepth {
		return p.fail(fmt.Sprintf("nested deeper than %d", MaxDepth))
	}
	p.depth++
	defer func() { p.depth-- }()
	p.pos++
	p.space()
	if p.accept(closing) {
		return nil
	}
	return read(p, at)
}

func (p *parser) members(at int) *SyntaxError {
	names := names{parent: at}
	for last := 0; ; {
		key, err := p.key(&names)
		if err != nil {
			return err
		}
		last = p.link(at, last)
		if err := p.value(key); err != nil {
			return err
		}
		if more, err := p.more('}'); !more {
			return err
		}
	}
}

func (p *parser) elements(at int) *SyntaxError {
	for last := 0; ; {
		last = p.link(at, last)
		if err := p.value(span{}); err != nil {
			return err
		}
		if more, err := p.more(']'); !more {
			return err
		}
	}
}

// link makes the node about to be read a child of parent, after sibling last.
func (p *parser) link(parent, last int) (child int) {
	child = len(p.doc.nodes)
	p.doc.nodes[parent].count++
	if last != 0 {
		p.doc.nodes[last].next = int32(child)
	}
	return child
}

// more moves past a comma to the next member or element, or past the closing.
func (p *parser) more(closing byte) (bool, *SyntaxError) {
	p.space()
	if p.accept(closing) {
		return false, nil
	}
	if !p.accept(',') {
		return false, p.fail("expected a comma or " + string(closing))
	}
	p.space()
	return true, nil
}

// key reads a member's name and its colon.
func (p *parser) key(seen *names) (span, *SyntaxError) {
	start := p.pos
	if p.peek() != '"' {
		return span{}, p.fail("expected a name in double quotes")
	}
	key, err := p.quoted()
	if err != nil {
		return span{}, err
	}
	name := p.doc.slice(key)
	if twin, found := seen.add(p.doc, name); found {
		return span{}, &SyntaxError{start, repeated(name, twin)}
	}
	p.space()
	if !p.accept(':') {
		return span{}, p.fail("expected a colon")
	}
	p.space()
	return key, nil
}

func repeated(name, twin string) string {
	if name == twin {
		return fmt.Sprintf("duplicate name %.40q", name)
	}
	return fmt.Sprintf("duplicate name: %.40q and %.40q differ only in case", twin, name)
}

func (p *parser) literal(at int) *SyntaxError {
	for _, l := range [...]struct {
		text string
		kind Kind
	}{{"null", Null}, {"true", Bool}, {"false", Bool}} {
		if strings.HasPrefix(p.doc.body[p.pos:], l.text) {
			p.pos += len(l.text)
			p.doc.nodes[at].kind = l.kind
			return nil
		}
	}
	return p.fail("expected a value")
}

// number reads RFC 8259 section 6: no leading zero, no bare dot, no plus sign.
func (p *parser) number() *SyntaxError {
	p.accept('-')
	if !p.accept('0') && !p.digits() {
		return p.fail("bad number: a digit must follow the sign")
	}
	if isDigit(p.peek()) {
		return p.fail("bad number: leading zero")
	}
	if p.accept('.') && !p.digits() {
		return p.fail("bad number: a digit must follow the dot")
	}
	if !p.accept('e') && !p.accept('E') {
		return nil
	}
	if !p.accept('+') {
		p.accept('-')
	}
	if !p.digits() {
		return p.fail("bad number: a digit must follow the exponent")
	}
	return nil
}

func (p *parser) digits() bool {
	start := p.pos
	for isDigit(p.peek()) {
		p.pos++
	}
	return p.pos > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
