package torture

import (
	"fmt"
	"slices"
	"strings"
)

// Finding is one thing that must not be, with the operations that it is about
// as their clients logged them.
type Finding struct {
	What       string   `json:"what"`
	Operations []string `json:"operations,omitempty"`
}

// judge holds the clients' log against the evidence.
type judge struct {
	log   *journal
	e     *evidence
	codes map[string]*history // by partnerReferenceNo
	order []*history          // as they were generated

	payments int64            // that were made
	spent    map[string]int64 // by payer, sen
	back     map[string]int64 // refunded, by payer

	findings []Finding
}

// history is all that was done about one code.
type history struct {
	made                            *op
	pays, refunds, cancels, queries []*op
	scans                           []*op
	shown                           shown // at the end; the zero value if nobody could ask
	done                            []deed
}

// deed is a payment that was made. Its operation is nil where only its effect
// shows, for the outside payer has no reference to ask by.
type deed struct {
	op     *op
	payer  string
	amount int64
	ref    string // the server's
}

func (h *history) static() bool { return h.made.Amount == 0 }

// checks are the claims, each a table's row or a sum.
var checks = []func(*judge){
	(*judge).checkTries, (*judge).checkReferences, (*judge).checkCodes, (*judge).checkPayments, (*judge).checkSequences,
	(*judge).checkWallets, (*judge).checkCounts, (*judge).checkNotices, (*judge).checkNodes,
}

// verdict gives all that is wrong.
func verdict(log *journal, e *evidence) []Finding {
	j := newJudge(log, e)
	for _, check := range checks {
		check(j)
	}
	return j.findings
}

// newJudge arranges the log by code and finds out which payments were made.
func newJudge(log *journal, e *evidence) *judge {
	j := &judge{log: log, e: e, codes: map[string]*history{}, spent: map[string]int64{}, back: map[string]int64{}}
	for _, o := range log.ops {
		if o.Kind == generate && o.sent() {
			h := &history{made: o, shown: e.codes[o.Ref]}
			j.codes[o.Ref], j.order = h, append(j.order, h)
		}
	}
	for _, o := range log.ops {
		if h := j.codes[o.Code]; h != nil && o.sent() {
			h.add(o)
		}
	}
	for _, h := range j.order {
		j.account(h)
	}
	return j
}

func (h *history) add(o *op) {
	list := map[kind]*[]*op{payment: &h.pays, refund: &h.refunds, cancel: &h.cancels, query: &h.queries, decode: &h.scans}[o.Kind]
	*list = append(*list, o)
}

// account finds the payments of a code. Those that a customer's query shows
// were made, and those that were acknowledged to the outside payer. If the
// code is paid by none of these, it was the outside payer whose answer was
// lost.
func (j *judge) account(h *history) {
	var lost *op
	for _, o := range h.pays {
		s, asked := j.e.payments[o.Ref]
		switch {
		case asked && (s.State == paid || s.State == returned):
			h.done = append(h.done, deed{o, o.Payer, o.Amount, s.Ref})
		case o.Way == outside && o.Outcome == acknowledged:
			h.done = append(h.done, deed{o, outside, o.Amount, o.Given})
		case o.Way == outside && o.Outcome == unknown:
			lost = o
		}
	}
	if len(h.done) == 0 && lost != nil && h.shown.paid() {
		h.done = append(h.done, deed{nil, outside, h.made.Amount, ""})
	}
	j.payments += int64(len(h.done))
	for _, d := range h.done {
		j.spent[d.payer] += d.amount
	}
	if len(h.done) > 0 {
		j.back[h.done[0].payer] += h.shown.Returned
	}
}

func (s shown) paid() bool { return s.State == paid || s.State == returned }

func (j *judge) found(what string, about ...*op) {
	f := Finding{What: what}
	for _, o := range about {
		if o != nil {
			f.Operations = append(f.Operations, j.log.told(o))
		}
	}
	j.findings = append(j.findings, f)
}

func (j *judge) foundf(about []*op, format string, args ...any) {
	j.found(fmt.Sprintf(format, args...), about...)
}

// checkReferences wants one reference for each thing and one thing for each
// reference.
func (j *judge) checkReferences() {
	owners := map[string]*op{}
	for _, o := range j.log.ops {
		given := map[string]bool{}
		for _, t := range o.Tries {
			if t.Given != "" {
				given[t.Given] = true
			}
		}
		if len(given) > 1 {
			j.foundf([]*op{o}, "one reference of the client's led to %d of the server's", len(given))
		}
		for ref := range given {
			name := string(o.Kind) + " " + ref
			if first := owners[name]; first != nil {
				j.foundf([]*op{first, o}, "the server gave the reference of %s to two operations", name)
			}
			owners[name] = o
		}
	}
}

// checkNodes passes on what is wrong with the processes.
func (j *judge) checkNodes() {
	for _, fault := range j.e.nodes {
		j.found(fault)
	}
}

// String is a finding as a test failure prints it.
func (f Finding) String() string {
	return strings.Join(slices.Concat([]string{f.What}, f.Operations), "\n  ")
}
