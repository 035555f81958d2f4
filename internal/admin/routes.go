package admin

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/qrread"
)

// action carries out one request and gives what is answered as JSON.
type action func(r *http.Request) (any, error)

// route is one request that the management API takes.
type route struct {
	pattern string
	verb    string   // in the audit log; empty: it only looks
	subject []string // the values of path, query or body that name what it is done to
	long    bool     // body and answer may take longer than the listener gives
	absent  bool     // not served here: what it needs was not handed in
	do      action
	serve   http.HandlerFunc // in place of do: sends a stream or a file, and only looks
}

// acts reports whether a route does something, which the audit log is to hold.
func (rt route) acts() bool {
	return rt.verb != "" || rt.serve == nil && !strings.HasPrefix(rt.pattern, http.MethodGet+" ")
}

// routes are those of the table that are served here.
func (a *API) routes() []route {
	return slices.DeleteFunc(a.table(), func(rt route) bool { return rt.absent })
}

// table is the map of the admin listener, whatever the options are: what is
// told and tested of the routes is told and tested of all that may be served.
func (a *API) table() []route {
	return slices.Concat(a.partyRoutes(), a.bookRoutes(), a.serverRoutes(), a.sandboxRoutes())
}

// partyRoutes are about partners, merchants and payers.
func (a *API) partyRoutes() []route {
	return []route{
		{pattern: "GET /v1/partners", do: a.listPartners},
		{pattern: "POST /v1/partners", verb: "partner.add", subject: []string{"id"}, do: a.addPartner},
		{pattern: "GET /v1/partners/{id}", do: a.showPartner},
		{pattern: "PUT /v1/partners/{id}/standing", verb: "partner.standing", subject: []string{"id"}, do: a.setPartnerStanding},
		{pattern: "PUT /v1/partners/{id}/settings", verb: "partner.settings", subject: []string{"id"}, do: a.setPartnerSettings},
		{pattern: "PUT /v1/partners/{id}/notify", verb: "partner.notify", subject: []string{"id"}, do: a.setNotify},
		{pattern: "PUT /v1/partners/{id}/access", verb: "partner.access", subject: []string{"id"}, do: a.setAccess},
		{pattern: "PUT /v1/partners/{id}/key", verb: "partner.key", subject: []string{"id"}, do: a.setPartnerKey},
		{pattern: "POST /v1/partners/{id}/rotate", verb: "partner.rotate", subject: []string{"id"}, do: a.rotate},
		{pattern: "DELETE /v1/partners/{id}/former", verb: "partner.retire", subject: []string{"id"}, do: a.retire},
		{pattern: "GET /v1/partners/{id}/tokens", do: a.listTokens},
		{pattern: "DELETE /v1/partners/{id}/tokens/{token}", verb: "token.revoke", subject: []string{"id", "token"}, do: a.revokeToken},
		{pattern: "GET /v1/partners/{id}/bindings", do: a.listBindings},
		{pattern: "DELETE /v1/partners/{id}/bindings/{payer}", verb: "binding.revoke", subject: []string{"id", "payer"}, do: a.revokeBinding},
		{pattern: "GET /v1/partners/{id}/merchants", do: a.listMerchants},
		{pattern: "POST /v1/partners/{partner}/merchants", verb: "merchant.add", subject: []string{"partner", "id"}, do: a.addMerchant},
		{pattern: "PATCH /v1/partners/{id}/merchants/{mid}", verb: "merchant.edit", subject: []string{"id", "mid"}, do: a.changeMerchant},
		{pattern: "GET /v1/partners/{id}/merchants/{mid}/outlets", do: a.listOutlets},
		{pattern: "PUT /v1/partners/{id}/merchants/{mid}/outlets/{kind}/{oid}", verb: "outlet.set", subject: []string{"id", "mid", "kind", "oid"}, do: a.spread(a.putOutlet)},

		{pattern: "GET /v1/payers", do: a.listPayers},
		{pattern: "POST /v1/payers", verb: "payer.add", subject: []string{"id"}, do: a.addPayer},
		{pattern: "PATCH /v1/payers/{id}", verb: "payer.edit", subject: []string{"id"}, do: a.changePayer},
		{pattern: "POST /v1/payers/{id}/fund", verb: "payer.fund", subject: []string{"id"}, do: a.fundPayer},
		{pattern: "POST /v1/payers/{id}/auth-code", verb: "payer.authorize", subject: []string{"id"}, do: a.authorize},
		{pattern: "POST /v1/payers/{id}/token", verb: "payer.token", subject: []string{"id"}, do: a.issueCustomer},
	}
}

