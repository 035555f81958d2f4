package seal_test

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/seal"
)

// FuzzKeys: keys that are read are written and read again the same, and no
// error holds what was read.
func FuzzKeys(f *testing.F) {
	k := "0123456789abcdefghijklmnopqrstuv0123456789a="
	for _, seed := range []string{k, "# note\n\n" + k + "\n" + strings.Repeat("0f1e2d3c", 8), strings.ReplaceAll(k, "a", "-"), "", "short", k + k} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := seal.Parse(text)
		if err != nil {
			if rest, known := strings.CutPrefix(err.Error(), seal.ErrForm.Error()); !known || len(rest) > len(": line 1234567 is not") {
				t.Errorf("the error holds what was read: %v", err)
			}
			return
		}
		for _, k := range keys {
			again, err := seal.Parse(k.Text())
			if err != nil || len(again) != 1 || again[0] != k {
				t.Errorf("%s is not read again: %v", k, err)
			}
		}
	})
}

// FuzzSeal: a text opens in its own place as what it was, and in no other.
func FuzzSeal(f *testing.F) {
	k := seal.Draw()
	f.Add("rahasia", "partner", "P", "Q", 5)
	f.Add("", "", "", "a", 0)
	f.Fuzz(func(t *testing.T, text, table, row, other string, at int) {
		sealed := k.Seal(text, table, row)
		if got, err := k.Open(sealed, table, row); err != nil || got != text {
			t.Fatalf("%q opens as %q, %v", text, got, err)
		}
		if _, err := k.Open(sealed, table, other); err == nil && other != row {
			t.Fatalf("what is %q's opens as %q's", row, other)
		}
		if _, err := k.Open(sealed, table+row, ""); err == nil && (row != "" || table != table+row) {
			t.Fatal("the parts of a place run together")
		}
		altered := []byte(sealed)
		i := uint(at) % uint(len(altered))
		altered[i] ^= 1
		if got, err := k.Open(string(altered), table, row); err == nil {
			t.Fatalf("byte %d altered, it opens as %q", i, got)
		}
	})
}
