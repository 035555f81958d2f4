package cli

import (
	"slices"
	"testing"
)

// TestHeap: load is told from rest by what is allocated, at once, and rest from
// load only after a while.
func TestHeap(t *testing.T) {
	var allocated uint64
	var percents []int
	freed := 0
	h := &heap{percent: func(n int) { percents = append(percents, n) }, free: func() { freed++ }, allocated: func() uint64 { return allocated }}
	looks := func(n int, each uint64) {
		for range n {
			allocated += each
			h.look()
		}
	}
	h.rest()
	looks(100, heapLoad-1)
	looks(2, heapLoad)
	looks(heapRestAfter-1, 0)
	looks(1, heapLoad) // load again before it rests
	looks(heapRestAfter-1, 0)
	if want := []int{atRest, underLoad}; !slices.Equal(percents, want) || freed != 1 {
		t.Errorf("before it rests: %v, freed %d times; expected %v, once", percents, freed, want)
	}
	looks(1, 0)
	looks(100, 0)
	if want := []int{atRest, underLoad, atRest}; !slices.Equal(percents, want) || freed != 2 {
		t.Errorf("at rest again: %v, freed %d times; expected %v, twice", percents, freed, want)
	}
}

// TestHeapOfTheOperator: GOGC goes before.
func TestHeapOfTheOperator(t *testing.T) {
	t.Setenv("GOGC", "50")
	h := easedHeap()
	if h != nil {
		t.Error("the collector is set although GOGC says how")
	}
	h.follow(t.Context())
}
