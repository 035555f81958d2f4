package notify

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Disturbance is what the levers of a sandbox do to one try. The zero value
// does nothing.
type Disturbance struct {
	Levers       []string      // that are on, as the record of the try names them
	Late         time.Duration // the try is put off by so much business time
	Drop         bool          // the try is recorded and not sent
	Reorder      time.Duration // it waits until another one of the partner's was sent, at most so long
	BadSignature bool
	Duplicate    bool // what was acknowledged is sent and recorded once more
}

// note puts the names of the levers before what is recorded of a try.
func (d Disturbance) note(answer string) string {
	if len(d.Levers) == 0 {
		return answer
	}
	return excerpt([]byte("sandbox lever " + strings.Join(d.Levers, ", ") + ": " + answer))
}

// disturbed makes a try as the levers want it, and reports whether the
// endpoint was silent. Each sending is an attempt of its own in the record.
func (n *Notifier) disturbed(ctx, sending context.Context, l *letter) (silent bool) {
	if n.options.Levers == nil {
		return n.once(ctx, sending, l).silent
	}
	l.levers = n.options.Levers(l.delivery.PartnerID, l.delivery.Attempts == 0)
	if r, unsent := l.levers.keeps(); unsent {
		n.record(ctx, l, r, n.attempt(l, r, n.core.Now(), n.options.Now()))
		return false
	}
	if l.levers.Reorder > 0 {
		n.swaps.await(ctx, l.delivery.PartnerID, l.levers.Reorder)
	}
	r := n.once(ctx, sending, l)
	if l.levers.Duplicate && r.acked {
		l.delivery.Attempts++
		at, began := n.core.Now(), n.options.Now()
		again := n.send(sending, l)
		again.acked = true // by the first
		n.record(ctx, l, again, n.attempt(l, again, at, began))
	}
	n.swaps.release(l.delivery.PartnerID)
	return r.silent
}

// keeps is the result of a try that is not sent.
func (d Disturbance) keeps() (r result, unsent bool) {
	switch {
	case d.Late > 0:
		return result{answer: "not sent yet, put off by " + d.Late.String(), late: d.Late}, true
	case d.Drop:
		return result{answer: "not sent"}, true
	}
	return result{}, false
}

// spoiled is a signature of the same form that fits nothing.
func spoiled(signature string) string {
	if signature == "" {
		return signature
	}
	first := "A"
	if signature[:1] == first {
		first = "B"
	}
	return first + signature[1:]
}

// swaps let one notification of each partner wait until another one has been
// sent.
type swaps struct {
	mu      sync.Mutex
	waiting map[string]chan struct{} // by partner; closed by the one that goes before
}

// await returns when another of the partner's was sent, the time is over or
// the context ends; at once if another waits already: then this one goes
// before it.
func (s *swaps) await(ctx context.Context, partnerID string, most time.Duration) {
	turn, ok := s.join(partnerID)
	if !ok {
		return
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-turn:
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	s.release(partnerID)
}

func (s *swaps) join(partnerID string) (turn chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[partnerID] != nil {
		return nil, false
	}
	if s.waiting == nil {
		s.waiting = make(map[string]chan struct{})
	}
	turn = make(chan struct{})
	s.waiting[partnerID] = turn
	return turn, true
}

func (s *swaps) release(partnerID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if turn := s.waiting[partnerID]; turn != nil {
		close(turn)
		delete(s.waiting, partnerID)
	}
}
