package telemetry

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// Books is a storage whose transactions are measured: how long they wait for
// the writer, how long until they are committed, and whether it goes on at all.
type Books struct {
	pay.Storage
	metrics *Metrics
	began   time.Time    // what owed counts from
	waiting atomic.Int64 // transactions that the writer has not begun
	open    atomic.Int64 // transactions that are not answered
	failed  atomic.Uint64
	owed    atomic.Int64 // since when, in nanoseconds, there is something to do and none of it is done; 0: nothing is owed
}

// Measure puts the instruments of storage around one.
func (m *Metrics) Measure(s pay.Storage) *Books {
	b := &Books{Storage: s, metrics: m, began: time.Now()}
	m.Gauge("storage_queue_depth", "Transactions that wait for the writer.", func() float64 { return float64(b.waiting.Load()) })
	m.Gauge("storage_stalled_seconds", "How long transactions have been waiting without any of them making progress.", func() float64 { return b.Stalled().Seconds() })
	return b
}

// Update implements pay.Storage.
func (b *Books) Update(ctx context.Context, f func(pay.Tx) error) error {
	asked := b.clock()
	b.waiting.Add(1)
	b.open.Add(1)
	b.owed.CompareAndSwap(0, asked)
	var begun int64
	err := b.Storage.Update(ctx, func(tx pay.Tx) error {
		if begun == 0 {
			begun = b.begin(asked)
		}
		return f(tx)
	})
	b.end(begun)
	if err != nil && ctx.Err() == nil && failure(err) {
		b.failed.Add(1)
	}
	return err
}

// clock is the time since the Books were made, in nanoseconds and never 0.
func (b *Books) clock() int64 { return int64(time.Since(b.began)) + 1 }

func (b *Books) begin(asked int64) int64 {
	now := b.clock()
	b.waiting.Add(-1)
	b.owed.Store(now)
	b.metrics.waits.Observe(time.Duration(now - asked).Seconds())
	return now
}

// end takes note of an answer. Of a transaction that nobody began it says
// nothing about the writer: its caller gave up.
func (b *Books) end(begun int64) {
	open := b.open.Add(-1)
	if begun == 0 {
		b.waiting.Add(-1)
		return
	}
	now := b.clock()
	b.metrics.commits.Observe(time.Duration(now - begun).Seconds())
	if open == 0 {
		now = 0
	}
	b.owed.Store(now)
}

// failure tells what storage may not have been able to do from what a
// transaction refused.
func failure(err error) bool {
	var repeated *pay.Repeated
	return pay.KindOf(err) == pay.Internal && !errors.Is(err, pay.ErrNotFound) && !errors.Is(err, pay.ErrExists) && !errors.As(err, &repeated)
}

// Failed counts the transactions that failed, though not by a refusal.
func (b *Books) Failed() uint64 { return b.failed.Load() }

// Stalled is how long there has been something to do of which nothing is
// done. Whoever's transaction was begun waits for it, so with nobody waiting
// nothing is stuck.
func (b *Books) Stalled() time.Duration {
	owed := b.owed.Load()
	if owed == 0 || b.open.Load() == 0 {
		return 0
	}
	return max(time.Duration(b.clock()-owed), 0)
}
