package pay

import (
	"context"
	"errors"
	"time"
)

// Lease is the right of one node to a piece of periodic work. Several nodes
// may believe to have it, one whose clock stood still for example; only the
// one whose Token is the lease's newest passes Fence.
type Lease struct {
	Name   string
	Holder string
	Token  int64 // grows with every change of the holder
	Until  time.Time
}

// ErrLeaseLost is the answer to work under a lease that another node has, or
// had in the meantime. Nothing was written.
var ErrLeaseLost = errors.New("pay: another node has taken the lease over")

// TakeLease gives a lease to a holder, or renews it, for a while from now on,
// which is real time: a sandbox may move the business time. ErrExists when
// another holder has it.
func (c *Core) TakeLease(ctx context.Context, name, holder string, now time.Time, life time.Duration) (Lease, error) {
	var l Lease
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		l, err = tx.TakeLease(name, holder, now, now.Add(life))
		return err
	})
	return l, err
}

// DropLease frees a lease, unless another holder has it by now.
func (c *Core) DropLease(ctx context.Context, l Lease) error {
	return c.store.Update(ctx, func(tx Tx) error { return tx.DropLease(l) })
}

// nodeLease begins the names of the leases that say which nodes there are.
const nodeLease = "node "

// Join records that a node is there, for a while from now on in real time, and
// renews that. A node joins before it claims deliveries.
func (c *Core) Join(ctx context.Context, node string, now time.Time, life time.Duration) (Lease, error) {
	l, err := c.TakeLease(ctx, nodeLease+node, node, now, life)
	if err == nil {
		c.membership.Store(&l)
	}
	return l, err
}

// Leave ends what Join began: the node has given up its work, and what it
// claimed is free.
func (c *Core) Leave(ctx context.Context, l Lease) error {
	return c.store.Update(ctx, func(tx Tx) error {
		return errors.Join(tx.ReleaseDeliveries(l.Holder), tx.DropLease(l))
	})
}

// Nodes gives the nodes that have joined and not left, dead ones too until
// they are buried.
func (c *Core) Nodes(ctx context.Context) ([]Lease, error) {
	var nodes []Lease
	err := c.store.View(ctx, func(r Reader) (err error) {
		nodes, err = r.Leases(nodeLease)
		return err
	})
	return nodes, err
}

// Leader carries out periodic work under a lease. Each of its transactions
// begins with the lease's fence, so a leader that stood still writes nothing
// once another has taken over.
type Leader struct {
	core  *Core
	lease Lease
}

// Under gives the leader that has a lease. The zero lease fences nothing: for
// a storage that no other node uses, and for work that anyone may do.
func (c *Core) Under(l Lease) Leader { return Leader{c, l} }

// update runs f in a transaction, or answers ErrLeaseLost.
func (l Leader) update(ctx context.Context, f func(Tx) error) error {
	return l.core.store.Update(ctx, func(tx Tx) error {
		if err := l.fence(tx); err != nil {
			return err
		}
		return f(tx)
	})
}

func (l Leader) fence(tx Tx) error {
	if l.lease.Name == "" {
		return nil
	}
	err := tx.Fence(l.lease)
	if errors.Is(err, ErrNotFound) {
		return ErrLeaseLost
	}
	return err
}

// Bury ends a node's membership as it was last seen and frees what the node
// has claimed. ErrExists when it has renewed it since.
func (l Leader) Bury(ctx context.Context, dead Lease) error {
	return l.update(ctx, func(tx Tx) error {
		// At the moment that the dead one's own clock has set: no other clock
		// is compared with it.
		taken, err := tx.TakeLease(dead.Name, l.lease.Holder, dead.Until, dead.Until.Add(time.Microsecond))
		if err != nil {
			return err
		}
		return errors.Join(tx.ReleaseDeliveries(dead.Holder), tx.DropLease(taken))
	})
}
