package simulate

import (
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// model is what the books must hold, worked out from the rules alone, one
// committed transaction after another.
type model struct {
	accounts   map[ledger.Account]pay.Rupiah
	codes      []*code // in the order of their commits
	payments   []*payment
	byRef      map[string]*code
	paidAs     map[string]*payment
	deliveries map[string]*delivery
	settled    map[merchantDay]bool
	transfers  int64
	untold     int // deliveries that are not done
}

// code is a code and what became of it.
type code struct {
	party    *party
	ref      string
	mine     string // the partner's reference
	payload  string
	amount   pay.Rupiah // 0: static
	day      string     // of Jakarta, on which it was made
	expires  time.Time  // zero: never
	callback bool       // it names its receiver
	void     bool
	payments []*payment
	newest   *payment // of two at one moment the one with the higher reference
	told     []*delivery
}

// payment is money that moved, for a code of ours or another institution's.
type payment struct {
	issuer   *party
	payer    string
	ref      string
	mine     string
	code     *code // nil: another institution's
	payee    ledger.Account
	at       time.Time
	amount   pay.Rupiah
	mdr      pay.Rupiah
	refunded pay.Rupiah
	refunds  []refund
}

type refund struct {
	ref, mine, day string
	amount, mdr    pay.Rupiah
}

// delivery is a notification and what its receiver made of it.
type delivery struct {
	id      string
	code    *code
	payment *payment
	state   pay.DeliveryState
	tries   int
	born    int64 // order of the transaction that wrote it
	claimed int64 // of the last that claimed it
	body    string
	heard   int
	acked   bool
}

func (d *delivery) pending() bool { return d.state == pay.DeliveryPending }

type merchantDay struct {
	day     string
	account ledger.Account
}

func newModel(parties []party) *model {
	m := &model{
		accounts: map[ledger.Account]pay.Rupiah{}, byRef: map[string]*code{}, paidAs: map[string]*payment{},
		deliveries: map[string]*delivery{}, settled: map[merchantDay]bool{},
	}
	for _, p := range parties {
		for _, c := range p.customers {
			m.move(ledger.External, ledger.Wallet(c.payer), purse)
		}
	}
	return m
}

// move books a transfer of one leg; a transfer of more is counted by its last.
func (m *model) move(from, to ledger.Account, amount pay.Rupiah) {
	m.accounts[from] -= amount
	m.accounts[to] += amount
	m.transfers++
}

func (m *model) legs(from ledger.Account, to map[ledger.Account]pay.Rupiah) {
	for account, amount := range to {
		m.accounts[from] -= amount
		m.accounts[account] += amount
	}
	m.transfers++
}

func (c *code) static() bool { return c.amount == 0 }

func (c *code) expired(now time.Time) bool { return !c.expires.IsZero() && !now.Before(c.expires) }

// take adds a payment.
func (c *code) take(p *payment) {
	c.payments = append(c.payments, p)
	if last := c.newest; last == nil || p.at.After(last.at) || (p.at.Equal(last.at) && p.ref > last.ref) {
		c.newest = p
	}
}

func (c *code) status(now time.Time) pay.Status {
	switch p := c.newest; {
	case p != nil:
		return p.status()
	case c.void:
		return pay.StatusCancelled
	case c.expired(now):
		return pay.StatusExpired
	}
	return pay.StatusInitiated
}

func (c *code) account() ledger.Account {
	return ledger.Payable(c.party.partner.ID, c.party.merchant.ID)
}

// unpayable is all that speaks against a payment of the code at a moment.
func (c *code) unpayable(now time.Time) kinds {
	return unless(!c.void, pay.CodeCancelled) |
		unless(c.static() || len(c.payments) == 0, pay.CodePaid) |
		unless(!c.expired(now), pay.CodeExpired) |
		unless(!c.party.held, pay.MerchantSuspended)
}

// kinds is a set of reasons for a refusal.
type kinds uint64

func only(kind pay.Kind) kinds { return 1 << kind }

// unless is the reason of a refusal that comes where something does not hold.
func unless(holds bool, kind pay.Kind) kinds {
	if holds {
		return 0
	}
	return only(kind)
}

func (k kinds) has(kind pay.Kind) bool { return k&only(kind) != 0 }

// String names them, between commas.
func (k kinds) String() string {
	var names []string
	for _, kind := range pay.Kinds() {
		if k.has(kind) {
			names = append(names, kind.String())
		}
	}
	return strings.Join(names, ", ")
}

func (p *payment) left() pay.Rupiah { return p.amount - p.refunded }

func (p *payment) status() pay.Status {
	if p.left() == 0 {
		return pay.StatusRefunded
	}
	return pay.StatusPaid
}

// mdrBack is the MDR's part of all that is refunded, rounded down to the
// rupiah, and all of it in the end.
func (p *payment) mdrBack() pay.Rupiah {
	if p.left() == 0 {
		return p.mdr
	}
	return pay.Rp(int64(p.mdr/100) * int64(p.refunded/100) / int64(p.amount/100))
}

// pay books a payment: the merchant gets it less the MDR, another institution
// all of it, and the operator the MDR and the payer's fee.
func (m *model) pay(p *payment, fee pay.Rupiah) {
	m.legs(ledger.Wallet(p.payer), map[ledger.Account]pay.Rupiah{p.payee: p.amount - p.mdr, ledger.FeeRevenue: p.mdr + fee})
	m.payments = append(m.payments, p)
	m.paidAs[p.ref] = p
	if p.code != nil {
		p.code.take(p)
	}
}

// giveBack books a refund. The payer's fee stays.
func (m *model) giveBack(p *payment, ref, mine, day string, amount pay.Rupiah) refund {
	before := p.mdrBack()
	p.refunded += amount
	r := refund{ref, mine, day, amount, p.mdrBack() - before}
	m.legs(ledger.Wallet(p.payer), map[ledger.Account]pay.Rupiah{p.payee: r.mdr - amount, ledger.FeeRevenue: -r.mdr})
	p.refunds = append(p.refunds, r)
	return r
}

// closing is what the close of a merchant's day must say.
func (m *model) closing(day string, account ledger.Account) pay.Settlement {
	s := pay.Settlement{Day: day}
	for _, p := range m.payments {
		if p.payee == account {
			p.addTo(&s)
		}
	}
	return s
}

// addTo adds what of a payment moved on the settlement's day.
func (p *payment) addTo(s *pay.Settlement) {
	if pay.Day(p.at) == s.Day {
		s.Gross += p.amount
		s.MDR += p.mdr
		s.Count++
	}
	for _, r := range p.refunds {
		if r.day == s.Day {
			s.Refunds += r.amount
			s.MDRBack += r.mdr
			s.Count++
		}
	}
}

// open gives the days before one on which something moved for a merchant that
// is not settled.
func (m *model) open(today string) []string {
	var days []string
	seen := map[string]bool{}
	for _, p := range m.payments {
		if p.code == nil {
			continue
		}
		for _, day := range p.days() {
			if day < today && !seen[day] && !m.settled[merchantDay{day, p.payee}] {
				seen[day] = true
				days = append(days, day)
			}
		}
	}
	return days
}

// days are those on which a payment or its refunds moved money.
func (p *payment) days() []string {
	days := []string{pay.Day(p.at)}
	for _, r := range p.refunds {
		days = append(days, r.day)
	}
	return days
}

func (m *model) purse(payer string) pay.Rupiah { return m.accounts[ledger.Wallet(payer)] }
