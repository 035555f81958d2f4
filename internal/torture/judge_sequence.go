package torture

import (
	"slices"
	"time"
)

// sight is a moment at which a code was seen in a state: by a query, or by the
// acknowledgement of what brings it there.
type sight struct {
	state        state
	began, ended time.Time
	op           *op
}

// rank orders the states of a life: whoever looks later never sees an earlier
// one.
var rank = map[state]int{missing: 0, initiated: 1, paid: 2, cancelled: 2, expired: 2, returned: 3}

// leadsTo is the state that an acknowledged operation proves.
var leadsTo = map[kind]state{generate: initiated, payment: paid, cancel: cancelled, refund: paid}

// family are states of which a code has only one.
func family(s state) state {
	if s == returned {
		return paid
	}
	return s
}

// checkSequences holds the statuses that clients were shown against the state
// machine. Static codes go back and forth, so they are left out.
func (j *judge) checkSequences() {
	for _, h := range j.order {
		if h.static() {
			continue
		}
		seen := h.sights()
		j.checkFamilies(h, seen)
		j.checkOrder(h, seen)
		j.checkQueries(h)
	}
}

// sights are all in the order in which they ended.
func (h *history) sights() []sight {
	all := h.proofs()
	for _, o := range h.queries {
		if t := o.Tries[0]; known(o.Seen) {
			all = append(all, sight{o.Seen, t.Began, t.Ended, o})
		}
	}
	slices.SortFunc(all, func(a, b sight) int { return a.ended.Compare(b.ended) })
	return all
}

// proofs are the acknowledgements. An answer to a repeat says what was once
// done, not what is, so only the first counts.
func (h *history) proofs() []sight {
	var all []sight
	for _, o := range slices.Concat([]*op{h.made}, h.pays, h.cancels, h.refunds) {
		k := o.known()
		if k.IsZero() {
			continue
		}
		s := leadsTo[o.Kind]
		if o.Kind == refund && o.Amount == h.made.Amount && !acquirers[o.Way].silent {
			s = returned
		}
		all = append(all, sight{s, k, k, o})
	}
	return all
}

// checkFamilies: paid, cancelled and expired are final.
func (j *judge) checkFamilies(h *history, seen []sight) {
	var first *sight
	for i, s := range seen {
		switch {
		case rank[s.state] < 2:
		case first == nil:
			first = &seen[i]
		case family(s.state) != family(first.state):
			j.foundf([]*op{h.made, first.op, s.op}, "illegal transition: a code that was %s was %s later", first.state, s.state)
			return
		}
	}
}

// checkOrder: nobody who looks later sees an earlier state.
func (j *judge) checkOrder(h *history, seen []sight) {
	highest := make([]sight, 0, len(seen)) // of those that had ended by then
	for _, s := range seen {
		if n := len(highest); n > 0 && rank[highest[n-1].state] > rank[s.state] {
			s.state, s.op = highest[n-1].state, highest[n-1].op
		}
		highest = append(highest, s)
	}
	for _, s := range seen {
		n, _ := slices.BinarySearchFunc(highest, s.began, func(h sight, began time.Time) int { return h.ended.Compare(began) })
		if s.op.Kind != query || n == 0 || rank[highest[n-1].state] <= rank[s.state] {
			continue
		}
		j.foundf([]*op{h.made, highest[n-1].op, s.op}, "illegal transition: a code that was %s was %s later", highest[n-1].state, s.state)
		return
	}
}

// checkQueries looks at what single queries showed.
func (j *judge) checkQueries(h *history) {
	for _, o := range h.queries {
		t, end := o.Tries[0], h.made.Expires
		switch {
		case o.Seen == "" || o.Seen == missing:
		case !known(o.Seen):
			j.foundf([]*op{o}, "a query showed %s", o.Seen)
		case o.Amount != h.made.Amount:
			j.foundf([]*op{h.made, o}, "a query showed Rp %s for a code of Rp %s", rupiah(o.Amount), rupiah(h.made.Amount))
		case o.Seen == initiated && !t.Began.Before(end):
			j.foundf([]*op{h.made, o}, "a query showed a code as initiated after its end at %s", end.Format(time.RFC3339))
		case o.Seen == expired && t.Ended.Before(end):
			j.foundf([]*op{h.made, o}, "a query showed a code as expired before its end at %s", end.Format(time.RFC3339))
		}
	}
}
