package console

import (
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

func TestQuantiles(t *testing.T) {
	var h histogram
	if q := h.quantile(0.5); q != 0 {
		t.Errorf("the median of nothing is %v", q)
	}
	for i := range 100 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	for share, exact := range map[float64]time.Duration{0.5: 50 * time.Millisecond, 0.95: 95 * time.Millisecond, 1: 100 * time.Millisecond} {
		if q := h.quantile(share); q < exact || float64(q) > 1.42*float64(exact) {
			t.Errorf("quantile %v is %v, want %v to a class", share, q, exact)
		}
	}
	h = histogram{}
	h.add(time.Hour)
	if q := h.quantile(0.5); q < 30*time.Second {
		t.Errorf("an hour counts as %v", q)
	}
}

// TestTrafficForgets: the ring holds its minutes and no older ones.
func TestTrafficForgets(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 30, 0, time.UTC)
	series := NewTraffic(func() time.Time { return now })
	series.Observe(200, "2004700", time.Millisecond)
	now = now.Add(time.Minute)
	series.Observe(404, "4044701", time.Millisecond)
	last := series.last(60)
	if last[59].classes != [classes]int64{0, 1, 0} || last[58].classes != [classes]int64{1, 0, 0} || last[57].total() != 0 {
		t.Errorf("the last minutes are %+v", last[57:])
	}
	now = now.Add(trafficMinutes * time.Minute)
	for _, m := range series.last(trafficMinutes) {
		if m.total() != 0 {
			t.Errorf("minute %d is still counted", m.number)
		}
	}
	var none *Traffic
	none.Observe(200, "", 0)
	if len(none.last(5)) != 5 {
		t.Error("no series has no minutes")
	}
}

func TestFormats(t *testing.T) {
	for r, want := range map[pay.Rupiah]string{0: "0", pay.Rp(999): "999", pay.Rp(1500): "1.500", -pay.Rp(150): "−150", -pay.Rp(1_234_567): "−1.234.567", 150: "1,50"} {
		if got := money(r); got != want {
			t.Errorf("%d sen is %q, want %q", r, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0ms", 350 * time.Millisecond: "350ms", 4*time.Second + time.Millisecond: "4s", 4*time.Minute + 10*time.Second: "4m 10s", 50*time.Hour + time.Minute: "2d 2h", -time.Hour: "−1h",
	} {
		if got := span(d); got != want {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{3: "3", 10_000: "10.000", 10_001: "> 10.000"} {
		if got := bound(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
