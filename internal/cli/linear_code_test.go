package cli

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// codeState is a code, its payments and what was given back of them.
type codeState struct {
	amount    pay.Rupiah // 0: static
	cancelled bool
	over      bool // its end has passed
	payments  payments
}

func (c codeState) String() string {
	return fmt.Sprintf("{asks %s, cancelled %t, over %t, payments %v}", c.amount, c.cancelled, c.over, c.payments)
}

func (c codeState) step(a *act, s *seen) (state, bool) {
	switch a.verb {
	case "pay":
		return c.pay(a, s)
	case "cancel":
		return c.cancel(a, s)
	case "refund":
		var ok bool
		c.payments, ok = c.payments.refund(len(c.payments)-1, pay.WrongState, a, s)
		return c, ok
	case "query":
		return c.query(a, s)
	case "lookup":
		return c.lookup(a, s)
	case "decode":
		return c, s.is(a, c.payable())
	case "expire":
		c.over = true
		return c, true
	}
	panic("no such act: " + a.verb)
}

// payable is why the code can take no payment.
func (c codeState) payable() pay.Kind {
	switch {
	case c.cancelled:
		return pay.CodeCancelled
	case c.amount > 0 && len(c.payments) > 0:
		return pay.CodePaid
	case c.over:
		return pay.CodeExpired
	}
	return accepted
}

// decided is a kind as it applies to an act that the end of the code
// overtakes: what was asked for before it may still succeed.
func decided(kind pay.Kind, a *act, s *seen) pay.Kind {
	if kind == pay.CodeExpired && a.early && s.is(a, accepted) {
		return accepted
	}
	return kind
}

func (c codeState) pay(a *act, s *seen) (state, bool) {
	if c.payments.find(a.ref) >= 0 {
		return c, s.is(a, pay.ReferenceUsed)
	}
	kind := c.payable()
	if a.poor {
		if kind == accepted || kind == pay.CodeExpired && a.early && s.is(a, pay.InsufficientFunds) {
			kind = pay.InsufficientFunds
		}
		return c, s.is(a, kind)
	}
	if kind = decided(kind, a, s); kind != accepted {
		return c, s.is(a, kind)
	}
	amount := max(a.amount, c.amount)
	c.payments = append(slices.Clip(c.payments), paidState{ref: a.ref, amount: amount})
	return c, s == nil || s.is(a, accepted) && s.amount == amount.String()
}

func (c codeState) cancel(a *act, s *seen) (state, bool) {
	kind := c.payable()
	switch {
	case c.cancelled:
		return c, s.is(a, accepted)
	case len(c.payments) > 0:
		return c, s.is(a, pay.WrongState)
	}
	kind = decided(kind, a, s)
	c.cancelled = kind == accepted
	return c, s.is(a, kind)
}

func (c codeState) status() pay.Status {
	switch n := len(c.payments); {
	case n > 0:
		return c.payments[n-1].status()
	case c.cancelled:
		return pay.StatusCancelled
	case c.over:
		return pay.StatusExpired
	}
	return pay.StatusInitiated
}

func (c codeState) query(a *act, s *seen) (state, bool) {
	if s == nil {
		return c, true
	}
	if !s.is(a, accepted) || s.status != aspi.Statuses[c.status()].Code {
		return c, false
	}
	n := len(c.payments)
	if n == 0 {
		return c, (c.amount == 0 && s.amount == "" || s.amount == c.amount.String()) && len(s.returns) == 0
	}
	c.payments = c.payments.clone()
	return c, c.payments[n-1].shown(s)
}

// lookup is the issuer's query of a payment.
func (c codeState) lookup(a *act, s *seen) (state, bool) {
	i := c.payments.find(a.ref)
	switch {
	case i < 0:
		return c, s.is(a, pay.CodeUnknown)
	case s == nil:
		return c, true
	}
	c.payments = c.payments.clone()
	p := &c.payments[i]
	return c, s.is(a, accepted) && s.status == aspi.Statuses[p.status()].Code && p.shown(s)
}

