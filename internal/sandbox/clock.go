// Package sandbox holds what makes clients correct and exists in sandbox mode
// only: a clock that moves, triggers, sample waivers, an outside payer and
// the parties that a new sandbox starts with.
package sandbox

import (
	"sync"
	"sync/atomic"
	"time"
)

// Clock is the business time: the real time and an offset that tests move.
type Clock struct {
	real      func() time.Time
	offset    atomic.Int64
	adjusting sync.Mutex
}

// NewClock starts at the real time moved by an offset.
func NewClock(real func() time.Time, offset time.Duration) *Clock {
	c := &Clock{real: real}
	c.offset.Store(int64(offset))
	return c
}

// Now is the business time.
func (c *Clock) Now() time.Time { return c.real().Add(c.Offset()) }

// Offset is how far the clock is ahead of the real time.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// Until is the offset with which it would be a moment now.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.real()) }

// Adjust moves the clock to the offset that f finds, perhaps somewhere slow,
// for the present one; when f fails the clock stays. Adjustments take place
// one after another, so that none is overtaken by an older one.
func (c *Clock) Adjust(f func(offset time.Duration) (time.Duration, error)) error {
	c.adjusting.Lock()
	defer c.adjusting.Unlock()
	offset, err := f(c.Offset())
	if err == nil {
		c.offset.Store(int64(offset))
	}
	return err
}
