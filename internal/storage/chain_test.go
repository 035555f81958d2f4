package storage

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
)

// vandal changes books behind everyone's back, whatever the engine's
// constraints say.
type vandal struct {
	t        *testing.T
	location string
	db       *sql.DB
	place    *place // where it is looked for
	store    *Store // that the program has open; nil: none
}

// onVandals runs a test on each engine, with books in which a fair was held.
func onVandals(t *testing.T, test func(*vandal)) {
	for _, engine := range []struct {
		name string
		open func(t *testing.T) (string, *sql.DB, error)
	}{
		{"sqlite", func(t *testing.T) (string, *sql.DB, error) {
			path := closedFair(t)
			db, err := sql.Open("sqlite", sqliteDSN(path, "foreign_keys(OFF)", "ignore_check_constraints(ON)"))
			return path, db, err
		}},
		{"postgres", func(t *testing.T) (string, *sql.DB, error) {
			url := pgtest.Shared(t).Database(t)
			s := mustOpen(t, url, Options{Keys: fairKeys})
			holdFair(t, s)
			mustClose(t, s)
			config, err := postgresConfig(url, Options{}.orDefault(postgresReaders))
			if err != nil {
				return "", nil, err
			}
			config.ConnConfig.RuntimeParams["session_replication_role"] = "replica" // no foreign keys
			return url, stdlib.OpenDB(*config.ConnConfig), nil
		}},
	} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			location, db, err := engine.open(t)
			if err != nil {
				t.Fatal(err)
			}
			p, err := openPlace(t.Context(), location)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close(); p.close() })
			test(&vandal{t: t, location: location, db: db, place: p})
		})
	}
}

func (v *vandal) exec(text string, args ...any) {
	v.t.Helper()
	if _, err := v.db.Exec(text, args...); err != nil {
		v.t.Fatalf("%s: %v", text, err)
	}
}

// read reads the books from beside the program, which has published what it
// holds.
func (v *vandal) read(f func(*Snapshot) error) {
	v.t.Helper()
	var err error
	if v.store != nil {
		err = v.store.View(v.t.Context(), func(r pay.Reader) error { _, err := r.Counts(); return err })
	}
	if err == nil {
		err = v.place.read(v.t.Context(), f)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// named are the places that some invariants name.
func (v *vandal) named(by []Invariant) (places []string) {
	v.t.Helper()
	v.read(func(s *Snapshot) error {
		for _, i := range by {
			note := func(found Violation) error { places = append(places, i.Of+" "+found.ID); return nil }
			if err := s.Find(i, 1000, note); err != nil {
				return err
			}
		}
		return nil
	})
	return places
}

// whole wants nothing to be named.
func (v *vandal) whole(after string) {
	v.t.Helper()
	if places := v.named(chainInvariants); len(places) > 0 {
		v.t.Fatalf("%s: %q", after, places)
	}
}

// wants wants the chain to name a place by these words.
func (v *vandal) wants(change string, words ...string) {
	v.t.Helper()
	v.wantsFrom(chainInvariants, change, words...)
}

func (v *vandal) wantsFrom(by []Invariant, change string, words ...string) {
	v.t.Helper()
	places := v.named(by)
	named := slices.ContainsFunc(places, func(place string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(place, word) })
	})
	if !named {
		v.t.Errorf("%s: want %q, named are %q", change, words, places)
	}
}

// evidence is a table that the chain speaks for.
type evidence struct {
	table string
	key   []string // columns that name a row
	id    func(row map[string]any) string
	// free are columns that may change, each with what else holds it.
	free map[string]string
}

func the(name string) func(map[string]any) string {
	return func(row map[string]any) string { return fmt.Sprint(row[name]) }
}

var evidences = []evidence{
	{"transfer", []string{"id"}, the("id"), nil},
	{"posting", []string{"transfer_id", "account"}, the("transfer_id"), nil},
	{"payment", []string{"ref"}, the("ref"), map[string]string{"refunded": "payment-refunds"}},
	{"refund", []string{"ref"}, the("ref"), nil},
	{"settlement", []string{"day", "partner_id", "merchant_id"}, func(row map[string]any) string { return fmt.Sprint(row["day"], " ", row["id"]) }, nil},
	{"audit", []string{"id"}, the("id"), nil},
	{"block", []string{"number"}, the("number"), nil},
	{"leaf", []string{"kind", "id"}, the("id"), nil},
}

// rows are all of a table's rows, in the order of their keys.
func (v *vandal) rows(e evidence) (all []map[string]any, columns []string) {
	v.t.Helper()
	rows, err := v.db.Query("SELECT * FROM " + e.table + " ORDER BY " + strings.Join(e.key, ", "))
	if err != nil {
		v.t.Fatal(err)
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		v.t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			v.t.Fatal(err)
		}
		row := make(map[string]any)
		for i, c := range columns {
			row[c] = values[i]
		}
		all = append(all, row)
	}
	if len(all) < 2 {
		v.t.Fatalf("table %s has %d rows: this proves nothing", e.table, len(all))
	}
	return all, columns
}

