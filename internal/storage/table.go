package storage

import (
	"cmp"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// table says how a struct lies in its table. The same list of fields writes
// and reads a row, so the two cannot disagree.
type table[T any] struct {
	name    string
	columns []string
	fields  func(*T) []any // pointers to the fields, in the order of columns
}

// insert is the statement that adds a row unless its key exists. The extra
// columns take the values that follow the fields'.
func (t table[T]) insert(extra ...string) string {
	columns := append(t.columns[:len(t.columns):len(t.columns)], extra...)
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(columns, ", ") +
		") VALUES (" + strings.Join(marks, ", ") + ") ON CONFLICT DO NOTHING"
}

// upsert is the statement that adds a row or replaces the one with its key.
func (t table[T]) upsert(key ...string) string {
	sets := make([]string, len(t.columns))
	for i, c := range t.columns {
		sets[i] = c + " = excluded." + c
	}
	insert := strings.TrimSuffix(t.insert(), "DO NOTHING")
	return insert + "(" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(sets, ", ")
}

// find is the statement that reads the rows that a clause selects.
func (t table[T]) find(clause string) string {
	return "SELECT " + strings.Join(t.columns, ", ") + " FROM " + t.name + " " + clause
}

// values are what a row's columns hold.
func (t table[T]) values(v *T) []any {
	fields := t.fields(v)
	for i, f := range fields {
		fields[i] = valueOf(f)
	}
	return fields
}

func valueOf(field any) any {
	switch p := field.(type) {
	case *string:
		return *p
	case *int64:
		return *p
	case *int:
		return *p
	case *bool:
		return *p
	}
	return field // a driver.Valuer
}

// visit reads rows one by one.
func (t table[T]) visit(q querier, text string, args []any, visit func(T) error) error {
	return q.query(text, args, func(r row) error {
		v, err := t.scan(r)
		if err != nil {
			return err
		}
		return visit(v)
	})
}

func (t table[T]) scan(r row) (v T, err error) {
	err = t.read(r, &v)
	return v, err
}

// read is scan to where the row is to lie.
func (t table[T]) read(r row, to *T) error {
	many, _ := r.(*rawRow)
	if many != nil && many.shared {
		if v, ok := many.read.(T); ok {
			*to = v
			return nil
		}
	}
	if err := r.Scan(t.fields(to)...); err != nil {
		return fmt.Errorf("storage: read a row of %s: %w", t.name, err)
	}
	if many != nil && many.shared {
		many.read = *to
	}
	return nil
}

// all reads every row that a statement finds.
func (t table[T]) all(q querier, text string, args ...any) ([]T, error) {
	var found []T
	err := q.query(text, args, func(r row) error {
		var v T
		found = append(found, v)
		return t.read(r, &found[len(found)-1])
	})
	return found, err
}

// one reads the row that a statement finds.
func (t table[T]) one(q querier, text string, args ...any) (T, error) {
	var found T
	missing := pay.ErrNotFound
	err := q.query(text, args, func(r row) error {
		if missing == nil {
			return nil
		}
		missing = nil
		return t.read(r, &found)
	})
	if err = cmp.Or(err, missing); err != nil {
		var none T
		return none, err
	}
	return found, nil
}

// known is one for rows that seldom change: the writer remembers them.
func (t table[T]) known(q querier, text string, args ...string) (T, error) {
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a
	}
	u, writes := q.(*unit)
	if !writes {
		return t.one(q, text, values...)
	}
	key := text + "\x00" + strings.Join(args, "\x00")
	if v, ok := u.memory.rows[key].(T); ok && !u.over {
		return v, nil
	}
	v, err := t.one(q, text, values...)
	if err == nil {
		u.memory.keep(key, v)
	}
	return v, err
}

// memory is rows that the writer has read, by their statement and its values.
// A statement that may change them, and the end of a transaction that has not
// worked, has them all forgotten.
type memory struct{ rows map[string]any }

// maxRemembered bounds the rows, of about 1 kB each.
const maxRemembered = 10_000

func (m *memory) keep(key string, row any) {
	if m.rows == nil || len(m.rows) >= maxRemembered {
		m.forget()
	}
	m.rows[key] = row
}

func (m *memory) forget() { m.rows = make(map[string]any) }

// scalar reads one value of one row.
func scalar[V any](q querier, text string, args ...any) (V, error) {
	var v V
	err := pay.ErrNotFound
	if failed := q.query(text, args, func(r row) error {
		err = r.Scan(&v)
		return err
	}); failed != nil {
		err = failed
	}
	return v, err
}

// column is a field that lies in its column in another form.
type column interface {
	sql.Scanner
	driver.Valuer
}

var _ = []column{moment{}, digest{}, settings{}, former{}}

// moment keeps a time as microseconds since the epoch, the zero time as 0.
type moment struct{ t *time.Time }

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func (m moment) Value() (driver.Value, error) { return micros(*m.t), nil }

func (m moment) Scan(src any) error {
	us, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", src)
	}
	m.ScanInt(us)
	return nil
}

func (m moment) ScanInt(us int64) {
	*m.t = time.Time{}
	if us != 0 {
		*m.t = time.UnixMicro(us).UTC()
	}
}

// digest keeps a SHA-256 as lower-case hexadecimal.
type digest struct{ sum *[32]byte }

func (d digest) Value() (driver.Value, error) { return hex.EncodeToString(d.sum[:]), nil }

func (d digest) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("a SHA-256 is stored as %T of %q", src, src)
	}
	return d.ScanText([]byte(text))
}

func (d digest) ScanText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d.sum)) {
		return fmt.Errorf("a SHA-256 is stored as %q", text)
	}
	_, err := hex.Decode(d.sum[:], text)
	return err
}

// settings keeps a partner's settings as JSON.
type settings struct{ of *pay.PartnerSettings }

func (s settings) Value() (driver.Value, error) {
	text, err := json.Marshal(s.of)
	return string(text), err
}

func (s settings) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("settings are stored as %T", src)
	}
	return json.Unmarshal([]byte(text), s.of)
}

// former keeps a partner's former credentials as JSON.
type former struct{ of *pay.Former }

func (f former) Value() (driver.Value, error) {
	text, err := json.Marshal(f.of)
	return string(text), err
}

func (f former) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("former credentials are stored as %T", src)
	}
	return json.Unmarshal([]byte(text), f.of)
}
