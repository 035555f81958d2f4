package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// hole stands in a body where a text is put that encoding/json would not write.
const hole = "-the-hole-"

// Texts of JSON and of what is nearly JSON, for any field.
var anyTexts = []string{
	`null`, `""`, `" "`, `true`, `0`, `-1`, `-0`, `1e400`, `-1E-999999`, `1E+2147483648`, strings.Repeat("9", 400), `0.` + strings.Repeat("0", 400) + `1`,
	`[]`, `{}`, `[[]]`, `{"a":null}`, `[null,1,"x"]`, `NaN`, `Infinity`, `01`, `+1`, `.5`, `1.`, `0x10`, `1_000`, `'a'`, `tru`, `nul`, ``, `,`, `"`, `"\"`, `"\x"`, `"\u12"`,
	`"\ud800"`, `"\udc00\ud800"`, `"\ud83d\u0041"`, `"\u0000"`, `"a\u0000b"`, "\"\x00\"", "\"\x01\"", "\"\n\"", "\"\x7f\"", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "\"a\xe2\x82\"",
	`"\u202Eabc"`, `"\ufeff"`, `"\uFFFF"`, `"😀😀😀"`, `"';DROP TABLE codes;--"`, `"../../../etc/passwd"`, `"%00%s%n"`, `"{{7*7}}"`, `"<script>"`, `"\r\nX-Evil: 1"`, `/*c*/1`, `undefined`,
}

var amountTexts = []string{
	`"-1.00"`, `"-0.00"`, `"0.00"`, `"1.0"`, `"1"`, `"1.000"`, `"1e3"`, `"1E3.00"`, `"NaN"`, `"Infinity"`, `"9999999999999999.99"`, `"10000000000000000.00"`, `"92233720368547758.08"`, `"1,000.00"`,
	`" 1.00"`, `"1.00 "`, `"+1.00"`, `"0x10.00"`, `"１０.00"`, `"٣.00"`, `"1.00\u0000"`, `".00"`, `"1."`, `"1..00"`, `"00000000000000001.00"`, `"0.01"`, `"1.50"`, `15000`, `15000.00`, `1.5e4`, `-15000`, `"15000,00"`,
}

var timeTexts = []string{
	`"2026-02-30T10:00:00+07:00"`, `"2026-13-01T10:00:00+07:00"`, `"0000-00-00T00:00:00Z"`, `"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59-23:59"`, `"10000-01-01T00:00:00Z"`, `"2026-01-31T24:00:00Z"`,
	`"2026-01-31T23:59:60Z"`, `"2026-01-31T23:59:61Z"`, `"2026-01-31T10:00:00+99:99"`, `"2026-01-31T10:00:00+07"`, `"2026-01-31T10:00:00"`, `"2026-01-31 10:00:00"`, `"2026-01-31t10:00:00z"`, `"2026-1-31T10:00:00Z"`,
	`"2026-01-31T10:00:00.1234567890Z"`, `"2026-01-31T10:00:00,5Z"`, `"1970-01-01T00:00:00Z"`, `"-2026-01-31T10:00:00Z"`, `"now"`, `1767225600`, `"1767225600"`, `"2026-02-29T10:00:00+07:00"`, `"+002026-01-31T10:00:00Z"`,
}

// wrongTexts are what is put into the place of one field.
func wrongTexts(r field.Row) []string {
	all := slices.Clone(anyTexts)
	for _, n := range []int{r.Min - 1, r.Max + 1, r.Max * 2, 100_000} {
		if n > 0 {
			all = append(all, strconv.Quote(strings.Repeat("9", n)), strconv.Quote(strings.Repeat("é", n)), `"`+strings.Repeat(`\u00e9`, n%40_000)+`"`)
		}
	}
	for _, depth := range []int{31, 33, 200, 10_000} {
		all = append(all, strings.Repeat("[", depth)+strings.Repeat("]", depth), strings.Repeat(`{"a":`, depth)+"1"+strings.Repeat("}", depth))
	}
	if strings.Contains(strings.ToLower(r.Name), "amount") || strings.HasSuffix(r.Name, "value") {
		all = append(slices.Repeat(amountTexts, 2), all...)
	}
	if f := r.Format; f == field.Timestamp || f == field.TimestampLoose || f == field.Date {
		all = append(slices.Repeat(timeTexts, 2), all...)
	}
	return append(all, amountTexts[:4]...)
}

