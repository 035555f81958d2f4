package cli

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/snap"
)

// visitor is an operator's browser.
type visitor struct {
	t    *testing.T
	base string
	http http.Client
	form string // token of the latest page's forms
}

func (h *harness) visitor() *visitor {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &visitor{t: h.t, base: h.node.adminURL, http: http.Client{Jar: jar, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

var formField = regexp.MustCompile(`name="form" value="([^"]*)"`)

func (v *visitor) do(req *http.Request) (status int, page string) {
	v.t.Helper()
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if found := formField.FindSubmatch(text); found != nil {
		v.form = html.UnescapeString(string(found[1]))
	}
	return res.StatusCode, string(text)
}

func (v *visitor) get(path string) (int, string) {
	v.t.Helper()
	req, err := http.NewRequest("GET", v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(req)
}

// post sends a form as a page of the console does, but for the headers that are
// given.
func (v *visitor) post(path string, fields url.Values, headers ...string) (int, string) {
	v.t.Helper()
	if !fields.Has("form") {
		fields.Set("form", v.form)
	}
	req, err := http.NewRequest("POST", v.base+path, strings.NewReader(fields.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", v.base)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return v.do(req)
}

func (v *visitor) signIn(fields url.Values) {
	v.t.Helper()
	v.get("/console/sign-in?with=" + fields.Get("with"))
	if status, page := v.post("/console/sign-in", fields); status != http.StatusOK || strings.Contains(page, `name="password"`) {
		v.t.Fatalf("signing in: %d\n%s", status, page)
	}
}

// session is the secret of the browser's cookie.
func (v *visitor) session() string {
	v.t.Helper()
	at, err := url.Parse(v.base + "/console/")
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.http.Jar.Cookies(at) {
		if c.Name == "qrisd_session" {
			return c.Value
		}
	}
	v.t.Fatal("there is no session")
	return ""
}

var consoleLink = regexp.MustCompile(`(?:href|src|action)="(/console/[^"#]*)"`)

// crawl reads every page that links lead to from the first.
func (v *visitor) crawl() map[string]string {
	v.t.Helper()
	pages, next := map[string]string{}, []string{"/console/"}
	for len(next) > 0 && len(pages) < 500 {
		path := next[0]
		next = next[1:]
		if _, seen := pages[path]; seen || strings.HasPrefix(path, "/console/reference/") && strings.Count(path, "/") > 3 {
			continue // of the reference a page of each kind
		}
		_, pages[path] = v.get(path)
		for _, found := range consoleLink.FindAllStringSubmatch(pages[path], -1) {
			next = append(next, html.UnescapeString(found[1]))
		}
	}
	return pages
}

// mistaken sends requests that are refused, with secrets where they do not
// belong, as clients do.
func (h *harness) mistaken() map[string]string {
	h.t.Helper()
	answers := map[string]string{}
	for name, k := range h.node.file.Partners {
		other := h.node.file.Partners["aspi"]
		if name == "aspi" {
			other = h.node.file.Partners["dana"]
		}
		for what, change := range map[string]func(c *call){
			"a wrong secret": func(c *call) { c.credentials.ClientSecret += "x" },
			"another's secret": func(c *call) {
				c.credentials.ClientSecret, c.credentials.PrivateKey = other.ClientSecret, other.PrivateKey
			},
			"the secret in the body":  func(c *call) { c.raw = mustJSON(h.t, object{"title": k.ClientSecret}) },
			"the secret for a token":  func(c *call) { c.header.Set(snap.HeaderAuthorization, "Bearer "+k.ClientSecret) },
			"the secret as signature": func(c *call) { c.header.Set(snap.HeaderSignature, k.ClientSecret) },
			"no JSON":                 func(c *call) { c.raw = []byte(`{"a":`) },
			"another's partner id":    func(c *call) { c.header.Set(snap.HeaderPartnerID, other.PartnerID) },
		} {
			c := h.call(name, "generate", h.body(name, "generate"))
			change(c)
			answers[name+", "+what] = c.send().String()
		}
	}
	for name, req := range map[string][2]string{
		"no such partner": {"GET", "/v1/partners/nobody"}, "no such day": {"POST", "/v1/settlement/tomorrow"}, "no JSON": {"POST", "/v1/partners"},
		"nobody's delivery": {"POST", "/v1/deliveries/none/resend"}, "no such API": {"GET", "/v1/keys"},
	} {
		answers["management API, "+name] = h.admin(req[0], req[1], "text").String()
	}
	return answers
}

// looks are what an operator can read of the server.
func (h *harness) looks() map[string]string {
	h.t.Helper()
	answers := map[string]string{}
	for _, path := range []string{
		"/v1/partners", "/v1/partners/shop", "/v1/payers", "/v1/ledger/check", "/v1/deliveries", "/v1/requests", "/v1/secrets", "/v1/provider",
		"/v1/sandbox/levers", "/healthz", "/readyz", "/metrics",
	} {
		answers["GET "+path] = h.admin("GET", path, nil).String()
	}
	for name, k := range h.node.file.Partners {
		answers["partner "+name] = h.admin("GET", "/v1/partners/"+k.PartnerID, nil).String()
		answers["merchants of "+name] = h.admin("GET", "/v1/partners/"+k.PartnerID+"/merchants", nil).String()
	}
	calls, _ := h.admin("GET", "/v1/requests?limit=1000", nil).body["requests"].([]any)
	if len(calls) < 40 {
		h.t.Fatalf("the journal has only %d calls", len(calls))
	}
	for _, c := range calls {
		id := fmt.Sprint(c.(map[string]any)["id"])
		answers["request "+id] = h.admin("GET", "/v1/requests/"+id, nil).String()
	}
	answers["events"] = h.stream("/v1/events?replay=1")
	answers["audit log"] = h.audit("")
	return answers
}

// stream is what a stream of events says for a moment.
func (h *harness) stream(path string) string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 500*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", h.node.adminURL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.node.file.AdminToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body) // the time ends it
	return string(text)
}

// commands are what the command line prints of the server and its store.
func (h *harness) commands() map[string]string {
	printed := map[string]string{}
	for _, line := range []string{
		"partner list", "partner show dana", "partner show dana --json", "merchant list dana", "payer list", "payer list --json", "payer show dana", "delivery list",
		"secret status", "secret status --json", "secret rotate", "provider show --json", "lever list", "verify", "migrate status", "partner suspend nobody", "clock",
	} {
		var out bytes.Buffer
		Main(append(strings.Fields(line), "--data", h.dir), nil, &out, &out)
		printed["qrisd "+line] = out.String()
	}
	return printed
}

// TestSecretsAreShownOnce drives everything that knows of secrets, and looks for
// each of them in all that it said: answers, pages, the journal, events, the
// audit log, the log at its loudest, and what commands print. Only the answers
// that make a secret hold it.
func TestSecretsAreShownOnce(t *testing.T) {
	var log ledgered
	h := startWith(t, serveOptions{data: t.TempDir(), logLevel: "debug", signals: signals{logTo: &log, accessLines: 1 << 30}})
	address, heard, _ := hearing(t, "2005200")
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["midtrans"].PartnerID+"/notify", object{"url": strings.Replace(address, "://", "://user:rahasia-alamat-0001@", 1) + "/told"})
	secrets := h.known()
	secrets["the password of an address"] = "rahasia-alamat-0001"
	maps.Copy(secrets, h.use())
	maps.Copy(secrets, h.known())
	select {
	case <-heard: // a notification was tried
	case <-time.After(20 * time.Second):
		t.Fatalf("nobody was notified: %v", h.mustAdmin("GET", "/v1/deliveries", nil))
	}

	const password = "kopi tubruk panas sekali"
	admin, user := h.visitor(), h.visitor()
	admin.signIn(url.Values{"with": {"token"}, "password": {h.node.file.AdminToken}})
	admin.get("/console/users")
	admin.post("/console/users", url.Values{"name": {"ani"}, "role": {"admin"}, "password": {password}})
	user.signIn(url.Values{"with": {"name"}, "name": {"ani"}, "password": {password}})
	user.get("/console/partners/shop")
	_, drawn := user.post("/console/partners/shop/rotate", url.Values{"overlap": {"24h"}})
	secrets["a password"], secrets["a session"], secrets["another session"] = password, admin.session(), user.session()
	secrets["the client secret that the console showed"], secrets["the private key that it showed"] = shownKeys(t, drawn)
	said := h.mistaken()
	for _, more := range []map[string]string{h.looks(), h.commands(), user.crawl()} {
		if len(more) < 15 {
			t.Fatalf("only %d things were read", len(more))
		}
		maps.Copy(said, more)
	}
	h.stop()
	said["the log"] = log.String()
	if lines := strings.Count(said["the log"], "\n"); lines < 200 {
		t.Fatalf("the log has only %d lines", lines)
	}
	for where, text := range said {
		free(t, where, []byte(html.UnescapeString(text)), secrets)
	}
	h.leaves(secrets)
}

// shownKeys are the secrets on the page that shows new ones.
func shownKeys(t *testing.T, page string) (secret, private string) {
	t.Helper()
	page = html.UnescapeString(page)
	s := regexp.MustCompile(`class="ref wrap">([0-9a-f]{64})<`).FindStringSubmatch(page)
	k := regexp.MustCompile(`(?s)-----BEGIN PRIVATE KEY-----.*-----END PRIVATE KEY-----`).FindString(page)
	if s == nil || k == "" {
		t.Fatalf("the page shows no new keys:\n%s", page)
	}
	return s[1], keyLine(k)
}

// leaves looks into all files that the server has left in its folder, but for
// those whose purpose is to hold secrets.
func (h *harness) leaves(secrets map[string]string) {
	h.t.Helper()
	files := 0
	err := filepath.WalkDir(h.dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains([]string{"sandbox.json", ownKey, scrapeFile}, d.Name()) {
			return err
		}
		files++
		text, err := os.ReadFile(name)
		free(h.t, d.Name(), text, secrets)
		return err
	})
	if err != nil || files == 0 {
		h.t.Errorf("%d files, %v", files, err)
	}
}

// TestForgedForms: what another site's page sends with an operator's session
// does nothing, and neither does a form without the session's token.
func TestForgedForms(t *testing.T) {
	h := start(t)
	v, other := h.visitor(), h.visitor()
	for _, who := range []*visitor{v, other} {
		who.signIn(url.Values{"with": {"token"}, "password": {h.node.file.AdminToken}})
		who.get("/console/partners/" + h.node.file.Partners["dana"].PartnerID)
	}
	before := h.mustAdmin("GET", "/v1/partners", nil).String()
	path := "/console/partners/" + h.node.file.Partners["dana"].PartnerID + "/standing"
	suspend := func() url.Values { return url.Values{"standing": {"suspended"}} }
	genuine := v.form
	for what, forged := range map[string]struct {
		form    string
		headers []string
	}{
		"another site's page":              {genuine, []string{"Origin", "https://evil.example"}},
		"another site's page, as fetched":  {genuine, []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}},
		"another port of the same machine": {genuine, []string{"Origin", "http://127.0.0.1:1", "Sec-Fetch-Site", "same-site"}},
		"no token":                         {"", nil},
		"a guess":                          {"guess", nil},
		"another session's token":          {other.form, nil},
	} {
		fields := suspend()
		fields.Set("form", forged.form)
		if status, _ := v.post(path, fields, forged.headers...); status != http.StatusForbidden {
			t.Errorf("%s: %d", what, status)
		}
		if status, _ := v.post("/console/sign-out", url.Values{"form": {forged.form}}, forged.headers...); status != http.StatusOK {
			t.Errorf("signing out by %s: %d", what, status)
		}
	}
	if after := h.mustAdmin("GET", "/v1/partners", nil).String(); after != before {
		t.Errorf("something was done:\n%s", after)
	}
	v.form = genuine
	if status, _ := v.post(path, suspend()); status != http.StatusOK {
		t.Errorf("the session's own form: %d", status)
	}
	if after := h.mustAdmin("GET", "/v1/partners", nil).String(); !strings.Contains(after, "suspended") {
		t.Error("the session's own form does nothing: the test proves nothing")
	}
}
