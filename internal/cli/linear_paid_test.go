package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
)

// paidState is a payment and what of it was given back.
type paidState struct {
	ref     string // the issuer's reference
	amount  pay.Rupiah
	returns []returned
}

// returned is a refund. Its no is the provider's reference, empty until an
// answer has named it.
type returned struct {
	ref    string // the partner's
	asked  pay.Rupiah
	amount pay.Rupiah
	no     string
}

func (r returned) String() string { return "-" + r.amount.String() + " " + r.ref + "/" + r.no }

func (p paidState) String() string { return p.ref + " " + p.amount.String() + fmt.Sprint(p.returns) }

func (p paidState) left() pay.Rupiah {
	left := p.amount
	for _, r := range p.returns {
		left -= r.amount
	}
	return left
}

func (p paidState) status() pay.Status {
	if p.left() == 0 {
		return pay.StatusRefunded
	}
	return pay.StatusPaid
}

// refund gives back a part, or all that is left; once for each reference.
func (p paidState) refund(a *act, s *seen) (paidState, bool) {
	amount := cmp.Or(a.amount, p.left())
	switch {
	case p.left() == 0:
		return p, s.is(a, pay.Refunded)
	case amount > p.left():
		return p, s.is(a, pay.OverRefund)
	}
	r := returned{ref: a.ref, asked: a.amount, amount: amount}
	ok := s.is(a, accepted)
	if ok && s != nil {
		r.no = s.ref
		ok = s.amount == amount.String()
	}
	p.returns = append(slices.Clip(p.returns), r)
	slices.SortFunc(p.returns, byRef)
	return p, ok
}

func byRef(a, b returned) int { return cmp.Compare(a.ref, b.ref) }

// again answers a refund whose reference was used before.
func (r *returned) again(a *act, s *seen) bool {
	if a.amount != r.asked {
		return s.is(a, pay.Inconsistent)
	}
	return s == nil || s.is(a, accepted) && s.amount == r.amount.String() && binds(&r.no, s.ref)
}

// shown holds a query's answer against the payment.
func (p *paidState) shown(s *seen) bool {
	if s.amount != p.amount.String() || len(s.returns) != len(p.returns) {
		return false
	}
	for i, r := range s.returns {
		mine := &p.returns[i]
		if r.ref != mine.ref || r.amount != mine.amount || !binds(&mine.no, r.no) {
			return false
		}
	}
	return true
}

// payments are those of an object, oldest first.
type payments []paidState

func (ps payments) find(ref string) int {
	return slices.IndexFunc(ps, func(p paidState) bool { return p.ref == ref })
}

// clone gives payments that a step may change.
func (ps payments) clone() payments {
	own := slices.Clone(ps)
	for i := range own {
		own[i].returns = slices.Clone(own[i].returns)
	}
	return own
}

// refund is about the payment with index i, -1 for none, and is the same again
// where its reference was used. None is answered with the kind absent.
func (ps payments) refund(i int, absent pay.Kind, a *act, s *seen) (payments, bool) {
	own := ps.clone()
	for _, p := range own {
		if j := slices.IndexFunc(p.returns, func(r returned) bool { return r.ref == a.ref }); j >= 0 {
			return own, p.returns[j].again(a, s)
		}
	}
	if i < 0 {
		return ps, s.is(a, absent)
	}
	var ok bool
	own[i], ok = own[i].refund(a, s)
	return own, ok
}
