package console_test

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dana"
	"github.com/qrisd/qrisd/internal/dialect/paydia"
	"github.com/qrisd/qrisd/internal/dialect/qoin"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/snap"
)

// front is a world whose public API is served, and kept in a journal that the
// console shows.
type front struct {
	*world
	journal *sandbox.Journal
	api     string
	own     sandbox.Credentials // of partner P
}

var offered = []dialect.Dialect{dana.Dialect(), qoin.Dialect(), paydia.Dialect(), aspi.Dialect()}

func fronted(t *testing.T) *front {
	f := &front{world: opened(t), journal: sandbox.NewJournal(200)}
	var err error
	f.own, err = sandbox.NewCredentials("P", "", "95221")
	f.must(err)
	p, err := f.core.Partner(context.Background(), "P")
	f.must(err)
	own := *p
	own.ClientSecret, own.PublicKey = f.own.ClientSecret, f.own.PublicKey
	f.must(f.core.PutPartner(context.Background(), own))
	s := server.New(f.core, offered, server.Options{
		PublicURL: "http://localhost", Sandbox: true, Log: slog.New(slog.DiscardHandler), Journal: f.journal, Events: f.events,
	})
	api := httptest.NewUnstartedServer(s.Handler())
	api.Config.ConnContext = server.Tapped
	api.Listener = server.Tap(api.Listener)
	api.Start()
	t.Cleanup(api.Close)
	f.api = api.URL
	f.url = f.serve(console.Options{
		Desk: operate.NewDesk(f.core, operate.Options{Clock: f.clock, Events: f.events}), Sandbox: true,
		Events: f.events, Traffic: f.traffic, Journal: f.journal, Dialects: offered,
	})
	return f
}

// client is partner P's, with a secret.
func (f *front) client(secret string) *client.Client {
	f.t.Helper()
	key, err := snap.ParsePrivateKey(f.own.PrivateKey)
	f.must(err)
	c, err := client.New(client.Config{
		BaseURL: f.api, Provider: client.ASPI(), PartnerID: "P", ClientSecret: secret, PrivateKey: key, ChannelID: "95221", Clock: f.clock.Now,
	})
	f.must(err)
	return c
}

// ask generates a code by a signed request.
func (f *front) ask(secret, reference string) (client.GenerateResponse, error) {
	f.t.Helper()
	return f.client(secret).Generate(context.Background(), client.GenerateRequest{
		PartnerReferenceNo: reference, MerchantID: "M", Amount: snap.IDR(15_000_00),
	})
}

// newest is the call that was kept last.
func (f *front) newest() sandbox.Call { return f.journal.List(sandbox.Filter{}, 1)[0] }

var callLink = regexp.MustCompile(`href="/console(/requests/[^"]+)"`)

// opens follows the first link of a list to a call.
func (b *browser) opens(list string) string {
	b.t.Helper()
	found := callLink.FindStringSubmatch(list)
	if found == nil {
		b.t.Fatalf("the list links to no call:\n%s", list)
	}
	return b.get(html.UnescapeString(found[1]), http.StatusOK)
}

// TestRequestIsShown follows a code from the call that made it.
func TestRequestIsShown(t *testing.T) {
	f := fronted(t)
	made, err := f.ask(f.own.ClientSecret, "INV-77")
	f.must(err)
	b := f.admin()
	list := b.get("/requests", http.StatusOK)
	b.holds(list, "generate", "token", "2004700", "2007300", "Partner P", made.ReferenceNo, "200 calls at most")
	page := b.opens(b.get("/requests?reference=INV-77", http.StatusOK))
	b.holds(page, "2004700", "POST", "/console/codes/"+made.ReferenceNo, "/console/reference/aspi/generate#code-2004700",
		"Checks, in their order", "signature", "passed", "partnerReferenceNo", "X-Signature", "HTTP/1.1 200 OK", "As curl")
	if strings.Contains(page, "failed</span>") || strings.Contains(page, "Why") {
		t.Error("a call that went well has a fault")
	}
	b.holds(b.get("/find?q="+f.newest().ID, http.StatusOK), "As curl")
	b.holds(b.get("/find?q="+made.ReferenceNo, http.StatusOK), "Timeline")
}

