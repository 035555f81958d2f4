package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// journal is a file of what became of mutants, a line for each as soon as it
// is known, so that a run that was interrupted goes on where it was. What was
// killed stays so until the declaration that it changes is another; what
// survived is tried again when the package's tests have changed.
type journal struct {
	mu    sync.Mutex
	file  *os.File
	known map[string]entry // by the mutant's key
}

// entry is a line: fate, key, digest of the tests, place.
type entry struct {
	fate  fate
	tests string
}

// openJournal reads what is known and appends to it. A line that was not
// written to its end is not counted.
func openJournal(name string) (*journal, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: f, known: map[string]entry{}}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e entry
		var key, place string
		if n, _ := fmt.Sscan(lines.Text(), &e.fate, &key, &e.tests, &place); n == 4 {
			j.known[key] = e
		}
	}
	return j, lines.Err()
}

func (j *journal) find(key, tests string) (fate, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.known[key]
	return e.fate, ok && (!e.fate.alive() || e.tests == tests)
}

func (j *journal) add(f fate, key, tests, place string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.known[key] = entry{f, tests}
	_, err := fmt.Fprintln(j.file, f, key, tests, place)
	return err
}

// testsDigest is another when a package's tests are.
func testsDigest(dir string) (string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return "", err
	}
	all := sha256.New()
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		all.Write(text)
	}
	return hex.EncodeToString(all.Sum(nil)[:8]), nil
}
