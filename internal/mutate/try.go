package main

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// fate is what became of a mutant.
type fate string

// The fates.
const (
	killed   fate = "killed"    // a test failed
	timedOut fate = "timed-out" // the tests took the processor for too long, which counts as killed
	stuck    fate = "stuck"     // the tests did not end, though they did nothing; the same
	survived fate = "survived"
	missed   fate = "not-reached" // no test comes by, which counts as survived
)

func (f fate) alive() bool { return f == survived || f == missed }

// The first round of tests costs no more than firstRound, so that most mutants
// are killed cheaply. However busy a machine is with other things, tests that
// do something end within patience.
const (
	firstRound = 300 * time.Millisecond
	patience   = 3 * time.Minute
)

// try runs the tests that come by a mutant with it on.
func (t *trial) try(n int) (fate, error) {
	if len(t.reach[n]) == 0 {
		return missed, nil
	}
	for _, round := range t.rounds(n) {
		if f, err := t.run(n, round); f != survived || err != nil {
			return f, err
		}
	}
	return survived, nil
}

// rounds are the tests that come by a mutant: the cheap ones, then the rest.
func (t *trial) rounds(n int) [][]int {
	var sum time.Duration
	for i, index := range t.reach[n] {
		if sum += t.tests[index].cost; sum > firstRound && i > 0 {
			return [][]int{t.reach[n][:i], t.reach[n][i:]}
		}
	}
	return [][]int{t.reach[n]}
}

func (t *trial) run(n int, round []int) (fate, error) {
	var names []string
	var cost time.Duration
	for _, i := range round {
		names = append(names, regexp.QuoteMeta(t.tests[i].name))
		cost += t.tests[i].cost
	}
	cmd := t.command("-test.failfast", "-test.run=^("+strings.Join(names, "|")+")$")
	limit := int(3*cost/time.Second) + 2
	cmd.Env = append(cmd.Env, "QRISD_MUTANT="+strconv.Itoa(n), "QRISD_MUTANT_SECONDS="+strconv.Itoa(limit))
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("running the tests of %s: %w", t.pack.path, err)
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	return verdict(cmd.Wait(), !timer.Stop())
}

// verdict says what the end of the tests means.
func verdict(err error, late bool) (fate, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, nil
	case late:
		return stuck, nil
	case !errors.As(err, &exit):
		return "", err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return timedOut, nil
	}
	return killed, nil
}
