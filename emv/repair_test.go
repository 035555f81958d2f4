package emv_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/emv"
)

func find(t testing.TB, name string) string {
	t.Helper()
	for _, v := range append(load(t, "public.json"), load(t, "synthetic.json")...) {
		if v.Name == name {
			return v.Payload
		}
	}
	t.Fatalf("no vector is called %q", name)
	return ""
}

func TestRepairSpacesMendsThePaydiaDocument(t *testing.T) {
	printed := find(t, "the Paydia document, qr-mpm-payment request, as printed")
	want := find(t, "the Paydia document, qr-mpm-payment request, repaired")
	if got, ok := emv.RepairSpaces(printed); !ok || got != want {
		t.Errorf("the repair is %q, %v", got, ok)
	}
}

func TestRepairSpaces(t *testing.T) {
	spaced := sealed(strings.Replace(valid, "5904TOKO", "5913TOKO     KOPI", 1))
	tests := []struct {
		name, text, want string
	}{
		{"four of five spaces lost", strings.Replace(spaced, "     ", " ", 1), spaced},
		{"one of five spaces lost", strings.Replace(spaced, "     ", "    ", 1), spaced},
		{"nothing to repair", spaced, ""},
		{"all spaces lost", strings.Replace(spaced, "     ", "", 1), ""},
		{"another fault", strings.Replace(strings.Replace(spaced, "     ", " ", 1), "KOPI", "KOPA", 1), ""},
		{"no text", "", ""},
		{"spaces only", strings.Repeat(" ", 40), ""},
		{"too long", strings.Replace(spaced, "     ", " ", 1) + strings.Repeat("x", 512), ""},
		{"too many runs", strings.Repeat("x ", 33), ""},
	}
	for _, test := range tests {
		if got, ok := emv.RepairSpaces(test.text); got != test.want || ok != (test.want != "") {
			t.Errorf("%s: %q, %v", test.name, got, ok)
		}
	}
}

// TestRepairSpacesWantsOneAnswer searches for a text that two repairs fit: in
// "A 00000 C" either space may be doubled, and for some number in the middle
// both give the same CRC.
func TestRepairSpacesWantsOneAnswer(t *testing.T) {
	head := strings.Replace(valid, "5904TOKO", "", 1) + "5910"
	for n := range 1_000_000 {
		middle := fmt.Sprintf("%05X", n)
		left, right := sealed(head+"A  "+middle+" C"), sealed(head+"A "+middle+"  C")
		if left[len(left)-4:] != right[len(right)-4:] {
			continue
		}
		if got, ok := emv.RepairSpaces(strings.Replace(left, "  ", " ", 1)); ok {
			t.Errorf("two texts fit and %q is chosen", got)
		}
		return
	}
	t.Error("no text has two repairs")
}

func TestRepairSpacesWantsACRC(t *testing.T) {
	if got, ok := emv.RepairSpaces("000201" + "5905A BC"); ok {
		t.Errorf("a text without a CRC is repaired to %q", got)
	}
}

// spacious is a payload of n bytes that has runs of one space, and before them
// one of the given length.
func spacious(n, run, runs int) string {
	value := "A" + strings.Repeat(" ", run) + strings.Repeat("B ", runs-1) + "C"
	objects := []emv.Object{{ID: 0, Value: "01"}, {ID: 59, Value: value}}
	for id, left := emv.ID(80), n-6-8-4-len(value); left > 0; id++ {
		part := min(left-4, 90)
		objects = append(objects, emv.Object{ID: id, Value: strings.Repeat("x", part)})
		left -= 4 + part
	}
	text, err := emv.Build(objects...)
	if err != nil {
		panic(err)
	}
	return text
}

// TestRepairEdges: 512 bytes, 32 runs and 24 spaces more are still tried.
func TestRepairEdges(t *testing.T) {
	tests := []struct {
		name            string
		len, lost, runs int
		repaired        bool
	}{
		{"512 bytes", 512, 1, 1, true},
		{"513 bytes", 513, 1, 1, false},
		{"32 runs", 200, 1, 32, true},
		{"33 runs", 200, 1, 33, false},
		{"24 spaces lost", 200, 24, 1, true},
		{"25 spaces lost", 200, 25, 1, false},
	}
	for _, test := range tests {
		whole := spacious(test.len+test.lost, 1+test.lost, test.runs)
		printed := strings.Replace(whole, strings.Repeat(" ", 1+test.lost), " ", 1)
		if len(printed) != test.len {
			t.Fatalf("%s: %d bytes", test.name, len(printed))
		}
		if got, ok := emv.RepairSpaces(printed); ok != test.repaired || (ok && got != whole) {
			t.Errorf("%s: %q, %v", test.name, got, ok)
		}
	}
}
