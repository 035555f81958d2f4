package cli

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/pay"
)

// payerState is a wallet, its limit and what was paid from it today.
type payerState struct {
	balance  pay.Rupiah
	limit    pay.Rupiah // of a day; 0: none
	payments payments
}

func (p payerState) String() string {
	return fmt.Sprintf("{holds %s, limit %s, payments %v}", p.balance, p.limit, p.payments)
}

func (p payerState) step(a *act, s *seen) (state, bool) {
	switch a.verb {
	case "pay":
		return p.pay(a, s)
	case "fund":
		p.balance += a.amount
		return p, s.is(a, accepted)
	case "balance":
		return p, s == nil || s.amount == p.balance.String()
	case "refund":
		return p.refund(a, s)
	case "lookup":
		return p.lookup(a, s)
	}
	panic("no such act: " + a.verb)
}

// today is what was paid, whether or not it was given back.
func (p payerState) today() pay.Rupiah {
	var sum pay.Rupiah
	for _, made := range p.payments {
		sum += made.amount
	}
	return sum
}

func (p payerState) pay(a *act, s *seen) (state, bool) {
	switch {
	case p.payments.find(a.ref) >= 0:
		return p, s.is(a, pay.ReferenceUsed)
	case p.limit > 0 && p.today()+a.amount > p.limit:
		return p, s.is(a, pay.OverPayerLimit)
	case p.balance < a.amount:
		return p, s.is(a, pay.InsufficientFunds)
	}
	p.balance -= a.amount
	p.payments = append(slices.Clip(p.payments), paidState{ref: a.ref, amount: a.amount})
	return p, s.is(a, accepted)
}

func (p payerState) refund(a *act, s *seen) (state, bool) {
	before := p.payments.left()
	var ok bool
	p.payments, ok = p.payments.refund(p.payments.find(a.about), pay.CodeUnknown, a, s)
	p.balance += before - p.payments.left()
	return p, ok
}

// left is what of all payments was not given back.
func (ps payments) left() pay.Rupiah {
	var sum pay.Rupiah
	for _, p := range ps {
		sum += p.left()
	}
	return sum
}

func (p payerState) lookup(a *act, s *seen) (state, bool) {
	i := p.payments.find(a.ref)
	switch {
	case i < 0:
		return p, s.is(a, pay.CodeUnknown)
	case s == nil:
		return p, true
	}
	p.payments = p.payments.clone()
	made := &p.payments[i]
	return p, s.is(a, accepted) && s.status == aspi.Statuses[made.status()].Code && made.shown(s)
}

// payerPlay is a payer that clients are let at.
type payerPlay struct {
	id   string
	mu   sync.Mutex
	refs []string
}

// playPayer lets several clients at a wallet that does not cover what they
// want together; every other payer also has a limit for the day.
func playPayer(s *site, dice *rand.Rand) (*history, []player) {
	p := &payerPlay{id: fresh("payer")}
	initial := payerState{balance: pay.Rp(5000 + 1000*dice.Int64N(4))}
	if dice.IntN(2) == 0 {
		initial.limit = pay.Rp(6000)
	}
	token := s.any(dice).addPayer(p.id, initial.balance, initial.limit)
	var players []player
	for range 3 + dice.IntN(3) {
		players = append(players, func(c *caller) {
			p.pay(c, token)
			for range 1 + c.dice.IntN(3) {
				verbs := []func(*caller, string){p.pay, p.pay, p.pay, p.balance, p.balance, p.fund, p.refund, p.refund, p.lookup}
				verbs[c.dice.IntN(len(verbs))](c, token)
			}
		})
	}
	return &history{name: "payer " + p.id, initial: initial}, players
}

// pay pays; what was refused is asked for once more under the same reference,
// which a refusal does not use up.
func (p *payerPlay) pay(c *caller, token string) {
	a := act{verb: "pay", ref: fresh("P"), amount: pay.Rp(1000 * (1 + c.dice.Int64N(3)))}
	p.mu.Lock()
	p.refs = append(p.refs, a.ref)
	p.mu.Unlock()
	body := object{"partnerReferenceNo": a.ref, "amount": idr(a.amount.String()), "additionalInfo": object{"qrContent": c.static}}
	prepare := func() *call { return c.payment("aspi", token, body) }
	if s := c.retry(a, prepare, readPayment); s != nil && s.ref == "" {
		c.retry(a, prepare, readPayment)
	}
}

func (p *payerPlay) fund(c *caller, _ string) {
	a := &act{verb: "fund", amount: pay.Rp(2000)}
	c.manage(a, "POST", "/v1/payers/"+p.id+"/fund", object{"amount": a.amount.String()}, func(r reply) seen { return seen{code: strconv.Itoa(r.status)} })
}

func (p *payerPlay) balance(c *caller, _ string) {
	c.manage(&act{verb: "balance"}, "GET", "/v1/payers", nil, func(r reply) seen {
		s := seen{code: strconv.Itoa(r.status)}
		all, _ := r.body["payers"].([]any)
		for _, entry := range all {
			if e := (reply{body: entry.(map[string]any)}); e.at("id") == p.id {
				s.amount = e.at("balance")
			}
		}
		return s
	})
}

// refund gives back a part of any payment, made or not.
func (p *payerPlay) refund(c *caller, _ string) {
	a := act{verb: "refund", ref: fresh("R"), about: p.one(c), amount: pay.Rp(1000 * c.dice.Int64N(3))}
	body := object{"originalPartnerReferenceNo": a.about, "partnerRefundNo": a.ref, "merchantId": c.nodes[0].node.file.Partners["aspi"].MerchantID}
	if a.amount > 0 {
		body["refundAmount"] = idr(a.amount.String())
	}
	c.retry(a, func() *call { return c.call(c.dice, "aspi", "refund", body) }, readRefund)
}

func (p *payerPlay) lookup(c *caller, _ string) {
	ref := p.one(c)
	c.ask(&act{verb: "lookup", ref: ref}, c.call(c.dice, "aspi", "query", object{"originalPartnerReferenceNo": ref, "serviceCode": "50"}), readStanding)
}

func (p *payerPlay) one(c *caller) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refs[c.dice.IntN(len(p.refs))]
}
