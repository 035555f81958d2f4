package cli

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// again is what a repeated identifier is answered with: accepted is the first
// answer once more.
type again struct{ same, other pay.Kind }

// forgotten identifiers are not looked at.
const forgotten pay.Kind = -2

// regime is what a provider documents about repeated requests.
type regime struct {
	dialect, operation string
	external           again  // for X-EXTERNAL-ID
	reference          again  // for partnerReferenceNo
	service            string // by which its query knows what was made; empty: it has none by the partner's reference
}

var regimes = []regime{
	{"dana", "generate", again{forgotten, forgotten}, again{accepted, pay.Inconsistent}, ""},
	{"midtrans", "generate", again{accepted, pay.ExternalIDUsed}, again{pay.ReferenceUsed, pay.ReferenceUsed}, "47"},
	{"qoin", "generate", again{forgotten, forgotten}, again{pay.ReferenceUsed, pay.ReferenceUsed}, ""},
	{"paydia", "payment", again{pay.ExternalIDUsed, pay.ExternalIDUsed}, again{pay.ReferenceUsed, pay.ReferenceUsed}, "50"},
	{"aspi", "generate", again{pay.ExternalIDUsed, pay.ExternalIDUsed}, again{pay.ReferenceUsed, pay.Inconsistent}, "47"},
	{"aspi", "payment", again{pay.ExternalIDUsed, pay.ExternalIDUsed}, again{pay.ReferenceUsed, pay.Inconsistent}, "50"},
}

// effect is what a request has made. Its no is the provider's reference, empty
// until an answer has named it.
type effect struct{ id, ref, body, no string }

// keyState is what was made under the identifiers of a history.
type keyState struct {
	regime  *regime
	effects []effect
}

func (k keyState) String() string { return fmt.Sprint(k.regime.dialect, k.effects) }

// The bodies under one reference: two that can be obeyed and one that cannot.
const (
	oneBody   = "a"
	otherBody = "b"
	spentBody = "spent" // pays what is paid
)

func (k keyState) step(a *act, s *seen) (state, bool) {
	k.effects = slices.Clone(k.effects)
	byID := slices.IndexFunc(k.effects, func(e effect) bool { return e.id == a.id })
	byRef := slices.IndexFunc(k.effects, func(e effect) bool { return e.ref == a.ref })
	switch {
	case a.verb == "query" && byRef < 0:
		return k, s.is(a, pay.CodeUnknown)
	case a.verb == "query":
		return k, k.answer(byRef, a, s, again{accepted, accepted})
	case byID >= 0 && k.regime.external.same != forgotten:
		return k, k.answer(byID, a, s, k.regime.external)
	case byRef >= 0:
		return k, k.answer(byRef, a, s, k.regime.reference)
	case a.body == spentBody:
		return k, s.is(a, pay.CodePaid)
	}
	made := effect{id: a.id, ref: a.ref, body: a.body}
	if s != nil {
		made.no = s.ref
	}
	k.effects = append(k.effects, made)
	return k, s.is(a, accepted)
}

// answer holds the answer to a repeated identifier against the regime.
func (k keyState) answer(i int, a *act, s *seen, rule again) bool {
	e := &k.effects[i]
	kind := rule.other
	if e.ref == a.ref && e.body == a.body {
		kind = rule.same
	}
	return s == nil || s.is(a, kind) && (kind != accepted || binds(&e.no, s.ref))
}

// keyPlay is a pair of identifiers that clients repeat.
type keyPlay struct {
	*regime
	base     object // the body without what differs
	id, ref  string
	otherID  string
	otherRef string
}

// playKey lets several clients repeat one request, or something close to it.
func playKey(s *site, dice *rand.Rand) (*history, []player) {
	r := &regimes[dice.IntN(len(regimes))]
	p := &keyPlay{regime: r, id: fresh("id"), otherID: fresh("id"), ref: fresh("K"), otherRef: fresh("K")}
	if r.operation == "payment" {
		p.base = object{}
	} else {
		p.base = s.nodes[0].body(r.dialect, r.operation)
	}
	var players []player
	for range 3 + dice.IntN(4) {
		players = append(players, func(c *caller) {
			p.send(c, p.id, p.ref, oneBody)
			for range 1 + c.dice.IntN(3) {
				p.more(c)
			}
		})
	}
	return &history{name: r.dialect + " " + r.operation + " " + p.ref, initial: keyState{regime: r}}, players
}

// more repeats the request, mostly with a difference.
func (p *keyPlay) more(c *caller) {
	switch c.dice.IntN(8) {
	case 0, 1:
		p.send(c, p.id, p.ref, oneBody)
	case 2:
		p.send(c, p.id, p.ref, otherBody)
	case 3:
		p.send(c, p.otherID, p.ref, oneBody)
	case 4:
		p.send(c, p.id, p.otherRef, oneBody)
	case 5:
		p.send(c, p.otherID, p.otherRef, p.refusedBody())
	default:
		p.query(c)
	}
}

// refusedBody is refused in its transaction where the operation can be.
func (p *keyPlay) refusedBody() string {
	if p.operation == "payment" {
		return spentBody
	}
	return otherBody
}

// send asks, and once more if no answer came.
func (p *keyPlay) send(c *caller, id, ref, variant string) {
	body := p.body(c, ref, variant)
	c.retry(act{verb: p.operation, id: id, ref: ref, body: variant}, func() *call {
		call := c.call(c.dice, p.dialect, p.operation, body)
		if p.operation == "payment" {
			call = c.payment(p.dialect, c.customers[sandbox.PayerOf(p.dialect)], body)
		}
		call.header.Set("X-External-Id", id)
		return call
	}, readMade)
}

func (p *keyPlay) body(c *caller, ref, variant string) object {
	body := object{"partnerReferenceNo": ref}
	for name, v := range p.base {
		if name != "partnerReferenceNo" {
			body[name] = v
		}
	}
	body["amount"] = idr(map[string]string{oneBody: "11000.00", otherBody: "17000.00"}[variant])
	switch {
	case variant == spentBody:
		body["additionalInfo"] = object{"qrContent": c.spent}
		delete(body, "amount")
	case p.operation == "payment":
		body["additionalInfo"] = object{"qrContent": c.static}
	}
	return body
}

func readMade(r reply) seen { return seen{code: r.code, ref: r.at("referenceNo")} }

// query asks what was made under a reference.
func (p *keyPlay) query(c *caller) {
	if p.service == "" {
		return
	}
	body := object{
		"originalPartnerReferenceNo": p.ref, "serviceCode": p.service,
		"merchantId": c.nodes[0].node.file.Partners[p.dialect].MerchantID,
	}
	c.ask(&act{verb: "query", ref: p.ref, body: oneBody}, c.call(c.dice, p.dialect, "query", body), func(r reply) seen {
		return seen{code: r.code, ref: r.at("originalReferenceNo")}
	})
}
