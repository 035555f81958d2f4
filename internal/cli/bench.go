package cli

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/sandbox"
)

type benchOptions struct {
	dialect     string
	connections int
	rounds      int
	round       time.Duration
	images      bool
	json        bool
	serve       string // an executable that serves; this one
}

func benchCommand() *cobra.Command {
	o := benchOptions{}
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure durable generate requests against the bare protocol",
		Long: `Measure signed, durable generate requests per second over loopback.

Two processes are started: the server on an embedded store in a temporary
folder, and a bare net/http handler that verifies the same signature over the
same body, decodes it and answers the same JSON, without storage. This process
sends them the same pre-signed requests with unique random references in turn,
round by round, and prints the medians and their ratio.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if o.serve, err = os.Executable(); err != nil {
				return err
			}
			return bench(c, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.dialect, "dialect", "midtrans", "midtrans, qoin or dana")
	f.IntVar(&o.connections, "connections", 32, "connections that send at once")
	f.IntVar(&o.rounds, "rounds", 5, "rounds for each side")
	f.DurationVar(&o.round, "round", 3*time.Second, "length of a round")
	f.BoolVar(&o.images, "images", false, "embed the QR image in the answer instead of leaving it to qrUrl")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
	c.AddCommand(ceilingCommand())
	return c
}

// benchResult is what a run of the benchmark found.
type benchResult struct {
	Dialect     string    `json:"dialect"`
	Connections int       `json:"connections"`
	Images      bool      `json:"images"`
	Server      []float64 `json:"serverPerSecond"`
	Ceiling     []float64 `json:"ceilingPerSecond"`
	ServerP50   float64   `json:"serverP50ms"`
	ServerP99   float64   `json:"serverP99ms"`
	Median      float64   `json:"serverMedian"`
	Bare        float64   `json:"ceilingMedian"`
	Ratio       float64   `json:"ratio"`
}

func bench(c *cobra.Command, o benchOptions) error {
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	dir, err := os.MkdirTemp("", "qrisd-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := startChild(ctx, o.serve, "serve", "--sandbox", "--no-journal", "--data", dir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	defer server.stop()
	target, err := newBenchTarget(ctx, dir, o)
	if err != nil {
		return err
	}
	bare, err := startChild(ctx, o.serve, "bench", "ceiling", "--sandbox-file", filepath.Join(dir, "sandbox.json"), "--dialect", o.dialect, "--like", target.sampleFile)
	if err != nil {
		return fmt.Errorf("starting the bare handler: %w", err)
	}
	defer bare.stop()
	result, err := benchRounds(ctx, c, o, target, bare.address)
	if err != nil {
		return err
	}
	if o.json {
		e := json.NewEncoder(c.OutOrStdout())
		e.SetIndent("", "  ")
		return e.Encode(result)
	}
	return result.print(c)
}

func benchRounds(ctx context.Context, c *cobra.Command, o benchOptions, target *benchTarget, bare string) (*benchResult, error) {
	result := &benchResult{Dialect: o.dialect, Connections: o.connections, Images: o.images}
	bar := progressbar.NewOptions(2*o.rounds+2, progressbar.OptionSetWriter(c.ErrOrStderr()), progressbar.OptionSetDescription("rounds"), progressbar.OptionClearOnFinish())
	defer bar.Finish()
	var latencies []time.Duration
	for round := -1; round < o.rounds; round++ { // the first warms both up
		for _, address := range []string{bare, target.address} {
			run, err := target.load(ctx, address, o)
			if err != nil {
				return nil, err
			}
			bar.Add(1)
			switch {
			case round < 0:
			case address == bare:
				result.Ceiling = append(result.Ceiling, run.perSecond())
			default:
				result.Server = append(result.Server, run.perSecond())
				latencies = append(latencies, run.latencies...)
			}
		}
	}
	result.Median, result.Bare = median(result.Server), median(result.Ceiling)
	result.Ratio = result.Median / result.Bare
	slices.Sort(latencies)
	result.ServerP50, result.ServerP99 = percentile(latencies, 50), percentile(latencies, 99)
	return result, nil
}

func (r *benchResult) print(c *cobra.Command) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "generate, %s, %d connections, images embedded: %v\n\n", r.Dialect, r.Connections, r.Images)
	fmt.Fprintf(w, "\tmedian/s\trounds\n")
	fmt.Fprintf(w, "bare handler\t%.0f\t%.0f\n", r.Bare, r.Ceiling)
	fmt.Fprintf(w, "qrisd, durable\t%.0f\t%.0f\n", r.Median, r.Server)
	fmt.Fprintf(w, "ratio\t%.2f\n", r.Ratio)
	fmt.Fprintf(w, "qrisd p50, p99\t%.1f ms, %.1f ms\n", r.ServerP50, r.ServerP99)
	return w.Flush()
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// percentile of sorted latencies, in milliseconds.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[(len(sorted)-1)*p/100].Microseconds()) / 1000
}

// benchTarget knows how to ask the server for codes.
type benchTarget struct {
	address     string
	dialect     *dialect.Dialect
	operation   *dialect.Operation
	credentials sandbox.Credentials
	key         *rsa.PrivateKey
	token       string
	sampleFile  string // an answer of the server, for the bare handler to repeat
}
