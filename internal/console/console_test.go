package console_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
)

// TestStrangers: whoever has not signed in sees and does nothing.
func TestStrangers(t *testing.T) {
	w := opened(t)
	code := w.generate(15_000)
	b := w.browser()
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{"/", "/codes", "/codes/" + code.Ref, "/codes/" + code.Ref + "/qr.svg", "/find?q=1", "/events", "/settlement/2026-01-31/files/P.csv", "/nowhere"} {
		b.get(path, http.StatusSeeOther)
	}
	b.post("/codes/"+code.Ref+"/pay", http.StatusUnauthorized)
	b.post("/partners/P/rotate", http.StatusUnauthorized)
	b.get("/sign-in", http.StatusOK)
	b.post("/sign-in", http.StatusUnauthorized, "with", "token", "password", token+" ")
	b.post("/sign-in", http.StatusUnauthorized, "name", "admin token", "password", token)
	b.get("/codes", http.StatusSeeOther)
}

// TestSignInSlows: guesses come ever slower.
func TestSignInSlows(t *testing.T) {
	b := opened(t).browser()
	b.get("/sign-in", http.StatusOK)
	for range 5 {
		b.post("/sign-in", http.StatusUnauthorized, "with", "token", "password", "guess")
	}
	b.post("/sign-in", http.StatusTooManyRequests, "with", "token", "password", token)
}

// TestSessionEnds: a user who is suspended or given another password is out at
// once, and whoever signs out too.
func TestSessionEnds(t *testing.T) {
	w := opened(t)
	ctx := context.Background()
	out := func(b *browser) {
		t.Helper()
		b.holds(b.get("/codes", http.StatusOK), `name="password"`)
	}
	b := w.as(pay.Operator)
	b.holds(b.get("/codes", http.StatusOK), "a-operator")
	w.must(w.core.SetUser(ctx, "a-operator", pay.Operator, pay.Suspended, ""))
	out(b)
	b = w.as(pay.Viewer)
	w.must(w.core.SetUser(ctx, "a-viewer", pay.Viewer, pay.Active, "teh poci manis"))
	out(b)
	b = w.admin()
	b.get("/codes", http.StatusOK)
	b.post("/sign-out", http.StatusOK)
	out(b)
}

// TestSessionExpires: a session ends half an hour after somebody used it last,
// and twelve hours after the sign-in whatever is done. What a page asks for by
// itself is no use of it.
func TestSessionExpires(t *testing.T) {
	w := opened(t)
	now := time.Now()
	var mu sync.Mutex
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	w.url = w.serve(console.Options{
		Desk: operate.NewDesk(w.core, operate.Options{Clock: w.clock, Events: w.events}), Sandbox: true, Events: w.events, Traffic: w.traffic,
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
	})
	in := func(b *browser, why string) {
		t.Helper()
		if page := b.get("/codes", http.StatusOK); strings.Contains(page, `name="password"`) {
			t.Fatalf("%s: the session has ended", why)
		}
	}
	out := func(b *browser, why string) {
		t.Helper()
		if page := b.get("/codes", http.StatusOK); !strings.Contains(page, `name="password"`) {
			t.Fatalf("%s: the session goes on", why)
		}
	}
	b := w.admin()
	pass(29 * time.Minute)
	in(b, "used after 29 minutes")
	pass(29 * time.Minute)
	in(b, "used after 29 minutes again")
	pass(31 * time.Minute)
	out(b, "idle for 31 minutes")
	b = w.admin()
	for range 2 {
		pass(20 * time.Minute)
		req, err := http.NewRequest("GET", b.url+"/console/codes", nil)
		w.must(err)
		req.Header.Set("X-Live", "1")
		res, err := b.http.Do(req)
		w.must(err)
		res.Body.Close()
	}
	out(b, "only the page itself has asked for 40 minutes")
	b = w.admin()
	for range 35 {
		pass(20 * time.Minute)
		in(b, "used every 20 minutes")
	}
	pass(21 * time.Minute)
	out(b, "twelve hours after the sign-in")
}

