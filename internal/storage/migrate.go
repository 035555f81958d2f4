package storage

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

var (
	// ErrNewer refuses a database that a newer program has migrated.
	ErrNewer = errors.New("storage: the schema is newer than this program: run the program that wrote it, or restore a backup from before")
	// ErrInUse refuses a database that is open already.
	ErrInUse = errors.New("storage: the database is in use: stop the other process, or give this one a folder of its own")
)

//go:embed migration/*.sql
var embedded embed.FS

// migrations are the schema's files, one statement each, in the order of their
// numbers. A file that was released never changes.
func migrations() fs.FS {
	files, err := fs.Sub(embedded, "migration")
	if err != nil {
		panic(err) // the folder's name above is no valid path
	}
	return files
}

// migrate brings a database up to the schema of this program and takes it for
// a store.
func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect, ddl fs.FS, o ...goose.ProviderOption) error {
	o = append(o, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	p, err := goose.NewProvider(dialect, db, ddl, o...)
	if err != nil {
		return fmt.Errorf("storage: read the migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("storage: read the schema's version: %w", err)
	}
	if current > target {
		return fmt.Errorf("%w (version %d, this program knows %d)", ErrNewer, current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("storage: migrate the schema from version %d to %d: %w", current, target, err)
	}
	return adopt(ctx, db)
}
