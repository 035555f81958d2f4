package doctor

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/qrisd/qrisd/snap"
)

// How likely a variant is. Those of likely and rare stand in pairs and more;
// the last only alone.
const (
	likely = 1
	rare   = 2
	lonely = 9
)

// variant is one value of one dimension.
type variant struct {
	name   string // of the table of words; empty where it is no mistake
	text   string
	rank   int
	detail string
}

// fine reports whether the server takes it too.
func (v *variant) fine() bool { return v.name == "" }

// variants collects those that differ from all before them: where two come to
// the same text the more likely stands first.
type variants struct {
	all  []variant
	seen map[string]bool
}

func (v *variants) add(name, text string, rank int) { v.addDetail(name, text, rank, "") }

func (v *variants) addDetail(name, text string, rank int, detail string) {
	if v.seen[text] {
		return
	}
	if v.seen == nil {
		v.seen = make(map[string]bool)
	}
	v.seen[text] = true
	v.all = append(v.all, variant{name, text, rank, detail})
}

// maxParsed is the size of the largest body that is written again in other
// ways: one that is larger would take too much of the time.
const maxParsed = 16 << 10

const (
	htmlSafe = "<>&\u2028\u2029" // encoding/json
	gsonSafe = "<>&='\u2028\u2029"
)

// restyled are the ways in which libraries write what they have read.
var restyled = []struct {
	name string
	rank int
	style
}{
	{"php", likely, style{slashes: true, ascii: true}},
	{"php", likely, style{slashes: true}},
	{"ascii", likely, style{ascii: true}},
	{"ascii", rare, style{ascii: true, upper: true}},
	{"html", likely, style{escaped: htmlSafe}},
	{"html", rare, style{escaped: gsonSafe}},
	{"sorted", likely, style{sorted: true}},
	{"spaced", likely, style{comma: ", ", colon: ": ", ascii: true}},
	{"spaced", likely, style{comma: ", ", colon: ": "}},
	{"sorted", rare, style{sorted: true, escaped: htmlSafe}},
	{"sorted", rare, style{sorted: true, slashes: true, ascii: true}},
	{"sorted", rare, style{sorted: true, comma: ", ", colon: ": ", ascii: true}},
	{"sorted", rare, style{sorted: true, number: shortest}},
	{"numbers", likely, style{number: shortest}},
	{"numbers", rare, style{number: fractional}},
	{"numbers", rare, style{number: fractional, slashes: true, ascii: true}},
	{"indented", rare, style{colon: ": ", indent: "  "}},
	{"indented", rare, style{colon: ": ", indent: "    "}},
	{"indented", rare, style{colon: ": ", indent: "    ", slashes: true, ascii: true}},
	{"indented", rare, style{colon: ": ", indent: "\t"}},
	{"empties-dropped", rare, style{drop: isNull}},
	{"empties-dropped", rare, style{drop: isEmpty}},
}

// bodyForms are the texts that a client may have hashed.
func bodyForms(body []byte) []variant {
	var v variants
	raw := string(body)
	compact, err := snap.Compact(nil, body)
	if err != nil {
		compact = body
	}
	v.add("", string(compact), 0)
	if again, err := snap.Reescape(nil, body); err == nil {
		v.add("", string(again), 0)
	}
	v.add("raw", raw, likely)
	v.add("no-spaces", spaceless(string(compact)), likely)
	v.add("no-spaces", strings.Join(strings.Fields(string(compact)), ""), likely)
	v.add("trailing-newline-left-out", strings.TrimRight(raw, "\r\n"), likely)
	v.add("trailing-newline", string(compact)+"\n", likely)
	v.add("trailing-newline", raw+"\n", likely)
	v.add("trailing-newline", string(compact)+"\r\n", rare)
	v.add("crlf", crlf(raw), likely)
	v.add("lf", strings.ReplaceAll(raw, "\r\n", "\n"), likely)
	v.add("empty", "", likely)
	v.add("empty-object", "{}", likely)
	v.add("empty-object", "[]", rare)
	v.add("null", "null", rare)
	if len(body) <= maxParsed {
		addRestyled(&v, body, compact)
	}
	return v.all
}

func addRestyled(v *variants, body, compact []byte) {
	if n, err := parse(body); err == nil {
		for _, r := range restyled {
			v.add(r.name, string(n.write(r.style)), r.rank)
		}
	}
	text := string(compact)
	v.add("crlf", crlf(strings.TrimRight(string(body), "\r\n"))+"\r\n", rare)
	v.add("byte-order-mark", "\ufeff"+text, rare)
	v.add("byte-order-mark-left-out", strings.TrimPrefix(string(body), "\ufeff"), rare)
	v.add("latin-1", latin1(text), rare)
	v.add("lower-case", strings.ToLower(text), rare)
	if quoted, err := json.Marshal(text); err == nil {
		v.add("json-in-a-string", string(quoted), rare)
	}
	v.add("trimmed", strings.TrimSpace(string(body)), rare)
}

// spaceless is JavaScript's replace(/\s+/g, ""), which knows the spaces beyond
// ASCII.
func spaceless(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || c == '\ufeff' || unicode.Is(unicode.Zs, c) {
			return -1
		}
		return c
	}, s)
}

func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// latin1 is the text in ISO 8859-1, as old JVMs encode by default.
func latin1(s string) string {
	var b bytes.Buffer
	for _, c := range s {
		if c > 0xff {
			c = '?'
		}
		b.WriteByte(byte(c))
	}
	return b.String()
}
