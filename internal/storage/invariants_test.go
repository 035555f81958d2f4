package storage

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/pgtest"
)

// firstWrong is what Check names first; an empty Violation when all holds.
func firstWrong(t *testing.T, location string) Violation {
	t.Helper()
	var v Violation
	err := Read(t.Context(), location, func(s *Snapshot) error { return s.Check(Invariants()) })
	if err != nil && !errors.As(err, &v) {
		t.Fatal(err)
	}
	return v
}

// firstBeside is what Check names first where the chain is not asked, to which
// nearly every change is one behind its back.
func firstBeside(t *testing.T, location string) Violation {
	t.Helper()
	beside := slices.DeleteFunc(Invariants(), func(i Invariant) bool { return strings.HasPrefix(i.Name, "chain-") })
	var v Violation
	err := Read(t.Context(), location, func(s *Snapshot) error { return s.Check(beside) })
	if err != nil && !errors.As(err, &v) {
		t.Fatal(err)
	}
	return v
}

func TestHealthyBooks(t *testing.T) {
	if v := firstWrong(t, closedFair(t)); v != (Violation{}) {
		t.Error(v)
	}
}

func TestHealthyBooksOnPostgres(t *testing.T) {
	url := pgtest.Shared(t).Database(t)
	holdFair(t, mustOpen(t, url, Options{}))
	if v := firstWrong(t, url); v != (Violation{}) {
		t.Error(v)
	}
}

// loosen makes a table anew without its constraints, so that it can be given
// rows that no engine would take.
func loosen(t *testing.T, path, table string) {
	t.Helper()
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	indexes, err := listed(t.Context(), db, "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql <> ''", table)
	if err != nil {
		t.Fatal(err)
	}
	tamper(t, path, "CREATE TABLE loose AS SELECT * FROM "+table, "DROP TABLE "+table, "ALTER TABLE loose RENAME TO "+table)
	for _, text := range indexes {
		tamper(t, path, strings.Replace(text, "UNIQUE ", "", 1))
	}
}

// first is a condition that selects one row of a table.
func first(table, when string) string {
	return "rowid = (SELECT MIN(rowid) FROM " + table + " WHERE " + when + ")"
}

