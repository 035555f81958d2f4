package snap

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrBody is the kind of every [SyntaxError].
var ErrBody = errors.New("not JSON")

// SyntaxError says where a body stops being JSON, token by token.
type SyntaxError struct {
	Offset int    // bytes before the fault
	Reason string // what is wrong there, and often the cure
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("snap: the body is not JSON at byte %d: %s", e.Offset, e.Reason)
}

// Unwrap makes a SyntaxError an [ErrBody].
func (e *SyntaxError) Unwrap() error { return ErrBody }

// Compact appends body to dst without its insignificant white space, which is
// the standard's "minify(RequestBody)"; nothing else is touched. An empty body
// stays empty.
//
// It works on tokens, so a space inside a string stays, and nesting costs
// nothing. It checks the tokens and that no two values stand side by side, but
// not that brackets pair up: that is for whoever decodes the body. On a
// [SyntaxError] dst is returned as it was.
func Compact(dst, body []byte) ([]byte, error) {
	r := rewriter{src: body, out: dst}
	return r.appendTo(dst)
}

// Reescape is [Compact] with every string written again as JSON.stringify
// does: `\/` becomes a slash and `\u00e9` the letter, halves of surrogate
// pairs are joined, and only the quote, the backslash, control characters and
// lone surrogates stay escaped. Numbers keep their text and keys their order.
//
// The PHP clients of DANA and Midtrans send a body with escaped slashes and
// sign it without them.
func Reescape(dst, body []byte) ([]byte, error) {
	r := rewriter{src: body, out: dst, reescape: true}
	return r.appendTo(dst)
}

// rewriter walks the tokens of one JSON text and copies it in runs. As long as
// nothing has to change it copies nothing.
type rewriter struct {
	src      []byte
	at       int    // next byte to read
	from     int    // first byte not yet copied
	out      []byte // what was copied so far
	reescape bool   // write strings again, not only drop white space
	changed  bool   // some string was written differently
	value    bool   // the previous token ended a value
}

// reset points the rewriter at another text and keeps its buffer.
func (r *rewriter) reset(src []byte, reescape bool) {
	*r = rewriter{src: src, out: r.out[:0], reescape: reescape}
}

func (r *rewriter) appendTo(dst []byte) ([]byte, error) {
	_, err := r.rewrite()
	switch {
	case err != nil:
		return dst, err
	case r.from == 0:
		return append(dst, r.src...), nil
	default:
		return r.out, nil
	}
}

// rewrite returns the new text: src itself if nothing was to change, otherwise
// what out has grown to, valid until the next reset.
func (r *rewriter) rewrite() ([]byte, error) {
	for r.at < len(r.src) {
		if err := r.token(); err != nil {
			return nil, err
		}
	}
	if r.from == 0 {
		return r.src, nil
	}
	r.out = append(r.out, r.src[r.from:]...)
	return r.out, nil
}

// replace puts text in the place of the next n bytes.
func (r *rewriter) replace(n int, text []byte) {
	r.out = append(r.out, r.src[r.from:r.at]...)
	r.out = append(r.out, text...)
	r.at += n
	r.from = r.at
}

func (r *rewriter) fail(offset int, reason string) error {
	return &SyntaxError{Offset: offset, Reason: reason}
}

func (r *rewriter) token() error {
	switch c := r.src[r.at]; c {
	case ' ', '\t', '\n', '\r':
		r.space()
		return nil
	case ',', ':':
		r.at, r.value = r.at+1, false
		return nil
	case '}', ']':
		r.at, r.value = r.at+1, true
		return nil
	}
	if r.value {
		return r.fail(r.at, "a comma, a colon or a closing bracket is missing before this")
	}
	switch c := r.src[r.at]; {
	case c == '{' || c == '[':
		r.at++
		return nil
	case c == '"':
		return r.string()
	case c == '-' || isDigit(c):
		return r.number()
	case 'a' <= c && c <= 'z':
		return r.literal()
	}
	return r.fail(r.at, strayReason(r.src[r.at:]))
}

func (r *rewriter) space() {
	n := 1
	for r.at+n < len(r.src) && isSpace(r.src[r.at+n]) {
		n++
	}
	r.replace(n, nil)
}

// strayReason names the strangers that real clients put before a body.
func strayReason(rest []byte) string {
	switch {
	case bytes.HasPrefix(rest, []byte("\xef\xbb\xbf")):
		return "a byte order mark; write UTF-8 without it"
	case rest[0] == '\'':
		return "a single quote; JSON has double quotes only"
	case bytes.HasPrefix(rest, []byte("\u00a0")):
		return "a no-break space outside a string"
	default:
		return fmt.Sprintf("no token begins with %q", rest[:1])
	}
}

