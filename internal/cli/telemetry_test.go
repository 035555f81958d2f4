package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// ledgered is a log that many goroutines write and a test reads.
type ledgered struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *ledgered) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *ledgered) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// metrics scrapes a server: values by name with labels.
func (h *harness) metrics(token string) (all map[string]string, status int) {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodGet, h.node.adminURL+"/metrics", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	r := h.do(req)
	all = make(map[string]string)
	for line := range strings.Lines(string(r.raw)) {
		if at := strings.LastIndex(line, " "); !strings.HasPrefix(line, "#") && at > 0 {
			all[line[:at]] = strings.TrimSpace(line[at+1:])
		}
	}
	return all, r.status
}

// TestScrape: the metrics open with the scrape's token and with the admin's,
// with no other, and not on the public listener; the scrape's token opens
// nothing else. They count what was answered.
func TestScrape(t *testing.T) {
	h := start(t)
	h.generated("midtrans", h.body("midtrans", "generate"))
	scrape := scrapeToken(h.node.file.AdminToken)
	for token, want := range map[string]int{"": 401, "x": 401, scrape + "x": 401, scrape: 200, h.node.file.AdminToken: 200} {
		if _, status := h.metrics(token); status != want {
			t.Errorf("with %q: %d, want %d", token, status, want)
		}
	}
	if res, err := http.Get(h.node.apiURL + "/metrics"); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("the public listener: %v %v", res, err)
	}
	h.node.file.AdminToken, scrape = scrape, h.node.file.AdminToken
	if r := h.admin("GET", "/v1/partners", nil); r.status != http.StatusUnauthorized {
		t.Errorf("the management API with the scrape's token: %v", r)
	}
	got, _ := h.metrics(scrape)
	for name, want := range map[string]string{
		`qrisd_requests_total{code="2004700",dialect="midtrans",operation="generate"}`:      "1",
		`qrisd_request_duration_seconds_count{dialect="midtrans",operation="generate"}`:     "1",
		`qrisd_http_requests_total{listener="admin",route="GET /v1/partners",status="401"}`: "1",
		`qrisd_http_requests_total{listener="public",route="unrouted",status="404"}`:        "1",
		`qrisd_requests_in_flight`: "0", `qrisd_check_passed{check="writable"}`: "1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %s", name, got[name], want)
		}
	}
	if _, told := got[`qrisd_lease_held{lease="ledger"}`]; !told {
		t.Error("nothing is said of who checks the books")
	}
}

