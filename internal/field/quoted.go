package field

import (
	"strings"
	"unicode/utf16"
)

// quoted reads a string, the cursor on its opening quote, and answers its
// content: a piece of the body unless it has escapes.
func (p *parser) quoted() (span, *SyntaxError) {
	p.pos++
	start := p.pos
	if err := p.plain(); err != nil {
		return span{}, err
	}
	if p.doc.body[p.pos] == '"' {
		p.pos++
		return span{int32(start), int32(p.pos - 1)}, nil
	}
	return p.escaped(start)
}

// special is what cannot stand for itself in a string.
var special = func() (set [256]bool) {
	for c := range ' ' {
		set[c] = true
	}
	set['"'], set['\\'] = true, true
	return set
}()

// plain moves to the next quote or backslash.
func (p *parser) plain() *SyntaxError {
	at := p.pos
	for at < len(p.doc.body) && !special[p.doc.body[at]] {
		at++
	}
	p.pos = at
	switch {
	case at == len(p.doc.body):
		return p.fail("unterminated string")
	case p.doc.body[at] < ' ':
		return p.fail("control character in a string; escape it")
	}
	return nil
}

// escaped finishes a string that has at least one escape.
func (p *parser) escaped(start int) (span, *SyntaxError) {
	var b strings.Builder
	b.Grow(2 * (p.pos - start + len(`\"`)))
	b.WriteString(p.doc.body[start:p.pos])
	for p.doc.body[p.pos] == '\\' {
		r, err := p.escape()
		if err != nil {
			return span{}, err
		}
		b.WriteRune(r)
		start = p.pos
		if err := p.plain(); err != nil {
			return span{}, err
		}
		b.WriteString(p.doc.body[start:p.pos])
	}
	p.pos++
	p.doc.unescaped = append(p.doc.unescaped, b.String())
	return span{from: ^int32(len(p.doc.unescaped) - 1)}, nil
}

var escapes = [256]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape, the cursor on its backslash.
func (p *parser) escape() (rune, *SyntaxError) {
	p.pos++
	c := p.peek()
	if c == 'u' {
		p.pos--
		return p.unicode()
	}
	r := escapes[c]
	if r == 0 {
		return 0, p.fail("unknown escape")
	}
	p.pos++
	return r, nil
}

// unicode reads \uXXXX, or two of them that make a surrogate pair.
func (p *parser) unicode() (rune, *SyntaxError) {
	start := p.pos
	r, err := p.unit()
	switch {
	case err != nil:
		return 0, err
	case r == 0:
		return 0, &SyntaxError{start, "NUL character"}
	case !utf16.IsSurrogate(r):
		return r, nil
	}
	if !strings.HasPrefix(p.doc.body[p.pos:], `\u`) {
		return 0, &SyntaxError{start, "lone surrogate"}
	}
	low, err := p.unit()
	if err != nil {
		return 0, err
	}
	// DecodeRune answers U+FFFD for two units that are not a pair; a real pair
	// never makes that character.
	if r = utf16.DecodeRune(r, low); r == '\uFFFD' {
		return 0, &SyntaxError{start, "lone surrogate"}
	}
	return r, nil
}

// unit reads one \uXXXX.
func (p *parser) unit() (rune, *SyntaxError) {
	p.pos += len(`\u`)
	var r rune
	for range 4 {
		digit, ok := hexDigit(p.peek())
		if !ok {
			return 0, p.fail(`\u needs four hexadecimal digits`)
		}
		r = r<<4 | digit
		p.pos++
	}
	return r, nil
}

func hexDigit(c byte) (rune, bool) {
	switch {
	case isDigit(c):
		return rune(c - '0'), true
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}
