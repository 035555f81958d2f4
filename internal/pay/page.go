package pay

import (
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
)

// CodeFilter says which codes a page is of; what is empty does not matter.
type CodeFilter struct {
	PartnerID string
	State     CodeState
	Prefix    string // of the Ref, which begins with its Jakarta date, as in 260131
}

// PaymentFilter says which payments or refunds a page is of; what is empty
// does not matter.
type PaymentFilter struct {
	AcquirerID string
	Prefix     string // of the Ref
}

// Entry is one posting to an account, with the head of its transfer.
type Entry struct {
	TransferID string
	Kind       ledger.Kind
	Ref        string
	At         time.Time
	Amount     Rupiah // a credit is positive, a debit negative
}

// Pages are lists that are read a page at a time by the key of its last row,
// so that a page far down costs what the first one does. An empty key begins
// at the start; what has a time comes newest first. None of them reads more
// rows than it gives, but for those that say so.
type Pages interface {
	// CodePage gives codes with a Ref before a key, newest first.
	CodePage(f CodeFilter, before string, limit int) ([]Code, error)
	// CountCodes counts codes up to a limit.
	CountCodes(f CodeFilter, limit int) (int, error)

	PaymentPage(f PaymentFilter, before string, limit int) ([]Payment, error)
	CountPayments(f PaymentFilter, limit int) (int, error)
	// PaymentsOf gives the newest payments of a code.
	PaymentsOf(codeRef string, limit int) ([]Payment, error)
	RefundPage(f PaymentFilter, before string, limit int) ([]Refund, error)

	// DeliveryPage gives deliveries of a partner, in a state, with an id before
	// a key; an empty partner or state is any.
	DeliveryPage(partnerID string, state DeliveryState, before string, limit int) ([]Delivery, error)
	CountDeliveries(partnerID string, state DeliveryState, limit int) (int, error)
	// DeliveriesOf gives the newest deliveries of a code.
	DeliveriesOf(codeRef string, limit int) ([]Delivery, error)

	// TransferPage gives transfers without their postings.
	TransferPage(before string, limit int) ([]ledger.Transfer, error)
	// TransfersOf gives the newest transfers that something caused, without
	// their postings.
	TransfersOf(ref string, limit int) ([]ledger.Transfer, error)
	// AccountPage gives the accounts that have postings, by name.
	AccountPage(after ledger.Account, limit int) ([]ledger.Account, error)
	// EntryPage gives an account's postings with a transfer's id before a key.
	EntryPage(account ledger.Account, before string, limit int) ([]Entry, error)

	PartnerPage(after string, limit int) ([]Partner, error)              // by id
	PayerPage(after string, limit int) ([]Payer, error)                  // by id
	MerchantPage(partnerID, after string, limit int) ([]Merchant, error) // by id
	// OutletPage gives a merchant's outlets by kind and id, after these.
	OutletPage(partnerID, merchantID string, kind OutletKind, id string, limit int) ([]Outlet, error)
	SettlementPage(day, partnerID, merchantID string, limit int) ([]Settlement, error) // by partner and merchant, after these
	// SettledDays sums up days before one, newest first: a Settlement that
	// names no merchant. It reads all settlements of the days that it gives.
	SettledDays(before string, limit int) ([]Settlement, error)

	// TokenPage gives a partner's tokens for a payer, its own where that is
	// empty, that can be used after a moment: the first to end first, behind one
	// of them unless that is the zero Token. It reads those that were used or
	// revoked too.
	TokenPage(partnerID, payerID string, after time.Time, behind Token, limit int) ([]Token, error)
	// BindingPage gives a partner's bindings with a token that can be used after
	// a moment, by payer. It reads all tokens of the payers that it gives, and
	// those of payers without one.
	BindingPage(partnerID string, after time.Time, behind string, limit int) ([]Binding, error)

	User(name string) (User, error)
	Users() ([]User, error) // by name
	// ActPage gives what somebody did, or anybody if who is empty.
	ActPage(who, before string, limit int) ([]Act, error)
}
