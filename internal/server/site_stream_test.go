package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/pay"
)

// events is an open stream.
type events struct {
	t     *testing.T
	res   *http.Response
	lines *bufio.Scanner
}

func (h *shop) events(ref string) *events {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	h.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/pay/"+ref+"/events?lang=en&seen=none", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { res.Body.Close() })
	return &events{h.t, res, bufio.NewScanner(res.Body)}
}

// next is the next status; false: the stream has ended.
func (e *events) next() (s console.CheckoutStatus, open bool) {
	e.t.Helper()
	for e.lines.Scan() {
		if data, ok := strings.CutPrefix(e.lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(data), &s); err != nil {
				e.t.Fatal(err)
			}
			return s, true
		}
	}
	return s, false
}

// until waits for a status that passes.
func (e *events) until(what string, passes func(console.CheckoutStatus) bool) console.CheckoutStatus {
	e.t.Helper()
	for {
		s, open := e.next()
		if !open {
			e.t.Fatalf("the stream ended before it told: %s (%v)", what, e.lines.Err())
		}
		if passes(s) {
			return s
		}
	}
}

func in(state pay.CodeState) func(console.CheckoutStatus) bool {
	return func(s console.CheckoutStatus) bool { return s.State == state }
}

// TestStreamTellsEveryEnd: a page learns of a payment, a cancellation and an
// expiry by itself, and is let go then.
func TestStreamTellsEveryEnd(t *testing.T) {
	h := open(t, true, time.Minute)
	ends := map[pay.CodeState]func(pay.Code){
		pay.CodeIsPaid: func(c pay.Code) { h.pay(c, 0) },
		pay.CodeIsVoid: func(c pay.Code) {
			if _, err := h.core.Cancel(t.Context(), h.partner, pay.Original{Ref: c.Ref}, nil); err != nil {
				t.Fatal(err)
			}
		},
		pay.CodeIsExpired: func(pay.Code) { h.advance(16 * time.Minute) },
	}
	for _, state := range []pay.CodeState{pay.CodeIsPaid, pay.CodeIsVoid, pay.CodeIsExpired} {
		code := h.code(pay.Rp(15_000))
		stream := h.events(code.Ref)
		if got := stream.res.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Fatalf("it is %q", got)
		}
		if first, open := stream.next(); !open || first.State != pay.CodeActive || first.Ends != code.ExpiresAt.UnixMilli() {
			t.Fatalf("it begins with %+v", first)
		}
		ends[state](code)
		last := stream.until(string(state), in(state))
		if paid := last.Payment != nil; paid != (state == pay.CodeIsPaid) || (paid && last.Payment.Amount != "Rp 15.000") {
			t.Errorf("%s with the payment %+v", state, last.Payment)
		}
		if s, open := stream.next(); open {
			t.Errorf("after %s it told %+v", state, s)
		}
		if first, _ := h.events(code.Ref).next(); first.State != state {
			t.Errorf("a new stream begins with %+v", first)
		}
	}
}

func (h *shop) advance(by time.Duration) {
	h.t.Helper()
	if err := h.clock.Adjust(func(offset time.Duration) (time.Duration, error) { return offset + by, nil }); err != nil {
		h.t.Fatal(err)
	}
}

// TestStreamFollowsTheClock: when a sandbox moves its clock the page learns
// the new time, and counts by it.
func TestStreamFollowsTheClock(t *testing.T) {
	h := open(t, true, time.Minute)
	stream := h.events(h.code(pay.Rp(15_000)).Ref)
	first, _ := stream.next()
	for _, by := range []time.Duration{5 * time.Minute, -4 * time.Minute} {
		h.advance(by)
		s := stream.until("the new time", func(s console.CheckoutStatus) bool {
			return (time.Duration(s.Now-first.Now)*time.Millisecond - by).Abs() < time.Minute
		})
		if first = s; s.State != pay.CodeActive {
			t.Errorf("it is %s", s.State)
		}
	}
}

// TestStreamOfAStaticCode: every payment is told, and the code stays.
func TestStreamOfAStaticCode(t *testing.T) {
	h := open(t, true, time.Minute)
	code := h.code(0)
	stream := h.events(code.Ref)
	for _, c := range []struct {
		amount pay.Rupiah
		want   string
	}{{pay.Rp(10_000), "Rp 10.000"}, {pay.Rp(2_500), "Rp 2.500"}} {
		h.pay(code, c.amount)
		s := stream.until(c.want, func(s console.CheckoutStatus) bool { return s.Payment != nil && s.Payment.Amount == c.want })
		if s.State != pay.CodeActive {
			t.Errorf("after a payment it is %s", s.State)
		}
	}
}

// TestStreamOutlivesTheLimitsOfRequests: the server's time for reading and
// writing a whole request does not cut a stream.
func TestStreamOutlivesTheLimitsOfRequests(t *testing.T) {
	h := open(t, true, 300*time.Millisecond)
	code := h.code(pay.Rp(15_000))
	stream := h.events(code.Ref)
	stream.next()
	time.Sleep(900 * time.Millisecond)
	h.pay(code, 0)
	stream.until("paid", in(pay.CodeIsPaid))
}

