package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// curable is something wrong that knows its cure.
type curable struct{}

func (curable) Error() string { return "the disk is full" }
func (curable) Cure() string  { return "make room" }

// TestHealth: every condition turns the answer that it is a condition of, and
// no other; the first that is wrong is the cause.
func TestHealth(t *testing.T) {
	probe := func(name string, err error) Probe { return Probe{name, func(context.Context) error { return err }} }
	slow := Probe{"slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	for name, c := range map[string]struct {
		options       Options
		live, ready   string // their status
		cause, cure   string // of readiness
		failing, fine int    // checks of readiness
	}{
		"nothing is looked at": {Options{}, "ok", "ready", "", "", 0, 1},
		"all is well":          {Options{Ready: []Probe{probe("a", nil), probe("b", nil)}, Live: []Probe{probe("c", nil)}}, "ok", "ready", "", "", 0, 3},
		"draining":             {Options{Draining: func() bool { return true }, Ready: []Probe{probe("a", nil)}}, "ok", "draining", "", "", 1, 1},
		"draining, and broken": {Options{Draining: func() bool { return true }, Ready: []Probe{probe("a", curable{})}}, "ok", "draining", "", "", 2, 0},
		"one is wrong":         {Options{Ready: []Probe{probe("a", nil), probe("b", fmt.Errorf("b: %w", curable{})), probe("c", errors.New("c"))}}, "ok", "unavailable", "b: the disk is full", "make room", 2, 2},
		"too slow":             {Options{Ready: []Probe{slow, probe("a", nil)}}, "ok", "unavailable", "context deadline exceeded", "", 1, 2},
		"stuck":                {Options{Live: []Probe{probe("progress", errors.New("no"))}}, "stuck", "ready", "", "", 0, 1},
	} {
		c.options.Log = slog.New(slog.DiscardHandler)
		s := New(pay.New(nil, time.Now, nil, pay.DefaultPolicy(), nil), nil, c.options)
		live, ready := asked(t, s, "/healthz"), asked(t, s, "/readyz")
		if live.Status != c.live || ready.Status != c.ready || ready.Cause != c.cause || ready.Cure != c.cure {
			t.Errorf("%s: live %+v, ready %+v", name, live, ready)
		}
		failing := 0
		for _, said := range ready.Checks {
			if said != passed {
				failing++
			}
		}
		if failing != c.failing || len(ready.Checks)-failing != c.fine {
			t.Errorf("%s: the checks are %v", name, ready.Checks)
		}
	}
}

// asked is what an address of health answers, whose status must fit its words.
func asked(t *testing.T, s *Server, path string) (c condition) {
	t.Helper()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	if fine := c.Status == "ok" || c.Status == "ready"; fine != (w.Code == http.StatusOK) || !fine && w.Code != http.StatusServiceUnavailable {
		t.Errorf("%s: status %d says %q", path, w.Code, c.Status)
	}
	return c
}

// TestRequestIDs: a well-formed id is kept, any other replaced by one of our
// own.
func TestRequestIDs(t *testing.T) {
	for id, kept := range map[string]bool{
		"abc-1_2.X:9": true, strings.Repeat("a", longestID): true, strings.Repeat("a", longestID+1): false,
		"": false, "a b": false, "a\tb": false, "é": false, `a"b`: false, "a\x00": false, "a=b": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header[requestHeader] = []string{id}
		if got := requestID(r); (got == id) != kept || !wellFormed(got) {
			t.Errorf("%q becomes %q", id, got)
		}
	}
	twice := httptest.NewRequest(http.MethodGet, "/", nil)
	twice.Header[requestHeader] = []string{"a", "a"}
	if got := requestID(twice); got == "a" {
		t.Error("two ids are taken for one")
	}
}

// TestAllowance: of each second's lines so many are told, and the next that is
// told says how many were not.
func TestAllowance(t *testing.T) {
	var a allowance
	at := time.Unix(1_800_000_000, 0)
	for second := range 3 {
		told, leftOut := 0, 0
		for range 10 {
			ok, n := a.take(at, 4)
			if ok {
				told++
			}
			leftOut += n
		}
		if want := min(second, 1) * 6; told != 4 || leftOut != want {
			t.Errorf("second %d: %d told, %d left out before; want 4 and %d", second, told, leftOut, want)
		}
		at = at.Add(time.Second)
	}
	if ok, _ := a.take(at, 0); ok {
		t.Error("of none one is told")
	}
}

// pages counts answers that are no API's.
type pages struct {
	mu   sync.Mutex
	seen map[string]int
}

func (p *pages) count(listener, route, status string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[listener+" "+route+" "+status]++
}

// TestPagesAreSeen: what is no API's is counted and told by the pattern of its
// path, never by the path, and carries a request's id.
func TestPagesAreSeen(t *testing.T) {
	h := open(t, true, time.Minute)
	var out bytes.Buffer
	p := &pages{seen: make(map[string]int)}
	s := New(h.core, nil, Options{
		Sandbox: true, Log: slog.New(slog.NewTextHandler(&out, nil)),
		Instruments: Instruments{Page: p.count, AccessLines: 100},
	})
	for _, path := range []string{"/nowhere/s3cret?token=s3cret", "/pay/s3cret", "/pay/s3cret/status", "/qr/s3cret.png?token=s3cret", "/assets/s3cret", "/a//s3cret"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set(requestHeader, "mine")
		s.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || w.Header().Get(requestHeader) != "mine" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	panics := s.seen("public", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }))
	w := httptest.NewRecorder()
	s.recovering(panics).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	want := map[string]int{
		"public unrouted 404": 2, "public GET /pay/{ref} 404": 1, "public GET /pay/{ref}/status 404": 1, "public GET /qr/{file} 404": 1,
		"public GET /assets/{file} 404": 1, "public unrouted 500": 1,
	}
	if !maps.Equal(p.seen, want) {
		t.Errorf("counted %v\nwant %v", p.seen, want)
	}
	if text := out.String(); strings.Contains(text, "s3cret") || strings.Count(text, "request=mine") != 6 {
		t.Errorf("the log is %s", text)
	}
}
