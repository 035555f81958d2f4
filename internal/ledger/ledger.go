// Package ledger holds the words and the invariants of double entry: accounts,
// transfers and postings. It does no I/O; storage writes what it has checked.
package ledger

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Account names one account. The part before the first colon is its class.
type Account string

// External is the world outside the books: money enters a payer's wallet from
// here, so its balance is minus all money held for payers and merchants.
const External Account = "external:funding"

// FeeRevenue is what the operator earns from MDR and payer fees.
const FeeRevenue Account = "revenue:fee"

// Wallet is a payer's wallet, the only account whose balance is also kept as
// a row, because it is the only one that may refuse a debit.
func Wallet(payerID string) Account { return Account("payer:" + payerID) }

// Payable is what is owed to a merchant of a partner until it is settled.
func Payable(partnerID, merchantID string) Account {
	return Account("merchant:" + partnerID + "/" + merchantID)
}

// Clearing is what is owed to another institution, named by its NNS, for
// off-us payments until the switch settles.
func Clearing(nns string) Account { return Account("clearing:" + nns) }

// Settlement is what was closed for a merchant and waits for its bank.
func Settlement(partnerID, merchantID string) Account {
	return Account("settlement:" + partnerID + "/" + merchantID)
}

// Kind says why money moved.
type Kind string

// The kinds of transfer.
const (
	Funding  Kind = "funding"    // money put into a wallet
	OnUs     Kind = "on-us"      // wallet to merchant payable and fee revenue
	OffUs    Kind = "off-us"     // wallet to the clearing account of an institution
	Refund   Kind = "refund"     // payable or clearing, and fee revenue, to wallet
	Settling Kind = "settlement" // payable to settlement
)

// Posting is one leg of a transfer. Amount is in sen: a credit is positive, a
// debit negative.
type Posting struct {
	Account Account
	Amount  int64
}

// Transfer is one movement of money: postings that sum to zero.
type Transfer struct {
	ID       string // UUIDv7
	Kind     Kind
	Ref      string    // reference of what caused it, for example a payment's
	At       time.Time // the application's clock
	Postings []Posting
}

// The ways a transfer can be malformed.
var (
	ErrUnbalanced  = errors.New("ledger: postings do not sum to zero")
	ErrEmpty       = errors.New("ledger: a transfer needs at least two postings")
	ErrZeroPosting = errors.New("ledger: a posting of zero moves nothing")
	ErrOverflow    = errors.New("ledger: the sum of postings overflows")
	ErrNoAccount   = errors.New("ledger: a posting names no account")
)

// Check returns nil if the transfer may be written: at least two postings,
// each with an account and a non-zero amount, that sum to exactly zero.
func (t Transfer) Check() error {
	if len(t.Postings) < 2 {
		return fmt.Errorf("transfer %s: %w", t.ID, ErrEmpty)
	}
	var sum int64
	for _, p := range t.Postings {
		switch {
		case p.Account == "":
			return fmt.Errorf("transfer %s: %w", t.ID, ErrNoAccount)
		case p.Amount == 0:
			return fmt.Errorf("transfer %s, %s: %w", t.ID, p.Account, ErrZeroPosting)
		case overflows(sum, p.Amount):
			return fmt.Errorf("transfer %s: %w", t.ID, ErrOverflow)
		}
		sum += p.Amount
	}
	if sum != 0 {
		return fmt.Errorf("transfer %s is off by %d sen: %w", t.ID, sum, ErrUnbalanced)
	}
	return nil
}

func overflows(a, b int64) bool {
	return (b > 0 && a > math.MaxInt64-b) || (b < 0 && a < math.MinInt64-b)
}

// Move adds a debit of from and a credit of to, unless the amount is zero: a
// fee of nothing leaves no posting.
func (t *Transfer) Move(from, to Account, sen int64) {
	if sen == 0 {
		return
	}
	t.add(from, -sen)
	t.add(to, sen)
}

// add merges with an earlier posting of the same account, so that a payer who
// pays an amount and a fee shows one debit.
func (t *Transfer) add(a Account, sen int64) {
	for i := range t.Postings {
		if t.Postings[i].Account == a {
			t.Postings[i].Amount += sen
			return
		}
	}
	t.Postings = append(t.Postings, Posting{Account: a, Amount: sen})
}
