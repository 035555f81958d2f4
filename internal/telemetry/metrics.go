// Package telemetry is what a node tells its operators' tools: metrics that
// Prometheus reads, traces that an OpenTelemetry collector takes, and logs
// without secrets.
package telemetry

import (
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/qrisd/qrisd/internal/pay"
)

// latencies are the upper bounds of what a request, a transaction or a try
// may take, in seconds: from an answer out of memory to a client's patience.
var latencies = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// Build says which program a node is.
type Build struct{ Version, Commit, Go string }

// Metrics are the instruments of one node.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	pages     *prometheus.CounterVec
	tries     *prometheus.CounterVec
	tried     prometheus.Histogram
	checked   sync.Once // there is a check to tell of
	balanced  prometheus.Gauge
	checkedAt prometheus.Gauge
	checkTook prometheus.Gauge
	waits     prometheus.Histogram
	commits   prometheus.Histogram
}

// NewMetrics makes the instruments, with those of the Go runtime and of the
// process.
func NewMetrics(b Build) *Metrics {
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		requests:  prometheus.NewCounterVec(counter("requests_total", "Answers of the APIs by dialect, operation and SNAP response code."), []string{"dialect", "operation", "code"}),
		durations: prometheus.NewHistogramVec(histogram("request_duration_seconds", "From a request's arrival until its answer is ready."), []string{"dialect", "operation"}),
		pages:     prometheus.NewCounterVec(counter("http_requests_total", "Answers that are no API's, by listener, pattern of the path and HTTP status."), []string{"listener", "route", "status"}),
		tries:     prometheus.NewCounterVec(counter("delivery_attempts_total", "Tries of notifications by what the delivery then was."), []string{"result"}),
		tried:     prometheus.NewHistogram(histogram("delivery_attempt_duration_seconds", "How long a try of a notification took.")),
		balanced:  prometheus.NewGauge(gauge("ledger_balanced", "1 if the last check found the books whole, 0 if not. Only the node that checks has it.")),
		checkedAt: prometheus.NewGauge(gauge("ledger_check_timestamp_seconds", "When the books were last checked, in Unix time.")),
		checkTook: prometheus.NewGauge(gauge("ledger_check_duration_seconds", "How long the last check of the books took.")),
		waits:     prometheus.NewHistogram(histogram("storage_wait_seconds", "How long a transaction waited for the writer.")),
		commits:   prometheus.NewHistogram(histogram("storage_commit_seconds", "From a transaction's beginning until its group is committed and it is answered.")),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(b),
		m.requests, m.durations, m.pages, m.tries, m.tried, m.waits, m.commits,
	)
	for _, result := range results {
		m.tries.WithLabelValues(string(result))
	}
	return m
}

// namespace begins the name of every metric of ours.
const namespace = "qrisd"

func counter(name, help string) prometheus.CounterOpts {
	return prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}
}

func gauge(name, help string) prometheus.GaugeOpts {
	return prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}
}

func histogram(name, help string) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: latencies}
}

// buildInfo is a constant 1 whose labels say which program runs.
func buildInfo(b Build) prometheus.Collector {
	o := gauge("build_info", "1, with the version, the commit and the Go release of the program.")
	o.ConstLabels = prometheus.Labels{"version": b.Version, "commit": b.Commit, "goversion": b.Go}
	return prometheus.NewGaugeFunc(o, func() float64 { return 1 })
}

// Handler answers a scrape. It asks nobody who they are.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, MaxRequestsInFlight: 2})
}

// Gauge adds a number that is looked at whenever it is asked for; look must
// be quick and safe to call at any time.
func (m *Metrics) Gauge(name, help string, look func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(gauge(name, help), look))
}

// Page counts an answer that is no API's. route is a pattern, never a path.
func (m *Metrics) Page(listener, route, status string) {
	m.pages.WithLabelValues(listener, route, status).Inc()
}

// results are the states that a delivery may have after a try.
var results = []pay.DeliveryState{pay.DeliveryPending, pay.DeliveryDone, pay.DeliveryFailed}

// Tried counts a try of a notification by the state it left.
func (m *Metrics) Tried(state pay.DeliveryState, took time.Duration) {
	m.tries.WithLabelValues(string(state)).Inc()
	m.tried.Observe(took.Seconds())
}

// LedgerChecked keeps what a check of the books came to. Until the first one
// a node shows no such metric.
func (m *Metrics) LedgerChecked(balanced bool, at time.Time, took time.Duration) {
	m.balanced.Set(number(balanced))
	m.checkedAt.Set(float64(at.Unix()))
	m.checkTook.Set(took.Seconds())
	m.checked.Do(func() { m.registry.MustRegister(m.balanced, m.checkedAt, m.checkTook) })
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
