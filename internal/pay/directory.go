package pay

import (
	"context"
	"sync"
	"time"
)

// directory remembers partners and merchants, which every request needs and
// which seldom change. Any change through the Core empties it, and so does one
// of another node once CatchUp has seen it.
type directory struct {
	mu         sync.RWMutex
	generation uint64
	entries    map[directoryKey]any

	real     func() time.Time // nil: no other node changes anything
	followed string           // the stored generation that the entries go by
	trusted  time.Time        // until then; later they are not believed
}

// directoryKey names an entry: of is the merchant of an outlet, and empty for
// all else.
type directoryKey struct{ kind, tenant, of, id string }

// maxDirectory bounds the memory: at this many entries it starts afresh.
const maxDirectory = 100_000

func (d *directory) get(k directoryKey) (any, uint64, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, ok := d.entries[k]
	return v, d.generation, ok && d.current()
}

// current reports whether no other node can have changed an entry for longer
// than Trust.
func (d *directory) current() bool { return d.real == nil || d.real().Before(d.trusted) }

// believed is current, for what is remembered elsewhere.
func (d *directory) believed() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.current()
}

// put stores what was read in a generation, unless a change came between.
func (d *directory) put(k directoryKey, v any, generation uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.generation != generation {
		return
	}
	if d.entries == nil || len(d.entries) >= maxDirectory {
		d.entries = make(map[directoryKey]any)
	}
	d.entries[k] = v
}

func (d *directory) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.empty()
}

func (d *directory) empty() {
	d.generation++
	clear(d.entries)
}

func (d *directory) follows(generation string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.followed == generation
}

// confirm says which generation was stored when a look at it began. What was
// remembered stays if it goes by the same, and the looks did not stop for a
// while.
func (d *directory) confirm(generation string, begun time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.followed != generation || !d.current() {
		d.empty()
	}
	d.followed, d.trusted = generation, begun.Add(Trust)
}

// known gives an entry of the directory. Who asks it before lookup makes no
// closure for what is there.
func known[T any](c *Core, k directoryKey) (*T, bool) {
	v, _, ok := c.directory.get(k)
	if !ok {
		return nil, false
	}
	return v.(*T), true
}

// lookup reads through the directory.
func lookup[T any](ctx context.Context, c *Core, k directoryKey, read func(Reader) (T, error)) (*T, error) {
	if v, ok := known[T](c, k); ok {
		return v, nil
	}
	_, generation, _ := c.directory.get(k)
	var found T
	err := c.store.View(ctx, func(r Reader) (err error) {
		found, err = read(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.directory.put(k, &found, generation)
	return &found, nil
}

// Partner gives the partner with an X-PARTNER-ID. It must not be changed.
func (c *Core) Partner(ctx context.Context, id string) (*Partner, error) {
	k := directoryKey{kind: "partner", id: id}
	if p, ok := known[Partner](c, k); ok {
		return p, nil
	}
	return lookup(ctx, c, k, func(r Reader) (Partner, error) { return r.Partner(id) })
}

// PartnerByClientKey gives the partner with an X-CLIENT-KEY.
func (c *Core) PartnerByClientKey(ctx context.Context, key string) (*Partner, error) {
	return lookup(ctx, c, directoryKey{kind: "client", id: key}, func(r Reader) (Partner, error) { return r.PartnerByClientKey(key) })
}

// Merchant gives a partner's merchant.
func (c *Core) Merchant(ctx context.Context, partnerID, id string) (*Merchant, error) {
	k := directoryKey{kind: "merchant", tenant: partnerID, id: id}
	if m, ok := known[Merchant](c, k); ok {
		return m, nil
	}
	return lookup(ctx, c, k, func(r Reader) (Merchant, error) { return r.Merchant(partnerID, id) })
}

func (c *Core) merchantByMPAN(ctx context.Context, mpan string) (*Merchant, error) {
	return lookup(ctx, c, directoryKey{kind: "mpan", id: mpan}, func(r Reader) (Merchant, error) { return r.MerchantByMPAN(mpan) })
}

// firstMerchant is the one meant when a request names none: the partner's
// oldest.
func (c *Core) firstMerchant(ctx context.Context, partnerID string) (*Merchant, error) {
	return lookup(ctx, c, directoryKey{kind: "first", tenant: partnerID}, func(r Reader) (Merchant, error) {
		all, err := r.Merchants(partnerID)
		if err != nil {
			return Merchant{}, err
		}
		if len(all) == 0 {
			return Merchant{}, ErrNotFound
		}
		return all[0], nil
	})
}

// outlet gives a merchant's outlet, or nil when it is not registered. Both
// answers are remembered.
func (c *Core) outlet(ctx context.Context, m *Merchant, kind OutletKind, id string) (*Outlet, error) {
	k := directoryKey{kind: string(kind), tenant: m.PartnerID, of: m.ID, id: id}
	if o, ok := known[*Outlet](c, k); ok {
		return *o, nil
	}
	found, err := lookup(ctx, c, k, func(r Reader) (*Outlet, error) {
		o, err := r.Outlet(m.PartnerID, m.ID, kind, id)
		switch err {
		case nil:
			return &o, nil
		case ErrNotFound:
			return nil, nil
		}
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	return *found, nil
}
