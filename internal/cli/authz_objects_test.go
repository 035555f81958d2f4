package cli

import (
	"maps"
	"net/url"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// trespass is how an operation reaches for what is somebody else's.
type trespass struct {
	kinds  []pay.Kind // of the refusal, by the first thing that is missed
	why    string     // in place of all else: why there is nothing to reach for
	bodies func(h *harness, d *dialect.Dialect, op *dialect.Operation, p *callers) []object
}

// trespasses has a row for each name of an operation; one without is an error.
var trespasses = map[string]trespass{
	"token":          {why: "it names nothing but the partner itself"},
	"decode":         {why: "a QR is for whoever scans it"},
	"payment":        {why: "a QR is for whoever scans it; the payer is the customer token's, which the other matrix has"},
	"apply-ott":      {why: "the payer is the customer token's, which the other matrix has"},
	"customer-token": {kinds: []pay.Kind{pay.BadGrant}, bodies: consentsOfOthers},
	"generate":       {kinds: []pay.Kind{pay.MerchantUnknown}, bodies: merchantsOfOthers},
	"order":          {kinds: []pay.Kind{pay.MerchantUnknown}, bodies: merchantsOfOthers},
	"terminal":       {kinds: []pay.Kind{pay.MerchantUnknown}, bodies: merchantsOfOthers},
	"list":           {kinds: []pay.Kind{pay.MerchantUnknown}, bodies: merchantsOfOthers},
	"query":          {kinds: []pay.Kind{pay.CodeUnknown, pay.MerchantUnknown}, bodies: originalsOfOthers},
	"status":         {kinds: []pay.Kind{pay.CodeUnknown, pay.MerchantUnknown}, bodies: originalsOfOthers},
	"cancel":         {kinds: []pay.Kind{pay.CodeUnknown, pay.MerchantUnknown}, bodies: originalsOfOthers},
	"refund":         {kinds: []pay.Kind{pay.CodeUnknown, pay.MerchantUnknown}, bodies: originalsOfOthers},
}

// consentsOfOthers are an authorisation code of another partner and one that
// was used.
func consentsOfOthers(h *harness, d *dialect.Dialect, op *dialect.Operation, _ *callers) []object {
	used := h.body(d.Name, op.Name)
	h.call(d.Name, op.Name, used).send().want(h.t, op.Success.Case.Code(op.Service), "")
	return []object{h.body(d.Name, op.Name), used}
}

// merchantsOfOthers name a merchant of another partner; Qoin's may name none,
// which is the caller's own.
func merchantsOfOthers(h *harness, d *dialect.Dialect, op *dialect.Operation, p *callers) []object {
	b := h.body(d.Name, op.Name)
	if b["merchantId"] == "" {
		b["merchantId"] = p.own.MerchantID
	}
	return []object{b}
}

// originalsOfOthers name another partner's transaction, first under that
// partner's merchant and then under the caller's own.
func originalsOfOthers(h *harness, d *dialect.Dialect, op *dialect.Operation, p *callers) []object {
	o := h.original(d.Name, op.Name)
	if op.Name == "refund" {
		h.payOriginal(o)
	}
	theirs := h.about(d.Name, op.Name, o)
	ours := maps.Clone(theirs)
	for _, name := range []string{"merchantId", "merchantid"} {
		if _, ok := ours[name]; ok {
			ours[name] = p.other.MerchantID
		}
	}
	return []object{theirs, ours}
}

// TestObjectsOfOthers has a partner with the best of credentials ask for, cancel
// and refund what is another's, use its merchants and its payers' consents. To
// that partner none of it exists; its owner finds it untouched.
func TestObjectsOfOthers(t *testing.T) {
	h := startGuarded(t)
	all := h.gather()
	h.eachOperation(t, func(h *harness, d *dialect.Dialect, op *dialect.Operation) {
		row, ok := trespasses[op.Name]
		switch {
		case !ok:
			h.t.Fatalf("%s reaches for nothing and says not why: give it a row in trespasses", op.Name)
		case row.why != "":
			h.t.Log(row.why)
			return
		}
		p := all[d.Name]
		bodies := row.bodies(h, d, op, p)
		before := h.state()
		for _, b := range bodies {
			c := h.call(d.Name, op.Name, b)
			c.from(p.other)
			if op.Customer {
				c.customer(p.otherCustomer)
			}
			h.missed(c.send(), d, op, row.kinds)
			if op.Customer {
				c = h.call(d.Name, op.Name, b)
				c.customer(p.stranger)
				h.missed(c.send(), d, op, row.kinds)
			}
		}
		if after := h.state(); after != before {
			h.t.Fatalf("somebody else's request changed the books:\n%s\n%s", before, after)
		}
		h.call(d.Name, op.Name, bodies[0]).send().want(h.t, op.Success.Case.Code(op.Service), "")
	})
}

// missed wants an answer as for something that does not exist.
func (h *harness) missed(r reply, d *dialect.Dialect, op *dialect.Operation, kinds []pay.Kind) {
	h.t.Helper()
	r.refusedAs(h.t, op, "what is somebody else's")
	for _, k := range kinds {
		if r.code == d.Outcome(op, k).Case.Code(op.Service) {
			return
		}
	}
	h.t.Errorf("what is somebody else's is answered with %v, want %v", r, kinds)
}

// TestConsentIsRefused asks for a payer's consent as everybody who may not have
// it. The request comes from the payer's browser, so a partner's networks are
// not held against it.
func TestConsentIsRefused(t *testing.T) {
	h := startGuarded(t)
	all, asked := h.gather(), 0
	for i := range h.dialects {
		d := &h.dialects[i]
		if d.Binding == nil {
			continue
		}
		p := all[d.Name]
		for _, path := range []string{d.Binding.Path, "/" + d.Name + d.Binding.Path} {
			for _, c := range []struct {
				name  string
				kind  pay.Kind
				query url.Values
			}{
				{"nobody named", pay.MissingField, h.consent("")},
				{"unknown partner", pay.UnknownClient, h.consent("nobody")},
				{"partner of another dialect", pay.UnknownClient, h.consent(p.foreigner.PartnerID)},
				{"suspended partner", pay.PartnerSuspended, h.consent(p.suspended.PartnerID)},
				{"outside the agreement", pay.ForbiddenAPI, h.consent(p.denied.PartnerID)},
				{"a payer named without a signature", pay.MissingField, h.consentOf(p.own, party{})},
				{"a payer named by another partner", pay.BadSignature, h.consentOf(p.own, p.other)},
				{"a payer named by a revoked key", pay.BadSignature, h.consentOf(p.revoked, p.revoked)},
			} {
				asked++
				want := d.Outcome(&dialect.Operation{}, c.kind).Case.Code(d.Binding.Service)
				if to, code := h.visit(path, c.query); to != nil || code != want {
					t.Errorf("%s, %s: on to %v, %s, want %s", path, c.name, to, code, want)
				}
			}
		}
	}
	if asked == 0 {
		t.Fatal("no dialect asks for a consent")
	}
	h.books()
}

// consent is the address's parameters of a partner's request.
func (h *harness) consent(partnerID string) url.Values {
	query := url.Values{
		"timestamp": {h.nowAnd(0)}, "externalId": {"1"}, "channelId": {"894"}, "scopes": {"PUBLIC_ID"},
		"state": {"abc"}, "redirectUrl": {"https://shop.example/bound"},
	}
	if partnerID != "" {
		query.Set("partnerId", partnerID)
	}
	return query
}

// consentOf names the payer, signed by somebody; by nobody without a key.
func (h *harness) consentOf(asking, signing party) url.Values {
	h.t.Helper()
	const seamless = `{"mobileNumber":"payer-paydia"}`
	query := h.consent(asking.PartnerID)
	query.Set("seamlessData", seamless)
	if signing.PrivateKey == "" {
		return query
	}
	key, err := snap.ParsePrivateKey(signing.PrivateKey)
	if err != nil {
		h.t.Fatal(err)
	}
	signature, err := snap.SignRSA(key, seamless)
	if err != nil {
		h.t.Fatal(err)
	}
	query.Set("seamlessSign", signature)
	return query
}
