package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// shapes are the rows that a job of each kind may write, once at most: anything
// else is more than it was asked.
var shapes = map[string]func(*writes) int{
	"generate": func(wr *writes) int { return len(wr.codes) },
	"order":    func(wr *writes) int { return len(wr.codes) },
	"payment":  func(wr *writes) int { return len(wr.payments) },
	"refund":   func(wr *writes) int { return len(wr.refunds) },
	"cancel":   func(wr *writes) int { return len(wr.voided) },
	"fund":     func(wr *writes) int { return len(wr.funded) },
	"close":    func(wr *writes) int { return len(wr.settled) },
	"hold":     func(wr *writes) int { return len(wr.merchants) },
}

// effects is how many rows a transaction wrote that somebody would miss.
func (wr *writes) effects() int {
	return len(wr.codes) + len(wr.payments) + len(wr.refunds) + len(wr.voided) + len(wr.funded) + len(wr.settled) + len(wr.merchants)
}

// adoptAll takes over what was committed since the last step.
func (w *world) adoptAll() error {
	w.mu.Lock()
	ended := w.ended
	w.ended = nil
	w.mu.Unlock()
	slices.SortFunc(ended, func(a, b *writes) int { return cmp.Compare(a.order, b.order) })
	if !slices.ContainsFunc(ended, func(wr *writes) bool { return wr.err == nil && wr.effects() > 0 }) {
		return w.adoptEach(ended) // nothing is to be read
	}
	return w.atOnce(func() error { return w.adoptEach(ended) })
}

func (w *world) adoptEach(ended []*writes) error {
	for _, wr := range ended {
		if wr.job != nil {
			w.look(wr.job) // what was there before it, in its group
		}
		switch {
		case wr.err != nil:
			w.doubt(wr)
			continue
		case wr.effects()+len(wr.tried) > 0:
			w.doubts = nil // a commit that works overwrites what failed before
		}
		if err := w.adopt(wr); err != nil {
			return err
		}
	}
	return w.checkTouched()
}

// doubt remembers a transaction that failed with the disk: what is left of it
// there may come back if the process dies before another commit works.
func (w *world) doubt(wr *writes) {
	var failed *storage.Outage
	if !errors.As(wr.err, &failed) {
		return // it was refused
	}
	w.doubts = append(w.doubts, wr)
	if wr.job != nil {
		wr.job.disturbed = true
	}
}

// adopt takes a committed transaction over into the model, if it is legal.
func (w *world) adopt(wr *writes) error {
	who := "the notifier"
	if j := wr.job; j != nil {
		who = j.name() + " " + j.verb
		if n := wr.effects(); n > 0 && (shapes[j.verb] == nil || shapes[j.verb](wr) != 1 || n != 1 || j.forged) {
			return fmt.Errorf("%s wrote %+v", who, *wr)
		}
		j.wrote = append(j.wrote, wr)
		w.useExternal(j)
	} else if wr.effects() > 0 {
		return fmt.Errorf("%s wrote %+v", who, *wr)
	}
	for _, step := range []func(*writes) error{w.adoptCode, w.adoptPayment, w.adoptRefund, w.adoptVoid, w.adoptDeliveries, w.adoptOperator} {
		if err := step(wr); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
	}
	return nil
}

// useExternal remembers a request's X-EXTERNAL-ID on the days on which it may
// have been decided.
func (w *world) useExternal(j *job) {
	if j.operation == nil {
		return
	}
	for _, at := range []time.Time{j.began, w.now()} {
		w.externals[j.externalKey(at)] = true
	}
}

// claim makes a reference the intent's only effect.
func (i *intent) claim(ref string) error {
	if i.effect != "" {
		return fmt.Errorf("%s was done twice, as %s and %s", i.mine, i.effect, ref)
	}
	i.effect = ref
	return nil
}

// within reports whether a moment is one at which a job may have decided.
func (w *world) within(j *job, at time.Time) bool { return !at.Before(j.began) && !at.After(w.now()) }

