package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sustained is how a server did that was loaded for a long while.
type sustained struct {
	For     string    `json:"for"`
	Samples []stretch `json:"samples"`
}

// stretch is a part of the while. Its memory is looked at as it ends.
type stretch struct {
	Ends      float64 `json:"endsSeconds"` // since the beginning
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50ms"`
	P99       float64 `json:"p99ms"`
	RSS       int64   `json:"rssBytes,omitempty"`
	Heap      int64   `json:"heapBytes"`           // of Go's, with what is not collected yet
	NextGC    int64   `json:"nextCollectionBytes"` // what Go's may grow to: a multiple of what lives
}

const (
	sampleEvery = 10 * time.Second
	// signedAhead is how many requests wait for a connection: some that is, and
	// not many, so that this process needs little memory itself.
	signedAhead = 2000
)

// sustain loads the server, for as long as is asked for, with requests that are
// signed meanwhile.
func (w *benchWorld) sustain(ctx context.Context, o benchOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	l := &lasting{
		sending: sending{address: w.server.address(), began: began, rate: o.rate}, since: began,
		target:   w.server.target,
		requests: make(chan []byte, signedAhead),
	}
	failed := make(chan error, 1)
	go func() { failed <- l.run(ctx, cancel, o.connections) }()
	r := &sustained{For: o.lasting.String()}
	every := min(sampleEvery, o.lasting)
	w.progress.next("load for "+r.For, int64(o.lasting/every))
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for time.Since(l.began) < o.lasting && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticks.C:
			s, err := w.sample(ctx, l)
			if err != nil {
				return errors.Join(err, l.end(cancel, failed))
			}
			r.Samples = append(r.Samples, s)
			w.progress.add(1)
		}
	}
	w.report.Sustained, w.report.Server.MaxRSS = r, w.server.process.usage().maxRSS
	return l.end(cancel, failed)
}

// lasting is a load without end.
type lasting struct {
	sending
	target   *benchTarget
	requests chan []byte

	mu        sync.Mutex
	latencies []time.Duration // since the last sample
	since     time.Time
}

// end ends the load and gives what failed in it.
func (l *lasting) end(cancel func(), failed <-chan error) error {
	cancel()
	return <-failed
}

// signers prepare requests; signing costs a small part of what serving does.
const signers = 2

// run sends until the context ends, or something fails and ends it.
func (l *lasting) run(ctx context.Context, fail func(), connections int) error {
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	start := func(n int, f func(context.Context) error) {
		for range n {
			wg.Go(func() {
				if err := f(ctx); err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed = errors.Join(failed, err)
					fail()
				}
			})
		}
	}
	start(signers, l.sign)
	start(connections, l.send)
	wg.Wait()
	return failed
}

func (l *lasting) sign(ctx context.Context) error {
	for {
		request, err := l.target.request()
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case l.requests <- request:
		}
	}
}

func (l *lasting) send(ctx context.Context) error {
	c, err := dialBench(l.address)
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case request := <-l.requests:
			began := l.begin(l.next.Add(1) - 1)
			status, body, err := c.do(request)
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("answered %d %s", status, body)
			}
			if err != nil {
				return err
			}
			l.count(time.Since(began))
		}
	}
}

func (l *lasting) count(latency time.Duration) {
	l.mu.Lock()
	l.latencies = append(l.latencies, latency)
	l.mu.Unlock()
}

// take gives the latencies since it was last called, and how long ago that was.
func (l *lasting) take() (latencies []time.Duration, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	latencies, took = l.latencies, now.Sub(l.since)
	l.latencies, l.since = make([]time.Duration, 0, cap(latencies)), now
	return latencies, took
}

func (w *benchWorld) sample(ctx context.Context, l *lasting) (stretch, error) {
	latencies, took := l.take()
	slices.Sort(latencies)
	s := stretch{
		Ends: l.since.Sub(l.began).Seconds(), PerSecond: float64(len(latencies)) / took.Seconds(),
		P50: percentile(latencies, 50), P99: percentile(latencies, 99), RSS: w.server.process.usage().rss,
	}
	found, err := w.server.target.scrape(ctx, "go_memstats_heap_alloc_bytes", "go_memstats_next_gc_bytes")
	if err == nil {
		s.Heap, s.NextGC = int64(found[0]), int64(found[1])
	}
	return s, err
}

// scrape reads metrics of the server that have no labels.
func (t *benchTarget) scrape(ctx context.Context, names ...string) ([]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.file.AdminURL+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+t.file.AdminToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reading the server's metrics: %w", err)
	}
	defer res.Body.Close()
	found := make([]float64, len(names))
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if i := slices.Index(names, name); i >= 0 {
			if found[i], err = strconv.ParseFloat(value, 64); err != nil {
				return nil, fmt.Errorf("reading the server's metrics: %w", err)
			}
		}
	}
	return found, lines.Err()
}

// print shows a row for each minute, or for each stretch of a short while. A
// row's latencies and memory are those of its end.
func (r *sustained) print(w io.Writer) {
	fmt.Fprintf(w, "\nloaded for %s\n", r.For)
	rows := [][]string{{"after", "median/s", "p50 ms", "p99", "resident MB", "heap MB", "collected at MB"}}
	step := int(time.Minute / sampleEvery)
	if len(r.Samples) < 2*step {
		step = 1
	}
	for end := step; end <= len(r.Samples); end += step {
		s := r.Samples[end-1]
		var rates []float64
		for _, part := range r.Samples[end-step : end] {
			rates = append(rates, part.PerSecond)
		}
		rows = append(rows, []string{
			time.Duration(s.Ends * float64(time.Second)).Round(100 * time.Millisecond).String(), fmt.Sprintf("%.0f", median(rates)),
			fmt.Sprintf("%.2f", s.P50), fmt.Sprintf("%.2f", s.P99),
			fmt.Sprintf("%.1f", megabytes(s.RSS)), fmt.Sprintf("%.1f", megabytes(s.Heap)), fmt.Sprintf("%.1f", megabytes(s.NextGC)),
		})
	}
	printTable(w, rows)
}
