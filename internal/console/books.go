package console

import (
	"context"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// ledgerBody is a page of accounts, and the last check of all books.
type ledgerBody struct {
	list[ledger.Account]
	Balances figure[map[ledger.Account]pay.Rupiah]
	Begins   string
	Check    figure[pay.Books]
	Checked  bool // there is a check to show
}

func (c *Console) showLedger(v *visit) (any, error) {
	b := ledgerBody{Begins: v.asked("begins")}
	after := v.from()
	if after == "" && b.Begins != "" {
		after = b.Begins[:len(b.Begins)-1] // what begins so comes right behind it, or soon
	}
	rows, err := read(v, func(r pay.Reader) ([]ledger.Account, error) {
		return r.AccountPage(ledger.Account(after), pageRows+1)
	})
	if err != nil {
		return nil, err
	}
	b.list = listOf(v, rows, func(a ledger.Account) string { return string(a) })
	if b.Balances, err = c.balances(v, "balances after "+after, b.Rows); err != nil {
		return nil, err
	}
	b.Check, b.Checked, err = c.lastCheck()
	return b, err
}

// balances sums up accounts, each in a snapshot of its own: the books are not
// held for long.
func (c *Console) balances(v *visit, name string, accounts []ledger.Account) (figure[map[ledger.Account]pay.Rupiah], error) {
	return look(v.Context(), &c.figures, name, c.Now, func(ctx context.Context) (map[ledger.Account]pay.Rupiah, error) {
		found := make(map[ledger.Account]pay.Rupiah, len(accounts))
		for _, a := range accounts {
			err := c.core.Inspect(ctx, func(r pay.Reader) (err error) {
				found[a], err = r.Balance(a)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		return found, nil
	})
}

// bookCheck names the figure that a check of all books is.
const bookCheck = "books"

// lastCheck gives the newest check, if there is one, and begins none.
func (c *Console) lastCheck() (figure[pay.Books], bool, error) {
	c.figures.mu.Lock()
	defer c.figures.mu.Unlock()
	found := c.figures.kept[bookCheck]
	if found == nil {
		return figure[pay.Books]{}, false, nil
	}
	value, _ := found.value.(pay.Books)
	return figure[pay.Books]{Value: value, At: found.at, Busy: found.done != nil}, true, found.err
}

// accountBody is one account and a page of its postings.
type accountBody struct {
	list[pay.Entry]
	Account ledger.Account
	Balance figure[map[ledger.Account]pay.Rupiah]
}

// Subject is what the page is about.
func (b accountBody) Subject() string { return string(b.Account) }

// Sum is the account's balance.
func (b accountBody) Sum() pay.Rupiah { return b.Balance.Value[b.Account] }

func (c *Console) showAccount(v *visit) (any, error) {
	b := accountBody{Account: ledger.Account(v.asked("name"))}
	rows, err := read(v, func(r pay.Reader) ([]pay.Entry, error) { return r.EntryPage(b.Account, v.from(), pageRows+1) })
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && v.from() == "" {
		return nil, pay.ErrNotFound
	}
	b.list = listOf(v, rows, func(e pay.Entry) string { return e.TransferID })
	b.Balance, err = c.balances(v, "balance of "+string(b.Account), []ledger.Account{b.Account})
	return b, err
}

func (c *Console) listTransfers(v *visit) (any, error) {
	rows, err := read(v, func(r pay.Reader) ([]ledger.Transfer, error) {
		rows, err := r.TransferPage(v.from(), pageRows+1)
		for i := range rows {
			if err == nil {
				rows[i], err = r.Transfer(rows[i].ID)
			}
		}
		return rows, err
	})
	return listOf(v, rows, func(t ledger.Transfer) string { return t.ID }), err
}

// transferBody is one transfer.
type transferBody struct{ Transfer ledger.Transfer }

// Subject is what the page is about.
func (b transferBody) Subject() string { return b.Transfer.ID }

// Balanced reports whether the postings sum to zero.
func (b transferBody) Balanced() bool { return b.Transfer.Check() == nil }

func (c *Console) showTransfer(v *visit) (any, error) {
	return read(v, func(r pay.Reader) (b transferBody, err error) {
		b.Transfer, err = r.Transfer(v.PathValue("id"))
		return b, err
	})
}

var ledgerActs = []act{
	{path: "/ledger/check", verb: "ledger.check", least: pay.Operator, done: "The books are being checked", do: (*Console).checkBooks},
}

// checkBooks begins to check all books. It may take long, and one check runs
// at a time.
func (c *Console) checkBooks(v *visit) (string, error) {
	_, err := look(v.Context(), &c.figures, bookCheck, c.Now, func(ctx context.Context) (books pay.Books, err error) {
		err = c.Desk.Alone(func() error {
			books, err = c.core.CheckBooks(ctx)
			return err
		})
		return books, err
	})
	return "/ledger", err
}
