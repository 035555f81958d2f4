package console

import (
	"cmp"
	"context"
	"html/template"
	"slices"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// overviewBody is how the server does.
type overviewBody struct {
	Codes      []stateCount
	Deliveries []stateCount
	Payments   int // today
	Today      string
	Turnover   figure[turnover]
	Window     int // minutes
	Windows    []int
	Requests   int64
	PerSecond  string // of the last whole minutes
	Refused    string // share
	P50, P95   time.Duration
	P99        time.Duration
	RateChart  template.HTML
	TookChart  template.HTML
	TopCodes   []codeCount
	Since      time.Time
	Up         time.Duration
}

// stateCount is how many of a kind are in a state.
type stateCount struct {
	State string
	Count int
	Path  string
}

// turnover is what was paid and given back on a day.
type turnover struct {
	Gross, MDR, Refunds pay.Rupiah
	Count               int64
}

// codeCount is how often a response code was answered.
type codeCount struct {
	Code, Message string
	Count         int64
	Share         string
	Width         int // of 100
	Class         string
}

var windows = []int{60, trafficMinutes}

func (c *Console) overview(v *visit) (any, error) {
	b := overviewBody{Today: pay.Day(c.core.Now()), Window: windows[0], Windows: windows, Since: c.began, Up: c.Now().Sub(c.began)}
	if v.asked("window") == "180" {
		b.Window = trafficMinutes
	}
	err := c.core.Inspect(v.Context(), b.count)
	if err != nil {
		return nil, err
	}
	b.Turnover, err = look(v.Context(), &c.figures, "turnover "+b.Today, c.Now, func(ctx context.Context) (turnover, error) {
		return c.turnoverOf(ctx, b.Today)
	})
	b.traffic(c.Traffic.last(b.Window), v.taste.lang)
	return b, err
}

// count counts what is in each state, as far as counts go.
func (b *overviewBody) count(r pay.Reader) (err error) {
	for _, state := range codeStates {
		n, err := r.CountCodes(pay.CodeFilter{State: state}, counted+1)
		if err != nil {
			return err
		}
		b.Codes = append(b.Codes, stateCount{string(state), n, with(root+"/codes", "state", string(state))})
	}
	for _, state := range deliveryStates {
		n, err := r.CountDeliveries("", state, counted+1)
		if err != nil {
			return err
		}
		b.Deliveries = append(b.Deliveries, stateCount{string(state), n, with(root+"/notifications", "state", string(state))})
	}
	b.Payments, err = r.CountPayments(pay.PaymentFilter{Prefix: prefixOf(b.Today)}, counted+1)
	return err
}

// prefixOf is what the references of a Jakarta date begin with.
func prefixOf(day string) string { return digitsOf(day[2:]) }

// turnoverOf sums up what moved on a day, settled or not.
func (c *Console) turnoverOf(ctx context.Context, day string) (sum turnover, err error) {
	err = c.core.Inspect(ctx, func(r pay.Reader) error {
		open, err := r.Unsettled(day)
		if err != nil {
			return err
		}
		closed, err := r.Settlements(day)
		for _, s := range slices.Concat(open, closed) {
			sum.Gross += s.Gross
			sum.MDR += s.MDR - s.MDRBack
			sum.Refunds += s.Refunds
			sum.Count += s.Count
		}
		return err
	})
	return sum, err
}

// topCodes is how many response codes the overview tells apart.
const topCodes = 10

// traffic sums up and draws the answers of some minutes.
func (b *overviewBody) traffic(minutes []minute, lang string) {
	var took histogram
	var byClass [classes]int64
	codes := map[string]int64{}
	for i := range minutes {
		m := &minutes[i]
		took.merge(&m.took)
		for class, n := range m.classes {
			byClass[class] += n
		}
		for code, n := range m.codes {
			codes[code] += n
		}
		b.Requests += m.total()
	}
	b.P50, b.P95, b.P99 = took.quantile(0.5), took.quantile(0.95), took.quantile(0.99)
	b.PerSecond = rate(minutes)
	b.Refused = percent(byClass[classRefused]+byClass[classFailed], b.Requests)
	b.RateChart, b.TookChart = requestChart(lang, minutes), latencyChart(minutes)
	for code, n := range codes {
		b.TopCodes = append(b.TopCodes, codeCount{
			Code: cmp.Or(code, "–"), Message: messageOf(code), Count: n, Share: percent(n, b.Requests),
			Width: int(100 * n / max(b.Requests, 1)), Class: classNames[classOfCode(code)],
		})
	}
	slices.SortFunc(b.TopCodes, func(x, y codeCount) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Code, y.Code)) })
	b.TopCodes = b.TopCodes[:min(topCodes, len(b.TopCodes))]
}

// rate is how many requests a second came in the five minutes before the
// present one.
func rate(minutes []minute) string {
	last := minutes[max(0, len(minutes)-6) : len(minutes)-1]
	var sum int64
	for i := range last {
		sum += last[i].total()
	}
	return trim(float64(sum) / float64(60*len(last)))
}

func percent(part, whole int64) string { return trim(100*float64(part)/float64(max(whole, 1))) + " %" }