func (r *rewriter) literal() error {
	start := r.at
	for r.at < len(r.src) && 'a' <= r.src[r.at] && r.src[r.at] <= 'z' {
		r.at++
	}
	switch string(r.src[start:r.at]) {
	case "true", "false", "null":
		r.value = true
		return nil
	}
	return r.fail(start, "a word that is none of true, false and null; put strings in double quotes")
}

func (r *rewriter) number() error {
	start := r.at
	if r.src[r.at] == '-' {
		r.at++
	}
	whole := r.at
	ok := r.skipDigits() && (r.src[whole] != '0' || r.at == whole+1)
	if ok && r.next('.') {
		ok = r.skipDigits()
	}
	if ok && (r.next('e') || r.next('E')) {
		_ = r.next('+') || r.next('-')
		ok = r.skipDigits()
	}
	if !ok {
		return r.fail(start, "a number that JSON cannot write: no leading zeros, and digits on both sides of the point")
	}
	r.value = true
	return nil
}

// next reads the byte c if it is there.
func (r *rewriter) next(c byte) bool {
	if r.at < len(r.src) && r.src[r.at] == c {
		r.at++
		return true
	}
	return false
}

// skipDigits reads digits and reports whether there was one.
func (r *rewriter) skipDigits() bool {
	start := r.at
	for r.at < len(r.src) && isDigit(r.src[r.at]) {
		r.at++
	}
	return r.at > start
}

func (r *rewriter) string() error {
	start := r.at
	r.at++
	for {
		r.at += plain(r.src[r.at:])
		if r.at == len(r.src) {
			return r.fail(start, "a string that is not closed")
		}
		switch r.src[r.at] {
		case '"':
			r.at, r.value = r.at+1, true
			return nil
		case '\\':
			if err := r.escape(); err != nil {
				return err
			}
		default:
			return r.fail(r.at, "a control character in a string; escape it")
		}
	}
}

// special marks the bytes that a string cannot hold as they are.
var special = func() (table [256]bool) {
	for c := range 0x20 {
		table[c] = true
	}
	table['"'], table['\\'] = true, true
	return table
}()

// plain counts the bytes before the next special one.
func plain(text []byte) int {
	for i, c := range text {
		if special[c] {
			return i
		}
	}
	return len(text)
}

// escape reads one escape, or two that are halves of a surrogate pair.
func (r *rewriter) escape() error {
	if r.at+1 == len(r.src) {
		return r.fail(r.at, "a string that is not closed")
	}
	switch r.src[r.at+1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		r.at += 2
		return nil
	case '/':
		r.unescape(2, []byte{'/'})
		return nil
	case 'u':
		return r.unicodeEscape()
	}
	return r.fail(r.at, "an escape that JSON does not have")
}

func (r *rewriter) unicodeEscape() error {
	code, ok := hex4(r.src[r.at:])
	if !ok {
		return r.fail(r.at, `four hexadecimal digits are needed after \u`)
	}
	n := len(`\u0000`)
	if utf16.IsSurrogate(code) {
		if low, ok := hex4(r.src[r.at+n:]); ok && utf16.DecodeRune(code, low) != utf8.RuneError {
			code, n = utf16.DecodeRune(code, low), 2*n
		}
	}
	var text [len(`\u0000`)]byte
	r.unescape(n, appendStringified(text[:0], code))
	return nil
}

// unescape writes text for an escape of n bytes, unless it is the same or the
// escapes are to stay as they are.
func (r *rewriter) unescape(n int, text []byte) {
	if !r.reescape || bytes.Equal(text, r.src[r.at:r.at+n]) {
		r.at += n
		return
	}
	r.changed = true
	r.replace(n, text)
}

// appendStringified appends one code point as ECMA-262's QuoteJSONString
// (JSON.stringify) writes it. A lone surrogate stays an escape.
func appendStringified(dst []byte, code rune) []byte {
	switch code {
	case '"', '\\':
		return append(dst, '\\', byte(code))
	case '\b':
		return append(dst, '\\', 'b')
	case '\t':
		return append(dst, '\\', 't')
	case '\n':
		return append(dst, '\\', 'n')
	case '\f':
		return append(dst, '\\', 'f')
	case '\r':
		return append(dst, '\\', 'r')
	}
	if code < ' ' || utf16.IsSurrogate(code) {
		const hex = "0123456789abcdef"
		return append(dst, '\\', 'u', hex[code>>12&15], hex[code>>8&15], hex[code>>4&15], hex[code&15])
	}
	return utf8.AppendRune(dst, code)
}

// hex4 reads the \uXXXX at the beginning of text.
func hex4(text []byte) (code rune, ok bool) {
	if len(text) < len(`\u0000`) || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range text[2:6] {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		code = code<<4 | rune(c)
	}
	return code, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
