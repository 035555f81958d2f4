package notify

import (
	"fmt"
	"slices"
	"testing"
)

// partnersOwn leads every partner's lane to an endpoint of its name.
func partnersOwn(l lane) string { return l.partnerID + l.origin }

// fill puts n deliveries into a lane, named after it.
func fill(q *queue, in lane, n int) {
	for i := range n {
		q.add(fmt.Sprintf("%s%s-%d", in.partnerID, in.origin, i), in)
	}
}

// takeAll takes until there is no room.
func takeAll(q *queue, leads func(lane) string) []ticket {
	var all []ticket
	for {
		t, ok := q.next(leads)
		if !ok {
			return all
		}
		all = append(all, t)
	}
}

func ids(tickets []ticket) []string {
	var all []string
	for _, t := range tickets {
		all = append(all, t.id)
	}
	return all
}

func TestQueueTakesTurns(t *testing.T) {
	q := newQueue(2, 5)
	fill(q, lane{partnerID: "a"}, 9)
	fill(q, lane{origin: "b"}, 9)
	fill(q, lane{partnerID: "c"}, 1)
	first := takeAll(q, partnersOwn)
	if got := ids(first); !slices.Equal(got, []string{"a-0", "b-0", "c-0", "a-1", "b-1"}) {
		t.Errorf("taken %v", got)
	}
	if more := takeAll(q, partnersOwn); more != nil {
		t.Errorf("beyond the total: %v", more)
	}
	for _, done := range first[:2] {
		q.finish(done, false)
	}
	if got := ids(takeAll(q, partnersOwn)); !slices.Equal(got, []string{"a-2", "b-2"}) {
		t.Errorf("then taken %v", got)
	}
	if q.held != 17 {
		t.Errorf("%d are held, expected all but the two that are finished", q.held)
	}
}

// What is scarce is the endpoint, however many lanes lead to it and wherever
// they led before.
func TestQueueCountsByEndpoint(t *testing.T) {
	q := newQueue(2, 100)
	for _, p := range []string{"a", "b", "c"} {
		fill(q, lane{partnerID: p}, 3)
	}
	leads := "x"
	lead := func(lane) string { return leads }
	toX := takeAll(q, lead)
	leads = "y"
	toY := takeAll(q, lead)
	if got := append(ids(toX), ids(toY)...); !slices.Equal(got, []string{"a-0", "b-0", "c-0", "a-1"}) {
		t.Errorf("taken %v", got)
	}
	q.finish(toX[0], false)
	if more := takeAll(q, lead); more != nil {
		t.Errorf("y has no room, but %v was taken", more)
	}
	leads = "x"
	if got := ids(takeAll(q, lead)); !slices.Equal(got, []string{"b-1"}) {
		t.Errorf("x has room for one, but %v was taken", got)
	}
}

func TestQueueDoubtsSilentEndpoints(t *testing.T) {
	q := newQueue(3, 100)
	fill(q, lane{partnerID: "dead"}, 20)
	for _, done := range takeAll(q, partnersOwn) {
		q.finish(done, true)
	}
	for range 5 {
		probe := takeAll(q, partnersOwn)
		if len(probe) != 1 {
			t.Fatalf("%d tries in flight to a silent endpoint", len(probe))
		}
		q.finish(probe[0], true)
	}
	q.finish(takeAll(q, partnersOwn)[0], false)
	again := takeAll(q, partnersOwn)
	if len(again) != 3 {
		t.Errorf("%d tries in flight after an answer", len(again))
	}
	for _, done := range again {
		q.finish(done, false)
	}
	if len(q.endpoints) != 0 || q.inFlight != 0 {
		t.Errorf("left %v, %d in flight", q.endpoints, q.inFlight)
	}
}

// Endpoints that never answer are forgotten at some number, or any partner
// could fill the memory with callback addresses.
func TestQueueForgetsSilentEndpoints(t *testing.T) {
	q := newQueue(1, 1)
	for i := range 2 * maxSilent {
		q.add("one", lane{origin: fmt.Sprint(i)})
		done, _ := q.next(partnersOwn)
		q.finish(done, true)
	}
	if len(q.endpoints) != maxSilent || len(q.lanes)+len(q.turns)+q.held != 0 {
		t.Errorf("%d endpoints, %d lanes are remembered", len(q.endpoints), len(q.lanes))
	}
}
