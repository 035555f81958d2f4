package console

import (
	"context"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// clockView is the business time, which every page shows.
type clockView struct {
	Now    time.Time
	Offset time.Duration // from the real time
}

func (c *Console) clock() clockView {
	v := clockView{Now: c.core.Now()}
	if c.Desk.Clock != nil {
		v.Offset = c.Desk.Clock.Offset().Round(time.Second)
	}
	return v
}

// clockBody is the page on which the clock is moved.
type clockBody struct {
	Real    time.Time
	Steps   []string // durations that a button moves it by
	Set     string   // a moment to propose, as the form's field writes it
	DueSoon []pay.Code
}

var clockSteps = []string{"1m", "5m", "15m", "1h", "24h"}

// moment is how a browser's field for a date and a time writes them.
const moment = "2006-01-02T15:04:05"

func (c *Console) showClock(v *visit) (any, error) {
	b := clockBody{Real: c.Now(), Steps: clockSteps, Set: c.core.Now().In(pay.Jakarta).Format(moment)}
	if t, err := time.Parse(time.RFC3339, v.asked("set")); err == nil {
		b.Set = t.In(pay.Jakarta).Format(moment)
	}
	var err error
	b.DueSoon, err = read(v, func(r pay.Reader) ([]pay.Code, error) {
		return r.DueCodes(c.core.Now().AddDate(1, 0, 0), 8)
	})
	return b, err
}

var clockActs = []act{
	{path: "/clock", verb: "clock.move", least: pay.Admin, sandbox: true, done: "The clock was moved", do: (*Console).moveClock},
	{path: "/clock/reset", verb: "sandbox.reset", least: pay.Admin, sandbox: true, done: "The sandbox is as it was after it was seeded", do: (*Console).resetSandbox},
}

// resetSandbox begins anew. It goes on when whoever asked has gone: half a
// reset helps nobody.
func (c *Console) resetSandbox(v *visit) (string, error) {
	return "/clock", c.Desk.Reset(context.WithoutCancel(v.Context()))
}

// moveClock moves the clock by a step, to a moment in Jakarta, or back to the
// real time.
func (c *Console) moveClock(v *visit) (string, error) {
	advance, set := strings.TrimSpace(v.PostFormValue("advance")), strings.TrimSpace(v.PostFormValue("set"))
	if v.PostFormValue("reset") != "" {
		advance, set = (-c.Desk.Clock.Offset()).String(), ""
	}
	if set != "" {
		if strings.Count(set, ":") == 1 {
			set += ":00"
		}
		set += "+07:00"
	}
	return "/clock", c.Desk.MoveClock(v.Context(), advance, set)
}
