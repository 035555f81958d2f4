package server

import (
	"context"
	"math"
	"sync"
	"time"
)

// quotas are the rates of servers that share a store: what all of them admit
// in a slot of time is counted there. Each takes several requests' worth at a
// time, so that not every request writes; what it does not use is lost when
// the slot ends.
type quotas struct {
	take func(ctx context.Context, name string, slot, n, limit int64) (bool, error)
	now  func() time.Time

	mu   sync.Mutex
	each map[string]*quota
}

// quota is what this server has taken for a name and not used yet.
type quota struct {
	turn  chan struct{} // holds one value while a request looks at the rest
	slot  int64
	limit int64
	left  int64
	chunk int64 // how many to take at a time; 0: none are left in this slot
}

// maxSlot is the longest slot, in seconds; a smaller rate than one request in
// it counts as that.
const maxSlot = 24 * 60 * 60

// slotOf gives the Unix second in which a moment's slot begins, and how many
// requests the slot has. It lasts a second, or as long as one request takes at
// a rate of less.
func slotOf(now time.Time, perSecond float64) (slot, limit int64) {
	length := min(max(math.Ceil(1/perSecond), 1), maxSlot)
	slot = now.Unix() - now.Unix()%int64(length)
	return slot, int64(max(math.Floor(perSecond*length), 1))
}

func (q *quotas) allow(ctx context.Context, name string, perSecond float64) (bool, error) {
	mine := q.of(name)
	select {
	case mine.turn <- struct{}{}:
		defer func() { <-mine.turn }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	mine.enter(slotOf(q.now(), perSecond))
	for mine.left == 0 && mine.chunk > 0 {
		granted, err := q.take(ctx, name, mine.slot, mine.chunk, mine.limit)
		if err != nil {
			return false, err
		}
		mine.took(granted)
	}
	if mine.left == 0 {
		return false, nil
	}
	mine.left--
	return true, nil
}

func (q *quotas) of(name string) *quota {
	q.mu.Lock()
	defer q.mu.Unlock()
	mine := q.each[name]
	if mine == nil {
		if q.each == nil {
			q.each = make(map[string]*quota)
		}
		mine = &quota{turn: make(chan struct{}, 1)}
		q.each[name] = mine
	}
	return mine
}

// enter begins a slot afresh, or under another limit.
func (q *quota) enter(slot, limit int64) {
	if q.slot == slot && q.limit == limit {
		return
	}
	q.slot, q.limit, q.left, q.chunk = slot, limit, 0, max(1, limit/10)
}

// took records what became of taking a chunk: where there is not so much left,
// there may be less.
func (q *quota) took(granted bool) {
	if granted {
		q.left = q.chunk
		return
	}
	q.chunk /= 2
}
