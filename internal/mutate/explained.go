package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// row is a mutant's place and difference, as a row of a table: it says the
// same wherever the file's other declarations move.
func (m mutant) row() string {
	return fmt.Sprintf("| %s, %s | %s | %s |", filepath.Base(m.at.Filename), cell(m.within), cell(m.was), cell(m.now))
}

// cell writes code on one line of a table.
func cell(code string) string {
	if code = strings.Join(strings.Fields(code), " "); code == "" {
		return "nothing"
	}
	return "`" + strings.ReplaceAll(code, "|", `\|`) + "`"
}

// explanations reads the rows of a package's list. There may be none.
func explanations(folder, dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(folder, filepath.Base(dir)+".md"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var rows []string
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, ".go, `") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	return rows, nil
}

// compare writes what survives without an explanation, and the explanations of
// mutants that were tried and did not survive, or that there are not any more.
// It gives how many of both there are.
func (t *trial) compare(report io.Writer, fates map[int]fate, s sample) (int, error) {
	explained, err := explanations(s.lists, t.pack.dir)
	if err != nil {
		return 0, err
	}
	var bare []string
	for n, m := range t.all {
		if at := slices.Index(explained, m.row()); at >= 0 && (fates[n].alive() || fates[n] == "") {
			explained = slices.Delete(explained, at, at+1)
		} else if fates[n].alive() {
			bare = append(bare, m.row())
		}
	}
	fmt.Fprintf(report, "# %s\n", t.pack.path)
	table(report, "Not explained", bare)
	table(report, "Explained, and not surviving", explained)
	return len(bare) + len(explained), nil
}

func table(report io.Writer, title string, rows []string) {
	fmt.Fprintf(report, "\n%s:\n\n| place | was | is |\n|---|---|---|\n", title)
	for _, row := range rows {
		fmt.Fprintln(report, row)
	}
}
