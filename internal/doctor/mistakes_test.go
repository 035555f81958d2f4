package doctor

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/snap"
)

// What the clients of the tests have.
const (
	secretText     = "bXkgc2VjcmV0IHdoaWNoIGlzIGJhc2U2NCB0b28="
	previousSecret = "the-secret-before-this-one"
	otherSecret    = "the-secret-of-another-partner"
	b2bToken       = "Zm9vYmFyLXRva2VuLW9mLXRoZS1wYXJ0bmVy"
	previousToken  = "dG9rZW4tb2YtaGFsZi1hbi1ob3VyLWFnbw"
	customerToken  = "Y3VzdG9tZXItdG9rZW4tb2YtYS1wYXllcg"
	clientKeyText  = "client-key-4711"
	partnerIDText  = "partner-0815"
)

var keys = sync.OnceValue(func() (all [3]*rsa.PrivateKey) { // own, previous, another partner's
	for i := range all {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		all[i] = key
	}
	return all
})

// client is one that signs by the book; a mistake changes a part of it.
type client struct {
	scheme    snap.Scheme
	method    string
	path      string
	token     string
	clientKey string
	body      []byte // as it is hashed
	hash      func([]byte) string
	time      string
	form      string // capital letters are parts
	wrap      func(string) string
	secret    []byte
	key       *rsa.PrivateKey
	sign      func(*client, string) []byte
	encode    func([]byte) string
	wire      []byte // the body as sent
	target    string
	host      string
	documents []string
}

func hexHash(newHash func() hash.Hash) func([]byte) string {
	return func(b []byte) string {
		h := newHash()
		h.Write(b)
		return hex.EncodeToString(h.Sum(nil))
	}
}

