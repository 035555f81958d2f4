package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
)

// counters are payers whose balances count what was kept: adding to one is
// not harmless when it is done twice.
const counters = 5

// TestFaults writes through proxies that lose COMMITs and their answers, hold
// COMMITs back until the client is gone, and answer one in five with 40001.
// What is acknowledged is there once, and what is not is not there at all.
func TestFaults(t *testing.T) {
	const transactions, callers = 20_000, 32
	cluster := pgtest.Start(t, pgtest.Options{})
	url := cluster.Database(t)
	plain := mustOpen(t, url, Options{})
	for i := range counters {
		if err := plain.Update(t.Context(), func(tx pay.Tx) error { return tx.InsertPayer(pay.Payer{ID: fmt.Sprint(i)}) }); err != nil {
			t.Fatal(err)
		}
	}
	var nodes []*Store
	var proxies []*pgtest.Proxy
	for seed := range uint64(2) {
		p := pgtest.NewProxy(t, cluster.Addr(), pgtest.Plan{
			Rates: map[pgtest.Fault]float64{
				pgtest.LoseCommit: 0.03, pgtest.LoseAnswer: 0.03, pgtest.DelayCommit: 0.02, pgtest.RefuseCommit: 0.20,
				pgtest.FailStatement: 0.02, pgtest.Deadlock: 0.02,
			},
			Dice: rand.New(rand.NewPCG(seed, 7)), Delay: 30 * time.Millisecond,
		})
		proxies = append(proxies, p)
		nodes = append(nodes, mustOpen(t, through(t, p, url), Options{MaxBatch: 3, Patience: time.Minute}))
	}
	var next, kept atomic.Int64
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for n := next.Add(1); n <= transactions; n = next.Add(1) {
				switch err := nodes[caller%len(nodes)].Update(context.Background(), countOne(n)); {
				case err == nil:
					kept.Add(1)
				default:
					t.Errorf("transaction %d: %v", n, err)
				}
			}
		})
	}
	wg.Wait()
	if kept.Load() != transactions {
		t.Fatalf("%d of %d acknowledged", kept.Load(), transactions)
	}
	checkCounted(t, plain, transactions)
	total := map[pgtest.Fault]int{}
	for _, p := range proxies {
		for f, n := range p.Counts().Faults {
			total[f] += n
		}
		t.Logf("%d commits: %v", p.Counts().Commits, p.Counts().Faults)
	}
	for _, f := range []pgtest.Fault{pgtest.LoseCommit, pgtest.LoseAnswer, pgtest.DelayCommit, pgtest.RefuseCommit, pgtest.FailStatement, pgtest.Deadlock} {
		if total[f] < 50 {
			t.Errorf("only %d times: %s", total[f], f)
		}
	}
}

// through is a database's URL by way of a proxy.
func through(t *testing.T, p *pgtest.Proxy, url string) string {
	t.Helper()
	c, err := postgresConfig(url, Options{}.orDefault(postgresReaders))
	if err != nil {
		t.Fatal(err)
	}
	return p.URL(c.ConnConfig.Database)
}

// countOne writes a mark and a code of its own, and one more in a counter that
// many share. Met a second time it would say ErrExists.
func countOne(n int64) func(pay.Tx) error {
	key := fmt.Sprint(n)
	counter := fmt.Sprint(n % counters)
	return func(tx pay.Tx) error {
		return errors.Join(
			tx.InsertMark(pay.Mark{PartnerID: "p", Kind: pay.ByReference, Key: key, Ref: key}),
			tx.InsertCode(benchCode(n, key), "2026-01-01"),
			tx.Credit(counter, 1),
		)
	}
}

func checkCounted(t *testing.T, s *Store, transactions int64) {
	t.Helper()
	err := s.View(t.Context(), func(r pay.Reader) error {
		c, err := r.Counts()
		if err != nil {
			return err
		}
		if c.Codes != transactions {
			t.Errorf("%d codes are there, %d were acknowledged", c.Codes, transactions)
		}
		payers, err := r.PayerPage("", 100)
		var sum pay.Rupiah
		for _, p := range payers {
			sum += p.Balance
		}
		if int64(sum) != transactions {
			t.Errorf("%d were counted, %d acknowledged", int64(sum), transactions)
		}
		for n := int64(1); n <= transactions; n++ {
			if _, err := r.Code(benchCode(n, "").Ref); err != nil {
				t.Errorf("code %d: %v", n, err)
			}
			if m, err := r.Mark("p", "", pay.ByReference, fmt.Sprint(n), ""); err != nil || m.Ref != fmt.Sprint(n) {
				t.Errorf("mark %d: %+v, %v", n, m, err)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
