package emv_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/emv"
)

func TestIDString(t *testing.T) {
	for id := range 100 {
		if got, want := emv.ID(id).String(), fmt.Sprintf("%02d", id); got != want {
			t.Errorf("ID(%d) is %q", id, got)
		}
	}
	if got := emv.ID(100).String(); got != "??" {
		t.Errorf("ID(100) is %q", got)
	}
}

func TestParse(t *testing.T) {
	p, err := emv.Parse("0002016407最佳运输ab!0500800212")
	if err != nil {
		t.Fatal(err)
	}
	want := []emv.Object{{0, "01"}, {64, "最佳运输ab!"}, {5, ""}, {80, "12"}}
	var all []emv.Object
	for o := range p.All() {
		all = append(all, o)
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error("All:", diff)
	}
	if p.Len() != len(want) {
		t.Fatalf("Len is %d", p.Len())
	}
	for i, o := range want {
		if p.At(i) != o {
			t.Errorf("At(%d) is %v", i, p.At(i))
		}
		if v, ok := p.Get(o.ID); !ok || v != o.Value {
			t.Errorf("Get(%v) is %q, %v", o.ID, v, ok)
		}
	}
	for _, absent := range []emv.ID{1, 63, 99, 100, 164, 255} {
		if v, ok := p.Get(absent); ok || v != "" {
			t.Errorf("Get(%d) is %q, %v", uint8(absent), v, ok)
		}
	}
}