// wrongs breaks each invariant and none that comes before it.
var wrongs = []struct {
	name   string
	loosen string // a table whose constraints are in the way
	change []string
}{
	{"schema", "", []string{"DROP INDEX code_due"}},
	{"schema", "", []string{"ALTER TABLE code DROP COLUMN echo"}},
	{"transfer-balance", "", []string{"UPDATE posting SET amount = amount + 1 WHERE " + first("posting", "leg = 1")}},
	{"posting-transfer", "", []string{"INSERT INTO posting VALUES ('none', 'external:funding', 5, 0), ('none', 'revenue:fee', -5, 1)"}},
	{"posting-amount", "posting", []string{"INSERT INTO posting SELECT id, 'revenue:fee', 0, 2 FROM transfer WHERE " + first("transfer", "kind = 'funding'")}},
	{"transfer-legs", "", []string{"DELETE FROM posting WHERE transfer_id = (SELECT MIN(id) FROM transfer WHERE kind = 'on-us')"}},
	{"transfer-legs", "", []string{"UPDATE posting SET leg = 7 WHERE " + first("posting", "leg = 1")}},
	{"transfer-kind", "", []string{"UPDATE transfer SET kind = 'gift' WHERE " + first("transfer", "kind = 'funding'")}},
	{"posting-account", "", []string{"UPDATE posting SET account = 'payer:nobody' WHERE " + first("posting", "account = 'external:funding'")}},
	{"posting-account", "", []string{"UPDATE posting SET account = 'merchant:P/none' WHERE " + first("posting", "account = 'merchant:P/M1'")}},
	{"wallet-postings", "", []string{"UPDATE payer SET balance = balance + 1 WHERE id = 'budi'"}},
	{"wallet-floor", "payer", []string{
		"INSERT INTO payer VALUES ('zeno', 'Zeno', 'active', -5, 0, 0, 1)",
		"INSERT INTO transfer VALUES ('t', 'funding', 'zeno', 1, '1970-01-01', '')",
		"INSERT INTO posting VALUES ('t', 'payer:zeno', -5, 0), ('t', 'external:funding', 5, 1)",
	}},
	{"transfer-cause", "", []string{"UPDATE transfer SET ref = 'none' WHERE " + first("transfer", "kind = 'funding'")}},
	{"transfer-cause", "", []string{"UPDATE transfer SET ref = 'none' WHERE " + first("transfer", "kind = 'on-us'")}},
	{"transfer-cause", "", []string{"UPDATE transfer SET ref = 'none' WHERE " + first("transfer", "kind = 'off-us'")}},
	{"transfer-cause", "", []string{"UPDATE transfer SET ref = 'none' WHERE " + first("transfer", "kind = 'refund'")}},
	{"transfer-cause", "", []string{"UPDATE transfer SET ref = '2026-01-01' WHERE " + first("transfer", "kind = 'settlement'")}},
	{"transfer-cause", "", []string{"DELETE FROM payment WHERE " + first("payment", "merchant_id <> '' AND refunded = 0")}},
	{"funding-legs", "", []string{"UPDATE posting SET account = 'revenue:fee' WHERE " + first("posting", "account = 'external:funding'")}},

	{"merchant-of-partner", "", []string{"UPDATE merchant SET partner_id = 'none' WHERE partner_id = 'I' AND id = 'M0'"}},
	{"outlet-of-merchant", "", []string{"UPDATE outlet SET merchant_id = 'none'"}},
	{"code-of-merchant", "", []string{"UPDATE code SET merchant_id = 'none' WHERE " + first("code", "state = 'expired'")}},
	{"payment-of-payer", "", []string{"UPDATE payment SET payer_id = 'none' WHERE " + first("payment", "refunded = 0")}},
	{"payment-of-partner", "", []string{"UPDATE payment SET partner_id = 'none' WHERE " + first("payment", "refunded = 0")}},
	{"payment-of-code", "", []string{"UPDATE payment SET code_ref = 'none' WHERE " + first("payment", "code_ref <> ''")}},
	{"payment-of-merchant", "", []string{"UPDATE payment SET acquirer_id = 'none' WHERE " + first("payment", "code_ref <> ''")}},
	{"refund-of-payment", "", []string{"UPDATE refund SET payment_ref = 'none' WHERE " + first("refund", "1")}},
	{"refund-of-partner", "", []string{"UPDATE refund SET partner_id = 'none' WHERE " + first("refund", "1")}},
	{"token-of-partner", "", []string{"UPDATE token SET partner_id = 'none' WHERE kind = 'b2b'"}},
	{"token-of-payer", "", []string{"UPDATE token SET payer_id = 'none' WHERE kind = 'ott' OR kind = 'auth-code'"}},
	{"delivery-of-payment", "", []string{"UPDATE delivery SET payment_ref = 'none' WHERE " + first("delivery", "1")}},
	{"attempt-of-delivery", "", []string{"UPDATE attempt SET delivery_id = 'none' WHERE " + first("attempt", "1")}},
	{"settlement-of-merchant", "", []string{"UPDATE settlement SET merchant_id = 'none' WHERE " + first("settlement", "1")}},

	{"payment-state", "", []string{"UPDATE payment SET state = 'pending' WHERE " + first("payment", "1")}},
	{"payment-amount", "", []string{"UPDATE payment SET mdr = amount + 1 WHERE " + first("payment", "1")}},
	{"payment-place", "", []string{"UPDATE payment SET mdr = 1 WHERE " + first("payment", "merchant_id = ''")}},
	{"payment-place", "", []string{"UPDATE payment SET code_ref = '' WHERE " + first("payment", "merchant_id <> ''")}},
	{"payment-code", "", []string{"UPDATE payment SET payload = 'x' WHERE " + first("payment", "code_ref <> ''")}},
	{"payment-code", "", []string{"UPDATE payment SET merchant_id = 'M0' WHERE " + first("payment", "code_ref <> ''")}},
	{"payment-life", "", []string{"UPDATE code SET expires_at = 1 WHERE " + first("code", "state = 'paid'")}},
	{"payment-transfer", "", []string{"UPDATE transfer SET moved_at = moved_at + 1 WHERE " + first("transfer", "kind = 'off-us'")}},
	{"payment-transfer", "", []string{"UPDATE transfer SET kind = 'off-us' WHERE " + first("transfer", "kind = 'on-us'")}},
	{"payment-transfer", "", []string{ // a double spend
		"INSERT INTO transfer SELECT 'twice', kind, ref, moved_at, day, '' FROM transfer WHERE " + first("transfer", "kind = 'off-us'"),
		"INSERT INTO posting SELECT 'twice', account, amount, leg FROM posting WHERE transfer_id = (SELECT MIN(id) FROM transfer WHERE kind = 'off-us')",
		"UPDATE payer SET balance = (SELECT SUM(amount) FROM posting WHERE account = 'payer:' || id)",
	}},
	{"payment-legs", "", []string{"UPDATE posting SET account = 'settlement:P/M1' WHERE " + first("posting", "account = 'merchant:P/M1'")}},
	{"payment-legs", "", []string{"UPDATE payment SET fee = fee + 1 WHERE " + first("payment", "1")}},
	{"payment-refunds", "", []string{"UPDATE payment SET refunded = refunded + 1 WHERE " + first("payment", "refunded = 0")}},
	{"payment-refunds", "", []string{"UPDATE refund SET amount = amount + 1 WHERE " + first("refund", "1")}},
	{"payment-mdr-back", "", []string{"UPDATE refund SET mdr = 1000000 WHERE " + first("refund", "1")}},
	{"payment-mdr-back", "", []string{
		"UPDATE refund SET mdr = mdr - 1 WHERE " + first("refund", "mdr > 0 AND payment_ref IN (SELECT ref FROM payment WHERE refunded = amount)"),
	}},
	{"refund-amount", "refund", []string{"INSERT INTO refund SELECT 'r', id, partner_id, '', payment_ref, code_ref, acquirer_id, merchant_id, 0, 0, reason, refunded_at, day, '' FROM refund LIMIT 1"}},
	{"refund-payment", "", []string{"UPDATE refund SET code_ref = 'none' WHERE " + first("refund", "1")}},
	{"refund-transfer", "", []string{"UPDATE transfer SET moved_at = moved_at + 1 WHERE " + first("transfer", "kind = 'refund'")}},
	{"refund-legs", "", []string{"UPDATE posting SET account = 'settlement:P/M1' WHERE " + first("posting", "account = 'merchant:P/M1' AND amount < 0 AND transfer_id IN (SELECT id FROM transfer WHERE kind = 'refund')")}},

	{"code-state", "code", []string{"UPDATE code SET state = 'lost' WHERE " + first("code", "state = 'expired'")}},
	{"code-end", "code", []string{"UPDATE code SET closed_at = 1 WHERE " + first("code", "state = 'active'")}},
	{"code-end", "code", []string{"UPDATE code SET closed_at = 0 WHERE " + first("code", "state = 'paid'")}},
	{"code-static", "", []string{"UPDATE code SET state = 'paid', closed_at = 1 WHERE " + first("code", "state = 'active' AND amount = 0")}},
	{"code-paid", "", []string{"UPDATE code SET state = 'paid', closed_at = 1 WHERE " + first("code", "state = 'active' AND amount > 0")}},
	{"code-unpaid", "", []string{"UPDATE code SET state = 'active', closed_at = 0 WHERE " + first("code", "state = 'paid'")}},
	{"code-unpaid", "", []string{"UPDATE code SET state = 'cancelled', closed_at = 1 WHERE " + first("code", "state = 'active' AND amount = 0")}},
	{"code-unpaid", "", []string{"UPDATE code SET state = 'expired', closed_at = 1, expires_at = 0 WHERE " + first("code", "state = 'paid'")}},
	{"code-paid-amount", "", []string{"UPDATE code SET amount = amount + 1 WHERE " + first("code", "state = 'paid'")}},
	{"code-paid-at", "", []string{"UPDATE code SET closed_at = closed_at + 1 WHERE " + first("code", "state = 'paid'")}},
	{"code-expired-at", "", []string{"UPDATE code SET closed_at = closed_at - 1 WHERE " + first("code", "state = 'expired'")}},
	{"code-cancelled-at", "", []string{"UPDATE code SET closed_at = expires_at WHERE " + first("code", "state = 'cancelled'")}},

	{"delivery-state", "delivery", []string{"UPDATE delivery SET state = 'lost' WHERE " + first("delivery", "1")}},
	{"delivery-payment", "", []string{"UPDATE delivery SET merchant_id = 'M0' WHERE " + first("delivery", "1")}},
	{"delivery-once", "", []string{"INSERT INTO delivery SELECT 'again', partner_id, merchant_id, code_ref, payment_ref, 'pending', 0, 0, '', created_at, 0, '' FROM delivery WHERE " + first("delivery", "1")}},
	{"delivery-written", "", []string{"DELETE FROM delivery WHERE code_ref IN (SELECT ref FROM code WHERE callback_url <> '')"}},
	{"delivery-attempts", "", []string{"DELETE FROM attempt WHERE number = 1 AND delivery_id IN (SELECT id FROM delivery WHERE state = 'delivered')"}},
	{"delivery-attempts", "", []string{"UPDATE delivery SET attempts = 0 WHERE " + first("delivery", "state = 'failed'")}},
	{"delivery-end", "", []string{"UPDATE delivery SET done_at = done_at + 1 WHERE " + first("delivery", "state = 'failed'")}},
	{"delivery-end", "delivery", []string{"UPDATE delivery SET done_at = 1 WHERE " + first("delivery", "state = 'pending'")}},
	{"delivery-end", "", []string{"UPDATE delivery SET state = 'failed', done_at = 1 WHERE " + first("delivery", "state = 'pending' AND attempts = 0 AND holder = ''")}},
	{"delivery-held", "", []string{"UPDATE delivery SET holder = 'node 1' WHERE state = 'delivered'"}},
	{"delivery-body", "", []string{"UPDATE delivery SET body = '' WHERE state = 'delivered'"}},

	{"settlement-sums", "", []string{"UPDATE settlement SET gross = gross + 1, mdr = mdr + 1 WHERE " + first("settlement", "1")}},
	{"settlement-sums", "", []string{"UPDATE settlement SET count = count + 1 WHERE " + first("settlement", "1")}},
	{"settlement-transfer", "", []string{"UPDATE settlement SET settled_at = settled_at + 1 WHERE " + first("settlement", "partner_id = 'P'")}},
	{"settlement-transfer", "", []string{"UPDATE posting SET account = 'settlement:Q/M1' WHERE " + first("posting", "account = 'settlement:P/M1'")}},
	{"settlement-transfer", "", []string{
		"DELETE FROM posting WHERE transfer_id IN (SELECT id FROM transfer WHERE kind = 'settlement')",
		"DELETE FROM transfer WHERE kind = 'settlement'",
	}},
	{"settlement-day", "", []string{"UPDATE settlement SET settled_at = 1769820000000000", "UPDATE transfer SET moved_at = 1769820000000000 WHERE kind = 'settlement'"}},
	{"code-day", "", []string{"UPDATE code SET day = '2026-01-30' WHERE " + first("code", "1")}},
	{"payment-day", "", []string{"UPDATE payment SET day = '2026-03-01' WHERE " + first("payment", "day <> '2026-01-31'")}},
	{"refund-day", "", []string{"UPDATE refund SET day = '2026-03-01' WHERE merchant_id = ''"}},
	{"transfer-day", "", []string{"UPDATE transfer SET day = 'today' WHERE " + first("transfer", "1")}},
	{"token-kind", "", []string{"UPDATE token SET kind = 'master' WHERE " + first("token", "1")}},
	{"token-kind", "", []string{"UPDATE token SET payer_id = 'budi' WHERE kind = 'b2b'"}},
	{"token-use", "", []string{"UPDATE token SET used_at = expires_at WHERE kind = 'refresh' AND used_at > 0"}},
	{"token-use", "", []string{"UPDATE token SET used_at = issued_at WHERE kind = 'b2b'"}},
	{"mark-ref", "", []string{"UPDATE mark SET ref = 'none' WHERE " + first("mark", "ref <> ''")}},
	{"partner-client-key", "partner", []string{"UPDATE partner SET client_key = 'key P'"}},
	{"partner-sealed", "", []string{"UPDATE partner SET client_secret = 'plain' WHERE id = 'P'"}},
	{"partner-sealed", "", []string{"DELETE FROM data_key"}},
	{"merchant-sealed", "", []string{"UPDATE merchant SET notify_url = 'qs1.0123456789abcdef.AAAA' WHERE id = 'M0'"}},
	{"setting-sealed", "", []string{"UPDATE setting SET value = 'plain' WHERE name = 'admin.token'"}},
	{"merchant-mpan", "merchant", []string{"UPDATE merchant SET mpan = '936009990000000001'"}},
}

