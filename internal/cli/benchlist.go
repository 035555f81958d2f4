package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// listReport is how lists of a day went. Times are in milliseconds. Memory is
// the resident set of the server, in bytes, of which SQLite's page cache is a
// part; where the system has no /proc it is zero.
type listReport struct {
	Lists    int     `json:"lists"`
	Rows     int     `json:"rows"`  // of each
	Bytes    int64   `json:"bytes"` // of each
	FirstP50 float64 `json:"firstByteP50ms"`
	FirstP99 float64 `json:"firstByteP99ms"`
	WholeP50 float64 `json:"wholeP50ms"`
	WholeP99 float64 `json:"wholeP99ms"`
	Cold     held    `json:"coldRSS"` // one list after a start, which fills SQLite's page cache
	Warm     held    `json:"warmRSS"` // one list after that, by a server that has rested
}

// held is the resident set before and, at its most, during something.
type held struct {
	Before int64 `json:"beforeBytes"`
	Most   int64 `json:"mostBytes"`
}

// listRun is one list.
type listRun struct {
	first, whole time.Duration
	rows         int
	bytes        int64
}

// list asks for the whole day: twice for what the server holds meanwhile, and
// then again and again for the times.
func (w *benchWorld) list(ctx context.Context, o benchOptions) (err error) {
	var r listReport
	w.progress.next("lists", int64(o.rounds+2))
	for _, memory := range []*held{&r.Cold, &r.Warm} {
		if *memory, err = w.listAlone(ctx, o); err != nil {
			return err
		}
	}
	var runs []listRun
	for range o.rounds {
		more, err := w.listRound(ctx, o)
		if err != nil {
			return err
		}
		runs = append(runs, more...)
	}
	r.summarise(runs)
	w.report.Listed, w.report.Server.MaxRSS = &r, w.server.process.usage().maxRSS
	return nil
}

// listAlone asks once, after a rest in which the server gives back what it has
// no use for (heap.go): what it then holds more is this list's.
func (w *benchWorld) listAlone(ctx context.Context, o benchOptions) (held, error) {
	select {
	case <-ctx.Done():
		return held{}, ctx.Err()
	case <-time.After(o.rest):
	}
	o.connections, o.round = 1, 0
	watched := w.watchMemory()
	_, err := w.listRound(ctx, o)
	return watched(), err
}

// listRound asks on each connection until the round is over, once at least.
func (w *benchWorld) listRound(ctx context.Context, o benchOptions) (runs []listRun, err error) {
	defer w.progress.add(1)
	over := time.Now().Add(o.round)
	var mu sync.Mutex
	err = together(o.connections, func() error {
		for {
			run, err := w.server.target.listOnce(ctx)
			if err == nil && run.rows != o.codes {
				err = fmt.Errorf("a list has %d codes of %d", run.rows, o.codes)
			}
			if err != nil {
				return err
			}
			mu.Lock()
			runs = append(runs, run)
			mu.Unlock()
			if time.Now().After(over) {
				return nil
			}
		}
	})
	return runs, err
}

// together runs f n times side by side.
func together(n int, f func() error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// memoryEvery is how often the resident set is looked at during a list.
const memoryEvery = 5 * time.Millisecond

// watchMemory looks at the server's resident set until what it gives is called.
func (w *benchWorld) watchMemory() (end func() held) {
	rss := func() int64 { return w.server.process.usage().rss }
	h := held{Before: rss()}
	h.Most = h.Before
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		periodically(ctx, memoryEvery, func() { h.Most = max(h.Most, rss()) })
	}()
	return func() held {
		cancel()
		<-done
		h.Most = max(h.Most, rss())
		return h
	}
}

// listOnce asks for the list on a connection of its own.
func (t *benchTarget) listOnce(ctx context.Context) (run listRun, err error) {
	request, err := t.request()
	if err != nil {
		return run, err
	}
	c, err := dialBench(t.address)
	if err != nil {
		return run, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	began := time.Now()
	if _, err := c.Write(request); err != nil {
		return run, err
	}
	if _, err := c.in.Peek(1); err != nil {
		return run, err
	}
	run.first = time.Since(began)
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return run, err
	}
	defer res.Body.Close()
	run.rows, run.bytes, err = countRows(res.Body)
	run.whole = time.Since(began)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("a list was answered %s", res.Status)
	}
	return run, err
}

// countRows counts the objects within the answer's own, with as little work as
// that can be told: no text of a list has a brace.
func countRows(body io.Reader) (rows int, size int64, err error) {
	rows = -1
	buffer := make([]byte, 64<<10)
	for {
		n, err := body.Read(buffer)
		rows += bytes.Count(buffer[:n], []byte("{"))
		size += int64(n)
		if err == io.EOF {
			return rows, size, nil
		}
		if err != nil {
			return rows, size, err
		}
	}
}

func (r *listReport) summarise(runs []listRun) {
	var first, whole []time.Duration
	for _, run := range runs {
		first, whole = append(first, run.first), append(whole, run.whole)
		r.Rows, r.Bytes = run.rows, run.bytes
	}
	slices.Sort(first)
	slices.Sort(whole)
	r.Lists = len(runs)
	r.FirstP50, r.FirstP99 = percentile(first, 50), percentile(first, 99)
	r.WholeP50, r.WholeP99 = percentile(whole, 50), percentile(whole, 99)
}

func (r *listReport) print(w io.Writer) {
	fmt.Fprintf(w, "\n%d lists of %d codes, %.1f MB each\n", r.Lists, r.Rows, megabytes(r.Bytes))
	printTable(w, [][]string{
		{"", "p50 ms", "p99"},
		{"first byte", fmt.Sprintf("%.1f", r.FirstP50), fmt.Sprintf("%.1f", r.FirstP99)},
		{"whole list", fmt.Sprintf("%.0f", r.WholeP50), fmt.Sprintf("%.0f", r.WholeP99)},
	})
	if r.Cold.Before > 0 {
		printPairs(w, [][2]string{{"first list", r.Cold.String()}, {"a later one", r.Warm.String()}})
	}
}

func (h held) String() string {
	return fmt.Sprintf("%.1f MB resident before it, at most %.1f MB more meanwhile", megabytes(h.Before), megabytes(h.Most-h.Before))
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
