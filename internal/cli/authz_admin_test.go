package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// managementCall is a route of the admin listener with its names filled in.
type managementCall struct{ method, path string }

// managementRoutes are all of them: what the server itself lists, and the two
// that stand beside its table.
func (h *harness) managementRoutes() []managementCall {
	h.t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(h.mustAdmin("GET", "/v1/openapi.json", nil).raw, &document); err != nil {
		h.t.Fatal(err)
	}
	known := h.things()
	all := []managementCall{{"GET", "/metrics"}, {"GET", "/v1/nothing"}, {"POST", "/"}}
	beside := len(all)
	for path, methods := range document.Paths {
		for method := range methods {
			all = append(all, managementCall{strings.ToUpper(method), known.fill(path)})
		}
	}
	if listed, table := len(all)-beside, len(admin.Routes()); listed != table {
		h.t.Fatalf("the server lists %d routes, its table has %d", listed, table)
	}
	return all
}

// things stand in place of the names of a path. They exist, so that what is let
// through has an effect.
type things map[string]string

// things makes a code, a payment that can be refunded and a user.
func (h *harness) things() things {
	h.t.Helper()
	known := h.node.file.Partners["aspi"]
	paid := h.original("aspi", "refund")
	payment := h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": paid.ref})
	return things{
		"partners/id": known.PartnerID, "payers/id": "payer-aspi", "codes/ref": h.original("aspi", "cancel").ref,
		"payments/ref": payment.body["referenceNo"].(string), "name": h.operator(pay.Viewer).name,
		"partner": known.PartnerID, "mid": known.MerchantID, "merchant": known.MerchantID, "kind": "store", "oid": known.StoreID,
		"day": snap.Day(h.node.core.Now()), "dialect": "aspi", "operation": "generate",
	}
}

var pathName = regexp.MustCompile(`/(\w*)/\{(\w+)\}`)

// fill puts them in.
func (t things) fill(path string) string {
	path = strings.TrimSuffix(path, "{$}")
	for pathName.MatchString(path) {
		path = pathName.ReplaceAllStringFunc(path, func(part string) string {
			m := pathName.FindStringSubmatch(part)
			thing := cmp.Or(t[m[1]+"/"+m[2]], t[m[2]], "nothing")
			return "/" + m[1] + "/" + url.PathEscape(thing)
		})
	}
	return path
}

// pass is what somebody shows to the admin listener.
type pass struct {
	name  string
	show  func(*http.Request)
	opens string // the one path that this is good for
}

// passes are all credentials that there are but the admin token, and those that
// are near it. The token itself does not expire: a node has one until its store
// is made anew.
func (h *harness) passes() []pass {
	h.t.Helper()
	token := h.node.file.AdminToken
	authorization := func(name, value string) pass {
		return pass{name: name, show: func(r *http.Request) { r.Header.Set("Authorization", value) }}
	}
	scrape := authorization("the token for the metrics", "Bearer "+scrapeToken(token))
	scrape.opens = "/metrics"
	all := []pass{
		{name: "nothing", show: func(*http.Request) {}},
		authorization("an empty token", "Bearer "), authorization("a wrong token", "Bearer "+strings.Repeat("x", len(token))),
		authorization("half the token", "Bearer "+token[:len(token)/2]), authorization("the token and more", "Bearer "+token+"x"),
		authorization("the token in another case", "Bearer "+strings.ToUpper(token)), authorization("the token as a password", "Basic "+token),
		authorization("a partner's token", "Bearer "+h.token("aspi")), authorization("a payer's token", "Bearer "+h.customer("aspi")),
		authorization("a partner's secret", "Bearer "+h.node.file.Partners["aspi"].ClientSecret), scrape,
		{name: "the token in a cookie", show: func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "qrisd_session", Value: token}) }},
		{name: "the token in the address", opens: "/v1/sandbox/pay", show: func(r *http.Request) { r.URL.RawQuery = "token=" + url.QueryEscape(token) }},
	}
	for _, role := range pay.Roles() {
		session := h.operator(role).cookie
		all = append(all, pass{name: "a session of the console, as " + string(role), show: func(r *http.Request) { r.AddCookie(session) }})
	}
	return all
}

// parts are the books and all that is managed, as the management API shows it.
func (h *harness) parts() string {
	h.t.Helper()
	text := h.state()
	for _, path := range []string{"/v1/partners", "/v1/partners/" + h.node.file.Partners["aspi"].PartnerID + "/merchants", "/v1/payers", "/v1/deliveries", "/v1/sandbox/levers", "/v1/provider", "/v1/secrets"} {
		text += fmt.Sprintf("\n%s %s", path, h.mustAdmin("GET", path, nil).raw)
	}
	return text + h.node.clock.Offset().String()
}

// TestAuthorisationOfManagement is the matrix of the admin listener: every
// route that the server lists, with every credential that is not the admin
// token. All are refused alike and nothing has changed.
func TestAuthorisationOfManagement(t *testing.T) {
	h := start(t)
	routes, passes := h.managementRoutes(), h.passes()
	if len(routes) < 50 {
		t.Fatalf("only %d routes are listed", len(routes))
	}
	before, refused := h.parts(), 0
	for _, route := range routes {
		for _, p := range passes {
			if p.opens == route.path && route.method == http.MethodGet {
				continue
			}
			request, err := http.NewRequest(route.method, h.node.adminURL+route.path, strings.NewReader(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			p.show(request)
			r := h.do(request)
			if r.status != http.StatusUnauthorized || route.path != "/metrics" && r.field("error.kind") != "unauthorized" {
				t.Errorf("%s %s with %s: %v", route.method, route.path, p.name, r)
			}
			refused++
		}
	}
	if after := h.parts(); after != before {
		t.Fatalf("a refused request changed something:\n%s\n%s", before, after)
	}
	t.Logf("%d routes, %d requests were refused", len(routes), refused)
}
