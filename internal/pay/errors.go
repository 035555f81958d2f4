package pay

import (
	"errors"
	"strings"
)

// Kind classifies every refusal. A dialect maps kinds to SNAP cases; nothing
// else decides a response code.
type Kind int

// The kinds, in the order of the checks that find them.
const (
	Internal            Kind = iota // a failure of ours; the request may be repeated
	BadRequest                      // the body is not the JSON that was promised, or is too large
	MissingHeader                   // a mandatory header is absent or empty
	InvalidHeader                   // a header breaks its documented form or is given twice
	MissingField                    // a mandatory field is absent, null or empty
	InvalidFormat                   // a field breaks its documented form
	BadTimestamp                    // X-TIMESTAMP is not a time, or is outside the allowed skew
	UnknownClient                   // no partner has this client key or partner id
	BadSignature                    // the signature matches no accepted form of the request
	InvalidToken                    // the B2B token has expired, was revoked or is another partner's
	TokenNotFound                   // no such B2B token was issued
	InvalidCustomer                 // the customer token has expired, was revoked or is of the wrong kind
	CustomerNotFound                // no such customer token was issued
	ForbiddenAPI                    // the partner's agreement does not include this API
	PartnerSuspended                // the partner may not call anything for now
	RateLimited                     // too many requests from this partner
	NotSupported                    // the method or function is not offered here
	NotRouted                       // no API lives at this path
	ExternalIDUsed                  // X-EXTERNAL-ID was used before
	ReferenceUsed                   // partnerReferenceNo was used before, with the same request
	Inconsistent                    // partnerReferenceNo was used before, with another request
	MerchantUnknown                 // no such merchant, or not this partner's
	MerchantInactive                // the merchant exists but its status is abnormal
	MerchantSuspended               // the merchant is suspended
	MerchantBlacklisted             // the merchant is blacklisted
	SubMerchantInactive             // a store, division or sub-merchant has an abnormal status
	TerminalUnknown                 // no such terminal at this merchant
	NotPermitted                    // this kind of transaction is not permitted to this merchant
	OverTransactionMax              // the amount exceeds the limit of one transaction
	OverMerchantLimit               // the merchant's day total would exceed its limit
	OverPayerLimit                  // the payer's day total would exceed its limit
	AmountMismatch                  // the amount is not what the code asks for
	BadPayload                      // the QR text cannot be read or must not be paid
	Unroutable                      // no institution can be reached for the payload
	CodeUnknown                     // no such code, payment or transaction
	CodeExpired                     // the code's validity has passed
	CodeCancelled                   // the code was cancelled
	CodePaid                        // the code was paid before
	WrongState                      // the transaction's state does not allow this
	OverRefund                      // more than is left of the payment
	Refunded                        // the payment is wholly refunded
	RefundLate                      // the refund window has passed
	RefundPartial                   // the acquirer refunds only whole payments
	OverTerminals                   // the merchant has as many terminals as it may
	NothingOnDate                   // no code was generated on that date
	PayerUnknown                    // no such payer
	PayerDormant                    // the payer's account is dormant
	PayerBlocked                    // the payer's account is blocked or abnormal
	InsufficientFunds               // the payer's balance does not cover amount and fee
	BadGrant                        // an authorisation code or refresh token that cannot be exchanged
	kinds                           // how many there are
)

// Kinds lists every kind, for tables that must be complete.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Error is the one error of the domain. Field names the header or field at
// fault where there is one; Detail says what was wrong and hints at the cure.
type Error struct {
	Kind   Kind
	Field  string
	Detail string
	Cause  error
}

func (e *Error) Error() string {
	s := e.Detail
	if e.Cause != nil && strings.Contains(e.Cause.Error(), s) {
		s = "" // the cause says it, and more
	}
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Cause != nil {
		s = strings.TrimSuffix(s, ": ")
		s = strings.TrimPrefix(s+": "+e.Cause.Error(), ": ")
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// Refuse makes an Error of a kind with the detail that explains it.
func Refuse(k Kind, detail string) *Error { return &Error{Kind: k, Detail: detail} }

// RefuseField makes an Error that names a field.
func RefuseField(k Kind, field, detail string) *Error {
	return &Error{Kind: k, Field: field, Detail: detail}
}

// KindOf is the kind of any error: Internal unless an Error says otherwise.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// What storage answers besides its own failures.
var (
	ErrNotFound = errors.New("pay: not found")
	ErrExists   = errors.New("pay: exists already")
)
