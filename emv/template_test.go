package emv_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qrisd/qrisd/emv"
)

// FuzzParseTemplate holds the reader of templates against the naive decoder.
func FuzzParseTemplate(f *testing.F) {
	for _, seed := range []string{"0016COM.NOBUBANK.WWW0118936005030000087914", "6304ABCDX", "0700", "07", "0002é1", "00020102", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, ok := naive(text)
		tpl, err := emv.ParseTemplate(text)
		if (err == nil) != ok {
			t.Fatalf("ParseTemplate(%q) says %v, the naive decoder %v", text, err, ok)
		}
		if err != nil {
			return
		}
		var got []emv.Object
		for o := range tpl.All() {
			if v, found := tpl.Get(o.ID); !found || v != o.Value {
				t.Fatalf("Get(%d) of %q is %q, %v", o.ID, text, v, found)
			}
			got = append(got, o)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("ParseTemplate(%q): %s", text, diff)
		}
	})
}
