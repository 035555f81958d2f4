// Package sandbox holds what makes clients correct and exists in sandbox mode
// only: a clock that moves, triggers, sample waivers, an outside payer and
// the parties that a new sandbox starts with.
package sandbox

import (
	"sync/atomic"
	"time"
)

// Clock is the business time: the real time and an offset that tests move.
type Clock struct {
	real   func() time.Time
	offset atomic.Int64
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

// Advance moves the clock; a negative duration moves it back.
func (c *Clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

// Set makes it a moment now; time goes on from there.
func (c *Clock) Set(t time.Time) { c.offset.Store(int64(t.Sub(c.real()))) }
