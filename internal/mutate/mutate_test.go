package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sampleText has a branch of every sort, and the test of it takes some.
const sampleText = `package sample

func Grade(n int, strict bool) string {
	if n < 0 || n > 10 {
		return "none"
	}
	switch n {
	case 10:
		return "best"
	}
	sum := 0
	for i := range n {
		sum += i
	}
	for sum > 100 {
		sum--
	}
	if strict && sum == 0 {
		return "zero"
	}
	return "some"
}
`

const sampleTest = `package sample

import "testing"

func TestGrade(t *testing.T) {
	for n, want := range map[int]string{-1: "none", 10: "best", 5: "some"} {
		if got := Grade(n, false); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
`

// inSample runs a test in a module of its own.
func inSample(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/sample\n\ngo 1.26\n", "sample.go": sampleText, "sample_test.go": sampleTest} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(folder)
}

func TestCoverage(t *testing.T) {
	inSample(t)
	var out bytes.Buffer
	if err := run(&out, []string{"coverage", "-missing", "-least", "70", "."}); err == nil || !strings.Contains(err.Error(), "61.1 %") {
		t.Errorf("too little coverage: %v", err)
	}
	const want = `sample.go:12:2: never not entered
sample.go:4:14: never true
sample.go:15:6: never true
sample.go:18:5: never true
sample.go:18:5: never true
sample.go:18:15: never true
sample.go:18:15: never false
.                     11 of    18 branches   61.1 %
`
	if got := out.String(); got != want {
		t.Errorf("it says\n%s", got)
	}
}

func TestMutation(t *testing.T) {
	inSample(t)
	var out bytes.Buffer
	if err := run(&out, []string{"mutation", "-report", "survivors.txt", "."}); err != nil {
		t.Fatal(err)
	}
	report, err := os.ReadFile("survivors.txt")
	if err != nil {
		t.Fatal(err)
	}
	for diff, survives := range map[string]bool{
		"- n > 10\n  + n >= 10":                                 false,
		"- n < 0\n  + n <= 0":                                   true,
		"- n < 0\n  + !(n < 0)":                                 false,
		"- return \"best\"\n":                                   false,
		"- return \"zero\"\n":                                   true,
		"- strict && sum == 0\n  + strict || sum == 0":          true,
		"- sum--\n  + sum++":                                    true,
		"operator, survived\n  - sum > 100\n  + sum >= 100":     true,
		"zero results, not reached\n  - return \"zero\"\n  + r": true,
	} {
		if strings.Contains(string(report), diff) != survives {
			t.Errorf("%q survives: %v\n%s", diff, !survives, report)
		}
	}
}

func TestBadCalls(t *testing.T) {
	for _, args := range [][]string{nil, {"other"}, {"mutation", "-every", "0"}, {"mutation", "-only", "("}, {"coverage", "-none"}} {
		if err := run(new(bytes.Buffer), args); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
