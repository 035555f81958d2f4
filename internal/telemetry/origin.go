package telemetry

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"github.com/qrisd/qrisd/internal/pay"
)

// Storage puts a span around each transaction of a trace: its wait for the
// writer, until "begun", and its group's way to the commit. What belongs to no
// trace, as periodic work, passes.
func (t *Tracer) Storage(s pay.Storage) pay.Storage { return tracedStorage{s, t} }

type tracedStorage struct {
	pay.Storage
	tracer *Tracer
}

func (s tracedStorage) Update(ctx context.Context, f func(pay.Tx) error) error {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return s.Storage.Update(ctx, f)
	}
	origin := trace.SpanContextFromContext(ctx)
	ctx, span := s.tracer.tracer.Start(ctx, "storage transaction")
	var outbox []string
	err := s.Storage.Update(ctx, func(tx pay.Tx) error {
		span.AddEvent("begun")
		outbox = outbox[:0] // f may run again
		return f(noting{tx, &outbox})
	})
	if err == nil {
		s.tracer.origins.keep(outbox, origin)
	}
	finish(span, err)
	return err
}

// noting remembers which notifications a transaction writes.
type noting struct {
	pay.Tx
	outbox *[]string
}

func (n noting) InsertDelivery(d pay.Delivery) error {
	*n.outbox = append(*n.outbox, d.ID)
	return n.Tx.InsertDelivery(d)
}

// mostOrigins bounds how many notifications are remembered with their trace:
// some hundred bytes each.
const mostOrigins = 1 << 14

// origins are the spans that caused notifications, by the notification's id.
// The oldest are forgotten first.
type origins struct {
	mu   sync.Mutex
	by   map[string]trace.SpanContext
	ring [mostOrigins]string
	next int
}

func (o *origins) keep(ids []string, of trace.SpanContext) {
	if len(ids) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.by == nil {
		o.by = make(map[string]trace.SpanContext)
	}
	for _, id := range ids {
		delete(o.by, o.ring[o.next])
		o.ring[o.next], o.by[id] = id, of
		o.next = (o.next + 1) % mostOrigins
	}
}

func (o *origins) of(id string) (trace.SpanContext, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.by[id]
	return c, ok
}

func (o *origins) forget(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.by, id)
}
