package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/storage"
)

// benchReport is what a run of the benchmark found.
type benchReport struct {
	Operation   string      `json:"operation"`
	Dialect     string      `json:"dialect"`
	Store       string      `json:"store"` // embedded or PostgreSQL
	Connections int         `json:"connections"`
	Round       string      `json:"round"`
	Codes       int         `json:"codes"`
	Merchants   int         `json:"merchants"`
	Payers      int         `json:"payers,omitempty"`
	Receiver    string      `json:"receiver,omitempty"`
	Ascending   bool        `json:"ascending"`
	Images      bool        `json:"images"`
	CPUs        int         `json:"cpus"`
	Go          string      `json:"go"`
	Saturated   *comparison `json:"saturated,omitempty"`
	Paced       *comparison `json:"paced,omitempty"`
	Listed      *listReport `json:"listed,omitempty"`
	Sustained   *sustained  `json:"sustained,omitempty"`
	Server      struct {
		Ready   float64 `json:"readySeconds"`
		IdleRSS int64   `json:"idleRSSBytes,omitempty"`
		MaxRSS  int64   `json:"maxRSSBytes,omitempty"`
	} `json:"server"`
}

func newBenchReport(o benchOptions) benchReport {
	r := benchReport{
		Operation: o.operation, Dialect: o.dialect, Store: "embedded", Connections: o.connections, Round: o.round.String(),
		Codes: o.codes, Merchants: o.merchants, Ascending: o.ascending, Images: o.images, CPUs: runtime.NumCPU(), Go: runtime.Version(),
	}
	if storage.IsPostgres(o.store) {
		r.Store = "PostgreSQL"
	}
	if o.operation == verbPay {
		r.Payers, r.Receiver = o.payers, o.receiver
	}
	return r
}

// comparison is of two sides that took turns.
type comparison struct {
	Rate   float64      `json:"rate,omitempty"` // at which requests were sent; 0: as fast as they were answered
	Sides  []sideReport `json:"sides"`
	Ratio  float64      `json:"ratio"`            // of qrisd to the other: of rates, at a fixed rate of p99
	Ratios []float64    `json:"ratios,omitempty"` // of rates, round by round; Ratio is their median
}

// sideReport is how one side did. Latencies are in milliseconds, over all
// rounds.
type sideReport struct {
	Name      string    `json:"name"`
	PerSecond []float64 `json:"perSecond"` // of each round
	Median    float64   `json:"median"`
	P50       float64   `json:"p50ms"`
	P95       float64   `json:"p95ms"`
	P99       float64   `json:"p99ms"`
	P999      float64   `json:"p999ms"`
	// CPU and Written are what its process took for each request; of a
	// database they hold nothing.
	CPU     float64 `json:"cpuMicros,omitempty"`
	Written float64 `json:"writtenBytes,omitempty"`
}

func (c *comparison) side(name string) sideReport {
	i := slices.IndexFunc(c.Sides, func(s sideReport) bool { return s.Name == name })
	return c.Sides[i]
}

func compare(sides ...*benchSide) *comparison {
	c := new(comparison)
	for _, s := range sides {
		c.Sides = append(c.Sides, s.report())
	}
	return c
}

func (s *benchSide) report() sideReport {
	r := sideReport{Name: s.name}
	var latencies []time.Duration
	var took usage
	for _, run := range s.runs {
		r.PerSecond = append(r.PerSecond, run.perSecond())
		latencies = append(latencies, run.latencies...)
		took.cpu += run.usage.cpu
		took.written += run.usage.written
	}
	slices.Sort(latencies)
	r.Median = median(r.PerSecond)
	r.P50, r.P95, r.P99, r.P999 = percentile(latencies, 50), percentile(latencies, 95), percentile(latencies, 99), percentile(latencies, 99.9)
	if n := float64(len(latencies)); n > 0 {
		r.CPU, r.Written = float64(took.cpu.Microseconds())/n, float64(took.written)/n
	}
	return r
}

// rateRatios compares each round with the one beside it, so that an hour in
// which the machine is slow does not count.
func rateRatios(s, other *benchSide) []float64 {
	var all []float64
	for i := range s.runs {
		if rate := other.runs[i].perSecond(); rate > 0 {
			all = append(all, s.runs[i].perSecond()/rate)
		}
	}
	return all
}

func (r benchReport) print(w io.Writer) {
	fmt.Fprintf(w, "%s\n", r.headline())
	if c := r.Saturated; c != nil {
		fmt.Fprintln(w)
		printTable(w, c.table())
		server := c.side("qrisd")
		printPairs(w, [][2]string{
			{"ratio", fmt.Sprintf("%.2f of the bare handler, by round %.2f", c.Ratio, c.Ratios)},
			{"p99 to p50", fmt.Sprintf("%.1f", server.P99/server.P50)},
		})
	}
	if c := r.Paced; c != nil {
		fmt.Fprintf(w, "\nsent at %.0f/s\n", c.Rate)
		printTable(w, c.table())
		printPairs(w, [][2]string{{"p99", fmt.Sprintf("%.1f times that of a store that keeps nothing", c.Ratio)}})
	}
	if r.Listed != nil {
		r.Listed.print(w)
	}
	if r.Sustained != nil {
		r.Sustained.print(w)
	}
	fmt.Fprintf(w, "\nready %.2f s after its start", r.Server.Ready)
	if r.Server.IdleRSS > 0 {
		fmt.Fprintf(w, ", with %.0f MB of memory; at most %.0f MB", float64(r.Server.IdleRSS)/1e6, float64(r.Server.MaxRSS)/1e6)
	}
	fmt.Fprintln(w)
}

func (r benchReport) headline() string {
	references := "random references"
	if r.Ascending {
		references = "ascending references"
	}
	parts := []string{
		r.Operation, r.Dialect, r.Store, fmt.Sprintf("%d connections", r.Connections),
		fmt.Sprintf("%d codes stored", r.Codes), fmt.Sprintf("merchants: %d", r.Merchants), references,
	}
	if r.Operation == verbPay {
		parts = append(parts, fmt.Sprintf("payers: %d", r.Payers), "receiver: "+r.Receiver)
	}
	if r.Images {
		parts = append(parts, "images embedded")
	}
	return strings.Join(parts, ", ")
}

func (c *comparison) table() [][]string {
	rows := [][]string{{"", "median/s", "p50 ms", "p95", "p99", "p99.9", "CPU us each", "written each", "rounds"}}
	for _, s := range c.Sides {
		rows = append(rows, []string{
			s.Name, fmt.Sprintf("%.0f", s.Median),
			fmt.Sprintf("%.2f", s.P50), fmt.Sprintf("%.2f", s.P95), fmt.Sprintf("%.2f", s.P99), fmt.Sprintf("%.2f", s.P999),
			cmp.Or(measured(s.CPU), "-"), cmp.Or(measured(s.Written), "-"), fmt.Sprintf("%.0f", s.PerSecond),
		})
	}
	return rows
}

func measured(n float64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", n)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// percentile of sorted latencies, in milliseconds.
func percentile(sorted []time.Duration, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(float64(len(sorted)-1)*p/100)].Microseconds()) / 1000
}