func macWith(newHash func() hash.Hash) func(*client, string) []byte {
	return func(c *client, text string) []byte {
		m := hmac.New(newHash, c.secret)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
}

func rsaWith(h crypto.Hash) func(*client, string) []byte {
	return func(c *client, text string) []byte {
		w := h.New()
		w.Write([]byte(text))
		sign, err := rsa.SignPKCS1v15(nil, c.key, h, w.Sum(nil))
		if err != nil {
			panic(err)
		}
		return sign
	}
}

func pss(c *client, text string) []byte {
	sum := sha256.Sum256([]byte(text))
	sign, err := rsa.SignPSS(rand.Reader, c.key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		panic(err)
	}
	return sign
}

func bare(c *client, text string) []byte {
	sum := sha256.Sum256([]byte(text))
	sign, err := rsa.SignPKCS1v15(nil, c.key, 0, sum[:])
	if err != nil {
		panic(err)
	}
	return sign
}

func newClient(op *dialect.Operation, s snap.Scheme, target string, wire []byte) *client {
	c := &client{
		scheme: s, method: "POST", path: target, token: b2bToken, clientKey: clientKeyText, wire: wire,
		hash: hexHash(sha256.New), time: "2026-01-31T10:20:30+07:00", form: "M:P:T:H:D",
		wrap: func(s string) string { return s }, secret: []byte(secretText), key: keys()[0],
		sign: macWith(sha512.New), encode: base64.StdEncoding.EncodeToString, target: target, host: "api.example.com:8443", documents: op.Paths,
	}
	c.body = compactOf(wire)
	switch s {
	case snap.TokenRequest:
		c.form, c.sign = "C|D", rsaWith(crypto.SHA256)
	case snap.Asymmetric:
		c.form, c.sign = "M:P:H:D", rsaWith(crypto.SHA256)
	}
	return c
}

func (c *client) text() string {
	var b strings.Builder
	for _, part := range c.form {
		switch part {
		case 'M':
			b.WriteString(c.method)
		case 'P':
			b.WriteString(c.path)
		case 'T':
			b.WriteString(c.token)
		case 'C':
			b.WriteString(c.clientKey)
		case 'H':
			b.WriteString(c.hash(c.body))
		case 'B':
			b.Write(c.body)
		case 'D':
			b.WriteString(c.time)
		default:
			b.WriteRune(part)
		}
	}
	return c.wrap(b.String())
}

func (c *client) signature() string { return c.encode(c.sign(c, c.text())) }

// request is what reaches the server: the mistakes are in the signature only.
func (c *client) request(at, signature string) Request {
	r := Request{Method: "POST", Target: c.target, Host: c.host, Body: c.wire, At: time.Date(2026, 1, 31, 3, 20, 33, 0, time.UTC)}
	r.Headers = []Header{{"Content-Type", "application/json"}, {"X-TIMESTAMP", at}, {"X-Signature", signature}}
	if c.scheme == snap.TokenRequest {
		r.Headers = append(r.Headers, Header{"X-CLIENT-KEY", clientKeyText})
		return r
	}
	r.Headers = append(r.Headers, Header{"X-PARTNER-ID", partnerIDText}, Header{"Authorization-Customer", "Bearer " + customerToken})
	if c.token != "" || c.scheme == snap.Symmetric {
		r.Headers = append(r.Headers, Header{"Authorization", "Bearer " + b2bToken})
	}
	return r
}

// mistake is one that clients make, and what it is to be called.
type mistake struct {
	want  string
	apply func(*client)
}

func body(rewrite func([]byte) []byte) func(*client) {
	return func(c *client) { c.body = rewrite(c.wire) }
}

// compactOf is encoding/json's, which is not the package's own.
func compactOf(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

func sortedOf(html bool) func([]byte) []byte {
	return func(text []byte) []byte {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return text
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(html)
		if e.Encode(v) != nil {
			return text
		}
		return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
}

// inStrings changes what stands between quotes, outside what stands without.
func inStrings(text []byte, inside, outside func(rune) string) []byte {
	var b strings.Builder
	quoted, escaped := false, false
	for _, c := range string(text) {
		switch {
		case escaped:
			escaped = false
			b.WriteRune(c)
		case c == '"':
			quoted = !quoted
			b.WriteRune(c)
		case quoted && c == '\\':
			escaped = true
			b.WriteRune(c)
		case quoted:
			b.WriteString(inside(c))
		default:
			b.WriteString(outside(c))
		}
	}
	return []byte(b.String())
}

func same(c rune) string { return string(c) }

func escapedRune(c rune) string {
	quoted := strings.Trim(fmt.Sprintf("%+q", string(c)), `"`)
	if c > 0xffff || !strings.HasPrefix(quoted, `\u`) {
		return fmt.Sprintf(`\u%04x`, c)
	}
	return quoted
}

func php(c rune) string {
	switch {
	case c == '/':
		return `\/`
	case c >= utf8.RuneSelf:
		return escapedRune(c)
	}
	return string(c)
}

func htmlEscaped(c rune) string {
	if strings.ContainsRune("<>&", c) {
		return escapedRune(c)
	}
	return string(c)
}

func pythonic(c rune) string {
	if c == ',' || c == ':' {
		return string(c) + " "
	}
	return string(c)
}

// stringified undoes the escapes that a wire body has.
func stringified(text []byte) []byte {
	return []byte(strings.NewReplacer(`\/`, "/", `\u00e9`, "é").Replace(string(compactOf(text))))
}

func indentedBy(indent string) func([]byte) []byte {
	return func(text []byte) []byte {
		var b bytes.Buffer
		if json.Indent(&b, stringified(text), "", indent) != nil {
			return text
		}
		return b.Bytes()
	}
}

func floats(text []byte) []byte {
	var v any
	if json.Unmarshal(text, &v) != nil || !bytes.Contains(text, []byte("10000.00,")) {
		return text
	}
	return bytes.ReplaceAll(compactOf(text), []byte("10000.00,"), []byte("10000,"))
}

var bodyMistakes = []mistake{
	{"body: raw", body(func(b []byte) []byte { return b })},
	{"body: no-spaces", body(func(b []byte) []byte { return []byte(strings.Join(strings.Fields(string(stringified(b))), "")) })},
	{"body: php", body(func(b []byte) []byte { return inStrings(stringified(b), php, same) })},
	{"body: php", body(func(b []byte) []byte { return bytes.ReplaceAll(stringified(b), []byte("/"), []byte(`\/`)) })},
	{"body: ascii", body(func(b []byte) []byte {
		return inStrings(stringified(b), func(c rune) string {
			if c >= utf8.RuneSelf {
				return escapedRune(c)
			}
			return string(c)
		}, same)
	})},
	{"body: html", body(func(b []byte) []byte { return inStrings(stringified(b), htmlEscaped, same) })},
	{"body: sorted", body(sortedOf(false))},
	{"body: sorted", body(sortedOf(true))},
	{"body: spaced", body(func(b []byte) []byte { return inStrings(stringified(b), same, pythonic) })},
	{"body: numbers", body(floats)},
	{"body: indented", body(indentedBy("  "))},
	{"body: indented", body(indentedBy("    "))},
	{"body: indented", body(indentedBy("\t"))},
	{"body: empty", body(func([]byte) []byte { return nil })},
	{"body: empty-object", body(func([]byte) []byte { return []byte("{}") })},
	{"body: null", body(func([]byte) []byte { return []byte("null") })},
	{"body: crlf", body(func(b []byte) []byte {
		return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	})},
	{"body: lf", body(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) })},
	{"body: trailing-newline", body(func(b []byte) []byte { return append(bytes.Clone(b), '\n') })},
	{"body: trailing-newline", body(func(b []byte) []byte { return append(compactOf(b), '\n') })},
	{"body: trailing-newline-left-out", body(func(b []byte) []byte { return bytes.TrimRight(b, "\r\n") })},
	{"body: byte-order-mark", body(func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), compactOf(b)...) })},
	{"body: lower-case", body(func(b []byte) []byte { return bytes.ToLower(compactOf(b)) })},
	{"body: json-in-a-string", body(func(b []byte) []byte {
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		if err := e.Encode(string(compactOf(b))); err != nil {
			panic(err)
		}
		return bytes.TrimSpace(out.Bytes())
	})},
}