// TestVerdictIsShown: why a signature was refused, in both languages.
func TestVerdictIsShown(t *testing.T) {
	f := fronted(t)
	if _, err := f.ask(f.own.ClientSecret+"\n", "INV-78"); err == nil {
		t.Fatal("a wrong signature was taken")
	}
	b := f.admin()
	list := b.get("/requests", http.StatusOK)
	b.holds(list, "4014700", "explained", "You used the client secret with a line&#39;s end")
	page := b.opens(list)
	b.holds(page, "Why the signature was refused", "You used the client secret with a line&#39;s end", "Trim what you read", "the string to sign is",
		"body hash minified", "Content-Type", "failed</span>", "key: changed")
	page = b.get(strings.TrimPrefix(callPath(f.newest()), "/console")+"?lang=id", http.StatusOK)
	b.holds(page, "Mengapa tanda tangan ditolak", "Anda memakai client secret dengan baris baru", "Bersihkan teks", "string to sign yang benar", "Pemeriksaan")
	for _, secret := range []string{f.own.ClientSecret, "Trim what"} {
		if strings.Contains(page, secret) {
			t.Errorf("the page holds %q", secret)
		}
	}
}

func callPath(c sandbox.Call) string { return "/console/requests/" + c.ID }

// TestRequestsAreFiltered and go back, page by page, while new ones come.
func TestRequestsAreFiltered(t *testing.T) {
	f := fronted(t)
	for i := range 120 {
		c := sandbox.Call{ID: "call", Dialect: "dana", Operation: "query", PartnerID: "P", Status: 200, Code: "2005100", Path: "/v1.0/x", Reference: "R"}
		if i%60 == 0 {
			c.Status, c.Code, c.Operation, c.PartnerReference = 404, "4045101", "refund", "MINE"
		}
		f.journal.Add(c)
	}
	b := f.admin()
	seen := 0
	next := regexp.MustCompile(`href="/console(/requests[^"]*)" rel="next"`)
	for path := "/requests?dialect=dana"; path != ""; {
		page := b.get(path, http.StatusOK)
		seen += len(callLink.FindAllString(page, -1))
		f.journal.Add(sandbox.Call{ID: "later", Dialect: "dana", Status: 200})
		path = ""
		if found := next.FindStringSubmatch(page); found != nil {
			path = html.UnescapeString(found[1])
		}
	}
	if seen != 120 {
		t.Errorf("%d of 120 calls were seen", seen)
	}
	for query, want := range map[string]int{
		"refused=1": 2, "code=404": 2, "operation=refund": 2, "reference=MINE": 2, "code=500": 0, "partner=Q": 0, "partner=P&operation=refund": 2, "dialect=qoin": 0,
	} {
		page := b.get("/requests?"+query, http.StatusOK)
		if got := len(callLink.FindAllString(page, -1)); got != want {
			t.Errorf("%s shows %d calls, want %d", query, got, want)
		}
	}
	b.holds(b.get("/find?q=MINE", http.StatusOK), "4045101")
	b.get("/requests/nobody", http.StatusNotFound)
	b.get("/requests/call?n=999", http.StatusNotFound)
}

// TestRequestsNotKept: a sandbox without a journal says so; elsewhere there is
// no such page.
func TestRequestsNotKept(t *testing.T) {
	w := opened(t)
	b := w.admin()
	b.holds(b.get("/requests", http.StatusOK), "--no-journal", "Requests are not kept")
	b.get("/requests/any", http.StatusNotFound)
	w.url = w.serve(console.Options{Desk: operate.NewDesk(w.core, operate.Options{}), Traffic: w.traffic})
	b = w.admin()
	b.get("/requests", http.StatusNotFound)
	if page := b.get("/codes", http.StatusOK); strings.Contains(page, "/console/requests") {
		t.Error("production has a link to requests")
	}
}

// TestOddIDs: a client's X-Request-Id may be anything that a header holds.
func TestOddIDs(t *testing.T) {
	f := fronted(t)
	b := f.admin()
	for _, id := range []string{"..", ".", "a/b", "a?b#c", "%2e", "\xff", "<b>", "é", `"'`} {
		f.journal.Add(sandbox.Call{ID: id, Status: 200, Message: "the one of " + strings.ToValidUTF8(id, ""), Dialect: "dana", Operation: "query"})
		page := b.opens(b.get("/requests", http.StatusOK))
		b.holds(page, html.EscapeString("the one of "+strings.ToValidUTF8(id, "")))
	}
	if page := b.get("/requests/a%2Fb", http.StatusOK); !strings.Contains(page, "the one of a/b") {
		t.Error("a call is not found by its id")
	}
}

