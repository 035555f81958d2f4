package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

func restoreCommand() *cobra.Command {
	books := new(booksFlags)
	var force bool
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Copy a backup into an empty store",
		Long: `Check a backup and copy it into an empty store: a file that is not there yet, or
an empty database. A backup that is damaged, that was altered or that breaks an
invariant is refused, and what is wrong is named. The copy is compared with the
backup and checked again; until then the store refuses to be served.

Secrets stay sealed: the store is served with the master key of the books that
were backed up, which for a sandbox is store.key in its data folder. Credentials
of a sandbox's partners are in sandbox.json. Neither is part of the books: keep
these files too.`,
		Example: `  qrisd restore --data qrisd-data /backup/qrisd-2026-01-31.db
  qrisd restore --store postgres://qrisd@db/qrisd /backup/qrisd-2026-01-31.db`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := restore(c, args[0], books.location(), force); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			return nil
		},
	}
	books.bind(c)
	c.Flags().BoolVar(&force, "force", false, "restore books although they break an invariant, where there is no better backup")
	return c
}

func restore(c *cobra.Command, file, location string, force bool) error {
	if storage.IsPostgres(file) {
		return errors.New("a backup is a file: copy a database with qrisd move")
	}
	contents, err := copyBooks(c, file, location, force, nil)
	if err != nil {
		return err
	}
	sayContents(c.OutOrStdout(), shown(location), contents)
	return sayMasterKey(c, location)
}

// sayMasterKey says which key a copy is to be served with: none is copied.
func sayMasterKey(c *cobra.Command, location string) error {
	return storage.Read(c.Context(), location, func(s *storage.Snapshot) error {
		id, err := s.MasterKey()
		if err == nil && id != "" {
			fmt.Fprintf(c.OutOrStdout(), "its secrets are sealed under master key %s: serve it with the key of the books that it comes from\n", id)
		}
		return err
	})
}

// copyBooks copies books from one location to another, dated as the backup
// that they come from, or as of now.
func copyBooks(c *cobra.Command, from, to string, force bool, may func(context.Context, *storage.Snapshot) error) (storage.Contents, error) {
	o := storage.CopyOptions{Check: keepsTo, Progress: progress(c)}
	if force {
		o.Check = nil
	}
	var copied storage.Contents
	err := storage.Read(c.Context(), from, func(s *storage.Snapshot) error {
		at := time.Now()
		switch backup, err := s.Contents(); {
		case err == nil:
			at = backup.At
		case !errors.Is(err, pay.ErrNotFound):
			return err
		}
		if may != nil {
			if err := may(c.Context(), s); err != nil {
				return err
			}
		}
		var err error
		copied, err = storage.Copy(c.Context(), s, to, at, o)
		return err
	})
	return copied, err
}
