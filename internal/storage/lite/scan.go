package lite

import (
	"fmt"
	"reflect"
	"unsafe"

	sqlite3 "modernc.org/sqlite/lib"
)

// What a column may be read into besides pointers to its own type. A scanner
// takes what it is, the others only what they are named for, without a value
// being made of it; the text is theirs until they return.
type (
	scanner     interface{ Scan(value any) error }
	intScanner  interface{ ScanInt(v int64) }
	textScanner interface{ ScanText(text []byte) error }
)

// Scan reads the columns of the row into pointers: to string, int64, int, bool,
// float64, []byte or any, or to what has these as its underlying type, or into
// a Scan method, as database/sql's Scanner has. The strings of a row lie in one
// piece of memory: who keeps one keeps all.
func (s *Stmt) Scan(dest ...any) error {
	if len(dest) != s.columns {
		return fmt.Errorf("lite: %d places for %d columns", len(dest), s.columns)
	}
	s.texts, s.strings = s.texts[:0], s.strings[:0]
	for i, d := range dest {
		if err := s.column(sqlite3.Xsqlite3_column_value(s.conn.tls, s.p, int32(i)), d); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	s.cut()
	return nil
}

// cut makes strings of the row's texts.
func (s *Stmt) cut() {
	whole, at := string(s.texts), 0
	for _, p := range s.strings {
		*p.to = whole[at:p.end]
		at = p.end
	}
	clear(s.strings)
}

// column reads a column, but leaves a text for a string behind those before it.
func (s *Stmt) column(from uintptr, dest any) error {
	tls := s.conn.tls
	kind := sqlite3.Xsqlite3_value_type(tls, from)
	switch d := dest.(type) {
	case *string:
		if kind == sqlite3.SQLITE_TEXT {
			s.texts = append(s.texts, s.text(from)...)
			s.strings = append(s.strings, place{d, len(s.texts)})
			return nil
		}
	case *int64:
		if kind == sqlite3.SQLITE_INTEGER {
			*d = sqlite3.Xsqlite3_value_int64(tls, from)
			return nil
		}
	case *int:
		if kind == sqlite3.SQLITE_INTEGER {
			*d = int(sqlite3.Xsqlite3_value_int64(tls, from))
			return nil
		}
	case intScanner:
		if kind == sqlite3.SQLITE_INTEGER {
			d.ScanInt(sqlite3.Xsqlite3_value_int64(tls, from))
			return nil
		}
	case textScanner:
		if kind == sqlite3.SQLITE_TEXT {
			return d.ScanText(s.text(from))
		}
	}
	if d, ok := dest.(scanner); ok {
		return d.Scan(s.value(from, kind))
	}
	return assign(dest, s.value(from, kind))
}

// text is a value's, where SQLite has it until the next step.
func (s *Stmt) text(value uintptr) []byte {
	from := sqlite3.Xsqlite3_value_text(s.conn.tls, value)
	return s.bytes(value, from)
}

func (s *Stmt) blob(value uintptr) []byte {
	from := sqlite3.Xsqlite3_value_blob(s.conn.tls, value)
	return s.bytes(value, from)
}

func (s *Stmt) bytes(value, from uintptr) []byte {
	n := sqlite3.Xsqlite3_value_bytes(s.conn.tls, value)
	if from == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(at(from)), n)
}

// value is a column as a driver of database/sql would give it.
func (s *Stmt) value(from uintptr, kind int32) any {
	switch tls := s.conn.tls; kind {
	case sqlite3.SQLITE_INTEGER:
		return sqlite3.Xsqlite3_value_int64(tls, from)
	case sqlite3.SQLITE_FLOAT:
		return sqlite3.Xsqlite3_value_double(tls, from)
	case sqlite3.SQLITE_TEXT:
		return string(s.text(from))
	case sqlite3.SQLITE_BLOB:
		return append([]byte{}, s.blob(from)...)
	}
	return nil
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
