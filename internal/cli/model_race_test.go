package cli

import (
	"slices"
	"sync"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// rival is one of those that want the same code at once.
type rival struct {
	call  *call
	order *order // nil: a cancellation
	mine  string
}

// raceCode lets customers, and perhaps the merchant with a cancellation, race
// for a code that can be paid: one wins, the others are told what became of it.
func (w *world) raceCode(rt *rapid.T) {
	w.steady(rt)
	var open []*modelCode
	for _, c := range w.m.codes {
		if !c.static() && c.payable(w.now()) == accepted {
			open = append(open, c)
		}
	}
	c := choose(rt, "code", open)
	rivals := w.drawRivals(rt, c)
	now := w.now()
	answers := race(rivals)
	winner := -1
	for i, r := range rivals {
		rt.Logf("rival %s: %v", r.call.raw, short(answers[i]))
		if answers[i].code == codeOf(r.call, accepted) {
			if winner >= 0 {
				rt.Fatalf("two won the code %s:\n%v\n%v", c.ref, answers[winner], answers[i])
			}
			winner = i
		}
	}
	if winner < 0 {
		rt.Fatalf("nobody won the code %s: %v", c.ref, answers)
	}
	w.checkLosers(rt, rivals, answers, winner)
	if won := rivals[winner]; won.order != nil {
		w.paid(rt, won.order, answers[winner].at("referenceNo"), won.mine, accepted, now)
		return
	}
	c.cancel(now)
	w.inquire(rt, subject{dialect: c.dialect, code: c})
}

// drawRivals draws two to six of them. Their wallets cover the code.
func (w *world) drawRivals(rt *rapid.T, c *modelCode) []rival {
	var rivals []rival
	for range rapid.IntRange(2, 6).Draw(rt, "rivals") {
		issuer := choose(rt, "issuer", w.offers("payment"))
		o := &order{issuer: issuer, payer: sandbox.PayerOf(issuer), code: c, payload: c.payload}
		if w.m.accounts[ledger.Wallet(o.payer)] < c.amount {
			w.fundPayer(rt, o.payer, c.amount)
		}
		body := paymentBody(o)
		rivals = append(rivals, rival{w.prepare(rt, issuer, "payment", body), o, body["partnerReferenceNo"].(string)})
	}
	if w.offered(c.dialect, "cancel") && rapid.Bool().Draw(rt, "cancelled too") {
		s := subject{dialect: c.dialect, code: c}
		rivals[0] = rival{call: w.prepare(rt, c.dialect, "cancel", w.h.about(c.dialect, "cancel", s.original()))}
	}
	return rivals
}

func (w *world) checkLosers(rt *rapid.T, rivals []rival, answers []reply, winner int) {
	for i, r := range rivals {
		switch {
		case i == winner:
		case r.order == nil:
			wantKind(rt, r.call, answers[i], pay.WrongState)
		case rivals[winner].order == nil:
			wantKind(rt, r.call, answers[i], pay.CodeCancelled)
		default:
			wantKind(rt, r.call, answers[i], pay.CodePaid)
		}
	}
}

// raceRefunds asks several times at once, from both sides, for the same part
// of a payment: as many succeed as there is money for.
func (w *world) raceRefunds(rt *rapid.T) {
	w.steady(rt)
	paid := refundable(w.subjects("refund"))
	s := choose(rt, "original", paid)
	p := s.newest()
	amount := drawSum(rt, "part", p.left())
	sides := slices.DeleteFunc(paid, func(s subject) bool { return s.newest() != p })
	var rivals []rival
	for range rapid.IntRange(2, 5).Draw(rt, "rivals") {
		side := choose(rt, "side", sides)
		body := w.refundBody(side, amount)
		c := w.prepare(rt, side.dialect, "refund", body)
		skipMagic(rt, c.op, amount)
		rivals = append(rivals, rival{call: c, mine: body["partnerRefundNo"].(string)})
	}
	now := w.now()
	answers := race(rivals)
	var losers []int
	for i, r := range rivals {
		rt.Logf("rival %s: %v", r.call.raw, answers[i])
		if answers[i].code != codeOf(r.call, accepted) {
			losers = append(losers, i)
			continue
		}
		if amount > p.left() {
			rt.Fatalf("of %s that was left of payment %s more was given back: %v", p.left(), p.ref, answers)
		}
		w.m.refund(p, amount, answers[i].at("refundNo"), r.mine, now)
	}
	for _, i := range losers {
		kind := p.mayRefund(amount)
		if kind == accepted {
			rt.Fatalf("%s was left of payment %s, yet %s was refused: %v", p.left(), p.ref, amount, answers[i])
		}
		wantKind(rt, rivals[i].call, answers[i], kind)
	}
	w.inquire(rt, s)
}

// race sends all calls at once.
func race(rivals []rival) []reply {
	answers := make([]reply, len(rivals))
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i, r := range rivals {
		wg.Go(func() {
			<-gate
			answers[i] = r.call.send()
		})
	}
	close(gate)
	wg.Wait()
	return answers
}
