package pay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/qris"
)

// PutPartner adds or changes a partner.
func (c *Core) PutPartner(ctx context.Context, p Partner) error {
	if p.ID == "" || p.ClientKey == "" || p.Dialect == "" {
		return Refuse(MissingField, "a partner needs an id, a client key and a dialect")
	}
	return c.change(ctx, "client key "+p.ClientKey, func(tx Tx) error { return tx.PutPartner(p) })
}

// PutMerchant adds or changes a merchant. What its payload will carry is
// checked here, not when the first customer waits for a code.
func (c *Core) PutMerchant(ctx context.Context, m Merchant) error {
	if m.ID == "" || m.PartnerID == "" {
		return Refuse(MissingField, "a merchant needs an id and a partner")
	}
	trial := GenerateRequest{Amount: Rp(1), TerminalID: noTerminal}
	if _, err := qris.Encode(spec(trial, &m, "0")); err != nil {
		return &Error{Kind: InvalidFormat, Field: "merchant " + m.ID, Detail: "its payload cannot be encoded", Cause: err}
	}
	return c.change(ctx, "MPAN "+m.MPAN, func(tx Tx) error {
		if _, err := tx.Partner(m.PartnerID); err != nil {
			return fmt.Errorf("partner %s: %w", m.PartnerID, err)
		}
		return tx.PutMerchant(m)
	})
}

// PutOutlet adds or changes a store, a terminal or a division.
func (c *Core) PutOutlet(ctx context.Context, o Outlet) error {
	if o.ID == "" || !slices.Contains([]OutletKind{Store, Terminal, SubMerchant}, o.Kind) {
		return Refuse(MissingField, "an outlet needs an id and a kind: store, terminal or sub-merchant")
	}
	return c.change(ctx, "outlet "+o.ID, func(tx Tx) error {
		if _, err := tx.Merchant(o.PartnerID, o.MerchantID); err != nil {
			return fmt.Errorf("merchant %s: %w", o.MerchantID, err)
		}
		return tx.PutOutlet(o)
	})
}

// change commits and empties the directory, so that the next request sees it.
func (c *Core) change(ctx context.Context, what string, f func(Tx) error) error {
	defer c.directory.forget()
	err := c.store.Update(ctx, f)
	switch {
	case errors.Is(err, ErrExists):
		return Refuse(ReferenceUsed, what+" belongs to another")
	case errors.Is(err, ErrNotFound):
		return &Error{Kind: CodeUnknown, Detail: "not found", Cause: err}
	}
	return err
}

// AddPayer adds a payer with money in the wallet.
func (c *Core) AddPayer(ctx context.Context, p Payer, funds Rupiah) error {
	if p.ID == "" {
		return Refuse(MissingField, "a payer needs an id")
	}
	p.Balance = 0
	err := c.change(ctx, "payer "+p.ID, func(tx Tx) error { return tx.InsertPayer(p) })
	if err != nil || funds == 0 {
		return err
	}
	return c.Fund(ctx, p.ID, funds)
}

// Fund moves money from outside into a wallet.
func (c *Core) Fund(ctx context.Context, payerID string, amount Rupiah) error {
	if amount <= 0 {
		return RefuseField(InvalidFormat, "amount", "it must be more than zero")
	}
	id, err := c.newID()
	if err != nil {
		return err
	}
	now := c.Now()
	t := ledger.Transfer{ID: id, Kind: ledger.Funding, Ref: payerID, At: now}
	t.Move(ledger.External, ledger.Wallet(payerID), int64(amount))
	return c.change(ctx, "payer "+payerID, func(tx Tx) error {
		if _, err := tx.Payer(payerID); err != nil {
			return err
		}
		return errors.Join(tx.Credit(payerID, amount), tx.InsertTransfer(t, Day(now)))
	})
}

// SetPayer changes a payer's standing and limits.
func (c *Core) SetPayer(ctx context.Context, p Payer) error {
	return c.change(ctx, "payer "+p.ID, func(tx Tx) error { return tx.SetPayer(p) })
}

// Inspect reads anything on one snapshot, for the operator's pages.
func (c *Core) Inspect(ctx context.Context, f func(Reader) error) error { return c.store.View(ctx, f) }

// Setting reads a server setting; it is empty when it was never written.
func (c *Core) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := c.store.View(ctx, func(r Reader) (err error) {
		value, err = r.Setting(name)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return value, err
}

// PutSetting writes a server setting.
func (c *Core) PutSetting(ctx context.Context, name, value string) error {
	return c.change(ctx, "setting "+name, func(tx Tx) error { return tx.PutSetting(name, value) })
}

// Books is the result of checking the whole ledger.
type Books struct {
	Balanced   bool
	Counts     Counts
	Total      Rupiah // sum of all postings: zero
	Unbalanced []string
	Wallets    []string // payers whose balance is not the sum of their postings
	Accounts   []AccountBalance
}

// AccountBalance is one line of the trial balance.
type AccountBalance struct {
	Account ledger.Account
	Balance Rupiah
}

// CheckBooks checks every invariant of the ledger on one snapshot.
func (c *Core) CheckBooks(ctx context.Context) (Books, error) {
	var b Books
	err := c.store.View(ctx, func(r Reader) (err error) {
		b = Books{}
		if b.Counts, err = r.Counts(); err != nil {
			return err
		}
		if b.Unbalanced, err = r.UnbalancedTransfers(10); err != nil {
			return err
		}
		if b.Wallets, err = r.WrongWallets(10); err != nil {
			return err
		}
		return r.Balances(func(a ledger.Account, balance Rupiah) error {
			b.Accounts = append(b.Accounts, AccountBalance{a, balance})
			b.Total += balance
			return nil
		})
	})
	b.Balanced = err == nil && b.Total == 0 && len(b.Unbalanced) == 0 && len(b.Wallets) == 0
	return b, err
}
