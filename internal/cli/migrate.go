package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/storage"
)

func migrateCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "migrate",
		Short: "Bring a store's schema up to date, or show how it stands",
		Long: `Bring a store's schema up to date, or show how it stands. qrisd serve does so by
itself when it starts; a step of its own is for deployments that want it apart,
and for backups of an older version. A schema that is newer than the program is
refused by every command.`,
	}, migrateUpCommand(), migrateStatusCommand())
}

func migrateUpCommand() *cobra.Command {
	books := new(booksFlags)
	c := &cobra.Command{
		Use:   "up",
		Short: "Bring the schema up to date",
		Long: `Bring the schema up to this program's. Nodes of the version before go on working
on a database meanwhile. A backup that is migrated becomes a store and forgets
what it was written with: verify it before, and keep the original.`,
		Example: `  qrisd migrate up --store postgres://qrisd@db/qrisd`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			before, err := storage.Migrate(c.Context(), books.location())
			if err != nil {
				return fmt.Errorf("migrate up: %w", err)
			}
			if len(before.Pending) == 0 {
				fmt.Fprintf(c.OutOrStdout(), "%s: schema %d, nothing to do\n", shown(books.location()), before.Current)
				return nil
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: schema %d, was %d\n", shown(books.location()), before.Target, before.Current)
			return nil
		},
	}
	books.bind(c)
	return c
}

func migrateStatusCommand() *cobra.Command {
	books := new(booksFlags)
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show the schema's version, and what is pending",
		Long:    `Show the schema's version, this program's and what is pending between the two. It exits with 1 when something is.`,
		Example: `  qrisd migrate status --data qrisd-data`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			status, err := storage.Schema(c.Context(), books.location())
			if err != nil {
				return fmt.Errorf("migrate status: %w", err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: schema %d, this program's is %d\n", shown(books.location()), status.Current, status.Target)
			if len(status.Pending) == 0 {
				return nil
			}
			fmt.Fprintf(c.OutOrStdout(), "pending:\n  %s\n", strings.Join(status.Pending, "\n  "))
			return errSilent
		},
	}
	books.bind(c)
	return c
}
