package pay

import (
	"context"
	"errors"
	"time"
)

// Nodes that share a storage keep up with each other so: whoever changes what
// others remember, the directory or a setting that they follow, writes a new
// generation in the same transaction, and each node looks at that every
// FollowEvery. It believes what it remembers for Trust from the beginning of
// its last look. So what was committed Trust ago is followed by every node,
// also by one that stood still in the meantime.
const (
	FollowEvery = 100 * time.Millisecond
	Trust       = 5 * FollowEvery
)

// settingGeneration names the setting that holds the generation, an id that
// every change draws anew.
const settingGeneration = "cluster.generation"

// Share says that other nodes change what this core's storage holds: it then
// believes nothing that CatchUp has not confirmed within Trust. It is called
// before the Core is used; real gives the real time.
func (c *Core) Share(real func() time.Time) { c.directory.real = real }

// CatchUp looks whether something has changed that this core remembers, and if
// so forgets it. In that case it also calls read, which reads on the same
// snapshot what the caller follows; it may be called more than once.
func (c *Core) CatchUp(ctx context.Context, read func(Reader) error) error {
	begun := c.directory.real()
	var generation string
	err := c.store.View(ctx, func(r Reader) (err error) {
		generation, err = r.Setting(settingGeneration)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil // nothing was ever changed
		case err != nil || c.directory.follows(generation):
			return err
		}
		c.tokens.forget()
		return read(r)
	})
	if err == nil {
		c.directory.confirm(generation, begun)
	}
	return err
}

// Together carries out several verbs in one transaction: what another does
// with the same guard takes place before or after it. f uses the core that it
// is given and no other; when one of its verbs fails, f must fail too. It may
// run more than once.
func (c *Core) Together(ctx context.Context, guard string, f func(*Core) error) error {
	defer c.directory.forget()
	defer c.tokens.forget()
	var events []Event
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		if err := tx.Guard(guard); err != nil {
			return err
		}
		events, err = c.gathered(New(joined{tx}, c.now, c.dice, c.policy, c.routes), f)
		return err
	})
	if err == nil {
		c.publish(events...)
	}
	return err
}

// joined is a transaction in the place of a storage.
type joined struct{ tx Tx }

func (j joined) View(_ context.Context, f func(Reader) error) error { return f(j.tx) }

func (j joined) Update(_ context.Context, f func(Tx) error) error { return f(j.tx) }
