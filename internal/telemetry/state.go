package telemetry

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/qrisd/qrisd/internal/storage"
)

// State is what a node found when it last looked at itself and at its books.
type State struct {
	At      time.Time // business time
	Backlog storage.Backlog
	Leases  map[string]bool  // by name: whether this node has it
	Checks  map[string]error // of readiness, by name
}

// watch collects what is not counted but looked at: what the writer did, and
// the latest State. A scrape asks no database.
type watch struct {
	writer func() storage.Stats
	state  func() *State // nil: nobody has looked yet
}

// Watch adds what the writer counts and the node finds.
func (m *Metrics) Watch(writer func() storage.Stats, state func() *State) {
	m.registry.MustRegister(&watch{writer, state})
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

var (
	descCommits   = describe("storage_commits_total", "Commits that had something to write.")
	descFailed    = describe("storage_failed_commits_total", "Groups of transactions that failed as a whole.")
	descOutcomes  = describe("storage_transactions_total", "Transactions by whether they were kept or refused by their own function.", "result")
	descBatch     = describe("storage_batch_size", "Transactions that shared a commit.")
	descPending   = describe("outbox_pending", "Notifications to be delivered, counted up to "+strconv.Itoa(storage.MostCounted)+".")
	descOldest    = describe("outbox_oldest_seconds", "Age of the oldest notification to be delivered; 0: there is none.")
	descGivenUp   = describe("outbox_failed", "Notifications that failed for good and were not sent again, counted up to "+strconv.Itoa(storage.MostCounted)+".")
	descDue       = describe("expiry_backlog", "Codes that have expired and are not recorded so, counted up to "+strconv.Itoa(storage.MostCounted)+".")
	descDueSince  = describe("expiry_oldest_seconds", "How long ago the code expired that is due longest; 0: there is none.")
	descLease     = describe("lease_held", "1 if this node has the lease of a periodic work, 0 if not.", "lease")
	descCheck     = describe("check_passed", "1 if a check of readiness was passed, 0 if not.", "check")
	descSchema    = describe("schema_version", "Version of the database's schema.")
	allDescribed  = []*prometheus.Desc{descCommits, descFailed, descOutcomes, descBatch, descPending, descOldest, descGivenUp, descDue, descDueSince, descLease, descCheck, descSchema}
	_             = prometheus.Collector((*watch)(nil))
	countedAlways = prometheus.CounterValue
	lookedAt      = prometheus.GaugeValue
)

// Describe implements prometheus.Collector.
func (w *watch) Describe(to chan<- *prometheus.Desc) {
	for _, d := range allDescribed {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (w *watch) Collect(to chan<- prometheus.Metric) {
	collectWriter(to, w.writer())
	if s := w.state(); s != nil {
		s.collect(to)
	}
}

func collectWriter(to chan<- prometheus.Metric, s storage.Stats) {
	to <- prometheus.MustNewConstMetric(descCommits, countedAlways, float64(s.Commits))
	to <- prometheus.MustNewConstMetric(descFailed, countedAlways, float64(s.Failed))
	to <- prometheus.MustNewConstMetric(descOutcomes, countedAlways, float64(s.Transactions), "kept")
	to <- prometheus.MustNewConstMetric(descOutcomes, countedAlways, float64(s.Refused), "refused")
	buckets, groups := make(map[float64]uint64, len(s.Batches)), uint64(0)
	for _, b := range s.Batches[:len(s.Batches)-1] { // the last one has no bound
		groups += b.Groups
		buckets[float64(b.UpTo)] = groups
	}
	groups += s.Batches[len(s.Batches)-1].Groups
	to <- prometheus.MustNewConstHistogram(descBatch, groups, float64(s.Transactions+s.Refused), buckets)
}

func (s *State) collect(to chan<- prometheus.Metric) {
	b := s.Backlog
	for _, g := range []struct {
		desc  *prometheus.Desc
		value float64
	}{
		{descPending, float64(b.Pending)}, {descOldest, s.since(b.PendingSince)}, {descGivenUp, float64(b.Failed)},
		{descDue, float64(b.Due)}, {descDueSince, s.since(b.DueSince)}, {descSchema, float64(b.Schema)},
	} {
		to <- prometheus.MustNewConstMetric(g.desc, lookedAt, g.value)
	}
	for name, held := range s.Leases {
		to <- prometheus.MustNewConstMetric(descLease, lookedAt, number(held), name)
	}
	for name, err := range s.Checks {
		to <- prometheus.MustNewConstMetric(descCheck, lookedAt, number(err == nil), name)
	}
}

// since is the age of a moment in seconds. A sandbox may have moved its clock
// back since then.
func (s *State) since(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(s.At.Sub(t).Seconds(), 0)
}
