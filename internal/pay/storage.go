package pay

import (
	"context"

	"github.com/qrisd/qrisd/internal/ledger"
)

// Storage keeps the books. Each call of a method is one transaction.
type Storage interface {
	// View runs f on one consistent snapshot.
	View(ctx context.Context, f func(Reader) error) error
	// Update runs f and commits durably before it returns nil. When f returns
	// an error nothing of it is kept. f may run more than once and must not
	// touch anything outside the transaction but its own results.
	Update(ctx context.Context, f func(Tx) error) error
}

// Reader reads. A thing that is not there is ErrNotFound.
type Reader interface {
	Partner(id string) (Partner, error)
	PartnerByClientKey(key string) (Partner, error)
	Partners() ([]Partner, error)

	Merchant(partnerID, id string) (Merchant, error)
	MerchantByMPAN(mpan string) (Merchant, error)
	Merchants(partnerID string) ([]Merchant, error) // oldest first
	Outlet(partnerID, merchantID string, kind OutletKind, id string) (Outlet, error)
	Outlets(partnerID, merchantID string) ([]Outlet, error)

	Payer(id string) (Payer, error)
	Payers() ([]Payer, error)

	Code(ref string) (Code, error)
	// CodesOn visits a merchant's codes of a Jakarta date, newest first.
	CodesOn(partnerID, merchantID, day string, visit func(Code) error) error

	Payment(ref string) (Payment, error)
	// PaidToMerchant and PaidByPayer sum the amounts paid on a Jakarta date.
	PaidToMerchant(partnerID, merchantID, day string) (Rupiah, error)
	PaidByPayer(payerID, day string) (Rupiah, error)

	Token(hash [32]byte) (Token, error)
	Mark(partnerID, scope string, kind MarkKind, key, day string) (Mark, error)

	Balance(account ledger.Account) (Rupiah, error)
	// Balances sums the postings of every account, in order of its name.
	Balances(visit func(ledger.Account, Rupiah) error) error
	// Transfer gives the postings of one transfer.
	Transfer(id string) (ledger.Transfer, error)
	// UnbalancedTransfers gives the ids of up to limit transfers whose
	// postings do not sum to zero. There must be none.
	UnbalancedTransfers(limit int) ([]string, error)
	// WrongWallets gives the ids of up to limit payers whose balance is not
	// the sum of their wallet's postings. There must be none.
	WrongWallets(limit int) ([]string, error)
	// Counts gives how many rows of each kind there are.
	Counts() (Counts, error)

	Setting(name string) (string, error)
}

// Counts says how much is stored.
type Counts struct {
	Codes, Payments, Transfers, Postings int64
}

// Tx reads and writes. An insert that meets a row of the same key is
// ErrExists, after which the transaction may go on.
type Tx interface {
	Reader

	PutPartner(Partner) error // inserts or replaces; a client key of another partner is ErrExists
	PutMerchant(Merchant) error
	PutOutlet(Outlet) error
	InsertPayer(Payer) error // with a balance of zero; Transfer funds it
	SetPayer(id string, standing Standing, dayLimit Rupiah) error

	InsertCode(c Code, day string) error
	// CloseCode moves a code from Active to a state at a time; ErrNotFound
	// when it was not active any more.
	CloseCode(c Code, to CodeState) error

	InsertPayment(p Payment, day string) error
	// Debit takes from a payer's balance; ErrNotFound when it does not
	// cover the amount. Credit adds.
	Debit(payerID string, amount Rupiah) error
	Credit(payerID string, amount Rupiah) error
	InsertTransfer(t ledger.Transfer, day string) error

	InsertToken(Token) error
	// UseToken marks a one-time token as used; ErrNotFound when it was used
	// before.
	UseToken(t Token) error
	InsertMark(Mark) error

	PutSetting(name, value string) error
}
