package otlp

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	api "go.opentelemetry.io/otel/trace"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

var (
	began  = time.Date(2026, 11, 22, 16, 3, 50, 661, time.UTC)
	parent = api.NewSpanContext(api.SpanContextConfig{TraceID: api.TraceID{1, 2}, SpanID: api.SpanID{3}, TraceFlags: api.FlagsSampled, Remote: true})
	own    = api.NewSpanContext(api.SpanContextConfig{TraceID: api.TraceID{1, 2}, SpanID: api.SpanID{4}, TraceFlags: api.FlagsSampled})
)

// sample is spans of two scopes and two resources with everything that a span
// can have.
func sample() []trace.ReadOnlySpan {
	one, two := resource.NewSchemaless(attribute.String("service.name", "one")), resource.NewSchemaless(attribute.String("service.name", "two"))
	full := tracetest.SpanStub{
		Name: "a <name>", SpanContext: own, Parent: parent, SpanKind: api.SpanKindServer, StartTime: began, EndTime: began.Add(time.Second),
		Attributes: []attribute.KeyValue{
			attribute.String("text", "é\n"), attribute.Int64("int", math.MaxInt64), attribute.Bool("bool", false), attribute.Float64("double", 1.5),
			attribute.Float64("none", math.NaN()), attribute.StringSlice("texts", []string{"a", ""}), attribute.Int64Slice("ints", []int64{1, -2}),
			attribute.BoolSlice("bools", []bool{true}), attribute.Float64Slice("doubles", []float64{0}),
		},
		Events:            []trace.Event{{Name: "begun", Time: began, Attributes: []attribute.KeyValue{attribute.Int("n", 1)}}},
		Links:             []trace.Link{{SpanContext: parent}},
		Status:            trace.Status{Code: codes.Error, Description: "why"},
		DroppedAttributes: 1, DroppedEvents: 2, DroppedLinks: 3, Resource: one,
		InstrumentationScope: instrumentation.Scope{Name: "scope", Version: "v1"},
	}
	root := tracetest.SpanStub{Name: "root", SpanContext: own, SpanKind: api.SpanKindInternal, StartTime: began, EndTime: began, Status: trace.Status{Code: codes.Ok}, Resource: one}
	other := root
	other.Resource = two
	return tracetest.SpanStubs{full, root, other, full}.Snapshots()
}

// bytesIn are the members that are bytes: OTLP writes them in hexadecimal,
// protobuf's own JSON in base64.
var bytesIn = regexp.MustCompile(`"(traceId|spanId|parentSpanId)":"([0-9a-f]*)"`)

// decoded reads a message with the protocol's own definition, which refuses
// members that it does not know.
func decoded(t *testing.T, body []byte) *wire.TracesData {
	t.Helper()
	body = bytesIn.ReplaceAllFunc(body, func(m []byte) []byte {
		parts := bytesIn.FindSubmatch(m)
		raw, err := hex.DecodeString(string(parts[2]))
		if err != nil {
			t.Fatal(err)
		}
		return []byte(`"` + string(parts[1]) + `":"` + base64.StdEncoding.EncodeToString(raw) + `"`)
	})
	var m wire.TracesData
	if err := protojson.Unmarshal(body, &m); err != nil {
		t.Fatalf("the protocol does not know this: %v\n%s", err, body)
	}
	return &m
}

// TestEncoding holds what is sent against the protocol's own definition.
func TestEncoding(t *testing.T) {
	body, err := json.Marshal(encode(sample()))
	if err != nil {
		t.Fatal(err)
	}
	m := decoded(t, body)
	if len(m.ResourceSpans) != 2 || len(m.ResourceSpans[0].ScopeSpans) != 2 || len(m.ResourceSpans[0].ScopeSpans[0].Spans) != 2 {
		t.Fatalf("grouped as %v", m)
	}
	if s := m.ResourceSpans[0].ScopeSpans[0].Scope; s.Name != "scope" || s.Version != "v1" {
		t.Errorf("the scope is %v", s)
	}
	s := m.ResourceSpans[0].ScopeSpans[0].Spans[0]
	sc, p := own.SpanID(), parent.SpanID()
	switch {
	case s.Name != "a <name>", s.Kind != wire.Span_SPAN_KIND_SERVER, string(s.SpanId) != string(sc[:]), string(s.ParentSpanId) != string(p[:]):
		t.Errorf("the span is %v", s)
	case s.StartTimeUnixNano != uint64(began.UnixNano()), s.EndTimeUnixNano-s.StartTimeUnixNano != 1e9:
		t.Errorf("its times are %d and %d", s.StartTimeUnixNano, s.EndTimeUnixNano)
	case s.Status.Code != wire.Status_STATUS_CODE_ERROR, s.Status.Message != "why", s.Flags != 0x301:
		t.Errorf("status %v, flags %x", s.Status, s.Flags)
	case len(s.Events) != 1, s.Events[0].Name != "begun", len(s.Links) != 1, s.DroppedAttributesCount != 1, s.DroppedEventsCount != 2, s.DroppedLinksCount != 3:
		t.Errorf("the span is %v", s)
	}
	checkValues(t, s.Attributes)
	root := m.ResourceSpans[0].ScopeSpans[1].Spans[0]
	if len(root.ParentSpanId) != 0 || root.Flags != 0x101 || root.Status.Code != wire.Status_STATUS_CODE_OK || root.Kind != wire.Span_SPAN_KIND_INTERNAL {
		t.Errorf("the root is %v", root)
	}
}

