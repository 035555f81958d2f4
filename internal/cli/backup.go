package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/storage"
)

func backupCommand() *cobra.Command {
	admin, books := new(adminFlags), new(booksFlags)
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the books into a file, while payments go on",
		Long: `Copy the books, as they stand at one moment, into a new file: an SQLite database
(mode 0600), whatever the engine. Payments go on. A database is read directly.
An embedded store that a server has open is asked of that server, at its
management API; one that nobody has open is read from its file.

The file has its name only once it is whole. It is then checked as qrisd verify
does: books that break an invariant are kept as they are, and named.`,
		Example: `  qrisd backup /backup/qrisd-2026-01-31.db
  qrisd backup --store postgres://qrisd@db/qrisd /backup/qrisd-2026-01-31.db`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			books.data = admin.data
			if err := backup(c, admin, books.location(), args[0]); err != nil {
				return fmt.Errorf("backup: %w", err)
			}
			return nil
		},
	}
	admin.bind(c)
	books.bindStore(c)
	return c
}

func backup(c *cobra.Command, admin *adminFlags, location, file string) error {
	if err := storage.MustBeNew(file); err != nil {
		return err
	}
	used, err := inUse(c.Context(), location)
	if err != nil {
		return err
	}
	if used {
		err = askBackup(c.Context(), admin, file)
	} else {
		err = storage.Read(c.Context(), location, func(s *storage.Snapshot) error {
			_, err := storage.Backup(c.Context(), s, file, time.Now(), storage.CopyOptions{Progress: progress(c)})
			return err
		})
	}
	if err != nil {
		return err
	}
	return storage.Read(c.Context(), file, func(s *storage.Snapshot) error {
		contents, err := s.Contents()
		if err != nil {
			return err
		}
		if admin.json {
			err = printJSON(c.OutOrStdout(), contents)
		} else {
			sayContents(c.OutOrStdout(), file, contents)
		}
		if err != nil {
			return err
		}
		if err := keepsTo(s); err != nil {
			return fmt.Errorf("the books are in %s, but they are wrong: %w", file, err)
		}
		return nil
	})
}

// inUse reports whether a server has an embedded store open.
func inUse(ctx context.Context, location string) (bool, error) {
	if storage.IsPostgres(location) {
		return false, nil
	}
	release, err := storage.Hold(ctx, location)
	switch {
	case errors.Is(err, storage.ErrInUse):
		return true, nil
	case err != nil:
		return false, err
	}
	return false, release() // a server may start meanwhile
}

// askBackup lets the server that has the store open make the backup.
func askBackup(ctx context.Context, f *adminFlags, file string) (err error) {
	a, err := f.client()
	if err != nil {
		return fmt.Errorf("the store is in use, so its server must be asked: %w", err)
	}
	body, err := a.stream(ctx, http.MethodGet, path("backup"), nil)
	if err != nil {
		return err
	}
	defer body.Close()
	unfinished := file + storage.Unfinished
	out, err := os.OpenFile(unfinished, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, body)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(fmt.Errorf("receiving the backup: %w", err), os.Remove(unfinished))
	}
	return storage.Finish(file)
}

// backup makes a backup for the management API, in the server's own folder:
// there is room where the store is.
func (o serveOptions) backup(ctx context.Context) (string, error) {
	file := filepath.Join(o.data, "backup-"+rand.Text()+".db")
	return file, storage.Read(ctx, o.location(), func(s *storage.Snapshot) error {
		_, err := storage.Backup(ctx, s, file, time.Now(), storage.CopyOptions{})
		return err
	})
}
