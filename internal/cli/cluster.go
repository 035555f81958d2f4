package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// leaseLife is how long a lease holds that nobody renews: a node that died is
// replaced after it. A lease is renewed three times within its life, and the
// work under it ends when a fifth is left.
const leaseLife = 15 * time.Second

// member is this process among the nodes that share a store.
type member struct {
	core *pay.Core
	name string        // under which it holds leases and deliveries
	life time.Duration // of its leases
	log  *slog.Logger
}

// newMember draws a name that no node had before.
func newMember(core *pay.Core, life time.Duration, log *slog.Logger) (*member, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, fmt.Errorf("drawing the node's name: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return &member{core: core, name: host + "-" + hex.EncodeToString(b[:]), life: life, log: log}, nil
}

// right is what a node may hold: a piece of periodic work, or its membership.
type right struct {
	name string
	take func(ctx context.Context, now time.Time, life time.Duration) (pay.Lease, error)
	drop func(context.Context, pay.Lease) error
}

// leadership is the right to periodic work that one node at a time does.
func (m *member) leadership(name string) right {
	return right{
		name: name,
		take: func(ctx context.Context, now time.Time, life time.Duration) (pay.Lease, error) {
			return m.core.TakeLease(ctx, name, m.name, now, life)
		},
		drop: m.core.DropLease,
	}
}

// membership tells the others that this node is there. A node drops it when
// it has done all else.
func (m *member) membership() right {
	return right{
		name: "membership",
		take: func(ctx context.Context, now time.Time, life time.Duration) (pay.Lease, error) {
			return m.core.Join(ctx, m.name, now, life)
		},
		drop: m.core.Leave,
	}
}

// tenure is a lease, and when the work under it must have ended by this
// process's own monotonic clock.
type tenure struct {
	lease pay.Lease
	ends  time.Time
}

func (m *member) take(ctx context.Context, r right) (tenure, error) {
	begun := time.Now()
	lease, err := r.take(ctx, begun, m.life)
	return tenure{lease, begun.Add(m.life - m.life/5)}, err
}

// hold does work while this node has a right, again whenever it gets it, until
// the context ends. Work ends when its own context does.
func (m *member) hold(ctx context.Context, r right, work func(context.Context, pay.Lease)) {
	for ctx.Err() == nil {
		t, err := m.take(ctx, r)
		switch {
		case err == nil:
			m.keep(ctx, r, t, work)
		case ctx.Err() == nil && !errors.Is(err, pay.ErrExists): // another's is no failure
			m.log.Error("taking a lease", "lease", r.name, "error", err)
		}
		pause(ctx, m.life/3)
	}
}

// keep does work for as long as the lease can be renewed, and drops it at the
// end of the context.
func (m *member) keep(ctx context.Context, r right, t tenure, work func(context.Context, pay.Lease)) {
	working, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(working, t.lease)
	}()
	m.renew(working, stop, r, t)
	stop()
	<-done
	if ctx.Err() == nil {
		m.log.Warn("a lease was lost", "lease", r.name)
		return
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.life/5)
	defer cancel()
	if err := r.drop(last, t.lease); err != nil {
		m.log.Warn("a lease was not dropped; it ends by itself", "lease", r.name, "error", err)
	}
}

// renew returns when the work is to end. The timer ends it even while storage
// does not answer a renewal.
func (m *member) renew(ctx context.Context, stop func(), r right, t tenure) {
	end := time.AfterFunc(time.Until(t.ends), stop)
	defer end.Stop()
	for pause(ctx, m.life/3) {
		next, err := m.take(ctx, r)
		switch {
		case errors.Is(err, pay.ErrExists), err == nil && next.lease.Token != t.lease.Token:
			return // another has it, or had it
		case err == nil:
			end.Reset(time.Until(next.ends))
		case ctx.Err() == nil:
			m.log.Error("renewing a lease", "lease", r.name, "error", err)
		}
	}
}

// spread returns when every other node follows what was committed before.
func (m *member) spread(ctx context.Context) {
	nodes, err := m.core.Nodes(ctx)
	alone := !slices.ContainsFunc(nodes, func(l pay.Lease) bool { return l.Holder != m.name })
	if err != nil || !alone {
		pause(ctx, pay.Trust)
	}
}

// janitor buries the nodes that do not renew their membership any more. It
// goes by its own clock alone, so that nodes whose clocks differ live.
type janitor struct {
	*member
	seen map[string]sighting // by the name of the node's lease
}

// sighting is the end of a lease, and since when the janitor has seen it so.
type sighting struct{ until, since time.Time }

func (j *janitor) look(ctx context.Context, under pay.Lease) error {
	nodes, err := j.core.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("looking for dead nodes: %w", err)
	}
	seen := make(map[string]sighting, len(nodes))
	for _, node := range nodes {
		s := j.seen[node.Name]
		if !s.until.Equal(node.Until) {
			s = sighting{node.Until, time.Now()}
		}
		seen[node.Name] = s
		if node.Holder == j.name || time.Since(s.since) <= j.life {
			continue
		}
		if err := j.bury(ctx, under, node); err != nil {
			return err
		}
	}
	j.seen = seen
	return nil
}

func (j *janitor) bury(ctx context.Context, under, dead pay.Lease) error {
	err := j.core.Under(under).Bury(ctx, dead)
	switch {
	case err == nil:
		j.log.Warn("a node is gone; what it was to deliver is free", "node", dead.Holder)
	case errors.Is(err, pay.ErrExists):
		return nil // it has just renewed
	default:
		return fmt.Errorf("burying node %s: %w", dead.Holder, err)
	}
	return nil
}

// pause waits, and reports whether the context has not ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