func (w *world) adoptCode(wr *writes) error {
	for _, ref := range wr.codes {
		c, err := w.codeOf(ref)
		if err != nil {
			return fmt.Errorf("code %s was committed: %w", ref, err)
		}
		j := wr.job
		if err := j.claim(ref); err != nil {
			return err
		}
		if j.party.held && j.n > j.party.heldFrom {
			return fmt.Errorf("code %s was made, and its merchant is suspended", ref)
		}
		if c.PartnerID != j.party.partner.ID || c.MerchantID != j.party.merchant.ID || c.PartnerRef != j.mine || c.Amount != j.amount ||
			(c.State != pay.CodeActive && c.State != pay.CodeIsExpired) || !w.within(j, c.CreatedAt) || !w.endsRight(j, c) || !strings.Contains(c.Payload, ref) {
			return fmt.Errorf("the code of %s is %+v", j.body, c)
		}
		own := &code{
			party: j.party, ref: ref, mine: j.mine, payload: c.Payload, amount: c.Amount,
			day: pay.Day(c.CreatedAt), expires: c.ExpiresAt, callback: c.CallbackURL != "",
		}
		w.model.codes = append(w.model.codes, own)
		w.model.byRef[ref] = own
		w.note("%s made code %s", j.name(), ref)
	}
	return nil
}

// endsRight holds the end of a code against what was asked for: a time, or the
// default from when that was decided.
func (w *world) endsRight(j *job, c pay.Code) bool {
	switch life := j.operation.Validity.Default; {
	case !j.end.IsZero():
		return c.ExpiresAt.Equal(j.end)
	case c.Static() || life == 0:
		return c.ExpiresAt.IsZero()
	default:
		return w.within(j, c.ExpiresAt.Add(-life))
	}
}

func (w *world) adoptPayment(wr *writes) error {
	for _, ref := range wr.payments {
		p, err := w.paymentOf(ref)
		if err != nil {
			return fmt.Errorf("payment %s was committed: %w", ref, err)
		}
		j := wr.job
		if err := j.claim(ref); err != nil {
			return err
		}
		own := &payment{issuer: j.party, payer: j.payer, ref: ref, mine: j.mine, code: j.about, payee: ledger.Clearing(foreignNNS), at: p.At, amount: j.due()}
		if c := j.about; c != nil {
			own.payee = c.account()
			own.mdr = policy.Fees.MDR(c.party.merchant, own.amount, pay.Day(p.At))
			if against := c.unpayable(p.At); against != 0 {
				return fmt.Errorf("code %s was paid, and yet %v", c.ref, against)
			}
		}
		if p.Amount != own.amount || p.Fee != j.fee || p.MDR != own.mdr || p.PayerID != j.payer || p.PartnerRef != j.mine || !w.within(j, p.At) || p.State != pay.PaymentPaid {
			return fmt.Errorf("the payment of %s is %+v, want %+v", j.body, p, own)
		}
		if purse := w.model.accounts[ledger.Wallet(j.payer)]; purse < own.amount+j.fee {
			return fmt.Errorf("payer %s paid %s and %s of %s", j.payer, own.amount, j.fee, purse)
		}
		w.model.pay(own, j.fee)
		w.paid++
		w.touch(j.payer, own)
		w.note("%s made payment %s", j.name(), ref)
		if err := w.adoptBirth(wr, own); err != nil {
			return err
		}
	}
	return nil
}

