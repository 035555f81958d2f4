package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/storage"
)

type benchOptions struct {
	operation, dialect, store string
	connections, rounds       int
	round                     time.Duration
	codes                     int
	merchants, payers         int
	ascending, images         bool
	byPartnerRef              bool
	receiver                  string
	rate                      float64 // requests a second; 0: as many as are answered
	half                      bool
	rest                      time.Duration // before a list whose memory is measured
	lasting                   time.Duration // load for so long, alone; 0: rounds in turn with others
	json                      bool
	serve                     string // an executable that serves; this one
}

func benchCommand() *cobra.Command {
	o := benchOptions{}
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure durable requests against the bare protocol",
		Long: `Measure signed, durable requests per second over loopback.

Two processes are started: the server, on an embedded store in a temporary
folder or on --store, and a bare net/http handler that verifies the same
signature over the same body, decodes it and answers the same JSON, without
storage. Before that, --codes codes are stored and synced. This process then
sends both the same pre-signed requests with unique references in turn, round
by round, and prints rates, their medians and ratios, latencies, and what the
server took of the processor and wrote for each request.

With --rate or --half requests are also sent at a fixed rate, whether or not
those before are answered, to the server and to the same server on a store that
keeps nothing; a latency then counts from the moment the request was due.

With --for the server alone is loaded for a long while, and what it holds in
memory is looked at every ten seconds. --operation list asks for all codes of a
day, and says when the first byte came and what the server held meanwhile.`,
		Example: `  qrisd bench --operation pay --connections 128
  qrisd bench --half
  qrisd bench --for 10m
  qrisd bench --operation list`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if o.serve, err = os.Executable(); err == nil {
				o, err = o.usual(c.Flags().Changed).complete()
			}
			if err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			return bench(c, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.operation, "operation", "generate", strings.Join(benchVerbs(), ", "))
	f.StringVar(&o.dialect, "dialect", "", "generate: midtrans, qoin or dana; pay: paydia; query: midtrans or qoin; list: speedcash (default: the first)")
	f.StringVar(&o.store, "store", os.Getenv(storeVariable), "postgres:// URL of an empty database (default: $"+storeVariable+", or the embedded store)")
	f.IntVar(&o.connections, "connections", 32, "connections that send at once; list: 1 unless it is given")
	f.IntVar(&o.rounds, "rounds", 5, "rounds for each side")
	f.DurationVar(&o.round, "round", 3*time.Second, "length of a round")
	f.IntVar(&o.codes, "codes", 200_000, "codes that are stored before the first round; pay stores more if it pays more, list 100000 unless it is given")
	f.IntVar(&o.merchants, "merchants", 1, "merchants that the stored codes are of")
	f.IntVar(&o.payers, "payers", 1000, "pay: payers, each with a token")
	f.BoolVar(&o.ascending, "ascending", false, "ascending references instead of random ones")
	f.BoolVar(&o.images, "images", false, "embed the QR image in the answer instead of leaving it to qrUrl")
	f.BoolVar(&o.byPartnerRef, "partner-reference", false, "query by the partner's own reference (midtrans)")
	f.StringVar(&o.receiver, "receiver", receiverPrompt, "pay: the notifications' receiver is prompt, hanging (the outbox fills up) or none (no outbox)")
	f.Float64Var(&o.rate, "rate", 0, "send at this many requests a second only")
	f.BoolVar(&o.half, "half", false, "then send at half of the rate that was found (generate)")
	f.DurationVar(&o.lasting, "for", 0, "load the server alone for so long, as in 10m, and follow its memory (pay: with --rate)")
	f.DurationVar(&o.rest, "rest", 12*time.Second, "list: let the server rest for so long before it is seen what a list holds in memory")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
	c.AddCommand(ceilingCommand(), nullCommand())
	return c
}

// usual are the options where others were not given: a list is of a day, and
// clients ask for one at a time.
func (o benchOptions) usual(given func(flag string) bool) benchOptions {
	if o.operation != verbList {
		return o
	}
	if !given("codes") {
		o.codes = 100_000
	}
	if !given("connections") {
		o.connections = 1
	}
	return o
}

