package simulate

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	oneSeed = flag.Uint64("seed", 0, "simulate only the world of this seed, and print its log")
	first   = flag.Uint64("first", 1, "the first seed")
	seeds   = flag.Int("seeds", usualSeeds, "how many seeds")
	twice   = flag.Int("twice", usualSeeds/10, "how many seeds are run twice")
	logs    = flag.String("logs", "", "write the log of each seed into this folder")
	steps   = flag.Int("steps", 200, "how many steps of each")
)

// simulate runs a world in a bubble of its own.
func (o options) simulate(t *testing.T, from beginning) (out outcome) {
	t.Helper()
	folder := t.TempDir()
	synctest.Test(t, func(*testing.T) { out = live(o, from, folder) })
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSeeds holds many worlds against the model.
func TestSeeds(t *testing.T) {
	from, began := begin(t), time.Now()
	if *oneSeed != 0 {
		*first, *seeds = *oneSeed, 1
	}
	var mu sync.Mutex
	var sum tally
	t.Run("worlds", func(t *testing.T) {
		for seed := *first; seed < *first+uint64(*seeds); seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				out := options{seed: seed, steps: *steps}.simulate(t, from)
				out.keep(t, seed)
				if out.err != nil {
					t.Error(out.failure(seed))
				}
				mu.Lock()
				defer mu.Unlock()
				sum.add(out.tally)
			})
		}
	})
	took := time.Since(began)
	t.Logf("%d worlds of %d steps: %d requests, %d payments, %d faults, %d lives of the server, in %s: %.0f payments a second",
		*seeds, *steps, sum.jobs, sum.paid, sum.faults, sum.lives, took.Round(time.Millisecond), float64(sum.paid)/took.Seconds())
}

// keep shows or writes the log, as the flags ask for it.
func (out outcome) keep(t *testing.T, seed uint64) {
	t.Helper()
	if *oneSeed != 0 {
		t.Logf("the log:\n%s", out.log)
	}
	if *logs == "" {
		return
	}
	if err := os.WriteFile(logOf(*logs, seed), out.log, 0o600); err != nil {
		t.Error(err)
	}
}

func logOf(folder string, seed uint64) string { return filepath.Join(folder, fmt.Sprint(seed, ".log")) }

// failure says what has failed, how it came to that and how to see it again.
func (out outcome) failure(seed uint64) string {
	lines := bytes.Split(bytes.TrimSpace(out.log), []byte("\n"))
	tail := bytes.Join(lines[max(0, len(lines)-20):], []byte("\n"))
	return fmt.Sprintf("seed %d, step %d: %v\n%s\nrepeat it: go test ./internal/simulate -run Seeds -seed %d -steps %d -v",
		seed, out.step, out.err, tail, seed, min(out.step, *steps))
}

// plantedSeeds is within how many worlds a bug must be found.
const plantedSeeds = 200

// TestPlanted wants every planted bug to be found.
func TestPlanted(t *testing.T) {
	from := begin(t)
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for seed := *first; seed < *first+plantedSeeds; seed++ {
				if out := (options{seed: seed, steps: *steps, bug: b}).simulate(t, from); out.err != nil {
					t.Logf("found: %s", out.failure(seed))
					return
				}
			}
			t.Errorf("it was not found in %d worlds of %d steps", plantedSeeds, *steps)
		})
	}
}

// TestSameSeed wants the same log from the same seed, byte for byte.
func TestSameSeed(t *testing.T) {
	from := begin(t)
	for seed := *first; seed < *first+uint64(*twice); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := options{seed: seed, steps: *steps}
			if at := difference(o.simulate(t, from).log, o.simulate(t, from).log); at != "" {
				t.Errorf("seed %d has two logs: %s", seed, at)
			}
		})
	}
}

// TestSameSeedElsewhere wants it from another process, which schedules on one
// processor, has keys of its own and another order of its maps.
func TestSameSeedElsewhere(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder, from := t.TempDir(), begin(t)
	const worlds = 4
	child := exec.Command(program, "-test.run", "^TestSeeds$", "-first", fmt.Sprint(*first), "-seeds", fmt.Sprint(worlds), "-steps", fmt.Sprint(*steps), "-logs", folder)
	child.Env = append(os.Environ(), "GOMAXPROCS=1")
	if said, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for seed := *first; seed < *first+worlds; seed++ {
		log, err := os.ReadFile(logOf(folder, seed))
		if err != nil {
			t.Fatal(err)
		}
		if at := difference(options{seed: seed, steps: *steps}.simulate(t, from).log, log); at != "" {
			t.Errorf("seed %d has another log elsewhere: %s", seed, at)
		}
	}
}

// difference is where two logs part; empty: nowhere.
func difference(a, b []byte) string {
	one, other := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(one), len(other)) {
		if !bytes.Equal(one[i], other[i]) {
			return fmt.Sprintf("line %d\n%s\n%s", i+1, one[i], other[i])
		}
	}
	if len(one) != len(other) {
		return fmt.Sprintf("%d and %d lines", len(one), len(other))
	}
	return ""
}
