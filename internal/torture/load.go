package torture

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// load is the mixed load of many clients.
type load struct {
	front  *front
	log    *journal
	market market
	payers []payer
	pause  time.Duration // a client's mean pause between operations
	seed   uint64

	mu    sync.Mutex
	fault error // of the log, which ends the run
}

// payer is a customer with a wallet.
type payer struct {
	id, token string
	poor      bool // may run out of money
}

// worker is one client.
type worker struct {
	*load
	id   int
	dice *rand.Rand
	ctx  context.Context // ends with the load; what was sent is waited for
}

// storm runs the clients until ctx ends and each has finished what it does.
func (l *load) storm(ctx context.Context, clients int) error {
	var wg sync.WaitGroup
	for id := range clients {
		w := &worker{load: l, id: id + 1, dice: dice(l.seed, uint64(id+1)), ctx: ctx}
		wg.Go(w.run)
	}
	wg.Wait()
	return l.fault
}

// dice are random numbers that a seed repeats.
func dice(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

func (w *worker) run() {
	for w.rest(w.pause) {
		w.act()
	}
}

// rest waits for a random time with this mean, and reports whether the load
// goes on.
func (w *worker) rest(mean time.Duration) bool {
	select {
	case <-w.ctx.Done():
		return false
	case <-time.After(time.Duration(w.dice.Float64() * 2 * float64(mean))):
		return w.ctx.Err() == nil
	}
}

// actions are what clients do, with how often in a hundred.
var actions = []struct {
	share int
	do    func(*worker)
}{
	{28, (*worker).makeCode}, {20, (*worker).payAsCustomer}, {8, (*worker).payStatic}, {12, (*worker).payOutside},
	{10, (*worker).giveBack}, {6, (*worker).cancelCode}, {14, (*worker).ask}, {2, (*worker).scan},
}

func (w *worker) act() {
	n := w.dice.IntN(100)
	for _, a := range actions {
		if n -= a.share; n < 0 {
			a.do(w)
			return
		}
	}
}

func (w *worker) chance(percent int) bool { return w.dice.IntN(100) < percent }

// sending sends a request once, under an X-EXTERNAL-ID where it counts.
type sending struct {
	body any // as it is logged
	send func(external string) answer
}

// try sends once and logs it.
func (w *worker) try(o *op, s sending, external string) answer {
	t := try{Began: time.Now()}
	a := s.send(external)
	t.Ended, t.Outcome, t.HTTP, t.Code, t.Timeout = time.Now(), a.outcome, a.http, a.code, a.timeout
	if a.outcome == acknowledged {
		t.Given = a.text(givenIn[o.Kind])
	}
	e := entry{External: external, Request: s.body, Node: a.node}
	e.record(a)
	if err := w.log.note(o, t, e); err != nil {
		w.mu.Lock()
		w.fault = err
		w.mu.Unlock()
	}
	return a
}

// record keeps what was answered. An answer that is no JSON is kept as text.
func (e *entry) record(a answer) {
	e.Fault = a.fault
	if a.code != "" {
		e.Answer = a.body
	} else if len(a.body) > 0 {
		e.Fault += "; answered: " + string(a.body)
	}
}

// givenIn is the field with the server's reference.
var givenIn = map[kind]string{generate: "referenceNo", payment: "referenceNo", refund: "refundNo"}

// How clients deal with what they do not know, in percent.
const (
	insisting  = 80 // of clients repeat until they know
	doubtful   = 4  // repeat what they do know
	impatient  = 3  // send the same request twice at once
	maxRepeats = 400
	retryAfter = 30 * time.Millisecond
)

// carry sends a request until its outcome is known or the client gives up. A
// repeat is the same request under the same reference.
func (w *worker) carry(o *op, s sending) answer {
	insists := w.chance(insisting)
	if w.chance(impatient) {
		return w.both(o, s)
	}
	a := w.try(o, s, o.Ref)
	if a.outcome == acknowledged && w.chance(doubtful) {
		w.try(o, s, w.external(o, 1))
		return a
	}
	for n := 1; n < maxRepeats && (a.outcome == unsent || (insists && a.outcome == unknown)); n++ {
		if !w.rest(retryAfter) {
			break
		}
		a = w.try(o, s, w.external(o, n))
	}
	return a
}

// both sends a request twice at once and gives the better answer.
func (w *worker) both(o *op, s sending) answer {
	var first, second answer
	var wg sync.WaitGroup
	other := w.external(o, 1)
	wg.Go(func() { first = w.try(o, s, o.Ref) })
	wg.Go(func() { second = w.try(o, s, other) })
	wg.Wait()
	if first.outcome != acknowledged {
		return second
	}
	return first
}

// external is the X-EXTERNAL-ID of a repeat: Midtrans knows a repeat by it,
// the others must know one by its reference too. The capital is in no reference
// behind its first letter, so that no repeat goes under another operation's.
func (w *worker) external(o *op, n int) string {
	if o.Way == "midtrans" || w.chance(50) {
		return o.Ref
	}
	return o.Ref + "R" + string(rune('a'+n%26))
}
