package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
)

var copyTime = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

// dump is all that a location holds, read without the package's own means of
// copying, one text a row.
func dump(t *testing.T, location string) map[string]map[string]int {
	t.Helper()
	p, err := openPlace(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	tables, err := copied()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]int{}
	for _, table := range tables {
		all[table.name] = map[string]int{}
		rows, err := p.conn.QueryContext(t.Context(), "SELECT * FROM "+table.name)
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values, pointers := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			pointers[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(pointers...); err != nil {
				t.Fatal(err)
			}
			row := map[string]string{}
			for i, name := range names {
				row[name] = strings.NewReplacer("dynamic_only:1", "dynamic_only:true", "dynamic_only:0", "dynamic_only:false").Replace(fmt.Sprint(name, ":", values[i]))
			}
			all[table.name][fmt.Sprint(row)]++
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func mustCopy(t *testing.T, from, to string, o CopyOptions) Contents {
	t.Helper()
	c, err := copyBooks(t.Context(), from, to, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func copyBooks(ctx context.Context, from, to string, o CopyOptions) (c Contents, err error) {
	err = Read(ctx, from, func(s *Snapshot) error {
		c, err = Copy(ctx, s, to, copyTime, o)
		return err
	})
	return c, err
}

func backUp(t *testing.T, from, file string) Contents {
	t.Helper()
	var c Contents
	err := Read(t.Context(), from, func(s *Snapshot) (err error) {
		c, err = Backup(t.Context(), s, file, copyTime, CopyOptions{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCopyTakesEverything goes from a file to PostgreSQL and back, and holds
// what arrives against what was there by reading both with SELECT *. Every
// table must have rows: what a migration adds must be in the fair, or it is
// not known to be copied.
func TestCopyTakesEverything(t *testing.T) {
	from := closedFair(t)
	there, back := pgtest.Shared(t).Database(t), filepath.Join(t.TempDir(), "new", "back.db")
	want := dump(t, from)
	for table, rows := range want {
		if len(rows) == 0 {
			t.Errorf("table %s is empty: give it rows in holdFair", table)
		}
	}
	progress := map[string]int64{}
	first := mustCopy(t, from, there, CopyOptions{
		Check:    func(s *Snapshot) error { return s.Check(Invariants()) },
		Progress: func(table string, done, total int64) { progress[table] = total - done },
	})
	if diff := cmp.Diff(want, dump(t, there)); diff != "" {
		t.Error(diff)
	}
	second := mustCopy(t, there, back, CopyOptions{})
	if diff := cmp.Diff(want, dump(t, back)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the engines sum their rows differently: %s", diff)
	}
	for _, r := range first.Tables {
		if left, told := progress[r.Table]; !told || left != 0 {
			t.Errorf("the progress of %s ended %d rows before its end", r.Table, left)
		}
		if int(r.Rows) < len(want[r.Table]) {
			t.Errorf("table %s: %d rows were counted, %d are there", r.Table, r.Rows, len(want[r.Table]))
		}
	}
	mustClose(t, mustOpen(t, back, Options{Keys: fairKeys})) // it is a store
}

// TestSchemaIsThatOfAStore: the schema by which copies are made is read from a
// database in memory.
func TestSchemaIsThatOfAStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	mustClose(t, mustOpen(t, path, Options{}))
	f, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	got, err := relations(t.Context(), f.db)
	if err != nil {
		t.Fatal(err)
	}
	want, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(relation{})); diff != "" || len(got) < 15 {
		t.Errorf("%d tables; %s", len(got), diff)
	}
	for name := range passing {
		if !strings.Contains(fmt.Sprint(want), "{"+name+" ") {
			t.Errorf("passing names %s, which is no table", name)
		}
	}
}

func TestSumsSeeEveryValue(t *testing.T) {
	sum := func(rows ...[]any) string {
		var s rowsSum
		for _, r := range rows {
			s.add(r)
		}
		return s.of("t").say()
	}
	a, b := []any{"a", int64(1), true}, []any{"b", int64(1), true}
	if sum(a, b) != sum(b, a) {
		t.Error("the order counts")
	}
	seen := map[string][][]any{}
	for _, rows := range [][][]any{
		{}, {a}, {b}, {a, a}, {a, b}, {{"a", int64(1), false}}, {{"a", int64(2), true}}, {{"a1", int64(1), true}}, {{"a", "", int64(1), true}}, {{"", "a", int64(1), true}}, {{int64(1)}}, {{"1"}}, {{true}}, {{nil}},
	} {
		if other, ok := seen[sum(rows...)]; ok {
			t.Errorf("%v and %v have one sum", rows, other)
		}
		seen[sum(rows...)] = rows
	}
}

func TestCopyRefusesWhatIsFull(t *testing.T) {
	from := closedFair(t)
	full := filepath.Join(t.TempDir(), "full.db")
	s := mustOpen(t, full, Options{})
	if err := s.Update(t.Context(), func(tx pay.Tx) error { return tx.PutSetting("a", "b") }); err != nil {
		t.Fatal(err)
	}
	_, err := copyBooks(t.Context(), from, full, CopyOptions{})
	if !errors.Is(err, ErrInUse) {
		t.Errorf("into a store in use: %v", err)
	}
	mustClose(t, s)
	url := pgtest.Shared(t).Database(t)
	mustCopy(t, full, url, CopyOptions{})
	backup := filepath.Join(t.TempDir(), "a.db")
	backUp(t, full, backup)
	for _, to := range []string{full, url, from, backup} {
		was, _ := os.ReadFile(to)
		if _, err = copyBooks(t.Context(), from, to, CopyOptions{}); err == nil || !strings.Contains(err.Error(), "is not empty, table ") {
			t.Errorf("into %s: %v", to, err)
		}
		if is, _ := os.ReadFile(to); !bytes.Equal(was, is) {
			t.Errorf("%s was changed", to)
		}
	}
}

func TestCopyIntoAnEmptyStore(t *testing.T) {
	to := filepath.Join(t.TempDir(), "empty.db")
	mustClose(t, mustOpen(t, to, Options{}))
	from := closedFair(t)
	mustCopy(t, from, to, CopyOptions{})
	if diff := cmp.Diff(dump(t, from), dump(t, to)); diff != "" {
		t.Error(diff)
	}
}

// TestUnfinishedCopy ends a copy on its way. What it has made is removed, and
// a database that was there before says that it is not whole.
func TestUnfinishedCopy(t *testing.T) {
	from, folder := closedFair(t), t.TempDir()
	made, there := filepath.Join(folder, "made.db"), filepath.Join(folder, "there.db")
	mustClose(t, mustOpen(t, there, Options{}))
	for _, to := range []string{made, there, pgtest.Shared(t).Database(t)} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := copyBooks(ctx, from, to, CopyOptions{Progress: func(table string, _, _ int64) {
			if table == "payment" {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("into %s: %v", to, err)
		}
		if to == made {
			if _, err := os.Stat(made); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the file is still there: %v", err)
			}
			continue
		}
		if s, err := Open(t.Context(), to, Options{}); !errors.Is(err, ErrIncomplete) {
			t.Errorf("it can be opened: %v, %v", s, err)
		}
		for _, use := range []func() error{
			func() error { return Read(t.Context(), to, func(*Snapshot) error { return nil }) },
			func() error { _, err := copyBooks(t.Context(), from, to, CopyOptions{}); return err },
		} {
			if err := use(); !errors.Is(err, ErrIncomplete) {
				t.Errorf("it can be used: %v", err)
			}
		}
	}
}

func TestCopyRefusedByItsCheck(t *testing.T) {
	no := errors.New("no")
	for _, calls := range []int{1, 2} { // the source, then the copy
		to, n := filepath.Join(t.TempDir(), "to.db"), 0
		_, err := copyBooks(t.Context(), closedFair(t), to, CopyOptions{Check: func(*Snapshot) error {
			if n++; n == calls {
				return no
			}
			return nil
		}})
		if _, stat := os.Stat(to); !errors.Is(err, no) || !errors.Is(stat, fs.ErrNotExist) {
			t.Errorf("call %d: %v, %v", calls, err, stat)
		}
	}
}

func TestBackup(t *testing.T) {
	books := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, books, Options{})
	holdFair(t, s) // and it stays open: others write on
	file := filepath.Join(t.TempDir(), "backup.db")
	contents := backUp(t, books, file)
	if err := s.Update(t.Context(), func(tx pay.Tx) error { return tx.PutSetting("later", "1") }); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the backup: %v, %v", entries, err)
	}
	st, err := os.Stat(file)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if v := firstWrong(t, file); v != (Violation{}) {
		t.Error(v)
	}
	err = Read(t.Context(), file, func(s *Snapshot) error {
		got, err := s.Contents()
		if diff := cmp.Diff(contents, got); diff != "" {
			t.Error(diff)
		}
		if _, none := (reader{s}).Setting("later"); !errors.Is(none, pay.ErrNotFound) {
			t.Errorf("it holds what came later: %v", none)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := Read(t.Context(), books, func(s *Snapshot) error { _, err := Backup(t.Context(), s, file, copyTime, CopyOptions{}); return err }); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("over a file: %v", err)
	}
}

// TestAlteredBackup changes a letter, which breaks no invariant.
func TestAlteredBackup(t *testing.T) {
	file := filepath.Join(t.TempDir(), "backup.db")
	backUp(t, closedFair(t), file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("budiBudiactive"), []byte("budiBodiactive"), 1)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if v := firstWrong(t, file); v.Invariant != "contents" || v.ID != "payer" {
		t.Errorf("first wrong: %v", v)
	}
	// A store is not held against what it held when it was a backup.
	mustClose(t, mustOpen(t, file, Options{Keys: fairKeys}))
	if v := firstWrong(t, file); v != (Violation{}) {
		t.Error(v)
	}
}

func TestOtherSchemas(t *testing.T) {
	for name, c := range map[string]struct {
		change string
		want   error
	}{
		"newer": {"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)", ErrNewer},
		"older": {"DELETE FROM goose_db_version WHERE version_id > 20", ErrOlder},
		"none":  {"DROP TABLE goose_db_version", ErrNoBooks},
	} {
		path := filepath.Join(t.TempDir(), "books.db")
		mustClose(t, mustOpen(t, path, Options{}))
		tamper(t, path, c.change)
		if err := Read(t.Context(), path, func(*Snapshot) error { return nil }); !errors.Is(err, c.want) {
			t.Errorf("%s: read: %v", name, err)
		}
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	if _, err := Migrate(t.Context(), path); !errors.Is(err, ErrNoBooks) {
		t.Errorf("a file that is not there: %v", err)
	}
	f, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, f.db, migrations())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	files, err := migrationFiles()
	if err != nil {
		t.Fatal(err)
	}
	status, err := Schema(t.Context(), path)
	if err != nil || status.Current != 2 || len(status.Pending) != len(files)-2 || status.Pending[0] != "00003_merchant_mpan.sql" {
		t.Errorf("status: %+v, %v", status, err)
	}
	if before, err := Migrate(t.Context(), path); err != nil || before.Current != 2 {
		t.Errorf("migrate: %+v, %v", before, err)
	}
	for _, location := range []string{path, migratedPostgres(t)} {
		status, err = Schema(t.Context(), location)
		if err != nil || status.Current != status.Target || len(status.Pending) != 0 || status.Target < 36 {
			t.Errorf("status after: %+v, %v", status, err)
		}
	}
}

func migratedPostgres(t *testing.T) string {
	url := pgtest.Shared(t).Database(t)
	if before, err := Migrate(t.Context(), url); err != nil || before.Current != 0 {
		t.Errorf("migrate: %+v, %v", before, err)
	}
	return url
}