func TestAllStopsWhenTold(t *testing.T) {
	p, err := emv.Parse("0002010102125802ID")
	if err != nil {
		t.Fatal(err)
	}
	var seen []emv.ID
	for o := range p.All() {
		seen = append(seen, o.ID)
		if o.ID == 1 {
			break
		}
	}
	if diff := cmp.Diff([]emv.ID{0, 1}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestAtPanicsOutside(t *testing.T) {
	p, err := emv.Parse("000201")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{-1, 1} {
		func() {
			defer func() {
				if said := recover(); said != "emv: no such object" {
					t.Errorf("At(%d) panics with %v", i, said)
				}
			}()
			p.At(i)
		}()
	}
}

func TestZeroPayload(t *testing.T) {
	var p emv.Payload
	if _, ok := p.Get(0); ok || p.Len() != 0 || p.Encode() != "" {
		t.Error("the zero Payload has objects")
	}
	if !has(p.Validate(), emv.CodeFirstNot00) {
		t.Error("the zero Payload is valid")
	}
}

func TestEqual(t *testing.T) {
	a, _ := emv.Parse("000201")
	b, _ := emv.Parse("000202")
	if !a.Equal(a) || a.Equal(b) {
		t.Error("Equal does not compare texts")
	}
}

// framingFaults has a row for every way in which framing can fail.
var framingFaults = []struct {
	name, text string
	code       emv.Code
	path       string
	offset     int
	says       string
}{
	{"empty", "", emv.CodeEmpty, "", 0, "empty"},
	{"not UTF-8", "000201é5902\xff\xfe", emv.CodeInvalidUTF8, "", 11, "after 11 characters"},
	{"cut within a rune", "000201590\xe6\x9c", emv.CodeInvalidUTF8, "", 9, ""},
	{"a link", "https://example.test", emv.CodeBadID, "", 0, "they begin with 000201"},
	{"letters for an ID", "0002015x02ID", emv.CodeBadID, "", 6, `"5x02"`},
	{"wide digits", "000201５９０２ID", emv.CodeBadID, "", 6, "５９０２"},
	{"sign in a length", "00020180+1A", emv.CodeBadLength, "80", 6, `"+1"`},
	{"space in a length", "00020180 1A", emv.CodeBadLength, "80", 6, `" 1"`},
	{"letter in the last length", "00020159X1", emv.CodeBadLength, "59", 6, `"X1"`},
	{"duplicate of the last ID", "00020199011" + "99012", emv.CodeDuplicate, "99", 11, "twice"},
	{"header cut", "000201580", emv.CodeTruncated, "", 6, `"580"`},
	{"ID cut", "0002015", emv.CodeTruncated, "", 6, `"5"`},
	{"overrun", "0002015904AB", emv.CodeOverrun, "59", 6, "4 characters, 2 are left"},
	{"overrun in characters", "0002015903北京", emv.CodeOverrun, "59", 6, "3 characters, 2 are left"},
	{"CRC without leading zeros", "0002016304D7", emv.CodeOverrun, "63", 6, "leading zeros"},
	{"duplicate", "0002015902AB5902AB", emv.CodeDuplicate, "59", 12, "twice"},
	{"duplicate after wide text", "0002015902北京5902AB", emv.CodeDuplicate, "59", 12, "twice"},
	{"junk after the CRC", "0002016304ABCDX", emv.CodeCRCNotLast, "63", 14, `"X" follows the CRC`},
	{"newline after the CRC", "0002016304ABCD\n", emv.CodeCRCNotLast, "63", 14, "remove"},
}

func TestParseFaults(t *testing.T) {
	for _, test := range framingFaults {
		t.Run(test.name, func(t *testing.T) {
			p, err := emv.Parse(test.text)
			e, ok := errors.AsType[*emv.FramingError](err)
			if !ok {
				t.Fatalf("the error is %v, the payload %v", err, p)
			}
			if e.Code != test.code || e.Path != test.path || e.Offset != test.offset {
				t.Errorf("%s at %q, offset %d: %v", e.Code, e.Path, e.Offset, e)
			}
			if !strings.Contains(e.Error(), test.says) || !strings.Contains(e.Error(), string(e.Code)) || e.Hint == "" {
				t.Errorf("message %q lacks %q, the code or a hint", e, test.says)
			}
			if f := e.Finding(); f.Error() != e.Error() || f.Severity != emv.Error {
				t.Errorf("the finding reads %q", f)
			}
		})
	}
}

func TestParseTemplate(t *testing.T) {
	tpl, err := emv.ParseTemplate("0002ZH0104最佳运输0700")
	if err != nil {
		t.Fatal(err)
	}
	want := []emv.Object{{0, "ZH"}, {1, "最佳运输"}, {7, ""}}
	var all []emv.Object
	for o := range tpl.All() {
		all = append(all, o)
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
	if tpl.Len() != 3 || tpl.At(1) != want[1] {
		t.Errorf("Len is %d, At(1) is %v", tpl.Len(), tpl.At(1))
	}
	if v, ok := tpl.Get(7); v != "" || !ok {
		t.Errorf("Get(7) is %q, %v", v, ok)
	}
	_, err = emv.ParseTemplate("6304ABCDX")
	if e, ok := errors.AsType[*emv.FramingError](err); !ok || e.Code != emv.CodeBadID {
		t.Errorf("63 in a template is taken for a CRC: %v", err)
	}
}

// naive reads a text rune by rune as the standard describes it, without any of
// the short cuts of the package.
func naive(text string) (objects []emv.Object, ok bool) {
	runes := []rune(text)
	seen := map[int]bool{}
	for len(runes) > 0 {
		if len(runes) < 4 {
			return nil, false
		}
		var h [4]int
		for i := range h {
			if h[i] = strings.IndexRune("0123456789", runes[i]); h[i] < 0 {
				return nil, false
			}
		}
		id, n := h[0]*10+h[1], h[2]*10+h[3]
		if seen[id] || len(runes) < 4+n {
			return nil, false
		}
		seen[id] = true
		objects = append(objects, emv.Object{ID: emv.ID(id), Value: string(runes[4 : 4+n])})
		runes = runes[4+n:]
	}
	return objects, len(objects) > 0 && utf8.ValidString(text)
}

// agrees compares Parse with naive on one text.
func agrees(t interface{ Fatalf(string, ...any) }, text string) {
	want, ok := naive(text)
	p, err := emv.Parse(text)
	if (err == nil) != ok {
		t.Fatalf("Parse(%q) says %v, the naive decoder %v", text, err, ok)
	}
	if err != nil {
		return
	}
	var got []emv.Object
	for o := range p.All() {
		got = append(got, o)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("Parse(%q): %s", text, diff)
	}
	if again := p.Encode(); again != text {
		t.Fatalf("Encode gives %q for %q", again, text)
	}
}

func TestParseAgreesWithNaiveDecoder(t *testing.T) {
	valid := load(t, "public.json")
	rapid.Check(t, func(t *rapid.T) {
		runes := []rune(valid[rapid.IntRange(0, len(valid)-1).Draw(t, "vector")].Payload)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			at := rapid.IntRange(0, len(runes)-1).Draw(t, "at")
			runes[at] = rapid.SampledFrom([]rune("0123456789 A北é\x00")).Draw(t, "rune")
		}
		agrees(t, string(runes))
	})
}

func FuzzParse(f *testing.F) {
	for _, v := range append(load(f, "public.json"), load(f, "synthetic.json")...) {
		f.Add(v.Payload)
	}
	for _, fault := range framingFaults {
		f.Add(fault.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		agrees(t, text)
		p, err := emv.Parse(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		for _, finding := range p.Validate() {
			if finding.Code == "" || finding.Detail == "" {
				t.Errorf("an empty finding: %+v", finding)
			}
		}
	})
}

func FuzzRepairSpaces(f *testing.F) {
	for _, v := range load(f, "public.json") {
		f.Add(v.Payload)
	}
	f.Fuzz(func(t *testing.T, text string) {
		repaired, ok := emv.RepairSpaces(text)
		if !ok {
			return
		}
		if strings.ReplaceAll(repaired, " ", "") != strings.ReplaceAll(text, " ", "") || len(repaired) <= len(text) {
			t.Errorf("the repair of %q is %q", text, repaired)
		}
		p, err := emv.Parse(repaired)
		if err != nil {
			t.Fatal(err)
		}
		if printed, computed := p.CRC(); !strings.EqualFold(printed, computed) {
			t.Errorf("the CRC of the repair is %s, not %s", printed, computed)
		}
	})
}
