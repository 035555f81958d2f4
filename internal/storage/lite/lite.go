// Package lite is SQLite's own interface for one caller at a time: connections,
// prepared statements, values. database/sql asks a driver for the names and
// types of the columns at every query and copies each value several times,
// which costs more than the queries of this program.
package lite

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Error is what SQLite answers instead of doing what it was asked.
type Error struct {
	code    int32
	message string
}

func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.message, e.code) }

// Code is SQLite's extended result code.
func (e *Error) Code() int { return int(e.code) }

var errMemory = errors.New("lite: out of memory")

// Conn is a connection. It is not safe for concurrent use.
type Conn struct {
	tls *libc.TLS
	db  uintptr
	out uintptr // where SQLite puts the address of what it makes
}

// at reads an address of C's memory as a pointer.
func at(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// Open opens or makes the database that a URI names (https://sqlite.org/uri.html).
func Open(uri string) (*Conn, error) {
	c := &Conn{tls: libc.NewTLS()}
	if c.out = libc.Xmalloc(c.tls, 16); c.out == 0 {
		c.tls.Close()
		return nil, errMemory
	}
	name, err := libc.CString(uri)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	defer libc.Xfree(c.tls, name)
	const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_URI
	*(*uintptr)(at(c.out)) = 0
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.out, flags, 0)
	c.db = *(*uintptr)(at(c.out))
	if rc != sqlite3.SQLITE_OK {
		return nil, errors.Join(c.failed(rc), c.Close())
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	return c, nil
}

// Close ends the connection. Its statements must be closed before.
func (c *Conn) Close() (err error) {
	if c.db != 0 {
		if rc := sqlite3.Xsqlite3_close_v2(c.tls, c.db); rc != sqlite3.SQLITE_OK {
			err = &Error{rc, "close"}
		}
	}
	libc.Xfree(c.tls, c.out)
	c.tls.Close()
	return err
}

// failed is what SQLite says of its last failure.
func (c *Conn) failed(rc int32) error {
	if c.db == 0 {
		return &Error{rc, libc.GoString(sqlite3.Xsqlite3_errstr(c.tls, rc))}
	}
	return &Error{sqlite3.Xsqlite3_extended_errcode(c.tls, c.db), libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

// OnCommit has f called in each COMMIT; a result that is not zero makes it
// fail.
func (c *Conn) OnCommit(f func() int32) {
	hook := func(*libc.TLS, uintptr) int32 { return f() }
	sqlite3.Xsqlite3_commit_hook(c.tls, c.db, *(*uintptr)(unsafe.Pointer(&hook)), 0)
	hooks = append(hooks, &hook)
}

// OnWAL has f called after each COMMIT with the number of frames in the
// write-ahead log, in place of a checkpoint by SQLite itself.
func (c *Conn) OnWAL(f func(frames int)) {
	hook := func(_ *libc.TLS, _, _, _ uintptr, frames int32) int32 {
		f(int(frames))
		return sqlite3.SQLITE_OK
	}
	sqlite3.Xsqlite3_wal_hook(c.tls, c.db, *(*uintptr)(unsafe.Pointer(&hook)), 0)
	hooks = append(hooks, &hook)
}

// hooks are kept from being collected: C's memory is not searched.
var hooks []any

// Stmt is a prepared statement.
type Stmt struct {
	conn    *Conn
	p       uintptr
	params  []int // of each of SQLite's parameters, its place among the values
	values  int
	columns int
	args    []byte // the texts of the parameters

	texts   []byte // the texts of the row that is read
	strings []place
}

// place is where a text of the row is to go, and where it ends among them.
type place struct {
	to  *string
	end int
}

// Prepare compiles a statement.
func (c *Conn) Prepare(text string) (*Stmt, error) {
	sql, err := libc.CString(text)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, sql)
	rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, sql, int32(len(text)), sqlite3.SQLITE_PREPARE_PERSISTENT, c.out, 0)
	if rc != sqlite3.SQLITE_OK {
		return nil, c.failed(rc)
	}
	s := &Stmt{conn: c, p: *(*uintptr)(at(c.out))}
	s.columns = int(sqlite3.Xsqlite3_column_count(c.tls, s.p))
	for i := range sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.p) {
		place, err := s.place(i)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.params = append(s.params, place)
		s.values = max(s.values, place+1)
	}
	return s, nil
}

