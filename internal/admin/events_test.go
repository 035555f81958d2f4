package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/sandbox"
)

// eventServer is a management API that has nothing but events and calls.
func eventServer(t *testing.T, o Options) *httptest.Server {
	t.Helper()
	o.Token, o.Log = "token", slog.New(slog.DiscardHandler)
	s := httptest.NewServer(New(nil, o).Handler())
	t.Cleanup(func() {
		o.Events.Close()
		s.Close()
	})
	return s
}

// reader is one client of the stream.
type reader struct {
	t      *testing.T
	lines  *bufio.Scanner
	status int
	header http.Header
	body   io.Closer
}

func listen(t *testing.T, address, last string) *reader {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return &reader{t, lines, resp.StatusCode, resp.Header, resp.Body}
}

// block is the next block of lines: an event, or a sign of life.
func (r *reader) block() map[string]string {
	r.t.Helper()
	block := make(map[string]string)
	for r.lines.Scan() {
		if r.lines.Text() == "" {
			return block
		}
		name, value, _ := strings.Cut(r.lines.Text(), ":")
		block[name] = strings.TrimSpace(value)
	}
	return nil
}

// event is the next event, and its id.
func (r *reader) event() (sandbox.Event, string) {
	r.t.Helper()
	for {
		block := r.block()
		if block == nil {
			r.t.Fatalf("the stream has ended: %v", r.lines.Err())
		}
		if block["data"] == "" {
			continue
		}
		var e sandbox.Event
		if err := json.Unmarshal([]byte(block["data"]), &e); err != nil {
			r.t.Fatalf("%v: %v", block, err)
		}
		if block["event"] != e.Kind || block["id"] != strconv.FormatUint(e.Serial, 10) {
			r.t.Errorf("the block %v is not its event's", block)
		}
		return e, block["id"]
	}
}

func (r *reader) want(kinds ...string) (last string) {
	r.t.Helper()
	for _, kind := range kinds {
		var e sandbox.Event
		if e, last = r.event(); e.Kind != kind {
			r.t.Fatalf("got %+v, want %s", e, kind)
		}
	}
	return last
}

// TestStreamGoesOn: whoever comes back gets what has happened in between.
func TestStreamGoesOn(t *testing.T) {
	events := sandbox.NewEvents(100)
	events.Publish(sandbox.Event{Kind: "before"})
	s := eventServer(t, Options{Events: events})
	first := listen(t, s.URL+"/v1/events", "")
	if first.status != http.StatusOK || first.header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("got %d %v", first.status, first.header)
	}
	hello := first.block()
	if hello["retry"] == "" || hello["id"] != strconv.FormatUint(events.Last(), 10) {
		t.Errorf("the stream begins with %v", hello)
	}
	events.Publish(sandbox.Event{Kind: "code.created", PartnerID: "p", Fields: map[string]string{"amount": "1.00"}})
	last := first.want("code.created")
	first.body.Close()
	events.Publish(sandbox.Event{Kind: "code.paid"})
	events.Publish(sandbox.Event{Kind: "payment.succeeded"})
	listen(t, s.URL+"/v1/events", last).want("code.paid", "payment.succeeded")
	listen(t, s.URL+"/v1/events", hello["id"]).want("code.created", "code.paid", "payment.succeeded")
	listen(t, s.URL+"/v1/events?after=0", "").want("before", "code.created")
	listen(t, s.URL+"/v1/events", "1").want("gap", "before")
	if bad := listen(t, s.URL+"/v1/events", "x"); bad.status != http.StatusBadRequest {
		t.Errorf("an id that is none: %d", bad.status)
	}
}

func TestStreamFilters(t *testing.T) {
	events := sandbox.NewEvents(100)
	s := eventServer(t, Options{Events: events})
	codes := listen(t, s.URL+"/v1/events?kind=code,clock.moved", "")
	mine := listen(t, s.URL+"/v1/events?partner=p&kind=request&kind=payment.succeeded", "")
	codes.block()
	mine.block()
	for _, e := range []sandbox.Event{
		{Kind: "request", PartnerID: "q"}, {Kind: "code.created"}, {Kind: "codex"}, {Kind: "payment.succeeded", PartnerID: "p"},
		{Kind: "clock.moved"}, {Kind: "code.paid", PartnerID: "p"}, {Kind: "request", PartnerID: "p"},
	} {
		events.Publish(e)
	}
	codes.want("code.created", "clock.moved", "code.paid")
	mine.want("payment.succeeded", "request")
}

