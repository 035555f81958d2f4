package emv

import (
	"fmt"
	"strings"
	"testing"
)

// lengths are those of EMVCo QRCPS-MPM, tables 3.1, 3.7 and 3.8, written here
// a second time.
var lengths = []struct {
	of       *shape
	min, max int
	format   format
	says     string // of the length
}{
	{&rootShapes[0], 2, 2, numeric, "it must have 2"},
	{&rootShapes[1], 2, 2, numeric, "it must have 2"},
	{&rootShapes[52], 4, 4, numeric, "it must have 4"},
	{&rootShapes[53], 3, 3, numeric, "it must have 3"},
	{&rootShapes[54], 1, 13, common, "at most 13 are allowed"},
	{&rootShapes[55], 2, 2, numeric, "it must have 2"},
	{&rootShapes[56], 1, 13, common, "at most 13 are allowed"},
	{&rootShapes[57], 1, 5, common, "at most 5 are allowed"},
	{&rootShapes[58], 2, 2, common, "it must have 2"},
	{&rootShapes[59], 1, 25, common, "at most 25 are allowed"},
	{&rootShapes[60], 1, 15, common, "at most 15 are allowed"},
	{&rootShapes[61], 1, 10, common, "at most 10 are allowed"},
	{&accountShape, 1, 99, common, "at most 99 are allowed"},
	{&additionalShapes[1], 1, 25, common, "at most 25 are allowed"},
	{&additionalShapes[2], 1, 25, common, "at most 25 are allowed"},
	{&additionalShapes[3], 1, 25, common, "at most 25 are allowed"},
	{&additionalShapes[4], 1, 25, common, "at most 25 are allowed"},
	{&additionalShapes[5], 1, 25, common, "at most 25 are allowed"},
	{&additionalShapes[6], 1, 25, common, "at most 25 are allowed"},
	{&additionalShapes[7], 1, 25, common, "at most 25 are allowed"},
	{&additionalShapes[8], 1, 25, common, "at most 25 are allowed"},
	{&additionalShapes[9], 1, 3, common, "at most 3 are allowed"},
	{&additionalShapes[10], 1, 20, common, "at most 20 are allowed"},
	{&additionalShapes[11], 3, 3, common, "it must have 3"},
	{&languageShapes[0], 2, 2, common, "it must have 2"},
	{&languageShapes[1], 1, 25, text, "at most 25 are allowed"},
	{&languageShapes[2], 1, 15, text, "at most 15 are allowed"},
}

// TestShapeEdges: the shortest and the longest value pass, one character less
// or more does not, and neither do other characters.
func TestShapeEdges(t *testing.T) {
	for _, want := range lengths {
		for n, fits := range map[int]bool{want.min - 1: false, want.min: true, want.max: true, want.max + 1: false} {
			var r report
			if r.shape(want.of, "x", strings.Repeat("1", n)) != fits || (len(r) == 0) != fits {
				t.Errorf("%s of %d: %v", want.of.name, n, r)
			}
			if !fits && (r[0].Code != want.of.length || !strings.HasSuffix(r[0].Detail, fmt.Sprintf("has %d characters, %s", n, want.says))) {
				t.Errorf("%s of %d: %v", want.of.name, n, r)
			}
		}
		for value, fits := range map[string]bool{strings.Repeat("A", want.min): want.format != numeric, strings.Repeat("é", want.min): want.format == text} {
			var r report
			if r.shape(want.of, "x", value) != fits || (!fits && r[0].Code != want.of.charset) {
				t.Errorf("%s of %q: %v", want.of.name, value, r)
			}
		}
	}
}

// TestASCIIEverywhere: one byte that is not ASCII is seen wherever it stands.
func TestASCIIEverywhere(t *testing.T) {
	for n := range 40 {
		plain := strings.Repeat("\x7f", n)
		if !isASCII(plain) {
			t.Errorf("%d bytes of ASCII are not", n)
		}
		for at := range n {
			for _, odd := range []string{"\x80", "\xff"} {
				if isASCII(plain[:at] + odd + plain[at+1:]) {
					t.Errorf("byte %d of %d is not seen", at, n)
				}
			}
		}
	}
}

func TestGUIDEdges(t *testing.T) {
	for n, want := range map[int]int{32: 0, 33: 1} {
		value, err := Join(Object{ID: 0, Value: strings.Repeat("A", n)})
		if err != nil {
			t.Fatal(err)
		}
		var r report
		if r.template(Object{ID: 26, Value: value}); len(r) != want {
			t.Errorf("a GUID of %d: %v", n, r)
		}
		if want > 0 && r[0].Detail != "the GUID has 33 characters, at most 32 are allowed" {
			t.Errorf("it says %q", r[0].Detail)
		}
	}
	var r report
	if r.template(Object{ID: 26, Value: "xx"}); len(r) != 1 || !strings.HasPrefix(r[0].Detail, "inside the template ") {
		t.Errorf("a broken template: %v", r)
	}
}

func TestAppendEdges(t *testing.T) {
	for id, fits := range map[ID]bool{0: true, 99: true, 100: false} {
		if _, err := Append(nil, id, "1"); (err == nil) != fits {
			t.Errorf("object %d: %v", id, err)
		}
		if _, err := AppendTemplate(nil, id, Object{ID: id % 100, Value: "1"}); (err == nil) != fits {
			t.Errorf("template %d: %v", id, err)
		}
	}
	for n, fits := range map[int]bool{0: false, 1: true, 99: true, 100: false} {
		if _, err := Append(nil, 26, strings.Repeat("é", n)); (err == nil) != fits {
			t.Errorf("a value of %d characters: %v", n, err)
		}
	}
	for n, fits := range map[int]bool{95: true, 96: false} {
		object := Object{ID: 1, Value: strings.Repeat("1", n)}
		if _, err := Join(object); (err == nil) != fits {
			t.Errorf("a template of %d characters: %v", n+4, err)
		}
		if _, err := AppendTemplate(nil, 26, object); (err == nil) != fits {
			t.Errorf("a template of %d characters, appended: %v", n+4, err)
		}
	}
}

// TestAnyAccountWillDo: the first and the last ID of accounts are accounts.
func TestAnyAccountWillDo(t *testing.T) {
	for id, account := range map[ID]bool{1: false, 2: true, 26: true, 51: true, 52: false} {
		text, err := Build(Object{ID: 0, Value: "01"}, Object{ID: id, Value: "0001A"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var r report
		r.missing(p)
		if found := len(r) > 0 && r[0].Code == CodeAccountMissing; found == account || isAccount(id) != account {
			t.Errorf("%s is an account: %v, %v", id, !account, r)
		}
	}
}

// TestPayloadLengthEdges: 512 characters are not too many.
func TestPayloadLengthEdges(t *testing.T) {
	for n, want := range map[int]int{512: 0, 513: 1} {
		objects := []Object{{ID: 0, Value: "01"}}
		left := n - 6 - 8 // 00 and 63
		for id := ID(26); left > 0; id++ {
			value := min(left-4, 90)
			objects = append(objects, Object{ID: id, Value: strings.Repeat("1", value)})
			left -= 4 + value
		}
		text, err := Build(objects...)
		if err != nil || len(text) != n {
			t.Fatal(len(text), err)
		}
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var r report
		if r.envelope(p); len(r) != want || (want > 0 && r[0].Detail != "the payload has 513 characters, it should not exceed 512") {
			t.Errorf("%d characters: %v", n, r)
		}
	}
}
