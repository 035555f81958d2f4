package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

// engine is what reading and filling books by hand needs to know of an engine.
type engine struct {
	explain     func(error) error
	snapshot    string // begins a transaction that reads one snapshot
	countTables string // with a name: 1 if there is such a table
	columnsOf   string // names a table's columns
	indexesOf   string // names its indexes
	wholeness   string // names what is damaged, a line each, or is "ok"; empty: the engine looks after itself
	insertRows  int    // rows of one INSERT: worth many where it costs a round trip
}

var sqliteEngine = engine{
	explain:     explainSQLite,
	snapshot:    "BEGIN",
	countTables: "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
	columnsOf:   "SELECT name FROM pragma_table_info($1)",
	indexesOf:   "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = $1",
	wholeness:   "PRAGMA integrity_check(10)",
	insertRows:  1,
}

var postgresEngine = engine{
	explain:  explainPostgres,
	snapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	countTables: `SELECT COUNT(*) FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_name = $1`,
	columnsOf: `SELECT column_name::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1`,
	indexesOf:  "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND tablename = $1",
	insertRows: 200,
}

// place is the books at a location as they are, on a connection of their own:
// nothing is migrated, and what is asked can be cut short.
type place struct {
	engine
	db   *sql.DB
	conn *sql.Conn
	lock *sqliteFile // nil: others may have the books open too
}

// openPlace opens books to be read. Those of an embedded store may be in use:
// one process writes them, any may read.
func openPlace(ctx context.Context, location string) (*place, error) {
	if IsPostgres(location) {
		return openPostgresPlace(ctx, location)
	}
	path, err := filepath.Abs(location)
	if err == nil {
		_, err = os.Stat(path) // opening the file would release SQLite's locks on it
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w (%s does not exist)", ErrNoBooks, location)
	}
	if err != nil {
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	if err := recoverUnused(ctx, path); err != nil {
		return nil, err
	}
	return connectSQLite(ctx, path, "busy_timeout(5000)", "query_only(ON)")
}

// connectSQLite opens a file that is there.
func connectSQLite(ctx context.Context, path string, pragmas ...string) (*place, error) {
	db, err := sql.Open("sqlite", sqliteDSN(path, pragmas...)+"&mode=rw")
	if err != nil {
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	return connectPlace(ctx, sqliteEngine, db)
}

// openPostgresPlace lets a snapshot stand while another database is filled
// from it.
func openPostgresPlace(ctx context.Context, url string) (*place, error) {
	config, err := postgresConfig(url, Options{}.orDefault(postgresReaders))
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	return connectPlace(ctx, postgresEngine, stdlib.OpenDB(*config.ConnConfig))
}

func connectPlace(ctx context.Context, e engine, db *sql.DB) (*place, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("storage: connect: %w", e.explain(err)), db.Close())
	}
	return &place{engine: e, db: db, conn: conn}, nil
}

func (p *place) close() error {
	err := errors.Join(p.conn.Close(), p.db.Close())
	if p.lock != nil {
		err = errors.Join(err, p.lock.close())
	}
	return err
}

func (p *place) exec(ctx context.Context, text string, args ...any) error {
	if _, err := p.conn.ExecContext(ctx, text, args...); err != nil {
		return fmt.Errorf("storage: %s: %w", step(text), p.explain(err))
	}
	return nil
}

// read runs f on one snapshot of the books.
func (p *place) read(ctx context.Context, f func(*Snapshot) error) error {
	if err := p.exec(ctx, p.snapshot); err != nil {
		return err
	}
	// Nothing was written, so what comes of its end is of no matter.
	defer p.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return f(&Snapshot{place: p, ctx: ctx})
}

// Snapshot is books as they stand at one moment.
type Snapshot struct {
	*place
	ctx context.Context
}

// Read opens the books at a location to be read as they stand at this moment,
// beside those who write them. It refuses a schema that is not this program's
// (ErrOlder, ErrNewer), a place without books (ErrNoBooks), and what is left
// of a copy that was not finished (ErrIncomplete).
func Read(ctx context.Context, location string, f func(*Snapshot) error) error {
	p, err := openPlace(ctx, location)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.mustFit(ctx); err != nil {
		return err
	}
	return p.read(ctx, func(s *Snapshot) error {
		if err := mustBeComplete(s); err != nil {
			return err
		}
		return f(s)
	})
}

// query implements querier. The context ends a statement that runs.
func (s *Snapshot) query(text string, args []any, scan func(row) error) error {
	rows, err := s.conn.QueryContext(s.ctx, text, args...)
	if err != nil {
		return fmt.Errorf("storage: %s: %w", step(text), s.explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("storage: %s: %w", step(text), s.explain(err))
	}
	return nil
}

func (s *Snapshot) marked(id string) (markRow, error) { return markedBy(s, id) }

// Nodes are the servers that work on the books at a moment, by their leases;
// an embedded store has a lock instead.
func (s *Snapshot) Nodes(now time.Time) ([]string, error) {
	leases, err := reader{s}.Leases("node ")
	var live []string
	for _, l := range leases {
		if l.Until.After(now) {
			live = append(live, l.Holder)
		}
	}
	return live, err
}
