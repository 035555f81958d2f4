package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
)

var (
	// ErrOlder refuses to read books whose schema is not this program's yet.
	ErrOlder = errors.New("storage: the schema is older than this program: run qrisd migrate up first")
	// ErrIncomplete refuses a database into which a copy was begun and not
	// finished.
	ErrIncomplete = errors.New("storage: a copy into this database was begun and not finished: remove it, or drop its tables, and copy again")
	// ErrNoBooks refuses a place where no books were ever kept.
	ErrNoBooks = errors.New("storage: there are no books here: name the file or the database that qrisd serve uses")
)

// relation is a table as the schema has it, its columns in their order.
type relation struct {
	name    string
	columns []string
	flags   []bool // which columns are BOOLEAN
	indexes []string
}

// schema gives every table of this program's schema, in the order in which
// they were made, so that a table comes after those it refers to. It is read
// from a database in memory that all migrations have made: what a migration
// adds is in it.
var schema = sync.OnceValues(func() ([]relation, error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, fmt.Errorf("storage: read the schema: %w", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	if err := migrate(ctx, db, goose.DialectSQLite3, migrations()); err != nil {
		return nil, err
	}
	return relations(ctx, db)
})

func relations(ctx context.Context, db *sql.DB) ([]relation, error) {
	names, err := listed(ctx, db, `SELECT name FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	all := make([]relation, len(names))
	for i, name := range names {
		all[i].name = name
		if all[i].columns, err = listed(ctx, db, "SELECT name FROM pragma_table_info($1) ORDER BY cid", name); err != nil {
			return nil, err
		}
		flags, err := listed(ctx, db, "SELECT type FROM pragma_table_info($1) ORDER BY cid", name)
		if err != nil {
			return nil, err
		}
		for _, kind := range flags {
			all[i].flags = append(all[i].flags, kind == "BOOLEAN")
		}
		all[i].indexes, err = listed(ctx, db, `SELECT name FROM sqlite_master
			WHERE type = 'index' AND tbl_name = $1 AND name NOT LIKE 'sqlite%' ORDER BY rowid`, name)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func listed(ctx context.Context, db *sql.DB, text string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("storage: read the schema: %w", err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("storage: read the schema: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// migrationFiles are the names of the schema's files by their numbers.
func migrationFiles() (map[int64]string, error) {
	names, err := fs.Glob(migrations(), "*.sql")
	files := make(map[int64]string, len(names))
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		number, failed := strconv.ParseInt(digits, 10, 64)
		err = errors.Join(err, failed)
		files[number] = name
	}
	return files, err
}

// SchemaStatus says how far the schema of a database has come.
type SchemaStatus struct {
	Current int64    // version of the database; 0: it has no schema
	Target  int64    // version of this program
	Pending []string // names of the migrations between the two
}

// Schema reads the schema's version at a location and changes nothing. Where
// there is no file it answers ErrNoBooks, where the schema is newer ErrNewer.
func Schema(ctx context.Context, location string) (SchemaStatus, error) {
	p, err := openPlace(ctx, location)
	if err != nil {
		return SchemaStatus{}, err
	}
	defer p.close()
	return p.status(ctx)
}

func (p *place) status(ctx context.Context) (s SchemaStatus, err error) {
	if s.Current, err = p.version(ctx); err != nil {
		return s, err
	}
	files, err := migrationFiles()
	if err != nil {
		return s, err
	}
	for number, name := range files {
		s.Target = max(s.Target, number)
		if number > s.Current {
			s.Pending = append(s.Pending, name)
		}
	}
	slices.Sort(s.Pending)
	if s.Current > s.Target {
		return s, fmt.Errorf("%w (version %d, this program knows %d)", ErrNewer, s.Current, s.Target)
	}
	return s, nil
}

// version is that of the newest migration; 0 where there was none.
func (p *place) version(ctx context.Context) (int64, error) {
	var tables int
	if err := p.conn.QueryRowContext(ctx, p.countTables, "goose_db_version").Scan(&tables); err != nil {
		return 0, fmt.Errorf("storage: read the schema's version: %w", p.explain(err))
	}
	if tables == 0 {
		return 0, nil
	}
	var version int64
	err := p.conn.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("storage: read the schema's version: %w", p.explain(err))
	}
	return version, nil
}

// mustFit refuses books whose schema is not this program's.
func (p *place) mustFit(ctx context.Context) error {
	s, err := p.status(ctx)
	switch {
	case err != nil:
		return err
	case s.Current == 0:
		return ErrNoBooks
	case s.Current < s.Target:
		return fmt.Errorf("%w (version %d, this program's is %d)", ErrOlder, s.Current, s.Target)
	}
	return nil
}

// Migrate brings the schema at a location up to this program's, as Open does,
// but makes no file and needs no key. It gives how the schema stood before.
func Migrate(ctx context.Context, location string) (before SchemaStatus, err error) {
	if before, err = Schema(ctx, location); err != nil {
		return before, err
	}
	s, err := Open(ctx, location, Options{Keys: Keys{blind: true}})
	if err != nil {
		return before, err
	}
	return before, s.Close()
}
