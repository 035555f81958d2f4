package cli

import (
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
)

// operator is somebody who has signed in to the console.
type operator struct {
	name   string
	cookie *http.Cookie
	form   string // token of the session's forms
}

// operator adds a user of a role and signs in.
func (h *harness) operator(role pay.Role) operator {
	h.t.Helper()
	return h.operatorAt(h.node.adminURL, role)
}

func (h *harness) operatorAt(base string, role pay.Role) operator {
	h.t.Helper()
	o := operator{name: fresh(string(role) + "-")}
	password := rand.Text()
	if err := h.node.core.AddUser(h.t.Context(), o.name, role, password); err != nil {
		h.t.Fatal(err)
	}
	page := h.knock(base, "GET", "/console/sign-in?with=name", nil, nil)
	form := formOf(page.body)
	page = h.knock(base, "POST", "/console/sign-in", url.Values{"form": {form}, "name": {o.name}, "password": {password}}, page.cookies)
	i := slices.IndexFunc(page.cookies, func(c *http.Cookie) bool { return c.Name == "qrisd_session" })
	if i < 0 {
		h.t.Fatalf("%s cannot sign in: %d %s", o.name, page.status, page.body)
	}
	o.cookie = page.cookies[i]
	o.form = formOf(h.knock(base, "GET", "/console/codes", nil, []*http.Cookie{o.cookie}).body)
	if o.form == "" {
		h.t.Fatalf("the pages of %s have no form", o.name)
	}
	return o
}

func formOf(page string) string {
	if found := formField.FindStringSubmatch(page); found != nil {
		return found[1]
	}
	return ""
}

// opened is what came of knocking at the console.
type opened struct {
	status  int
	to      string // where it leads
	body    string
	cookies []*http.Cookie
}

// knock asks for an address of the console and follows nothing.
func (h *harness) knock(base, method, path string, form url.Values, cookies []*http.Cookie, headers ...string) opened {
	h.t.Helper()
	request, err := http.NewRequest(method, base+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	for _, c := range cookies {
		request.AddCookie(c)
	}
	response, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return opened{response.StatusCode, response.Header.Get("Location"), string(body), response.Cookies()}
}

// forAll are addresses of the console that ask for no session, with the reason.
var forAll = map[string]string{
	"GET /console/sign-in":       "whoever signs in has no session yet",
	"POST /console/sign-in":      "TestSignIn; its forms are tried below",
	"POST /console/sign-out":     "it ends the caller's own session and no other; tried below",
	"GET /console/taste":         "it sets the language and the colours of the caller's own browser",
	"GET /console/assets/{file}": "style and script, the same for all",
}

// TestAuthorisationOfConsole is the matrix of the operators' pages: every page
// and every act without a session, with one that was never there, that ended,
// that expired or whose user was suspended, with a role below what the table
// asks for, and every act without the token of this session's forms.
func TestAuthorisationOfConsole(t *testing.T) {
	h := start(t)
	routes := h.node.pages.Routes()
	if len(routes) < 60 {
		t.Fatalf("only %d routes", len(routes))
	}
	people := map[pay.Role]operator{}
	for _, role := range pay.Roles() {
		people[role] = h.operator(role)
	}
	strangers, known := h.strangers(), h.things()
	before, tried := h.parts()+h.users(), 0
	for _, route := range routes {
		if route.Least == "" {
			if forAll[route.Pattern] == "" {
				t.Errorf("%s is for whoever comes, and nothing says why", route.Pattern)
			}
			continue
		}
		method, path := known.consoleCall(route)
		for name, o := range strangers {
			h.turnsAway(h.node.adminURL, name, method, path, o)
		}
		tried += len(strangers)
		for role, o := range people {
			if !role.Covers(route.Least) {
				h.forbids(string(role), method, path, url.Values{"form": {o.form}}, o)
				tried++
			}
		}
		if route.Verb != "" {
			tried += h.forges(method, path, people)
		}
	}
	if after := h.parts() + h.users(); after != before {
		t.Fatalf("a refused request changed something:\n%s\n%s", before, after)
	}
	t.Logf("%d routes, %d requests were refused", len(routes), tried)
}

// consoleCall is how a route of the console is called.
func (t things) consoleCall(route console.Route) (method, path string) {
	method, path, found := strings.Cut(route.Pattern, " ")
	if !found {
		return http.MethodGet, route.Pattern + "nothing"
	}
	return method, t.fill(path)
}

// strangers show sessions that are none.
func (h *harness) strangers() map[string]operator {
	h.t.Helper()
	gone, suspended := h.operator(pay.Admin), h.operator(pay.Admin)
	h.knock(h.node.adminURL, "POST", "/console/sign-out", url.Values{"form": {gone.form}}, []*http.Cookie{gone.cookie})
	if err := h.node.core.SetUser(h.t.Context(), suspended.name, pay.Admin, pay.Suspended, ""); err != nil {
		h.t.Fatal(err)
	}
	return map[string]operator{
		"no session":                              {},
		"an unknown session":                      {cookie: &http.Cookie{Name: "qrisd_session", Value: rand.Text()}, form: gone.form},
		"a session that was ended (replayed)":     gone,
		"a session of a user who was suspended":   suspended,
		"the admin token for a session's secret":  {cookie: &http.Cookie{Name: "qrisd_session", Value: h.node.file.AdminToken}},
		"a form's token for the session's secret": {cookie: &http.Cookie{Name: "qrisd_session", Value: gone.form}},
	}
}

// turnsAway wants somebody without a session sent to sign in: a browser that
// looks is led there, all else is refused.
func (h *harness) turnsAway(base, who, method, path string, o operator) {
	h.t.Helper()
	var cookies []*http.Cookie
	if o.cookie != nil {
		cookies = append(cookies, o.cookie)
	}
	got := h.knock(base, method, path, url.Values{"form": {o.form}}, cookies)
	if method == http.MethodGet && (got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, "/console/sign-in?")) {
		h.t.Errorf("%s %s with %s: %d to %q", method, path, who, got.status, got.to)
	}
	if live := h.knock(base, method, path, url.Values{"form": {o.form}}, cookies, "X-Live", "1"); live.status != http.StatusUnauthorized {
		h.t.Errorf("%s %s by a page that renews itself, with %s: %d", method, path, who, live.status)
	}
	if method != http.MethodGet && got.status != http.StatusUnauthorized {
		h.t.Errorf("%s %s with %s: %d", method, path, who, got.status)
	}
}