// TestUnseeable: what nobody can see in a body is marked, and nothing of a
// body becomes part of the page.
func TestUnseeable(t *testing.T) {
	f := fronted(t)
	b := f.admin()
	f.journal.Add(sandbox.Call{ID: "x", Method: "POST", Path: "/x", Status: 400, Request: []byte("POST /x HTTP/1.1\r\nHost: h\r\n\r\n\ufeff{\"a\":\"\u00a0\xff</pre><script>\"}\r\n")})
	b.holds(b.get("/requests/x", http.StatusOK), `<i class="unseeable">\ufeff</i>`, `<i class="unseeable">\u00a0</i>`, `<i class="unseeable">\xff</i>`, `&lt;/pre&gt;&lt;script&gt;`, `<i class="unseeable">\r</i>`)
	f.journal.Add(sandbox.Call{ID: "y", Method: "POST", Path: "/y", Request: []byte("POST /y HTTP/1.1\r\n\r\n" + `{"a":{"b":"<é>"}}`)})
	b.holds(b.get("/requests/y", http.StatusOK), "&#34;b&#34;: &#34;&lt;é&gt;&#34;", "No answer was given", "18 bytes")
}

// curlPart is the command of a page.
var curlPart = regexp.MustCompile(`(?s)<pre id="curl"[^>]*>(.*?)</pre>`)

// given runs a page's command in a shell whose curl gives its arguments and
// what it reads, each ended by a NUL.
func given(t *testing.T, page string) (args []string, read string) {
	t.Helper()
	found := curlPart.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no command:\n%s", page)
	}
	const fake = `curl() { for a; do printf '%s\0' "$a"; done; case "$*" in *" --data-binary @-") printf '<\0'; cat;; esac; }` + "\n"
	cmd := exec.Command("sh", "-c", fake+html.UnescapeString(found[1]))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, found[1])
	}
	before, read, _ := strings.Cut(string(out), "<\x00")
	return strings.Split(strings.TrimSuffix(before, "\x00"), "\x00"), read
}

// sentBy is the request that curl makes of arguments, as raw as the journal
// has it.
func sentBy(t *testing.T, args []string, read string) (address, raw string) {
	t.Helper()
	method, target, body := "", "", ""
	var headers []string
	for i := 0; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			address = args[i]
			continue
		}
		flag := args[i]
		if flag == "-i" || flag == "-sS" {
			continue
		}
		i++
		switch flag {
		case "-X":
			method = args[i]
		case "-H":
			if name, empty := strings.CutSuffix(args[i], ";"); empty {
				headers = append(headers, name+": ")
			} else if !strings.HasSuffix(args[i], ":") {
				headers = append(headers, args[i])
			}
		case "--data-raw":
			body = args[i]
		case "--data-binary":
			body = read
		case "--request-target":
			target = args[i]
		default:
			t.Fatalf("what is %q of %q?", flag, args)
		}
	}
	if target == "" {
		target = strings.TrimPrefix(address, "http://localhost")
	}
	return address, method + " " + target + " HTTP/1.1\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n" + body
}

// TestCurlSendsTheSame: a shell gives curl the same bytes, whatever they are.
func TestCurlSendsTheSame(t *testing.T) {
	f := fronted(t)
	b := f.admin()
	const plainHead = "Content-Type: application/json\r\nX-SIGNATURE: aGk+/=="
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, c := range []struct{ method, target, head, body string }{
		{"POST", "/v1.0/qr?x=1&y=%20", plainHead, `{"a":"it's \"$HOME\" ` + "`id`" + ` \\ !! %s %n"}`},
		{"POST", "/a", plainHead, "{\n  \"a\": 1\n}\n\n"},
		{"POST", "/a", plainHead, "{\r\n\t\"a\": 1\r\n}\r\n"},
		{"POST", "/a", plainHead, "@/etc/passwd"},
		{"POST", "/a", plainHead, "-n\t%s\\n\\101"},
		{"POST", "/a", plainHead, "---\x00"},
		{"POST", "/a", plainHead, string(every)},
		{"POST", "/a", plainHead, "\ufeff{\"é\":\"\u200b\U0001f600\u00a01\"}"},
		{"POST", "/a", plainHead + "\r\nX-Empty: \r\nX-Twice: 1\r\nX-Twice: 2\r\nX-Latin: \xe9\x80'\r\nx-lower: a; b", ""},
		{"POST", "/a/../b/[1-3]{x,y}#z", plainHead, "{}"},
		{"PU'T", "/x", plainHead, "{}"},
		{"GET", "/x", plainHead, ""},
		{"POST", "/it's", "X-TIMESTAMP: 2026-01-31T23:59:59+07:00", "{}"},
	} {
		method := c.method
		raw := method + " " + c.target + " HTTP/1.1\r\n" + c.head + "\r\n\r\n" + c.body
		wire := strings.Replace(raw, "\r\n", "\r\nHost: h\r\nContent-Length: 1\r\n", 1)
		f.journal.Add(sandbox.Call{ID: "c", Method: method, Path: c.target, Request: []byte(wire)})
		args, read := given(t, b.get("/requests/c", http.StatusOK))
		address, got := sentBy(t, args, read)
		if got != raw {
			t.Errorf("curl would send\n%q\nand not\n%q", got, raw)
		}
		if !strings.HasPrefix(address, "http://localhost/") {
			t.Errorf("curl would call %q", address)
		}
	}
}

