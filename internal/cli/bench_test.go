package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pgtest"
)

// benched runs `qrisd bench` with rounds that are over at once.
func benched(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	program, err := exec.LookPath("qrisd") // this binary, as TestMain installs it
	if err != nil {
		t.Fatal(err)
	}
	tiny := []string{"bench", "--connections", "2", "--rounds", "1", "--round", "50ms", "--codes", "300", "--payers", "3"}
	cmd := exec.CommandContext(t.Context(), program, append(tiny, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%w: %s", err, stderr.String())
	}
	return stdout.String(), nil
}

func TestBench(t *testing.T) {
	for _, args := range [][]string{
		{"--operation", "generate", "--dialect", "midtrans", "--half"},
		{"--operation", "generate", "--dialect", "qoin", "--ascending", "--images"},
		{"--operation", "generate", "--dialect", "dana"},
		{"--operation", "pay", "--merchants", "7", "--receiver", "hanging"},
		{"--operation", "query", "--partner-reference"},
		{"--operation", "query", "--dialect", "qoin"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			out, err := benched(t, append(args, "--store", storeOf(t, t.TempDir()), "--json")...)
			if err != nil {
				t.Fatal(err)
			}
			var r benchReport
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			checkComparison(t, r.Saturated, "bare handler")
			if slices.Contains(args, "--half") {
				checkComparison(t, r.Paced, "null store")
			} else if r.Paced != nil {
				t.Errorf("sent at a rate that nobody asked for: %+v", r.Paced)
			}
			if len(r.Saturated.Ratios) != 1 || r.Codes < 300 || r.Server.Ready <= 0 {
				t.Errorf("the report is incomplete: %s", out)
			}
		})
	}
}

