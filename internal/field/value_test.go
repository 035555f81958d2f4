package field

import (
	"slices"
	"testing"
)

func TestGet(t *testing.T) {
	v := mustParse(t, ` {"amount" : {"value":"10000.00", "currency":"IDR"},
		"n": -1.50e3, "yes": true, "nil": null, "none": "", "e": {}, "l": [],
		"es\u0063": "a\"\\\/\b\f\n\r\té😀\ud83d\ude00z", "items": [{"id":"1"},[2,3],4]} `)
	for _, c := range []struct {
		path    string
		kind    Kind
		present bool
		text    string
		raw     string
		length  int
	}{
		{"amount", Object, true, "", `{"value":"10000.00", "currency":"IDR"}`, 2},
		{"amount.value", String, true, "10000.00", `"10000.00"`, 0},
		{"amount.currency", String, true, "IDR", `"IDR"`, 0},
		{"amount.Value", Absent, false, "", "", 0},
		{"amount.value.deeper", Absent, false, "", "", 0},
		{"amount.", Absent, false, "", "", 0},
		{".amount", Absent, false, "", "", 0},
		{"", Absent, false, "", "", 0},
		{"n", Number, true, "-1.50e3", "-1.50e3", 0},
		{"yes", Bool, true, "", "true", 0},
		{"nil", Null, false, "", "null", 0},
		{"none", String, false, "", `""`, 0},
		{"e", Object, true, "", "{}", 0},
		{"l", Array, true, "", "[]", 0},
		{"esc", String, true, "a\"\\/\b\f\n\r\té😀😀z", `"a\"\\\/\b\f\n\r\té😀\ud83d\ude00z"`, 0},
		{"items", Array, true, "", `[{"id":"1"},[2,3],4]`, 3},
		{"items.id", Absent, false, "", "", 0},
		{"missing", Absent, false, "", "", 0},
	} {
		got := v.Get(c.path)
		if got.Kind() != c.kind || got.Present() != c.present || got.Text() != c.text || got.Raw() != c.raw || got.Len() != c.length {
			t.Errorf("Get(%q): %v present=%v text=%q raw=%q len=%d; want %+v",
				c.path, got.Kind(), got.Present(), got.Text(), got.Raw(), got.Len(), c)
		}
	}
}

func TestWalking(t *testing.T) {
	v := mustParse(t, `{"b":1,"a":[{"id":"x"},[2,[3]],4],"c":{}}`)
	var names, elements []string
	for name := range v.Members() {
		names = append(names, name)
	}
	for i, element := range v.Get("a").Items() {
		elements = append(elements, element.Raw())
		if v.Get("a").Index(i) != element {
			t.Errorf("Index(%d) is not element %d", i, i)
		}
	}
	if want := []string{"b", "a", "c"}; !slices.Equal(names, want) {
		t.Errorf("members %q, want %q", names, want)
	}
	if want := []string{`{"id":"x"}`, `[2,[3]]`, `4`}; !slices.Equal(elements, want) {
		t.Errorf("elements %q, want %q", elements, want)
	}
	for _, outside := range []Value{v.Get("a").Index(-1), v.Get("a").Index(3), v.Get("c").Index(0), v.Index(0)} {
		if outside.Kind() != Absent {
			t.Errorf("an index outside found %s", outside.Raw())
		}
	}
	for range v.Get("c").Items() {
		t.Error("an object has elements")
	}
	for range v.Get("a").Members() {
		t.Error("an array has members")
	}
	for range v.Get("a").Items() {
		break
	}
	for range v.Members() {
		break
	}
}

func TestZeroValueIsAbsent(t *testing.T) {
	var v Value
	if v.Kind() != Absent || v.Present() || v.Text() != "" || v.Raw() != "" || v.Len() != 0 ||
		v.Get("a.b") != (Value{}) || v.Index(0) != (Value{}) {
		t.Error("the zero Value is not absent throughout")
	}
}

func TestKindNames(t *testing.T) {
	want := []string{"absent", "null", "string", "number", "boolean", "object", "array", "string or number"}
	for k, name := range want {
		if got := Kind(k).String(); got != name {
			t.Errorf("Kind(%d) is %q, want %q", k, got, name)
		}
	}
}