// TestStreamsAreBounded: a code has so many streams and no more; who gets none
// can ask, and a place that becomes free is given again.
func TestStreamsAreBounded(t *testing.T) {
	h := open(t, true, time.Minute)
	ref, other := h.code(pay.Rp(15_000)).Ref, h.code(pay.Rp(15_000)).Ref
	all := make([]*events, mostStreamsOfCode)
	for i := range all {
		all[i] = h.events(ref)
		if s, open := all[i].next(); !open || s.State != pay.CodeActive {
			t.Fatalf("stream %d: %s %+v", i+1, all[i].res.Status, s)
		}
	}
	if res, _ := h.get("/pay/" + ref + "/events"); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("one more is answered %s", res.Status)
	}
	if res, _ := h.get("/pay/" + ref + "/status"); res.StatusCode != http.StatusOK {
		t.Errorf("who asks is answered %s", res.Status)
	}
	if s, open := h.events(other).next(); !open || s.State != pay.CodeActive {
		t.Errorf("another code's stream: %+v", s)
	}
	all[0].res.Body.Close()
	for open := false; !open; {
		_, open = h.events(ref).next()
	}
}

// TestStreamsEndWithTheServer: a server that leaves lets its pages go, and
// takes no new ones.
func TestStreamsEndWithTheServer(t *testing.T) {
	h := open(t, true, time.Minute)
	ref := h.code(pay.Rp(15_000)).Ref
	stream := h.events(ref)
	stream.next()
	h.draining.Store(true)
	for open := true; open; {
		_, open = stream.next()
	}
	if err := stream.lines.Err(); err != nil {
		t.Errorf("the stream is cut: %v", err)
	}
	if res := h.events(ref).res; res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a new stream is answered %s", res.Status)
	}
}

// TestOneLookServesAllViewers: a look reads each watched code once, however
// many watch it, and goes on when the store does not answer.
func TestOneLookServesAllViewers(t *testing.T) {
	moment := time.Now()
	state, looks, broken := pay.CodeActive, 0, false
	b := &watch{every: time.Hour, viewers: make(map[string]map[*viewer]bool), draining: func(context.Context) bool { return false }}
	b.look = func(_ context.Context, refs []string) (map[string]console.Checkout, error) {
		if looks += len(refs); broken {
			return nil, errors.New("the store is away")
		}
		found := make(map[string]console.Checkout)
		for _, ref := range refs {
			found[ref] = console.Checkout{Code: pay.Code{Ref: ref, State: state, Amount: 1}, Now: moment}
		}
		return found, nil
	}
	var viewers []*viewer
	for range mostStreamsOfCode {
		viewers = append(viewers, b.join("1"), b.join("2"))
	}
	told := func() (n int) {
		for _, v := range viewers {
			select {
			case <-v.news:
				n++
			default:
			}
		}
		return n
	}
	var before memory
	for _, c := range []struct {
		name   string
		change func()
		want   int
	}{
		{"first look", func() {}, len(viewers)},
		{"nothing new", func() {}, 0},
		{"no answer", func() { broken = true }, 0},
		{"paid", func() { broken, state = false, pay.CodeIsPaid }, len(viewers)},
		{"nothing more", func() {}, 0},
		{"the clock moved", func() { moment = moment.Add(time.Hour) }, len(viewers)},
	} {
		c.change()
		looks = 0
		if !b.once(&before) || looks != 2 {
			t.Errorf("%s: %d codes were read, want 2", c.name, looks)
		}
		if got := told(); got != c.want {
			t.Errorf("%s: %d viewers were told, want %d", c.name, got, c.want)
		}
	}
	for _, v := range viewers {
		b.leave(v)
	}
	if b.once(&before) || b.running || len(b.viewers) != 0 {
		t.Error("it looks though nobody watches")
	}
}

// TestSlowViewerGetsTheNewest: what a viewer did not take is replaced, and
// nobody waits for it.
func TestSlowViewerGetsTheNewest(t *testing.T) {
	b := &watch{every: time.Hour, viewers: make(map[string]map[*viewer]bool)}
	v := b.join("1")
	for i := range 5 {
		b.tell([]console.Checkout{{Code: pay.Code{Ref: "1", Amount: pay.Rupiah(i)}}})
	}
	if got := <-v.news; got.Code.Amount != 4 {
		t.Errorf("it got %d", got.Code.Amount)
	}
}

func TestStreamsAreBoundedInAll(t *testing.T) {
	b := &watch{every: time.Hour, viewers: make(map[string]map[*viewer]bool)}
	for i := range mostStreams {
		if b.join(string(rune('a'+i))) == nil {
			t.Fatalf("no room for stream %d", i+1)
		}
	}
	if b.join("one more") != nil {
		t.Error("room for one more")
	}
}
