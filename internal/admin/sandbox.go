package admin

import (
	"net/http"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

const payPath = "/v1/sandbox/pay"

// sandboxRoutes are those of a sandbox only.
func (a *API) sandboxRoutes() []route {
	named := []string{"referenceNo", "partnerReferenceNo"}
	all := []route{
		{pattern: "POST " + payPath, verb: "code.pay", subject: named, do: a.pay},
		{pattern: "GET " + payPath, verb: "code.pay", subject: []string{"ref"}, do: a.payByLink},
		{pattern: "POST /v1/sandbox/clock", verb: "clock.move", do: a.moveClock},
		{pattern: "GET /v1/sandbox/clock", do: a.showClock},
		{pattern: "GET /v1/sandbox/levers", do: a.listLevers},
		{pattern: "PUT /v1/sandbox/levers", verb: "lever.set", subject: []string{"kind"}, do: a.setLever},
		{pattern: "DELETE /v1/sandbox/levers", verb: "lever.remove", subject: []string{"kind"}, do: a.removeLevers},
		{pattern: "POST /v1/sandbox/reset", verb: "sandbox.reset", do: a.reset},
		{pattern: "POST /v1/sandbox/fixtures", verb: "sandbox.fixtures", do: a.loadFixtures},
	}
	for i := range all {
		all[i].absent = a.Clock == nil
	}
	return all
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

// pay is an outside payer who pays a code, named by a reference, its text or
// its image.
func (a *API) pay(r *http.Request) (any, error) {
	if carriesImage(r) {
		return a.payImage(r)
	}
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

func (a *API) moveClock(r *http.Request) (any, error) {
	var in struct{ Advance, Set string }
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if err := a.desk.MoveClock(r.Context(), in.Advance, in.Set); err != nil {
		return nil, err
	}
	return a.showClock(r)
}

func (a *API) showClock(*http.Request) (any, error) {
	return map[string]string{"now": snap.FormatTimestamp(a.Clock.Now()), "offset": a.Clock.Offset().String()}, nil
}
