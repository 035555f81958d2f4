// Package otlp sends finished spans to an OpenTelemetry collector: OTLP over
// HTTP in its JSON form. It is the part of the official exporter that a node
// needs, without the gRPC and protobuf code that comes with that.
package otlp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
)

// Options say where a collector is. They have the meaning of the standard's
// environment variables.
type Options struct {
	Endpoint string // of the collector; the path /v1/traces is added to it
	Traces   string // address for traces, taken as it is; goes before Endpoint
	Headers  string // name=value, separated by commas, values percent-encoded
	Timeout  time.Duration
}

// FromEnvironment takes the options from the standard's variables, those for
// traces before those for all.
func FromEnvironment(lookup func(string) string) (Options, error) {
	first := func(name string) string {
		if v := lookup("OTEL_EXPORTER_OTLP_TRACES_" + name); v != "" {
			return v
		}
		return lookup("OTEL_EXPORTER_OTLP_" + name)
	}
	o := Options{
		Endpoint: lookup("OTEL_EXPORTER_OTLP_ENDPOINT"), Traces: lookup("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
		Headers: first("HEADERS"), Timeout: defaultTimeout,
	}
	if text := first("TIMEOUT"); text != "" {
		ms, err := strconv.Atoi(text)
		if err != nil || ms <= 0 {
			return o, fmt.Errorf("OTEL_EXPORTER_OTLP_TIMEOUT: %q is not a number of milliseconds", text)
		}
		o.Timeout = time.Duration(ms) * time.Millisecond
	}
	return o, nil
}

const (
	defaultTimeout = 10 * time.Second
	firstPause     = time.Second // before an export is tried again; then twice as long each time
	maxAnswer      = 4 << 10     // bytes of an answer that are read
)

// Exporter sends spans to one collector. It implements trace.SpanExporter.
type Exporter struct {
	address string
	header  http.Header
	timeout time.Duration
	client  *http.Client
	pause   time.Duration
}

var _ trace.SpanExporter = (*Exporter)(nil)

// New makes an exporter. It sends nothing before it has spans.
func New(o Options) (*Exporter, error) {
	address, err := o.address()
	if err != nil {
		return nil, err
	}
	e := &Exporter{address: address, header: http.Header{}, timeout: o.Timeout, client: &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: defaultTimeout,
	}}, pause: firstPause}
	if e.timeout <= 0 {
		e.timeout = defaultTimeout
	}
	if err := e.readHeaders(o.Headers); err != nil {
		return nil, err
	}
	e.header.Set("Content-Type", "application/json")
	return e, nil
}

func (o Options) address() (string, error) {
	raw := o.Traces
	if raw == "" {
		raw = strings.TrimRight(o.Endpoint, "/") + "/v1/traces"
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", errors.New("otlp: the collector's address must begin with http:// or https:// and name a host, as in http://127.0.0.1:4318")
	}
	return u.String(), nil
}

func (e *Exporter) readHeaders(text string) error {
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !found || err != nil {
			return errors.New("otlp: the headers must be name=value, separated by commas") // not which: a value may be a secret
		}
		e.header.Set(strings.TrimSpace(name), value)
	}
	return nil
}

// ExportSpans sends finished spans, again while the collector says that it may
// take them later and there is time.
func (e *Exporter) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	body, err := json.Marshal(encode(spans))
	if err != nil {
		return fmt.Errorf("otlp: encoding %d spans: %w", len(spans), err)
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	for pause := e.pause; ; pause *= 2 {
		later, err := e.send(ctx, body)
		if later < 0 || err == nil {
			return err
		}
		if !wait(ctx, max(later, pause)) {
			return err
		}
	}
}

// send gives after what time to send again: negative is never.
func (e *Exporter) send(ctx context.Context, body []byte) (later time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.address, bytes.NewReader(body))
	if err != nil {
		return -1, fmt.Errorf("otlp: %w", err)
	}
	req.Header = e.header.Clone()
	res, err := e.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("otlp: sending spans: %w (is the collector running, and is this its port for HTTP?)", err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err == nil && res.StatusCode/100 == 2:
		return 0, nil
	case !retryable[res.StatusCode]:
		return -1, fmt.Errorf("otlp: the collector refused spans: %s: %s", res.Status, said)
	}
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // without one the own pause holds
	return time.Duration(max(seconds, 0)) * time.Second, fmt.Errorf("otlp: the collector takes no spans now: %s", res.Status)
}

// retryable are the answers after which OTLP sends again.
var retryable = map[int]bool{
	http.StatusTooManyRequests: true, http.StatusBadGateway: true, http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true,
}

// wait reports whether the time passed before the context ended.
func wait(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Shutdown closes the connections. Nothing is kept back: ExportSpans returns
// when it has sent.
func (e *Exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}
