package cli

import (
	"slices"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// model is what the server must have in its books, worked out from the rules
// alone: it knows no HTTP, no storage and no transactions.
type model struct {
	accounts  map[ledger.Account]pay.Rupiah
	codes     []*modelCode
	payments  []*modelPayment
	settled   map[merchantDay]pay.Settlement
	transfers int
}

// modelCode is a code and what became of it.
type modelCode struct {
	dialect   string
	merchant  pay.Merchant
	ref       string
	mine      string // the partner's reference
	payload   string
	amount    pay.Rupiah // 0: static
	created   time.Time
	expires   time.Time // zero: never
	cancelled bool
	payments  []*modelPayment
}

// modelPayment is money that moved, for a code of ours or another
// institution's.
type modelPayment struct {
	issuer   string // dialect of the partner that asked for it; empty: an outside payer
	payer    string
	ref      string
	mine     string
	code     *modelCode // nil: another institution's
	payee    ledger.Account
	day      string
	amount   pay.Rupiah
	mdr      pay.Rupiah
	refunded pay.Rupiah
	refunds  []modelRefund
}

type modelRefund struct {
	ref, mine, day string
	amount, mdr    pay.Rupiah
}

// order is a payment that is about to be asked for.
type order struct {
	issuer  string
	payer   string
	code    *modelCode
	payload string
	damaged bool
	amount  pay.Rupiah // 0: absent
	fee     pay.Rupiah
}

// accepted is no refusal.
const accepted pay.Kind = -1

func (c *modelCode) expired(now time.Time) bool {
	return !c.expires.IsZero() && !now.Before(c.expires)
}

func (c *modelCode) static() bool { return c.amount == 0 }

// status is that of the newest payment, once there is one.
func (c *modelCode) status(now time.Time) pay.Status {
	switch n := len(c.payments); {
	case n > 0:
		return c.payments[n-1].status()
	case c.cancelled:
		return pay.StatusCancelled
	case c.expired(now):
		return pay.StatusExpired
	}
	return pay.StatusInitiated
}

// payable is why the code can take no payment now.
func (c *modelCode) payable(now time.Time) pay.Kind {
	switch {
	case c.cancelled:
		return pay.CodeCancelled
	case !c.static() && len(c.payments) > 0:
		return pay.CodePaid
	case c.expired(now):
		return pay.CodeExpired
	}
	return accepted
}

func (c *modelCode) cancel(now time.Time) pay.Kind {
	switch c.status(now) {
	case pay.StatusInitiated, pay.StatusCancelled:
		c.cancelled = true
		return accepted
	case pay.StatusExpired:
		return pay.CodeExpired
	}
	return pay.WrongState
}

func (p *modelPayment) left() pay.Rupiah { return p.amount - p.refunded }

func (p *modelPayment) status() pay.Status {
	if p.left() == 0 {
		return pay.StatusRefunded
	}
	return pay.StatusPaid
}

// mayRefund is why an amount cannot be given back; 0 is all that is left.
func (p *modelPayment) mayRefund(amount pay.Rupiah) pay.Kind {
	switch {
	case p == nil:
		return pay.WrongState
	case p.left() == 0:
		return pay.Refunded
	case amount > p.left():
		return pay.OverRefund
	}
	return accepted
}

// mdrBack is the MDR's part of all that is refunded, rounded down to the
// rupiah, and all of it in the end.
func (p *modelPayment) mdrBack() pay.Rupiah {
	if p.left() == 0 {
		return p.mdr
	}
	return pay.Rp(int64(p.mdr/100) * int64(p.refunded/100) / int64(p.amount/100))
}

func (o *order) due() pay.Rupiah {
	if o.code != nil && !o.code.static() {
		return o.code.amount
	}
	return o.amount
}

// judge says how a payment must be answered.
func (m *model) judge(o *order, now time.Time) pay.Kind {
	limit := pay.DefaultPolicy().MaxAmount
	switch {
	case o.damaged:
		return pay.BadPayload
	case o.due() == 0:
		return pay.MissingField
	case o.amount != 0 && o.amount != o.due():
		return pay.AmountMismatch
	case o.due() > limit:
		return pay.OverTransactionMax
	}
	if o.code != nil {
		if kind := o.code.payable(now); kind != accepted {
			return kind
		}
	}
	if m.accounts[ledger.Wallet(o.payer)] < o.due()+o.fee {
		return pay.InsufficientFunds
	}
	return accepted
}

func (m *model) move(from, to ledger.Account, amount pay.Rupiah) {
	m.accounts[from] -= amount
	m.accounts[to] += amount
}

func (m *model) fund(payer string, amount pay.Rupiah) {
	m.move(ledger.External, ledger.Wallet(payer), amount)
	m.transfers++
}

// refill is what the sandbox puts into the outside payer's wallet first.
func (m *model) refill(need pay.Rupiah) {
	if m.accounts[ledger.Wallet(sandbox.OutsidePayer)] < need {
		m.fund(sandbox.OutsidePayer, 10*need)
	}
}

// pay books a payment: the merchant gets it less the MDR, another institution
// all of it, and the operator the MDR and the payer's fee.
func (m *model) pay(o *order, ref, mine string, now time.Time) *modelPayment {
	p := &modelPayment{
		issuer: o.issuer, payer: o.payer, ref: ref, mine: mine, code: o.code,
		payee: ledger.Clearing(foreignNNS), amount: o.due(), day: pay.Day(now),
	}
	if c := o.code; c != nil {
		p.payee = c.account()
		p.mdr = pay.DefaultFees().MDR(c.merchant, p.amount, p.day)
		c.payments = append(c.payments, p)
	}
	m.move(ledger.Wallet(o.payer), p.payee, p.amount-p.mdr)
	m.move(ledger.Wallet(o.payer), ledger.FeeRevenue, p.mdr+o.fee)
	m.payments = append(m.payments, p)
	m.transfers++
	return p
}

func (c *modelCode) account() ledger.Account {
	return ledger.Payable(c.merchant.PartnerID, c.merchant.ID)
}

// refund books money given back. The payer's fee stays.
func (m *model) refund(p *modelPayment, amount pay.Rupiah, ref, mine string, now time.Time) {
	before := p.mdrBack()
	p.refunded += amount
	back := p.mdrBack() - before
	m.move(p.payee, ledger.Wallet(p.payer), amount-back)
	m.move(ledger.FeeRevenue, ledger.Wallet(p.payer), back)
	p.refunds = append(p.refunds, modelRefund{ref, mine, pay.Day(now), amount, back})
	m.transfers++
}

// merchantDay is what is settled once.
type merchantDay struct {
	day     string
	account ledger.Account
}

// open gives the days before today on which something moved for a merchant
// that is not settled.
func (m *model) open(today string) map[string][]ledger.Account {
	days := map[string][]ledger.Account{}
	for _, p := range m.payments {
		for _, day := range p.days() {
			key := merchantDay{day, p.payee}
			if _, settled := m.settled[key]; day < today && !settled && p.code != nil && !slices.Contains(days[day], p.payee) {
				days[day] = append(days[day], p.payee)
			}
		}
	}
	return days
}

// days are those on which a payment or its refunds moved money.
func (p *modelPayment) days() []string {
	days := []string{p.day}
	for _, r := range p.refunds {
		days = append(days, r.day)
	}
	return days
}

// settle closes a merchant's day and reports whether it was open.
func (m *model) settle(day string, account ledger.Account) bool {
	key := merchantDay{day, account}
	if _, closed := m.settled[key]; closed {
		return false
	}
	var s pay.Settlement
	for _, p := range m.payments {
		if p.payee == account {
			p.addTo(&s, day)
		}
	}
	m.settled[key] = s
	if sum := received(s); sum != 0 {
		m.move(account, "settlement:"+account[len("merchant:"):], sum)
		m.transfers++
	}
	return true
}

// received is what the merchant receives: what was paid less what was given back,
// each without the MDR that was kept or returned.
func received(s pay.Settlement) pay.Rupiah { return (s.Gross - s.MDR) - (s.Refunds - s.MDRBack) }

// addTo adds what of a payment moved on a day.
func (p *modelPayment) addTo(s *pay.Settlement, day string) {
	if p.day == day {
		s.Gross += p.amount
		s.MDR += p.mdr
		s.Count++
	}
	for _, r := range p.refunds {
		if r.day == day {
			s.Refunds += r.amount
			s.MDRBack += r.mdr
			s.Count++
		}
	}
}
