package qrisd

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNamesWhatIsThere holds SECURITY.md to the tests, the files and
// the make targets that it gives as its proofs.
func TestSecurityNamesWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	tests, named := testNames(t), 0
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1) {
		name := m[1]
		target, isTarget := strings.CutPrefix(name, "make ")
		switch {
		case isTarget && !strings.Contains(string(makefile), "\n"+target+":"):
			t.Errorf("there is no target %s", name)
		case strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz"):
			if named++; !tests[name] {
				t.Errorf("there is no %s", name)
			}
		case strings.HasPrefix(name, "internal/") || strings.HasPrefix(name, "deploy/"):
			if _, err := os.Stat(name); err != nil {
				t.Error(err)
			}
		}
	}
	if named < 50 {
		t.Errorf("only %d tests are named", named)
	}
}

// testNames are the tests of the whole repository.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	names := make(map[string]bool)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
