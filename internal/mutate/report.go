package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
)

// sample says which mutants are tried, how many at a time, and by which tests.
type sample struct {
	skip  string // tests that are left out
	every int    // of so many mutants one
	only  *regexp.Regexp
	jobs  int
	lists string // folder of the survivors that are known and explained
	known bool   // try none, and report what the journal has
}

// mutation tries a sample of the mutants of packages and prints a line for each
// package. Into report it writes the survivors that are not explained and the
// explanations of what does not survive, and it gives how many those are.
func mutation(ctx context.Context, out, report io.Writer, j *journal, packages []string, s sample) (astray int, err error) {
	for _, pattern := range packages {
		t, fates, err := s.fates(ctx, j, pattern)
		if err != nil {
			return 0, err
		}
		t.tally(out, pattern, fates)
		n, err := t.compare(report, fates, s)
		if err != nil {
			return 0, err
		}
		astray += n
	}
	return astray, nil
}

// fates are what becomes of a package's mutants, or what is known of it.
func (s sample) fates(ctx context.Context, j *journal, pattern string) (*trial, map[int]fate, error) {
	if s.known {
		return known(j, pattern)
	}
	t, err := prepare(pattern, s.skip)
	if err != nil {
		return nil, nil, err
	}
	fates, err := t.tryAll(ctx, j, s)
	return t, fates, errors.Join(err, os.RemoveAll(t.folder))
}

// known gives the fates that the journal has, and tries nothing.
func known(j *journal, pattern string) (*trial, map[int]fate, error) {
	p, err := load(pattern)
	if err != nil {
		return nil, nil, err
	}
	all, _ := mutants(p)
	fates := map[int]fate{}
	for n, m := range all {
		if e, ok := j.known[m.key]; ok {
			fates[n] = e.fate
		}
	}
	return &trial{pack: p, all: all}, fates, nil
}

// tryAll gives the fates of a sample, by the number of the mutant. When ctx
// ends it begins no other and waits for those that it has begun.
func (t *trial) tryAll(ctx context.Context, j *journal, s sample) (map[int]fate, error) {
	tests, err := testsDigest(t.pack.dir)
	if err != nil {
		return nil, err
	}
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		fates = map[int]fate{}
		errs  error
		next  = make(chan int)
	)
	for range s.jobs {
		wait.Go(func() {
			for n := range next {
				f, err := t.tryOnce(n, j, tests)
				mu.Lock()
				fates[n], errs = f, errors.Join(errs, err)
				mu.Unlock()
			}
		})
	}
	for n := 1; n < len(t.all) && ctx.Err() == nil; n += s.every {
		if s.only.MatchString(filepath.Base(t.all[n].at.Filename)) {
			next <- n
		}
	}
	close(next)
	wait.Wait()
	return fates, errors.Join(errs, ctx.Err())
}

func (t *trial) tryOnce(n int, j *journal, tests string) (fate, error) {
	m := t.all[n]
	if f, ok := j.find(m.key, tests); ok {
		return f, nil
	}
	f, err := t.try(n)
	if err != nil {
		return f, err
	}
	return f, j.add(f, m.key, tests, fmt.Sprintf("%s:%d:%d", t.pack.relative(m.at.Filename), m.at.Line, m.at.Column))
}

func (t *trial) tally(out io.Writer, pattern string, fates map[int]fate) {
	count := map[fate]int{}
	for _, f := range fates {
		count[f]++
	}
	alive := count[survived] + count[missed]
	dead := len(fates) - alive
	fmt.Fprintf(out, "%-18s %5d mutants, %5d tried: %5d killed (%d timed out, %d stuck), %4d survived (%d not reached)  %5.1f %%\n",
		pattern, len(t.all)-1, len(fates), dead, count[timedOut], count[stuck], alive, count[missed], 100*float64(dead)/float64(max(len(fates), 1)))
}
