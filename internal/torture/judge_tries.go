package torture

import (
	"net/http"
	"time"

	"github.com/qrisd/qrisd/snap"
)

// moment is one answer in the history of its code.
type moment struct {
	*judge
	h *history
	o *op
	t try
}

// fitting are the refusals that a client may meet, each with what must have
// happened before. Any other is a finding.
var fitting = map[kind]map[snap.Case]func(moment) bool{
	generate: {snap.CaseInvalidFieldFormat: moment.overdue},
	payment:  {snap.CaseTransactionNotFound: moment.gone, snap.CaseInsufficientFunds: moment.poor},
	decode:   {snap.CaseTransactionNotFound: moment.gone},
	cancel:   {snap.CaseInvalidTransactionStatus: moment.closed, snap.CaseTransactionExpired: moment.late},
	refund:   {snap.CaseInvalidTransactionStatus: moment.exhausted, snap.CaseExceedsAmountLimit: moment.excessive},
	query:    {snap.CaseTransactionNotFound: moment.unborn},
}

// checkTries wants every answer to be a success, a documented refusal that
// fits, or one that invites to try again.
func (j *judge) checkTries() {
	for _, o := range j.log.ops {
		h := j.codes[o.Code]
		if o.Kind == generate {
			h = j.codes[o.Ref]
		}
		for i, t := range o.Tries {
			m := moment{j, h, o, t}
			switch {
			case t.Outcome == unknown && t.HTTP != 0 && t.Code == "":
				j.foundf([]*op{o}, "an answer of HTTP %d is no JSON with a response code", t.HTTP)
			case t.Outcome == repeated && !m.again(i):
				j.foundf([]*op{o}, "a request that was sent once is refused as repeated")
			case t.Outcome == refused && !m.fits():
				j.foundf([]*op{o}, "nothing that happened explains the refusal %s", t.Code)
			case t.Outcome == acknowledged && o.Kind == payment && m.tooLate():
				j.foundf([]*op{h.made, o}, "a code was paid after it had expired at %s", h.made.Expires.Format(time.RFC3339))
			}
		}
	}
}

// again reports whether another try may have been carried out before.
func (m moment) again(number int) bool {
	for i, other := range m.o.Tries {
		if i != number && other.Outcome != refused && other.Began.Before(m.t.Ended) {
			return true
		}
	}
	return false
}

func (m moment) fits() bool {
	if m.h == nil && m.o.Kind != generate {
		return false
	}
	if m.o.Way == outside { // the management API has statuses only
		return m.t.HTTP == http.StatusConflict && m.gone()
	}
	c, ok := snap.ResponseCode(m.t.Code).Case()
	fits := fitting[m.o.Kind][c]
	return ok && fits != nil && fits(m)
}

// before are those of other operations that may have been carried out when
// the answer came.
func (m moment) before(ops []*op) []*op {
	var all []*op
	for _, o := range ops {
		if o != m.o && (o.Outcome == acknowledged || o.Outcome == unknown) && o.began().Before(m.t.Ended) {
			all = append(all, o)
		}
	}
	return all
}

// late reports whether the code may have expired when the answer came.
func (m moment) late() bool {
	return !m.h.made.Expires.IsZero() && !m.t.Ended.Before(m.h.made.Expires)
}

// overdue reports whether what was left of the validity that a code was to have
// may have been too short when the answer came: clients repeat a request for as
// long as it takes.
func (m moment) overdue() bool {
	return !m.o.Expires.IsZero() && m.o.Expires.Sub(m.t.Ended) < acquirers[m.o.Way].brief
}

// tooLate reports whether it had expired when the request was sent.
func (m moment) tooLate() bool {
	return m.h != nil && !m.h.made.Expires.IsZero() && !m.t.Began.Before(m.h.made.Expires)
}

// closed reports whether the code may have been paid or recorded as expired.
func (m moment) closed() bool { return len(m.before(m.h.pays)) > 0 || m.late() }

// gone reports whether the code may not be payable any more.
func (m moment) gone() bool {
	return !m.h.static() && (m.closed() || len(m.before(m.h.cancels)) > 0)
}

func (m moment) poor() bool { return m.e.poor[m.o.Payer] }

// rivals is what other refunds may have taken.
func (m moment) rivals() int64 {
	sum := int64(0)
	for _, o := range m.before(m.h.refunds) {
		sum += o.Amount
	}
	return sum
}

func (m moment) excessive() bool { return m.rivals()+m.o.Amount > m.h.made.Amount }

// exhausted reports whether there may have been nothing to refund: all was
// given back, or no payment was known yet.
func (m moment) exhausted() bool {
	for _, o := range m.h.pays {
		if k := o.known(); !k.IsZero() && k.Before(m.t.Began) {
			return m.rivals() >= m.h.made.Amount
		}
	}
	return true
}

// unborn reports whether nobody knew yet that the code was generated.
func (m moment) unborn() bool {
	k := m.h.made.known()
	return k.IsZero() || !k.Before(m.t.Began)
}
