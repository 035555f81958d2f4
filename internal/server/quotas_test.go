package server

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// servers gives the quotas of several servers on one store.
func servers(t *testing.T, n int, now func() time.Time) []*quotas {
	t.Helper()
	store, err := storage.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	all := make([]*quotas, n)
	for i := range all {
		core := pay.New(store, now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
		all[i] = &quotas{take: core.TakeQuota, now: now}
	}
	return all
}

// TestQuotasOverServers: as long as every server has requests, all of a slot's
// are admitted, and never one more.
func TestQuotasOverServers(t *testing.T) {
	moment := time.Unix(1_800_000_000, 0)
	all := servers(t, 3, func() time.Time { return moment })
	for _, c := range []struct {
		perSecond float64
		slot      time.Duration
		limit     int64
	}{{1, time.Second, 1}, {7, time.Second, 7}, {25, time.Second, 25}, {100.9, time.Second, 100}, {0.3, 4 * time.Second, 1}, {0.5, 2 * time.Second, 1}} {
		for range 3 { // slots one after another, with the same servers
			moment = moment.Add(c.slot)
			var admitted atomic.Int64
			var wg sync.WaitGroup
			for i := range 160 {
				wg.Go(func() {
					ok, err := all[i%len(all)].allow(t.Context(), "p generate", c.perSecond)
					if err != nil {
						t.Error(err)
					}
					if ok {
						admitted.Add(1)
					}
				})
			}
			wg.Wait()
			if got := admitted.Load(); got != c.limit {
				t.Errorf("%v a second: %d were admitted in a slot of %v, want %d", c.perSecond, got, c.slot, c.limit)
			}
		}
	}
}

// TestQuotasSpareWrites: requests within a chunk do not write, nor do those
// after the last.
func TestQuotasSpareWrites(t *testing.T) {
	moment, takes := time.Unix(1_800_000_000, 0), 0
	left := int64(45)
	q := &quotas{now: func() time.Time { return moment }, take: func(_ context.Context, _ string, _, n, _ int64) (bool, error) {
		if takes++; n > left {
			return false, nil
		}
		left -= n
		return true, nil
	}}
	admitted := 0
	for range 200 {
		if ok, err := q.allow(t.Context(), "p", 100); err != nil {
			t.Fatal(err)
		} else if ok {
			admitted++
		}
	}
	// Four chunks of 10 and one of 5; refused are 10, 5, 2 and 1.
	if admitted != 45 || takes != 9 {
		t.Errorf("%d were admitted with %d takes, want 45 with 9", admitted, takes)
	}
}

func TestQuotasFailWithTheStore(t *testing.T) {
	broken := errors.New("the store is away")
	q := &quotas{now: time.Now, take: func(context.Context, string, int64, int64, int64) (bool, error) { return false, broken }}
	if ok, err := q.allow(t.Context(), "p", 5); ok || !errors.Is(err, broken) {
		t.Errorf("%t, %v", ok, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	q.of("busy").turn <- struct{}{} // another request waits for the store
	if ok, err := q.allow(ended, "busy", 5); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("%t, %v", ok, err)
	}
}

// TestChangedRateHolds: a rate that an operator changes holds at once, and
// also when its slots have another length.
func TestChangedRateHolds(t *testing.T) {
	moment := time.Unix(1_800_000_001, 0)
	q := servers(t, 1, func() time.Time { return moment })[0]
	admit := func(perSecond float64) (admitted int) {
		for range 20 {
			if ok, err := q.allow(t.Context(), "p", perSecond); err != nil {
				t.Fatal(err)
			} else if ok {
				admitted++
			}
		}
		return admitted
	}
	for _, c := range []struct {
		pass      time.Duration
		perSecond float64
		want      int
	}{{0, 10, 10}, {0, 12, 2}, {0, 5, 0}, {0, 0.25, 0}, {3 * time.Second, 0.25, 1}, {time.Second, 10, 10}} {
		moment = moment.Add(c.pass)
		if got := admit(c.perSecond); got != c.want {
			t.Errorf("%+v: %d were admitted", c, got)
		}
	}
}
