package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// trial is a package's tests, built with all of its mutants.
type trial struct {
	pack   *pack
	all    []mutant
	folder string
	binary string
	reach  [][]string    // for each mutant the tests that come by it
	limit  time.Duration // of the tests with one mutant on
}

// prepare builds the tests with all mutants and lets each run once with none
// of them on, to see which it comes by.
func prepare(pattern, skip string) (*trial, error) {
	p, err := load(pattern)
	if err != nil {
		return nil, err
	}
	all, changed := mutants(p)
	folder, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	t := &trial{pack: p, all: all, folder: folder, binary: filepath.Join(folder, "tests"), reach: make([][]string, len(all))}
	if err := t.build(changed); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := t.look(skip); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return t, nil
}

func (t *trial) build(changed map[*file][]byte) error {
	table, err := overlay(t.folder, t.pack, changed, chosen)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay", table, "-o", t.binary, t.pack.path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s with its mutants: %w\n%s", t.pack.path, err, out)
	}
	return nil
}

func (t *trial) look(skip string) error {
	out, err := t.command(context.Background(), "-test.list=.").Output()
	if err != nil {
		return fmt.Errorf("listing the tests of %s: %w", t.pack.path, err)
	}
	for name := range strings.Lines(string(out)) {
		if name = strings.TrimSpace(name); !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Fuzz") && !strings.HasPrefix(name, "Example") {
			continue
		}
		if err := t.lookAt(name, skip); err != nil {
			return err
		}
	}
	begun := time.Now()
	if out, err := t.command(context.Background(), "-test.skip="+skip).CombinedOutput(); err != nil {
		return fmt.Errorf("the tests of %s fail without a mutant: %w\n%s", t.pack.path, err, out)
	}
	t.limit = 3*time.Since(begun) + 5*time.Second
	return nil
}

func (t *trial) lookAt(name, skip string) error {
	notes := filepath.Join(t.folder, "notes")
	if err := os.WriteFile(notes, nil, 0o600); err != nil {
		return err
	}
	cmd := t.command(context.Background(), "-test.run=^"+name+"$", "-test.skip="+skip)
	cmd.Env = append(os.Environ(), "QRISD_BRANCHES="+notes)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s fails without a mutant: %w\n%s", name, err, out)
	}
	come, err := readTaken(notes, len(t.all))
	if err != nil {
		return err
	}
	for i, by := range come {
		if by {
			t.reach[i] = append(t.reach[i], name)
		}
	}
	return nil
}

func (t *trial) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.binary, args...)
	cmd.Dir = t.pack.dir
	cmd.WaitDelay = time.Second
	return cmd
}

// fate is what became of a mutant.
type fate string

// The fates.
const (
	killed   fate = "killed"    // a test failed
	timedOut fate = "timed out" // the tests did not end, which counts as killed
	survived fate = "survived"
	missed   fate = "not reached" // no test comes by, which counts as survived
)

// try runs the tests that come by a mutant with it on.
func (t *trial) try(n int, skip string) fate {
	if len(t.reach[n]) == 0 {
		return missed
	}
	var names []string
	for _, name := range t.reach[n] {
		names = append(names, regexp.QuoteMeta(name))
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.limit)
	defer cancel()
	cmd := t.command(ctx, "-test.failfast", "-test.run=^("+strings.Join(names, "|")+")$", "-test.skip="+skip)
	cmd.Env = append(os.Environ(), "QRISD_MUTANT="+strconv.Itoa(n))
	switch err := cmd.Run(); {
	case ctx.Err() != nil:
		return timedOut
	case err != nil:
		return killed
	}
	return survived
}

// describe writes a mutant that nothing has noticed, as a difference.
func (t *trial) describe(n int, f fate) string {
	m := t.all[n]
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s:%d:%d %s, %s\n", t.pack.relative(m.at.Filename), m.at.Line, m.at.Column, m.what, f)
	for _, side := range []struct{ sign, text string }{{"-", m.was}, {"+", m.now}} {
		if side.text != "" {
			fmt.Fprintf(&b, "  %s %s\n", side.sign, strings.ReplaceAll(side.text, "\n", "\n  "+side.sign+" "))
		}
	}
	return b.String()
}
