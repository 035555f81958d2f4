package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// trial is a package's tests, built with all of its mutants.
type trial struct {
	pack   *pack
	all    []mutant
	folder string
	binary string
	flags  []string // of every run of the tests
	tests  []test
	reach  [][]int // for each mutant the tests that come by it
	kills  kills
}

// test is one that passes without a mutant.
type test struct {
	name string
	cost time.Duration // of the processor
}

// prepare builds the tests with all mutants and lets each run once with none
// of them on, to see which it comes by.
func prepare(pattern, skip string) (*trial, error) {
	p, err := load(pattern)
	if err != nil {
		return nil, err
	}
	all, changed := mutants(p)
	folder, err := os.MkdirTemp(inMemory(), "mutants")
	if err != nil {
		return nil, err
	}
	t := &trial{pack: p, all: all, folder: folder, binary: filepath.Join(folder, "tests"), flags: []string{"-test.skip=" + skip}, reach: make([][]int, len(all))}
	if err := t.build(changed); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := t.look(); err != nil {
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
	// Drawn values are the same in every run, and so are the fates.
	usage, _ := t.command("-help").CombinedOutput() // which it says with a status of its own
	if strings.Contains(string(usage), "-rapid.nofailfile") {
		t.flags = append(t.flags, "-rapid.nofailfile", "-rapid.shrinktime=0s", "-rapid.seed=1")
	}
	return nil
}

func (t *trial) look() error {
	names, err := t.names()
	if err != nil {
		return err
	}
	come := make([][]bool, len(names))
	for i, name := range names {
		cost, taken, err := t.lookAt(name)
		if err != nil {
			return err
		}
		t.tests, come[i] = append(t.tests, test{name, cost}), taken
	}
	for n := range t.all {
		for i := range names {
			if come[i][n] {
				t.reach[n] = append(t.reach[n], i)
			}
		}
	}
	return nil
}

// names lists the tests, with fuzz tests, of which the seeds are run.
func (t *trial) names() ([]string, error) {
	out, err := t.command("-test.list=.").Output()
	if err != nil {
		return nil, fmt.Errorf("listing the tests of %s: %w", t.pack.path, err)
	}
	var names []string
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") || strings.HasPrefix(name, "Example") {
			names = append(names, name)
		}
	}
	return names, nil
}

// lookAt runs one test without a mutant: what that costs, and which it comes by.
func (t *trial) lookAt(name string) (time.Duration, []bool, error) {
	notes := filepath.Join(t.folder, "notes")
	if err := os.WriteFile(notes, nil, 0o600); err != nil {
		return 0, nil, err
	}
	cmd := t.command("-test.run=^" + name + "$")
	cmd.Env = append(cmd.Env, "QRISD_BRANCHES="+notes)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, nil, fmt.Errorf("%s fails without a mutant: %w\n%s", name, err, out)
	}
	taken, err := readTaken(notes, len(t.all))
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), taken, err
}

// command runs the tests in the package's folder. What they write goes into
// that of the trial. An interrupt from the terminal does not reach them.
func (t *trial) command(args ...string) *exec.Cmd {
	cmd := exec.Command(t.binary, append(args, t.flags...)...)
	cmd.Dir = t.pack.dir
	cmd.Env = append(os.Environ(), "TMPDIR="+t.folder)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// inMemory is a folder that is no disk, or the usual one for files that do not
// last: some tests wait for what they write.
func inMemory() string {
	const memory = "/dev/shm"
	if f, err := os.Stat(memory); err == nil && f.IsDir() {
		return memory
	}
	return os.TempDir()
}
