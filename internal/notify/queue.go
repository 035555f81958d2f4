package notify

// queue holds the deliveries that were claimed and are not finished: those that wait in lanes, and those in flight. It is not safe for
// concurrent use; one goroutine owns it.
//
// A lane is the deliveries that always share an address: those of a partner,
// or those with a callback of their own on one host. Where a lane leads is
// asked when its turn comes, because a partner's address may have changed
// since. What is scarce is counted by endpoint, a scheme and host.
type queue struct {
	perEndpoint, total int

	held      int // waiting or in flight
	lanes     map[lane]*line
	turns     []*line // lanes with waiting deliveries; the next to be served first
	endpoints map[string]*endpoint
	inFlight  int
}

// lane names a queue within the queue: an origin, or else a partner's
// merchant.
type lane struct{ origin, partnerID, merchantID string }

type line struct {
	lane    lane
	waiting []string // ids, oldest first
}

// endpoint is what is known of a receiver.
type endpoint struct {
	inFlight int
	silent   int // tries in a row that were not answered at all
}

// ticket is a delivery on its way.
type ticket struct{ id, endpoint string }

func newQueue(perEndpoint, total int) *queue {
	return &queue{
		perEndpoint: perEndpoint, total: total,
		lanes: make(map[lane]*line), endpoints: make(map[string]*endpoint),
	}
}

// add puts a delivery at the end of its lane.
func (q *queue) add(id string, in lane) {
	q.held++
	l := q.lanes[in]
	if l == nil {
		l = &line{lane: in}
		q.lanes[in] = l
		q.turns = append(q.turns, l)
	}
	l.waiting = append(l.waiting, id)
}

// clear forgets all that waits, but not what is known of the endpoints.
func (q *queue) clear() {
	clear(q.lanes)
	q.turns, q.held = nil, q.inFlight
}

// next takes a delivery of the first lane whose endpoint has room, and puts
// that lane to the back: no lane is served twice before another.
func (q *queue) next(leads func(lane) (endpoint string)) (ticket, bool) {
	if q.inFlight >= q.total {
		return ticket{}, false
	}
	for i, l := range q.turns {
		to := leads(l.lane)
		if q.room(to) {
			return q.take(i, to), true
		}
	}
	return ticket{}, false
}

// room reports whether an endpoint may have one more. One that has been
// silent for a whole round gets a single try at a time until it answers, so
// that dead endpoints cannot use up the total.
func (q *queue) room(to string) bool {
	e := q.endpoints[to]
	switch {
	case e == nil:
		return true
	case e.silent >= q.perEndpoint:
		return e.inFlight == 0
	}
	return e.inFlight < q.perEndpoint
}

// take starts the first of the lane at a turn.
func (q *queue) take(turn int, to string) ticket {
	l := q.turns[turn]
	t := ticket{id: l.waiting[0], endpoint: to}
	l.waiting = l.waiting[1:]
	copy(q.turns[turn:], q.turns[turn+1:])
	if len(l.waiting) > 0 {
		q.turns[len(q.turns)-1] = l
	} else {
		q.turns = q.turns[:len(q.turns)-1]
		delete(q.lanes, l.lane)
	}
	e := q.endpoints[to]
	if e == nil {
		e = new(endpoint)
		q.endpoints[to] = e
	}
	e.inFlight++
	q.inFlight++
	return t
}

// maxSilent bounds how many silent endpoints are remembered while nothing is
// on its way to them.
const maxSilent = 10_000

// finish forgets a delivery: when it is due again, it is claimed again.
func (q *queue) finish(t ticket, silent bool) {
	q.held--
	q.inFlight--
	e := q.endpoints[t.endpoint]
	e.inFlight--
	if silent {
		e.silent++
	} else {
		e.silent = 0
	}
	if e.inFlight == 0 && (e.silent == 0 || len(q.endpoints) > maxSilent) {
		delete(q.endpoints, t.endpoint)
	}
}
