package cli

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"

	"github.com/qrisd/qrisd/internal/otlp"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/internal/telemetry"
)

// signals are what an operator sets of logs and traces.
type signals struct {
	logFormat   string
	accessLines int
	collector   string
	logTo       io.Writer // a test's own; nil: standard error
}

func (s *signals) bind(f *pflag.FlagSet) {
	f.StringVar(&s.logFormat, "log-format", "text", "text or json")
	f.IntVar(&s.accessLines, "access-lines", 100, "requests a second that the log tells of at most; those that failed are always told")
	f.StringVar(&s.collector, "otlp-endpoint", "", "address of an OpenTelemetry collector for traces, over HTTP, as in http://127.0.0.1:4318 (or $OTEL_EXPORTER_OTLP_ENDPOINT; default: no traces)")
}

func (s *signals) log(level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	var to io.Writer = os.Stderr
	if s.logTo != nil {
		to = s.logTo
	}
	log, err := telemetry.NewLog(to, cmp.Or(s.logFormat, "text"), l)
	if err != nil {
		return nil, fmt.Errorf("--log-format: %w", err)
	}
	return log, nil
}

// tracer is nil without a collector.
func (s *signals) tracer(log *slog.Logger) (*telemetry.Tracer, error) {
	o, err := otlp.FromEnvironment(os.Getenv)
	if err != nil {
		return nil, err
	}
	if s.collector != "" {
		o.Endpoint, o.Traces = s.collector, ""
	}
	if o.Endpoint == "" && o.Traces == "" || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	t, err := telemetry.NewTracer(o, ownBuild(), log)
	if err != nil {
		return nil, fmt.Errorf("--otlp-endpoint: %w", err)
	}
	return t, nil
}

// ownBuild is which program this is.
func ownBuild() telemetry.Build {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return telemetry.Build{Version: releaseVersion, Commit: releaseCommit}
	}
	about := make(map[string]string)
	for _, pair := range describeBuild(build) {
		about[pair[0]] = pair[1]
	}
	return telemetry.Build{Version: about["qrisd"], Commit: about["commit"], Go: build.GoVersion}
}

// instruments are what a node measures itself with.
type instruments struct {
	metrics *telemetry.Metrics
	tracer  *telemetry.Tracer // nil: no traces
	books   *telemetry.Books
	store   *storage.Store
	state   atomic.Pointer[telemetry.State]
	writing writing
	lines   int

	patience time.Duration // with a writer that does not go on
}

func (o serveOptions) instruments(store *storage.Store, log *slog.Logger) (*instruments, error) {
	t, err := o.signals.tracer(log)
	if err != nil {
		return nil, err
	}
	i := &instruments{metrics: telemetry.NewMetrics(ownBuild()), tracer: t, store: store, lines: o.accessLines, patience: cmp.Or(o.patience, stalledAfter)}
	i.metrics.Watch(store.Stats, i.state.Load)
	return i, nil
}

// over puts the instruments around the books.
func (i *instruments) over(books pay.Storage) pay.Storage {
	i.books = i.metrics.Measure(books)
	if i.tracer == nil {
		return i.books
	}
	return i.tracer.Storage(i.books)
}

// forServer are the server's.
func (i *instruments) forServer() server.Instruments {
	all := server.Instruments{Count: i.metrics.Operation, Page: i.metrics.Page, AccessLines: i.lines}
	if i.tracer != nil {
		all.Trace = i.tracer
	}
	return all
}

// try is the notifier's hook for traces; nil: there are none.
func (i *instruments) try() func(context.Context, pay.Delivery) (context.Context, string, func(pay.Attempt, pay.DeliveryState)) {
	if i.tracer == nil {
		return nil
	}
	return i.tracer.Try
}

// close sends the last spans, if the collector takes them at once.
func (i *instruments) close() {
	if i.tracer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin/2)
	defer cancel()
	_ = i.tracer.Close(ctx) // its failures have gone to the log
}

// scrapeFile holds the token of a scrape, in the data folder.
const scrapeFile = "metrics.token"

