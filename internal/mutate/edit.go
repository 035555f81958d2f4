package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// insertion puts text into a file. What was there stays, so that a file can be
// changed in many places, one within another.
type insertion struct {
	offset int
	closes bool // ends what an earlier insertion has begun
	text   string
}

// edits are the insertions of one file, outer ones before those within.
type edits []insertion

// wrap puts text around a range.
func (e *edits) wrap(from, to int, before, after string) {
	*e = append(*e, insertion{from, false, before}, insertion{to, true, after})
}

func (e *edits) insert(at int, text string) { *e = append(*e, insertion{at, false, text}) }

// apply gives the file with everything put in. At one place what closes comes
// first, the innermost before the others, then what opens, the outermost first.
func (e edits) apply(text []byte) []byte {
	order := make([]int, len(e))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case e[a].offset != e[b].offset:
			return cmp.Compare(e[a].offset, e[b].offset)
		case e[a].closes != e[b].closes && e[a].closes:
			return -1
		case e[a].closes != e[b].closes:
			return 1
		case e[a].closes:
			return cmp.Compare(b, a)
		}
		return cmp.Compare(a, b)
	})
	var out strings.Builder
	done := 0
	for _, i := range order {
		out.Write(text[done:e[i].offset])
		out.WriteString(e[i].text)
		done = e[i].offset
	}
	out.Write(text[done:])
	return []byte(out.String())
}

// overlay writes files into a folder and beside them the file with which the
// go command takes them for those of the package; it gives that one's name.
// added is a file that the package does not have.
func overlay(folder string, p *pack, changed map[*file][]byte, added string) (string, error) {
	replace := map[string]string{}
	put := func(of, text string) error {
		to := filepath.Join(folder, fmt.Sprintf("%d.go", len(replace)))
		replace[of] = to
		return os.WriteFile(to, []byte(text), 0o600)
	}
	for f, text := range changed {
		if err := put(f.path, string(text)); err != nil {
			return "", err
		}
	}
	if err := put(filepath.Join(p.dir, "zz_mutate.go"), "package "+p.name+"\n"+added); err != nil {
		return "", err
	}
	table, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "overlay.json")
	return name, os.WriteFile(name, table, 0o600)
}
