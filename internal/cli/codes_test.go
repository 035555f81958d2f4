package cli

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
)

// TestCodesAreComplete holds the list to the dialects: every line is there,
// and says how it is reached.
func TestCodesAreComplete(t *testing.T) {
	list, err := listCodes("")
	if err != nil {
		t.Fatal(err)
	}
	all := dialects()
	if len(list) != len(all) {
		t.Fatalf("%d dialects of %d", len(list), len(all))
	}
	for i, d := range all {
		for j, op := range d.Operations {
			got := list[i].Operations[j]
			if got.Name != op.Name || len(got.Codes) != len(op.Codes) || len(got.Samples) != len(op.Samples) {
				t.Errorf("%s %s: %d codes of %d", d.Name, op.Name, len(got.Codes), len(op.Codes))
			}
			for _, c := range got.Codes {
				if c.How == "" || c.Message == "" || c.HTTPStatus < 200 {
					t.Errorf("%s %s: %+v", d.Name, op.Name, c)
				}
				if c.Reach == dialect.ByTrigger && !(strings.Contains(c.How, c.Code) && strings.Contains(c.How, op.Trigger)) {
					t.Errorf("%s %s %s: the trigger is not exact: %s", d.Name, op.Name, c.Code, c.How)
				}
			}
		}
	}
}
