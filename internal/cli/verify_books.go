package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/storage"
)

// verdict is what a check of books has found.
type verdict struct {
	Location   string              `json:"location"`
	Invariants int                 `json:"invariants"` // that were checked
	Violations []storage.Violation `json:"violations"`
}

// booksCheck is how books are verified.
type booksCheck struct {
	booksFlags
	all, json bool
	limit     int
	head      string
}

func (b *booksCheck) bind(c *cobra.Command) {
	b.booksFlags.bind(c)
	c.Flags().BoolVar(&b.all, "all", false, "check every invariant, not only up to the first that is broken")
	c.Flags().IntVar(&b.limit, "limit", 10, "with --all: how many rows to name for each invariant")
	c.Flags().StringVar(&b.head, "head", "", "also check that the chain goes through this block: NUMBER:HASH, as qrisd audit head has printed it")
	c.Flags().BoolVar(&b.json, "json", false, "print the result as JSON")
}

// given is how many of these flags stand on the command line.
func (b *booksCheck) given(c *cobra.Command) int {
	n := 0
	for _, name := range []string{"store", "data", "all", "limit", "head", "json"} {
		if c.Flags().Changed(name) {
			n++
		}
	}
	return n
}

var errWrong = errors.New("the books are wrong")

func (b *booksCheck) run(c *cobra.Command, args []string) error {
	location := b.location()
	if len(args) == 1 {
		location = args[0]
	}
	if b.limit < 1 {
		return fmt.Errorf("--limit %d: name one row at least", b.limit)
	}
	all, err := b.invariants()
	if err != nil {
		return err
	}
	v := verdict{Location: shown(location), Violations: []storage.Violation{}}
	err = storage.Read(c.Context(), location, func(s *storage.Snapshot) error { return b.check(s, all, &v) })
	if err != nil {
		return err
	}
	if b.json {
		err = printJSON(c.OutOrStdout(), v)
	} else {
		v.say(c.OutOrStdout())
	}
	if err == nil && len(v.Violations) > 0 {
		err = errWrong
	}
	return err
}

// invariants are all, and that of a head that was kept.
func (b *booksCheck) invariants() ([]storage.Invariant, error) {
	if b.head == "" {
		return invariants(), nil
	}
	anchor, err := storage.ParseAnchor(b.head)
	if err != nil {
		return nil, fmt.Errorf("--head: %w", err)
	}
	return append(invariants(), anchor.Goes()), nil
}

// check names the first row that is wrong, or many.
func (b *booksCheck) check(s *storage.Snapshot, all []storage.Invariant, v *verdict) error {
	limit := 1
	if b.all {
		limit = b.limit
	}
	for _, i := range all {
		v.Invariants++
		err := s.Find(i, limit, func(found storage.Violation) error {
			v.Violations = append(v.Violations, found)
			return nil
		})
		if err != nil || len(v.Violations) > 0 && !b.all {
			return err
		}
	}
	return nil
}

func (v verdict) say(w io.Writer) {
	if len(v.Violations) == 0 {
		fmt.Fprintf(w, "%s: all %d invariants hold\n", v.Location, v.Invariants)
		return
	}
	for _, found := range v.Violations {
		fmt.Fprintln(w, found)
	}
}
