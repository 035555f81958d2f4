package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// firstRound is what the first round of tests costs at most, so that most
// mutants are killed cheaply.
const firstRound = 300 * time.Millisecond

// exitStuck is the status of tests that have waited for too long, as chosen
// says.
const exitStuck = 99

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

// rounds are the tests that come by a mutant: the cheap ones and those that
// kill most in the same file, then the rest.
func (t *trial) rounds(n int) [][]int {
	file := t.all[n].at.Filename
	all := slices.SortedFunc(slices.Values(t.reach[n]), func(a, b int) int {
		return cmp.Or(cmp.Compare(t.price(a, file), t.price(b, file)), cmp.Compare(a, b))
	})
	var sum time.Duration
	for i, index := range all {
		if sum += t.tests[index].cost; sum > firstRound && i > 0 {
			return [][]int{all[:i], all[i:]}
		}
	}
	return [][]int{all}
}

// price is what a test costs for each mutant of a file that it kills.
func (t *trial) price(index int, file string) time.Duration {
	test := t.tests[index]
	return test.cost / time.Duration(1+t.kills.of(test.name, file))
}

func (t *trial) run(n int, round []int) (fate, error) {
	var names []string
	var cost time.Duration
	for _, i := range round {
		names = append(names, regexp.QuoteMeta(t.tests[i].name))
		cost += t.tests[i].cost
	}
	var out bytes.Buffer
	cmd := t.command("-test.failfast", "-test.run=^("+strings.Join(names, "|")+")$")
	limit := int(3*cost/time.Second) + 2
	cmd.Env = append(cmd.Env, "QRISD_MUTANT="+strconv.Itoa(n), "QRISD_MUTANT_SECONDS="+strconv.Itoa(limit))
	cmd.Stdout, cmd.WaitDelay = &out, time.Second
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("running the tests of %s: %w", t.pack.path, err)
	}
	f, err := verdict(cmd.Wait())
	if failed := failure.FindSubmatch(out.Bytes()); f == killed && failed != nil {
		t.kills.add(string(failed[1]), t.all[n].at.Filename)
	}
	return f, err
}

// failure is how a test says that it failed.
var failure = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// kills counts how many mutants of a file each test has killed.
type kills struct {
	mu    sync.Mutex
	count map[[2]string]int // by test and file
}

func (k *kills) add(test, file string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.count == nil {
		k.count = map[[2]string]int{}
	}
	k.count[[2]string{test, file}]++
}

func (k *kills) of(test, file string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.count[[2]string{test, file}]
}

// verdict says what the end of the tests means.
func verdict(err error) (fate, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, nil
	case !errors.As(err, &exit):
		return "", err
	case exit.ExitCode() == exitStuck:
		return stuck, nil
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return timedOut, nil
	}
	return killed, nil
}
