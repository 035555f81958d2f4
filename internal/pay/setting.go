package pay

import (
	"context"
	"errors"
)

// Setting reads a server setting; it is empty when it was never written.
func (c *Core) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := c.store.View(ctx, func(r Reader) (err error) {
		value, err = r.Setting(name)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return value, err
}

// KeepSetting writes a server setting that is made once, and gives what it is:
// the value of whoever was first, on whatever node.
func (c *Core) KeepSetting(ctx context.Context, name, value string) (string, error) {
	kept := value
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		kept = value
		if err = tx.InsertSetting(name, value); errors.Is(err, ErrExists) {
			kept, err = tx.Setting(name)
		}
		return err
	})
	return kept, err
}

// EditSetting makes a server setting into another, which other nodes follow.
// Edits of one setting take place one after another; old is empty when it was
// never written, and what edit returns is what the setting is now. edit may
// run more than once, and reads by its Reader only.
func (c *Core) EditSetting(ctx context.Context, name string, edit func(r Reader, old string) (string, error)) (value string, err error) {
	err = c.changeParties(ctx, func(tx Tx) error {
		if err := tx.Guard("setting " + name); err != nil {
			return err
		}
		old, err := tx.Setting(name)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if value, err = edit(tx, old); err != nil {
			return err
		}
		return tx.PutSetting(name, value)
	})
	return value, err
}