// collecting is a collector that keeps what it is sent.
func collecting(t *testing.T) (address string, sent *ledgered) {
	sent = new(ledgered)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(sent, r.Body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, sent
}

// private are people's numbers that requests of a test carry; all have the
// form of real ones.
var private = []string{"9360099900000000017", "936009990000000001", "4111111111111111", "+6281223323423", "081223323423"}

// secrets are all that a sandbox's file opens, and what was given for it.
func (h *harness) secrets() []string {
	all := []string{h.node.file.AdminToken, scrapeToken(h.node.file.AdminToken)}
	for _, p := range h.node.file.Partners {
		key := strings.Split(strings.TrimSpace(p.PrivateKey), "\n")
		all = append(all, p.ClientSecret, key[1], key[len(key)/2])
	}
	for _, p := range h.node.file.Payers {
		all = append(all, p.CustomerToken)
		if p.AuthCode != "" {
			all = append(all, p.AuthCode)
		}
	}
	return all
}

// drive calls every operation, well and badly, and the management API, in ways
// in which secrets go astray. It gives what was answered that is secret, and
// the ids of the requests.
func (h *harness) drive() (given, ids []string) {
	for _, d := range h.dialects {
		token := "no-token-of-this-dialect"
		if d.Operation("token") != nil {
			token = h.token(d.Name)
			given = append(given, token)
		}
		for _, op := range d.Operations {
			for _, spoil := range []func(*call){
				func(*call) {},
				func(c *call) { c.raw = []byte(`{"phone":"` + private[3] + `","pan":"` + private[0] + `"`) },
				func(c *call) { c.header["X-Signature"] = []string{c.credentials.ClientSecret} },
				func(c *call) { c.header["Authorization"] = []string{"Basic " + c.credentials.ClientSecret} },
				func(c *call) { c.header["X-Timestamp"] = []string{token} },
				func(c *call) { c.header["Channel-Id"] = []string{private[2]} },
				func(c *call) { c.raw = bytes.ReplaceAll(c.raw, []byte(`"IDR"`), []byte(`"`+private[1]+`"`)) },
				func(c *call) { c.header["X-Partner-Id"] = []string{private[4]} },
				func(c *call) { c.path += "?token=" + token + "&clientSecret=" + c.credentials.ClientSecret },
			} {
				c := h.call(d.Name, op.Name, h.body(d.Name, op.Name))
				spoil(c)
				id := fresh("drive-")
				c.header["X-Request-Id"] = []string{id}
				r := c.send()
				if r.header.Get("X-Request-Id") != id {
					h.t.Errorf("%s %s: the answer is of request %q", d.Name, op.Name, r.header.Get("X-Request-Id"))
				}
				ids = append(ids, id)
				for _, name := range []string{"accessToken", "refreshToken"} {
					if text, ok := r.body[name].(string); ok && text != "" {
						given = append(given, text)
					}
				}
			}
		}
	}
	return given, ids
}

// strayed sends secrets to where none belong on the other listener.
func (h *harness) strayed() {
	secret := h.node.file.Partners["dana"].ClientSecret
	for _, path := range []string{"/v1/partners/" + secret, "/v1/sandbox/pay?ref=1&token=" + h.node.file.AdminToken, "/nowhere?token=" + secret, "/console/login?token=" + secret} {
		h.admin("GET", path, nil)
	}
	h.admin("POST", "/v1/payers", object{"id": "p-" + private[2], "name": private[4], "phone": private[3]})
	h.admin("PUT", "/v1/partners/"+h.node.file.Partners["dana"].PartnerID+"/key", object{"publicKey": h.node.file.Partners["dana"].PrivateKey})
	h.admin("PUT", "/v1/partners/"+h.node.file.Partners["aspi"].PartnerID+"/notify", object{"url": "http://user:" + secret + "@127.0.0.1:1/?token=" + secret})
	h.admin("POST", "/v1/sandbox/pay", object{"qrContent": private[0] + secret})
	if res, err := http.Get(h.node.apiURL + "/pay/" + secret + "?token=" + secret); err == nil {
		res.Body.Close()
	}
}

// told pays a code of a dialect and waits for the notification.
func (h *harness) told(dialectName string, heard chan *http.Request) *http.Request {
	h.t.Helper()
	g := h.generated(dialectName, h.body(dialectName, "generate"))
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": g.body["referenceNo"]})
	return <-heard
}

// babbling is a receiver that answers with what is nobody's business; what a
// receiver answers is in the log.
func babbling(t *testing.T) (address string, heard chan *http.Request) {
	heard = make(chan *http.Request, 16)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		io.WriteString(w, strings.Join(private, "; ")+` "accessToken": "`+strings.Repeat("babble", 4)+`"`)
		heard <- r
	}))
	t.Cleanup(s.Close)
	return s.URL, heard
}