// TestForms: a form without this session's token, or sent by another site's
// page, does nothing.
func TestForms(t *testing.T) {
	w := opened(t)
	code := w.generate(15_000)
	b, other := w.admin(), w.admin()
	path := "/codes/" + code.Ref + "/cancel"
	other.get("/codes", http.StatusOK)
	for _, stolen := range []string{"", "guess", other.form} {
		b.form = stolen
		b.post(path, http.StatusForbidden)
	}
	b.get("/codes/"+code.Ref, http.StatusOK)
	req, err := http.NewRequest("POST", b.url+"/console"+path, strings.NewReader(url.Values{"form": {b.form}}.Encode()))
	w.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := b.http.Do(req)
	b.read(res, err, http.StatusForbidden)
	now, err := w.core.Code(context.Background(), code.Ref)
	w.must(err)
	if now.State != pay.CodeActive {
		t.Fatalf("the code is %s", now.State)
	}
	b.get("/codes/"+code.Ref, http.StatusOK)
	b.holds(b.post(path, http.StatusOK), "cancelled")
}

// TestRoles: each role does what it may and nothing else.
func TestRoles(t *testing.T) {
	w := opened(t)
	type deed struct {
		path  string
		least pay.Role
		form  []string
	}
	deeds := func() []deed {
		return []deed{
			{"/codes/" + w.generate(1000).Ref + "/cancel", pay.Operator, nil},
			{"/codes/" + w.generate(1000).Ref + "/pay", pay.Operator, nil},
			{"/ledger/check", pay.Operator, nil},
			{"/partners/P/notify", pay.Admin, []string{"url", "http://127.0.0.1:9/x"}},
			{"/partners/P/standing", pay.Admin, []string{"standing", "active"}},
			{"/clock", pay.Admin, []string{"advance", "1s"}},
			{"/users", pay.Admin, []string{"name", "new", "role", "viewer", "password", "kopi tubruk panas"}},
		}
	}
	for _, role := range pay.Roles() {
		b := w.as(role)
		for _, d := range deeds() {
			b.get("/codes", http.StatusOK)
			status := http.StatusForbidden
			if role.Covers(d.least) {
				status = http.StatusOK
			}
			b.post(d.path, status, d.form...)
		}
		for path, least := range map[string]pay.Role{"/": pay.Viewer, "/ledger": pay.Viewer, "/partners/P": pay.Viewer, "/users": pay.Admin, "/audit": pay.Admin} {
			status := http.StatusForbidden
			if role.Covers(least) {
				status = http.StatusOK
			}
			b.get(path, status)
		}
	}
}

// TestCodeIsPaid follows a code from its page to its payment, its refund, its
// notification and the books.
func TestCodeIsPaid(t *testing.T) {
	w := opened(t)
	b := w.admin()
	code := w.generate(15_000)
	b.holds(b.get("/codes", http.StatusOK), code.Ref, "15.000", "active")
	b.holds(b.get("/codes/"+code.Ref, http.StatusOK), "Pay Rp 15.000 as a customer", "Cancel the code", code.Payload, "INV-1")
	b.holds(b.post("/codes/"+code.Ref+"/pay", http.StatusOK), "paid", "Rp 15.000")
	page := b.get("/payments", http.StatusOK)
	paid := regexp.MustCompile(`/console/payments/(\d+)`).FindStringSubmatch(page)[1]
	b.holds(b.get("/payments/"+paid, http.StatusOK), "merchant:P/M", "14.895", "105")
	b.holds(b.post("/payments/"+paid+"/refund", http.StatusOK, "amount", "5000", "reason", "half eaten"), "Refunded", "5.000")
	b.holds(b.post("/payments/"+paid+"/refund", http.StatusOK, "amount", "50000"), "role=\"alert\"", "only 10000.00 of the payment is left")
	b.holds(b.get("/refunds", http.StatusOK), "half eaten")
	page = b.get("/notifications", http.StatusOK)
	told := regexp.MustCompile(`/console/notifications/([0-9a-f-]{36})`).FindStringSubmatch(page)[1]
	b.holds(b.get("/notifications/"+told, http.StatusOK), "pending", paid)
	b.holds(b.post("/notifications/"+told+"/resend", http.StatusOK), "It is due again")
	b.holds(b.get("/ledger", http.StatusOK), "merchant:P/M", "9.930")
	b.holds(b.get("/ledger/account?name=merchant:P/M", http.StatusOK), paid)
	b.holds(b.get("/find?q="+paid, http.StatusOK), paid)
	b.holds(b.get("/find?q=8888888888888888888888888", http.StatusOK), "Nothing has this reference")
	b.post("/ledger/check", http.StatusOK)
	b.holds(b.get("/ledger", http.StatusOK), "The books balance")
}