func hashed(h func([]byte) string) func(*client) { return func(c *client) { c.hash = h } }

var hashMistakes = []mistake{
	{"hash: upper-case", hashed(func(b []byte) string { return strings.ToUpper(hexHash(sha256.New)(b)) })},
	{"hash: sha512", hashed(hexHash(sha512.New))},
	{"hash: sha512", hashed(func(b []byte) string { return strings.ToUpper(hexHash(sha512.New)(b)) })},
	{"hash: sha384", hashed(hexHash(sha512.New384))},
	{"hash: sha1", hashed(hexHash(sha1.New))},
	{"hash: md5", hashed(hexHash(md5.New))},
	{"hash: base64", hashed(func(b []byte) string { s := sha256.Sum256(b); return base64.StdEncoding.EncodeToString(s[:]) })},
	{"hash: base64", hashed(func(b []byte) string { return base64.StdEncoding.EncodeToString([]byte(hexHash(sha256.New)(b))) })},
	{"hash: unhashed", hashed(func(b []byte) string { return string(b) })},
	{"hash: left-empty", hashed(func([]byte) string { return "" })},
	{"hash: twice", hashed(func(b []byte) string { return hexHash(sha256.New)([]byte(hexHash(sha256.New)(b))) })},
}

func path(change func(*client) string) func(*client) {
	return func(c *client) { c.path = change(c) }
}

var pathMistakes = []mistake{
	{"path: query-left-out", path(func(c *client) string { p, _, _ := strings.Cut(c.target, "?"); return p })},
	{"path: slash-added", path(func(c *client) string { return c.target + "/" })},
	{"path: slash-left-out", path(func(c *client) string { return strings.TrimSuffix(c.target, "/") })},
	{"path: no-leading-slash", path(func(c *client) string { return c.target[1:] })},
	{"path: documented", path(func(c *client) string { return c.documents[len(c.documents)-1] })},
	{"path: prefix-left-out", path(func(c *client) string { return strings.Replace(c.target, "/v1.0", "", 1) })},
	{"path: prefix-left-out", path(func(c *client) string { return "/" + strings.SplitN(c.target, "/", 3)[2] })},
	{"path: prefix-added", path(func(c *client) string { return "/api" + c.target })},
	{"path: with-host", path(func(c *client) string { return "https://" + c.host + c.target })},
	{"path: with-host", path(func(c *client) string { return "https://api.example.com" + c.target })},
	{"path: with-host", path(func(c *client) string { return c.host + c.target })},
	{"path: percent-encoding", path(func(c *client) string { return url.QueryEscape(c.target) })},
	{"path: left-empty", path(func(*client) string { return "" })},
}

func token(text string) func(*client) { return func(c *client) { c.token = text } }

var tokenMistakes = []mistake{
	{"token: with-bearer", token("Bearer " + b2bToken)},
	{"token: with-bearer", token("bearer " + b2bToken)},
	{"token: with-bearer", token("Bearer" + b2bToken)},
	{"token: left-empty", token("")},
	{"token: left-empty", token("undefined")},
	{"token: customer", token(customerToken)},
	{"token: customer", token("Bearer " + customerToken)},
	{"token: previous", token(previousToken)},
	{"token: client-key", token(clientKeyText)},
	{"token: not-signed", func(c *client) { c.form = "M:P:H:D" }},
}