func checkComparison(t *testing.T, c *comparison, other string) {
	t.Helper()
	if c == nil {
		t.Fatalf("there is no comparison with the %s", other)
	}
	for _, name := range []string{other, "qrisd"} {
		s := c.side(name)
		if len(s.PerSecond) != 1 || s.Median <= 0 || s.P50 <= 0 || s.P50 > s.P95 || s.P95 > s.P99 || s.P99 > s.P999 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if c.Ratio <= 0 {
		t.Errorf("ratio %v", c.Ratio)
	}
}

func TestBenchOnPostgres(t *testing.T) {
	out, err := benched(t, "--operation", "pay", "--store", pgtest.Shared(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pay, paydia, PostgreSQL, 2 connections", "bare handler", "qrisd", "ratio", "p99 to p50", "ready"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table says nothing of %q:\n%s", want, out)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--operation refund":             "there are generate, pay, query",
		"--operation pay --dialect aspi": "pay is measured at paydia",
		"--operation pay --half":         "of which only generate can do without",
		"--operation query --codes 0":    "a query needs --codes",
		"--store books.db":               "--store takes the postgres:// URL",
		"--receiver slow":                "prompt, hanging, none",
		"--connections 0":                "at least 1",
		"--rate -1":                      "not negative",
		"--operation query --dialect qoin --partner-reference": "its own reference only",
		"--operation list --merchants 2":                       "of one merchant",
		"--operation list --for 1s":                            "not with lists",
		"--for 1s --half":                                      "not with --half",
		"--operation pay --for 1s":                             "say with --rate how many",
	} {
		if _, err := benched(t, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
	}
}

// TestBenchList: every list is whole, its first byte comes before its last, and
// memory is seen before it and meanwhile.
func TestBenchList(t *testing.T) {
	args := []string{"--operation", "list", "--rest", "0s", "--codes", "1200", "--store", storeOf(t, t.TempDir())}
	out, err := benched(t, append(args, "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	var r benchReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Listed == nil {
		t.Fatalf("%v: %s", err, out)
	}
	l := r.Listed
	if l.Lists < 2 || l.Rows != 1200 || l.Bytes < 1200*100 || l.FirstP50 <= 0 || l.FirstP50 > l.FirstP99 || l.FirstP50 > l.WholeP50 || l.WholeP50 > l.WholeP99 {
		t.Errorf("the report is %+v", l)
	}
	for _, h := range []held{l.Cold, l.Warm} {
		if h.Before <= 0 || h.Most < h.Before {
			t.Errorf("held %+v", h)
		}
	}
	if r.Saturated != nil || r.Paced != nil {
		t.Errorf("a list is compared with something: %s", out)
	}
	if out, err = benched(t, args[:6]...); err != nil || !strings.Contains(out, "first byte") || !strings.Contains(out, " lists of 1200 codes") || !strings.Contains(out, "a later one") {
		t.Errorf("%v, the table is\n%s", err, out)
	}
}

// TestBenchForAWhile: the load ends when it is to, and says what was held.
func TestBenchForAWhile(t *testing.T) {
	for _, args := range [][]string{
		{"--for", "400ms"}, {"--for", "300ms", "--rate", "50"}, {"--operation", "query", "--for", "300ms"},
		{"--operation", "pay", "--for", "300ms", "--rate", "20"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			out, err := benched(t, append(args, "--store", storeOf(t, t.TempDir()), "--json")...)
			if err != nil {
				t.Fatal(err)
			}
			var r benchReport
			if err := json.Unmarshal([]byte(out), &r); err != nil || r.Sustained == nil || len(r.Sustained.Samples) != 1 {
				t.Fatalf("%v: %s", err, out)
			}
			if s := r.Sustained.Samples[0]; s.Ends < 0.3 || s.PerSecond <= 0 || s.P50 <= 0 || s.P50 > s.P99 || s.RSS <= 0 || s.Heap <= 0 || s.NextGC <= 0 {
				t.Errorf("the sample is %+v", s)
			}
		})
	}
	out, err := benched(t, "--for", "300ms")
	if err != nil || !strings.Contains(out, "resident MB") || !strings.Contains(out, "loaded for 300ms") {
		t.Errorf("%v, the table is\n%s", err, out)
	}
}

// TestBenchCodes: what the store is filled with is told apart and keeps its
// form.
func TestBenchCodes(t *testing.T) {
	dir := t.TempDir()
	h := startIn(t, dir)
	h.stop()
	o := benchOptions{operation: verbPay, dialect: "paydia", codes: 250, merchants: 3, payers: 2}
	books, err := fillBooks(t.Context(), serveOptions{data: dir, store: storeOf(t, dir)}.location(), o, "", newBenchProgress(new(bytes.Buffer)))
	if err != nil {
		t.Fatal(err)
	}
	again := startIn(t, dir)
	refs := make(map[string]bool)
	for i := range o.codes {
		want := books.code(i)
		got, err := again.node.core.Code(t.Context(), want.Ref)
		if err != nil {
			t.Fatal(err)
		}
		if got.Payload != want.Payload || len(got.Ref) != len(books.patterns[0].Ref) || got.MerchantID != books.patterns[i%3].MerchantID {
			t.Fatalf("stored %+v, want %+v", got, want)
		}
		refs[got.PartnerRef] = true
	}
	if len(refs) != o.codes {
		t.Errorf("%d references of %d codes", len(refs), o.codes)
	}
	again.books()
}

func TestProcessTime(t *testing.T) {
	for stat, want := range map[string]time.Duration{
		"42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0": 2 * time.Second,
		"42 (qrisd) S 1 2": 0,
		"":                 0,
	} {
		if got := processTime(stat); got != want {
			t.Errorf("%q is %v, want %v", stat, got, want)
		}
	}
	if got := procValue("rchar: 1\nwrite_bytes: 4096\nVmRSS:\t  12 kB\n", "VmRSS:"); got != 12 {
		t.Errorf("VmRSS is %d", got)
	}
}

// BenchmarkGenerate and its like measure whole requests over loopback in one
// process, for profiles: go test -bench Generate -cpuprofile cpu.out.
func BenchmarkGenerate(b *testing.B) {
	benchmarkVerb(b, benchOptions{operation: verbGenerate, dialect: "midtrans"})
}

func BenchmarkGenerateImages(b *testing.B) {
	benchmarkVerb(b, benchOptions{operation: verbGenerate, dialect: "midtrans", images: true})
}

func BenchmarkPay(b *testing.B) {
	benchmarkVerb(b, benchOptions{operation: verbPay, dialect: "paydia"})
}

func BenchmarkQuery(b *testing.B) {
	benchmarkVerb(b, benchOptions{operation: verbQuery, dialect: "midtrans"})
}

func benchmarkVerb(b *testing.B, o benchOptions) {
	easedHeap()
	dir := b.TempDir()
	serving := serveOptions{data: dir, listen: "127.0.0.1:0", admin: "127.0.0.1:0", sandbox: true, notifyPrivate: true, noJournal: true, skew: -1, drain: -1, logLevel: "error"}
	stop := servedIn(b, serving)
	stop()
	o.codes, o.merchants, o.payers = 1000, 1, 100
	if o.operation == verbPay {
		o.codes = max(o.codes, b.N+1) // each is paid once
	}
	books, err := fillBooks(b.Context(), serving.location(), o, "", newBenchProgress(new(bytes.Buffer)))
	if err != nil {
		b.Fatal(err)
	}
	defer servedIn(b, serving)()
	target, err := newBenchTarget(b.Context(), dir, o, books)
	if err != nil {
		b.Fatal(err)
	}
	requests, err := target.signed(b.N)
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		c, err := dialBench(target.address)
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		for pb.Next() {
			if status, body, err := c.do(requests[next.Add(1)-1]); err != nil || status != 200 {
				b.Errorf("%d %s %v", status, body, err)
				return
			}
		}
	})
	b.StopTimer()
}

// servedIn serves until the function that it gives is called.
func servedIn(b *testing.B, o serveOptions) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan *node, 1), make(chan error, 1)
	go func() { done <- serve(ctx, o, func(n *node) { ready <- n }) }()
	select {
	case <-ready:
	case err := <-done:
		b.Fatal(err)
	}
	return func() { cancel(); <-done }
}
