package operate_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
)

// TestDays: a day is closed when no payment can join it any more.
func TestDays(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, day string
		kind      operate.Kind // of the refusal; empty: it is over
		says      string
	}{
		{"yesterday", "2026-01-30", "", ""},
		{"2025-12-31", "2025-12-31", "", ""},
		{"2026-01-31", "", operate.DayOpen, "the 2026-01-31 is not over in Jakarta: a day is settled when no payment can join it"},
		{"2026-02-01", "", operate.DayOpen, "the 2026-02-01 is not over in Jakarta: a day is settled when no payment can join it"},
		{"2026-02-30", "", operate.BadRequest, `day "2026-02-30": write a Jakarta date as in 2026-01-31, or yesterday`},
		{"today", "", operate.BadRequest, `day "today": write a Jakarta date as in 2026-01-31, or yesterday`},
		{"", "", operate.BadRequest, `day "": write a Jakarta date as in 2026-01-31, or yesterday`},
	} {
		day, err := w.PastDay(c.name)
		_, _, settled := w.Settle(t.Context(), c.name)
		_, scoped := w.Scope(t.Context(), c.name, "P", "")
		if c.kind == "" && (err != nil || settled != nil || scoped != nil || day != c.day) {
			t.Errorf("%s is %s: %v, %v, %v", c.name, day, err, settled, scoped)
		}
		if c.kind != "" {
			w.refused(c.name, err, c.kind, c.says)
			w.refused("settling "+c.name, settled, c.kind, c.says)
			w.refused("a scope of "+c.name, scoped, c.kind, c.says)
		}
	}
	// Midnight in Jakarta ends the day, by the business clock.
	w.must(w.MoveClock(t.Context(), "", "2026-01-31T23:59:59+07:00"))
	if _, err := w.PastDay("2026-01-31"); err == nil {
		t.Error("the day ended a second early")
	}
	w.must(w.MoveClock(t.Context(), "1s", ""))
	if day, err := w.PastDay("yesterday"); err != nil || day != "2026-01-31" {
		t.Errorf("after midnight yesterday is %s, %v", day, err)
	}
}

func TestSettleAndReport(t *testing.T) {
	w := newWorld(t)
	w.paid("M", "A1", 100_000)
	w.paid("N", "A2", 50_000)
	w.must(w.MoveClock(t.Context(), "24h", ""))
	all, err := w.Scope(t.Context(), "yesterday", "P", "")
	w.must(err)
	_, err = w.Report(t.Context(), all)
	w.refused("an early report", err, operate.NotSettled, "merchant M is not settled for the 2026-01-31: POST /v1/settlement/2026-01-31 first (qrisd settle)")
	for i, open := range []int{2, 0} {
		if day, closed, err := w.Settle(t.Context(), "yesterday"); err != nil || day != "2026-01-31" || closed != open {
			t.Errorf("close %d of %s: %d were open, %v", i+1, day, closed, err)
		}
	}
	one, err := w.Scope(t.Context(), "2026-01-31", "P", "N")
	w.must(err)
	if text := w.report(all); strings.Count(text, "\n") != 4 || !strings.Contains(text, "A1") || !strings.Contains(text, "A2") {
		t.Errorf("the partner's report is\n%s", text)
	}
	if text := w.report(one); strings.Count(text, "\n") != 3 || strings.Contains(text, "A1") || !strings.Contains(text, "A2") {
		t.Errorf("the merchant's report is\n%s", text)
	}
	for _, c := range [][2]string{{"Q", ""}, {"P", "X"}, {"Q", "M"}} {
		if _, err := w.Scope(t.Context(), "yesterday", c[0], c[1]); !errors.Is(err, pay.ErrNotFound) {
			t.Errorf("a scope of %s: %v", c, err)
		}
	}
}

// report reads a report from where it stands, and removes it.
func (w *world) report(s settlement.Scope) string {
	w.t.Helper()
	file, err := w.Report(w.t.Context(), s)
	w.must(err)
	defer os.Remove(file.Name())
	defer file.Close()
	text, err := io.ReadAll(file)
	w.must(err)
	return string(text)
}

// TestReportsAreAlone: of many at once one runs, and its error is its caller's.
func TestReportsAreAlone(t *testing.T) {
	w := newWorld(t)
	var running, ran atomic.Int64
	broken := errors.New("broken")
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			err := w.Alone(func() error {
				if running.Add(1) != 1 {
					t.Error("two reports run at once")
				}
				ran.Add(1)
				running.Add(-1)
				if i%2 == 0 {
					return broken
				}
				return nil
			})
			if (err == broken) != (i%2 == 0) {
				t.Errorf("report %d gave %v", i, err)
			}
		})
	}
	all.Wait()
	if ran.Load() != 50 {
		t.Errorf("%d of 50 ran", ran.Load())
	}
}