func TestWrongBooks(t *testing.T) {
	for _, w := range wrongs {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			path := closedFair(t)
			if w.loosen != "" {
				loosen(t, path, w.loosen)
				if v := firstBeside(t, path); v != (Violation{}) {
					t.Fatalf("before anything was changed: %v", v)
				}
			}
			tamper(t, path, w.change...)
			v := firstBeside(t, path)
			if v.Invariant != w.name || v.ID == "" || v.Want == v.Got {
				t.Errorf("first wrong: %v", v)
			}
		})
	}
}

// TestDamageIsNoticed tears one page after the other.
func TestDamageIsNoticed(t *testing.T) {
	fair := closedFair(t)
	tamper(t, fair, "VACUUM") // nobody misses what is on a free page
	healthy, err := os.ReadFile(fair)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "books.db")
	named := 0
	for at := 0; at < len(healthy); at += 4096 {
		torn := slices.Clone(healthy)
		copy(torn[at:at+64], strings.Repeat("\xff", 64))
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		err := Read(t.Context(), path, func(s *Snapshot) error { return s.Check(Invariants()) })
		var v Violation
		if errors.As(err, &v) && v.Invariant == "file" {
			named++
		}
		if err == nil {
			t.Errorf("nobody saw that the page at %d is torn", at)
		}
	}
	if named < len(healthy)/4096/2 {
		t.Errorf("of %d torn pages only %d were named", len(healthy)/4096, named)
	}
}

