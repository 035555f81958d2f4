package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage/storagetest"
)

func TestSQLite(t *testing.T) {
	paths := map[pay.Storage]string{}
	open := func(t *testing.T, path string) pay.Storage {
		s := mustOpen(t, path, Options{})
		paths[s] = path
		return s
	}
	storagetest.Run(t,
		func(t *testing.T) pay.Storage { return open(t, filepath.Join(t.TempDir(), "books.db")) },
		func(t *testing.T, s pay.Storage) pay.Storage {
			if err := s.(*Store).Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, paths[s])
		})
}

func mustOpen(t testing.TB, location string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), location, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// tamper changes a closed file behind the Store's back.
func tamper(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, text := range statements {
		if _, err := db.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func TestFileIsPrivate(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b c?d=%20#")
	s := mustOpen(t, filepath.Join(folder, "books ?_pragma=x.db"), Options{})
	if err := s.Update(t.Context(), func(tx pay.Tx) error { return tx.PutSetting("a", "b") }); err != nil {
		t.Fatal(err)
	}
	got := map[string]fs.FileMode{}
	err := filepath.WalkDir(filepath.Dir(folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		got[filepath.Base(path)] = st.Mode().Perm()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{
		"a": 0o700, "b c?d=%20#": 0o700,
		"books ?_pragma=x.db": 0o600, "books ?_pragma=x.db-wal": 0o600, "books ?_pragma=x.db-shm": 0o600,
		"books ?_pragma=x.db.lock": 0o600, "books ?_pragma=x.db-redo": 0o600,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestClosedFileIsWhole: after Close nothing is left in the log.
func TestClosedFileIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	if err := s.Update(t.Context(), func(tx pay.Tx) error { return tx.PutSetting("name", "value") }); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := os.WriteFile(backup, text, 0o600); err != nil {
		t.Fatal(err)
	}
	err = mustOpen(t, backup, Options{}).View(t.Context(), func(r pay.Reader) error {
		if value, err := r.Setting("name"); value != "value" {
			return fmt.Errorf("the copy says %q, %v", value, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOneOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	if _, err := OpenSQLite(t.Context(), path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second Store of this process: %v", err)
	}
	out, err := child(t, "open", path).CombinedOutput()
	if err == nil || !strings.Contains(string(out), ErrInUse.Error()) {
		t.Errorf("a second process: %v, %s", err, out)
	}
	mustClose(t, s)
	if out, err := child(t, "open", path).CombinedOutput(); err != nil {
		t.Errorf("another process after Close: %v, %s", err, out)
	}
	mustOpen(t, path, Options{})
}

func TestRefusedFiles(t *testing.T) {
	folder := t.TempDir()
	newer, other, blocked := filepath.Join(folder, "newer.db"), filepath.Join(folder, "other.db"), filepath.Join(folder, "blocked.db")
	mustClose(t, mustOpen(t, newer, Options{}))
	tamper(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
	if err := os.WriteFile(other, []byte(strings.Repeat("this is a letter\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(blocked, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, hint := range map[string]string{
		newer:                         "99999",
		other:                         "name another",
		blocked:                       "check the folder",
		filepath.Join(other, "inner"): "create the folder",
	} {
		_, err := OpenSQLite(t.Context(), path, Options{})
		if err == nil || !strings.Contains(err.Error(), hint) || !strings.Contains(err.Error(), folder) {
			t.Errorf("%s: %v", path, err)
		}
		if errors.Is(err, ErrNewer) != (path == newer) {
			t.Errorf("%s: ErrNewer in the wrong place: %v", path, err)
		}
	}
	// A refusal leaves no lock behind.
	tamper(t, newer, "DELETE FROM goose_db_version WHERE version_id = 99999")
	mustOpen(t, newer, Options{})
}

// TestTamperedLedgerIsFound changes postings as no transaction could.
func TestTamperedLedgerIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	for _, id := range []string{"1", "2", "3"} {
		transfer := ledger.Transfer{ID: id, Kind: ledger.OnUs}
		transfer.Move("a", "b", 100)
		if err := s.Update(t.Context(), func(tx pay.Tx) error { return tx.InsertTransfer(transfer, "2026-01-02") }); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	tamper(t, path,
		"UPDATE posting SET amount = amount + 1 WHERE transfer_id = '3' AND account = 'a'",
		"DELETE FROM posting WHERE transfer_id = '2' AND account = 'b'")
	err := mustOpen(t, path, Options{}).View(t.Context(), func(r pay.Reader) error {
		for limit, want := range [][]string{1: {"2"}, 9: {"2", "3"}} {
			if want == nil {
				continue
			}
			got, err := r.UnbalancedTransfers(limit)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("up to %d: %v %s", limit, err, diff)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPlans holds the statements that meet many rows to their indexes.
func TestPlans(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{Readers: 1})
	for text, want := range map[string]string{
		codesOnDay:         "SEARCH code USING INDEX code_day (partner_id=? AND merchant_id=? AND day=?)",
		codesOnDayBehind:   "SEARCH code USING INDEX code_day (partner_id=? AND merchant_id=? AND day=? AND (created_at,ref)<(?,?))",
		codeByRef:          "SEARCH code USING INDEX sqlite_autoindex_code_1 (ref=?)",
		closeCode:          "SEARCH code USING INDEX sqlite_autoindex_code_1 (ref=?)",
		paidToMerchant:     "SEARCH payment USING COVERING INDEX payment_merchant_day (day=? AND acquirer_id=? AND merchant_id=? AND state=?)",
		paidByPayerSince:   "SEARCH payment USING COVERING INDEX payment_payer_day (payer_id=? AND day>?)",
		balanceOf:          "SEARCH posting USING COVERING INDEX posting_account (account=?)",
		balances:           "SCAN posting USING COVERING INDEX posting_account",
		postingsOfTransfer: "SEARCH posting USING INDEX sqlite_autoindex_posting_1 (transfer_id=?); USE TEMP B-TREE FOR ORDER BY",
		merchantByMPAN:     "SEARCH merchant USING INDEX merchant_mpan (mpan=?)",
		dueCodes:           "SEARCH code USING INDEX code_due (expires_at>? AND expires_at<?)",
		latestPayment:      "SEARCH payment USING INDEX payment_code (code_ref=?); USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
		paymentsOn:         "SEARCH payment USING INDEX payment_day (day=?); USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
		addRefunded:        "SEARCH payment USING INDEX sqlite_autoindex_payment_1 (ref=?)",
		refundsOfPayment:   "SEARCH refund USING INDEX refund_payment (payment_ref=?); USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
		refundsOn:          "SEARCH refund USING INDEX refund_day (day=?); USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
		findDeliveries: "SEARCH delivery USING INDEX delivery_free (next_at<?); CORRELATED SCALAR SUBQUERY 1; " +
			"SEARCH same USING COVERING INDEX delivery_first (code_ref=?)",
		holdDelivery: "SEARCH delivery USING INDEX sqlite_autoindex_delivery_1 (id=?)",
		expireCodes: "SEARCH code USING INDEX sqlite_autoindex_code_1 (ref=?); LIST SUBQUERY 2; " +
			"MATERIALIZE due; SEARCH code USING INDEX code_due (expires_at>? AND expires_at<?); SCAN due",
		releaseDeliveries:   "SEARCH delivery USING INDEX delivery_held (holder=?)",
		allDeliveries:       "SCAN delivery USING INDEX sqlite_autoindex_delivery_1",
		deliveriesOfPartner: "SEARCH delivery USING INDEX delivery_partner (partner_id=?)",
		setDelivery:         "SEARCH delivery USING INDEX sqlite_autoindex_delivery_1 (id=?)",
		attemptsOfDelivery:  "SEARCH attempt USING INDEX sqlite_autoindex_attempt_1 (delivery_id=?)",
		settlementsOn:       "SEARCH settlement USING INDEX sqlite_autoindex_settlement_1 (day=?)",
		unsettled: "CO-ROUTINE moved; COMPOUND QUERY; " +
			"LEFT-MOST SUBQUERY; SEARCH payment USING COVERING INDEX payment_merchant_day (day=?); " +
			"UNION ALL; SEARCH refund USING INDEX refund_day (day=?); USE TEMP B-TREE FOR GROUP BY; " +
			"SCAN moved; CORRELATED SCALAR SUBQUERY 3; " +
			"SEARCH settlement USING COVERING INDEX sqlite_autoindex_settlement_1 (day=? AND partner_id=? AND merchant_id=?); " +
			"USE TEMP B-TREE FOR GROUP BY",
		markByID: "SEARCH mark USING INDEX sqlite_autoindex_mark_1 (id=?)",
	} {
		if got := planOf(t, s, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func planOf(t *testing.T, s *Store, text string) string {
	t.Helper()
	var steps []string
	err := s.View(t.Context(), func(r pay.Reader) error {
		args := make([]any, 0, 9)
		for strings.Contains(text, fmt.Sprint("$", len(args)+1)) {
			args = append(args, nil)
		}
		return r.(reader).q.query("EXPLAIN QUERY PLAN "+text, args, func(r row) error {
			var id, parent, unused int
			var step string
			err := r.Scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		})
	})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return strings.Join(steps, "; ")
}

// TestLongListsLeaveTheCache: a later page of a list is read with a small page
// cache, whatever becomes of it, and the reader has its own again afterwards.
func TestLongListsLeaveTheCache(t *testing.T) {
	f := &sqliteFile{uri: sqliteDSN(filepath.Join(t.TempDir(), "books.db"))}
	s, err := f.reader()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	size := func() (n int64) {
		s.reset()
		if err := s.query("PRAGMA cache_size", nil, func(r row) error { return r.Scan(&n) }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, read := range map[string]func() error{
		"that goes well": func() error { return nil },
		"that fails":     func() error { return s.query("SELECT x FROM nothing", nil, nil) },
	} {
		within := int64(0)
		err := (&view{db: s}).sparingly(func() error { within = size(); return read() })
		if within != -sparingCache || size() != -readerCache || (err == nil) != (name == "that goes well") {
			t.Errorf("a page %s: the cache is %d within, %d after it; %v", name, within, size(), err)
		}
	}
}
