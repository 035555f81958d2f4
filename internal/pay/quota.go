package pay

import (
	"context"
	"errors"
)

// TakeQuota takes n of the uses that a name has in a slot of time, at most
// limit over all nodes, and reports whether so many were left.
func (c *Core) TakeQuota(ctx context.Context, name string, slot, n, limit int64) (bool, error) {
	err := c.store.Update(ctx, func(tx Tx) error { return tx.TakeQuota(name, slot, n, limit) })
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
