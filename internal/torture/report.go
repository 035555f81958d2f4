package torture

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run came to.
type Report struct {
	Store         string                    `json:"store"` // embedded or database
	Nodes         int                       `json:"nodes"`
	Clients       int                       `json:"clients"`
	Seed          uint64                    `json:"seed"`
	Kills         int                       `json:"kills"`
	Seconds       float64                   `json:"seconds"` // under load
	Operations    map[string]map[string]int `json:"operations"`
	PerSecond     float64                   `json:"operationsPerSecond"`
	Tries         int                       `json:"tries"`
	Idle          int64                     `json:"triesWithoutServer"`
	ServerErrors  int                       `json:"serverErrors"` // answers of 5xx
	Broken        int                       `json:"unanswered"`
	CarriedOut    int                       `json:"unansweredButCarriedOut"` // codes and customers' payments
	Notifications int                       `json:"notifications"`
	RecoverMedian float64                   `json:"recoveryMedianMs"`
	RecoverMax    float64                   `json:"recoveryMaxMs"`
	Logged        []string                  `json:"errorsLogged,omitempty"` // by the nodes
	Findings      []Finding                 `json:"findings"`
	Data          string                    `json:"data,omitempty"` // folder that was kept
}

// What is under the nodes.
const (
	embedded = "embedded"
	database = "database"
)

// tally counts the log, and what of the unanswered was carried out after all.
func (r *Report) tally(log *journal, e *evidence) {
	r.Operations = map[string]map[string]int{}
	total := 0
	for _, o := range log.ops {
		if r.Operations[string(o.Kind)] == nil {
			r.Operations[string(o.Kind)] = map[string]int{}
		}
		r.Operations[string(o.Kind)][string(o.Outcome)]++
		if o.sent() {
			total++
		}
		r.count(o, e)
	}
	r.Idle = log.idle
	if r.Seconds > 0 {
		r.PerSecond = float64(total) / r.Seconds
	}
}

func (r *Report) count(o *op, e *evidence) {
	broken := 0
	for _, t := range o.Tries {
		switch {
		case t.Outcome == unknown && t.HTTP == 0:
			broken++
		case t.Outcome == unknown:
			r.ServerErrors++
		}
	}
	r.Tries += len(o.Tries)
	r.Broken += broken
	// A repeat that is refused as one says the same of the try before it.
	silent := len(o.Tries) > 0 && o.Tries[0].Outcome == unknown
	if silent && (o.Tries[len(o.Tries)-1].Outcome == repeated || (len(o.Tries) == broken && e.shows(o))) {
		r.CarriedOut++
	}
}

// shows reports whether a code or a customer's payment is there.
func (e *evidence) shows(o *op) bool {
	s := e.codes[o.Ref].State
	return (known(s) && s != missing) || e.payments[o.Ref].paid()
}

// recovered takes the times from the start of a killed node to its readiness.
func (r *Report) recovered(times []time.Duration) {
	if len(times) == 0 {
		return
	}
	slices.Sort(times)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	r.RecoverMedian, r.RecoverMax = ms(times[len(times)/2]), ms(times[len(times)-1])
}

// Bounds of what is printed one by one.
const (
	maxPrinted = 20 // findings
	maxLogged  = 5  // errors that nodes logged
)

// Print writes the report for people.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d kills of %d node(s) on %s, %d clients, seed %d\n\n", r.Kills, r.Nodes, stores[r.Store], r.Clients, r.Seed)
	fmt.Fprint(w, "operation")
	for _, o := range outcomes {
		fmt.Fprintf(w, "\t%s", o)
	}
	fmt.Fprintln(w)
	for _, k := range kinds {
		fmt.Fprint(w, k)
		for _, o := range outcomes {
			fmt.Fprintf(w, "\t%d", r.Operations[string(k)][string(o)])
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	for _, row := range [][2]string{
		{"under load", fmt.Sprintf("%.1f s, %.0f operations/s", r.Seconds, r.PerSecond)},
		{"tries", fmt.Sprintf("%d, %d of them unanswered (%d codes and payments were made all the same), %d answered with 5xx; %d more found no server", r.Tries, r.Broken, r.CarriedOut, r.ServerErrors, r.Idle)},
		{"notifications", fmt.Sprint(r.Notifications)},
		{"recovery", fmt.Sprintf("median %.0f ms, max %.0f ms", r.RecoverMedian, r.RecoverMax)},
		{"findings", fmt.Sprint(len(r.Findings))},
	} {
		fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return r.printFindings(out)
}

func (r *Report) printFindings(out io.Writer) error {
	var b strings.Builder
	for _, text := range r.Logged[:min(len(r.Logged), maxLogged)] {
		fmt.Fprintf(&b, "\nlogged %s\n", text)
	}
	for i, f := range r.Findings[:min(len(r.Findings), maxPrinted)] {
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, f)
	}
	if more := len(r.Findings) - maxPrinted; more > 0 {
		fmt.Fprintf(&b, "\nand %d more (--json has them all)\n", more)
	}
	if r.Data != "" {
		fmt.Fprintf(&b, "\nThe nodes' data, their logs and the clients' log are in %s\n", r.Data)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// stores are the words for what is under the nodes.
var stores = map[string]string{embedded: "the embedded store", database: "a database"}
