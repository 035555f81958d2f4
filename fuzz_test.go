package qrisd

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mostEntries bounds a committed corpus; what a long run finds stays with it.
const mostEntries = 20

// unfuzzed are packages whose readers look a name up in a table (ParseKind), or
// read the program's own file.
var unfuzzed = []string{"internal/pay", "internal/sbom"}

// TestFuzzTargets: whatever package exports a reader or decoder has a fuzz
// target, and each target has a corpus that each run of the tests goes through.
func TestFuzzTargets(t *testing.T) {
	reads := declared(t, func(name string) bool { return !strings.HasSuffix(name, "_test.go") }, `(?m)^func ((?:Parse|Read|Decode|Text)\w*)\(\w+ (?:\[\]byte|string|io\.Reader)\) `)
	targets := declared(t, func(name string) bool { return strings.HasSuffix(name, "_test.go") }, `(?m)^func (Fuzz\w+)\(`)
	for folder := range reads {
		if len(targets[folder]) == 0 && !slices.Contains(unfuzzed, folder) {
			t.Errorf("%s reads %v and has no fuzz target", folder, reads[folder])
		}
	}
	count := 0
	for folder, names := range targets {
		for _, name := range names {
			count++
			entries, err := os.ReadDir(filepath.Join(folder, "testdata/fuzz", name))
			if err != nil || len(entries) == 0 || len(entries) > mostEntries {
				t.Errorf("%s, %s: %d entries in its corpus, %v", folder, name, len(entries), err)
			}
		}
	}
	if count < 30 {
		t.Errorf("only %d fuzz targets are found", count)
	}
}

// declared finds, by folder, what a pattern's last group takes out of Go files.
func declared(t *testing.T, wanted func(string) bool, pattern string) map[string][]string {
	t.Helper()
	all, find := make(map[string][]string), regexp.MustCompile(pattern)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || !wanted(path) {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range find.FindAllStringSubmatch(string(text), -1) {
			folder := filepath.ToSlash(filepath.Dir(path))
			all[folder] = append(all[folder], m[len(m)-1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
