package operate

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// ClockSetting is the server setting that keeps the clock's offset, as a
// duration of Go's. Every node follows it.
const ClockSetting = "sandbox.clock.offset"

// MoveClock moves a sandbox's clock by a duration of Go's, or to a moment as
// SNAP writes one; exactly one of the two is given.
func (d *Desk) MoveClock(ctx context.Context, advance, set string) error {
	move, err := d.clockMove(advance, set)
	if err != nil {
		return err
	}
	if err := d.keepClock(ctx, move); err != nil {
		return err
	}
	d.Events.Publish(sandbox.Event{
		At: d.Core.Now(), Kind: sandbox.EventClock, Fields: map[string]string{"offset": d.Clock.Offset().String()},
	})
	return d.spread(ctx, nil)
}

func (d *Desk) clockMove(advance, set string) (func(offset time.Duration) time.Duration, error) {
	switch {
	case d.Clock == nil:
		return nil, refuse(NotFound, "the clock moves in a sandbox only")
	case advance != "" && set == "":
		by, err := time.ParseDuration(advance)
		if err != nil {
			return nil, refuse(BadRequest, "advance: write a duration such as 15m or -1h")
		}
		return func(offset time.Duration) time.Duration { return offset + by }, nil
	case set != "" && advance == "":
		t, err := snap.ParseTimestampLoose(set)
		if err != nil {
			return nil, refuse(BadRequest, "set: %v", err)
		}
		return func(time.Duration) time.Duration { return d.Clock.Until(t) }, nil
	}
	return nil, refuse(BadRequest, `send {"advance": "15m"} or {"set": "2026-01-31T23:59:59+07:00"}`)
}

// keepClock moves the offset that is stored, so that the moves of two nodes
// add up, and then this node's clock.
func (d *Desk) keepClock(ctx context.Context, move func(offset time.Duration) time.Duration) error {
	return d.Clock.Adjust(func(time.Duration) (time.Duration, error) {
		kept, err := d.Core.EditSetting(ctx, ClockSetting, func(_ pay.Reader, old string) (string, error) {
			offset, err := time.ParseDuration(cmp.Or(old, "0s"))
			if err != nil {
				return "", fmt.Errorf("setting %s: %w", ClockSetting, err)
			}
			return move(offset).String(), nil
		})
		if err != nil {
			return 0, err
		}
		return time.ParseDuration(kept)
	})
}
