package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

const leversPath = "/v1/sandbox/levers"

func (h *harness) lever(l object) reply {
	h.t.Helper()
	return h.mustAdmin("PUT", leversPath, l)
}

func (h *harness) noLevers() {
	h.t.Helper()
	h.mustAdmin("DELETE", leversPath, nil)
}

// leversOf are the levers that an answer names.
func leversOf(r reply) string { return strings.Join(r.header.Values("X-Sandbox-Lever"), "; ") }

// TestLeversOfRequests: each lever as a real client meets it, on the operation
// that it is for and on no other, and never after it is taken off.
func TestLeversOfRequests(t *testing.T) {
	h := start(t)
	token := h.token("midtrans")
	generate := func() reply {
		c := h.call("midtrans", "generate", h.body("midtrans", "generate"))
		c.token = token
		return c.send()
	}
	codes := func() float64 { return h.books()["codes"].(float64) }
	for name, c := range map[string]struct {
		lever       object
		code, shown string
		made        float64
	}{
		"delay":              {object{"kind": "delay", "duration": "50ms"}, "2004700", "delay 50ms", 1},
		"too many":           {object{"kind": "too-many"}, "4294700", "too-many", 0},
		"the dialect's own":  {object{"kind": "error"}, "5004701", "error", 0},
		"a status":           {object{"kind": "error", "code": "504"}, "5044700", "error 504", 0},
		"a response code":    {object{"kind": "error", "code": "5004702"}, "5004702", "error 5004702", 0},
		"after the commit":   {object{"kind": "error", "code": "500", "afterCommit": true}, "5004700", "error 500 after-commit", 1},
		"another's code":     {object{"kind": "error", "code": "5005100"}, "2004700", "", 1},
		"another operation":  {object{"kind": "error", "operation": "query"}, "2004700", "", 1},
		"another partner":    {object{"kind": "too-many", "partnerId": h.node.file.Partners["dana"].PartnerID}, "2004700", "", 1},
		"this partner":       {object{"kind": "too-many", "partnerId": h.node.file.Partners["midtrans"].PartnerID}, "4294700", "too-many", 0},
		"partner, operation": {object{"kind": "too-many", "partnerId": "BMRI", "operation": "generate"}, "4294700", "too-many", 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := codes()
			h.lever(c.lever)
			r := generate()
			h.noLevers()
			r.want(t, c.code, "")
			if got := leversOf(r); got != c.shown {
				t.Errorf("the answer names %q, expected %q", got, c.shown)
			}
			if made := codes() - before; made != c.made {
				t.Errorf("%v codes were made, expected %v", made, c.made)
			}
			if kept := h.node.journal.List(sandbox.Filter{Operation: "generate"}, 1)[0]; strings.Join(kept.Levers, "; ") != c.shown {
				t.Errorf("the journal names %q", kept.Levers)
			}
			r = generate()
			if r.want(t, "2004700", ""); leversOf(r) != "" {
				t.Errorf("a lever is on that was taken off: %s", leversOf(r))
			}
		})
	}
	h.lever(object{"kind": "too-many"})
	if r := generate(); r.header.Get("Retry-After") == "" {
		t.Error("a 429 says nothing about when to come again")
	}
}

// TestTimeoutAfterCommit: no answer comes, the work is there, and a repetition
// is answered as the dialect does. A server that leaves does not wait for it.
func TestTimeoutAfterCommit(t *testing.T) {
	h := start(t)
	c := h.call("dana", "generate", h.body("dana", "generate"))
	ref := h.lever(object{"kind": "timeout-after-commit", "operation": "generate"})
	if !strings.Contains(string(ref.raw), `"duration": "1m0s"`) {
		t.Errorf("the default is not shown: %s", ref.raw)
	}
	patience, cancel := context.WithCancel(t.Context())
	sent := httptrace.WithClientTrace(patience, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) {
		go func() {
			for h.mustAdmin("GET", "/v1/ledger/check", nil).body["codes"] == float64(0) {
				time.Sleep(10 * time.Millisecond)
			}
			cancel()
		}()
	}})
	if resp, err := http.DefaultClient.Do(c.request().WithContext(sent)); !errors.Is(err, context.Canceled) {
		t.Fatalf("an answer came: %v, %v", resp, err)
	}
	h.noLevers()
	c.send().want(t, "2004700", "") // DANA gives the first answer again
	if n := h.books()["codes"]; n != float64(1) {
		t.Errorf("there are %v codes", n)
	}
	h.lever(object{"kind": "timeout-after-commit"})
	left := make(chan error, 1)
	go func() {
		_, err := http.DefaultClient.Do(h.call("dana", "generate", h.body("dana", "generate")).request())
		left <- err
	}()
	for h.books()["codes"] != float64(2) {
		time.Sleep(10 * time.Millisecond)
	}
	h.stop()
	if err := <-left; !errors.Is(err, io.EOF) {
		t.Errorf("the server left, and the client got %v", err)
	}
}