// codePlay is a code that clients are let at.
type codePlay struct {
	site       *site
	ref, mine  string
	payload    string
	amount     pay.Rupiah // 0: static
	mu         sync.Mutex
	paid, back []string // references that were used
}

// parts are what is asked back of a payment; 0 is all that is left.
var parts = []pay.Rupiah{0, 0, pay.Rp(3000), pay.Rp(4000), pay.Rp(6000), pay.Rp(9000)}

// The life of a code that is meant to expire, and how far the clock is moved.
const (
	shortLife = 10 * time.Minute
	pastLife  = 11 * time.Minute
)

// newCode generates a code in one of three ways: static, dynamic, or one that
// is going to expire.
func newCode(s *site, dice *rand.Rand, static, short bool) (*codePlay, *history) {
	p := &codePlay{site: s}
	h := s.any(dice)
	body := h.body("aspi", "generate")
	if static {
		delete(body, "amount")
	} else {
		p.amount = pay.Rp(12_000)
		body["amount"] = idr(p.amount.String())
	}
	if short {
		body["validityPeriod"] = snap.FormatTimestamp(h.node.core.Now().Add(shortLife))
	}
	r, ok := s.exchange(s.call(dice, "aspi", "generate", body).request())
	if !ok || r.code != "2004700" {
		s.t.Errorf("no code: %v", r)
	}
	p.ref, p.mine, p.payload = r.at("referenceNo"), body["partnerReferenceNo"].(string), r.at("qrContent")
	return p, &history{name: "code " + p.ref, initial: codeState{amount: p.amount}}
}

// playCode lets several clients at a code of which any may have to pay, cancel,
// refund and ask.
func playCode(s *site, dice *rand.Rand) (*history, []player) {
	p, h := newCode(s, dice, dice.IntN(4) == 0, false)
	mood := moods[dice.IntN(len(moods))]
	players := make([]player, 3+dice.IntN(4))
	for i := range players {
		players[i] = func(c *caller) {
			p.one(c, mood.first)
			for range 1 + c.dice.IntN(3) {
				p.one(c, mood.then)
			}
		}
	}
	return h, players
}

// deed is something that a client does with a code.
type deed = func(*codePlay, *caller)

// mood is what the clients of a history are likely to do.
type mood struct{ first, then []deed }

var moods = []mood{
	{ // a race to pay, and one to have it back
		first: []deed{(*codePlay).pay, (*codePlay).pay, (*codePlay).pay, (*codePlay).payPoor},
		then: []deed{
			(*codePlay).refund, (*codePlay).refund, (*codePlay).refund, (*codePlay).query, (*codePlay).query,
			(*codePlay).lookup, (*codePlay).pay, (*codePlay).decode,
		},
	},
	{ // a code that is often looked at and seldom paid
		first: []deed{(*codePlay).payPoor, (*codePlay).payPoor, (*codePlay).decode, (*codePlay).query},
		then:  []deed{(*codePlay).payPoor, (*codePlay).decode, (*codePlay).query, (*codePlay).pay, (*codePlay).refund},
	},
	{ // the merchant changes its mind
		first: []deed{(*codePlay).cancel, (*codePlay).pay, (*codePlay).payPoor},
		then: []deed{
			(*codePlay).cancel, (*codePlay).pay, (*codePlay).query, (*codePlay).query, (*codePlay).decode,
			(*codePlay).refund, (*codePlay).lookup,
		},
	},
}

// one does one of several things.
func (p *codePlay) one(c *caller, of []deed) { of[c.dice.IntN(len(of))](p, c) }

func (p *codePlay) pay(c *caller) {
	dialectName := []string{"aspi", "paydia"}[c.dice.IntN(2)]
	p.payAs(c, dialectName, c.customers[sandbox.PayerOf(dialectName)], act{verb: "pay", ref: fresh("P")})
}

func (p *codePlay) payPoor(c *caller) {
	p.payAs(c, "aspi", c.customers[poorPayer], act{verb: "pay", ref: fresh("P"), poor: true})
}