// adoptBirth wants exactly one delivery of a payment for which somebody is to be
// told.
func (w *world) adoptBirth(wr *writes, p *payment) error {
	if p.code == nil {
		if len(wr.born) > 0 {
			return fmt.Errorf("payment %s, of a code that is not ours, is told", p.ref)
		}
		return nil
	}
	if len(wr.born) != 1 {
		return fmt.Errorf("payment %s has %d deliveries", p.ref, len(wr.born))
	}
	d, err := w.deliveryOf(wr.born[0])
	if err != nil || d.PaymentRef != p.ref || d.CodeRef != p.code.ref || d.State != pay.DeliveryPending {
		return errors.Join(err, fmt.Errorf("the delivery of payment %s is %+v", p.ref, d))
	}
	own := &delivery{id: d.ID, code: p.code, payment: p, state: d.State, born: wr.order}
	w.model.deliveries[d.ID] = own
	w.model.untold++
	p.code.told = append(p.code.told, own)
	return nil
}

func (w *world) adoptRefund(wr *writes) error {
	for _, ref := range wr.refunds {
		r, err := w.refundOf(ref)
		if err != nil {
			return fmt.Errorf("refund %s was committed: %w", ref, err)
		}
		j := wr.job
		if err := j.claim(ref); err != nil {
			return err
		}
		p := w.model.paidAs[r.PaymentRef]
		if p == nil || (j.payment != nil && p != j.payment) || (j.about != nil && p.code != j.about) {
			return fmt.Errorf("refund %s is of payment %s", ref, r.PaymentRef)
		}
		amount := cmp.Or(j.amount, p.left())
		if amount == 0 || amount > p.left() {
			return fmt.Errorf("payment %s of %s gives back %s, and has given back %s", p.ref, p.amount, amount, p.refunded)
		}
		own := w.model.giveBack(p, ref, j.mine, pay.Day(r.At), amount)
		if r.Amount != amount || r.MDR != own.mdr || r.PartnerRef != j.mine || !w.within(j, r.At) {
			return fmt.Errorf("the refund of %s is %+v, want %+v", j.body, r, own)
		}
		w.touch(p.payer, p)
		w.note("%s made refund %s", j.name(), ref)
	}
	return nil
}

func (w *world) adoptVoid(wr *writes) error {
	for _, ref := range wr.voided {
		c, own := wr.job.about, w.model.byRef[ref]
		switch stored, err := w.codeOf(ref); {
		case err != nil || stored.State != pay.CodeIsVoid:
			return errors.Join(err, fmt.Errorf("code %s, which was cancelled, is %+v", ref, stored))
		case own != c || own.void || len(own.payments) > 0 || own.expired(stored.ClosedAt) || !w.within(wr.job, stored.ClosedAt):
			return fmt.Errorf("code %s was cancelled at %s, and was %+v", ref, stored.ClosedAt, own)
		}
		own.void = true
		w.note("%s cancelled code %s", wr.job.name(), ref)
	}
	return nil
}

// adoptDeliveries follows notifications along the edges of their states.
func (w *world) adoptDeliveries(wr *writes) error {
	for _, id := range wr.claimed {
		if d := w.model.deliveries[id]; d == nil || d.state != pay.DeliveryPending {
			return fmt.Errorf("delivery %s is claimed, and is %+v", id, d)
		}
		w.model.deliveries[id].claimed = wr.order
		w.note("delivery %s is claimed", id)
	}
	for _, t := range wr.tried {
		d := w.model.deliveries[t.id]
		switch {
		case d == nil:
			return fmt.Errorf("delivery %s was tried, and is not there", t.id)
		case wr.job != nil && wr.job.verb == "resend":
			d.state = t.state
			continue
		case d.state != pay.DeliveryPending, t.tries != d.tries+1:
			return fmt.Errorf("delivery %s is %s after try %d, and was %s after %d", t.id, t.state, t.tries, d.state, d.tries)
		case t.state == pay.DeliveryDone && !d.acked:
			return fmt.Errorf("delivery %s counts as delivered, and nobody has acknowledged it", t.id)
		case t.state == pay.DeliveryFailed && t.tries < fewestTries:
			return fmt.Errorf("delivery %s is given up after %d tries", t.id, t.tries)
		}
		d.state, d.tries = t.state, t.tries
		if d.state == pay.DeliveryDone {
			w.model.untold--
		}
		w.note("delivery %s is %s after try %d", t.id, t.state, t.tries)
	}
	return nil
}

