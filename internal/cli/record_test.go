package cli

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// allSteps are the checks of a request that is carried out.
var allSteps = []string{
	"method", "headers", "timestamp", "partner", "access", "token", "signature", "agreement", "customer", "rate", "repeated", "body", "fields", "do",
}

// recorded is the newest call of the journal, which the client's answer must
// not be ahead of.
func (h *harness) recorded(r reply) sandbox.Call {
	h.t.Helper()
	c, found := h.node.journal.Get(r.header.Get("X-Request-Id"))
	if !found {
		h.t.Fatalf("the journal has no call of %v", r)
	}
	return c
}

// steps holds a call's checks against the expected ones: all passed but the
// one that refused, which is the last.
func (h *harness) steps(c sandbox.Call, refusedBy string) {
	h.t.Helper()
	want := allSteps
	if refusedBy != "" {
		want = allSteps[:slices.Index(allSteps, refusedBy)+1]
	}
	var names []string
	for _, s := range c.Steps {
		names = append(names, s.Name)
		if s.Passed == (s.Name == refusedBy) {
			h.t.Errorf("step %+v, but %q refuses", s, refusedBy)
		}
		if !s.Passed && s.Detail == "" {
			h.t.Errorf("step %s refuses without a word", s.Name)
		}
	}
	if !slices.Equal(names, want) {
		h.t.Errorf("the steps are %v, want %v", names, want)
	}
}

