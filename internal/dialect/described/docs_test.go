package described_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/described"
	"github.com/qrisd/qrisd/internal/pay"
)

// guide is the page for operators.
func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "DIALECTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGuideExplainsEveryName: each key and each name that a key may have.
func TestGuideExplainsEveryName(t *testing.T) {
	text := guide(t)
	for _, name := range slices.Concat(described.Keys(), described.Names()) {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/DIALECTS.md does not explain `%s`", name)
		}
	}
}

// TestGuideListsEveryKind, with the standard's answer of today.
func TestGuideListsEveryKind(t *testing.T) {
	lines := strings.Split(guide(t), "\n")
	for _, k := range pay.Kinds() {
		o := aspi.Outcomes[k]
		begins, ends := "| `"+k.String()+"` | ", fmt.Sprintf(" | %d/%s %s |", o.Case.HTTP, o.Case.Number, o.Text("{field}", "{reason}"))
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, begins) && strings.HasSuffix(l, ends) }) {
			t.Errorf("docs/DIALECTS.md has no line %s...%s", begins, ends)
		}
	}
}

var block = regexp.MustCompile("(?s)```json\n(.*?)\n```")

// TestGuidesExamplesAreRead: they are whole files, and the worked one is the
// file that is shipped.
func TestGuidesExamplesAreRead(t *testing.T) {
	blocks := block.FindAllStringSubmatch(guide(t), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of JSON", len(blocks))
	}
	for _, b := range blocks {
		read(t, b[1])
	}
	shipped, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "dialects", "winpay.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(shipped)) != blocks[1][1] {
		t.Error("the worked example is not examples/dialects/winpay.json")
	}
}

// TestEveryExampleIsRead: also those that no other test knows.
func TestEveryExampleIsRead(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "examples", "dialects", "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		if d := file(t, path); d.Name+".json" != filepath.Base(path) {
			t.Errorf("%s describes %s", path, d.Name)
		}
	}
}
