package pay

import "time"

// CodeState is where a code is in its life.
type CodeState string

// A dynamic code leaves Active once; a static one stays and takes many
// payments.
const (
	CodeActive    CodeState = "active"
	CodeIsPaid    CodeState = "paid"
	CodeIsExpired CodeState = "expired"
	CodeIsVoid    CodeState = "cancelled"
)

// Code is one QR and its life. What an answer shows of the merchant is copied
// at birth, so that a replayed answer is the first answer.
type Code struct {
	ID           string // UUIDv7
	Ref          string // referenceNo, also the reference label inside the payload
	PartnerID    string
	PartnerRef   string
	MerchantID   string
	MerchantName string
	SubMerchant  string
	StoreID      string
	TerminalID   string
	Amount       Rupiah // 0 when static
	Fee          Rupiah
	Payload      string
	State        CodeState
	CreatedAt    time.Time
	ExpiresAt    time.Time // zero: never
	ClosedAt     time.Time // when it left Active
	CallbackURL  string    // where to notify; empty: the partner's address
	Echo         string    // what the dialect wants back when it answers again; opaque here
}

// Static reports whether the payer names the amount.
func (c Code) Static() bool { return c.Amount == 0 }

// StateAt is the state at a moment: an active code whose validity has passed
// is expired whether or not the transition is recorded yet.
func (c Code) StateAt(now time.Time) CodeState {
	if c.State == CodeActive && !c.ExpiresAt.IsZero() && !now.Before(c.ExpiresAt) {
		return CodeIsExpired
	}
	return c.State
}

// PaymentState is where a payment is in its life.
type PaymentState string

// PaymentPaid is the state of a payment whose money has moved.
const PaymentPaid PaymentState = "paid"

// Payment is money moved from a payer for a code, ours or another
// institution's.
type Payment struct {
	ID         string // UUIDv7
	Ref        string // referenceNo
	PartnerID  string // the issuer's partner that asked for it
	PartnerRef string
	PayerID    string
	CodeRef    string // our code's Ref; empty when off-us
	AcquirerID string // partner of the merchant; empty when off-us
	MerchantID string // our merchant's ID; empty when off-us
	NNS        string // institution of the merchant's MPAN
	Payload    string
	Amount     Rupiah
	Fee        Rupiah // paid by the payer on top
	MDR        Rupiah // kept from the merchant
	Refunded   Rupiah // given back so far, at most Amount
	RRN        string // retrieval reference number, 12 digits
	State      PaymentState
	At         time.Time
}

// OnUs reports whether the merchant is ours.
func (p Payment) OnUs() bool { return p.MerchantID != "" }