// TestCurlSaysWhatIsMasked: a repeated call needs its secrets again.
func TestCurlSaysWhatIsMasked(t *testing.T) {
	f := fronted(t)
	_, err := f.ask(f.own.ClientSecret, "INV-80")
	f.must(err)
	b := f.admin()
	page := b.get(strings.TrimPrefix(callPath(f.newest()), "/console"), http.StatusOK)
	b.holds(page, "Secrets are masked here", `<span class="ref">Authorization</span>`)
	args, _ := given(t, page)
	if joined := strings.Join(args, "\n"); !strings.Contains(joined, "*** (") || !strings.Contains(joined, "INV-80") {
		t.Errorf("the command is %q", args)
	}
	f.journal.Add(sandbox.Call{ID: "cut", Method: "POST", Path: "/x", Request: []byte("POST /x HTTP/1.1\r\nContent-Length: 300000\r\n\r\n")})
	page = b.get("/requests/cut", http.StatusOK)
	b.holds(page, "The body did not come whole")
	if strings.Contains(page, "Secrets are masked") {
		t.Error("what has no secret is called masked")
	}
}

// TestCurlIsTaken sends a page's command by its parts: the API answers as it
// did before.
func TestCurlIsTaken(t *testing.T) {
	f := fronted(t)
	if _, err := f.client(f.own.ClientSecret).Token(context.Background()); err != nil {
		t.Fatal(err)
	}
	before := f.newest()
	args, read := given(t, f.admin().get(strings.TrimPrefix(callPath(before), "/console"), http.StatusOK))
	_, raw := sentBy(t, args, read)
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	req, err := http.NewRequest("POST", f.api+before.Path, strings.NewReader(body))
	f.must(err)
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	f.must(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	f.must(err)
	if res.StatusCode != before.Status {
		t.Errorf("%s: %s", res.Status, answer)
	}
}

// TestRequestsAreLive: pages are told of each call.
func TestRequestsAreLive(t *testing.T) {
	f := fronted(t)
	b := f.admin()
	res, err := b.http.Get(b.url + "/console/events")
	f.must(err)
	defer res.Body.Close()
	b.holds(b.get("/requests", http.StatusOK), `data-live="request reset`, `id="live-rows" data-renew`)
	go f.client(f.own.ClientSecret).Token(context.Background())
	var told strings.Builder
	for buf := make([]byte, 512); !strings.Contains(told.String(), "data: request"); {
		n, err := res.Body.Read(buf)
		told.Write(buf[:n])
		f.must(err)
	}
}

// TestViewersSeeRequests: a viewer sees calls, whose secrets are masked.
func TestViewersSeeRequests(t *testing.T) {
	f := fronted(t)
	_, err := f.ask(f.own.ClientSecret, "INV-81")
	f.must(err)
	b := f.as(pay.Viewer)
	for _, call := range f.journal.List(sandbox.Filter{}, 10) {
		page := b.get(strings.TrimPrefix(callPath(call), "/console"), http.StatusOK)
		if strings.Contains(page, f.own.ClientSecret) || inline.MatchString(page) {
			t.Errorf("the page of %s holds a secret or a script", call.Operation)
		}
	}
	b.get("/requests", http.StatusOK)
}
