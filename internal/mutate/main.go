package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out io.Writer, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("mutate: say coverage or mutation")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	skip := flags.String("skip", "^TestAllocations$|/postgres$", "tests that are left out, as go test -skip takes them")
	switch args[0] {
	case "coverage":
		least := flags.Float64("least", 0, "percentage of branches that each package must reach")
		missing := flags.Bool("missing", false, "name every branch that is never taken")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return runCoverage(out, flags.Args(), *skip, *missing, *least)
	case "mutation":
		every := flags.Int("every", 1, "try each mutant whose number is so many after another")
		only := flags.String("only", "", "regular expression of the files whose mutants are tried")
		report := flags.String("report", "survivors.md", "file for the survivors that no list explains, and what lists name besides")
		lists := flags.String("explained", "docs/mutants", "folder of a list for each package, NAME.md, of the survivors and why they survive")
		known := flags.String("journal", "mutants.txt", "file of what became of each mutant, which a later run goes on with")
		noted := flags.Bool("known", false, "try none and report what the journal has, as of a run that goes on")
		jobs := flags.Int("jobs", runtime.NumCPU(), "how many mutants are tried at a time")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		pattern, err := regexp.Compile(*only)
		if err != nil {
			return fmt.Errorf("mutate: -only: %w", err)
		}
		return runMutation(out, flags.Args(), sample{*skip, *every, pattern, *jobs, *lists, *noted}, *report, *known)
	}
	return fmt.Errorf("mutate: %q is neither coverage nor mutation", args[0])
}

func runCoverage(out io.Writer, packages []string, skip string, missing bool, least float64) error {
	share, err := coverage(out, packages, skip, missing)
	if err == nil && share < least {
		err = fmt.Errorf("mutate: a package has %.1f %% of its branches tested, less than %.1f %%", share, least)
	}
	return err
}

func runMutation(out io.Writer, packages []string, s sample, report, known string) error {
	if s.every < 1 || s.jobs < 1 {
		return fmt.Errorf("mutate: -every %d -jobs %d: both begin with 1", s.every, s.jobs)
	}
	j, err := openJournal(known)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var b bytes.Buffer
	astray, err := mutation(ctx, out, &b, j, packages, s)
	if err := errors.Join(err, j.file.Close()); err != nil {
		return err
	}
	if err := os.WriteFile(report, b.Bytes(), 0o600); err != nil {
		return err
	}
	if astray > 0 {
		return fmt.Errorf("mutate: %d mutants are not as %s says; see %s", astray, s.lists, report)
	}
	return nil
}
