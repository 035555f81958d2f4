package storage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

var transfers = table[ledger.Transfer]{
	name:    "transfer",
	columns: strings.Fields("id kind ref moved_at"),
	fields: func(t *ledger.Transfer) []any {
		return []any{&t.ID, (*string)(&t.Kind), &t.Ref, moment{&t.At}}
	},
}

var postings = table[ledger.Posting]{
	name:    "posting",
	columns: strings.Fields("account amount"),
	fields: func(p *ledger.Posting) []any {
		return []any{(*string)(&p.Account), &p.Amount}
	},
}

var (
	transferByID       = transfers.find("WHERE id = $1")
	postingsOfTransfer = postings.find("WHERE transfer_id = $1 ORDER BY leg")
	insertTransfer     = transfers.insert("day", "digest")
	insertPosting      = postings.insert("leg", "transfer_id")

	balanceOf = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM posting WHERE account = $1"
	balances  = "SELECT account, CAST(SUM(amount) AS BIGINT) FROM posting GROUP BY account ORDER BY account"

	unbalancedTransfers = `SELECT transfer_id FROM posting
		GROUP BY transfer_id HAVING SUM(amount) <> 0 ORDER BY transfer_id LIMIT $1`
	wrongWallets = `SELECT id FROM payer
		WHERE balance <> (SELECT COALESCE(SUM(amount), 0) FROM posting WHERE account = $1 || payer.id)
		ORDER BY id LIMIT $2`
	counted = `SELECT (SELECT COUNT(*) FROM code), (SELECT COUNT(*) FROM payment),
		(SELECT COUNT(*) FROM transfer), (SELECT COUNT(*) FROM posting)`
)

func (r reader) Transfer(id string) (ledger.Transfer, error) {
	t, err := transfers.one(r.q, transferByID, id)
	if err != nil {
		return ledger.Transfer{}, err
	}
	t.Postings, err = postings.all(r.q, postingsOfTransfer, id)
	return t, err
}

// Balance of an account that has no postings is zero.
func (r reader) Balance(account ledger.Account) (pay.Rupiah, error) {
	return scalar[pay.Rupiah](r.q, balanceOf, string(account))
}

func (r reader) Balances(visit func(ledger.Account, pay.Rupiah) error) error {
	return postings.visit(r.q, balances, nil, func(p ledger.Posting) error {
		return visit(p.Account, pay.Rupiah(p.Amount))
	})
}

func (r reader) UnbalancedTransfers(limit int) ([]string, error) {
	return texts(r.q, unbalancedTransfers, limit)
}

func (r reader) WrongWallets(limit int) ([]string, error) {
	return texts(r.q, wrongWallets, string(ledger.Wallet("")), limit)
}

func texts(q querier, text string, args ...any) ([]string, error) {
	var found []string
	err := q.query(text, args, func(r row) error {
		var s string
		err := r.Scan(&s)
		found = append(found, s)
		return err
	})
	return found, err
}

func (r reader) Counts() (pay.Counts, error) {
	var c pay.Counts
	err := r.q.query(counted, nil, func(r row) error {
		return r.Scan(&c.Codes, &c.Payments, &c.Transfers, &c.Postings)
	})
	return c, err
}

// InsertTransfer refuses a transfer that the ledger's rules do not allow, or
// that posts to an account twice.
func (t tx) InsertTransfer(transfer ledger.Transfer, day string) error {
	if err := checkTransfer(transfer); err != nil {
		return err
	}
	rows := [][]any{append(transfers.values(&transfer), day)}
	sealed := slices.Clone(rows)
	for leg, p := range transfer.Postings {
		values := append(postings.values(&p), leg)
		rows, sealed = append(rows, append(values, transfer.ID)), append(sealed, values)
	}
	if err := t.add(insertTransfer, append(rows[0], stamp(sealed...))); err != nil {
		return err
	}
	for leg, p := range transfer.Postings {
		if err := t.add(insertPosting, rows[leg+1]); err != nil {
			return fmt.Errorf("storage: transfer %s, posting to %s: %w", transfer.ID, p.Account, err)
		}
	}
	return nil
}

func checkTransfer(t ledger.Transfer) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("storage: insert transfer: %w", err)
	}
	seen := make(map[ledger.Account]bool, len(t.Postings))
	for _, p := range t.Postings {
		if seen[p.Account] {
			return fmt.Errorf("storage: transfer %s posts to %s twice: add its postings up", t.ID, p.Account)
		}
		seen[p.Account] = true
	}
	return nil
}
