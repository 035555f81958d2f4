package otlp

import (
	"math"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// The message TracesData of opentelemetry-proto in its JSON form: ids are
// hexadecimal, 64-bit integers are texts, enumerations are numbers.
type (
	tracesMessage struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resourceMessage `json:"resource"`
		ScopeSpans []scopeSpans    `json:"scopeSpans"`
		SchemaURL  string          `json:"schemaUrl,omitempty"`
	}
	resourceMessage struct {
		Attributes []pair `json:"attributes"`
	}
	scopeSpans struct {
		Scope     scope  `json:"scope"`
		Spans     []span `json:"spans"`
		SchemaURL string `json:"schemaUrl,omitempty"`
	}
	scope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	span struct {
		TraceID           string  `json:"traceId"`
		SpanID            string  `json:"spanId"`
		TraceState        string  `json:"traceState,omitempty"`
		ParentSpanID      string  `json:"parentSpanId,omitempty"`
		Flags             uint32  `json:"flags"`
		Name              string  `json:"name"`
		Kind              int     `json:"kind"`
		Start             string  `json:"startTimeUnixNano"`
		End               string  `json:"endTimeUnixNano"`
		Attributes        []pair  `json:"attributes,omitempty"`
		DroppedAttributes int     `json:"droppedAttributesCount,omitempty"`
		Events            []event `json:"events,omitempty"`
		DroppedEvents     int     `json:"droppedEventsCount,omitempty"`
		Links             []link  `json:"links,omitempty"`
		DroppedLinks      int     `json:"droppedLinksCount,omitempty"`
		Status            status  `json:"status"`
	}
	event struct {
		Time       string `json:"timeUnixNano"`
		Name       string `json:"name"`
		Attributes []pair `json:"attributes,omitempty"`
	}
	link struct {
		TraceID    string `json:"traceId"`
		SpanID     string `json:"spanId"`
		TraceState string `json:"traceState,omitempty"`
		Attributes []pair `json:"attributes,omitempty"`
	}
	status struct {
		Message string `json:"message,omitempty"`
		Code    int    `json:"code,omitempty"`
	}
	pair struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	// value has exactly one member.
	value struct {
		String *string  `json:"stringValue,omitempty"`
		Bool   *bool    `json:"boolValue,omitempty"`
		Int    *string  `json:"intValue,omitempty"`
		Double *float64 `json:"doubleValue,omitempty"`
		Array  *array   `json:"arrayValue,omitempty"`
	}
	array struct {
		Values []value `json:"values"`
	}
)

// encode groups spans by the resource and the scope that they belong to.
func encode(spans []trace.ReadOnlySpan) tracesMessage {
	var m tracesMessage
	resources := make(map[attribute.Distinct]int)
	type place struct {
		resource int
		scope    instrumentation.Scope
	}
	scopes := make(map[place]int)
	for _, s := range spans {
		of := s.Resource().Equivalent()
		r, ok := resources[of]
		if !ok {
			r = len(m.ResourceSpans)
			resources[of] = r
			m.ResourceSpans = append(m.ResourceSpans, resourceOf(s.Resource()))
		}
		within := &m.ResourceSpans[r]
		at := place{r, s.InstrumentationScope()}
		i, ok := scopes[at]
		if !ok {
			i = len(within.ScopeSpans)
			scopes[at] = i
			within.ScopeSpans = append(within.ScopeSpans, scopeSpans{Scope: scope{at.scope.Name, at.scope.Version}, SchemaURL: at.scope.SchemaURL})
		}
		within.ScopeSpans[i].Spans = append(within.ScopeSpans[i].Spans, spanOf(s))
	}
	return m
}

func resourceOf(r *resource.Resource) resourceSpans {
	return resourceSpans{Resource: resourceMessage{pairs(r.Attributes())}, SchemaURL: r.SchemaURL()}
}

// The flags of a span say that they say whether its parent is of another
// process.
const (
	flagKnowsRemote = 0x100
	flagRemote      = 0x200
)

func spanOf(s trace.ReadOnlySpan) span {
	c := s.SpanContext()
	m := span{
		TraceID: c.TraceID().String(), SpanID: c.SpanID().String(), TraceState: c.TraceState().String(),
		Flags: uint32(c.TraceFlags()) | flagKnowsRemote, Name: s.Name(), Kind: int(s.SpanKind()),
		Start: nanos(s.StartTime()), End: nanos(s.EndTime()), Attributes: pairs(s.Attributes()),
		DroppedAttributes: s.DroppedAttributes(), DroppedEvents: s.DroppedEvents(), DroppedLinks: s.DroppedLinks(),
		Status: statusOf(s.Status()),
	}
	if p := s.Parent(); p.SpanID().IsValid() {
		m.ParentSpanID = p.SpanID().String()
		if p.IsRemote() {
			m.Flags |= flagRemote
		}
	}
	for _, e := range s.Events() {
		m.Events = append(m.Events, event{nanos(e.Time), e.Name, pairs(e.Attributes)})
	}
	for _, l := range s.Links() {
		of := l.SpanContext
		m.Links = append(m.Links, link{of.TraceID().String(), of.SpanID().String(), of.TraceState().String(), pairs(l.Attributes)})
	}
	return m
}

// statusCodes are the protocol's, which counts otherwise than the SDK.
var statusCodes = map[codes.Code]int{codes.Unset: 0, codes.Ok: 1, codes.Error: 2}

func statusOf(s trace.Status) status { return status{s.Description, statusCodes[s.Code]} }

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func pairs(all []attribute.KeyValue) []pair {
	out := make([]pair, len(all))
	for i, a := range all {
		out[i] = pair{string(a.Key), valueOf(a.Value)}
	}
	return out
}

// valueOf gives a value in the protocol's form; a type that it does not know
// as text.
func valueOf(v attribute.Value) value {
	switch v.Type() {
	case attribute.BOOL:
		return boolean(v.AsBool())
	case attribute.INT64:
		return integer(v.AsInt64())
	case attribute.FLOAT64:
		return double(v.AsFloat64())
	case attribute.BOOLSLICE:
		return arrayOf(v.AsBoolSlice(), boolean)
	case attribute.INT64SLICE:
		return arrayOf(v.AsInt64Slice(), integer)
	case attribute.FLOAT64SLICE:
		return arrayOf(v.AsFloat64Slice(), double)
	case attribute.STRINGSLICE:
		return arrayOf(v.AsStringSlice(), text)
	}
	return text(v.String())
}

func text(s string) value  { return value{String: &s} }
func boolean(b bool) value { return value{Bool: &b} }

// double gives what JSON has no number for as text.
func double(f float64) value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return text(strconv.FormatFloat(f, 'g', -1, 64))
	}
	return value{Double: &f}
}

func integer(i int64) value {
	s := strconv.FormatInt(i, 10)
	return value{Int: &s}
}

func arrayOf[T any](all []T, one func(T) value) value {
	a := array{Values: make([]value, len(all))}
	for i, v := range all {
		a.Values[i] = one(v)
	}
	return value{Array: &a}
}
