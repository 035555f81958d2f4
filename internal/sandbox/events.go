package sandbox

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// Event is something that happened on this node.
type Event struct {
	Serial    uint64            `json:"serial"` // grows by one with every event
	At        time.Time         `json:"at"`     // business time
	Kind      string            `json:"kind"`
	PartnerID string            `json:"partnerId,omitempty"`
	Ref       string            `json:"ref,omitempty"` // referenceNo of the code or payment it is about
	Fields    map[string]string `json:"fields,omitempty"`
}

// The kinds of events that are not the domain's own (see pay.EventKind).
const (
	EventRequest = "request"                // an API call was answered
	EventAttempt = "notification.attempted" // a try of a notification
	EventFailed  = "notification.failed"    // the last try of one
	EventClock   = "clock.moved"
	EventLever   = "lever.changed"
	EventReset   = "reset"
	EventGap     = "gap" // a reader's own: it has missed what was before
)

// Events keeps the latest events of this node and gives them to readers. A nil
// Events keeps nothing. It is safe for concurrent use.
//
// Readers follow at their own speed and hold up nobody: one that has fallen
// behind what is kept gets an EventGap in place of what it has missed.
type Events struct {
	mu    sync.Mutex
	kept  []Event       // a ring: serial s lies at s modulo its length
	next  uint64        // serial of the next event
	first uint64        // serial of the first event ever
	wake  chan struct{} // closed by the next event; nil: nobody waits

	closing sync.Once
	closed  chan struct{}
}

// NewEvents makes an Events that keeps so many. Serials begin at the time in
// microseconds, so that those of a server that starts again are larger than
// those it gave before.
func NewEvents(keep int) *Events {
	first := uint64(time.Now().UnixMicro())
	return &Events{kept: make([]Event, keep), next: first, first: first, closed: make(chan struct{})}
}

// Publish gives an event its serial and hands it to the readers. It does not
// block.
func (e *Events) Publish(event Event) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	event.Serial = e.next
	e.kept[e.next%uint64(len(e.kept))] = event
	e.next++
	if e.wake != nil {
		close(e.wake)
		e.wake = nil
	}
}

// Close ends all subscriptions, present and later, so that a server can leave.
func (e *Events) Close() {
	if e != nil {
		e.closing.Do(func() { close(e.closed) })
	}
}

// Last is the serial of the newest event. It is never 0: before the first
// event it is the serial before that one's.
func (e *Events) Last() uint64 {
	if e == nil {
		return 0
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.next - 1
}

// Since gives up to limit events after a serial, oldest first, and waits for
// none; after 0 all that are kept. The first is an EventGap if there were
// others in between that are kept no more, or if the serial is not of this
// node's life.
func (e *Events) Since(after uint64, limit int) []Event {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.since(after, limit)
}

func (e *Events) since(after uint64, limit int) []Event {
	oldest := max(e.first, e.next-min(e.next, uint64(len(e.kept))))
	var found []Event
	from := after + 1
	if from < oldest || from > e.next {
		if from = oldest; after != 0 {
			found = append(found, e.gap(after, oldest))
		}
	}
	for ; from < e.next && len(found) < limit; from++ {
		found = append(found, e.kept[from%uint64(len(e.kept))])
	}
	return found
}

// gap stands before the oldest event that is kept. It has the serial before
// that one's, so that a reader which saw only the gap goes on behind it.
func (e *Events) gap(after, oldest uint64) Event {
	g := Event{Serial: oldest - 1, At: time.Now().UTC(), Kind: EventGap}
	if after >= e.first-1 && after < oldest {
		g.Fields = map[string]string{"missed": strconv.FormatUint(oldest-1-after, 10)}
	}
	return g
}

// page is how many events a reader takes at a time.
const page = 64

// Subscribe gives the events after a serial as they come, until the context
// ends or Close; then the channel is closed. After 0 it begins with all that
// are kept, after Last with the next. Whoever stops reading ends the context.
func (e *Events) Subscribe(ctx context.Context, after uint64) <-chan Event {
	out := make(chan Event)
	if e == nil {
		close(out)
		return out
	}
	go func() {
		defer close(out)
		e.feed(ctx, after, out)
	}()
	return out
}

// feed gives a reader what it has not seen, until that ends.
func (e *Events) feed(ctx context.Context, after uint64, out chan<- Event) {
	for {
		found, wake := e.look(after)
		for _, event := range found {
			select {
			case out <- event:
				after = event.Serial
			case <-ctx.Done():
				return
			}
		}
		if len(found) > 0 {
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return
		case <-e.closed:
			return
		}
	}
}

// look gives what there is, or what to wait for.
func (e *Events) look(after uint64) ([]Event, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if found := e.since(after, page); len(found) > 0 {
		return found, nil
	}
	if e.wake == nil {
		e.wake = make(chan struct{})
	}
	return nil, e.wake
}
