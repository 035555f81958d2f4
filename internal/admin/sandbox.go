package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

const payPath = "/v1/sandbox/pay"

func (a *API) sandboxRoutes(mux *http.ServeMux) {
	mux.Handle("POST "+payPath, a.guard(a.pay))
	mux.Handle("GET "+payPath, a.guard(a.payByLink))
	mux.Handle("POST /v1/sandbox/clock", a.guard(a.spread(a.moveClock)))
	mux.Handle("GET /v1/sandbox/clock", a.guard(a.showClock))
}

// paid is the answer of the outside payer.
type paid struct {
	ReferenceNo     string `json:"referenceNo"`
	CodeReferenceNo string `json:"codeReferenceNo,omitempty"`
	Amount          amount `json:"amount"`
	MDR             amount `json:"mdr"`
	RRN             string `json:"rrn"`
	State           string `json:"state"`
	TransactionDate string `json:"transactionDate"`
}

func viewPayment(p pay.Payment) paid {
	return paid{p.Ref, p.CodeRef, amount(p.Amount.String()), amount(p.MDR.String()), p.RRN, string(p.State), snap.FormatTimestamp(p.At)}
}

// pay is an outside payer who pays a code, named by a reference or its text.
func (a *API) pay(r *http.Request) (any, error) {
	var in struct {
		sandbox.Target
		Amount amount `json:"amount"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	sum, err := in.Amount.rupiah()
	if err != nil {
		return nil, err
	}
	p, err := sandbox.Pay(r.Context(), a.core, in.Target, sum)
	return viewPayment(p), err
}

func (a *API) payByLink(r *http.Request) (any, error) {
	q := r.URL.Query()
	sum, err := amount(q.Get("amount")).rupiah()
	if err != nil {
		return nil, err
	}
	ref := q.Get("ref")
	_, err = sandbox.Pay(r.Context(), a.core, sandbox.Target{ReferenceNo: ref, PartnerReferenceNo: ref}, sum)
	return plain("ok"), err
}

// ClockSetting is the server setting that keeps the clock's offset, as a
// duration of Go's. Every node follows it.
const ClockSetting = "sandbox.clock.offset"

func (a *API) moveClock(r *http.Request) (any, error) {
	var in struct{ Advance, Set string }
	if err := read(r, &in); err != nil {
		return nil, err
	}
	var move func(offset time.Duration) time.Duration
	switch {
	case in.Advance != "" && in.Set == "":
		d, err := time.ParseDuration(in.Advance)
		if err != nil {
			return nil, &httpError{http.StatusBadRequest, "bad-request", "advance: write a duration such as 15m or -1h"}
		}
		move = func(offset time.Duration) time.Duration { return offset + d }
	case in.Set != "" && in.Advance == "":
		t, err := snap.ParseTimestampLoose(in.Set)
		if err != nil {
			return nil, &httpError{http.StatusBadRequest, "bad-request", "set: " + err.Error()}
		}
		move = func(time.Duration) time.Duration { return a.Clock.Until(t) }
	default:
		return nil, &httpError{http.StatusBadRequest, "bad-request", `send {"advance": "15m"} or {"set": "2026-01-31T23:59:59+07:00"}`}
	}
	if err := a.keepClock(r.Context(), move); err != nil {
		return nil, err
	}
	return a.showClock(r)
}

// keepClock moves the offset that is stored, so that the moves of two nodes
// add up, and then this node's clock.
func (a *API) keepClock(ctx context.Context, move func(offset time.Duration) time.Duration) error {
	return a.Clock.Adjust(func(time.Duration) (time.Duration, error) {
		kept, err := a.core.EditSetting(ctx, ClockSetting, func(_ pay.Reader, old string) (string, error) {
			offset, err := time.ParseDuration(cmp.Or(old, "0s"))
			if err != nil {
				return "", fmt.Errorf("setting %s: %w", ClockSetting, err)
			}
			return move(offset).String(), nil
		})
		if err != nil {
			return 0, err
		}
		return time.ParseDuration(kept)
	})
}

func (a *API) showClock(*http.Request) (any, error) {
	return map[string]string{"now": snap.FormatTimestamp(a.Clock.Now()), "offset": a.Clock.Offset().String()}, nil
}
