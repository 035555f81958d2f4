package lite

import (
	"fmt"
	"reflect"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

type scanner interface{ Scan(value any) error }

// Scan reads the columns of the row into pointers: to string, int64, int, bool,
// float64, []byte or any, or to what has these as its underlying type, or into
// a Scan method, as database/sql's Scanner has.
func (s *Stmt) Scan(dest ...any) error {
	if len(dest) != s.columns {
		return fmt.Errorf("lite: %d places for %d columns", len(dest), s.columns)
	}
	for i, d := range dest {
		if err := s.column(int32(i), d); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *Stmt) column(i int32, dest any) error {
	kind := sqlite3.Xsqlite3_column_type(s.conn.tls, s.p, i)
	switch d := dest.(type) {
	case *string:
		if kind == sqlite3.SQLITE_TEXT {
			*d = s.text(i)
			return nil
		}
	case *int64:
		if kind == sqlite3.SQLITE_INTEGER {
			*d = sqlite3.Xsqlite3_column_int64(s.conn.tls, s.p, i)
			return nil
		}
	case *int:
		if kind == sqlite3.SQLITE_INTEGER {
			*d = int(sqlite3.Xsqlite3_column_int64(s.conn.tls, s.p, i))
			return nil
		}
	case scanner:
		return d.Scan(s.value(i, kind))
	}
	return assign(dest, s.value(i, kind))
}

func (s *Stmt) text(i int32) string {
	from := sqlite3.Xsqlite3_column_text(s.conn.tls, s.p, i)
	n := sqlite3.Xsqlite3_column_bytes(s.conn.tls, s.p, i)
	if from == 0 || n == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(at(from)), n))
}

// value is a column as a driver of database/sql would give it.
func (s *Stmt) value(i, kind int32) any {
	tls := s.conn.tls
	switch kind {
	case sqlite3.SQLITE_INTEGER:
		return sqlite3.Xsqlite3_column_int64(tls, s.p, i)
	case sqlite3.SQLITE_FLOAT:
		return sqlite3.Xsqlite3_column_double(tls, s.p, i)
	case sqlite3.SQLITE_TEXT:
		return s.text(i)
	case sqlite3.SQLITE_BLOB:
		return s.blob(tls, i)
	}
	return nil
}

func (s *Stmt) blob(tls *libc.TLS, i int32) []byte {
	from := sqlite3.Xsqlite3_column_blob(tls, s.p, i)
	n := sqlite3.Xsqlite3_column_bytes(tls, s.p, i)
	if from == 0 || n == 0 {
		return []byte{}
	}
	return append([]byte{}, unsafe.Slice((*byte)(at(from)), n)...)
}

// assign puts a value into what a pointer points to, if their kinds fit.
func assign(dest, value any) error {
	to := reflect.ValueOf(dest)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("lite: a %T is no place for a value", dest)
	}
	to = to.Elem()
	switch v := value.(type) {
	case int64:
		switch {
		case to.CanInt():
			to.SetInt(v)
			return nil
		case to.Kind() == reflect.Bool:
			to.SetBool(v != 0)
			return nil
		}
	case float64:
		if to.CanFloat() {
			to.SetFloat(v)
			return nil
		}
	case string:
		if to.Kind() == reflect.String {
			to.SetString(v)
			return nil
		}
	case []byte:
		if to.Type() == reflect.TypeFor[[]byte]() {
			to.SetBytes(v)
			return nil
		}
	}
	if to.Kind() == reflect.Interface && to.NumMethod() == 0 {
		if value == nil {
			to.SetZero()
		} else {
			to.Set(reflect.ValueOf(value))
		}
		return nil
	}
	return fmt.Errorf("lite: a %T does not fit a %T", value, dest)
}