func (h *harness) forbids(what, method, path string, form url.Values, o operator, headers ...string) {
	h.t.Helper()
	if got := h.knock(h.node.adminURL, method, path, form, []*http.Cookie{o.cookie}, headers...); got.status != http.StatusForbidden {
		h.t.Errorf("%s %s, %s: %d to %q", method, path, what, got.status, got.to)
	}
}

// forges sends an act by an admin whose own page did not make the form, and
// gives how many ways there were.
func (h *harness) forges(method, path string, people map[pay.Role]operator) int {
	h.t.Helper()
	admin := people[pay.Admin]
	h.forbids("without the form's token", method, path, url.Values{}, admin)
	h.forbids("with a wrong token", method, path, url.Values{"form": {strings.Repeat("x", len(admin.form))}}, admin)
	h.forbids("with another session's token", method, path, url.Values{"form": {people[pay.Viewer].form}}, admin)
	h.forbids("with the token in the address", method, path+"?form="+url.QueryEscape(admin.form), url.Values{}, admin)
	good := url.Values{"form": {admin.form}}
	h.forbids("from another site", method, path, good, admin, "Sec-Fetch-Site", "cross-site")
	h.forbids("from another origin", method, path, good, admin, "Origin", "https://evil.example")
	return 6
}

// users are those of the console, as they are kept.
func (h *harness) users() string {
	h.t.Helper()
	var text strings.Builder
	err := h.node.core.Inspect(h.t.Context(), func(r pay.Reader) error {
		all, err := r.Users()
		for _, u := range all {
			text.WriteString("\n" + u.Name + " " + string(u.Role) + " " + string(u.Standing) + " " + u.Password)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return text.String()
}

// TestConsoleSessionsExpireEverywhere has a console whose clock moves refuse an
// expired session at every page and every act.
func TestConsoleSessionsExpireEverywhere(t *testing.T) {
	h := start(t)
	var moved atomic.Int64
	pages := console.New(console.Options{
		Desk: operate.NewDesk(h.node.core, operate.Options{Clock: h.node.clock, Events: h.node.events}), Token: h.node.file.AdminToken, Sandbox: true,
		Events: h.node.events, Traffic: h.node.traffic, Dialects: h.dialects, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Now().Add(time.Duration(moved.Load())) },
	})
	t.Cleanup(pages.Close)
	listener := httptest.NewServer(pages.Over(http.NotFoundHandler()))
	t.Cleanup(listener.Close)
	expired := h.operatorAt(listener.URL, pay.Admin)
	known := h.things()
	before := h.parts() + h.users()
	moved.Store(int64(31 * time.Minute))
	for _, route := range pages.Routes() {
		if route.Least != "" {
			method, path := known.consoleCall(route)
			h.turnsAway(listener.URL, "an expired session", method, path, expired)
		}
	}
	if after := h.parts() + h.users(); after != before {
		t.Fatalf("an expired session changed something:\n%s\n%s", before, after)
	}
}

// TestSignInAndOutAskForTheForm: neither can be done to a browser by another
// site.
func TestSignInAndOutAskForTheForm(t *testing.T) {
	h := start(t)
	good := url.Values{"with": {"token"}, "password": {h.node.file.AdminToken}}
	for what, form := range map[string]url.Values{"no token": {}, "a token without the cookie": {"form": {"x"}}} {
		for name, values := range good {
			form[name] = values
		}
		if got := h.knock(h.node.adminURL, "POST", "/console/sign-in", form, nil); got.status != http.StatusForbidden {
			t.Errorf("a sign-in form with %s: %d to %q", what, got.status, got.to)
		}
	}
	o := h.operator(pay.Viewer)
	h.knock(h.node.adminURL, "POST", "/console/sign-out", url.Values{"form": {"x"}}, []*http.Cookie{o.cookie})
	if got := h.knock(h.node.adminURL, "GET", "/console/codes", nil, []*http.Cookie{o.cookie}); got.status != http.StatusOK {
		t.Errorf("another site's form has ended the session: %d", got.status)
	}
}