// complete checks the options and fills in what follows from others.
func (o benchOptions) complete() (benchOptions, error) {
	v, ok := verbNamed(o.operation)
	if !ok {
		return o, fmt.Errorf("--operation %s: there are %s", o.operation, strings.Join(benchVerbs(), ", "))
	}
	o.dialect = cmp.Or(o.dialect, v.dialects[0])
	paced := o.half || o.rate > 0
	for _, wrong := range []struct {
		is  bool
		why string
	}{
		{!slices.Contains(v.dialects, o.dialect), "--dialect " + o.dialect + ": " + o.operation + " is measured at " + strings.Join(v.dialects, ", ")},
		{o.store != "" && !storage.IsPostgres(o.store), "--store takes the postgres:// URL of an empty database; the embedded store is made in a temporary folder"},
		{o.connections < 1 || o.rounds < 1 || o.round <= 0 || o.merchants < 1 || o.payers < 1, "--connections, --rounds, --round, --merchants and --payers are at least 1"},
		{o.codes < 0 || o.rate < 0, "--codes and --rate are not negative"},
		{o.operation == verbQuery && o.codes == 0, "a query needs --codes"},
		{o.rest < 0 || o.lasting < 0 || o.lasting > 0 && (o.half || o.operation == verbList), "--for loads the server alone: not with --half, and not with lists"},
		{o.lasting > 0 && o.operation == verbPay && o.rate == 0, "--for pays a code with each request, which is stored before: say with --rate how many"},
		{o.operation == verbList && (o.codes == 0 || o.merchants > 1 || paced), "a list is of the --codes of one merchant, and knows no --rate and no --half"},
		{paced && o.lasting == 0 && o.operation != verbGenerate, "--rate and --half compare with a store that keeps nothing, of which only generate can do without"},
		{o.byPartnerRef && o.dialect != "midtrans", "--partner-reference: " + o.dialect + " is asked by its own reference only"},
		{!slices.Contains(receivers, o.receiver), "--receiver is one of " + strings.Join(receivers, ", ")},
	} {
		if wrong.is {
			return o, errors.New(wrong.why)
		}
	}
	if o.operation == verbPay {
		o.codes = max(o.codes, (o.rounds+1)*o.ahead(v)+1, int(o.rate*o.lasting.Seconds())+signedAhead) // one for the sample
	}
	return o, nil
}

// ahead is how many requests are prepared for a round. A round that runs out
// of them ends early.
func (o benchOptions) ahead(v verb) int {
	if o.rate > 0 {
		return max(1, int(o.rate*o.round.Seconds()))
	}
	perSecond := v.ahead
	if o.dialect == "dana" {
		perSecond = danaAhead
	}
	return max(1, int(o.round.Seconds()*perSecond))
}

// benchSide is one of the processes that are compared.
type benchSide struct {
	name    string
	process *child
	target  *benchTarget // how it is asked; sides that share one get the same requests
	runs    []benchRun
}

func (s *benchSide) address() string { return s.process.address }

// benchWorld is everything that a benchmark started.
type benchWorld struct {
	dir      string
	progress *benchProgress
	server   *benchSide
	others   []*benchSide
	deaf     func() // ends the receiver of the notifications
	report   benchReport
}

func bench(c *cobra.Command, o benchOptions) (err error) {
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	dir, err := os.MkdirTemp("", "qrisd-bench-")
	if err != nil {
		return err
	}
	w := &benchWorld{dir: dir, progress: newBenchProgress(c.ErrOrStderr()), report: newBenchReport(o)}
	defer func() {
		w.progress.end()
		err = errors.Join(err, w.stop(), os.RemoveAll(dir))
	}()
	if err := w.startServer(ctx, o); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if err := w.measure(ctx, o); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	w.progress.end()
	if o.json {
		return printJSON(c.OutOrStdout(), w.report)
	}
	w.report.print(c.OutOrStdout())
	return nil
}

func (w *benchWorld) stop() error {
	var errs []error
	if w.deaf != nil {
		w.deaf() // what it has not answered would keep the server
	}
	for _, s := range append(w.others, w.server) {
		if s != nil {
			errs = append(errs, s.process.stop())
		}
	}
	return errors.Join(errs...)
}

