package emv_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/emv"
)

func TestBuild(t *testing.T) {
	language, err := emv.Join(emv.Object{ID: 0, Value: "ZH"}, emv.Object{ID: 1, Value: "最佳运输"}, emv.Object{ID: 2, Value: "北京"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := emv.Build(emv.Object{ID: 0, Value: "01"}, emv.Object{ID: 64, Value: language}, emv.Object{ID: 1, Value: "11"})
	if err != nil {
		t.Fatal(err)
	}
	if want := sealed("000201" + "64200002ZH0104最佳运输0202北京" + "010211"); got != want {
		t.Errorf("Build gives %q, want %q", got, want)
	}
}

// refused has a row for every reason to refuse objects.
var refused = []struct {
	name    string
	objects []emv.Object
	code    emv.Code
	path    string
}{
	{"no objects", nil, emv.CodeFirstNot00, "00"},
	{"00 not first", []emv.Object{{1, "11"}, {0, "01"}}, emv.CodeFirstNot00, "00"},
	{"ID of three digits", []emv.Object{{0, "01"}, {100, "A"}}, emv.CodeIDRange, ""},
	{"CRC given", []emv.Object{{0, "01"}, {63, "ABCD"}}, emv.CodeIDRange, "63"},
	{"empty value", []emv.Object{{0, "01"}, {59, ""}}, emv.CodeZeroLength, "59"},
	{"value of 100", []emv.Object{{0, "01"}, {59, strings.Repeat("é", 100)}}, emv.CodeValueLength, "59"},
	{"not UTF-8", []emv.Object{{0, "01"}, {59, "é\xff"}}, emv.CodeInvalidUTF8, "59"},
	{"not UTF-8 of one byte", []emv.Object{{0, "01"}, {59, "\xff"}}, emv.CodeInvalidUTF8, "59"},
	{"duplicate", []emv.Object{{0, "01"}, {59, "A"}, {59, "B"}}, emv.CodeDuplicate, "59"},
}

func TestBuildRefuses(t *testing.T) {
	for _, test := range refused {
		t.Run(test.name, func(t *testing.T) {
			text, err := emv.Build(test.objects...)
			f, ok := errors.AsType[emv.Finding](err)
			if !ok || text != "" {
				t.Fatalf("%q, %v", text, err)
			}
			if f.Code != test.code || f.Path != test.path || f.Hint == "" {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestTemplatesRefuse(t *testing.T) {
	half := strings.Repeat("x", 48)
	tests := []struct {
		name    string
		id      emv.ID
		objects []emv.Object
		code    emv.Code
		path    string
	}{
		{"nothing", 26, nil, emv.CodeZeroLength, "26"},
		{"99 characters in all", 26, []emv.Object{{1, half}, {2, half[:43]}}, "", ""},
		{"over 99 characters in all", 26, []emv.Object{{1, half}, {2, half}}, emv.CodeValueLength, "26"},
		{"empty object", 26, []emv.Object{{1, ""}}, emv.CodeZeroLength, "26.01"},
		{"duplicate", 26, []emv.Object{{1, "A"}, {1, "B"}}, emv.CodeDuplicate, "26.01"},
		{"ID of three digits", 100, []emv.Object{{1, "A"}}, emv.CodeIDRange, "??"},
	}
	for _, test := range tests {
		dst, err := emv.AppendTemplate([]byte("x"), test.id, test.objects...)
		f, _ := errors.AsType[emv.Finding](err)
		if f.Code != test.code || f.Path != test.path {
			t.Errorf("AppendTemplate, %s: %+v", test.name, f)
		}
		if err != nil && string(dst) != "x" {
			t.Errorf("AppendTemplate, %s: dst is %q", test.name, dst)
		}
		value, err := emv.Join(test.objects...)
		if test.id < 100 && (err == nil) != (test.code == "") || err != nil && value != "" {
			t.Errorf("Join, %s: %q, %v", test.name, value, err)
		}
	}
}

func TestAppend(t *testing.T) {
	dst, err := emv.Append([]byte("000201"), 59, "北京")
	if err != nil || string(dst) != "0002015902北京" {
		t.Errorf("%q, %v", dst, err)
	}
	if dst, err = emv.Append(dst[:6], 59, ""); err == nil || string(dst) != "000201" {
		t.Errorf("%q, %v", dst, err)
	}
	dst, err = emv.AppendTemplate([]byte("000201"), 64, emv.Object{ID: 0, Value: "ZH"}, emv.Object{ID: 1, Value: "北京"})
	if err != nil || string(dst) != "00020164120002ZH0102北京" {
		t.Errorf("%q, %v", dst, err)
	}
}

// drawObjects draws objects that Build takes.
func drawObjects(t *rapid.T) []emv.Object {
	ids := rapid.SliceOfDistinct(rapid.Custom(func(t *rapid.T) emv.ID {
		return emv.ID(rapid.IntRange(1, 99).Filter(func(id int) bool { return id != 63 }).Draw(t, "id"))
	}), rapid.ID[emv.ID]).Draw(t, "ids")
	objects := []emv.Object{{ID: 0, Value: "01"}}
	for _, id := range ids {
		objects = append(objects, emv.Object{ID: id, Value: rapid.StringN(1, 99, -1).Draw(t, "value")})
	}
	return objects
}

func TestBuiltIsParsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		objects := drawObjects(t)
		text, err := emv.Build(objects...)
		if err != nil {
			t.Fatal(err)
		}
		p, err := emv.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		printed, computed := p.CRC()
		if printed != computed || printed != strings.ToUpper(printed) {
			t.Fatalf("CRC %s, computed %s", printed, computed)
		}
		var got []emv.Object
		for o := range p.All() {
			got = append(got, o)
		}
		if diff := cmp.Diff(append(objects, emv.Object{ID: 63, Value: printed}), got); diff != "" {
			t.Fatal(diff)
		}
	})
}