// place is where the value of a parameter stands: $2 takes the second, ? takes
// the next. SQLite numbers the former by where they are first named.
func (s *Stmt) place(i int32) (int, error) {
	name := libc.GoString(sqlite3.Xsqlite3_bind_parameter_name(s.conn.tls, s.p, i+1))
	if name == "" {
		return int(i), nil
	}
	n, err := strconv.Atoi(name[1:])
	if err != nil || n < 1 {
		return 0, fmt.Errorf("lite: a parameter has the name %q: write $1, $2 and so on, or ?", name)
	}
	return n - 1, nil
}

// Close frees the statement.
func (s *Stmt) Close() error {
	sqlite3.Xsqlite3_finalize(s.conn.tls, s.p) // answers what the last run answered
	return nil
}

// Bind sets all parameters: nil, int64, float64, bool, string or []byte.
func (s *Stmt) Bind(args []any) error {
	if len(args) != s.values {
		return fmt.Errorf("lite: %d values for %d parameters", len(args), s.values)
	}
	s.room(args)
	for i, place := range s.params {
		if err := s.bind(int32(i+1), args[place]); err != nil {
			return err
		}
	}
	return nil
}

// room makes place for the texts, which SQLite reads where they are.
func (s *Stmt) room(args []any) {
	n := 1
	for _, a := range args {
		switch v := a.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	if cap(s.args) < n {
		s.args = make([]byte, 0, 2*n)
	}
	s.args = s.args[:0]
}

func (s *Stmt) bind(i int32, a any) error {
	var rc int32
	tls := s.conn.tls
	switch v := a.(type) {
	case nil:
		rc = sqlite3.Xsqlite3_bind_null(tls, s.p, i)
	case int64:
		rc = sqlite3.Xsqlite3_bind_int64(tls, s.p, i, v)
	case bool:
		n := int64(0)
		if v {
			n = 1
		}
		rc = sqlite3.Xsqlite3_bind_int64(tls, s.p, i, n)
	case float64:
		rc = sqlite3.Xsqlite3_bind_double(tls, s.p, i, v)
	case string:
		from := s.keep(v)
		rc = sqlite3.Xsqlite3_bind_text(tls, s.p, i, from, int32(len(v)), 0)
	case []byte:
		from := s.keep(unsafe.String(unsafe.SliceData(v), len(v)))
		rc = sqlite3.Xsqlite3_bind_blob(tls, s.p, i, from, int32(len(v)), 0)
	default:
		return fmt.Errorf("lite: parameter %d is a %T", i, a)
	}
	if rc != sqlite3.SQLITE_OK {
		return s.conn.failed(rc)
	}
	return nil
}

// keep copies a text to where it stays until the next Bind.
func (s *Stmt) keep(text string) (address uintptr) {
	n := len(s.args)
	s.args = append(s.args, text...)
	return uintptr(unsafe.Pointer(unsafe.SliceData(s.args))) + uintptr(n)
}

// Step runs the statement to its next row, or to its end.
func (s *Stmt) Step() (row bool, err error) {
	switch rc := sqlite3.Xsqlite3_step(s.conn.tls, s.p); rc & 0xff {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.conn.failed(rc)
	}
}

// Reset makes the statement ready to run again, and ends what it reads.
func (s *Stmt) Reset() { sqlite3.Xsqlite3_reset(s.conn.tls, s.p) }

// Changes is how many rows the last statement that writes has touched.
func (c *Conn) Changes() int64 { return sqlite3.Xsqlite3_changes64(c.tls, c.db) }
