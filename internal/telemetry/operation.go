package telemetry

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Operation gives what counts the answers of one operation of a dialect. It
// is asked for once, when the routes are made: an answer then costs a look
// through the few codes that the operation has answered so far, and no map.
func (m *Metrics) Operation(dialect, operation string) func(code string, took time.Duration) {
	o := &answers{
		took:  m.durations.WithLabelValues(dialect, operation),
		fresh: func(code string) prometheus.Counter { return m.requests.WithLabelValues(dialect, operation, code) },
	}
	o.counted.Store(new([]counted))
	return o.count
}

// mostCodes is how many response codes of an operation are told apart; the
// longest documented list has fewer. What comes after them is "other".
const mostCodes = 64

const otherCode = "other"

// answers are the instruments of one operation.
type answers struct {
	took    prometheus.Observer
	fresh   func(code string) prometheus.Counter
	mu      sync.Mutex // held to add a code
	counted atomic.Pointer[[]counted]
}

type counted struct {
	code    string
	counter prometheus.Counter
}

func (o *answers) count(code string, took time.Duration) {
	o.of(code).Inc()
	o.took.Observe(took.Seconds())
}

func (o *answers) of(code string) prometheus.Counter {
	if c := find(*o.counted.Load(), code); c != nil {
		return c
	}
	return o.add(code)
}

func find(all []counted, code string) prometheus.Counter {
	for i := range all {
		if all[i].code == code {
			return all[i].counter
		}
	}
	return nil
}

// add makes the counter of a code that comes for the first time.
func (o *answers) add(code string) prometheus.Counter {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := *o.counted.Load()
	if c := find(all, code); c != nil {
		return c
	}
	if len(all) >= mostCodes {
		return o.fresh(otherCode)
	}
	more := append(all[:len(all):len(all)], counted{code, o.fresh(code)})
	o.counted.Store(&more)
	return more[len(all)].counter
}
