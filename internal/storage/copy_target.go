package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
)

// target is a database to be filled.
type target struct {
	*place
	made string // the file that was made for it; empty: it was there
}

// targetPragmas keep a file whole by itself, without a log beside it.
var targetPragmas = []string{
	"busy_timeout(5000)", "journal_mode(DELETE)", "synchronous(FULL)", "foreign_keys(ON)", "cache_size(-65536)",
}

// openTarget opens a location to be filled, and makes its schema. A file is
// made if need be, and locked if others could open it.
func openTarget(ctx context.Context, location string, lock bool) (*target, error) {
	if IsPostgres(location) {
		return openPostgresTarget(ctx, location)
	}
	path, err := filepath.Abs(location)
	if err != nil {
		return nil, fmt.Errorf("storage: the path of the file: %w", err)
	}
	if !lock {
		return openSQLiteTarget(ctx, path)
	}
	held, err := lockSQLite(ctx, path+".lock")
	if err != nil {
		return nil, err
	}
	t, err := openSQLiteTarget(ctx, path)
	if err != nil {
		return nil, errors.Join(err, held.close())
	}
	t.lock = held
	return t, nil
}

func openSQLiteTarget(ctx context.Context, path string) (*target, error) {
	if err := mustBeEmpty(ctx, path); err != nil {
		return nil, err
	}
	t := new(target)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		t.made = path
	}
	f, err := openFile(path, targetPragmas...)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, f.db, goose.DialectSQLite3, migrations()); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", explainSQLite(err), path), f.close(), t.discard())
	}
	if t.place, err = connectPlace(ctx, sqliteEngine, f.db); err != nil {
		return nil, errors.Join(err, t.discard())
	}
	return t, nil
}

func openPostgresTarget(ctx context.Context, url string) (*target, error) {
	if err := mustBeEmpty(ctx, url); err != nil {
		return nil, err
	}
	config, err := postgresConfig(url, Options{}.orDefault(postgresReaders))
	if err != nil {
		return nil, err
	}
	if err := preparePostgres(ctx, config.ConnConfig); err != nil {
		return nil, err
	}
	p, err := openPostgresPlace(ctx, url)
	if err != nil {
		return nil, err
	}
	return &target{place: p}, nil
}

// discard removes the file that was made.
func (t *target) discard() error {
	if t.made == "" {
		return nil
	}
	return os.Remove(t.made)
}

// mustBeEmpty refuses a location that holds anything, and names the table. It
// changes nothing there.
func mustBeEmpty(ctx context.Context, location string) error {
	p, err := openPlace(ctx, location)
	if errors.Is(err, ErrNoBooks) {
		return nil
	}
	if err != nil {
		return err
	}
	defer p.close()
	tables, err := copied()
	if err != nil {
		return err
	}
	return p.read(ctx, func(s *Snapshot) error {
		if err := s.mustBeWhole(); err != nil {
			return err
		}
		for _, r := range tables {
			if err := s.mustBeEmpty(r.name); err != nil {
				return err
			}
		}
		return nil
	})
}

// mustBeWhole refuses what is left of a copy, also where there is no schema.
func (s *Snapshot) mustBeWhole() error {
	there, err := scalar[int64](s, s.countTables, "setting")
	if err != nil || there == 0 {
		return err
	}
	return mustBeComplete(s)
}

func (s *Snapshot) mustBeEmpty(table string) error {
	there, err := scalar[int64](s, s.countTables, table)
	if err != nil || there == 0 {
		return err
	}
	rows, err := scalar[int64](s, "SELECT COUNT(*) FROM (SELECT 1 FROM "+table+" LIMIT 1) AS one")
	if err == nil && rows > 0 {
		err = fmt.Errorf("storage: the target is not empty, table %s has rows: name an empty database, or a file that is not there", table)
	}
	return err
}

// adopt is how a database is opened to be written: it refuses what is left of
// a copy that was not finished, and a backup becomes a store, whose contents
// will change.
func adopt(ctx context.Context, db *sql.DB) error {
	var n int
	err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM setting WHERE name = $1", settingUnfinished).Scan(&n)
	if err != nil {
		return fmt.Errorf("storage: look for an unfinished copy: %w", err)
	}
	if n > 0 {
		return ErrIncomplete
	}
	if _, err := db.ExecContext(ctx, "DELETE FROM setting WHERE name = $1", settingContents); err != nil {
		return fmt.Errorf("storage: forget the backup's contents: %w", err)
	}
	return nil
}

// Hold keeps an embedded store from being opened by anyone until release, or
// answers ErrInUse.
func Hold(ctx context.Context, path string) (release func() error, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("storage: the path of the file: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%w (%s does not exist)", ErrNoBooks, path)
	}
	f, err := lockSQLite(ctx, path+".lock")
	if err != nil {
		return nil, err
	}
	return f.close, nil
}