// TestClockEndsCodes: the clock is moved past a code's end by its page's link.
func TestClockEndsCodes(t *testing.T) {
	w := opened(t)
	b := w.admin()
	code := w.generate(15_000)
	page := b.get("/codes/"+code.Ref, http.StatusOK)
	link := regexp.MustCompile(`/console(/clock\?set=[^"]*)`).FindStringSubmatch(page)[1]
	page = b.get(link, http.StatusOK)
	set := regexp.MustCompile(`name="set" value="([^"]*)"`).FindStringSubmatch(page)[1]
	b.holds(b.post("/clock", http.StatusOK, "set", set), "The clock was moved", "+15m")
	b.holds(b.get("/codes/"+code.Ref, http.StatusOK), "expired", "Expired")
	b.holds(b.post("/clock", http.StatusOK, "reset", "1"), "none")
	if off := w.clock.Offset(); off != 0 {
		t.Errorf("the clock is %v off", off)
	}
	b.holds(b.post("/clock", http.StatusOK, "advance", "soon"), "role=\"alert\"", "write a duration")
}

// TestParties edits a partner and a merchant whose id has a slash, and rotates
// keys, which are shown once.
func TestParties(t *testing.T) {
	w := opened(t)
	b := w.admin()
	before, err := w.core.Partner(context.Background(), "P")
	w.must(err)
	page := b.get("/partners/P", http.StatusOK)
	b.holds(page, "/console/partners/P/merchants/A%2FB")
	if strings.Contains(page, before.ClientSecret) {
		t.Error("the page holds the secret")
	}
	page = b.post("/partners/P/rotate", http.StatusOK)
	after, err := w.core.Partner(context.Background(), "P")
	w.must(err)
	b.holds(page, after.ClientSecret, "BEGIN PRIVATE KEY")
	if after.ClientSecret == before.ClientSecret || strings.Contains(b.get("/partners/P", http.StatusOK), after.ClientSecret) {
		t.Error("the secret is the same, or shown again")
	}
	b.holds(b.post("/partners/P/settings", http.StatusOK, "ratePerSecond", "7.5", "refundWindow", "24h", "urlOnly", "on", "denied", "list pay"), "Saved")
	after, err = w.core.Partner(context.Background(), "P")
	w.must(err)
	if s := after.Settings; s.RatePerSecond != 7.5 || s.Refunds.Window != 24*time.Hour || !s.URLOnly || len(s.Denied) != 2 {
		t.Errorf("the settings are %+v", s)
	}
	edit := []string{"name", "Warung Baru", "city", "BANDUNG", "postalCode", "40111", "mcc", "5812", "criteria", "UMI", "nmid", "ID1026000000012", "mpan", mpan(1), "standing", "suspended", "dayLimit", "1000000"}
	b.holds(b.post("/partners/P/merchants/A%2FB", http.StatusOK, edit...), "Saved", "Warung Baru", "suspended")
	m, err := w.core.Merchant(context.Background(), "P", "A/B")
	w.must(err)
	if m.City != "BANDUNG" || m.Standing != pay.Suspended || m.DayLimit != pay.Rp(1_000_000) {
		t.Errorf("the merchant is %+v", m)
	}
	b.holds(b.post("/partners/P/merchants/A%2FB", http.StatusOK, append(edit, "standing", "asleep")...), "role=\"alert\"", "does not fit")
}

