package dialecttest

import (
	"crypto/sha256"
	"errors"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// Pay pays a payload from the payer's wallet, as someone outside of the
// dialect does; the amount is that of a static code, or 0.
func (w *World) Pay(payload string, amount pay.Rupiah) pay.Payment {
	w.t.Helper()
	p, err := w.Core.Pay(w.t.Context(), pay.PayRequest{PayerID: PayerID, Payload: payload, Amount: amount})
	w.must(err)
	return p
}

// Agree changes the partner's agreement.
func (w *World) Agree(settings pay.PartnerSettings) {
	w.t.Helper()
	partner, err := w.Core.Partner(w.t.Context(), PartnerID)
	w.must(err)
	changed := *partner
	changed.Settings = settings
	w.must(w.Core.PutPartner(w.t.Context(), changed))
}

// Tells gives the members of the notification of a code's newest payment.
func (w *World) Tells(ref string) map[string]any {
	w.t.Helper()
	partner, err := w.Core.Partner(w.t.Context(), PartnerID)
	w.must(err)
	t, err := w.Core.Query(w.t.Context(), partner, pay.Original{Ref: ref})
	w.must(err)
	return w.Dialect.Notice.Body(t)
}

// Unread is a call whose body is not read: that of a repeated request which the
// server answers before it reads it.
func (w *World) Unread(operation string) *dialect.Call {
	w.t.Helper()
	partner, err := w.Core.Partner(w.t.Context(), PartnerID)
	w.must(err)
	return &dialect.Call{
		Core: w.Core, Dialect: &w.Dialect, Operation: w.Dialect.Operation(operation), Partner: partner,
		Timestamp: w.Now, Site: site{},
	}
}

// marks are what the server would remember of a request's own reference.
func (w *World) marks(c *dialect.Call, body []byte) []pay.Mark {
	id := c.Operation.Identifier
	if ref := c.Text(id.Field); w.Remember && id.Field != "" && ref != "" {
		return []pay.Mark{{PartnerID: PartnerID, Scope: id.Scope, Kind: pay.ByReference, Key: ref, Body: sha256.Sum256(body)}}
	}
	return nil
}

// repeated answers for a reference that was used before.
func (w *World) repeated(c *dialect.Call, err error) (any, error) {
	var r *pay.Repeated
	if !errors.As(err, &r) {
		return nil, err
	}
	rule := w.Dialect.Reference
	if own := c.Operation.Reference; own != nil {
		rule = *own
	}
	answer := rule.Other
	if r.SameBody() {
		answer = rule.Same
	}
	if !answer.Replay {
		return nil, pay.Refuse(answer.Kind, r.Error())
	}
	return c.Again(w.t.Context(), r.Prior.Ref)
}
