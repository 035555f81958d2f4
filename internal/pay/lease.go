package pay

import "time"

// Lease is the right of one node to a piece of periodic work. Several nodes
// may believe to have it, one whose clock stood still for example; only the
// one whose Token is the lease's newest passes Fence.
type Lease struct {
	Name   string
	Holder string
	Token  int64 // grows with every change of the holder
	Until  time.Time
}
