package cli

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heap says when the collector comes. Under load the heap may grow to five
// times what lives: that is a few megabytes, so the default would collect many
// times a second, which cost a sixth of the rate at which codes are made. A
// process with little to do goes back to the default, and gives the system what
// the load has left.
type heap struct {
	percent   func(int)     // debug.SetGCPercent
	free      func()        // debug.FreeOSMemory
	allocated func() uint64 // bytes, since the process began
	last      uint64        // of them
	quiet     int           // looks since there was load
	resting   bool
}

const (
	heapLookEvery = time.Second
	heapLoad      = 4 << 20 // bytes that are allocated between two looks: some hundred requests' worth
	heapRestAfter = 10      // looks
	underLoad     = 400     // as in GOGC
	atRest        = 100
)

// easedHeap is the process's own, as for load; nil where GOGC says what the
// collector does.
func easedHeap() *heap {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	debug.SetGCPercent(underLoad)
	return &heap{percent: func(n int) { debug.SetGCPercent(n) }, free: debug.FreeOSMemory, allocated: allocatedBytes}
}

func allocatedBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// follow lets the heap rest, and looks from then on, until the context ends.
func (h *heap) follow(ctx context.Context) {
	if h == nil {
		return
	}
	h.rest()
	go periodically(ctx, heapLookEvery, h.look)
}

func (h *heap) rest() {
	h.last, h.quiet, h.resting = h.allocated(), 0, true
	h.percent(atRest)
	h.free()
}

func (h *heap) look() {
	before := h.last
	h.last = h.allocated()
	if h.last-before < heapLoad {
		h.quiet++
	} else {
		h.quiet = 0
	}
	switch {
	case h.resting && h.quiet == 0:
		h.resting = false
		h.percent(underLoad)
	case !h.resting && h.quiet >= heapRestAfter:
		h.rest()
	}
}