// TestDelayedWorkIsNotDone: a client that gives up during a delay has had
// nothing done.
func TestDelayedWorkIsNotDone(t *testing.T) {
	h := start(t)
	h.lever(object{"kind": "delay", "duration": "1m"})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c := h.call("dana", "order", h.body("dana", "order")) // signed without a token, which would wait too
	if _, err := http.DefaultClient.Do(c.request().WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	for len(h.node.journal.List(sandbox.Filter{Operation: "order"}, 1)) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if n := h.books()["codes"]; n != float64(0) {
		t.Errorf("%v codes were made", n)
	}
}

// TestSlowBody: the head comes at once, the body in many pieces, and all of it
// is there in the end.
func TestSlowBody(t *testing.T) {
	h := start(t)
	c := h.call("dana", "order", h.body("dana", "order"))
	h.lever(object{"kind": "slow-body", "duration": "400ms"})
	resp, err := http.DefaultClient.Do(c.request())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	pieces, size := 0, 0
	for buffer := make([]byte, 64<<10); ; pieces++ {
		n, err := resp.Body.Read(buffer)
		if size += n; errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if pieces < 5 || int64(size) != resp.ContentLength || resp.Header.Get("X-Sandbox-Lever") != "slow-body 400ms" {
		t.Errorf("%d of %d bytes came in %d pieces, levers %q", size, resp.ContentLength, pieces, resp.Header.Get("X-Sandbox-Lever"))
	}
}

// TestSeededDice: a probability hits about so often, and the same seed gives
// the same sequence, another one another.
func TestSeededDice(t *testing.T) {
	h := start(t)
	sequence := func(seed int) string {
		h.lever(object{"kind": "too-many", "operation": "order", "probability": 0.5, "seed": seed})
		var b strings.Builder
		for range 40 {
			c := h.call("dana", "order", h.body("dana", "order"))
			b.WriteByte(c.send().code[0])
		}
		return b.String()
	}
	first, other, again := sequence(7), sequence(8), sequence(7)
	if first != again || first == other {
		t.Errorf("seed 7 gave %s and %s, seed 8 %s", first, again, other)
	}
	if n := strings.Count(first, "4"); n < 8 || n > 32 {
		t.Errorf("%d of 40 were refused: %s", n, first)
	}
	r := h.mustAdmin("GET", leversPath, nil)
	want := fmt.Sprintf(`"asked": 40,%s"pulled": %d`, "\n      ", strings.Count(again, "4"))
	if !strings.Contains(string(r.raw), want) {
		t.Errorf("the list does not say %s: %s", want, r.raw)
	}
}

func TestLeversRefused(t *testing.T) {
	h := start(t)
	for want, l := range map[string]object{
		"choose one of delay":     {"kind": "dely"},
		"there is no partner":     {"kind": "delay", "partnerId": "nobody"},
		"choose one of apply-ott": {"kind": "delay", "operation": "generated"},
		"is none; choose one of":  {"kind": "delay", "partnerId": "speedcash-sandbox", "operation": "order"},
		"above 0 and at most 1":   {"kind": "delay", "probability": 1.5},
		"lasts at most 1m":        {"kind": "delay", "duration": "61s"},
		"takes none":              {"kind": "too-many", "duration": "1s"},
		"takes no code":           {"kind": "delay", "code": "500"},
		"neither a status":        {"kind": "error", "code": "404"},
		"leave the operation":     {"kind": "notify-drop", "operation": "generate"},
		"unknown field":           {"kind": "delay", "chance": 1},
	} {
		if r := h.admin("PUT", leversPath, l); r.status != http.StatusBadRequest || !strings.Contains(string(r.raw), want) {
			t.Errorf("%v: %v, expected %q", l, r, want)
		}
	}
	if r := h.mustAdmin("GET", leversPath, nil); len(r.body["levers"].([]any)) != 0 {
		t.Errorf("a refused lever is on: %s", r.raw)
	}
}

// TestLeversStay: levers outlive a restart, are in the line that says that the
// server is ready, and other nodes follow them.
func TestLeversStay(t *testing.T) {
	h := start(t)
	h.lever(object{"kind": "delay", "duration": "1ms", "operation": "order"})
	h.stop()
	h = startIn(t, h.dir)
	if got, want := h.node.leversOn(), "; levers on: delay 1ms (*, order) (qrisd lever off)"; got != want {
		t.Errorf("the server says %q, expected %q", got, want)
	}
	r := h.call("dana", "order", h.body("dana", "order")).send()
	if leversOf(r) != "delay 1ms" {
		t.Errorf("the lever is off after a restart: %q", leversOf(r))
	}
}

func TestNodesFollowLevers(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		order := func(h *harness) reply { return h.call("dana", "order", h.body("dana", "order")).send() }
		nodes[0].lever(object{"kind": "too-many"})
		order(nodes[1]).want(t, "4295400", "")
		nodes[1].noLevers()
		order(nodes[0]).want(t, "2005400", "")
	})
}

