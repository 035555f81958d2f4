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
