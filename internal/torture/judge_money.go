package torture

import (
	"maps"
	"slices"
)

// checkWallets wants every payer's balance to be what it was, less what was
// paid, with what was given back. All that came from outside meanwhile went to
// the outside payer.
func (j *judge) checkWallets() {
	before, after := j.e.before, j.e.after
	if !after.Balanced {
		j.found("the ledger is not balanced: " + after.Answer)
	}
	for _, id := range slices.Sorted(maps.Keys(before.Wallets)) {
		want := before.Wallets[id] - j.spent[id] + j.back[id]
		if id == outside {
			want += after.Funding - before.Funding
		}
		got, there := after.Wallets[id]
		if !there || got != want {
			j.foundf(nil, "payer %s has Rp %s, want Rp %s: it had Rp %s, paid Rp %s and got back Rp %s", id,
				rupiah(got), rupiah(want), rupiah(before.Wallets[id]), rupiah(j.spent[id]), rupiah(j.back[id]))
		}
	}
}

// checkCounts wants as many codes and payments as the clients know of. Codes
// that nobody can ask for may be there or not.
func (j *judge) checkCounts() {
	var codes, open int64
	for _, h := range j.order {
		switch {
		case h.made.Outcome == refused, h.shown.State == missing:
		case h.shown.State == "" && h.made.Outcome != acknowledged:
			open++
		default:
			codes++
		}
	}
	if made := j.e.after.Codes - j.e.before.Codes; made < codes || made > codes+open {
		j.foundf(nil, "there are %d codes more than before, want %d and at most %d whose outcome is unknown", made, codes, open)
	}
	if made := j.e.after.Payments - j.e.before.Payments; made != j.payments {
		j.foundf(nil, "there are %d payments more than before, want %d", made, j.payments)
	}
}

// checkNotices wants every payment to be told, and nothing else.
func (j *judge) checkNotices() {
	told := j.tellings()
	for _, n := range j.e.notices {
		j.checkNotice(n)
	}
	for _, h := range j.order {
		if deliveries := told[h.made.Ref]; !h.static() && len(deliveries) > 1 {
			j.foundf([]*op{h.made}, "%d different payments of a dynamic code were told", len(deliveries))
		}
	}
	for _, d := range j.untold() {
		what := "a payment was never told: code " + d.code.made.Ref + " of " + d.code.made.Way
		j.found(what, append([]*op{d.code.made, d.op}, d.code.pays...)...)
	}
}

// tellings are the deliveries that were heard, by code.
func (j *judge) tellings() map[string]map[string]notice {
	told := map[string]map[string]notice{}
	for _, n := range j.e.notices {
		if told[n.Mine] == nil {
			told[n.Mine] = map[string]notice{}
		}
		told[n.Mine][n.Delivery] = n
	}
	return told
}

// secret is a payment of a code that nobody was told of.
type secret struct {
	deed
	code *history
}

func (j *judge) untold() []secret {
	var all []secret
	told := j.tellings()
	for _, h := range j.order {
		for _, d := range h.done {
			if !h.heard(d, told[h.made.Ref]) {
				all = append(all, secret{d, h})
			}
		}
	}
	return all
}

// heard looks for a payment among what was told of its code: that of a static
// code by its own reference.
func (h *history) heard(d deed, deliveries map[string]notice) bool {
	for _, n := range deliveries {
		if !h.static() || n.Payment == d.ref {
			return true
		}
	}
	return false
}

// checkNotice holds a notification against what it tells of.
func (j *judge) checkNotice(n notice) {
	h := j.codes[n.Mine]
	switch {
	case n.Fault != "":
		j.foundf(nil, "a notification to %s does not hold: %s: %s", n.Partner, n.Fault, n.Body)
	case h == nil:
		j.foundf(nil, "%s was told of a code that nobody generated: %s", n.Partner, n.Body)
	case h.made.Way != n.Partner || (h.made.Given != "" && h.made.Given != n.Ref) || !h.allows(n.State):
		j.foundf([]*op{h.made}, "%s was told what is not so: %s", n.Partner, n.Body)
	case !h.tells(n):
		j.foundf(append([]*op{h.made}, h.pays...), "%s was told of a payment that was not made so: %s", n.Partner, n.Body)
	}
}

// allows reports whether a notification may name this state: it is composed
// when it is first sent, and the payment may have been refunded by then.
func (h *history) allows(s state) bool { return s == paid || (s == returned && len(h.refunds) > 0) }

// tells reports whether a payment of this amount was made.
func (h *history) tells(n notice) bool {
	for _, d := range h.done {
		if d.amount == n.Amount && (!h.static() || d.ref == n.Payment) {
			return true
		}
	}
	return false
}
