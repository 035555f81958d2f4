package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// settingReset names the setting that every reset of a sandbox draws anew.
// Other nodes know by it that their journals are of books that are no more.
const settingReset = "sandbox.reset"

// resets is which reset this node has followed.
type resets struct {
	mu       sync.Mutex
	followed string
}

// passed reports whether a reset is news.
func (r *resets) passed(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := r.followed != id
	r.followed = id
	return news
}

// arm makes the levers of a sandbox as they were left, and takes the latest
// reset for followed.
func (n *node) arm(ctx context.Context, offered []dialect.Dialect, log *slog.Logger) error {
	n.levers = sandbox.NewLevers(offered, func(now []sandbox.Lever) { n.tellLevers(now, log) })
	return n.core.Inspect(ctx, func(r pay.Reader) error {
		id, err := optional(r, settingReset)
		if err != nil {
			return err
		}
		n.resets.passed(id)
		return n.followLevers(r)
	})
}

// optional reads a setting that may never have been written.
func optional(r pay.Reader, name string) (string, error) {
	text, err := r.Setting(name)
	if errors.Is(err, pay.ErrNotFound) {
		return "", nil
	}
	return text, err
}

func (n *node) followLevers(r pay.Reader) error {
	text, err := optional(r, sandbox.LeverSetting)
	if err != nil {
		return err
	}
	return n.levers.Follow(text)
}

// followSandbox takes over what other nodes have done to the sandbox as a
// whole, and gives the clock's offset.
func (n *node) followSandbox(r pay.Reader) (time.Duration, error) {
	id, err := optional(r, settingReset)
	if err == nil {
		err = n.followLevers(r)
	}
	if err != nil {
		return 0, err
	}
	n.forget(id)
	return readOffset(r)
}

// forget drops what this node remembers of books that a reset has cleared.
func (n *node) forget(id string) {
	if n.resets.passed(id) {
		n.journal.Clear()
		n.events.Publish(sandbox.Event{At: n.core.Now(), Kind: sandbox.EventReset})
	}
}

func (n *node) tellLevers(now []sandbox.Lever, log *slog.Logger) {
	log.Warn("the sandbox's levers have changed", "on", leverNames(now))
	n.events.Publish(sandbox.Event{At: n.core.Now(), Kind: sandbox.EventLever, Fields: map[string]string{"on": leverNames(now)}})
}

// leverNames says what is on and for whom, as in "delay 2s (*, generate)".
func leverNames(levers []sandbox.Lever) string {
	names := make([]string, len(levers))
	for i, l := range levers {
		names[i] = fmt.Sprintf("%s (%s, %s)", l, l.PartnerID, l.Operation)
	}
	return strings.Join(names, ", ")
}

// leversOn ends the line that says that a server is ready.
func (n *node) leversOn() string {
	states := n.levers.List()
	if len(states) == 0 {
		return ""
	}
	levers := make([]sandbox.Lever, len(states))
	for i, s := range states {
		levers[i] = s.Lever
	}
	return "; levers on: " + leverNames(levers) + " (qrisd lever off)"
}

// disturb is what the levers do to a try of a notification.
func (n *node) disturb(partnerID string, first bool) notify.Disturbance {
	var d notify.Disturbance
	for _, l := range n.levers.PullNotice(partnerID) {
		switch l.Kind {
		case sandbox.LeverLate:
			if !first {
				continue
			}
			d.Late = time.Duration(l.Lasts)
		case sandbox.LeverDrop:
			d.Drop = true
		case sandbox.LeverReorder:
			d.Reorder = time.Duration(l.Lasts)
		case sandbox.LeverBadSignature:
			d.BadSignature = true
		case sandbox.LeverDuplicate:
			d.Duplicate = true
		}
		d.Levers = append(d.Levers, l.String())
	}
	return d
}

// resetTries is how often a reset is tried: a request that is under way may
// write between two of its deletions what refers to what the second deletes.
const resetTries = 5

// reset takes the sandbox back to what it was right after it was seeded: the
// same credentials, no books, the real time and no levers. Other nodes follow.
// A failure between the steps leaves a sandbox that can be reset again.
func (n *node) reset(ctx context.Context) error {
	if err := n.levers.Remove(ctx, n.core, "", "", ""); err != nil {
		return fmt.Errorf("taking the levers off: %w", err)
	}
	if err := n.realTime(ctx); err != nil {
		return fmt.Errorf("setting the clock back: %w", err)
	}
	id, err := newToken()
	if err != nil {
		return err
	}
	for range resetTries {
		if err = n.seedAgain(ctx, id); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("clearing the books: %w", err)
	}
	n.forget(id)
	return nil
}

// realTime takes the clock back to the real time.
func (n *node) realTime(ctx context.Context) error {
	return n.clock.Adjust(func(time.Duration) (time.Duration, error) {
		_, err := n.core.EditSetting(ctx, operate.ClockSetting, func(pay.Reader, string) (string, error) { return "0s", nil })
		return 0, err
	})
}

// seedAgain clears the books and seeds them with the parties that the sandbox
// has, in one transaction.
func (n *node) seedAgain(ctx context.Context, id string) error {
	return n.core.Together(ctx, settingParties, func(core *pay.Core) error {
		text, err := core.Setting(ctx, settingParties)
		if err != nil {
			return err
		}
		p, err := readParties(text)
		if err != nil {
			return err
		}
		if err := core.Clear(ctx); err != nil {
			return err
		}
		if err := sandbox.Reseed(ctx, core, p.Partners, p.Payers); err != nil {
			return err
		}
		_, err = core.EditSetting(ctx, settingReset, func(pay.Reader, string) (string, error) { return id, nil })
		return err
	})
}
