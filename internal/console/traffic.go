package console

import (
	"math"
	"sync"
	"time"
)

// trafficMinutes is how far back the series goes.
const trafficMinutes = 180

// Traffic counts what this node answered, minute by minute, in memory. A nil
// Traffic counts nothing. It is safe for concurrent use.
type Traffic struct {
	now func() time.Time

	mu      sync.Mutex
	minutes [trafficMinutes]minute // a ring by the minute's number
}

// minute is what was answered in one.
type minute struct {
	number  int64 // since the epoch
	classes [classes]int64
	took    histogram
	codes   map[string]int64
}

// The classes of answers.
const (
	classGood    = iota // 2xx
	classRefused        // 3xx and 4xx
	classFailed         // 5xx
	classes
)

// maxCodes bounds how many response codes a minute tells apart.
const maxCodes = 100

// NewTraffic makes an empty series by a clock.
func NewTraffic(now func() time.Time) *Traffic { return &Traffic{now: now} }

// Observe counts an answer: its HTTP status, its response code and how long it
// took.
func (t *Traffic) Observe(status int, code string, took time.Duration) {
	if t == nil {
		return
	}
	number := t.now().Unix() / 60
	t.mu.Lock()
	defer t.mu.Unlock()
	m := &t.minutes[number%trafficMinutes]
	if m.number != number {
		*m = minute{number: number, codes: make(map[string]int64)}
	}
	m.classes[classOf(status)]++
	m.took.add(took)
	if _, known := m.codes[code]; known || len(m.codes) < maxCodes {
		m.codes[code]++
	}
}

func classOf(status int) int {
	switch {
	case status >= 500 || status < 200:
		return classFailed
	case status >= 300:
		return classRefused
	}
	return classGood
}

// last gives the newest minutes, oldest first, with the present one at the
// end.
func (t *Traffic) last(n int) []minute {
	found := make([]minute, n)
	if t == nil {
		return found
	}
	now := t.now().Unix() / 60
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range found {
		number := now - int64(n-1-i)
		found[i] = minute{number: number}
		if m := &t.minutes[number%trafficMinutes]; m.number == number {
			found[i] = *m
			found[i].codes = make(map[string]int64, len(m.codes))
			for code, times := range m.codes {
				found[i].codes[code] = times
			}
		}
	}
	return found
}

func (m *minute) total() (sum int64) {
	for _, n := range m.classes {
		sum += n
	}
	return sum
}

func (m *minute) at() time.Time { return time.Unix(m.number*60, 0) }

// histogram counts durations in classes, each twice the square root wider than
// the one before: from 50 µs to 50 s.
type histogram [41]int64

const (
	leastTook = 50 * time.Microsecond
	halfSteps = 2 // classes to a doubling
)

func (h *histogram) add(d time.Duration) {
	i := 0
	if d > leastTook {
		i = int(math.Ceil(halfSteps * math.Log2(float64(d)/float64(leastTook))))
	}
	h[min(i, len(h)-1)]++
}

// merge adds another histogram's counts.
func (h *histogram) merge(other *histogram) {
	for i, n := range other {
		h[i] += n
	}
}

// quantile is the duration that a share of all did not exceed, to its class's
// upper end; 0 when nothing was counted.
func (h *histogram) quantile(share float64) time.Duration {
	var all int64
	for _, n := range h {
		all += n
	}
	left := int64(math.Ceil(share * float64(all)))
	for i, n := range h {
		if left -= n; left <= 0 && all > 0 {
			return time.Duration(float64(leastTook) * math.Exp2(float64(i)/halfSteps))
		}
	}
	return 0
}
