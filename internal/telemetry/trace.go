package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/qrisd/qrisd/internal/otlp"
	"github.com/qrisd/qrisd/internal/pay"
)

// Tracer makes the spans of a node and sends them to a collector. Which
// traces are kept, and how they are sent in batches, follow the standard's
// OTEL_ variables.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	wire     propagation.TraceContext
	origins  origins
}

// NewTracer makes a tracer. Nothing is sent before there are spans, so a
// collector may come later, and its failures go to the log.
func NewTracer(o otlp.Options, b Build, log *slog.Logger) (*Tracer, error) {
	exporter, err := otlp.New(o)
	if err != nil {
		return nil, err
	}
	own := resource.NewSchemaless(attribute.String("service.name", namespace), attribute.String("service.version", b.Version))
	about, err := resource.Merge(own, resource.Environment()) // what the environment says goes before
	if err != nil {
		return nil, fmt.Errorf("reading OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", "error", err) }))
	return newTracer(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about)), nil
}

func newTracer(o ...sdktrace.TracerProviderOption) *Tracer {
	p := sdktrace.NewTracerProvider(o...)
	return &Tracer{provider: p, tracer: p.Tracer("github.com/qrisd/qrisd")}
}

// Close sends what is left.
func (t *Tracer) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// Request begins the span of a request, in the trace that its traceparent
// names if that is well formed. end names the span, says what was answered,
// and takes pairs of what else is known; none may be a secret.
func (t *Tracer) Request(r *http.Request) (traced *http.Request, end func(name string, status int, about ...string)) {
	ctx := t.wire.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := t.tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
	return r.WithContext(ctx), func(name string, status int, about ...string) {
		span.SetName(name)
		span.SetAttributes(attribute.String("http.request.method", r.Method), attribute.Int("http.response.status_code", status))
		for i := 0; i+1 < len(about); i += 2 {
			span.SetAttributes(attribute.String(about[i], about[i+1]))
		}
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Step begins a span within the one of the context.
func (t *Tracer) Step(ctx context.Context, name string) (context.Context, func(error)) {
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, func(err error) { finish(span, err) }
}

// finish tells failures from refusals, which are answers like others.
func finish(span trace.Span, err error) {
	var repeated *pay.Repeated
	switch kind := pay.KindOf(err); {
	case err == nil:
	case errors.As(err, &repeated), errors.Is(err, pay.ErrNotFound), errors.Is(err, pay.ErrExists):
		span.SetAttributes(attribute.String("qrisd.refusal", Masked(err.Error())))
	case kind != pay.Internal:
		span.SetAttributes(attribute.String("qrisd.refusal", kind.String()))
	default:
		span.SetStatus(codes.Error, Masked(err.Error()))
	}
	span.End()
}

// Try begins the span of a try of a notification. It belongs to the trace of
// the request that caused the notification, if that came to this node since it
// started. traceparent is for the receiver.
func (t *Tracer) Try(ctx context.Context, d pay.Delivery) (traced context.Context, traceparent string, end func(pay.Attempt, pay.DeliveryState)) {
	if origin, known := t.origins.of(d.ID); known {
		ctx = trace.ContextWithRemoteSpanContext(ctx, origin)
	}
	ctx, span := t.tracer.Start(ctx, "notification try", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("qrisd.delivery", d.ID), attribute.String("qrisd.partner", d.PartnerID),
	))
	header := propagation.MapCarrier{}
	t.wire.Inject(ctx, header)
	return ctx, header.Get("traceparent"), func(a pay.Attempt, state pay.DeliveryState) {
		span.SetAttributes(attribute.Int("qrisd.try", a.Number), attribute.Int("http.response.status_code", a.Status), attribute.String("qrisd.delivery.state", string(state)))
		if state != pay.DeliveryDone {
			span.SetStatus(codes.Error, "not acknowledged")
		}
		if state != pay.DeliveryPending {
			t.origins.forget(d.ID)
		}
		span.End()
	}
}