// payAs pays, and asks again if no answer came: one of a payment's two askings
// can succeed.
func (p *codePlay) payAs(c *caller, dialectName, customer string, a act) {
	body := object{"partnerReferenceNo": a.ref, "additionalInfo": object{"qrContent": p.payload}}
	if p.amount == 0 {
		a.amount = pay.Rp(12_000)
		body["amount"] = idr(a.amount.String())
	}
	if dialectName == "aspi" {
		p.remember(&p.paid, a.ref)
	}
	c.retry(a, func() *call { return c.payment(dialectName, customer, body) }, readPayment)
}

func readPayment(r reply) seen {
	return seen{code: r.code, ref: r.at("referenceNo"), amount: r.at("amount.value")}
}

func (p *codePlay) remember(refs *[]string, ref string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*refs = append(*refs, ref)
}

// used is one of the references, empty if there is none.
func (p *codePlay) used(c *caller, refs *[]string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(*refs) == 0 {
		return ""
	}
	return (*refs)[c.dice.IntN(len(*refs))]
}

// about is the body of a request about the code.
func (p *codePlay) about(operation string) object {
	return p.site.nodes[0].about("aspi", operation, original{ref: p.ref, partnerRef: p.mine, service: "47"})
}

func (p *codePlay) cancel(c *caller) {
	c.ask(&act{verb: "cancel"}, c.call(c.dice, "aspi", "cancel", p.about("cancel")), readCode)
}

func readCode(r reply) seen { return seen{code: r.code} }

func (p *codePlay) query(c *caller) {
	c.ask(&act{verb: "query"}, c.call(c.dice, "aspi", "query", p.about("query")), readStanding)
}

// readStanding reads what a query tells.
func readStanding(r reply) seen {
	s := seen{code: r.code, status: r.at("latestTransactionStatus"), amount: r.at("amount.value")}
	list, _ := r.field("additionalInfo.refundHistory").([]any)
	for _, entry := range list {
		e := reply{body: entry.(map[string]any)}
		sen, err := snap.ParseAmount(e.at("refundAmount.value"))
		if err != nil {
			s.code = err.Error() // no model expects it
		}
		s.returns = append(s.returns, returned{ref: e.at("partnerRefundNo"), no: e.at("refundNo"), amount: pay.Rupiah(sen)})
	}
	slices.SortFunc(s.returns, byRef)
	return s
}

// lookup asks as the issuer about a payment. The newest of a static code is
// that of the latest time, which need not be the last that took place; so
// only a dynamic code's are looked up.
func (p *codePlay) lookup(c *caller) {
	ref := p.used(c, &p.paid)
	if p.amount == 0 || ref == "" {
		p.query(c)
		return
	}
	body := object{"originalPartnerReferenceNo": ref, "serviceCode": "50"}
	c.ask(&act{verb: "lookup", ref: ref}, c.call(c.dice, "aspi", "query", body), readStanding)
}

func (p *codePlay) decode(c *caller) {
	body := object{"partnerReferenceNo": fresh("E"), "qrContent": p.payload, "scanTime": snap.FormatTimestamp(p.site.nodes[0].node.core.Now())}
	c.ask(&act{verb: "decode"}, c.call(c.dice, "aspi", "decode", body), readCode)
}

// refund gives back a part, under a reference of its own or one that another
// refund has, and asks again if no answer came.
func (p *codePlay) refund(c *caller) {
	a := act{verb: "refund", ref: fresh("R"), amount: parts[c.dice.IntN(len(parts))]}
	if used := p.used(c, &p.back); used != "" && c.dice.IntN(5) == 0 {
		a.ref = used
	}
	p.remember(&p.back, a.ref)
	body := p.about("refund")
	body["partnerRefundNo"] = a.ref
	if a.amount > 0 {
		body["refundAmount"] = idr(a.amount.String())
	}
	c.retry(a, func() *call { return c.call(c.dice, "aspi", "refund", body) }, readRefund)
}

func readRefund(r reply) seen {
	return seen{code: r.code, ref: r.at("refundNo"), amount: r.at("refundAmount.value")}
}
