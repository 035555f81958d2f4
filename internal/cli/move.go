package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/storage"
)

func moveCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "move FROM TO",
		Short: "Copy the books to another engine: SQLite to PostgreSQL, or back",
		Long: `Copy everything from one store into another, which must be empty. A store is a
file or the postgres:// URL of a database. Both sides are compared row by row
and the books are checked before the copy may be served.

What is written into FROM meanwhile would stay behind, so no server may use it:
an embedded store is kept locked, and a database on which nodes are at work is
refused. FROM is not changed. Do not serve it any more.`,
		Example: `  qrisd move qrisd-data/qrisd.db postgres://qrisd@db/qrisd
  qrisd move postgres://qrisd@db/qrisd qrisd-data/qrisd.db`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := move(c, args[0], args[1], force); err != nil {
				return fmt.Errorf("move: %w", err)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&force, "force", false, "move books although nodes are at work on them; what those write from now on stays behind")
	return c
}

func move(c *cobra.Command, from, to string, force bool) (err error) {
	if !storage.IsPostgres(from) {
		release, err := storage.Hold(c.Context(), from)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	contents, err := copyBooks(c, from, to, false, func(_ context.Context, s *storage.Snapshot) error {
		return mustRest(c, s, force)
	})
	if err != nil {
		return err
	}
	sayContents(c.OutOrStdout(), shown(to), contents)
	if err := sayMasterKey(c, to); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s is as it was: do not serve it any more\n", shown(from))
	return nil
}

// mustRest refuses books on which nodes are at work.
func mustRest(c *cobra.Command, s *storage.Snapshot, force bool) error {
	nodes, err := s.Nodes(time.Now())
	if err != nil || len(nodes) == 0 {
		return err
	}
	names := strings.Join(nodes, ", ")
	if !force {
		return fmt.Errorf("nodes are at work on these books: %s; stop them, and wait half a minute if one of them was killed", names)
	}
	fmt.Fprintf(c.ErrOrStderr(), "nodes are at work on these books: %s; what they write from now on stays behind\n", names)
	return nil
}
