package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// message is a request or an answer as it went over the wire.
type message struct {
	Head, Body []stretch
	Laid       string // the body laid out over lines; empty where it is no JSON
	Size       int    // of the body, in bytes
}

// stretch is a part of a text. What nobody could see stands for itself as an
// escape.
type stretch struct {
	Text    string
	Escaped bool
}

func messageOfWire(raw []byte) message {
	head, body := split(raw)
	m := message{Head: stretches(bytes.ReplaceAll(head, []byte("\r\n"), []byte("\n"))), Body: stretches(body), Size: len(body)}
	if json.Valid(body) {
		m.Laid = lines(string(body))
	}
	return m
}

// split parts a message behind the empty line that ends its head.
func split(raw []byte) (head, body []byte) {
	end := 0
	for line := range bytes.Lines(raw) {
		end += len(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return raw[:end-len(line)], raw[end:]
		}
	}
	return raw, nil
}

// stretches parts what can be read from what cannot: control characters,
// bytes that are no UTF-8, and spaces and signs that look like others or like
// nothing.
func stretches(text []byte) []stretch {
	var all []stretch
	for from := 0; len(text) > 0; {
		c, size := utf8.DecodeRune(text[from:])
		if from < len(text) && plain(c, size) {
			from += size
			continue
		}
		if from > 0 {
			all = append(all, stretch{Text: string(text[:from])})
		}
		if from < len(text) {
			all = append(all, stretch{escaped(text[from:from+size], c), true})
		}
		text, from = text[min(from+size, len(text)):], 0
	}
	return all
}

// plain reports whether a character is what it looks like.
func plain(c rune, size int) bool {
	broken := c == utf8.RuneError && size < 2
	return !broken && (unicode.IsPrint(c) || c == '\n' || c == '\t')
}

func escaped(text []byte, c rune) string {
	switch {
	case c == '\r':
		return `\r`
	case c == utf8.RuneError, c < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, text[0])
	}
	return fmt.Sprintf(`\u%04x`, c)
}

// capital begins a sentence.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(s[size:], ".") + "."
}