func TestCallsAreRecorded(t *testing.T) {
	h := start(t)
	body := h.body("midtrans", "generate")
	external := http.Header{}
	external.Set(snap.HeaderExternalID, "same")
	for _, c := range []struct {
		name, refusedBy, status string
		change                  func(*call)
	}{
		{"success", "", "200", func(c *call) { c.header = external.Clone() }},
		{"a repeated id, another body", "repeated", "409", func(c *call) {
			c.header, c.raw = external.Clone(), mustJSON(t, h.body("midtrans", "generate"))
		}},
		{"a repeated id goes before a missing field", "repeated", "409", func(c *call) { c.header, c.raw = external.Clone(), []byte(`{}`) }},
		{"method", "method", "405", func(c *call) { c.method = http.MethodPut }},
		{"no header", "headers", "400", func(c *call) { c.header.Set(snap.HeaderChannelID, "") }},
		{"no time", "headers", "400", func(c *call) { c.header.Set(snap.HeaderTimestamp, "yesterday") }},
		{"token", "token", "401", func(c *call) { c.token = "none" }},
		{"signature", "signature", "401", func(c *call) { c.header.Set(snap.HeaderSignature, "bm9uZQ==") }},
		{"body", "body", "400", func(c *call) { c.raw = []byte(`{"a":`) }},
		{"missing field", "fields", "400", func(c *call) { c.raw = []byte(`{"amount":{"currency":"IDR"}}`) }},
		{"unknown merchant", "do", "404", func(c *call) {
			b := h.body("midtrans", "generate")
			b["merchantId"] = "nobody"
			c.raw = mustJSON(t, b)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := h.call("midtrans", "generate", body)
			c.change(call)
			r := call.send()
			got := h.recorded(r)
			if r.code != got.Code || r.status != got.Status || r.text != got.Message {
				t.Errorf("%v is recorded as %d %s %s", r, got.Status, got.Code, got.Message)
			}
			if r.code[:3] != c.status {
				t.Errorf("got %v, want %s", r, c.status)
			}
			h.steps(got, c.refusedBy)
			if got.Dialect != "midtrans" || got.Operation != "generate" || got.Service != "47" || got.Method != call.method || got.Path != call.path {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestRecordedMessagesAreWhatWentOverTheWire, but for the secrets.
func TestRecordedMessagesAreWhatWentOverTheWire(t *testing.T) {
	h := start(t)
	call := h.call("midtrans", "generate", h.body("midtrans", "generate"))
	call.header["x-Odd-SPELLING"] = []string{"kept"}
	r := call.send()
	c := h.recorded(r)
	head, body, _ := bytes.Cut(c.Request, []byte("\r\n\r\n"))
	if !bytes.Equal(body, call.raw) || !bytes.HasPrefix(head, []byte("POST /v1.0/qr/qr-mpm-generate HTTP/1.1\r\n")) || !bytes.Contains(head, []byte("\r\nx-Odd-SPELLING: kept")) {
		t.Errorf("the request is recorded as\n%s", c.Request)
	}
	if bytes.Contains(c.Request, []byte(call.token)) || !bytes.Contains(c.Request, []byte("Bearer "+call.token[:6]+"*** (43 characters)")) {
		t.Errorf("the token is not masked:\n%s", c.Request)
	}
	head, body, _ = bytes.Cut(c.Response, []byte("\r\n\r\n"))
	if !bytes.Equal(body, r.raw) || !bytes.HasPrefix(head, []byte("HTTP/1.1 200 OK\r\n")) || !bytes.Contains(head, []byte("X-Request-Id: "+c.ID)) {
		t.Errorf("the answer is recorded as\n%s", c.Response)
	}
	if c.Reference != r.field("referenceNo") || c.PartnerReference != r.field("partnerReferenceNo") || c.PartnerID != call.credentials.PartnerID {
		t.Errorf("got %+v of %v", c, r)
	}
	if c.Took <= 0 || time.Since(c.At) > time.Minute || c.Remote == "" {
		t.Errorf("it came at %v from %q and took %v", c.At, c.Remote, c.Took)
	}
}

// TestNoSecretIsRecorded through a customer's whole way.
func TestNoSecretIsRecorded(t *testing.T) {
	h := start(t)
	code := h.authCode("paydia")
	access := h.call("paydia", "customer-token", object{"grantType": "AUTHORIZATION_CODE", "authCode": code}).send()
	access.want(t, "2007400", "")
	customer, refresh := access.field("accessToken").(string), access.field("refreshToken").(string)
	payment := h.call("paydia", "payment", h.body("paydia", "payment"))
	payment.header.Set(snap.HeaderAuthorizationCustomer, customer)
	payment.send().want(t, "2005000", "")
	lost := h.call("paydia", "payment", object{"mine": h.node.file.Partners["paydia"].ClientSecret})
	lost.send()
	secrets := map[string]string{
		"the authorisation code": code, "the customer's token": customer, "the refresh token": refresh,
		"the B2B token": payment.token, "the client secret": h.node.file.Partners["paydia"].ClientSecret,
	}
	calls := h.node.journal.List(sandbox.Filter{}, 100)
	if len(calls) < 5 {
		t.Fatalf("only %d calls are recorded", len(calls))
	}
	for _, c := range calls {
		for what, secret := range secrets {
			if bytes.Contains(c.Request, []byte(secret)) || bytes.Contains(c.Response, []byte(secret)) {
				t.Errorf("%s of %s shows %s", c.Operation, c.Dialect, what)
			}
		}
	}
}

// TestReplayIsRecorded as passed, and ends the checks.
func TestReplayIsRecorded(t *testing.T) {
	h := start(t)
	first := h.call("midtrans", "generate", h.body("midtrans", "generate"))
	first.header.Set(snap.HeaderExternalID, "again")
	first.send().want(t, "2004700", "")
	r := first.send()
	r.want(t, "2004700", "")
	c := h.recorded(r)
	last := c.Steps[len(c.Steps)-1]
	if last.Name != "repeated" || !last.Passed || !strings.Contains(last.Detail, "given again") {
		t.Errorf("the steps of a replay are %+v", c.Steps)
	}
}

// TestLostRequestIsRecorded: a wrong path is among the first mistakes.
func TestLostRequestIsRecorded(t *testing.T) {
	h := start(t)
	for _, path := range []string{"/v1.0/qr/qr-mpm-generat", "/v1.0//qr/qr-mpm-generate"} {
		call := h.call("midtrans", "generate", h.body("midtrans", "generate"))
		call.path = path
		r := call.send()
		c := h.recorded(r)
		if c.Status != http.StatusNotFound || c.Code != r.code || len(c.Steps) != 1 || c.Steps[0].Name != "path" || !bytes.HasSuffix(c.Request, call.raw) {
			t.Errorf("%s: got %+v", path, c)
		}
	}
}

// happened reads events until one is of a kind, and gives it.
func happened(t *testing.T, events <-chan sandbox.Event, kind string) sandbox.Event {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case e := <-events:
			if e.Kind == kind {
				return e
			}
		case <-limit:
			t.Fatalf("there was no %s", kind)
		}
	}
}

// TestEventsTellWhatWasCommitted, once each, and nothing of what was refused
// or given again.
func TestEventsTellWhatWasCommitted(t *testing.T) {
	h := start(t)
	address, _, _ := hearing(t, "2005200")
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["aspi"].PartnerID+"/notify", object{"url": address})
	events := h.node.events.Subscribe(t.Context(), h.node.events.Last())
	partner := h.node.file.Partners["aspi"].PartnerID

	refund := h.body("aspi", "refund") // generates a code and pays it
	ref := refund["originalReferenceNo"].(string)
	for _, kind := range []string{"code.created", "code.paid", "payment.succeeded", "notification.attempted"} {
		if e := happened(t, events, kind); e.Ref != ref || e.PartnerID != partner {
			t.Errorf("%s tells of %+v, not of %s", kind, e, ref)
		}
	}
	h.call("aspi", "refund", refund).send().want(t, "2007800", "")
	if e := happened(t, events, "payment.refunded"); e.Ref != ref || e.Fields["amount"] != "20000.00" {
		t.Errorf("got %+v", e)
	}
	cancel := h.body("aspi", "cancel")
	for range 2 { // the second finds it cancelled
		h.call("aspi", "cancel", cancel).send().want(t, "2007700", "")
	}
	if e := happened(t, events, "code.cancelled"); e.Ref != cancel["originalReferenceNo"] {
		t.Errorf("got %+v", e)
	}
	left := h.generated("aspi", h.body("aspi", "generate")).body["referenceNo"]
	h.advance("720h")
	happened(t, events, "clock.moved")
	if e := happened(t, events, "code.expired"); e.Ref != left {
		t.Errorf("got %+v, want %s", e, left)
	}
	counts := map[string]int{}
	for _, e := range h.node.events.Since(0, 10_000) {
		counts[e.Kind]++
	}
	for kind, want := range map[string]int{"code.created": 3, "code.paid": 1, "payment.succeeded": 1, "payment.refunded": 1, "code.cancelled": 1, "code.expired": 1} {
		if counts[kind] != want {
			t.Errorf("%d events of %s, want %d", counts[kind], kind, want)
		}
	}
}

// TestStaticCodeIsNotClosedByItsPayments, nor told of as if.
func TestStaticCodeIsNotClosedByItsPayments(t *testing.T) {
	h := start(t)
	b := h.body("speedcash", "generate")
	delete(b, "amount")
	ref := h.generated("speedcash", b).body["referenceNo"]
	for range 2 {
		h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": ref, "amount": "5000"})
	}
	counts := map[string]int{}
	for _, e := range h.node.events.Since(0, 10_000) {
		counts[e.Kind]++
	}
	if counts["payment.succeeded"] != 2 || counts["code.paid"] != 0 {
		t.Errorf("got %v", counts)
	}
}

// TestProductionKeepsNoCalls, and tells what happens without what was said.
func TestProductionKeepsNoCalls(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan *node, 1), make(chan error, 1)
	dir := t.TempDir()
	o := serveOptions{data: dir, store: storeOf(t, dir), keyFlags: masterKey(t), listen: "127.0.0.1:0", admin: "127.0.0.1:0", skew: -1, drain: 0, logLevel: "error"}
	go func() { done <- serve(ctx, o, func(n *node) { ready <- n }) }()
	select {
	case n := <-ready:
		if n.journal != nil || n.events == nil {
			t.Errorf("the journal is %v, the events %v", n.journal, n.events)
		}
		resp, err := http.Post(n.apiURL+"/v1.0/qr/qr-mpm-generate", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if told := n.events.Since(0, 10); len(told) != 0 {
			t.Errorf("the request is told of: %+v", told)
		}
	case err := <-done:
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestStreamDoesNotHoldUpLeaving: a server with readers of its events ends
// when it is told to.
func TestStreamDoesNotHoldUpLeaving(t *testing.T) {
	h := start(t)
	req, err := http.NewRequest(http.MethodGet, h.node.adminURL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.node.file.AdminToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	h.stop()
	var rest bytes.Buffer
	if _, err := rest.ReadFrom(resp.Body); err != nil || !strings.HasPrefix(rest.String(), "retry: ") {
		t.Errorf("the stream ended with %q %v", rest.String(), err)
	}
}
