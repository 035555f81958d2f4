package snap

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestCompact(t *testing.T) {
	for name, row := range map[string]struct{ body, want string }{
		"empty":                {"", ""},
		"only white space":     {" \r\n\t", ""},
		"already compact":      {`{"a":[1,-2.5e+3,true,false,null,"x"]}`, `{"a":[1,-2.5e+3,true,false,null,"x"]}`},
		"every white space":    {" {\t\"a\"\r\n:\n1 , \"b\" : [ ] }\n", `{"a":1,"b":[]}`},
		"inside strings":       {`{ "brand" : "Makan makan 1OMS ", "x":"a, b: {c}" }`, `{"brand":"Makan makan 1OMS ","x":"a, b: {c}"}`},
		"quoted quotes":        {`{ "a" : "\" , \\" , "b" : "\\\" : " }`, `{"a":"\" , \\","b":"\\\" : "}`},
		"escapes stay":         {`[ "\/\u00e9\u003C\ud83d" ]`, `["\/\u00e9\u003C\ud83d"]`},
		"no-break space stays": {"[ \"a\u00a0b\" ]", "[\"a\u00a0b\"]"},
		"bare values":          {" 0 ", "0"},
		"a space before":       {" {}", "{}"},
		"number text stays":    {"[ 10000.00 , 1E5, 0.10 ]", "[10000.00,1E5,0.10]"},
	} {
		got, err := Compact([]byte("dst:"), []byte(row.body))
		if err != nil || string(got) != "dst:"+row.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, row.want)
		}
	}
}

func TestReescape(t *testing.T) {
	for name, row := range map[string]struct{ body, want string }{
		"empty":                     {"", ""},
		"nothing to do":             {`{"a":"\"\\\b\f\n\r\t"}`, `{"a":"\"\\\b\f\n\r\t"}`},
		"slash":                     {`{ "url" : "https:\/\/a.id\/b" }`, `{"url":"https://a.id/b"}`},
		"letter":                    {`["caf\u00e9 \u4E2d"]`, "[\"café 中\"]"},
		"key":                       {`{"a\/b":1}`, `{"a/b":1}`},
		"html":                      {`["\u003cb\u003e \u0026"]`, `["<b> &"]`},
		"surrogate pair":            {`["\uD83D\uDE00"]`, `["😀"]`},
		"lone high":                 {`["\uD83D","\uD83Dx"]`, `["\ud83d","\ud83dx"]`},
		"lone, of other digits":     {`["\uD9AB\udbcd"]`, `["\ud9ab\udbcd"]`},
		"high before letters":       {`["\ud83dxude00"]`, `["\ud83dxude00"]`},
		"high before a line break":  {`["\ud83d\nde00"]`, `["\ud83d\nde00"]`},
		"space":                     {`["\u0020"]`, `[" "]`},
		"lone low":                  {`["\uDE00\ud83d"]`, `["\ude00\ud83d"]`},
		"lone high before a pair":   {`["\ud83d\ud83d\ude00"]`, `["\ud83d😀"]`},
		"lone high before a letter": {`["\ud83d\u0041"]`, `["\ud83dA"]`},
		"short escapes":             {`["\u0008\u0009\u000A\u000c\u000d"]`, `["\b\t\n\f\r"]`},
		"other controls":            {`["\u0000\u001F\u000B"]`, `["\u0000\u001f\u000b"]`},
		"quote and backslash":       {`["\u0022\u005C\u005c/"]`, `["\"\\\\/"]`},
		"delete and separators":     {`["\u007f\u2028\u2029"]`, "[\"\u007f\u2028\u2029\"]"},
		"escaped backslash":         {`["\\/ \\u00e9"]`, `["\\/ \\u00e9"]`},
		"numbers stay":              {`[1.0, 1E5, -0]`, `[1.0,1E5,-0]`},
		"not UTF-8 stays":           {"[\"\xff\\/\"]", "[\"\xff/\"]"},
	} {
		got, err := Reescape([]byte("dst:"), []byte(row.body))
		if err != nil || string(got) != "dst:"+row.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, row.want)
		}
	}
}