// TestNothingSecretIsTold drives everything through the front door with the
// log at its most talkative, traces on, and notifications going astray: no
// secret, token or whole number of anybody's account or telephone is in the
// log, in the traces or in the metrics. Each request has its one line.
func TestNothingSecretIsTold(t *testing.T) {
	collector, spans := collecting(t)
	log := new(ledgered)
	dir := t.TempDir()
	h := startWith(t, serveOptions{
		data: dir, store: storeOf(t, dir), logLevel: "debug",
		signals: signals{logFormat: "json", logTo: log, accessLines: 1 << 20, collector: collector},
	})
	address, heard, _ := hearing(t, "2005200")
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["midtrans"].PartnerID+"/notify", object{"url": address + "/?token=" + h.node.file.Partners["midtrans"].ClientSecret})
	h.strayed()
	given, ids := h.drive()
	received := h.told("midtrans", heard)
	babble, babbled := babbling(t)
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["aspi"].PartnerID+"/notify", object{"url": babble})
	h.told("aspi", babbled)
	scraped, _ := h.metrics(h.node.file.AdminToken)
	h.stop()
	counted := strings.Join(slices.Collect(maps.Keys(scraped)), "\n")
	for where, text := range map[string]string{"log": log.String(), "traces": spans.String(), "metrics": counted} {
		if len(text) < 1000 {
			t.Errorf("the %s say next to nothing: %s", where, text)
		}
		for _, secret := range slices.Concat(given, h.secrets(), private, []string{"babble"}) {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%q is in the %s: …%s…", secret, where, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
	told := lines(t, log.String())
	for _, id := range ids {
		if told[id] != 1 {
			t.Errorf("request %s has %d lines", id, told[id])
		}
	}
	traceparent := received.Header.Get("Traceparent")
	if !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`).MatchString(traceparent) || !strings.Contains(spans.String(), traceparent[36:52]) {
		t.Errorf("the receiver got traceparent %q", traceparent)
	}
	for _, name := range []string{`"authenticate"`, `"verb generate"`, `"storage transaction"`, `"notification try"`, `"midtrans generate"`} {
		if !strings.Contains(spans.String(), `"name":`+name) {
			t.Errorf("there is no span %s", name)
		}
	}
}

// lines counts the access lines by request; every line must be JSON.
func lines(t *testing.T, log string) map[string]int {
	t.Helper()
	told := make(map[string]int)
	for s := bufio.NewScanner(strings.NewReader(log)); s.Scan(); {
		var line struct{ Msg, Request string }
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Errorf("a line is no JSON: %v: %s", err, s.Text())
		}
		if line.Msg == "request" {
			told[line.Request]++
		}
	}
	return told
}

// TestTracesAreOptional: without a collector nothing is traced, a bad address
// is refused at the start, and the variables of the standard do as the flag.
func TestTracesAreOptional(t *testing.T) {
	for _, c := range []struct {
		flag     string
		env      map[string]string
		on, fail bool
	}{
		{"", nil, false, false}, {"http://127.0.0.1:4318", nil, true, false}, {"127.0.0.1:4318", nil, false, true},
		{"", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318"}, true, false},
		{"", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:4318/x"}, true, false},
		{"http://a", map[string]string{"OTEL_SDK_DISABLED": "true"}, false, false},
		{"", map[string]string{"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"}, false, true},
	} {
		t.Run(c.flag, func(t *testing.T) {
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			s := signals{collector: c.flag}
			log, err := s.log("error")
			if err != nil {
				t.Fatal(err)
			}
			tracer, err := s.tracer(log)
			if (tracer != nil) != c.on || (err != nil) != c.fail {
				t.Errorf("%q %v: %v, %v", c.flag, c.env, tracer != nil, err)
			}
			if tracer != nil {
				if err := tracer.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, s := range []signals{{logFormat: "xml"}, {}} {
		level := map[bool]string{true: "loud", false: "info"}[s.logFormat == ""]
		if _, err := s.log(level); err == nil {
			t.Errorf("%+v with level %s was taken", s, level)
		}
	}
}

// TestBooksAreInspected: the check says what it found, and rests in between.
func TestBooksAreInspected(t *testing.T) {
	h := start(t)
	i := inspection{node: h.node}
	if err := i.whenDue(t.Context(), pay.Lease{}); err != nil {
		t.Fatal(err)
	}
	first := i.next
	if rest := time.Until(first); rest < ledgerEvery-time.Minute {
		t.Errorf("the next check is due in %v", rest)
	}
	if err := i.whenDue(t.Context(), pay.Lease{}); err != nil || i.next != first {
		t.Errorf("it did not rest: %v, %v", i.next, err)
	}
	got, _ := h.metrics(h.node.file.AdminToken)
	if got["qrisd_ledger_balanced"] != "1" || got["qrisd_ledger_check_timestamp_seconds"] == "" {
		t.Errorf("the check left %q at %q", got["qrisd_ledger_balanced"], got["qrisd_ledger_check_timestamp_seconds"])
	}
}
