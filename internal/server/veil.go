package server

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
)

// leastSecret is the length from which a text is no accident.
const leastSecret = 8

// veil leaves of a secret what tells it from others: its beginning and its
// length.
func veil(secret string) string {
	return secret[:min(6, len(secret)/3)] + "*** (" + strconv.Itoa(len(secret)) + " characters)"
}

// veilHead masks the values of headers that carry secrets. The head's lines
// end with a line break each.
func veilHead(head []byte) []byte {
	veiled := make([]byte, 0, len(head)+512) // a body of the usual size fits behind it
	for line := range bytes.Lines(head) {
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found || !carriesSecret(string(name)) {
			veiled = append(veiled, line...)
			continue
		}
		scheme, secret, two := strings.Cut(strings.TrimSpace(string(value)), " ")
		if !two {
			scheme, secret = "", scheme
		} else {
			scheme += " "
		}
		veiled = append(append(append(veiled, name...), ": "+scheme+veil(secret)...), "\r\n"...)
	}
	return veiled
}

// secretive are words in the names of headers that carry secrets, whoever
// invents them.
var secretive = []string{"authorization", "secret", "token", "cookie", "password"}

func carriesSecret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range secretive {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// secretFields are the fields of token APIs that carry what opens something.
var secretFields = []string{"accessToken", "refreshToken", "authCode"}

// veilBody masks the tokens in a body of a token API. Others carry none.
func veilBody(x *exchange, body []byte) []byte {
	if x.route.operation == nil || x.route.operation.Auth != dialect.AuthToken {
		return body
	}
	for _, name := range secretFields {
		if secret := literal(body, name); len(secret) > 2 {
			secret = secret[1 : len(secret)-1]
			body = bytes.ReplaceAll(body, secret, []byte(veil(string(secret))))
		}
	}
	return body
}

// quoted finds the first text of a member in JSON; empty: there is none.
func quoted(body []byte, name string) (text string) {
	raw := literal(body, name)
	if len(raw) > 0 && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// literal is the first text of a member as it is written, with its quotes.
func literal(body []byte, name string) []byte {
	_, rest, found := bytes.Cut(body, []byte(`"`+name+`"`))
	if rest = bytes.TrimLeft(rest, ": \t\r\n"); !found || len(rest) == 0 || rest[0] != '"' {
		return nil
	}
	for end := 1; end < len(rest); end++ {
		switch rest[end] {
		case '\\':
			end++
		case '"':
			return rest[:end+1]
		}
	}
	return nil
}