// told is what a receiver heard.
type told struct {
	id     string
	path   string
	ref    string
	proper bool // the signature fits
}

// receiver acknowledges DANA's notifications and keeps them in their order.
func (h *harness) receiver() chan told {
	heard := make(chan told, 32)
	key, err := snap.ParsePublicKey(h.node.file.ProviderPublicKey)
	if err != nil {
		h.t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m := snap.Message{Method: r.Method, Path: r.URL.Path, Body: body, Timestamp: r.Header.Get(snap.HeaderTimestamp)}
		_, after, _ := strings.Cut(string(body), `"originalPartnerReferenceNo":"`)
		ref, _, _ := strings.Cut(after, `"`)
		heard <- told{
			id: r.Header.Get(snap.HeaderExternalID), path: r.URL.Path, ref: ref,
			proper: snap.VerifyAsymmetric(key, m, false, r.Header.Get(snap.HeaderSignature)) == nil,
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"responseCode":"2005600","responseMessage":"Successful"}`)
	}))
	h.t.Cleanup(s.Close)
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["dana"].PartnerID+"/notify", object{"url": s.URL + "/told"})
	return heard
}

// paidOrder makes a code and pays it; it gives the partner's reference.
func (h *harness) paidOrder() string {
	h.t.Helper()
	r := h.call("dana", "generate", h.body("dana", "generate")).send()
	r.want(h.t, "2004700", "")
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": r.body["referenceNo"]})
	return r.body["partnerReferenceNo"].(string)
}

// next is what is heard next.
func next(t *testing.T, heard chan told) told {
	t.Helper()
	select {
	case n := <-heard:
		return n
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was heard")
		return told{}
	}
}

// attempts waits until a partner's only delivery has so many attempts, and
// gives its state and what they say.
func (h *harness) attempts(n int) (state string, said []string) {
	h.t.Helper()
	for {
		list := h.mustAdmin("GET", "/v1/deliveries", nil).body["deliveries"].([]any)
		if len(list) > 0 {
			d := h.mustAdmin("GET", "/v1/deliveries/"+list[0].(map[string]any)["id"].(string), nil).body
			all, _ := d["tries"].([]any)
			if len(all) >= n {
				for _, a := range all {
					said = append(said, fmt.Sprint(a.(map[string]any)["answer"]))
				}
				return d["state"].(string), said
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestNotifyDuplicate(t *testing.T) {
	h := start(t)
	heard := h.receiver()
	h.lever(object{"kind": "notify-duplicate"})
	h.paidOrder()
	first, second := next(t, heard), next(t, heard)
	if first != second || !first.proper {
		t.Errorf("heard %+v and %+v", first, second)
	}
	state, said := h.attempts(2)
	if state != "delivered" || len(said) != 2 || !strings.HasPrefix(said[1], "sandbox lever notify-duplicate: ") {
		t.Errorf("the record: %s, %q", state, said)
	}
}

func TestNotifyLate(t *testing.T) {
	h := start(t)
	heard := h.receiver()
	h.lever(object{"kind": "notify-late", "duration": "2h"})
	h.paidOrder()
	state, said := h.attempts(1)
	if state != "pending" || said[0] != "sandbox lever notify-late 2h0m0s: not sent yet, put off by 2h0m0s" || len(heard) != 0 {
		t.Errorf("the record: %s, %q; %d were heard", state, said, len(heard))
	}
	h.advance("2h1s")
	next(t, heard)
	if state, said = h.attempts(2); state != "delivered" || strings.Contains(said[1], "lever") {
		t.Errorf("the record: %s, %q", state, said)
	}
}

func TestNotifyDrop(t *testing.T) {
	h := start(t)
	heard := h.receiver()
	h.lever(object{"kind": "notify-drop"})
	h.paidOrder()
	if state, said := h.attempts(1); state != "pending" || said[0] != "sandbox lever notify-drop: not sent" || len(heard) != 0 {
		t.Errorf("the record: %s, %q; %d were heard", state, said, len(heard))
	}
	h.noLevers()
	h.advance("24h")
	next(t, heard)
	if state, _ := h.attempts(2); state != "delivered" {
		t.Errorf("the next try left it %s", state)
	}
}

func TestNotifyBadSignature(t *testing.T) {
	h := start(t)
	heard := h.receiver()
	h.lever(object{"kind": "notify-bad-signature"})
	h.paidOrder()
	if n := next(t, heard); n.proper {
		t.Errorf("the signature fits: %+v", n)
	}
	if _, said := h.attempts(1); !strings.HasPrefix(said[0], "sandbox lever notify-bad-signature: ") {
		t.Errorf("the record: %q", said)
	}
}

func TestNotifyReorder(t *testing.T) {
	h := start(t)
	heard := h.receiver()
	h.lever(object{"kind": "notify-reorder", "duration": "1m"})
	first := h.paidOrder()
	for h.mustAdmin("GET", leversPath, nil).body["levers"].([]any)[0].(map[string]any)["pulled"] != float64(1) {
		time.Sleep(10 * time.Millisecond)
	}
	second := h.paidOrder()
	if got, want := []string{next(t, heard).ref, next(t, heard).ref}, []string{second, first}; !slices.Equal(got, want) {
		t.Errorf("heard %v, expected %v", got, want)
	}
}

// TestLeversAreOfSandboxes: another server has none.
func TestLeversAreOfSandboxes(t *testing.T) {
	var ready atomic.Pointer[node]
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	dir := t.TempDir()
	o := serveOptions{data: dir, store: storeOf(t, dir), keyFlags: masterKey(t), listen: "127.0.0.1:0", admin: "127.0.0.1:0", skew: -1, logLevel: "error", drain: 0}
	up := make(chan struct{})
	go func() { done <- serve(ctx, o, func(n *node) { ready.Store(n); close(up) }) }()
	select {
	case <-up:
	case err := <-done:
		t.Fatal(err)
	}
	n := ready.Load()
	h := &harness{t: t, node: n, dir: dir}
	token, err := n.core.Setting(t.Context(), settingToken)
	if err != nil {
		t.Fatal(err)
	}
	n.file.AdminToken = token
	for _, c := range [][2]string{{"GET", leversPath}, {"PUT", leversPath}, {"DELETE", leversPath}, {"POST", "/v1/sandbox/reset"}, {"POST", "/v1/sandbox/fixtures"}} {
		if r := h.admin(c[0], c[1], object{"kind": "delay"}); r.status != http.StatusNotFound {
			t.Errorf("%s %s: %v", c[0], c[1], r)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
