package sandbox

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func kinds(events []Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Kind)
	}
	return strings.Join(all, " ")
}

func publish(e *Events, n int) {
	for i := range n {
		e.Publish(Event{Kind: fmt.Sprint(i)})
	}
}

// next is the next event of a reader; a test that waits in vain ends by the
// test binary's own limit.
func next(t *testing.T, from <-chan Event) Event {
	t.Helper()
	e, open := <-from
	if !open {
		t.Fatal("the events have ended")
	}
	return e
}

func TestSince(t *testing.T) {
	e := NewEvents(4)
	start := e.Last()
	if start == 0 || e.Since(0, 10) != nil || e.Since(start, 10) != nil {
		t.Fatalf("new Events have something to tell behind %d", start)
	}
	publish(e, 3)
	for _, c := range []struct {
		name  string
		after uint64
		limit int
		want  string
	}{
		{"all", 0, 10, "0 1 2"}, {"from the start", start, 10, "0 1 2"}, {"behind the first", start + 1, 10, "1 2"},
		{"a page", start, 2, "0 1"}, {"behind the last", start + 3, 10, ""},
		{"another life's, before", start - 5, 10, "gap 0 1 2"}, {"another life's, later", start + 99, 10, "gap 0 1 2"},
	} {
		if got := kinds(e.Since(c.after, c.limit)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	publish(e, 3) // the ring holds 2 0 1 2
	for _, c := range []struct {
		after uint64
		want  string
	}{{0, "2 0 1 2"}, {start + 2, "2 0 1 2"}, {start + 1, "gap 2 0 1 2"}, {start + 5, "2"}} {
		if got := kinds(e.Since(c.after, 10)); got != c.want {
			t.Errorf("behind %d: %q, want %q", c.after-start, got, c.want)
		}
	}
	if gap := e.Since(start, 10)[0]; gap.Fields["missed"] != "2" || gap.Serial != start+2 {
		t.Errorf("the gap is %+v, two are missing", gap)
	}
}

// TestSlowReaderHoldsUpNobody: whoever does not read gets what is kept, and is
// told that something is missing.
func TestSlowReaderHoldsUpNobody(t *testing.T) {
	e := NewEvents(8)
	slow := e.Subscribe(t.Context(), e.Last())
	publish(e, 1)
	if got := next(t, slow); got.Kind != "0" {
		t.Fatalf("got %+v", got)
	}
	publish(e, 1000) // nobody reads: this must return
	var got []Event
	for len(got) == 0 || got[len(got)-1].Serial < e.Last() {
		got = append(got, next(t, slow))
	}
	if len(got) > 2*(8+1) || !strings.Contains(kinds(got), EventGap) {
		t.Errorf("the slow reader got %d events: %s", len(got), kinds(got))
	}
	for i := 1; i < len(got); i++ {
		if got[i].Serial <= got[i-1].Serial && got[i].Kind != EventGap {
			t.Errorf("serial %d comes behind %d", got[i].Serial, got[i-1].Serial)
		}
	}
}

func TestReadersSeeAllInOrder(t *testing.T) {
	e := NewEvents(4096)
	const readers, writers, each = 8, 4, 500
	start := e.Last()
	var reading, writing sync.WaitGroup
	for range readers {
		events := e.Subscribe(t.Context(), start)
		reading.Go(func() {
			for i := range uint64(writers * each) {
				if got := <-events; got.Serial != start+1+i {
					t.Errorf("event %d has serial %d", i, got.Serial-start)
					return
				}
			}
		})
	}
	for range writers {
		writing.Go(func() { publish(e, each) })
	}
	writing.Wait()
	reading.Wait()
}

func TestSubscriptionsEnd(t *testing.T) {
	e := NewEvents(4)
	ctx, cancel := context.WithCancel(t.Context())
	ended, closed := e.Subscribe(ctx, e.Last()), e.Subscribe(t.Context(), e.Last())
	cancel()
	if _, open := <-ended; open {
		t.Error("an ended reader got an event")
	}
	e.Close()
	e.Close() // again is harmless
	if _, open := <-closed; open {
		t.Error("a reader got an event of a closed Events")
	}
	e.Publish(Event{Kind: "late"}) // a server that leaves still does things
	if _, open := <-e.Subscribe(t.Context(), e.Last()); open {
		t.Error("a closed Events took a reader")
	}
}

func BenchmarkPublish(b *testing.B) {
	e := NewEvents(4096)
	event := Event{At: time.Now(), Kind: "code.created", Fields: map[string]string{"amount": "15000.00"}}
	for b.Loop() {
		e.Publish(event)
	}
}
