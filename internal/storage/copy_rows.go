package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

// Settings that are about a copy and not of the books: no copy takes them.
const (
	settingUnfinished = "copy.unfinished" // the copy into this database is not whole yet
	settingContents   = "copy.contents"   // what a backup holds
)

// source is what a table's rows are read from: without what is not of the
// books, and with those that an embedded store keeps elsewhere for a while.
func (r relation) source() string {
	switch r.name {
	case "setting":
		return "setting WHERE name NOT LIKE 'copy.%'"
	case "mark":
		return everyMark
	}
	return r.name
}

// everyMark is mark and what is on the way to it. A store that was killed may
// have some in both.
const everyMark = `(SELECT id, body, ref FROM mark UNION ALL SELECT id, body, ref FROM mark_new
	WHERE NOT EXISTS (SELECT 1 FROM mark AS old WHERE old.id = mark_new.id)) AS mark`

// rows visits a table's rows, each column as a string, an int64 or a bool. The
// values are good until the next row.
func (s *Snapshot) rows(r relation, visit func(values []any) error) error {
	values, pointers := make([]any, len(r.columns)), make([]any, len(r.columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	return s.query("SELECT "+strings.Join(r.columns, ", ")+" FROM "+r.source(), nil, func(row row) error {
		if err := row.Scan(pointers...); err != nil {
			return err
		}
		for i, v := range values {
			if n, ok := v.(int64); ok && r.flags[i] {
				values[i] = n != 0 // SQLite keeps it as a number
			}
		}
		return visit(values)
	})
}

// filling writes rows into a table, many to a commit.
type filling struct {
	to      *place
	r       relation
	full    *sql.Stmt // inserts as many rows as one statement takes
	args    []any
	pending int // rows of the open transaction
}

// commitRows is how many rows one commit takes, give or take a statement.
const commitRows = 10_000

func newFilling(ctx context.Context, to *place, r relation) (*filling, error) {
	full, err := to.conn.PrepareContext(ctx, r.insert(to.insertRows))
	if err != nil {
		return nil, fmt.Errorf("storage: insert %s: %w", r.name, to.explain(err))
	}
	return &filling{to: to, r: r, full: full}, nil
}

func (f *filling) add(ctx context.Context, values []any) error {
	if f.args = append(f.args, values...); len(f.args) < f.to.insertRows*len(values) {
		return nil
	}
	err := f.write(ctx, f.to.insertRows, func() error {
		_, err := f.full.ExecContext(ctx, f.args...)
		return err
	})
	if err == nil && f.pending >= commitRows {
		err = f.commit(ctx)
	}
	return err
}

// write inserts the rows that wait, in a transaction.
func (f *filling) write(ctx context.Context, rows int, insert func() error) error {
	if f.pending == 0 {
		if err := f.to.exec(ctx, "BEGIN"); err != nil {
			return err
		}
	}
	if err := insert(); err != nil {
		return fmt.Errorf("storage: insert %s: %w", f.r.name, f.to.explain(err))
	}
	f.args, f.pending = f.args[:0], f.pending+rows
	return nil
}

func (f *filling) commit(ctx context.Context) error {
	f.pending = 0
	return f.to.exec(ctx, "COMMIT")
}

// end writes what is left.
func (f *filling) end(ctx context.Context) error {
	if rows := len(f.args) / len(f.r.columns); rows > 0 {
		err := f.write(ctx, rows, func() error {
			_, err := f.to.conn.ExecContext(ctx, f.r.insert(rows), f.args...)
			return err
		})
		if err != nil {
			return err
		}
	}
	if f.pending == 0 {
		return nil
	}
	return f.commit(ctx)
}

// insert is the statement that adds n rows.
func (r relation) insert(n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + r.name + " (" + strings.Join(r.columns, ", ") + ") VALUES ")
	for i := range n * len(r.columns) {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%len(r.columns) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	return b.String() + ")"
}

// rowsSum adds up a digest of each row, so that the order does not count.
type rowsSum struct {
	rows      int64
	high, low uint64
	row       []byte // room for one, as it is hashed
}

func (s *rowsSum) add(values []any) {
	s.row = s.row[:0]
	for _, v := range values {
		s.row = appendValue(s.row, v)
	}
	digest := sha256.Sum256(s.row)
	var carry uint64
	s.low, carry = bits.Add64(s.low, binary.BigEndian.Uint64(digest[8:]), 0)
	s.high, _ = bits.Add64(s.high, binary.BigEndian.Uint64(digest[:]), carry)
	s.rows++
}

// appendValue writes a value so that no two rows look alike: its kind, its
// length if that is not fixed, and its bytes.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		b = binary.BigEndian.AppendUint32(append(b, 't'), uint32(len(v)))
		return append(b, v...)
	case int64:
		return binary.BigEndian.AppendUint64(append(b, 'n'), uint64(v))
	case bool:
		return append(b, 'b', map[bool]byte{true: 1}[v])
	}
	return fmt.Appendf(append(b, '?'), "%T %v", v, v) // nothing that this program writes
}

func (s *rowsSum) of(table string) TableRows {
	return TableRows{Table: table, Rows: s.rows, Sum: fmt.Sprintf("%016x%016x", s.high, s.low)}
}

// compare holds the tables against what they should hold.
func (s *Snapshot) compare(want []TableRows) error {
	return s.differences(want, func(v Violation) error {
		return fmt.Errorf("storage: table %s differs: expected %s, found %s", v.ID, v.Want, v.Got)
	})
}

// differences visits each table that does not hold what it should.
func (s *Snapshot) differences(want []TableRows, visit func(Violation) error) error {
	tables, err := copied()
	if err != nil {
		return err
	}
	byName := make(map[string]TableRows, len(want))
	for _, w := range want {
		byName[w.Table] = w
	}
	for _, r := range tables {
		var sum rowsSum
		if err := s.rows(r, func(values []any) error { sum.add(values); return nil }); err != nil {
			return err
		}
		if is, should := sum.of(r.name), byName[r.name]; is != should {
			if err := visit(Violation{ID: r.name, Want: should.say(), Got: is.say()}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t TableRows) say() string { return strconv.FormatInt(t.Rows, 10) + " rows that sum to " + t.Sum }

// Contents is what a backup says that it holds; pay.ErrNotFound where the
// books are no backup.
func (s *Snapshot) Contents() (Contents, error) {
	var c Contents
	text, err := reader{s}.Setting(settingContents)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("storage: read the backup's contents: %w", err)
	}
	return c, nil
}

func mustBeComplete(s *Snapshot) error {
	begun, err := reader{s}.Setting(settingUnfinished)
	switch {
	case err == nil:
		return fmt.Errorf("%w (%s)", ErrIncomplete, begun)
	case errors.Is(err, pay.ErrNotFound):
		return nil
	}
	return err
}