// bookRoutes are about what was moved, and what is still to be told of it.
func (a *API) bookRoutes() []route {
	return []route{
		{pattern: "GET /v1/ledger/check", do: a.checkLedger},
		{pattern: "GET /v1/settlement/{day}", do: a.listSettlements},
		{pattern: "POST /v1/settlement/{day}", verb: "settlement.close", subject: []string{"day"}, long: true, do: a.settle},
		{pattern: "GET /v1/settlement/{day}/{file}", serve: a.sendReport},
		{pattern: "GET /v1/settlement/{day}/{partner}/{file}", serve: a.sendReport},
		{pattern: "POST /v1/settlement/{day}/{partner}/reconcile", verb: "settlement.reconcile", subject: []string{"day", "partner", "merchant"}, long: true, do: a.reconcile},

		{pattern: "GET /v1/deliveries", do: a.listDeliveries},
		{pattern: "GET /v1/deliveries/{id}", do: a.showDelivery},
		{pattern: "POST /v1/deliveries/{id}/resend", verb: "notification.resend", subject: []string{"id"}, do: a.resend},
	}
}

// serverRoutes are about the server itself.
func (a *API) serverRoutes() []route {
	return []route{
		{pattern: "GET /v1/requests", do: a.listCalls},
		{pattern: "GET /v1/requests/{id}", do: a.showCall},
		{pattern: "GET /v1/events", serve: a.streamEvents},
		{pattern: "GET /v1/openapi.json", do: a.describe},
		{pattern: "GET /v1/provider", do: a.showProvider, absent: a.Provider == nil},
		{pattern: "POST /v1/provider/rotate", verb: "provider.rotate", do: a.rotateProvider, absent: a.Provider == nil},
		{pattern: "GET /v1/secrets", do: a.showSecrets, absent: a.Keeper == nil},
		{pattern: "POST /v1/secrets/rotate", verb: "secret.rotate", do: a.rotateSecrets, absent: a.Keeper == nil},
		{pattern: "GET /v1/backup", verb: "books.backup", long: true, do: a.backUp, absent: a.Backup == nil},
	}
}

// Handler serves the routes.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range a.routes() {
		mux.Handle(rt.pattern, a.handle(rt))
	}
	mux.Handle("/", a.admit(func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, &httpError{http.StatusNotFound, "not-found", "no management API at " + r.Method + " " + r.URL.Path})
	}))
	return mux
}

// handle asks for the token, then acts and answers.
func (a *API) handle(rt route) http.Handler {
	if rt.serve != nil {
		return a.admit(rt.serve)
	}
	return a.admit(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, rt.bodyLimit(r))
		rest := func() {}
		if rt.long {
			x := newExchange(w, r)
			r.Body, rest = x, x.rest
		}
		answer, err := a.perform(rt, r)
		rest()
		file, isFile := answer.(*attachment)
		if isFile {
			defer file.discard()
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		if isFile {
			a.send(w, r, file)
			return
		}
		if text, ok := answer.(plain); ok {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			io.WriteString(w, string(text))
			return
		}
		write(w, http.StatusOK, answer)
	})
}

// maxBody bounds a management request.
const maxBody = 1 << 20

// bodyLimit is how many bytes a request may have: a report and an image more
// than others.
func (rt route) bodyLimit(r *http.Request) int64 {
	switch {
	case rt.long:
		return maxReport
	case carriesImage(r):
		return qrread.MaxBytes
	}
	return maxBody
}
