package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// takenBy runs a package's own tests on the changed files and gives which of
// its branches they took.
func takenBy(p *pack, all []branch, changed map[*file][]byte, skip string) ([]bool, error) {
	folder, err := os.MkdirTemp("", "branches")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	table, err := overlay(folder, p, changed, noted)
	if err != nil {
		return nil, err
	}
	notes := filepath.Join(folder, "taken")
	cmd := exec.Command("go", "test", "-vet=off", "-count=1", "-overlay", table, "-skip", skip, p.path)
	cmd.Env = append(os.Environ(), "QRISD_BRANCHES="+notes)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the tests of %s do not pass: %w\n%s", p.path, err, out)
	}
	return readTaken(notes, len(all))
}

// readTaken reads the numbers that were noted. What a test leaves running may
// still be writing the last one.
func readTaken(name string, n int) ([]bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	taken := make([]bool, n)
	for s := bufio.NewScanner(f); s.Scan(); {
		i, err := strconv.Atoi(s.Text())
		if err != nil || i < 0 || i >= n {
			return nil, fmt.Errorf("%s: %q is no branch", name, s.Text())
		}
		taken[i] = true
	}
	return taken, nil
}

// coverage prints a line for each package, and with missing also every branch
// that no test takes. It gives the least share, in percent.
func coverage(out io.Writer, packages []string, skip string, missing bool) (float64, error) {
	least := 100.0
	for _, pattern := range packages {
		p, err := load(pattern)
		if err != nil {
			return 0, err
		}
		all, changed := branches(p)
		taken, err := takenBy(p, all, changed, skip)
		if err != nil {
			return 0, err
		}
		n := 0
		for i, t := range taken {
			if t {
				n++
			} else if missing {
				fmt.Fprintf(out, "%s:%d:%d: never %s\n", p.relative(all[i].at.Filename), all[i].at.Line, all[i].at.Column, all[i].way)
			}
		}
		share := 100 * float64(n) / float64(max(len(all), 1))
		fmt.Fprintf(out, "%-18s %5d of %5d branches  %5.1f %%\n", pattern, n, len(all), share)
		least = min(least, share)
	}
	return least, nil
}

// relative is a file's name from the folder where the command runs.
func (p *pack) relative(name string) string {
	wd, err := os.Getwd()
	if err != nil {
		return name
	}
	if rel, err := filepath.Rel(wd, name); err == nil {
		return rel
	}
	return name
}
