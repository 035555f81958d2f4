package telemetry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/qrisd/qrisd/internal/pay"
)

// outbox is a transaction that takes deliveries, and runs its function twice as
// after a conflict.
type outbox struct{ pay.Storage }

type outboxTx struct{ pay.Tx }

func (outboxTx) InsertDelivery(pay.Delivery) error { return nil }

func (outbox) Update(_ context.Context, f func(pay.Tx) error) error {
	return errors.Join(f(outboxTx{}), f(outboxTx{}))
}

// recorded gives a tracer whose spans a test can look at.
func recorded() (*Tracer, *tracetest.SpanRecorder) {
	r := tracetest.NewSpanRecorder()
	return newTracer(sdktrace.WithSpanProcessor(r)), r
}

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// TestTraceOfAPayment: the client's trace goes through the request, its verb
// and its transaction to the notification that it caused, and to the receiver.
func TestTraceOfAPayment(t *testing.T) {
	tr, spans := recorded()
	books := tr.Storage(outbox{})
	r := httptest.NewRequest(http.MethodPost, "/v1.0/pay", nil)
	r.Header.Set("Traceparent", traceparent)
	r, end := tr.Request(r)
	ctx, done := tr.Step(r.Context(), "verb pay")
	err := books.Update(ctx, func(tx pay.Tx) error { return tx.InsertDelivery(pay.Delivery{ID: "d1"}) })
	done(err)
	end("aspi pay", 200, "qrisd.code", "2005000")
	_, sent, tried := tr.Try(t.Context(), pay.Delivery{ID: "d1", PartnerID: "p"})
	tried(pay.Attempt{Number: 1, Status: 200}, pay.DeliveryDone)
	parents := make(map[string]string)
	for _, s := range spans.Ended() {
		if s.SpanContext().TraceID().String() != traceparent[3:35] {
			t.Errorf("%s is of another trace", s.Name())
		}
		parents[s.Name()] = s.Parent().SpanID().String()
		if s.Name() == "notification try" && sent != "00-"+traceparent[3:36]+s.SpanContext().SpanID().String()+"-01" {
			t.Errorf("the receiver gets %q", sent)
		}
		if s.Name() == "storage transaction" && len(s.Events()) != 2 {
			t.Errorf("a transaction that ran twice began %d times", len(s.Events()))
		}
	}
	if len(parents) != 4 || parents["aspi pay"] != traceparent[36:52] {
		t.Errorf("spans and their parents: %v", parents)
	}
	if _, known := tr.origins.of("d1"); known {
		t.Error("a delivered notification is remembered")
	}
}

// TestTraceBegins: without a well-formed traceparent a request begins a trace,
// and so does a notification whose request nobody remembers.
func TestTraceBegins(t *testing.T) {
	tr, spans := recorded()
	for _, header := range []string{"", "00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01", "garbage"} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Traceparent", header)
		_, end := tr.Request(r)
		end("x", 500)
	}
	_, _, tried := tr.Try(t.Context(), pay.Delivery{ID: "unknown"})
	tried(pay.Attempt{}, pay.DeliveryPending)
	for _, s := range spans.Ended() {
		if s.Parent().IsValid() || !s.SpanContext().IsValid() || s.Status().Code != codes.Error {
			t.Errorf("%s: parent %v, status %v", s.Name(), s.Parent(), s.Status())
		}
	}
	if len(spans.Ended()) != 4 {
		t.Errorf("%d spans", len(spans.Ended()))
	}
}

// TestUntracedWorkIsPlain: a transaction of no trace makes no span, and one
// that fails causes no notification.
func TestUntracedWorkIsPlain(t *testing.T) {
	tr, spans := recorded()
	deliver := func(tx pay.Tx) error { return tx.InsertDelivery(pay.Delivery{ID: "d"}) }
	if err := tr.Storage(outbox{}).Update(t.Context(), deliver); err != nil || len(spans.Started()) != 0 {
		t.Errorf("%v, %d spans", err, len(spans.Started()))
	}
	ctx, end := tr.Step(t.Context(), "verb")
	failure := errors.New("no card 4111111111111111")
	err := tr.Storage(outbox{}).Update(ctx, func(tx pay.Tx) error { return errors.Join(deliver(tx), failure) })
	end(pay.Refuse(pay.RateLimited, "too many"))
	if _, known := tr.origins.of("d"); known || !errors.Is(err, failure) {
		t.Errorf("a failed transaction left its notification; %v", err)
	}
	for _, s := range spans.Ended() {
		if strings.Contains(s.Status().Description, "4111111111111111") || (s.Name() == "verb") == (s.Status().Code == codes.Error) {
			t.Errorf("%s: %v", s.Name(), s.Status())
		}
	}
}

// TestOriginsAreBounded: the oldest are forgotten, and nothing else.
func TestOriginsAreBounded(t *testing.T) {
	tr, _ := recorded()
	ctx, end := tr.Step(t.Context(), "x")
	defer end(nil)
	for i := range mostOrigins + 3 {
		id := pay.Delivery{ID: string(rune('a'+i%26)) + strings.Repeat("x", i/26)}.ID
		if err := tr.Storage(outbox{}).Update(ctx, func(tx pay.Tx) error { return tx.InsertDelivery(pay.Delivery{ID: id}) }); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(tr.origins.by); n != mostOrigins {
		t.Errorf("%d are remembered, want %d", n, mostOrigins)
	}
	if _, known := tr.origins.of("c"); known {
		t.Error("the third is remembered")
	}
	if _, known := tr.origins.of("d"); !known {
		t.Error("the fourth is forgotten")
	}
}