// TestSettlement closes a day and fetches its files.
func TestSettlement(t *testing.T) {
	w := opened(t)
	b := w.admin()
	code := w.generate(100_000)
	b.get("/codes/"+code.Ref, http.StatusOK)
	b.post("/codes/"+code.Ref+"/pay", http.StatusOK)
	day := pay.Day(w.core.Now())
	b.holds(b.post("/settlement/close", http.StatusOK, "day", day), "role=\"alert\"", "is not over in Jakarta")
	b.post("/clock", http.StatusOK, "advance", "24h")
	b.holds(b.get("/settlement/"+day, http.StatusOK), "1 merchants are not settled yet", "99.300")
	b.get("/settlement/"+day+"/files/P.csv", http.StatusConflict)
	b.get("/codes", http.StatusOK)
	b.holds(b.post("/settlement/close", http.StatusOK, "day", day), "The day is closed", "99.300", "CSV")
	for _, file := range []string{"P.csv", "P/M.csv"} {
		b.holds(b.get("/settlement/"+day+"/files/"+file, http.StatusOK), code.Ref, "99300.00")
	}
	b.holds(b.get("/settlement", http.StatusOK), day, "99.300")
}

// TestAuditLog: what was done and what was refused, by whom, from where; and
// no secret.
func TestAuditLog(t *testing.T) {
	w := opened(t)
	b := w.as(pay.Operator)
	code := w.generate(15_000)
	b.get("/codes/"+code.Ref, http.StatusOK)
	b.post("/codes/"+code.Ref+"/cancel", http.StatusOK)
	b.post("/codes/"+code.Ref+"/pay", http.StatusOK)
	a := w.admin()
	a.get("/users", http.StatusOK)
	a.post("/users", http.StatusOK, "name", "budi", "role", "viewer", "password", "a secret of budi")
	page := a.get("/audit", http.StatusOK)
	a.holds(page, "a-operator", "code.cancel", code.Ref, "code.pay", "the code was cancelled", "user.add", "role=viewer", "127.0.0.1", "sign-in")
	for _, secret := range []string{"a secret of budi", token, "kopi tubruk panas"} {
		if strings.Contains(page, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// TestTaste: languages and themes are chosen by query, cookie and header.
func TestTaste(t *testing.T) {
	w := opened(t)
	b := w.admin()
	b.holds(b.get("/codes?lang=id", http.StatusOK), `lang="id"`, "Kode", "Semua status")
	b.holds(b.get("/codes", http.StatusOK), `lang="en"`, "All states")
	b.holds(b.get("/taste?lang=id&to=/console/payments", http.StatusOK), "Pembayaran")
	b.holds(b.get("/taste?theme=dark&to=/console/codes", http.StatusOK), `data-theme="dark"`, "Semua status")
	b.holds(b.get("/taste?lang=en&to=https://evil.example/", http.StatusOK), "Overview")
	req, err := http.NewRequest("GET", w.url+"/console/sign-in", nil)
	w.must(err)
	req.Header.Set("Accept-Language", "fr-FR, id-ID;q=0.9, en;q=0.5")
	res, err := http.DefaultClient.Do(req)
	b.holds(b.read(res, err, http.StatusOK), `lang="id"`, "Masuk")
}

// inline are the ways in which a page could carry script or style of its own.
var inline = regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style| style=| on[a-z]+=|javascript:`)

// TestPolicy: no page needs more than its own policy allows.
func TestPolicy(t *testing.T) {
	w := opened(t)
	b := w.admin()
	code := w.generate(15_000)
	for _, path := range []string{"/", "/codes", "/codes/" + code.Ref, "/payments", "/ledger", "/settlement", "/partners/P", "/partners/P/merchants/M", "/clock", "/users", "/audit"} {
		res, err := b.http.Get(b.url + "/console" + path)
		w.must(err)
		policy := res.Header.Get("Content-Security-Policy")
		page := b.read(res, err, http.StatusOK)
		if found := inline.FindString(page); found != "" {
			t.Errorf("%s has %q", path, found)
		}
		if !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", path, policy)
		}
	}
	for _, asset := range regexp.MustCompile(`/console(/assets/[^"]+)`).FindAllStringSubmatch(b.get("/codes", http.StatusOK), -1) {
		if b.get(asset[1], http.StatusOK) == "" {
			t.Errorf("%s is empty", asset[1])
		}
	}
}

// TestLive: what happens is told to pages that are open.
func TestLive(t *testing.T) {
	w := opened(t)
	b := w.admin()
	res, err := b.http.Get(b.url + "/console/events")
	w.must(err)
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("the stream is %q", kind)
	}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "retry:") {
	}
	w.generate(1000)
	w.generate(2000)
	for lines.Scan() {
		if lines.Text() == "data: code.created" {
			return
		}
	}
	t.Fatalf("the stream ended: %v", lines.Err())
}

// TestOverview shows what this node answered.
func TestOverview(t *testing.T) {
	w := opened(t)
	b := w.admin()
	for range 30 {
		w.traffic.Observe(200, "2004700", 3*time.Millisecond)
	}
	w.traffic.Observe(401, "4014700", time.Millisecond)
	w.traffic.Observe(500, "5004700", time.Second)
	b.holds(b.get("/", http.StatusOK), "2004700", "93,8 %", "4014700", "5004700", "30 answered, 1 refused, 1 failed", "32 in 60 minutes, 6,2 % not served")
}

// TestRefundOnce: a form that is sent twice gives money back once.
func TestRefundOnce(t *testing.T) {
	w := opened(t)
	b := w.admin()
	code := w.generate(15_000)
	b.get("/codes/"+code.Ref, http.StatusOK)
	b.post("/codes/"+code.Ref+"/pay", http.StatusOK)
	paid := regexp.MustCompile(`/console/payments/(\d+)`).FindStringSubmatch(b.get("/payments", http.StatusOK))[1]
	once := regexp.MustCompile(`name="once" value="([^"]+)"`).FindStringSubmatch(b.get("/payments/"+paid, http.StatusOK))[1]
	for _, try := range []string{once, once, once + "2"} {
		b.post("/payments/"+paid+"/refund", http.StatusOK, "amount", "1000", "once", try)
	}
	w.must(w.core.Inspect(context.Background(), func(r pay.Reader) error {
		p, err := r.Payment(paid)
		if p.Refunded != pay.Rp(2000) {
			t.Errorf("%s was given back, want twice 1000", p.Refunded)
		}
		return err
	}))
}

// TestIllegible: what is no text is refused before it comes to the store.
func TestIllegible(t *testing.T) {
	w := opened(t)
	b := w.admin()
	for _, path := range []string{"/codes/%00", "/codes/%ff", "/codes?partner=%00", "/find?q=%ff", "/codes?a=%zz"} {
		b.get(path, http.StatusBadRequest)
	}
	b.get("/partners/P", http.StatusOK)
	b.post("/partners/P/notify", http.StatusForbidden, "url", "http://a\x00b/")
}

// TestProduction: what is the sandbox's is not there outside one.
func TestProduction(t *testing.T) {
	w := opened(t)
	code := w.generate(15_000)
	w.url = w.serve(console.Options{Desk: operate.NewDesk(w.core, operate.Options{})})
	b := w.admin()
	page := b.get("/codes/"+code.Ref, http.StatusOK)
	b.holds(page, "Production", "Cancel the code")
	if strings.Contains(page, "as a customer") || strings.Contains(page, "/console/clock") {
		t.Error("the page offers what a sandbox does")
	}
	b.get("/clock", http.StatusNotFound)
	b.post("/codes/"+code.Ref+"/pay", http.StatusNotFound)
	b.get("/events", http.StatusNoContent)
}