// startServer seeds a sandbox, fills its store while nobody serves it, and
// serves it again.
func (w *benchWorld) startServer(ctx context.Context, o benchOptions) error {
	receiver, deaf, err := receiving(o.receiver)
	if err != nil {
		return err
	}
	w.deaf = deaf
	serving := []string{"serve", "--sandbox", "--no-journal", "--data", w.dir, "--store", o.store, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}
	w.progress.next("seeding a sandbox", 0)
	first, err := startChild(ctx, o.serve, serving...)
	if err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	if err := first.stop(); err != nil {
		return fmt.Errorf("stopping the server: %w", err)
	}
	books, err := fillBooks(ctx, serveOptions{data: w.dir, store: o.store}.location(), o, receiver, w.progress)
	if err != nil {
		return fmt.Errorf("storing %d codes: %w", o.codes, err)
	}
	w.progress.next("starting the server", 0)
	server, err := startChild(ctx, o.serve, serving...)
	if err != nil {
		return fmt.Errorf("starting the server on what is stored: %w", err)
	}
	w.server = &benchSide{name: "qrisd", process: server}
	w.report.Server.Ready, w.report.Server.IdleRSS = server.took.Seconds(), server.usage().rss
	w.server.target, err = newBenchTarget(ctx, w.dir, o, books)
	return err
}

// measure runs the rounds.
func (w *benchWorld) measure(ctx context.Context, o benchOptions) error {
	switch {
	case o.operation == verbList:
		return w.list(ctx, o)
	case o.lasting > 0:
		return w.sustain(ctx, o)
	}
	if o.rate == 0 {
		if err := w.saturate(ctx, o); err != nil {
			return err
		}
		if !o.half {
			return nil
		}
		o.rate = w.report.Saturated.side("qrisd").Median / 2
	}
	return w.pace(ctx, o)
}

// saturate compares with the bare handler.
func (w *benchWorld) saturate(ctx context.Context, o benchOptions) error {
	bare, err := startChild(ctx, o.serve, "bench", "ceiling", "--sandbox-file", filepath.Join(w.dir, "sandbox.json"),
		"--operation", o.operation, "--dialect", o.dialect, "--like", w.server.target.sampleFile)
	if err != nil {
		return fmt.Errorf("starting the bare handler: %w", err)
	}
	ceiling := &benchSide{name: "bare handler", process: bare, target: w.server.target}
	w.others = append(w.others, ceiling)
	if err := w.rounds(ctx, o, ceiling, w.server); err != nil {
		return err
	}
	w.report.Saturated = compare(ceiling, w.server)
	w.report.Saturated.Ratios = rateRatios(w.server, ceiling)
	w.report.Saturated.Ratio = median(w.report.Saturated.Ratios)
	w.report.Server.MaxRSS = w.server.process.usage().maxRSS
	return nil
}

// pace compares at a fixed rate with a server whose store keeps nothing.
func (w *benchWorld) pace(ctx context.Context, o benchOptions) error {
	dir := filepath.Join(w.dir, "null")
	process, err := startChild(ctx, o.serve, "bench", "null", "--data", dir)
	if err != nil {
		return fmt.Errorf("starting the server that keeps nothing: %w", err)
	}
	null := &benchSide{name: "null store", process: process}
	w.others = append(w.others, null)
	if null.target, err = newBenchTarget(ctx, dir, o, w.server.target.books); err != nil {
		return err
	}
	w.server.runs = nil
	if err := w.rounds(ctx, o, null, w.server); err != nil {
		return err
	}
	w.report.Paced = compare(null, w.server)
	w.report.Paced.Rate = o.rate
	w.report.Paced.Ratio = w.report.Paced.side("qrisd").P99 / w.report.Paced.side("null store").P99
	w.report.Server.MaxRSS = w.server.process.usage().maxRSS
	return nil
}

// rounds lets the sides take turns. The first round warms them up and does
// not count.
func (w *benchWorld) rounds(ctx context.Context, o benchOptions, sides ...*benchSide) error {
	what := "rounds"
	if o.rate > 0 {
		what = fmt.Sprintf("rounds at %.0f/s", o.rate)
	}
	w.progress.next(what, int64((o.rounds+1)*len(sides)))
	for round := -1; round < o.rounds; round++ {
		var requests [][]byte
		for i, s := range sides {
			if i == 0 || s.target != sides[i-1].target {
				var err error
				if requests, err = s.target.signed(o.ahead(s.target.verb)); err != nil {
					return err
				}
			}
			run, err := s.load(ctx, requests, o)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			w.progress.add(1)
			if round >= 0 {
				s.runs = append(s.runs, run)
			}
		}
	}
	return nil
}