// TestStreamLives: between events it shows so, with the id of what was seen
// though not wanted, so that coming back begins there.
func TestStreamLives(t *testing.T) {
	events := sandbox.NewEvents(100)
	s := eventServer(t, Options{Events: events, Heartbeat: time.Millisecond})
	r := listen(t, s.URL+"/v1/events?kind=code", "")
	events.Publish(sandbox.Event{Kind: "request"})
	want := strconv.FormatUint(events.Last(), 10)
	for {
		block := r.block()
		if block == nil {
			t.Fatal("the stream has ended")
		}
		if _, alive := block[""]; alive && block["id"] == want {
			return
		}
	}
}

// TestSlowReaderIsToldOfTheGap: one that does not read holds up nobody, and
// hears that something is missing.
func TestSlowReaderIsToldOfTheGap(t *testing.T) {
	events := sandbox.NewEvents(16)
	s := eventServer(t, Options{Events: events})
	r := listen(t, s.URL+"/v1/events", "")
	r.block()
	filler := map[string]string{"text": strings.Repeat("x", 64<<10)}
	for range 2000 { // 128 MB, more than any socket's buffers
		events.Publish(sandbox.Event{Kind: "fill", Fields: filler})
	}
	events.Publish(sandbox.Event{Kind: "last"})
	gaps, seen := 0, 0
	for {
		e, _ := r.event()
		seen++
		if e.Kind == sandbox.EventGap {
			gaps++
		}
		if e.Kind == "last" {
			break
		}
	}
	if gaps == 0 || seen > 1000 {
		t.Errorf("%d events of 2001 arrived with %d gaps", seen, gaps)
	}
}

func TestStreamEndsWithTheServer(t *testing.T) {
	events := sandbox.NewEvents(16)
	s := eventServer(t, Options{Events: events})
	r := listen(t, s.URL+"/v1/events", "")
	r.block()
	events.Close()
	if block := r.block(); block != nil {
		t.Errorf("got %v of a server that leaves", block)
	}
}

func TestRequests(t *testing.T) {
	journal := sandbox.NewJournal(10)
	journal.Add(sandbox.Call{ID: "a b", Dialect: "dana", Status: 401, Code: "4014700", Request: []byte("POST /\xff"), Response: []byte("HTTP/1.1 401"),
		Steps: []sandbox.Step{{Name: "method", Passed: true}, {Name: "signature", Detail: "no"}}, Verdict: &sandbox.Verdict{Sentence: "why"}})
	journal.Add(sandbox.Call{ID: "c", Dialect: "qoin", Status: 200, Code: "2004700"})
	s := eventServer(t, Options{Journal: journal, Events: sandbox.NewEvents(1)})
	var all struct{ Requests []callView }
	show(t, s.URL+"/v1/requests", http.StatusOK, &all)
	if len(all.Requests) != 2 || all.Requests[0].ID != "c" || all.Requests[1].Refused != "signature" || all.Requests[1].Request != "" {
		t.Errorf("got %+v", all)
	}
	for query, want := range map[string]int{"?dialect=dana": 1, "?refused=true": 1, "?limit=1": 1, "?code=2": 1, "?partner=x": 0} {
		show(t, s.URL+"/v1/requests"+query, http.StatusOK, &all)
		if len(all.Requests) != want {
			t.Errorf("%s gives %d", query, len(all.Requests))
		}
	}
	var one callView
	show(t, s.URL+"/v1/requests/a%20b", http.StatusOK, &one)
	if one.Request != "POST /\uFFFD" || one.Response != "HTTP/1.1 401" || len(one.Steps) != 2 || one.Verdict.Sentence != "why" {
		t.Errorf("got %+v", one)
	}
	show(t, s.URL+"/v1/requests/none", http.StatusNotFound, new(any))
	bare := eventServer(t, Options{Events: sandbox.NewEvents(1)})
	show(t, bare.URL+"/v1/requests", http.StatusNotFound, new(any))
	show(t, bare.URL+"/v1/requests/c", http.StatusNotFound, new(any))
}

func show(t *testing.T, address string, status int, into any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		t.Errorf("%s: %s, want %d", address, resp.Status, status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Errorf("%s: %v", address, err)
	}
}
