package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// seeded is all that a sandbox has right after it was seeded, but for when.
func (h *harness) seeded() string {
	h.t.Helper()
	books := h.books()
	all := []any{books["codes"], books["payments"], books["transfers"], books["accounts"]}
	for _, path := range []string{"/v1/partners", "/v1/payers", "/v1/deliveries", leversPath} {
		all = append(all, h.mustAdmin("GET", path, nil).body)
	}
	for _, d := range h.dialects {
		all = append(all, h.mustAdmin("GET", "/v1/partners/"+h.node.file.Partners[d.Name].PartnerID+"/merchants", nil).body)
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		h.t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, `"createdAt"`) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// TestReset: a sandbox in which everything was changed is again what it was,
// on every node, without a restart; what was issued before works no more.
func TestReset(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		a, b := nodes[0], nodes[1]
		before, file := a.seeded(), readSandbox(t, b.dir)
		disturb(t, a, b)
		old := b.token("midtrans")
		known := b.call("midtrans", "generate", b.body("midtrans", "generate"))
		known.token = old
		known.send().want(t, "2004700", "") // it is remembered on this node
		a.mustAdmin("POST", "/v1/sandbox/reset", nil)
		for _, h := range nodes {
			if diff := cmp.Diff(before, h.seeded()); diff != "" {
				t.Errorf("not as it was:\n%s", diff)
			}
			if off := h.node.clock.Offset(); off != 0 {
				t.Errorf("the clock is %v off", off)
			}
			if calls := h.node.journal.List(sandbox.Filter{}, 10); len(calls) > 0 {
				t.Errorf("the journal remembers %d calls", len(calls))
			}
		}
		for _, h := range nodes {
			again := h.call("midtrans", "generate", h.body("midtrans", "generate"))
			again.token = old
			again.send().want(t, "4014703", "")
			h.generated("dana", h.body("dana", "generate"))
			h.call("aspi", "payment", h.body("aspi", "payment")).send().want(t, "2005000", "")
		}
		if diff := cmp.Diff(file, readSandbox(t, b.dir)); diff != "" {
			t.Errorf("the credentials changed:\n%s", diff)
		}
		a.books()
	})
}

// disturb changes a sandbox in every way: money, parties, keys of its clients
// left alone, a notification on its way, clock and levers.
func disturb(t *testing.T, a, b *harness) {
	t.Helper()
	a.mustAdmin("PUT", "/v1/partners/BMRI/notify", object{"url": "http://127.0.0.1:1/nobody"})
	a.mustAdmin("PUT", "/v1/partners/BMRI/settings", object{"maxTerminals": 3})
	g := a.generated("midtrans", a.body("midtrans", "generate"))
	b.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": g.body["referenceNo"]})
	a.call("aspi", "payment", a.body("aspi", "payment")).send().want(t, "2005000", "")
	b.mustAdmin("PATCH", "/v1/payers/payer-aspi", object{"standing": "dormant"})
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "fixtures.json"))
	if err != nil {
		t.Fatal(err)
	}
	b.mustAdmin("POST", "/v1/sandbox/fixtures", json.RawMessage(text))
	b.setClock(time.Date(2027, 3, 1, 5, 0, 0, 0, time.UTC))
	a.lever(object{"kind": "notify-late", "duration": "1h"})
}

// TestResetWhileNotifying: a try that is on its way when the books are cleared
// ends, and the notifications after it come.
func TestResetWhileNotifying(t *testing.T) {
	h := start(t)
	h.receiver()
	h.lever(object{"kind": "notify-reorder", "duration": "1m"}) // the try waits
	h.paidOrder()
	for h.mustAdmin("GET", leversPath, nil).body["levers"].([]any)[0].(map[string]any)["pulled"] != float64(1) {
		time.Sleep(10 * time.Millisecond)
	}
	h.mustAdmin("POST", "/v1/sandbox/reset", nil)
	heard := h.receiver()
	second := h.paidOrder()
	if n := next(t, heard); n.ref != second {
		t.Errorf("heard of %s, expected %s", n.ref, second)
	}
	if state, _ := h.attempts(1); state != "delivered" {
		t.Errorf("the notification after the reset is %s", state)
	}
}

