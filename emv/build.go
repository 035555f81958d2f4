package emv

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxValue is the greatest length that two digits can say.
const maxValue = 99

// crcLen is the length of object 63 with its header.
const crcLen = headerLen + 4

// Build writes a payload: the objects as given, then 63 with the CRC in upper
// case and with its leading zeros. It is strict: 00 comes first, IDs are 0 to
// 99, each at most once, 63 is not among them, values are UTF-8 of 1 to 99
// characters. An error is a Finding. It allocates the text and nothing else.
func Build(objects ...Object) (string, error) {
	if len(objects) == 0 || objects[0].ID != IDFormatIndicator {
		return "", Finding{Code: CodeFirstNot00, Path: IDFormatIndicator.String(),
			Detail: "build: the first object must be 00", Hint: `begin with 00 "01"`}
	}
	size, _, fault := measure(objects)
	if fault != nil {
		return "", *fault
	}
	for i := range objects {
		if objects[i].ID == IDCRC {
			return "", Finding{Code: CodeIDRange, Path: IDCRC.String(),
				Detail: "build: the CRC is computed", Hint: "leave 63 out"}
		}
	}
	var b strings.Builder
	b.Grow(size + crcLen)
	write(&b, objects)
	b.WriteString("6304")
	crc := CRC(b.String())
	for shift := 12; shift >= 0; shift -= 4 {
		b.WriteByte(hexDigits[crc>>shift&15])
	}
	return b.String(), nil
}

// Join writes the value of a template: the objects as given, by the rules of
// Build save that any ID may come first and 63 is an ID like others, and 99
// characters in all. An error is a Finding.
func Join(objects ...Object) (string, error) {
	size, chars, fault := measure(objects)
	if fault != nil {
		return "", *fault
	}
	if chars == 0 || chars > maxValue {
		return "", *lengthFault("", chars)
	}
	var b strings.Builder
	b.Grow(size)
	write(&b, objects)
	return b.String(), nil
}

// Append writes one object to dst. The value must be UTF-8 of 1 to 99
// characters; an error is a Finding and leaves dst as it was.
func Append(dst []byte, id ID, value string) ([]byte, error) {
	n, fault := check(id, value)
	if fault != nil {
		return dst, *fault
	}
	return appendObject(dst, id, n, value), nil
}

// AppendTemplate writes an object that holds objects, by the rules of Join.
func AppendTemplate(dst []byte, id ID, objects ...Object) ([]byte, error) {
	_, chars, fault := measure(objects)
	if fault == nil && id > maxID {
		fault = idFault(id)
	}
	if fault != nil {
		fault.Path = strings.TrimSuffix(id.String()+"."+fault.Path, ".")
		return dst, *fault
	}
	if chars == 0 || chars > maxValue {
		return dst, *lengthFault(id.String(), chars)
	}
	dst = append(dst, id.String()...)
	dst = append(dst, ID(chars).String()...)
	for i := range objects {
		o := &objects[i]
		dst = appendObject(dst, o.ID, length(o.Value), o.Value)
	}
	return dst, nil
}

// AppendCRC closes a payload with object 63 over all of dst.
func AppendCRC(dst []byte) []byte {
	dst = append(dst, "6304"...)
	return appendHex(dst, checksum(dst))
}

// appendObject writes an object whose length, 0 to 99, is known. An ID spells
// any two digits, so it spells the length too.
func appendObject(dst []byte, id ID, n int, value string) []byte {
	dst = append(dst, id.String()...)
	dst = append(dst, ID(n).String()...)
	return append(dst, value...)
}

func write(b *strings.Builder, objects []Object) {
	for i := range objects {
		o := &objects[i]
		b.WriteString(o.ID.String())
		b.WriteString(ID(length(o.Value)).String())
		b.WriteString(o.Value)
	}
}

// measure checks objects of one level and gives their length in bytes and in
// characters, headers included.
func measure(objects []Object) (size, chars int, fault *Finding) {
	var f frame
	for i := range objects {
		o := &objects[i]
		n, fault := check(o.ID, o.Value)
		if fault != nil {
			return 0, 0, fault
		}
		if f.has(o.ID) {
			return 0, 0, &Finding{Code: CodeDuplicate, Path: o.ID.String(),
				Detail: "the ID is given twice, each may occur once", Hint: "keep one of the two"}
		}
		f.mark(o.ID)
		size += headerLen + len(o.Value)
		chars += headerLen + n
	}
	return size, chars, nil
}

// check gives the length of a value in characters. Its faults do not quote the
// value, which lets callers keep values off the heap.
func check(id ID, value string) (int, *Finding) {
	if id > maxID {
		return 0, idFault(id)
	}
	n := length(value)
	if n == 0 || n > maxValue {
		return 0, lengthFault(id.String(), n)
	}
	if !utf8.ValidString(value) {
		return 0, &Finding{Code: CodeInvalidUTF8, Path: id.String(),
			Detail: "the value is not UTF-8", Hint: "convert it to UTF-8"}
	}
	return n, nil
}

func idFault(id ID) *Finding {
	return &Finding{Code: CodeIDRange, Detail: fmt.Sprintf("the ID %d is above 99", uint8(id)),
		Hint: "IDs are two digits"}
}

func lengthFault(path string, n int) *Finding {
	if n == 0 {
		return &Finding{Code: CodeZeroLength, Path: path, Detail: "the value is empty",
			Hint: "leave the object out"}
	}
	return &Finding{Code: CodeValueLength, Path: path,
		Detail: fmt.Sprintf("the value has %d characters, at most 99 fit", n), Hint: "shorten it"}
}

// length counts the characters of a value.
func length(value string) int {
	if isASCII(value) {
		return len(value)
	}
	return utf8.RuneCountInString(value)
}
