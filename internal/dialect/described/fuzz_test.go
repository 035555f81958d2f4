package described_test

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/dialect/described"
	"github.com/qrisd/qrisd/internal/pay"
)

// FuzzRead: no description harms the reader; one that is refused is told why,
// and one that is taken makes a dialect that a server can serve.
func FuzzRead(f *testing.F) {
	everything, err := os.ReadFile("testdata/everything.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(everything))
	for _, m := range mistakes {
		f.Add(m.file)
	}
	f.Add(acme(`"operations": {"token": {}, "generate": {}}`))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := described.Read(strings.NewReader(text))
		if err != nil {
			if !utf8.ValidString(err.Error()) || len(err.Error()) < 10 {
				t.Errorf("the refusal is %q", err)
			}
			return
		}
		if d.Name == "" || len(d.Operations) == 0 || d.ReadTimestamp == nil {
			t.Fatalf("the dialect is %+v", d)
		}
		for i := range d.Operations {
			op := &d.Operations[i]
			o := d.Outcome(op, pay.Internal)
			if len(op.Paths) == 0 || op.Do == nil || o.Case.HTTP < 400 || len(op.Success.Case.Code(op.Service)) != 7 {
				t.Errorf("operation %s cannot be served: %+v", op.Name, o)
			}
		}
	})
}
