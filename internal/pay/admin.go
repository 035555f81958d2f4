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
	if err := p.complete(); err != nil {
		return err
	}
	return c.changeParties(ctx, func(tx Tx) error { return putPartner(tx, p) })
}

func (p *Partner) complete() error {
	if p.ID == "" || p.ClientKey == "" || p.Dialect == "" {
		return Refuse(MissingField, "a partner needs an id, a client key and a dialect")
	}
	return nil
}

// AddPartner adds a partner; ErrExists when one has its id.
func (c *Core) AddPartner(ctx context.Context, p Partner) error {
	if err := p.complete(); err != nil {
		return err
	}
	return c.changeParties(ctx, func(tx Tx) error {
		if err := tx.Guard("partner " + p.ID); err != nil {
			return err
		}
		_, err := tx.Partner(p.ID)
		if err = absent(err); err != nil {
			return err
		}
		return putPartner(tx, p)
	})
}

// absent turns what a read said about what must not be there: ErrExists if it
// was found.
func absent(err error) error {
	switch {
	case err == nil:
		return ErrExists
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// EditPartner changes a partner as it stands: edits by other nodes take place
// before or after it. edit may run more than once.
func (c *Core) EditPartner(ctx context.Context, id string, edit func(*Partner) error) (p Partner, err error) {
	err = c.changeParties(ctx, func(tx Tx) error {
		if err := tx.Guard("partner " + id); err != nil {
			return err
		}
		if p, err = tx.Partner(id); err != nil {
			return err
		}
		before := p.NotifyURL
		if err := edit(&p); err != nil {
			return err
		}
		p.NotifyURL = meantAddress(p.NotifyURL, before)
		if err := p.complete(); err != nil {
			return err
		}
		return putPartner(tx, p)
	})
	return p, err
}

func putPartner(tx Tx, p Partner) error {
	return unlessTaken(tx.PutPartner(p), "client key "+p.ClientKey)
}

// PutMerchant adds or changes a merchant.
func (c *Core) PutMerchant(ctx context.Context, m Merchant) error {
	if err := m.complete(); err != nil {
		return err
	}
	return c.changeParties(ctx, func(tx Tx) error { return putMerchant(tx, m) })
}

// AddMerchant adds a merchant; ErrExists when the partner has one of its id.
func (c *Core) AddMerchant(ctx context.Context, m Merchant) error {
	if err := m.complete(); err != nil {
		return err
	}
	return c.changeParties(ctx, func(tx Tx) error {
		if err := guardMerchant(tx, m.PartnerID, m.ID); err != nil {
			return err
		}
		_, err := tx.Merchant(m.PartnerID, m.ID)
		if err = absent(err); err != nil {
			return err
		}
		return putMerchant(tx, m)
	})
}

func guardMerchant(tx Tx, partnerID, id string) error {
	return tx.Guard("merchant " + partnerID + " " + id)
}

// complete checks what the merchant's payload will carry here, not when the
// first customer waits for a code.
func (m *Merchant) complete() error {
	if m.ID == "" || m.PartnerID == "" {
		return Refuse(MissingField, "a merchant needs an id and a partner")
	}
	trial := GenerateRequest{Amount: Rp(1), TerminalID: noTerminal}
	if _, err := qris.Encode(spec(trial, m, "0")); err != nil {
		return &Error{Kind: InvalidFormat, Field: "merchant " + m.ID, Detail: "its payload cannot be encoded", Cause: err}
	}
	return nil
}

// EditMerchant changes a merchant as EditPartner does a partner.
func (c *Core) EditMerchant(ctx context.Context, partnerID, id string, edit func(*Merchant) error) (m Merchant, err error) {
	err = c.changeParties(ctx, func(tx Tx) error {
		if err := guardMerchant(tx, partnerID, id); err != nil {
			return err
		}
		if m, err = tx.Merchant(partnerID, id); err != nil {
			return err
		}
		before := m.NotifyURL
		if err := edit(&m); err != nil {
			return err
		}
		m.NotifyURL = meantAddress(m.NotifyURL, before)
		if err := m.complete(); err != nil {
			return err
		}
		return putMerchant(tx, m)
	})
	return m, err
}

func putMerchant(tx Tx, m Merchant) error {
	if _, err := tx.Partner(m.PartnerID); err != nil {
		return fmt.Errorf("partner %s: %w", m.PartnerID, err)
	}
	return unlessTaken(tx.PutMerchant(m), "MPAN "+m.MPAN)
}

// PutOutlet adds or changes a store, a terminal or a division.
func (c *Core) PutOutlet(ctx context.Context, o Outlet) error {
	if o.ID == "" || !slices.Contains([]OutletKind{Store, Terminal, SubMerchant}, o.Kind) {
		return Refuse(MissingField, "an outlet needs an id and a kind: store, terminal or sub-merchant")
	}
	return c.changeParties(ctx, func(tx Tx) error {
		if _, err := tx.Merchant(o.PartnerID, o.MerchantID); err != nil {
			return fmt.Errorf("merchant %s: %w", o.MerchantID, err)
		}
		return tx.PutOutlet(o)
	})
}

// changeParties commits a change of what directories remember, and empties
// this one, so that the next request sees it.
func (c *Core) changeParties(ctx context.Context, f func(Tx) error) error {
	generation, err := c.newID()
	if err != nil {
		return err
	}
	defer c.directory.forget()
	return c.change(ctx, func(tx Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return tx.PutSetting(settingGeneration, generation)
	})
}

// change commits, and words what was not found.
func (c *Core) change(ctx context.Context, f func(Tx) error) error {
	err := c.store.Update(ctx, f)
	if errors.Is(err, ErrNotFound) {
		return &Error{Kind: CodeUnknown, Detail: "not found", Cause: err}
	}
	return err
}

// unlessTaken words what is in the way of a write.
func unlessTaken(err error, what string) error {
	if errors.Is(err, ErrExists) {
		return Refuse(ReferenceUsed, what+" belongs to another")
	}
	return err
}

// AddPayer adds a payer with money in the wallet, both or neither.
func (c *Core) AddPayer(ctx context.Context, p Payer, funds Rupiah) error {
	if p.ID == "" {
		return Refuse(MissingField, "a payer needs an id")
	}
	add := func(tx Tx) error { return unlessTaken(tx.InsertPayer(p), "payer "+p.ID) }
	if funds == 0 {
		return c.change(ctx, add)
	}
	return c.fund(ctx, p.ID, funds, add)
}

// Fund moves money from outside into a wallet.
func (c *Core) Fund(ctx context.Context, payerID string, amount Rupiah) error {
	return c.fund(ctx, payerID, amount, func(tx Tx) error {
		_, err := tx.Payer(payerID)
		return err
	})
}

// fund moves money into a wallet that there is after first.
func (c *Core) fund(ctx context.Context, payerID string, amount Rupiah, first func(Tx) error) error {
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
	return c.change(ctx, func(tx Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		return errors.Join(tx.Credit(payerID, amount), tx.InsertTransfer(t, Day(now)))
	})
}

// EditPayer changes a payer's standing and limits, as EditPartner does a
// partner.
func (c *Core) EditPayer(ctx context.Context, id string, edit func(*Payer) error) (p Payer, err error) {
	err = c.change(ctx, func(tx Tx) error {
		if err := tx.Guard("payer " + id); err != nil {
			return err
		}
		if p, err = tx.Payer(id); err != nil {
			return err
		}
		if err := edit(&p); err != nil {
			return err
		}
		return tx.SetPayer(p)
	})
	return p, err
}

// Clear deletes all parties and everything that they did, for good: what
// remains are settings, users and the audit log. It is for sandboxes; whoever
// calls it has made sure of that.
func (c *Core) Clear(ctx context.Context) error {
	defer c.tokens.forget()
	return c.changeParties(ctx, Tx.Clear)
}

// Inspect reads anything on one snapshot, for the operator's pages.
func (c *Core) Inspect(ctx context.Context, f func(Reader) error) error { return c.store.View(ctx, f) }

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
