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

// mutationOfSample runs with the flags and gives what it prints and reports.
func mutationOfSample(t *testing.T, flags ...string) (printed, report string) {
	t.Helper()
	var out bytes.Buffer
	args := append([]string{"mutation", "-report", "survivors.md", "-journal", "journal.txt", "-explained", "lists"}, flags...)
	if err := run(&out, append(args, ".")); err == nil || !strings.Contains(err.Error(), "lists says; see survivors.md") {
		t.Fatalf("of survivors without an explanation it says %v", err)
	}
	text, err := os.ReadFile("survivors.md")
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), string(text)
}

func TestMutation(t *testing.T) {
	inSample(t)
	_, report := mutationOfSample(t)
	for row, survives := range map[string]bool{
		"`if n < 0 \\|\\| n > 10 {` | `if n < 0 \\|\\| n >= 10 {` |":       false,
		"`if n < 0 \\|\\| n > 10 {` | `if n <= 0 \\|\\| n > 10 {` |":       true,
		"`if n < 0 \\|\\| n > 10 {` | `if !(n < 0) \\|\\| n > 10 {` |":     false,
		"`return \"best\"` | `return *new(string)` |":                      false,
		"sample.go, `Grade` | `return \"zero\"` | `return *new(string)` |": true,
		"`if strict && sum == 0 {` | `if (strict \\|\\| sum == 0) {` |":    true,
		"`sum--` | `sum++` |":       true,
		"`sum--` | nothing |":       true,
		"`sum += i` | `sum -= i` |": true,
		"`if n < 0 \\|\\| n > 10 {` | `if n < -1 \\|\\| n > 10 {` |": false,
		"`for sum > 100 {` | `for sum > 101 {` |":                    true,
	} {
		if strings.Contains(report, row) != survives {
			t.Errorf("%s survives: %v\n%s", row, !survives, report)
		}
	}
}

// TestMutationGoesOn: what the journal knows is not tried again, and what
// survived only while the tests are the same.
func TestMutationGoesOn(t *testing.T) {
	inSample(t)
	first, _ := mutationOfSample(t)
	forged := strings.ReplaceAll(read(t, "journal.txt"), "killed ", "stuck ")
	write(t, "journal.txt", forged+"survived of a line that was cut")
	second, _ := mutationOfSample(t)
	if !strings.Contains(first, ", 0 stuck)") || strings.Contains(second, ", 0 stuck)") {
		t.Errorf("it begins anew:\n%s%s", first, second)
	}
	if third, _ := mutationOfSample(t, "-known"); third != second {
		t.Errorf("known is\n%s, and not\n%s", third, second)
	}
	const strict = `
func TestStrict(t *testing.T) {
	if Grade(1, true) != "zero" {
		t.Error("a sum of nothing")
	}
}
`
	write(t, "sample_test.go", sampleTest+strict)
	_, report := mutationOfSample(t)
	if strings.Contains(report, `| `+"`return \"zero\"` |") {
		t.Errorf("a test that kills is not heard:\n%s", report)
	}
}

// TestExplained: a list takes survivors out of the report, and what it says of
// others goes in.
func TestExplained(t *testing.T) {
	inSample(t)
	if err := os.Mkdir("lists", 0o700); err != nil {
		t.Fatal(err)
	}
	const survivor, dead = "| sample.go, `Grade` | `sum--` | `sum++` |", "| sample.go, `Grade` | `return \"best\"` | `return *new(string)` |"
	write(t, filepath.Join("lists", filepath.Base(must(os.Getwd()))+".md"), "# Sample\n\n| place | was | is |\n|---|---|---|\n"+survivor+"\n"+dead+"\n")
	_, report := mutationOfSample(t)
	if strings.Contains(report, survivor) {
		t.Errorf("what is explained is reported:\n%s", report)
	}
	if _, after, _ := strings.Cut(report, "Explained, and not surviving:"); !strings.Contains(after, dead) {
		t.Errorf("what is dead stays explained:\n%s", report)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

func TestBadCalls(t *testing.T) {
	for _, args := range [][]string{nil, {"other"}, {"mutation", "-every", "0"}, {"mutation", "-jobs", "0"}, {"mutation", "-only", "("}, {"coverage", "-none"}} {
		if err := run(new(bytes.Buffer), args); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
