package cli

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/snap"
)

var badSignatures = []string{
	"", " ", "A", "====", strings.Repeat("A", 86) + "==", strings.Repeat("A", 342) + "==", strings.Repeat("0", 128), strings.Repeat("f", 512), strings.Repeat("z", 60_000), "null", "\"a\"", "a b", "%2B", "-_-_", "é", "undefined",
}

var badTimes = []string{
	"", "now", "0", "1767225600", "2026-02-30T10:00:00+07:00", "2026-01-31T10:00:00", "2026-01-31 10:00:00", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2026-01-31T10:00:00+99:00", "2020-01-01T00:00:00+07:00,2026-01-31T10:00:00+07:00",
}

var badTokens = []string{"", "Bearer", "Bearer ", "Bearer x", "Basic dTpw", "Bearer " + strings.Repeat("t", 20_000), "Bearer a b", "Bearer é", "token", "Bearer ..", "Bearer '", "Bearer null"}

var contentTypes = []string{
	"", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/jsonx", "application/json; charset=utf-16", "application/json; charset=\"\xff\"", "application/json;;;", "*/*", "application/json, text/plain", strings.Repeat("a", 9000),
}

var codings = []string{"gzip", "deflate", "br", "zstd", "identity", "gzip, gzip", "x", ""}

// oddValues are of no header's form.
var oddValues = []string{
	"", "   ", "\t", "\x00", "a\x00b", "a\x01", "\x7f", "a\rb", "a\nb", "é", "\xff\xfe", "😀", "'", "\"", "<script>", "${jndi:ldap://x}", "%0d%0aX: y", strings.Repeat("9", 37), strings.Repeat("9", 300), strings.Repeat("x", 8_000), strings.Repeat("x", 70_000), "null", "../..", "a,b", "=?utf-8?b?eA==?=",
}

// headBreaks are the ways to break what is not the body.
var headBreaks = []struct {
	what string
	do   func(*siege, *shot)
}{
	{"a header missing", func(a *siege, s *shot) { s.drop(a.headerOf(s)) }},
	{"an odd header", func(a *siege, s *shot) { s.set(a.headerOf(s), oneOf(a, oddValues)) }},
	{"an odd header", func(a *siege, s *shot) { s.set(a.headerOf(s), oneOf(a, oddValues)) }},
	{"a header twice", func(a *siege, s *shot) { name := a.headerOf(s); s.add(name, s.get(name)) }},
	{"a header twice, otherwise", func(a *siege, s *shot) { s.add(a.headerOf(s), oneOf(a, oddValues)) }},
	{"a header's name", func(a *siege, s *shot) { s.rename(a.headerOf(s), oneOf(a, oddNames)) }},
	{"another signature", func(a *siege, s *shot) { s.set(snap.HeaderSignature, oneOf(a, badSignatures)) }},
	{"a signature's letter", func(a *siege, s *shot) { s.set(snap.HeaderSignature, a.altered(s.get(snap.HeaderSignature))) }},
	{"another time", func(a *siege, s *shot) { s.set(snap.HeaderTimestamp, oneOf(a, badTimes)) }},
	{"another token", func(a *siege, s *shot) { s.set(snap.HeaderAuthorization, oneOf(a, badTokens)) }},
	{"another customer", func(a *siege, s *shot) { s.set(snap.HeaderAuthorizationCustomer, oneOf(a, badTokens)) }},
	{"another partner", func(a *siege, s *shot) { s.set(a.caller(), oneOf(a, oddValues)) }},
	{"a content type", func(a *siege, s *shot) { s.set("Content-Type", oneOf(a, contentTypes)) }},
	{"a content encoding", func(a *siege, s *shot) { s.set("Content-Encoding", oneOf(a, codings)) }},
	{"many headers", func(a *siege, s *shot) {
		for i := range oneOf(a, []int{100, 130, 2000}) {
			s.add("X-"+strconv.Itoa(i), "y")
		}
	}},
	{"the body's length", func(a *siege, s *shot) { s.set("Content-Length", oneOf(a, lengths)) }},
	{"the body's coding", (*siege).otherCoding},
	{"the path", func(a *siege, s *shot) { s.target = oneOf(a, wrongPaths(s.target)) }},
	{"the path", func(a *siege, s *shot) { s.target = oneOf(a, wrongPaths(s.target)) }},
	{"the method", func(a *siege, s *shot) { s.method = oneOf(a, methods) }},
	{"the altered body", func(a *siege, s *shot) { s.body = a.fresh(); s.set("Content-Length", strconv.Itoa(len(s.body))) }},
}

