package pay

import "fmt"

// MarkKind tells which identifier of a request must not repeat.
type MarkKind string

// The identifiers that are remembered.
const (
	ByExternalID MarkKind = "external-id"
	ByReference  MarkKind = "reference"
)

// The scopes within which a partner's references are unique. An identifier of
// requests, X-EXTERNAL-ID, has none.
const (
	ScopeCode    = "code"
	ScopePayment = "payment"
	ScopeRefund  = "refund"
)

// Mark remembers that a request with an identifier succeeded. It is written
// in the same transaction as what the request did, so a lost answer can
// always be decided by reading it again.
type Mark struct {
	PartnerID string
	Scope     string
	Kind      MarkKind
	Key       string
	Day       string // Jakarta date for identifiers that are unique in a day; else empty
	Body      [32]byte
	Ref       string // reference of what the request made; filled in by the verb
}

// Repeated is the error of a verb whose mark exists: nothing was done. Prior
// is what was stored then.
type Repeated struct {
	Mark  Mark
	Prior Mark
}

func (r *Repeated) Error() string {
	return fmt.Sprintf("%s %q was used before", r.Mark.Kind, r.Mark.Key)
}

// SameBody reports whether both requests asked for the same.
func (r *Repeated) SameBody() bool { return r.Mark.Body == r.Prior.Body }
