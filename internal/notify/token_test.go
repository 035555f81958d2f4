package notify_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// issuer is a merchant's own token endpoint, which checks who asks.
type issuer struct {
	t      *testing.T
	mu     sync.Mutex
	issued int
	answer string // what it says; %d is the token's number
	status int
}

func (i *issuer) serve(w http.ResponseWriter, header http.Header) {
	err := snap.VerifyToken(&providerKey().PublicKey, header.Get(snap.HeaderClientKey), header.Get(snap.HeaderTimestamp), header.Get(snap.HeaderSignature))
	if err != nil || header.Get(snap.HeaderClientKey) != clientKey {
		i.t.Errorf("asked for a token by %q: %v", header.Get(snap.HeaderClientKey), err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.issued++
	w.WriteHeader(i.status)
	io.WriteString(w, strings.ReplaceAll(i.answer, "%d", fmt.Sprint(i.issued)))
}

func (i *issuer) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.issued
}

const goodToken = `{"responseCode":"2007300","accessToken":"token-%d","tokenType":"Bearer","expiresIn":"900"}`

// newTokenReceiver is a receiver that wants its own tokens.
func newTokenReceiver(t *testing.T, answer func(http.ResponseWriter, *http.Request, int)) (*receiver, *issuer) {
	i := &issuer{t: t, answer: goodToken, status: http.StatusOK}
	r := newReceiver(t, answer)
	r.secret, r.tokens = secret, i.serve
	return r, i
}

// delivered waits until nothing is pending.
func (w *world) delivered(n int) {
	w.Helper()
	w.until(fmt.Sprintf("%d delivered", n), func() bool {
		done := 0
		for _, d := range w.deliveries() {
			if d.State == pay.DeliveryDone {
				done++
			}
		}
		return done == n
	})
}

func TestTokenIsFetchedOnceAndUsed(t *testing.T) {
	w := newWorld(t)
	r, tokens := newTokenReceiver(t, nil)
	p := w.partner("p", "token", r.URL+"/base/notify")
	for range 20 {
		w.pay(w.code(p, ""))
	}
	w.run()
	w.delivered(20)
	if tokens.count() != 1 {
		t.Errorf("%d tokens were fetched", tokens.count())
	}
	for _, h := range r.heard() {
		if h.uri != "/base/notify" || h.header.Get(snap.HeaderAuthorization) != "Bearer token-1" {
			t.Errorf("heard %+v", h)
		}
	}
}

// The life of a token is real time and ends a little before the merchant's
// server would say so.
func TestTokenExpires(t *testing.T) {
	for answer, life := range map[string]time.Duration{
		goodToken: 840 * time.Second,
		`{"accessToken":"token-%d","expiresIn":100}`:  90 * time.Second,
		`{"accessToken":"token-%d"}`:                  840 * time.Second,
		`{"accessToken":"token-%d","expiresIn":"x"}`:  0,
		`{"accessToken":"token-%d","expiresIn":"-1"}`: 0,
	} {
		w := newWorld(t)
		real := &clock{began: time.Now()} // stands still
		w.options.Now = real.Now
		r, tokens := newTokenReceiver(t, nil)
		tokens.answer = answer
		p := w.partner("p", "token", r.URL)
		w.run()
		want := 0
		for i, at := range []time.Duration{0, max(0, life-time.Second), life} {
			if i == 0 || at >= life {
				want++
			}
			real.moved.Store(int64(at))
			w.pay(w.code(p, ""))
			w.delivered(i + 1)
			if tokens.count() != want {
				t.Errorf("%s: %d tokens after %s, expected %d", answer, tokens.count(), at, want)
			}
		}
	}
}

// A merchant's server that lost its tokens says 401; the next try brings a
// new one.
func TestRefusedTokenIsDropped(t *testing.T) {
	w := newWorld(t)
	var lost atomic.Bool
	r, tokens := newTokenReceiver(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if lost.Load() && r.Header.Get(snap.HeaderAuthorization) == "Bearer token-1" {
			say(401, `{"responseCode":"4015201"}`)(w, r)
			return
		}
		io.WriteString(w, ack)
	})
	p := w.partner("p", "token", r.URL)
	w.run()
	w.pay(w.code(p, ""))
	w.delivered(1)
	lost.Store(true)
	w.pay(w.code(p, ""))
	w.until("the refusal", func() bool { return w.deliveries()[1].Attempts == 1 })
	w.clock.advance(time.Hour)
	w.delivered(2)
	if tokens.count() != 2 {
		t.Errorf("%d tokens were fetched", tokens.count())
	}
}

func TestTokenThatIsNotGiven(t *testing.T) {
	for _, c := range []struct {
		status          int
		answer, records string
	}{
		{401, "{}", "fetching a token: notify: the merchant's server answered 401 without an accessToken: {}"},
		{200, "{}", "answered 200 without an accessToken"},
		{200, `{"AccessToken":"token-%d"}`, "answered 200 without an accessToken"},
		{200, `{"accessToken":"a","accessToken":"b"}`, "answered 200 without an accessToken"},
		{200, `{"accessToken":1}`, "answered 200 without an accessToken"},
	} {
		w := newWorld(t)
		r, tokens := newTokenReceiver(t, nil)
		tokens.answer, tokens.status = c.answer, c.status
		w.pay(w.code(w.partner("p", "token", r.URL), ""))
		w.run()
		d := w.settled(pay.DeliveryPending, 1)
		if a := w.attempts(d.ID)[0]; a.Status != 0 || !strings.Contains(a.Answer, c.records) {
			t.Errorf("recorded %+v, expected %q", a, c.records)
		}
		if len(r.heard()) != 0 {
			t.Error("it was sent without a token")
		}
		tokens.mu.Lock()
		tokens.answer, tokens.status = goodToken, 200
		tokens.mu.Unlock()
		w.clock.advance(time.Hour)
		w.settled(pay.DeliveryDone, 2)
	}
}

// Tries that wait for one token give up with the one that fetches it.
func TestTokenEndpointThatHangs(t *testing.T) {
	w := newWorld(t)
	w.options.Timeout = 300 * time.Millisecond
	gone := make(chan bool)
	r, _ := newTokenReceiver(t, nil)
	r.tokens = func(http.ResponseWriter, http.Header) { <-gone }
	defer close(gone)
	p := w.partner("p", "token", r.URL)
	for range 4 {
		w.pay(w.code(p, ""))
	}
	w.run()
	w.until("all tried", func() bool {
		for _, d := range w.deliveries() {
			if d.Attempts == 0 {
				return false
			}
		}
		return true
	})
	for _, d := range w.deliveries() {
		if a := w.attempts(d.ID)[0]; !strings.Contains(a.Answer, "fetching a token: no answer") {
			t.Errorf("recorded %+v", a)
		}
	}
}