// bodyBreaks are the ways to break a body.
var bodyBreaks = []struct {
	what string
	do   func(*siege, []byte) []byte
}{
	{"another value", (*siege).anotherValue}, {"another value", (*siege).anotherValue}, {"another value", (*siege).anotherValue},
	{"two other values", func(a *siege, b []byte) []byte { return a.anotherValue(a.withoutField(b)) }},
	{"a field missing", (*siege).withoutField},
	{"a name twice", (*siege).nameTwice}, {"a name in other case", (*siege).otherCase}, {"an extra member", (*siege).extraMember},
	{"other bytes", (*siege).otherBytes}, {"bytes put in", (*siege).moreBytes}, {"around it", (*siege).around},
}

// brokenBody is a request with a broken body, signed as it is; one of eight is
// not, or with another's signature.
func (a *siege) brokenBody() shot {
	way := oneOf(a, bodyBreaks)
	s := a.signed(way.what, way.do(a, a.fresh()))
	s.mustFail = a.malformed(s.body)
	if a.dice.IntN(8) == 0 {
		s.mustFail = true
		s.what += ", unsigned"
		s.set(snap.HeaderSignature, oneOf(a, badSignatures))
	}
	return s
}

// malformed: by the operation's own rows. What they let pass the operation may
// take.
func (a *siege) malformed(body []byte) bool {
	v, err := field.Parse(body)
	if err != nil {
		return true
	}
	fault, _ := field.CheckBody(a.op.Body, v, false)
	return fault != nil
}

// cuts are the body ended at its bytes, each of them when there are enough.
func (a *siege) cuts(share int) (all []shot) {
	for at := 0; at < len(a.base); at += max(1, 4*len(a.base)/share) {
		s := a.signed("cut", a.base[:at])
		s.mustFail = true
		all = append(all, s)
	}
	return all
}

// identifiers do not repeat, so that what is wrong is what was made wrong.
var identifiers = []string{"partnerReferenceNo", "partnerRefundNo"}

// fresh is the valid body with references of its own.
func (a *siege) fresh() []byte {
	body := a.base
	for _, name := range identifiers {
		if strings.Contains(string(body), `"`+name+`"`) {
			body = dialecttest.Edited(a.t, body, name, fresh("H"))
		}
	}
	return body
}

func (a *siege) row() field.Row {
	if len(a.op.Body) == 0 {
		return field.Row{Name: "x"}
	}
	return oneOf(a, a.op.Body)
}

func (a *siege) anotherValue(body []byte) []byte {
	r := a.row()
	return a.put(body, r.Name, oneOf(a, wrongTexts(r)))
}

// put sets a field to any text.
func (a *siege) put(body []byte, path, text string) []byte {
	if !json.Valid(body) {
		return body
	}
	body = dialecttest.Edited(a.t, body, path, hole)
	return bytes.Replace(body, []byte(`"`+hole+`"`), []byte(text), 1)
}

func (a *siege) withoutField(body []byte) []byte {
	return dialecttest.Edited(a.t, body, a.row().Name, nil)
}

// name is that of a member in a body.
func (a *siege) name() string {
	path := strings.Split(strings.ReplaceAll(a.row().Name, "[]", ""), ".")
	return oneOf(a, path)
}

func (a *siege) nameTwice(body []byte) []byte {
	name := a.name()
	twin := oneOf(a, []string{name, strings.ToUpper(name), strings.ToLower(name), escaped(name), strings.ReplaceAll(name, "k", "\u212a")})
	front := bytes.Replace(body, []byte(`"`+name+`":`), []byte(`"`+twin+`":`+oneOf(a, []string{"null", "1", `"x"`, "{}"})+`,"`+name+`":`), 1)
	if a.dice.IntN(2) == 0 {
		return front
	}
	return append(front[:len(front)-1:len(front)-1], []byte(`,"`+twin+`":1}`)...)
}

// escaped writes the first letter as JSON's escape.
func escaped(name string) string { return `\u00` + strconv.FormatInt(int64(name[0]), 16) + name[1:] }

func (a *siege) otherCase(body []byte) []byte {
	name := a.name()
	return bytes.Replace(body, []byte(`"`+name+`"`), []byte(`"`+oneOf(a, []string{strings.ToUpper(name), strings.ToLower(name) + " ", name + `\u0000`, strings.ToUpper(name[:1]) + name[1:]})+`"`), 1)
}

