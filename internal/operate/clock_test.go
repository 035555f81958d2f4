package operate_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/sandbox"
)

func TestMoveClock(t *testing.T) {
	w := newWorld(t)
	for i, c := range []struct {
		advance, set string
		want         time.Duration
	}{
		{"15m", "", 15 * time.Minute},
		{"1h", "", 75 * time.Minute},
		{"-2h", "", -45 * time.Minute},
		{"", "2026-02-01T00:00:00+07:00", 12 * time.Hour},
		{"", "2026-01-31T05:00:00Z", 0},
		{"0s", "", 0},
	} {
		w.must(w.MoveClock(t.Context(), c.advance, c.set))
		if got := w.Clock.Offset(); got != c.want {
			t.Errorf("after %s%s the clock is off by %s, want %s", c.advance, c.set, got, c.want)
		}
		if kept, err := w.Core.Setting(t.Context(), operate.ClockSetting); err != nil || kept != c.want.String() {
			t.Errorf("after %s%s the store keeps %q, %v", c.advance, c.set, kept, err)
		}
		if w.spread.Load() != int64(i+1) {
			t.Errorf("other nodes were waited for %d times in %d moves", w.spread.Load(), i+1)
		}
		told := w.Events.Since(0, 1000)
		if e := told[len(told)-1]; e.Kind != sandbox.EventClock || e.Fields["offset"] != c.want.String() || !e.At.Equal(noon.Add(c.want)) {
			t.Errorf("after %s%s the last event is %+v", c.advance, c.set, e)
		}
	}
}

func TestMoveClockRefusals(t *testing.T) {
	w := newWorld(t)
	w.must(w.MoveClock(t.Context(), "1h", ""))
	const either = `send {"advance": "15m"} or {"set": "2026-01-31T23:59:59+07:00"}`
	for _, c := range []struct{ advance, set, says string }{
		{"", "", either},
		{"15m", "2026-02-01T00:00:00+07:00", either},
		{"soon", "", "advance: write a duration such as 15m or -1h"},
		{"15", "", "advance: write a duration such as 15m or -1h"},
	} {
		w.refused(c.advance+c.set, w.MoveClock(t.Context(), c.advance, c.set), operate.BadRequest, c.says)
	}
	var r *operate.Refusal
	if err := w.MoveClock(t.Context(), "", "tomorrow"); !errors.As(err, &r) || r.Kind != operate.BadRequest {
		t.Errorf("the clock was set to tomorrow: %v", err)
	}
	if w.Clock.Offset() != time.Hour || w.spread.Load() != 1 {
		t.Errorf("a refused move left %s, and %d waits", w.Clock.Offset(), w.spread.Load())
	}
	bare := operate.NewDesk(w.Core, operate.Options{})
	w.refused("outside a sandbox", bare.MoveClock(t.Context(), "15m", ""), operate.NotFound, "the clock moves in a sandbox only")
}

// TestClocksOfTwoNodes: each node moves the clock that all share, whatever its
// own showed before.
func TestClocksOfTwoNodes(t *testing.T) {
	w := newWorld(t)
	other := newNode(t, w.store)
	w.must(w.MoveClock(t.Context(), "1h", ""))
	w.must(other.MoveClock(t.Context(), "30m", ""))
	if got := other.Clock.Offset(); got != 90*time.Minute {
		t.Errorf("an hour on one node and half an hour on the other are %s", got)
	}
	var moving sync.WaitGroup
	for range 10 {
		for _, node := range []*operate.Desk{w.Desk, other.Desk} {
			moving.Go(func() {
				if err := node.MoveClock(t.Context(), "1m", ""); err != nil {
					t.Error(err)
				}
			})
		}
	}
	moving.Wait()
	w.must(w.MoveClock(t.Context(), "0s", ""))
	if got := w.Clock.Offset(); got != 110*time.Minute {
		t.Errorf("twenty moves at once add up to %s, want 1h50m0s", got)
	}
}

// TestMoveClockFails: what the store does not keep, the clock does not show.
func TestMoveClockFails(t *testing.T) {
	w := newWorld(t)
	_, err := w.Core.KeepSetting(t.Context(), operate.ClockSetting, "a while")
	w.must(err)
	if err := w.MoveClock(t.Context(), "1h", ""); err == nil {
		t.Error("an offset that cannot be read was added to")
	}
	if w.Clock.Offset() != 0 || w.spread.Load() != 0 || len(w.Events.Since(0, 1000)) > 0 {
		t.Errorf("the clock is off by %s", w.Clock.Offset())
	}
}
