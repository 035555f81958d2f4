package pay

import (
	"context"
	"errors"
	"time"
)

// Status is how a transaction stands, in the words that query, notification
// and list share.
type Status string

// The statuses.
const (
	StatusInitiated Status = "initiated" // generated, not paid
	StatusPaid      Status = "paid"      // paid, perhaps refunded in part
	StatusRefunded  Status = "refunded"  // paid and wholly refunded
	StatusCancelled Status = "cancelled"
	StatusExpired   Status = "expired"
)

// Transaction is the one projection of a code, its payment and its refunds:
// all that is told about it outside is read from here. A static code stands
// for its newest payment.
type Transaction struct {
	Code    *Code    // nil for another institution's code that a payer here paid
	Payment *Payment // nil until paid
	Refunds []Refund // of the payment, oldest first
	Status  Status
	At      time.Time // when it came to stand so
}

// Ref is the provider's reference: the code's, or the payment's when the code
// is not ours.
func (t Transaction) Ref() string {
	if t.Code != nil {
		return t.Code.Ref
	}
	return t.Payment.Ref
}

// PartnerRef is the partner's reference of the same.
func (t Transaction) PartnerRef() string {
	if t.Code != nil {
		return t.Code.PartnerRef
	}
	return t.Payment.PartnerRef
}

// Amount is what was paid, or what is asked for until then.
func (t Transaction) Amount() Rupiah {
	if t.Payment != nil {
		return t.Payment.Amount
	}
	return t.Code.Amount
}

// Original names an earlier transaction in the ways that requests do; empty
// ones are not given.
type Original struct {
	Ref        string // originalReferenceNo
	PartnerRef string // originalPartnerReferenceNo
	ExternalID string // originalExternalId
}

// Query gives a partner's transaction. It is CodeUnknown when nothing has the
// reference, or when two references name different things.
func (c *Core) Query(ctx context.Context, partner *Partner, o Original) (Transaction, error) {
	var t Transaction
	err := c.store.View(ctx, func(r Reader) (err error) {
		t, err = c.find(r, partner.ID, o)
		return err
	})
	return t, err
}

var errUnknown = Refuse(CodeUnknown, "this partner has no transaction with this reference")

// find looks for codes first: an acquirer's partner asks about what it
// generated, an issuer's about what its payers paid.
func (c *Core) find(r Reader, partnerID string, o Original) (Transaction, error) {
	if o.Ref == "" && o.PartnerRef == "" {
		ref, err := c.byExternalID(r, partnerID, o.ExternalID)
		if err != nil {
			return Transaction{}, err
		}
		o.Ref = ref
	}
	code, err := findOne(r, partnerID, ScopeCode, o, r.Code)
	switch {
	case err == nil && code.PartnerID == partnerID && o.fits(code.Ref, code.PartnerRef):
		return c.project(r, &code)
	case err != nil && !errors.Is(err, ErrNotFound):
		return Transaction{}, err
	}
	p, err := findOne(r, partnerID, ScopePayment, o, r.Payment)
	switch {
	case err == nil && p.PartnerID == partnerID && o.fits(p.Ref, p.PartnerRef):
		return projectPayment(r, p)
	case err != nil && !errors.Is(err, ErrNotFound):
		return Transaction{}, err
	}
	return Transaction{}, errUnknown
}

// externalIDDays is how many days back an X-EXTERNAL-ID is looked for.
const externalIDDays = 31

// byExternalID finds what a request with an X-EXTERNAL-ID made, newest day
// first.
func (c *Core) byExternalID(r Reader, partnerID, id string) (string, error) {
	for back := 0; id != "" && back <= externalIDDays; back++ {
		m, err := r.Mark(partnerID, "", ByExternalID, id, Day(c.Now().AddDate(0, 0, -back)))
		if err == nil && m.Ref != "" {
			return m.Ref, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
	}
	return "", errUnknown
}

// findOne reads a thing by its reference, or through the mark of the partner's
// own. What was made without a partner's reference has ours as both.
func findOne[T any](r Reader, partnerID, scope string, o Original, read func(ref string) (T, error)) (T, error) {
	ref := o.Ref
	if ref == "" {
		switch m, err := r.Mark(partnerID, scope, ByReference, o.PartnerRef, ""); {
		case err == nil:
			ref = m.Ref
		case errors.Is(err, ErrNotFound):
			ref = o.PartnerRef
		default:
			var none T
			return none, err
		}
	}
	return read(ref)
}

// fits reports whether every reference that was given is the thing's.
func (o Original) fits(ref, partnerRef string) bool {
	return (o.Ref == "" || o.Ref == ref) && (o.PartnerRef == "" || o.PartnerRef == partnerRef)
}

// project reads what became of a code.
func (c *Core) project(r Reader, code *Code) (Transaction, error) {
	t := Transaction{Code: code, Status: StatusInitiated, At: code.CreatedAt}
	switch code.StateAt(c.Now()) {
	case CodeIsVoid:
		t.Status, t.At = StatusCancelled, code.ClosedAt
	case CodeIsExpired:
		t.Status, t.At = StatusExpired, code.ExpiresAt
	}
	if code.State == CodeActive && !code.Static() {
		return t, nil // its payment would have closed it
	}
	p, err := r.LatestPayment(code.Ref)
	if errors.Is(err, ErrNotFound) {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	paid, err := projectPayment(r, p)
	paid.Code = code
	return paid, err
}

func projectPayment(r Reader, p Payment) (Transaction, error) {
	t := Transaction{Payment: &p, Status: StatusPaid, At: p.At}
	var err error
	if t.Refunds, err = r.RefundsOf(p.Ref); err != nil {
		return t, err
	}
	if n := len(t.Refunds); n > 0 && p.Refunded == p.Amount {
		t.Status, t.At = StatusRefunded, t.Refunds[n-1].At
	}
	return t, nil
}
