package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
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
		report := flags.String("report", "survivors.txt", "file that names the mutants that survive")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		pattern, err := regexp.Compile(*only)
		if err != nil {
			return fmt.Errorf("mutate: -only: %w", err)
		}
		return runMutation(out, flags.Args(), sample{*skip, *every, pattern}, *report)
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

func runMutation(out io.Writer, packages []string, s sample, report string) error {
	if s.every < 1 {
		return fmt.Errorf("mutate: -every %d: it begins with 1", s.every)
	}
	f, err := os.Create(report)
	if err != nil {
		return err
	}
	return errors.Join(mutation(out, f, packages, s), f.Close())
}