// some are rows from the beginning, the middle and the end: in blocks and not
// in any yet.
func some(all []map[string]any) []map[string]any {
	return []map[string]any{all[0], all[len(all)/2], all[len(all)-1]}
}

func (v *vandal) where(e evidence, row map[string]any) (clause string, args []any) {
	for i, k := range e.key {
		clause += fmt.Sprintf(" AND %s = $%d", k, i+1)
		args = append(args, row[k])
	}
	return " WHERE" + strings.TrimPrefix(clause, " AND"), args
}

func (v *vandal) set(e evidence, row map[string]any, column string, value any) {
	v.t.Helper()
	clause, args := v.where(e, row)
	v.exec(fmt.Sprintf("UPDATE %s SET %s = $%d", e.table, column, len(args)+1)+clause, append(args, value)...)
}

func (v *vandal) insert(e evidence, columns []string, row map[string]any) {
	v.t.Helper()
	args := make([]any, len(columns))
	for i, c := range columns {
		args[i] = row[c]
	}
	v.exec("INSERT INTO "+e.table+" ("+strings.Join(columns, ", ")+") VALUES ("+marksUpTo(len(columns))+")", args...)
}

func (v *vandal) remove(e evidence, row map[string]any) {
	v.t.Helper()
	clause, args := v.where(e, row)
	v.exec("DELETE FROM "+e.table+clause, args...)
}

// alter changes one byte of a text, or a number by one.
func alter(value any, at int) any {
	switch value := value.(type) {
	case int64:
		return value + 1
	case string:
		if value == "" {
			return "x"
		}
		at = min(at, len(value)-1)
		return value[:at] + string(value[at]^2) + value[at+1:]
	}
	return value
}

func with(row map[string]any, column string, value any) map[string]any {
	changed := make(map[string]any, len(row))
	for k, v := range row {
		changed[k] = v
	}
	changed[column] = value
	return changed
}

// TestAlteredByte changes one value after the other, its first byte and its
// last, and wants the row and the column.
func TestAlteredByte(t *testing.T) {
	onVandals(t, func(v *vandal) {
		v.whole("before anything was changed")
		for _, e := range evidences {
			all, columns := v.rows(e)
			for _, row := range some(all) {
				for _, c := range columns {
					for _, at := range []int{0, 1 << 20} {
						value := alter(row[c], at)
						if e.table == "block" && c == "number" {
							value = row[c].(int64) + 100 // the next one is taken
						}
						v.alterOne(e, row, c, value)
					}
				}
			}
			v.whole("with everything of " + e.table + " as it was")
		}
		v.exec("UPDATE setting SET value = '9' || value WHERE name = $1", settingHead)
		v.wants("another head", "block")
		v.exec("UPDATE setting SET value = substr(value, 2) || 'x' WHERE name = $1", settingHead)
		v.wants("another head", "setting "+settingHead)
		v.exec("DELETE FROM setting WHERE name = $1", settingHead)
		v.wants("no head", "setting "+settingHead)
	})
}

func (v *vandal) alterOne(e evidence, row map[string]any, column string, value any) {
	v.t.Helper()
	change := fmt.Sprintf("%s %s, column %s: %.80q to %.80q", e.table, e.id(row), column, fmt.Sprint(row[column]), fmt.Sprint(value))
	v.set(e, row, column, value)
	switch {
	case e.free[column] != "":
		if first := firstWrong(v.t, v.location); first.Invariant != e.free[column] {
			v.t.Errorf("%s: %v", change, first)
		}
	case slices.Contains(e.key, column) && e.table == "block":
		v.wants(change, "block") // it may be named with those between
	case slices.Contains(e.key, column), e.table == "settlement" && column == "id":
		// What no block holds is named as it is now.
		v.wants(change, prefix(e.id(row), e.id(with(row, column, value))))
	case e.table == "posting":
		v.wants(change, "transfer "+e.id(row), column)
	default:
		v.wants(change, e.table+" ", e.id(row), column)
	}
	v.set(e, with(row, column, value), column, row[column])
}

// prefix is what two ids have in common, if that is most of them.
func prefix(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	if n < len(a)/2 {
		return a[n+1:]
	}
	return a[:n]
}

// TestDeletedRow deletes rows. What is not sealed yet, the books themselves may
// miss first.
func TestDeletedRow(t *testing.T) {
	onVandals(t, func(v *vandal) {
		for _, e := range evidences {
			all, columns := v.rows(e)
			for _, row := range some(all) {
				v.remove(e, row)
				v.wantsFrom(Invariants(), "without "+e.table+" "+e.id(row), e.id(row))
				v.insert(e, columns, row)
			}
			v.whole("with everything of " + e.table + " as it was")
		}
	})
}