func (a *siege) extraMember(body []byte) []byte {
	extra := oneOf(a, []string{`"__proto__"`, `""`, `"constructor"`, `"a.b"`, `"items[]"`, `"` + strings.Repeat("k", 70_000) + `"`, `"responseCode"`, `"\u0000"`, "\"\xff\""})
	return slices.Concat([]byte(`{`+extra+`:`+oneOf(a, anyTexts)+`,`), body[1:])
}

func (a *siege) otherBytes(body []byte) []byte {
	body = slices.Clone(body)
	for range 1 + a.dice.IntN(3) {
		body[a.dice.IntN(len(body))] = byte(a.dice.IntN(256))
	}
	return body
}

func (a *siege) moreBytes(body []byte) []byte {
	return slices.Insert(slices.Clone(body), a.dice.IntN(len(body)), []byte(oneOf(a, []string{"\x00", "\xff", "\\", "\"", "{", "}", "[", "]", ",", ":", "\xef\xbb\xbf", "//", "\u2028", "\xc2\xa0", "1", "\\u0000"}))...)
}

func (a *siege) around(body []byte) []byte {
	return oneOf(a, [][]byte{
		append(slices.Clone(body), "{}"...), append(slices.Clone(body), 0), append(slices.Clone(body), ",1"...), append(slices.Clone(body), "\x1a"...),
		append([]byte("\xef\xbb\xbf"), body...), append([]byte(")]}',\n"), body...), slices.Concat([]byte("["), body, []byte("]")), []byte(strconv.Quote(string(body))),
		nil, []byte("null"), []byte("{"), []byte("[]"), []byte("0"), []byte("a=1&b=2"), []byte("<xml/>"), utf16(body), bytes.Repeat(body, 2), slices.Concat(body, []byte(strings.Repeat(" ", 300<<10))),
		[]byte(strings.Repeat(`{"a":`, 20_000)), slices.Concat([]byte("\x1f\x8b\x08\x00"), body), []byte(`{"a":[` + strings.Repeat("0,", 20_000) + `0]}`),
	})
}

// utf16 is big-endian UTF-16 of ASCII.
func utf16(body []byte) (out []byte) {
	for _, b := range body {
		out = append(out, 0, b)
	}
	return out
}

// oneOf draws one of some.
func oneOf[T any](a *siege, all []T) T { return all[a.dice.IntN(len(all))] }

// signed is a request as a client would send it, whatever its body.
func (a *siege) signed(what string, body []byte) shot {
	a.t.Helper()
	c := a.node.file.Partners[a.dialect.Name]
	s := shot{what: what, method: "POST", target: a.op.Paths[0], body: body}
	now := snap.FormatTimestamp(a.node.core.Now())
	s.head = []headLine{{"Host", "qrisd.test"}, {"Content-Type", "application/json"}, {"Content-Length", strconv.Itoa(len(body))}, {snap.HeaderTimestamp, now}}
	scheme := a.op.Auth.Schemes()[0]
	if scheme == snap.TokenRequest {
		s.head = append(s.head, headLine{snap.HeaderClientKey, c.ClientKey})
	} else {
		s.head = append(s.head, headLine{snap.HeaderPartnerID, c.PartnerID}, headLine{snap.HeaderExternalID, fresh("x")}, headLine{snap.HeaderChannelID, c.ChannelID})
	}
	if scheme == snap.Symmetric {
		s.head = append(s.head, headLine{snap.HeaderAuthorization, "Bearer " + a.token})
	}
	if a.op.Customer {
		s.head = append(s.head, headLine{snap.HeaderAuthorizationCustomer, a.customer(a.dialect.Name)})
	}
	s.head = append(s.head, headLine{snap.HeaderSignature, a.signature(scheme, s, now, c.ClientKey)})
	return s
}

func (a *siege) signature(scheme snap.Scheme, s shot, now, clientKey string) string {
	body, err := snap.Compact(nil, s.body)
	if err != nil {
		body = s.body
	}
	text := snap.TokenStringToSign(clientKey, now)
	if a.op.Auth != dialect.AuthToken {
		text = snap.StringToSign(scheme, snap.Message{Method: s.method, Path: s.target, AccessToken: a.token, Body: body, Timestamp: now})
	}
	if scheme == snap.Symmetric {
		return snap.SignHMAC(a.secret, text)
	}
	signature, err := snap.SignRSA(a.key, text)
	if err != nil {
		a.t.Fatal(err)
	}
	return signature
}
