package pgtest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Fault is something that a proxy does to a transaction.
type Fault int

// The faults of a COMMIT, then those of the first statement after BEGIN. A
// dropped connection is dropped on both sides.
const (
	None          Fault = iota
	LoseCommit          // drop the connection before the COMMIT reaches the server
	LoseAnswer          // drop it when the server has committed and before the client is told
	DelayCommit         // drop the client; the COMMIT reaches the server after Plan.Delay
	RefuseCommit        // roll back instead and answer 40001
	FailStatement       // let the statement fail with 40001 (serialization_failure)
	Deadlock            // let it fail with 40P01 (deadlock_detected)
	faults              // their number
)

var faultNames = [faults]string{"none", "lose commit", "lose answer", "delay commit", "refuse commit", "fail statement", "deadlock"}

func (f Fault) String() string { return faultNames[f] }

// suits tells whether the fault is one of a COMMIT, or else of a statement.
func (f Fault) suits(ofCommit bool) bool { return (f < FailStatement) == ofCommit }

// Plan says how often which fault happens.
type Plan struct {
	// Rates are each fault's probability, at a COMMIT or at a first statement.
	Rates map[Fault]float64
	// Dice are needed where there are Rates. With several connections the
	// same dice give the same faults, not to the same connections.
	Dice *rand.Rand
	// Delay is how long DelayCommit keeps the COMMIT after it has dropped the
	// client.
	Delay time.Duration
}

func (p Plan) check() error {
	if len(p.Rates) > 0 && p.Dice == nil {
		return errors.New("pgtest: a plan with rates needs dice")
	}
	for _, ofCommit := range []bool{true, false} {
		sum := 0.0
		for f, rate := range p.Rates {
			if f <= None || f >= faults || rate < 0 {
				return fmt.Errorf("pgtest: a plan gives fault %d the rate %v", f, rate)
			}
			if f.suits(ofCommit) {
				sum += rate
			}
		}
		if sum > 1 {
			return fmt.Errorf("pgtest: a plan's rates for one statement sum to %v", sum)
		}
	}
	return nil
}

// Counts are what a proxy has seen and done.
type Counts struct {
	Connections int // that have reached a server, without requests to cancel
	Commits     int // that clients have sent
	Faults      map[Fault]int
}

// fate decides what befalls whom.
type fate struct {
	plan Plan

	mu     sync.Mutex
	next   []Fault // before the dice are asked
	counts Counts
}

func (f *fate) script(faults []Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = append(f.next, faults...)
}

// choose gives a COMMIT's fault, or a first statement's.
func (f *fate) choose(ofCommit bool) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ofCommit {
		f.counts.Commits++
	}
	chosen := f.scripted(ofCommit)
	if chosen != None {
		f.counts.Faults[chosen]++
	}
	return chosen
}

func (f *fate) scripted(ofCommit bool) Fault {
	i := slices.IndexFunc(f.next, func(next Fault) bool { return next.suits(ofCommit) })
	if i < 0 {
		return f.roll(ofCommit)
	}
	chosen := f.next[i]
	f.next = slices.Delete(f.next, i, i+1)
	return chosen
}

func (f *fate) roll(ofCommit bool) Fault {
	if f.plan.Dice == nil {
		return None
	}
	point := f.plan.Dice.Float64()
	for fault := None + 1; fault < faults; fault++ {
		if !fault.suits(ofCommit) {
			continue
		}
		if point -= f.plan.Rates[fault]; point < 0 {
			return fault
		}
	}
	return None
}

func (f *fate) connected() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts.Connections++
}

func (f *fate) tally() Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.counts
	c.Faults = maps.Clone(c.Faults)
	return c
}