func (h *harness) fixtures(file string) sandbox.Made {
	h.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		h.t.Fatal(err)
	}
	var made sandbox.Made
	if err := json.Unmarshal(h.mustAdmin("POST", "/v1/sandbox/fixtures", json.RawMessage(text)).raw, &made); err != nil {
		h.t.Fatal(err)
	}
	return made
}

var exampleFixtures = filepath.Join("..", "..", "examples", "fixtures.json")

// TestFixtures loads the example and finds through the front door what it
// says, and loads it again without a change.
func TestFixtures(t *testing.T) {
	h := start(t)
	made := h.fixtures(exampleFixtures)
	if len(made.Partners) != 2 || !made.Partners[0].Made || made.Partners[1].Made || made.Partners[0].PrivateKey == "" {
		t.Fatalf("partners: %+v", made.Partners)
	}
	for _, c := range made.Codes {
		if !c.Made || c.QRContent == "" {
			t.Errorf("code %+v", c)
		}
	}
	c := h.call("midtrans", "query", object{"originalPartnerReferenceNo": "", "serviceCode": "47"})
	c.credentials, c.token = made.Partners[0].Credentials, "b2b-token-of-the-test-suite"
	for ref, want := range map[string]string{
		"uji-open": "03", "uji-paid": "00", "uji-tips": "00", "uji-refunded": "04", "uji-cancelled": "05", "uji-expired": "08",
	} {
		c.raw = mustJSON(t, object{"originalPartnerReferenceNo": ref, "serviceCode": "47"})
		r := c.send()
		r.want(t, "2005100", "")
		if got := r.body["latestTransactionStatus"]; got != want {
			t.Errorf("%s stands at %v, expected %s", ref, got, want)
		}
	}
	c.token = "b2b-token-that-has-expired"
	c.send().want(t, "4015101", "")
	pays := h.call("aspi", "payment", h.body("aspi", "payment")) // Rp 20,000, above the payer's limit and means
	pays.header.Set(snap.HeaderAuthorizationCustomer, "customer-token-of-poor")
	if r := pays.send(); r.status != http.StatusForbidden {
		t.Errorf("the payer with Rp 5,000 paid: %v", r)
	}
	before := h.state()
	again := h.fixtures(exampleFixtures)
	if h.state() != before {
		t.Error("a second load has changed the books")
	}
	for i, code := range again.Codes {
		if code.Made || code.ReferenceNo != made.Codes[i].ReferenceNo {
			t.Errorf("a second load: %+v", code)
		}
	}
	if again.Partners[0].Made || again.Partners[0].ClientSecret != made.Partners[0].ClientSecret || again.Tokens[0].Made {
		t.Errorf("a second load: %+v", again)
	}
}

// TestFixturesAreWholeOrNothing: a fault anywhere is named, and nothing is
// made.
func TestFixturesAreWholeOrNothing(t *testing.T) {
	h := start(t)
	partner := object{"id": "p1", "dialect": "midtrans"}
	before := h.seeded()
	for want, f := range map[string]object{
		"unknown field":           {"partners": []object{partner}, "merchant": 1},
		"is not offered":          {"partners": []object{partner, {"id": "p2", "dialect": "gopay"}}},
		"partner p1: privateKey":  {"partners": []object{{"id": "p1", "dialect": "dana", "privateKey": "none"}}},
		"merchant m1: ":           {"partners": []object{{"id": "p1", "dialect": "dana", "merchants": []object{{"id": "m1"}}}}},
		"payer x: balance":        {"partners": []object{partner}, "payers": []object{{"id": "x", "balance": "much"}}},
		"payer x: standing":       {"payers": []object{{"id": "x", "standing": "suspended"}}},
		"code r1: status":         {"partners": []object{partner}, "codes": []object{{"partnerId": "BMRI", "partnerReferenceNo": "r1", "status": "lost"}}},
		"the code is static":      {"codes": []object{{"partnerId": "BMRI", "partnerReferenceNo": "r1", "status": "paid"}}},
		"code r1: no such payer":  {"codes": []object{{"partnerId": "BMRI", "partnerReferenceNo": "r1", "status": "paid", "amount": "1000", "payerId": "nobody"}}},
		"at least 16 characters":  {"tokens": []object{{"partnerId": "BMRI", "kind": "b2b", "token": "short"}}},
		"a payer's, a b2b":        {"tokens": []object{{"partnerId": "BMRI", "kind": "customer", "token": "a text that is long enough"}}},
		"b2b, customer or auth":   {"tokens": []object{{"partnerId": "BMRI", "kind": "refresh", "token": "a text that is long enough"}}},
		"a code is known by it":   {"codes": []object{{"partnerId": "BMRI", "amount": "1000"}}},
		"reading the body: ":      {"codes": []object{{"partnerId": "BMRI", "validFor": "soon"}}},
		"code r1: pay: not found": {"codes": []object{{"partnerId": "p", "partnerReferenceNo": "r1"}}},
		"token of partner nobody": {"tokens": []object{{"partnerId": "nobody", "kind": "b2b", "token": "a text that is long enough"}}},
	} {
		if r := h.admin("POST", "/v1/sandbox/fixtures", f); r.status < 400 || r.status > 499 || !strings.Contains(string(r.raw), want) {
			t.Errorf("%v: expected %q", r, want)
		}
	}
	if diff := cmp.Diff(before, h.seeded()); diff != "" {
		t.Errorf("something was made:\n%s", diff)
	}
}

