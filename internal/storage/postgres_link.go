package storage

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// link is one connection and what it needs to speak this package's SQL.
type link struct {
	conn  *pgx.Conn
	texts map[string]string
	stale bool // the server behind it should be left for another
}

func newLink(conn *pgx.Conn) *link { return &link{conn: conn, texts: make(map[string]string)} }

var forPostgres = strings.NewReplacer("/*postgres: ", "", " */", "")

// text is a statement with what stands in it for this engine alone.
func (k *link) text(text string) string {
	t, ok := k.texts[text]
	if !ok {
		t = forPostgres.Replace(text)
		k.texts[text] = t
	}
	return t
}

func (k *link) queue(batch *pgx.Batch, text string, args []any) {
	batch.Queue(k.text(text), plain(args)...)
}

// plain are the arguments as the driver's own types.
func plain(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case int:
			args[i] = int64(v)
		case driver.Valuer:
			if value, err := v.Value(); err == nil {
				args[i] = value
			}
		}
	}
	return args
}

// answer reads a statement's result.
func (k *link) answer(results pgx.BatchResults, a *ask) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	var fields []pgconn.FieldDescription
	for rows.Next() {
		if fields == nil {
			fields = slices.Clone(rows.FieldDescriptions()) // the next result takes their place
		}
		a.rows = append(a.rows, &rawRow{types: k.conn.TypeMap(), fields: fields, values: cloned(rows.RawValues())})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	a.affected, a.answered = rows.CommandTag().RowsAffected(), true
	return nil
}

// cloned are a row's values for longer than the next row.
func cloned(values [][]byte) [][]byte {
	size := 0
	for _, v := range values {
		size += len(v)
	}
	all, clones := make([]byte, 0, size), make([][]byte, len(values))
	for i, v := range values {
		if v == nil {
			continue
		}
		all = append(all, v...)
		clones[i] = all[len(all)-len(v) : len(all) : len(all)]
	}
	return clones
}

// rawRow is a row as it came over the wire.
type rawRow struct {
	types  *pgtype.Map
	fields []pgconn.FieldDescription
	values [][]byte

	shared bool // by some who have asked for it
	read   any  // by the first of them
}

func (r *rawRow) Scan(dest ...any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("a row has %d columns, %d were asked for", len(r.values), len(dest))
	}
	for i, d := range dest {
		if err := r.scan(i, d); err != nil {
			return fmt.Errorf("column %s: %w", r.fields[i].Name, err)
		}
	}
	return nil
}

// scan reads a value. Most are text or numbers, which need no plan.
func (r *rawRow) scan(i int, dest any) error {
	f, v := &r.fields[i], r.values[i]
	switch d := dest.(type) {
	case *string:
		if v != nil && f.DataTypeOID == pgtype.TextOID {
			*d = string(v)
			return nil
		}
	case *int64:
		if len(v) == 8 && f.DataTypeOID == pgtype.Int8OID && f.Format == pgtype.BinaryFormatCode {
			*d = int64(binary.BigEndian.Uint64(v))
			return nil
		}
	case moment:
		var us int64
		if err := r.scan(i, &us); err != nil {
			return err
		}
		return d.Scan(us)
	}
	return r.types.Scan(f.DataTypeOID, f.Format, v, dest)
}

// cut takes a number from the row's front.
func (r *rawRow) cut() (n int64, rest *rawRow, err error) {
	if err := r.scan(0, &n); err != nil {
		return 0, nil, err
	}
	return n, &rawRow{types: r.types, fields: r.fields[1:], values: r.values[1:]}, nil
}

// away is a failure that another attempt may not meet.
type away struct{ err error }

func (a *away) Error() string { return a.err.Error() }
func (a *away) Unwrap() error { return a.err }

// again are the SQLSTATEs after which a transaction is run again, and whether
// on another connection, perhaps to another server. Classes have two letters.
var again = map[string]struct{ elsewhere bool }{
	"40001": {false}, // serialization failure
	"40P01": {false}, // deadlock
	"55P03": {false}, // a lock was not to be had in time
	"08":    {true},  // connection failures
	"57P01": {true},  // the server shuts down,
	"57P02": {true},  // has crashed,
	"57P03": {true},  // or is starting
	"53300": {true},  // too many connections
	"25006": {true},  // a standby, or a primary that was one again
}

// judge tells failures that another attempt may not meet from the others, and
// adds the cure that an operator has.
func (k *link) judge(err error) error {
	if err == nil {
		return nil
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if k.conn.IsClosed() {
			return &away{err}
		}
		return err
	}
	a, ok := again[e.Code]
	if !ok {
		a, ok = again[e.Code[:2]]
	}
	k.stale = k.stale || a.elsewhere
	if ok {
		return &away{explainPostgres(err)}
	}
	return explainPostgres(err)
}

func transient(err error) bool {
	var a *away
	return errors.As(err, &a)
}

// postgresHints are the cures of the errors that an operator can cure.
var postgresHints = map[string]string{
	"25006": "this server only reads: point the URL at the primary, or add target_session_attrs=read-write",
	"28000": "check the URL's user and the server's pg_hba.conf",
	"28P01": "check the URL's user and password",
	"3D000": "create the database first: createdb",
	"42501": "grant the user the right to create tables in the schema",
	"53100": "the server's disk is full: free some space",
	"53300": "raise the server's max_connections or lower the number of nodes",
}

func explainPostgres(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		if hint := postgresHints[e.Code]; hint != "" {
			return fmt.Errorf("%w (%s)", err, hint)
		}
	}
	return err
}
