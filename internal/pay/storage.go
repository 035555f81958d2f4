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
	Pages

	Partner(id string) (Partner, error)
	PartnerByClientKey(key string) (Partner, error)
	Partners() ([]Partner, error)

	Merchant(partnerID, id string) (Merchant, error)
	MerchantByMPAN(mpan string) (Merchant, error)
	Merchants(partnerID string) ([]Merchant, error) // oldest first
	Outlet(partnerID, merchantID string, kind OutletKind, id string) (Outlet, error)
	Outlets(partnerID, merchantID string) ([]Outlet, error)

	Payer(id string) (Payer, error)

	Code(ref string) (Code, error)
	// CodesOn visits up to limit of a merchant's codes of a Jakarta date, newest
	// first: those behind a code, or from the newest where that is the zero one.
	CodesOn(partnerID, merchantID, day string, behind ListedCode, limit int, visit func(ListedCode) error) error

	// DueCodes gives up to limit active codes whose validity has passed, the
	// one that is due longest first.
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
	// Draft gives the next block of the chain, without its time and hash.
	Draft(Drafting) (Draft, error)
	// Leases gives those whose name begins with a prefix, by name.
	Leases(prefix string) ([]Lease, error)
}

// Counts says how much is stored.
type Counts struct {
	Codes, Payments, Transfers, Postings int64
}

// Foreseen are things that a transaction is going to read by their names; an
// empty name is none.
type Foreseen struct {
	PayerID, CodeRef      string
	PartnerID, MerchantID string // the partner, and the merchant of it
}

// Tx reads and writes. An insert that meets a row of the same key is
// ErrExists, after which the transaction may go on. Of codes, payments,
// refunds, transfers and deliveries, whose keys the program itself draws, only
// a second run of the function may be told so: what a first one wrote is then
// undone.
type Tx interface {
	Reader

	// Foresee says what the transaction is going to read, so that it may be read
	// at once. Each of it may then be as it was at this call.
	Foresee(Foreseen)

	PutPartner(Partner) error // inserts or replaces; a client key of another partner is ErrExists
	PutMerchant(Merchant) error
	PutOutlet(Outlet) error
	InsertPayer(Payer) error // with a balance of zero; Transfer funds it
	SetPayer(Payer) error    // its standing and limits

	InsertCode(c Code, day string) error
	// CloseCode moves a code from Active to a state at a time; ErrNotFound
	// when it was not active any more.
	CloseCode(c Code, to CodeState) error
	// EndCode closes an active code as expired at c.ClosedAt, and lets its
	// validity end then; ErrNotFound when it was not active any more.
	EndCode(c Code) error
	// ExpireCodes closes up to limit active codes whose validity has passed, as
	// of the moment it passed, and gives how many.
	ExpireCodes(now time.Time, limit int) (int, error)
	// HoldCode keeps an active code active until the transaction ends, for any
	// number of transactions at once; ErrNotFound when it was not active.
	HoldCode(ref string) error

	InsertPayment(p Payment, day string) error
	// AddRefunded raises what of a payment is refunded from what it was;
	// ErrNotFound when it was not that any more, or would be more than was
	// paid.
	AddRefunded(paymentRef string, was, amount Rupiah) error
	InsertRefund(r Refund, day string) error
	// Debit takes from a payer's balance; ErrNotFound when it does not
	// cover the amount. Credit adds.
	Debit(payerID string, amount Rupiah) error
	Credit(payerID string, amount Rupiah) error
	InsertTransfer(t ledger.Transfer, day string) error

	InsertToken(Token) error
	// UseToken marks a one-time token as used; ErrNotFound when it was used or
	// revoked before.
	UseToken(t Token) error
	// RevokeToken revokes a token at t.RevokedAt; ErrNotFound when it was
	// revoked before.
	RevokeToken(t Token) error
	// RevokeBinding revokes all tokens of a partner for a payer, and gives how
	// many were not before: also those that a one-time token is being exchanged
	// for in another transaction.
	RevokeBinding(partnerID, payerID string, at time.Time) (int, error)
	InsertMark(Mark) error

	InsertDelivery(Delivery) error
	// ClaimDeliveries gives a holder up to limit pending deliveries whose time
	// has come and that nobody holds, oldest first, and of each code only its
	// oldest pending one.
	ClaimDeliveries(holder string, now time.Time, limit int) ([]Delivery, error)
	// ReleaseDeliveries frees what a holder has claimed; an empty holder is
	// all of them.
	ReleaseDeliveries(holder string) error
	SetDeliveryBody(id, body string) error // ErrNotFound when it has one already
	// SetDelivery records a delivery's state, how often it was tried and when
	// it is due, and that nobody holds it; a state that is not pending also
	// ends it at a time.
	SetDelivery(id string, state DeliveryState, attempts int, next, at time.Time) error
	InsertAttempt(Attempt) error
	InsertSettlement(Settlement) error

	InsertSetting(name, value string) error
	PutSetting(name, value string) error
	// Clear deletes all parties and everything that was done: what remains are
	// settings, users and the audit log, and what nodes agree by.
	Clear() error

	// Guard makes transactions with the same name take place one after
	// another, for a check that no single row decides. What they read after it
	// is what the one before has left.
	Guard(name string) error
	// TakeLease gives the lease to a holder until a moment if it is free, its
	// time is over or the holder has it already; ErrExists when another does.
	TakeLease(name, holder string, now, until time.Time) (Lease, error)
	// Fence fails with ErrNotFound when a lease has had another holder since.
	Fence(Lease) error
	// DropLease frees a lease; what another holds by now stays.
	DropLease(Lease) error
	// TakeQuota takes n of at most limit uses of a name in a slot of time.
	// Slots only go up: an earlier one counts as the newest that was used.
	// ErrNotFound when fewer are left.
	TakeQuota(name string, slot, n, limit int64) error

	// People and what they did

	InsertUser(User) error
	SetUser(User) error // ErrNotFound when there is none of the name
	InsertAct(Act) error
	// EndAct says what came of an act; ErrNotFound when that was said before.
	EndAct(id, outcome string) error

	// AppendBlock makes a block of what was drafted and of the acts that wait;
	// ErrChainGrown when it does not follow the last one any more.
	AppendBlock(Block) error
}
