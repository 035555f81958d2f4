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
func (t *trial) compare(report io.Writer, fates map[int]fate, s sample) error {
	rows, err := explanations(s.lists, t.pack.dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(report, "# %s\n\nNot explained:\n\n| place | was | is |\n|---|---|---|\n", t.pack.path)
	for n, m := range t.all {
		if at := slices.Index(rows, m.row()); at >= 0 && (fates[n].alive() || fates[n] == "") {
			rows = slices.Delete(rows, at, at+1)
		} else if fates[n].alive() {
			fmt.Fprintln(report, m.row())
		}
	}
	fmt.Fprintf(report, "\nExplained, and not surviving:\n\n| place | was | is |\n|---|---|---|\n")
	for _, row := range rows {
		fmt.Fprintln(report, row)
	}
	fmt.Fprintln(report)
	return nil
}
