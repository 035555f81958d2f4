package emv

import (
	"iter"
	"unicode/utf8"
)

// headerLen is the length of an object's header: two digits of ID, two of
// length.
const headerLen = 4

// frame is a text of objects whose headers have been checked. It remembers
// only which IDs are there; an index of offsets would be eight times as large
// and dearer to copy than the headers are to walk.
type frame struct {
	text  string
	seen  [2]uint64
	n     uint8
	ascii bool
}

func (f *frame) has(id ID) bool {
	return id <= maxID && f.seen[id>>6]&(1<<(id&63)) != 0
}

func (f *frame) mark(id ID) {
	f.seen[id>>6] |= 1 << (id & 63)
	f.n++
}

// parseFrame reads the headers of a whole text, under the root or inside a
// template, which only the wording of faults depends on. It returns a plain error so
// that no caller can turn a nil *FramingError into a non-nil error.
func parseFrame(text string, root bool) (frame, error) {
	f := frame{text: text, ascii: isASCII(text)}
	if text == "" {
		return f, errEmpty()
	}
	if !f.ascii && !utf8.ValidString(text) {
		return f, errUTF8(text)
	}
	last := 0
	for pos := 0; pos < len(text); {
		id, n, ok := header(text, pos)
		if !ok {
			return f, errHeader(text, pos, last, root)
		}
		end := f.skip(pos+headerLen, n)
		if end < 0 {
			return f, errOverrun(text, pos, id, n)
		}
		if f.has(id) {
			return f, errDuplicate(text, pos, id)
		}
		f.mark(id)
		last, pos = pos, end
	}
	return f, nil
}

// header reads the four digits at pos: the ID and the length in characters.
func header(text string, pos int) (id ID, n int, ok bool) {
	if len(text)-pos < headerLen {
		return 0, 0, false
	}
	h := text[pos : pos+headerLen]
	a, b, c, d := h[0]-'0', h[1]-'0', h[2]-'0', h[3]-'0'
	if a > 9 || b > 9 || c > 9 || d > 9 {
		return 0, 0, false
	}
	return ID(a*10 + b), int(c)*10 + int(d), true
}

// skip gives the byte offset n characters after pos, or -1 beyond the end.
func (f *frame) skip(pos, n int) int {
	if f.ascii {
		if n > len(f.text)-pos {
			return -1
		}
		return pos + n
	}
	for ; n > 0; n-- {
		if pos >= len(f.text) {
			return -1
		}
		_, size := utf8.DecodeRuneInString(f.text[pos:])
		pos += size
	}
	return pos
}

// object reads the object at pos of a checked text, and where the next begins.
func (f *frame) object(pos int) (Object, int) {
	id, n, _ := header(f.text, pos)
	end := f.skip(pos+headerLen, n)
	return Object{id, f.text[pos+headerLen : end]}, end
}

// find gives the byte offsets of the value of an ID.
func (f *frame) find(id ID) (start, end int, ok bool) {
	if !f.has(id) {
		return 0, 0, false
	}
	for pos := 0; pos < len(f.text); pos = end {
		var n int
		var at ID
		at, n, _ = header(f.text, pos)
		start = pos + headerLen
		end = f.skip(start, n)
		if at == id {
			break
		}
	}
	return start, end, true
}

func (f *frame) get(id ID) (string, bool) {
	start, end, ok := f.find(id)
	return f.text[start:end], ok
}

func (f *frame) at(i int) Object {
	if i < 0 || i >= int(f.n) {
		panic("emv: no such object")
	}
	var o Object
	for pos := 0; i >= 0; i-- {
		o, pos = f.object(pos)
	}
	return o
}

func (f frame) all() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for pos := 0; pos < len(f.text); {
			o, next := f.object(pos)
			if !yield(o) {
				return
			}
			pos = next
		}
	}
}

// isASCII looks at eight bytes at a time; the shifts become one load.
func isASCII(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		lo := uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
		hi := uint32(s[4]) | uint32(s[5])<<8 | uint32(s[6])<<16 | uint32(s[7])<<24
		if (lo|hi)&0x80808080 != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
