package pay

import (
	"context"
	"time"

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

	// DueCodes gives up to limit active codes whose validity has passed.
	DueCodes(now time.Time, limit int) ([]Code, error)

	Payment(ref string) (Payment, error)
	// LatestPayment is the newest payment of a code.
	LatestPayment(codeRef string) (Payment, error)
	// PaidToMerchant sums the amounts paid on a Jakarta date.
	PaidToMerchant(partnerID, merchantID, day string) (Rupiah, error)

	// PaidByPayerSince sums the amounts paid from a Jakarta date on.
	PaidByPayerSince(payerID, day string) (Rupiah, error)

	Refund(ref string) (Refund, error)
	RefundsOf(paymentRef string) ([]Refund, error) // oldest first

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

	Delivery(id string) (Delivery, error)
	// DueDeliveries gives up to limit pending deliveries whose time has come,
	// oldest first, and of each code only its oldest pending one.
	DueDeliveries(now time.Time, limit int) ([]Delivery, error)
	// Deliveries visits a partner's deliveries, newest first; an empty partner
	// is all of them, an empty state any.
	Deliveries(partnerID string, state DeliveryState, visit func(Delivery) error) error
	Attempts(deliveryID string) ([]Attempt, error) // oldest first

	// Unsettled sums the payments and refunds of a Jakarta date for each
	// merchant here that has some and was not settled for it.
	Unsettled(day string) ([]Settlement, error)
	Settlements(day string) ([]Settlement, error)
	// PaymentsOn and RefundsOn visit all of a Jakarta date, oldest first; an
	// empty partner is every acquirer.
	PaymentsOn(acquirerID, day string, visit func(Payment) error) error
	RefundsOn(acquirerID, day string, visit func(Refund) error) error

	// CountOutlets says how many outlets of a kind a merchant has.
	CountOutlets(partnerID, merchantID string, kind OutletKind) (int, error)

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
	SetPayer(Payer) error    // its standing and limits

	InsertCode(c Code, day string) error
	// CloseCode moves a code from Active to a state at a time; ErrNotFound
	// when it was not active any more.
	CloseCode(c Code, to CodeState) error

	InsertPayment(p Payment, day string) error
	// AddRefunded raises what of a payment is refunded; ErrNotFound when that
	// would be more than was paid.
	AddRefunded(paymentRef string, amount Rupiah) error
	InsertRefund(r Refund, day string) error
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

	InsertDelivery(Delivery) error
	SetDeliveryBody(id, body string) error
	// SetDelivery records a delivery's state, how often it was tried and when
	// it is due; a state that is not pending also ends it at a time.
	SetDelivery(id string, state DeliveryState, attempts int, next, at time.Time) error
	InsertAttempt(Attempt) error
	InsertSettlement(Settlement) error

	PutSetting(name, value string) error
}