var (
	oddNames = []string{"X_TIMESTAMP", "x-signature", "X-", "X SIGNATURE", "X-É", "\x00", "", ":", "X-A:B", " X-A", "X-\x7f", "Host", "Content-Length", "Transfer-Encoding", "X-HTTP-Method-Override", "X-Original-URL"}
	lengths  = []string{"", "0", "1", "5", "-1", "+1", "0x10", "1e3", "99999999", "9223372036854775808", "1, 1", "1 1", "１"}
	methods  = []string{"GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "post", "P\x00ST", "PÖST", "", strings.Repeat("M", 9000), "PRI", "POST POST"}
)

// wrongPaths are addresses that are not the API's, or only nearly.
func wrongPaths(path string) []string {
	last := strings.LastIndexByte(path, '/')
	return []string{
		"/" + path, path + "/", path + "//", path[:last] + "/" + path[last:], "/." + path, "/.." + path, "/x/.." + path, path + "/.", path + "/..", path + "%00", path + "%2f", path + "%20", path + ";a=b", path + ".json",
		strings.ToUpper(path), path[:last] + "%2f" + path[last+1:], path[:last] + "%2F%2E%2E" + path[last:], path[:last] + `\` + path[last+1:], path[:len(path)-1], path + "x", path + "é", path + "\xff", path + "%ff", path + "%", path + "%zz",
		path + "?", path + "?a=b", path + "?" + strings.Repeat("a", 9000), path + "#f", "*", "", "x", "http://other.test" + path, "//other.test" + path, "/" + strings.Repeat("a/", 3000), "/%2e%2e" + path, "/%252e" + path, path[:last+1] + "%" + strconv.FormatInt(int64(path[last+1]), 16) + path[last+2:],
	}
}

// brokenHead is a valid request until its head is broken. What its framing
// makes of it only the answer says.
func (a *siege) brokenHead() shot {
	way := oneOf(a, headBreaks)
	s := a.signed(way.what, a.fresh())
	way.do(a, &s)
	s.breaks = true
	s.mustFail = s.method != http.MethodPost || way.what == "a signature's letter"
	return s
}

func (a *siege) caller() string {
	if a.op.Auth.Schemes()[0] == snap.TokenRequest {
		return snap.HeaderClientKey
	}
	return snap.HeaderPartnerID
}

func (a *siege) headerOf(s *shot) string { return oneOf(a, s.head).name }

// altered changes one letter.
func (a *siege) altered(text string) string {
	b := []byte(text)
	at := a.dice.IntN(len(b) - 4) // the last ones may say nothing
	b[at] = "AB"[btoi(b[at] == 'A')]
	return string(b)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (a *siege) otherCoding(s *shot) {
	s.set("Transfer-Encoding", oneOf(a, []string{"chunked", "Chunked", "gzip, chunked", "chunked, chunked", "identity", " chunked", "xchunked", "chunked\x0b", ""}))
	if a.dice.IntN(2) == 0 {
		s.drop("Content-Length")
	}
	s.body = []byte(oneOf(a, []string{"0\r\n\r\n", "5\r\n{\"a\":\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "-1\r\n", "zz\r\n", "2\r\n{}\r\n0\r\nX: y\r\n\r\n", "2;a=b\r\n{}\r\n0\r\n\r\n", "2\n{}\n0\n\n", "2\r\n{}"}))
}

func (s *shot) index(name string) int {
	return slices.IndexFunc(s.head, func(l headLine) bool { return l.name == name })
}

func (s *shot) get(name string) string {
	if i := s.index(name); i >= 0 {
		return s.head[i].value
	}
	return ""
}

func (s *shot) set(name, value string) {
	if i := s.index(name); i >= 0 {
		s.head[i].value = value
		return
	}
	s.add(name, value)
}

func (s *shot) add(name, value string) { s.head = append(s.head, headLine{name, value}) }

func (s *shot) drop(name string) {
	s.head = slices.DeleteFunc(s.head, func(l headLine) bool { return l.name == name })
}

func (s *shot) rename(name, other string) {
	if i := s.index(name); i >= 0 {
		s.head[i].name = other
	}
}
