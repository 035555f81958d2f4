package torture

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

// What codes ask for, in rupiah, and how many in a hundred end at once.
const (
	leastAmount = 1_000
	mostAmount  = 60_000
	ephemeral   = 6
)

// names are the acquirers in an order that a seed repeats.
var names = slices.Sorted(maps.Keys(acquirers))

func (w *worker) call(p *partner, operation string, body any, customer string) sending {
	return sending{body, func(external string) answer {
		return w.front.call(context.WithoutCancel(w.ctx), p, operation, body, customer, external)
	}}
}

// makeCode generates a dynamic code.
func (w *worker) makeCode() {
	p := w.front.partners[names[w.dice.IntN(len(names))]]
	amount := int64(leastAmount+w.dice.IntN(mostAmount-leastAmount)) * 100
	life := p.life
	if w.chance(ephemeral) {
		life = p.brief + time.Duration(w.dice.IntN(4000))*time.Millisecond
	}
	w.generate(p, amount, time.Now().Add(life))
}

// generate makes a code; no amount makes it static and without an end.
func (w *worker) generate(p *partner, amount int64, expires time.Time) *code {
	o := op{Client: w.id, Kind: generate, Way: p.name, Amount: amount}
	body := p.generate(p.at)
	if amount > 0 {
		o.Expires = expires.Truncate(time.Second)
		body["amount"], body["validityPeriod"] = snap.IDR(amount), snap.FormatTimestamp(o.Expires)
	}
	made := w.log.begin(o)
	body["partnerReferenceNo"] = made.Ref
	a := w.carry(made, w.call(p, client.OpGenerate, body, ""))
	if a.outcome != acknowledged {
		return nil
	}
	c := &code{partner: p, original: original{made.Given, made.Ref}, payload: a.text("qrContent"), amount: amount, expires: o.Expires}
	w.market.offer(c)
	return c
}

// someone is a customer.
func (w *worker) someone() payer { return w.payers[w.dice.IntN(len(w.payers))] }

// choose draws a code to pay or to cancel. Three of ten stay where they are,
// so that others come for them as well.
func (w *worker) choose() *code {
	return w.market.pick(&w.market.open, w.dice, !w.chance(30))
}

func (w *worker) payAsCustomer() {
	c := w.choose()
	if c == nil {
		return
	}
	amount := snap.Amount{}
	if w.chance(50) {
		amount = snap.IDR(c.amount)
	}
	w.finish(c, w.payCode(c, c.amount, amount))
}

// payStatic pays a code that many pay at once.
func (w *worker) payStatic() {
	c := w.market.pick(&w.market.static, w.dice, false)
	if c == nil {
		return
	}
	amount := int64(leastAmount+w.dice.IntN(mostAmount-leastAmount)) * 100
	w.payCode(c, amount, snap.IDR(amount))
}

func (w *worker) payCode(c *code, sum int64, amount snap.Amount) outcome {
	who := w.someone()
	o := w.log.begin(op{Client: w.id, Kind: payment, Way: issuer, Code: c.mine, Payer: who.id, Amount: sum})
	body := object{"partnerReferenceNo": o.Ref, "additionalInfo": object{"qrContent": c.payload}}
	if amount.Value != "" {
		body["amount"] = amount
	}
	w.carry(o, w.call(w.front.partners[issuer], client.OpPayment, body, who.token))
	return o.Outcome
}

// payOutside pays without a reference, so that the client cannot repeat what
// it does not know; another may come for the code.
func (w *worker) payOutside() {
	c := w.choose()
	if c == nil {
		return
	}
	o := w.log.begin(op{Client: w.id, Kind: payment, Way: outside, Code: c.mine, Payer: outside, Amount: c.amount})
	s := sending{object{"referenceNo": c.ref}, func(string) answer { return w.front.pay(context.WithoutCancel(w.ctx), c.ref) }}
	for a := w.try(o, s, ""); a.outcome == unsent && w.rest(retryAfter); {
		a = w.try(o, s, "")
	}
	w.finish(c, o.Outcome)
}

// finish puts a code where its state belongs, as far as the client knows it.
func (w *worker) finish(c *code, came outcome) {
	switch came {
	case acknowledged:
		w.market.sold(c)
	case unknown, unsent:
		w.market.again(c)
	}
}

// giveBack refunds a part or all of a paid code.
func (w *worker) giveBack() {
	c := w.market.pick(&w.market.paid, w.dice, w.chance(40))
	if c == nil || c.partner.refund == nil {
		return
	}
	amount := c.amount
	if w.chance(65) {
		amount = (1 + w.dice.Int64N(c.amount/100)) * 100
	}
	o := w.log.begin(op{Client: w.id, Kind: refund, Way: c.partner.name, Code: c.mine, Amount: amount})
	body := c.partner.refund(c.original, c.partner.at)
	body["partnerRefundNo"], body["refundAmount"] = o.Ref, snap.IDR(amount)
	w.carry(o, w.call(c.partner, opRefund, body, ""))
}

func (w *worker) cancelCode() {
	c := w.choose()
	if c == nil {
		return
	}
	if c.partner.cancel == nil {
		w.market.again(c)
		return
	}
	o := w.log.begin(op{Client: w.id, Kind: cancel, Way: c.partner.name, Code: c.mine})
	w.carry(o, w.call(c.partner, opCancel, c.partner.cancel(c.original, c.partner.at), ""))
	if !o.sent() {
		w.market.again(c)
	}
}

// ask queries a code, paid ones as often as any.
func (w *worker) ask() {
	list := &w.market.recent
	if w.chance(50) {
		list = &w.market.paid
	}
	c := w.market.pick(list, w.dice, false)
	if c == nil {
		return
	}
	o := w.log.begin(op{Client: w.id, Kind: query, Way: c.partner.name, Code: c.mine})
	a := w.try(o, w.call(c.partner, opQuery, c.partner.query(c.original, c.partner.at), ""), "")
	if a.outcome == unsent || a.outcome == unknown {
		return
	}
	shown := seen(a)
	o.Seen, o.Amount = shown.State, shown.Amount
}

// scan decodes a payload as a customer's wallet does before it pays.
func (w *worker) scan() {
	c := w.market.pick(&w.market.recent, w.dice, false)
	if c == nil {
		return
	}
	o := w.log.begin(op{Client: w.id, Kind: decode, Way: issuer, Code: c.mine})
	body := object{"qrContent": c.payload, "scanTime": snap.FormatTimestamp(time.Now())}
	w.try(o, w.call(w.front.partners[issuer], opDecode, body, w.someone().token), "")
}