// TestEveryInvariantIsBroken: an invariant that nothing in the table breaks
// may be one that nothing can.
func TestEveryInvariantIsBroken(t *testing.T) {
	broken := []string{"file", "contents", "chain-block", "chain-row"} // by tests of their own
	for _, w := range wrongs {
		broken = append(broken, w.name)
	}
	seen := map[string]bool{}
	for _, i := range Invariants() {
		if !slices.Contains(broken, i.Name) {
			t.Errorf("no test breaks %s", i.Name)
		}
		if seen[i.Name] || i.Says == "" || i.Of == "" || (i.Query == "") == (i.find == nil) {
			t.Errorf("%s is called like another, or does not say what it is", i.Name)
		}
		seen[i.Name] = true
	}
}

func TestFindGivesSoMany(t *testing.T) {
	path := closedFair(t)
	tamper(t, path, "UPDATE mark SET ref = 'none' WHERE ref <> ''", "UPDATE code SET day = created_at")
	for _, i := range Invariants() {
		want := 0
		if i.Name == "mark-ref" || i.Name == "code-day" {
			want = 3
		}
		var found []Violation
		err := Read(t.Context(), path, func(s *Snapshot) error {
			return s.Find(i, 3, func(v Violation) error { found = append(found, v); return nil })
		})
		if err != nil || len(found) != want {
			t.Errorf("%s: %d found, %v", i.Name, len(found), err)
		}
	}
}