// TestInsertedRow inserts rows like others, with another key.
func TestInsertedRow(t *testing.T) {
	onVandals(t, func(v *vandal) {
		for _, e := range evidences {
			all, columns := v.rows(e)
			for _, row := range some(all) {
				key := e.key[len(e.key)-1]
				new := with(row, key, alter(row[key], 1<<20))
				if e.table == "block" {
					new[key] = all[len(all)-1][key].(int64) + 1
				}
				v.insert(e, columns, new)
				v.wants("with another "+e.table+" "+e.id(new), e.id(new))
				v.remove(e, new)
			}
			v.whole("with everything of " + e.table + " as it was")
		}
	})
}

// TestSwappedRows gives two rows each other's contents, digests and all.
func TestSwappedRows(t *testing.T) {
	onVandals(t, func(v *vandal) {
		for _, e := range evidences {
			all, columns := v.rows(e)
			a, b := all[0], all[len(all)-1]
			for _, c := range columns {
				if !slices.Contains(e.key, c) {
					v.set(e, a, c, b[c])
					v.set(e, b, c, a[c])
				}
			}
			v.wants("swapped in "+e.table, e.id(a))
			v.wants("swapped in "+e.table, e.id(b))
			for _, c := range columns {
				if !slices.Contains(e.key, c) {
					v.set(e, a, c, a[c])
					v.set(e, b, c, b[c])
				}
			}
			v.whole("with everything of " + e.table + " as it was")
		}
	})
}

// TestEvidenceIsComplete: a column that a migration adds is sealed, or named
// among the few that are not.
func TestEvidenceIsComplete(t *testing.T) {
	tables, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	beside := map[string][]string{
		"transfer": {"digest"}, "payment": {"digest", "refunded"}, "refund": {"digest"}, "audit": {"outcome"},
	}
	for _, r := range tables {
		for _, c := range coveredTables {
			if c.table != r.name || c.leaf == leafOutcome {
				continue
			}
			for _, name := range r.columns {
				if !slices.Contains(c.columns, name) && !slices.Contains(beside[r.name], name) {
					t.Errorf("column %s of %s is not sealed", name, r.name)
				}
			}
		}
		if r.name == "posting" && len(r.columns) != len(legColumns)+1 {
			t.Errorf("postings have columns %v", r.columns)
		}
	}
}

// TestAnchor cuts the chain off and writes it anew, so that it looks whole.
func TestAnchor(t *testing.T) {
	onVandals(t, func(v *vandal) {
		var head ChainHead
		v.read(func(s *Snapshot) (err error) { head, err = s.ChainHead(); return err })
		if head.Number < 3 || head.At.IsZero() || head.Waits == 0 {
			v.t.Fatalf("head %+v", head)
		}
		anchor, err := ParseAnchor(head.String())
		if err != nil || anchor != head.Anchor {
			v.t.Fatal(anchor, err)
		}
		goes := func() (found []Violation) {
			v.read(func(s *Snapshot) error {
				return s.Find(anchor.Goes(), 9, func(v Violation) error { found = append(found, v); return nil })
			})
			return found
		}
		if found := goes(); len(found) > 0 {
			v.t.Error(found)
		}
		v.exec("DELETE FROM block WHERE number = $1", head.Number)
		var before string
		if err := v.db.QueryRow("SELECT hash FROM block WHERE number = $1", head.Number-1).Scan(&before); err != nil {
			v.t.Fatal(err)
		}
		v.exec("UPDATE setting SET value = $1 WHERE name = $2", Anchor{head.Number - 1, before}.String(), settingHead)
		if found := goes(); len(found) != 1 || found[0].ID != fmt.Sprint(head.Number) {
			v.t.Errorf("cut off: %v", found)
		}
		v.exec("DELETE FROM block")
		v.exec("DELETE FROM setting WHERE name = $1", settingHead)
		s := mustOpen(v.t, v.location, Options{Keys: fairKeys})
		sealAll(v.t, s)
		sealAll(v.t, s)
		mustClose(v.t, s)
		if found := goes(); len(found) != 1 {
			v.t.Errorf("written anew: %v", found)
		}
	})
	for _, text := range []string{"", "1", "1:", "x:" + strings.Repeat("A", 43), "0:" + strings.Repeat("A", 43), "1:short"} {
		if a, err := ParseAnchor(text); err == nil {
			t.Errorf("%q is taken for %v", text, a)
		}
	}
}

// sealAll seals what waits in a store.
func sealAll(t *testing.T, s *Store) {
	f := fair{t: t, core: newCore(s)}
	f.seal()
}

func newCore(s *Store) *pay.Core {
	return pay.New(s, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
}