// TestPayImage: an image of a code pays it, as the body or in a form.
func TestPayImage(t *testing.T) {
	h := start(t)
	picture := func() []byte {
		g := h.generated("midtrans", h.body("midtrans", "generate"))
		resp, err := http.Get(g.body["qrUrl"].(string))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		img, err := png.Decode(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	send := func(kind string, body []byte) reply {
		req, err := http.NewRequest("POST", h.node.adminURL+"/v1/sandbox/pay", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+h.node.file.AdminToken)
		req.Header.Set("Content-Type", kind)
		return h.do(req)
	}
	image := picture()
	if r := send("image/png", image); r.status != http.StatusOK || r.body["rrn"] == "" {
		t.Errorf("an image: %v", r)
	}
	if r := send("image/png", image); r.status != http.StatusConflict || !strings.Contains(string(r.raw), "paid before") {
		t.Errorf("the same image again: %v", r)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("image", "code.png")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(picture())
	w.Close()
	if r := send(w.FormDataContentType(), form.Bytes()); r.status != http.StatusOK {
		t.Errorf("a form: %v", r)
	}
	for want, body := range map[string][]byte{"no image in PNG": []byte("no image")} {
		if r := send("image/png", body); r.status != http.StatusBadRequest || !strings.Contains(string(r.raw), want) {
			t.Errorf("%v, expected %q", r, want)
		}
	}
	h.books()
}

// TestResetUnderLoad: resets succeed while payments and refunds are under way
// on both nodes, and after the last of them the sandbox is as it was.
func TestResetUnderLoad(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		before := nodes[0].seeded()
		var work sync.WaitGroup
		var paid, refunded atomic.Int64
		stop := make(chan struct{})
		for i := range 4 {
			h := nodes[i%2]
			work.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					ref := fmt.Sprintf("load-%d-%d", i, n)
					body := object{"codes": []object{{"partnerId": "BMRI", "partnerReferenceNo": ref, "amount": "1000"}}}
					h.admin("POST", "/v1/sandbox/fixtures", body)
					if r := h.admin("POST", "/v1/sandbox/pay", object{"partnerReferenceNo": ref}); r.status == http.StatusOK {
						paid.Add(1)
					}
					c := h.call("midtrans", "refund", object{"originalPartnerReferenceNo": ref, "partnerRefundNo": ref, "reason": "load"})
					c.token = "b2b-token-of-the-load-test"
					if c.send().status == http.StatusOK {
						refunded.Add(1)
					}
				}
			})
		}
		token := object{"tokens": []object{{"partnerId": "BMRI", "kind": "b2b", "token": "b2b-token-of-the-load-test"}}}
		for n := range 4 {
			nodes[n%2].mustAdmin("POST", "/v1/sandbox/fixtures", token)
			for seen := refunded.Load(); refunded.Load() < seen+5; {
				time.Sleep(10 * time.Millisecond)
			}
			nodes[n%2].mustAdmin("POST", "/v1/sandbox/reset", nil)
		}
		close(stop)
		work.Wait()
		nodes[0].books()
		nodes[0].mustAdmin("POST", "/v1/sandbox/reset", nil)
		if diff := cmp.Diff(before, nodes[1].seeded()); diff != "" {
			t.Errorf("not as it was:\n%s", diff)
		}
		t.Logf("%d payments and %d refunds beside 4 resets", paid.Load(), refunded.Load())
	})
}