func checkValues(t *testing.T, all []*common.KeyValue) {
	t.Helper()
	by := make(map[string]*common.AnyValue)
	for _, a := range all {
		by[a.Key] = a.Value
	}
	if by["text"].GetStringValue() != "é\n" || by["int"].GetIntValue() != math.MaxInt64 || by["double"].GetDoubleValue() != 1.5 || by["none"].GetStringValue() != "NaN" {
		t.Errorf("the values are %v", by)
	}
	if _, is := by["bool"].Value.(*common.AnyValue_BoolValue); !is || by["bool"].GetBoolValue() {
		t.Errorf("a false one is %v", by["bool"])
	}
	for name, n := range map[string]int{"texts": 2, "ints": 2, "bools": 1, "doubles": 1} {
		if got := len(by[name].GetArrayValue().GetValues()); got != n {
			t.Errorf("%s has %d values, want %d", name, got, n)
		}
	}
	if by["ints"].GetArrayValue().Values[1].GetIntValue() != -2 {
		t.Errorf("ints are %v", by["ints"])
	}
}

// collector answers exports with statuses in their order, then with 200.
type collector struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	bodies   [][]byte
	header   http.Header
	path     string
}

func collect(t *testing.T, statuses ...int) *collector {
	c := &collector{statuses: statuses}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c.bodies, c.header, c.path = append(c.bodies, body), r.Header, r.URL.Path
		if len(c.statuses) > 0 {
			w.WriteHeader(c.statuses[0])
			c.statuses = c.statuses[1:]
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// TestExport: spans arrive whole, again after an answer that asks for it, and
// not after one that refuses them.
func TestExport(t *testing.T) {
	for _, c := range []struct {
		statuses []int
		sent     int
		wrong    bool
	}{
		{nil, 1, false}, {[]int{503}, 2, false}, {[]int{429, 502, 504}, 4, false}, {[]int{400}, 1, true}, {[]int{307}, 1, true},
		{[]int{503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503}, 0, true},
	} {
		to := collect(t, c.statuses...)
		e, err := New(Options{Endpoint: to.URL + "/", Headers: "x-key=a%20b, other=c", Timeout: 300 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		e.pause = time.Millisecond
		if err := e.ExportSpans(t.Context(), sample()); (err != nil) != c.wrong {
			t.Errorf("after %v: %v", c.statuses, err)
		}
		if c.sent > 0 && len(to.bodies) != c.sent {
			t.Errorf("after %v it was sent %d times, want %d", c.statuses, len(to.bodies), c.sent)
		}
		if to.path != "/v1/traces" || to.header.Get("X-Key") != "a b" || to.header.Get("Other") != "c" || to.header.Get("Content-Type") != "application/json" {
			t.Errorf("sent to %s with %v", to.path, to.header)
		}
		decoded(t, to.bodies[len(to.bodies)-1])
		if err := errors.Join(e.ExportSpans(t.Context(), nil), e.Shutdown(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

// TestExportEnds: a collector that never answers keeps an export no longer
// than it may take, and one that is not there no longer than its caller waits.
func TestExportEnds(t *testing.T) {
	over := make(chan struct{})
	deaf := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer deaf.Close()
	defer close(over)
	e, err := New(Options{Traces: deaf.URL, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), sample()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deaf collector: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.ExportSpans(gone, sample()); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has gone: %v", err)
	}
}

// TestFromEnvironment: the variables for traces go before those for all, and
// what cannot be meant is refused without its value, which may be a secret.
func TestFromEnvironment(t *testing.T) {
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318/base/", "OTEL_EXPORTER_OTLP_HEADERS": "k=v", "OTEL_EXPORTER_OTLP_TIMEOUT": "250",
	}
	read := func(name string) string { return env[name] }
	o, err := FromEnvironment(read)
	if err != nil || o.Timeout != 250*time.Millisecond || o.Headers != "k=v" {
		t.Errorf("%+v %v", o, err)
	}
	if address, err := o.address(); err != nil || address != "http://a:4318/base/v1/traces" {
		t.Errorf("%s %v", address, err)
	}
	env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], env["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = "https://b/x", "t=u"
	if o, err = FromEnvironment(read); err != nil || o.Headers != "t=u" {
		t.Errorf("%+v %v", o, err)
	}
	if address, err := o.address(); err != nil || address != "https://b/x" {
		t.Errorf("%s %v", address, err)
	}
	env["OTEL_EXPORTER_OTLP_TIMEOUT"] = "soon"
	if _, err := FromEnvironment(read); err == nil {
		t.Error("a timeout of soon was taken")
	}
	for _, o := range []Options{{Endpoint: "127.0.0.1:4318"}, {Endpoint: "grpc://a"}, {Traces: "http://"}, {Endpoint: "http://a", Headers: "s3cret"}, {Endpoint: "http://a", Headers: "k=%zz s3cret"}} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
