package emv

import (
	"fmt"
	"unicode/utf8"
)

// The faults that parseFrame meets. They live apart from it so that the way
// that succeeds stays short.

func errEmpty() error {
	return &FramingError{Code: CodeEmpty, Detail: "the text is empty", Hint: "send the whole content of the QR"}
}

func errUTF8(text string) error {
	chars := 0
	for pos := 0; pos < len(text); chars++ {
		r, size := utf8.DecodeRuneInString(text[pos:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		pos += size
	}
	return &FramingError{
		Code:   CodeInvalidUTF8,
		Offset: chars,
		Detail: fmt.Sprintf("the text is not UTF-8 after %d characters", chars),
		Hint:   "convert the text to UTF-8; the lengths count characters and the CRC runs over UTF-8 bytes",
	}
}

// errHeader tells apart the ways in which four digits can fail to be there.
// last is the byte offset of the object before. Only under the root is 63 a CRC.
func errHeader(text string, pos, last int, root bool) error {
	e := &FramingError{Offset: utf8.RuneCountInString(text[:pos])}
	found := firstRunes(text[pos:], headerLen)
	before := ""
	if pos > 0 {
		before = text[last : last+2]
	}
	switch {
	case root && before == "63":
		e.Code, e.Path = CodeCRCNotLast, before
		e.Detail = fmt.Sprintf("%q follows the CRC, which must be the last object", found)
		e.Hint = "remove what follows the CRC"
		return e
	case !isDigits(text[pos:min(pos+2, len(text))]):
		e.Code = CodeBadID
		e.Detail = fmt.Sprintf("after %d characters %q is found where two digits of ID and two of length are expected", e.Offset, found)
	case len(text)-pos < headerLen:
		e.Code = CodeTruncated
		e.Detail = fmt.Sprintf("the text ends with %q, inside a header of four digits", found)
	default:
		e.Code, e.Path = CodeBadLength, text[pos:pos+2]
		e.Detail = fmt.Sprintf("the length is written %q, two digits are expected", firstRunes(text[pos+2:], 2))
	}
	e.Hint = headerHint(before)
	return e
}

func headerHint(before string) string {
	if before == "" {
		return "this is no EMVCo payload: they begin with 000201"
	}
	return "check the length of tag " + before + " before it; a run of spaces may have been collapsed, or bytes counted instead of characters"
}

func errOverrun(text string, pos int, id ID, n int) error {
	left := utf8.RuneCountInString(text[pos+headerLen:])
	e := &FramingError{
		Code:   CodeOverrun,
		Path:   id.String(),
		Offset: utf8.RuneCountInString(text[:pos]),
		Detail: fmt.Sprintf("the length says %d characters, %d are left", n, left),
		Hint:   "the text was cut, or this or an earlier length is wrong",
	}
	if id == IDCRC {
		e.Hint = "the text was cut, or its generator dropped the leading zeros of the CRC"
	}
	return e
}

func errDuplicate(text string, pos int, id ID) error {
	return &FramingError{
		Code:   CodeDuplicate,
		Path:   id.String(),
		Offset: utf8.RuneCountInString(text[:pos]),
		Detail: "the ID occurs twice, each may occur once",
		Hint:   "keep one of the two",
	}
}

// firstRunes gives at most n characters of s, for messages.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