// scrapeToken opens the metrics and nothing else. It follows from the admin
// token, so all nodes have the same and nothing more is to be kept.
func scrapeToken(adminToken string) string {
	m := hmac.New(sha256.New, []byte(adminToken))
	io.WriteString(m, "GET /metrics")
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// observed serves health and metrics beside the management API. The metrics
// are for whoever has one of two tokens.
func (n *node) observed(s *server.Server, management http.Handler, adminToken, folder string) (http.Handler, error) {
	n.tell.metrics.Gauge("requests_in_flight", "API requests that have come and are not answered.", func() float64 { return float64(s.InFlight()) })
	scrape := scrapeToken(adminToken)
	if err := writeSecret(filepath.Join(folder, scrapeFile), []byte(scrape+"\n")); err != nil {
		return nil, fmt.Errorf("writing the token for the metrics: %w", err)
	}
	metrics := n.tell.metrics.Handler()
	mux := http.NewServeMux()
	mux.Handle("/", withHealth(s, s.Seen("admin", management)))
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(given), []byte(scrape))|subtle.ConstantTimeCompare([]byte(given), []byte(adminToken)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "send Authorization: Bearer and the token in "+scrapeFile+" of the data folder", http.StatusUnauthorized)
			return
		}
		metrics.ServeHTTP(w, r)
	})
	return mux, nil
}

const (
	stateEvery   = 5 * time.Second
	stateWithin  = 4 * time.Second
	ledgerEvery  = 5 * time.Minute
	ledgerShare  = 100 // a check of the books rests so many times as long as it took
	ledgerLease  = "ledger"
	stalledAfter = time.Minute // far above what the longest group and a lost COMMIT take
)

// beside starts what looks after the node itself, until the context ends, and
// adds it to what is waited for.
func (n *node) beside(ctx context.Context, log *slog.Logger, wait func()) func() {
	var looking sync.WaitGroup
	n.lookAtSelf(ctx, log)
	looking.Go(func() { periodically(ctx, stateEvery, func() { n.lookAtSelf(ctx, log) }) })
	looking.Go(func() { periodically(ctx, writeLookEvery, func() { n.tell.proveWriting(ctx) }) })
	books := inspection{node: n}
	looking.Go(func() { n.serve(ctx, duty{ledgerLease, 10 * time.Second, books.whenDue}, log) })
	return func() {
		looking.Wait()
		wait()
	}
}

// lookAtSelf takes down how the node stands, for the metrics.
func (n *node) lookAtSelf(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, stateWithin)
	defer cancel()
	now := n.core.Now()
	backlog, err := n.store.Backlog(ctx, now)
	if err != nil && ctx.Err() == nil {
		log.Warn("looking at what waits", "error", err)
	}
	s := &telemetry.State{At: now, Backlog: backlog, Leases: n.leasesAmong(backlog.Leases, log), Checks: make(map[string]error)}
	for _, p := range append(n.ready(), n.live()...) {
		s.Checks[p.Name] = p.Look(ctx)
	}
	n.tell.state.Store(s)
}

// leasesAmong says of each periodic work whether this node does it. One that is
// alone does all.
func (n *node) leasesAmong(all []pay.Lease, log *slog.Logger) map[string]bool {
	held := map[string]bool{ledgerLease: n.member == nil}
	for _, d := range n.duties(log) {
		held[d.lease] = n.member == nil
	}
	for _, l := range all {
		if n.member != nil && l.Holder == n.member.name && time.Now().Before(l.Until) {
			if _, known := held[l.Name]; known {
				held[l.Name] = true
			}
		}
	}
	return held
}

// inspection checks the books from time to time: every five minutes, or as
// rarely as keeps it under a hundredth of one reader's time.
type inspection struct {
	node *node
	next time.Time
}

func (i *inspection) whenDue(ctx context.Context, _ pay.Lease) error {
	began := time.Now()
	if began.Before(i.next) {
		return nil
	}
	books, err := i.node.core.CheckBooks(ctx)
	took := time.Since(began)
	i.next = began.Add(max(ledgerEvery, ledgerShare*took))
	if err != nil {
		return fmt.Errorf("checking the books: %w", err)
	}
	i.node.tell.metrics.LedgerChecked(books.Balanced, began, took)
	if !books.Balanced {
		return errors.New("the books are wrong: stop and run qrisd verify")
	}
	return nil
}