// fewestTries are those of a notification that nobody acknowledges: one, and one
// after each of the waits of 2 s, thrice as long each time up to 6 h, that fit
// into 72 h.
const fewestTries = 1 + 9 + 11

// adoptOperator takes over what the operator does.
func (w *world) adoptOperator(wr *writes) error {
	for _, t := range wr.funded {
		if wr.job.verb != "fund" || t.Ref != wr.job.payer {
			return fmt.Errorf("%s was funded", t.Ref)
		}
		w.model.move(ledger.External, ledger.Wallet(wr.job.payer), wr.job.amount)
		w.touch(wr.job.payer, nil)
	}
	for _, m := range wr.merchants {
		wr.job.party.held, wr.job.party.heldFrom = m.Standing == pay.Suspended, math.MaxInt
		w.note("%s: %s is %s", wr.job.name(), m.Name, m.Standing)
	}
	for _, s := range wr.settled {
		if err := w.adoptClose(wr.job, s); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) adoptClose(j *job, s pay.Settlement) error {
	key := merchantDay{s.Day, ledger.Payable(s.PartnerID, s.MerchantID)}
	want := w.model.closing(s.Day, key.account)
	switch {
	case w.model.settled[key]:
		return fmt.Errorf("the %s was closed twice for %s", s.Day, key.account)
	case s.Day != j.day || s.Day >= pay.Day(w.now()):
		return fmt.Errorf("the %s was closed", s.Day)
	case s.Gross != want.Gross || s.MDR != want.MDR || s.Refunds != want.Refunds || s.MDRBack != want.MDRBack || s.Count != want.Count:
		return fmt.Errorf("the close of %s is %+v, want %+v", key.account, s, want)
	}
	w.model.settled[key] = true
	if net := want.Net(); net != 0 {
		w.model.move(key.account, ledger.Settlement(s.PartnerID, s.MerchantID), net)
	}
	w.note("%s closed the %s for %s", j.name(), s.Day, key.account)
	return nil
}

// resolve looks which of the transactions in doubt a crash has kept.
func (w *world) resolve() error {
	doubts := w.doubts
	w.doubts = nil
	for _, wr := range doubts {
		kept, err := w.kept(wr)
		if err != nil {
			return err
		}
		if !kept {
			continue
		}
		w.note("a transaction in doubt was kept")
		if err := w.adopt(wr); err != nil {
			return fmt.Errorf("after the crash: %w", err)
		}
	}
	return w.checkTouched()
}

// kept reports whether a transaction's rows are in the books.
func (w *world) kept(wr *writes) (bool, error) {
	is := func(err error) (bool, error) {
		if errors.Is(err, pay.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	var err error
	switch {
	case len(wr.codes) > 0:
		_, err = w.codeOf(wr.codes[0])
	case len(wr.payments) > 0:
		_, err = w.paymentOf(wr.payments[0])
	case len(wr.refunds) > 0:
		_, err = w.refundOf(wr.refunds[0])
	case len(wr.voided) > 0:
		c, err := w.codeOf(wr.voided[0])
		return c.State == pay.CodeIsVoid, err
	case len(wr.tried) > 0:
		t := wr.tried[0]
		d, err := w.deliveryOf(t.id)
		return d.Attempts == t.tries && w.model.deliveries[t.id].tries < t.tries, err // it may have been recorded since
	case len(wr.merchants) > 0:
		m, err := w.merchantOf(wr.merchants[0])
		return m.Standing == wr.merchants[0].Standing, err
	case len(wr.funded) > 0:
		err = w.read(func(r pay.Reader) error { _, err := r.Transfer(wr.funded[0].ID); return err })
	case len(wr.settled) > 0:
		return w.closed(wr.settled[0])
	default:
		return false, nil
	}
	return is(err)
}
