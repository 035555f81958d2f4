package field

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

var (
	deep = strings.Repeat(`{"a":`, MaxDepth) + `{}` + strings.Repeat(`}`, MaxDepth)
	wide = `{"a":[` + strings.Repeat(`0,`, MaxValues-2) + `0]}`
)

var refusals = []struct {
	name, body string
	offset     int
	reason     string
}{
	{"empty", ``, 0, "empty body"},
	{"white space", " \r\n\t", 4, "empty body"},
	{"byte order mark", "\xEF\xBB\xBF{}", 0, "byte order mark"},
	{"root array", `[]`, 0, "root must be an object"},
	{"root string", `"a"`, 0, "root must be an object"},
	{"root null", `null`, 0, "root must be an object"},
	{"trailing object", `{} {}`, 3, "trailing data"},
	{"trailing comma after root", `{},`, 2, "trailing data"},
	{"unclosed root", `{`, 1, "expected a name"},
	{"unclosed after member", `{"a":1`, 6, "expected a comma or }"},
	{"comma before end", `{"a":1,}`, 7, "expected a name"},
	{"comma before end of array", `{"a":[1,]}`, 8, "expected a value"},
	{"leading comma", `{,"a":1}`, 1, "expected a name"},
	{"missing comma", `{"a":1 "b":2}`, 7, "expected a comma or }"},
	{"missing comma in array", `{"a":[1 2]}`, 8, "expected a comma or ]"},
	{"closed by the other", `{"a":[1}`, 7, "expected a comma or ]"},
	{"missing colon", `{"a" 1}`, 5, "expected a colon"},
	{"missing value", `{"a":}`, 5, "expected a value"},
	{"bare name", `{a:1}`, 1, "expected a name"},
	{"single quotes", `{'a':1}`, 1, "expected a name"},
	{"comment", `{/**/}`, 1, "expected a name"},
	{"capital literal", `{"a":True}`, 5, "expected a value"},
	{"cut literal", `{"a":nul}`, 5, "expected a value"},
	{"long literal", `{"a":nulll}`, 9, "expected a comma or }"},
	{"NaN", `{"a":NaN}`, 5, "expected a value"},
	{"raw NUL", "{\"a\":\"\x00\"}", 6, "NUL"},
	{"raw NUL outside a string", "{\x00}", 1, "NUL"},
	{"escaped NUL", `{"a":"x\u0000"}`, 7, "NUL"},
	{"escaped NUL in a name", `{"\u0000":1}`, 2, "NUL"},
	{"invalid UTF-8", "{\"a\":\"\xC3\"}", 6, "invalid UTF-8"},
	{"overlong UTF-8", "{\"a\":\"é\xC0\xAF\"}", 8, "invalid UTF-8"},
	{"UTF-8 surrogate", "{\"a\":\"\xED\xA0\x80\"}", 6, "invalid UTF-8"},
	{"raw line feed", "{\"a\":\"x\ny\"}", 7, "control character"},
	{"raw tab in a name", "{\"\t\":1}", 2, "control character"},
	{"unterminated string", `{"a":"x`, 7, "unterminated"},
	{"unterminated after escape", `{"a":"\n`, 8, "unterminated"},
	{"escape at the end", `{"a":"\`, 7, "unknown escape"},
	{"unknown escape", `{"a":"\x41"}`, 7, "unknown escape"},
	{"short unicode escape", `{"a":"\u12"}`, 10, "four hexadecimal"},
	{"bad unicode escape", `{"a":"\u12g4"}`, 10, "four hexadecimal"},
	{"lone high surrogate", `{"a":"\ud83d"}`, 6, "lone surrogate"},
	{"lone low surrogate", `{"a":"\ude00"}`, 6, "lone surrogate"},
	{"high then letter", `{"a":"\ud83d\u0041"}`, 6, "lone surrogate"},
	{"high then high", `{"a":"\ud83d\ud83d"}`, 6, "lone surrogate"},
	{"high then cut", `{"a":"\ud83d\ude0"}`, 17, "four hexadecimal"},
	{"duplicate", `{"a":1,"b":2,"a":3}`, 13, `duplicate name "a"`},
	{"duplicate by escape", `{"a":1,"\u0061":3}`, 7, `duplicate name "a"`},
	{"duplicate by case", `{"amount":1,"Amount":3}`, 12, `"amount" and "Amount" differ only in case`},
	{"duplicate by Kelvin sign", `{"k":1,"K":3}`, 7, "differ only in case"},
	{"duplicate within", `{"x":[{"a":1,"A":2}]}`, 13, "differ only in case"},
	{"plus sign", `{"a":+1}`, 5, "expected a value"},
	{"bare minus", `{"a":-}`, 6, "bad number"},
	{"leading zero", `{"a":01}`, 6, "bad number: leading zero"},
	{"negative leading zero", `{"a":-01}`, 7, "bad number: leading zero"},
	{"bare dot", `{"a":.5}`, 5, "expected a value"},
	{"dot at the end", `{"a":1.}`, 7, "bad number"},
	{"bare exponent", `{"a":1e}`, 7, "bad number"},
	{"bare signed exponent", `{"a":1E-}`, 8, "bad number"},
	{"two exponent signs", `{"a":1e+-1}`, 8, "bad number"},
	{"hexadecimal", `{"a":0x10}`, 6, "expected a comma or }"},
	{"too deep", deep, 5 * MaxDepth, "nested deeper than 32"},
	{"too long", `{"a":"` + strings.Repeat("x", MaxBytes) + `"}`, MaxBytes, "more than 16777216 bytes"},
	{"too many", wide, len(wide) - 3, "more than 10000 values"},
}

func TestParseRefuses(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			v, err := Parse([]byte(c.body))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("Parse answered %v, want a *SyntaxError", err)
			}
			if syntax.Offset != c.offset || !strings.Contains(syntax.Reason, c.reason) {
				t.Errorf("got %v, want byte %d: %s", err, c.offset, c.reason)
			}
			if v.Kind() != Absent {
				t.Errorf("a refused body has kind %v", v.Kind())
			}
		})
	}
}

func TestParseAcceptsUpToTheBounds(t *testing.T) {
	for name, body := range map[string]string{
		"depth":  strings.Repeat(`{"a":`, MaxDepth-1) + `{}` + strings.Repeat(`}`, MaxDepth-1),
		"values": `{"a":[` + strings.Repeat(`0,`, MaxValues-3) + `0]}`,
		"beside": `{"a":` + strings.Repeat(`[`, MaxDepth-1) + strings.Repeat(`]`, MaxDepth-1) + `,"b":{}}`,
	} {
		if _, err := Parse([]byte(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A large object changes from comparing names to keeping a set; both must find
// the same twins.
func TestParseFindsTwinsInObjectsOfEverySize(t *testing.T) {
	for size := 1; size <= 3*fewNames; size++ {
		for _, twin := range []int{0, size / 2, size - 1} {
			var b strings.Builder
			for i := range size {
				fmt.Fprintf(&b, `"name%d":%d,`, i, i)
			}
			distinct := `{` + b.String() + `"last":0}`
			if v, err := Parse([]byte(distinct)); err != nil || v.Len() != size+1 {
				t.Fatalf("%d distinct names: %v, %d members", size, err, v.Len())
			}
			folded := `{` + b.String() + `"NAME` + strconv.Itoa(twin) + `":0}`
			if _, err := Parse([]byte(folded)); err == nil {
				t.Fatalf("%d names: no fault though name%d comes twice", size, twin)
			}
		}
	}
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	words := []string{"amount", "AMOUNT", "k", "K", "\u212A", "s", "ſ", "ß", "ẞ", "Σ", "σ", "ς", "i", "ı", "İ", "é", "É", ""}
	for _, a := range words {
		for _, b := range words {
			if got, want := fold(a) == fold(b), strings.EqualFold(a, b); got != want {
				t.Errorf("fold(%q) == fold(%q) is %v, EqualFold is %v", a, b, got, want)
			}
		}
	}
}

func TestParseKeepsItsOwnCopy(t *testing.T) {
	body := []byte(`{"a":"before"}`)
	v := mustParse(t, string(body))
	copy(body, `{"a":"after."}`)
	if got := v.Get("a").Text(); got != "before" {
		t.Errorf("the value changed with the caller's buffer: %q", got)
	}
}

func mustParse(t testing.TB, body string) Value {
	t.Helper()
	v, err := Parse([]byte(body))
	if err != nil {
		t.Fatalf("Parse(%s): %v", body, err)
	}
	return v
}

// FuzzParse holds Parse against encoding/json: what Parse accepts, the other
// accepts and reads alike; what only Parse refuses has one of the reasons for
// which it is stricter.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		sample, `{}`, `{"a":"\ud83d\ude00\/\u00e9"}`, `{"a":[[],{},null,true,-0.5e+10]}`,
		`{"a":1,"A":2}`, `{"k":1,"\u212a":2}`, `{"":{"":""}}`, `{"a":"\u0000"}`, `[1]`, "\xEF\xBB\xBF{}",
	} {
		f.Add([]byte(seed))
	}
	stricter := []string{"NUL", "UTF-8", "lone surrogate", "duplicate name", "nested deeper", "more than", "root must"}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := Parse(body)
		if err != nil {
			refused := err.(*SyntaxError)
			if refused.Offset < 0 || refused.Offset > len(body) {
				t.Fatalf("offset %d of %d bytes", refused.Offset, len(body))
			}
			if json.Valid(body) && !containsAny(refused.Reason, stricter) {
				t.Fatalf("refused valid JSON: %v", err)
			}
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		var want map[string]any
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("encoding/json refuses what Parse accepts: %v", err)
		}
		agree(t, v, want)
	})
}

func containsAny(s string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

func agree(t *testing.T, v Value, want any) {
	t.Helper()
	ok := false
	switch want := want.(type) {
	case nil:
		ok = v.Kind() == Null && v.Raw() == "null"
	case bool:
		ok = v.Kind() == Bool && v.Raw() == strconv.FormatBool(want)
	case json.Number:
		ok = v.Kind() == Number && v.Text() == string(want) && v.Raw() == string(want)
	case string:
		var raw string
		ok = v.Kind() == String && v.Text() == want && json.Unmarshal([]byte(v.Raw()), &raw) == nil && raw == want
	case []any:
		ok = v.Kind() == Array && v.Len() == len(want)
		for i, element := range v.Items() {
			agree(t, element, want[i])
		}
	case map[string]any:
		ok = v.Kind() == Object && v.Len() == len(want)
		agreeMembers(t, v, want)
	}
	if !ok {
		t.Fatalf("Parse read %v %s where encoding/json read %#v", v.Kind(), v.Raw(), want)
	}
}

func agreeMembers(t *testing.T, v Value, want map[string]any) {
	t.Helper()
	for name, member := range v.Members() {
		agree(t, member, want[name])
		if !strings.Contains(name, ".") && v.Get(name) != member {
			t.Fatalf("Get(%q) is another value than the member", name)
		}
	}
	for name := range want {
		if !strings.Contains(name, ".") && v.Get(name).Kind() == Absent {
			t.Fatalf("Get(%q) is absent", name)
		}
	}
}