func TestBodySyntaxErrors(t *testing.T) {
	for name, row := range map[string]struct {
		body   string
		offset int
		hint   string
	}{
		"byte order mark":     {"\xef\xbb\xbf{}", 0, "byte order mark"},
		"single quotes":       {`{'a':1}`, 1, "double quotes"},
		"no-break space":      {"{\u00a0}", 1, "no-break space"},
		"open string":         {`{"a`, 1, "not closed"},
		"open escape":         {`{"a\`, 3, "not closed"},
		"raw line break":      {"[\"a\nb\"]", 3, "control character"},
		"unknown escape":      {`["\x"]`, 2, "escape"},
		"short unicode":       {`["\u00e"]`, 2, "four hexadecimal"},
		"bad unicode":         {`["\u00eg"]`, 2, "four hexadecimal"},
		"unicode at the end":  {`["\u00`, 2, "four hexadecimal"},
		"leading zero":        {`[ 01]`, 2, "number"},
		"no fraction":         {`[1.]`, 1, "number"},
		"no whole part":       {`[.5]`, 1, "no token"},
		"no exponent":         {`[1e+]`, 1, "number"},
		"only a sign":         {`[-]`, 1, "number"},
		"plus":                {`[+1]`, 1, "no token"},
		"word":                {`[nul]`, 1, "true, false and null"},
		"Python's":            {`{"a": None}`, 6, `no token begins with "N"`},
		"first letter":        {`[a]`, 1, "true, false and null"},
		"last letter":         {`[z]`, 1, "true, false and null"},
		"before letters":      {"[`]", 1, "no token"},
		"one letter more":     {`[truez]`, 1, "true, false and null"},
		"a mark after a word": {"[true`]", 5, "comma"},
		"a brace after true":  {`[true{]`, 5, "comma"},
		"two words":           {`[true false]`, 6, "comma"},
		"open after unicode":  {`["\u00e9`, 1, "not closed"},
		"comment":             {`{/**/}`, 1, "no token"},
		"two numbers":         {`[1 2]`, 3, "comma"},
		"two strings":         {`["a""b"]`, 4, "comma"},
		"object after object": {`{} {}`, 3, "comma"},
		"word after number":   {`[1true]`, 2, "comma"},
	} {
		for form, rewrite := range map[string]func(dst, body []byte) ([]byte, error){"Compact": Compact, "Reescape": Reescape} {
			got, err := rewrite([]byte("dst"), []byte(row.body))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || !errors.Is(err, ErrBody) {
				t.Errorf("%s %s: %q, %v, want a SyntaxError", form, name, got, err)
				continue
			}
			if syntax.Offset != row.offset || !strings.Contains(err.Error(), row.hint) {
				t.Errorf("%s %s: %v, want byte %d and %q", form, name, err, row.offset, row.hint)
			}
			if string(got) != "dst" {
				t.Errorf("%s %s: dst became %q", form, name, got)
			}
		}
	}
}

func TestBodyDepthCostsNothing(t *testing.T) {
	const levels = 1_000_000
	deep := []byte(strings.Repeat(`[ {"a" :`, levels) + "1" + strings.Repeat("} ]", levels))
	got, err := Reescape(nil, deep)
	if want := 2*levels + len(`"a":`)*levels + 1 + 2*levels; err != nil || len(got) != want {
		t.Errorf("%d bytes, %v, want %d", len(got), err, want)
	}
}

func TestBodyIsNotWritten(t *testing.T) {
	body := []byte(` { "a\/b" : "\u00e9" } `)
	before := bytes.Clone(body)
	for _, rewrite := range []func(dst, body []byte) ([]byte, error){Compact, Reescape} {
		got, err := rewrite(nil, body)
		if err != nil {
			t.Fatal(err)
		}
		clear(got)
		if !bytes.Equal(body, before) {
			t.Fatalf("the body became %q", body)
		}
	}
}

func seedBodies(f *testing.F) {
	for _, v := range readVectors(f).Vectors {
		f.Add(v.received())
	}
	for _, row := range clientRows {
		f.Add([]byte(row.wire))
	}
	for _, seed := range []string{
		``, ` `, `{}`, `[1 2]`, `01`, `"\ud83d\ude00\ud83d"`, `"\u0000\u001F\/"`, "\"\xff\\u00e9\"", `{"a":1}{"b":2}`, `[tru]`, `-0.0e-0`, "\ufeff{}", `"\u2028"`,
	} {
		f.Add([]byte(seed))
	}
}

func FuzzCompact(f *testing.F) {
	seedBodies(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Compact(nil, body)
		if !json.Valid(body) {
			return
		}
		var want bytes.Buffer
		if stdErr := json.Compact(&want, body); stdErr != nil {
			t.Fatal(stdErr)
		}
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("Compact(%q) = %q, %v, want %q", body, got, err, want.Bytes())
		}
	})
}

// FuzzCompactTokens holds what must be true of any accepted text, whether its
// brackets pair up or not.
func FuzzCompactTokens(f *testing.F) {
	seedBodies(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Compact(nil, body)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset >= len(body) {
				t.Fatalf("Compact(%q): %v", body, err)
			}
			return
		}
		again, err := Compact(nil, got)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q compacts to %q and that to %q, %v", body, got, again, err)
		}
	})
}

// escapePattern is every escape JSON.stringify can produce.
var escapePattern = regexp.MustCompile(`^\\(["\\bfnrt]|u00(0[0-7bef]|1[0-9a-f])|ud[89a-f][0-9a-f]{2})`)

func FuzzReescape(f *testing.F) {
	seedBodies(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Reescape(nil, body)
		if _, compactErr := Compact(nil, body); (compactErr == nil) != (err == nil) {
			t.Fatalf("%q: compact %v, reescape %v", body, compactErr, err)
		}
		if err != nil {
			return
		}
		if again, err := Reescape(nil, got); err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q becomes %q and that %q, %v", body, got, again, err)
		}
		if compact, err := Compact(nil, got); err != nil || !bytes.Equal(compact, got) {
			t.Fatalf("%q becomes %q, which compacts to %q, %v", body, got, compact, err)
		}
		checkEscapes(t, got)
		if json.Valid(body) {
			checkSameValue(t, body, got)
		}
	})
}

func checkEscapes(t *testing.T, text []byte) {
	t.Helper()
	for rest := text; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return
		}
		escape := escapePattern.Find(rest[i:])
		if escape == nil {
			t.Fatalf("JSON.stringify does not write %q", rest[i:])
		}
		rest = rest[i+len(escape):]
	}
}

func checkSameValue(t *testing.T, body, form []byte) {
	t.Helper()
	before, err := tokens(body)
	if err != nil {
		t.Fatal(err)
	}
	after, err := tokens(form)
	if err != nil || !reflect.DeepEqual(before, after) {
		t.Fatalf("%q decodes to %v, its form %q to %v, %v", body, before, form, after, err)
	}
}

// tokens are the decoded tokens in their order, with the text of numbers and
// with keys that stand twice.
func tokens(text []byte) ([]json.Token, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var all []json.Token
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, token)
	}
}
