package torture

import "time"

// checkCodes wants every acknowledged code to be there, in a state that its
// operations lead to.
func (j *judge) checkCodes() {
	for _, h := range j.order {
		s := h.shown
		switch {
		case s.State == "": // no reference to ask by
		case s.State == missing && h.made.Outcome == acknowledged:
			j.foundf([]*op{h.made}, "an acknowledged code is lost: the query answers %s", s.Answer)
		case s.State == missing:
		case !known(s.State):
			j.foundf([]*op{h.made}, "how a code stands cannot be learnt: %s: %s", s.State, s.Answer)
		case s.Mine != h.made.Ref || (h.made.Given != "" && s.Ref != h.made.Given):
			j.foundf([]*op{h.made}, "a code was given reference %s, but the query answers %s", h.made.Given, s.Answer)
		case h.static():
		case s.Amount != h.made.Amount:
			j.foundf([]*op{h.made}, "a code of Rp %s has become one of Rp %s: %s", rupiah(h.made.Amount), rupiah(s.Amount), s.Answer)
		default:
			j.checkDynamic(h)
		}
	}
}

func known(s state) bool {
	switch s {
	case initiated, paid, returned, cancelled, expired, missing:
		return true
	}
	return false
}

func (j *judge) checkDynamic(h *history) {
	s, about := h.shown, append([]*op{h.made}, h.pays...)
	if len(h.done) > 1 {
		j.foundf(about, "a dynamic code was paid %d times", len(h.done))
	}
	switch {
	case len(h.done) > 0 && !s.paid():
		j.foundf(about, "a payment is lost: it was made, and the code is %s: %s", s.State, s.Answer)
	case len(h.done) == 0 && s.paid():
		j.foundf(about, "a code is paid, and nobody paid it: %s", s.Answer)
	}
	j.checkCancelled(h)
	j.checkExpiry(h)
	j.checkRefunds(h)
}

func (j *judge) checkCancelled(h *history) {
	s, about := h.shown, append([]*op{h.made}, h.cancels...)
	possible := false
	for _, o := range h.cancels {
		if o.Outcome == acknowledged && s.State != cancelled {
			j.foundf([]*op{h.made, o}, "a cancellation is lost: the code is %s: %s", s.State, s.Answer)
		}
		possible = possible || o.Outcome != refused
	}
	if s.State == cancelled && !possible {
		j.foundf(about, "a code is cancelled, and nobody cancelled it: %s", s.Answer)
	}
}

func (j *judge) checkExpiry(h *history) {
	s, end := h.shown, h.made.Expires
	switch {
	case s.State == expired && end.After(j.e.until):
		j.foundf([]*op{h.made}, "a code has expired before its end at %s: %s", end.Format(time.RFC3339), s.Answer)
	case s.State == initiated && end.Before(j.e.at):
		j.foundf([]*op{h.made}, "a code has not expired at its end at %s: %s", end.Format(time.RFC3339), s.Answer)
	}
}

// checkRefunds wants every acknowledged refund to be there, no refund that
// nobody asked for, and never more than was paid.
func (j *judge) checkRefunds(h *history) {
	s, about := h.shown, append([]*op{h.made}, h.refunds...)
	if s.Returned > h.made.Amount {
		j.foundf(about, "Rp %s was refunded of a payment of Rp %s: %s", rupiah(s.Returned), rupiah(h.made.Amount), s.Answer)
	}
	if whole := s.Returned == h.made.Amount; s.paid() && !acquirers[h.made.Way].silent && whole != (s.State == returned) {
		j.foundf(about, "Rp %s of Rp %s was refunded, and the code is %s: %s", rupiah(s.Returned), rupiah(h.made.Amount), s.State, s.Answer)
	}
	if s.Refunds == nil {
		j.checkTotal(h)
		return
	}
	asked := map[string]*op{}
	for _, o := range h.refunds {
		asked[o.Ref] = o
		if o.Outcome == acknowledged && s.Refunds[o.Ref] != o.Amount {
			j.foundf([]*op{h.made, o}, "a refund is lost or changed, Rp %s is listed for it: %s", rupiah(s.Refunds[o.Ref]), s.Answer)
		}
	}
	for ref, amount := range s.Refunds {
		if o := asked[ref]; o == nil || o.Outcome == refused || o.Amount != amount {
			j.foundf([]*op{h.made, o}, "refund %s of Rp %s is listed, which was never made so: %s", ref, rupiah(amount), s.Answer)
		}
	}
}

// checkTotal is for dialects that tell the sum of all refunds only: it must be
// that of the acknowledged ones and of some whose outcome is unknown.
func (j *judge) checkTotal(h *history) {
	sums := map[int64]bool{0: true}
	for _, o := range h.refunds {
		next := map[int64]bool{}
		for sum := range sums {
			if o.Outcome != acknowledged {
				next[sum] = true
			}
			if o.Outcome != refused {
				next[sum+o.Amount] = true
			}
		}
		sums = next
	}
	if !sums[h.shown.Returned] {
		j.foundf(append([]*op{h.made}, h.refunds...), "Rp %s was refunded in all, which no choice of the refunds explains: %s", rupiah(h.shown.Returned), h.shown.Answer)
	}
}

// checkPayments wants every acknowledged payment of a customer's to be there
// with its amount, and none that was refused.
func (j *judge) checkPayments() {
	for _, o := range j.log.ops {
		s, asked := j.e.payments[o.Ref]
		if o.Kind != payment || !asked {
			continue
		}
		switch {
		case s.State == missing && o.Outcome == acknowledged:
			j.foundf([]*op{o}, "an acknowledged payment is lost: the query answers %s", s.Answer)
		case s.State == missing:
		case !s.paid():
			j.foundf([]*op{o}, "a payment is %s: %s", s.State, s.Answer)
		case o.Outcome == refused:
			j.foundf([]*op{o}, "a refused payment was made: %s", s.Answer)
		case s.Amount != o.Amount || s.Mine != o.Ref || (o.Given != "" && s.Ref != o.Given):
			j.foundf([]*op{o}, "a payment has changed: %s", s.Answer)
		}
	}
}