var clientKeyMistakes = []mistake{
	{"client-key: partner-id", func(c *client) { c.clientKey = partnerIDText }},
	{"client-key: left-empty", func(c *client) { c.clientKey = "" }},
	{"client-key: secret", func(c *client) { c.clientKey = secretText }},
	{"client-key: changed", func(c *client) { c.clientKey = strings.ToUpper(clientKeyText) }},
}

func at(text string) func(*client) { return func(c *client) { c.time = text } }

var timeMistakes = []mistake{
	{"timestamp: zone", at("2026-01-31T03:20:30Z")},
	{"timestamp: zone", at("2026-01-31T10:20:30Z")},
	{"timestamp: zone", at("2026-01-31T03:20:30+07:00")},
	{"timestamp: milliseconds", at("2026-01-31T10:20:30.000+07:00")},
	{"timestamp: milliseconds", at("2026-01-31T03:20:30.000Z")},
	{"timestamp: milliseconds-off", at("2026-01-31T10:20:30.417+07:00")},
	{"timestamp: milliseconds-off", at("2026-01-31T03:20:30.093Z")},
	{"timestamp: seconds-off", at("2026-01-31T10:20:29+07:00")},
	{"timestamp: seconds-off", at("2026-01-31T10:20:33+07:00")},
	{"timestamp: seconds-off", at("2026-01-31T10:20:05+07:00")},
	{"timestamp: form", at("2026-01-31T10:20:30+0700")},
	{"timestamp: form", at("2026-01-31T10:20:30")},
	{"timestamp: form", at("2026-01-31 10:20:30")},
	{"timestamp: form", at("1769829630")},
	{"timestamp: form", at("1769829630000")},
}

func formed(form string) func(*client) { return func(c *client) { c.form = form } }

func wrapped(wrap func(string) string) func(*client) { return func(c *client) { c.wrap = wrap } }

func encoded(encode func([]byte) string) func(*client) { return func(c *client) { c.encode = encode } }

func base64Then(change func(string) string) func(*client) {
	return encoded(func(b []byte) string { return change(base64.StdEncoding.EncodeToString(b)) })
}

// stringMistakes are about the whole string, and the way the signature is
// written.
var stringMistakes = []mistake{
	{"string: newline-at-end", wrapped(func(s string) string { return s + "\n" })},
	{"string: lower-case", wrapped(strings.ToLower)},
	{"string: hashed-first", wrapped(func(s string) string { return hexHash(sha256.New)([]byte(s)) })},
	{"string: hashed-first", wrapped(func(s string) string { h := sha256.Sum256([]byte(s)); return string(h[:]) })},
	{"string: base64", wrapped(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
	{"string: quoted", wrapped(func(s string) string { return `"` + s + `"` })},
	{"encoding: base64url", encoded(base64.URLEncoding.EncodeToString)},
	{"encoding: unpadded", encoded(base64.RawStdEncoding.EncodeToString)},
	{"encoding: quoted", base64Then(func(s string) string { return `"` + s + `"` })},
	{"encoding: line-break", base64Then(func(s string) string { return s[:76] + `\n` + s[76:] })},
	{"encoding: line-break", base64Then(func(s string) string { return s + `\n` })},
	{"encoding: percent-encoded", base64Then(url.QueryEscape)},
	{"encoding: plus-as-space", base64Then(func(s string) string { return strings.ReplaceAll(s, "+", " ") })},
	{"encoding: twice", base64Then(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
	{"encoding: twice", encoded(func(b []byte) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(b))) })},
}

var transactionShapes = []mistake{
	{"method: lower-case", func(c *client) { c.method = "post" }},
	{"method: other", func(c *client) { c.method = "GET" }},
	{"method: left-empty", func(c *client) { c.method = "" }},
	{"shape: hash-left-out", func(c *client) { c.form = strings.Replace(c.form, ":H", "", 1) }},
	{"shape: separators", func(c *client) { c.form = strings.ReplaceAll(c.form, ":", "|") }},
	{"shape: order", func(c *client) { c.form = strings.Replace(c.form, "M:P", "P:M", 1) }},
	{"shape: time-left-out", func(c *client) { c.form = strings.TrimSuffix(c.form, ":D") }},
	{"shape: body-alone", formed("B")},
	{"scheme: token-request", func(c *client) { c.form, c.sign = "C|D", rsaWith(crypto.SHA256) }},
}
