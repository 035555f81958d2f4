// Package operate holds what an operator does to parties, keys, days and the
// clock: the management API and the console act through it alike.
package operate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// Options are what the server hands in.
type Options struct {
	Dialects []string       // names of those offered
	Clock    *sandbox.Clock // nil outside a sandbox
	// Rotated is told of new credentials; nil outside a sandbox.
	Rotated func(context.Context, sandbox.Credentials) error
	// Spread returns when every other node follows what was changed before;
	// nil where there are none.
	Spread func(context.Context)
	Events *sandbox.Events // told of what an operator changes for all
	Levers *sandbox.Levers // nil outside a sandbox
	// Overlap is how long replaced credentials go on to verify unless something
	// else is asked.
	Overlap time.Duration
	// Begin takes a sandbox back to its seeds; nil outside one.
	Begin func(context.Context) error
}

// Desk is where operators act on a core. It is safe for concurrent use.
type Desk struct {
	Core *pay.Core
	Options
	report sync.Mutex // one long report is made at a time, so that the books stay free for payments
}

// NewDesk makes a Desk.
func NewDesk(core *pay.Core, o Options) *Desk { return &Desk{Core: core, Options: o} }

// Kind says what is wrong with what an operator asked.
type Kind string

// The kinds of refusal that are an operator's own; the domain's are pay.Error.
const (
	BadRequest Kind = "bad-request"
	NotFound   Kind = "not-found"
	DayOpen    Kind = "day-open"
	NotSettled Kind = "not-settled"
)

// Refusal is the answer to what an operator must not or cannot do.
type Refusal struct {
	Kind    Kind
	Message string
}

func (r *Refusal) Error() string { return r.Message }

func refuse(k Kind, format string, args ...any) error {
	return &Refusal{k, fmt.Sprintf(format, args...)}
}

// Alone runs a long report while no other one runs.
func (d *Desk) Alone(f func() error) error {
	d.report.Lock()
	defer d.report.Unlock()
	return f()
}

// spread lets other nodes follow what was done, unless it failed.
func (d *Desk) spread(ctx context.Context, err error) error {
	if err == nil && d.Spread != nil {
		d.Spread(ctx)
	}
	return err
}

// Standings of each kind of party.
var (
	PartnerStandings  = []pay.Standing{pay.Active, pay.Suspended}
	MerchantStandings = []pay.Standing{pay.Active, pay.Inactive, pay.Suspended, pay.Blacklisted}
	OutletStandings   = []pay.Standing{pay.Active, pay.Inactive}
	PayerStandings    = []pay.Standing{pay.Active, pay.Dormant, pay.Blocked}
)

// Fits refuses a standing that is none of a kind of party.
func Fits(s pay.Standing, kind []pay.Standing) error {
	if slices.Contains(kind, s) {
		return nil
	}
	return refuse(BadRequest, "standing %s does not fit this kind of party", s)
}

// EditPartner changes a partner that is there. edit may run more than once.
func (d *Desk) EditPartner(ctx context.Context, id string, edit func(*pay.Partner) error) (pay.Partner, error) {
	if _, err := d.Core.Partner(ctx, id); err != nil {
		return pay.Partner{}, err
	}
	p, err := d.Core.EditPartner(ctx, id, edit)
	return p, d.spread(ctx, err)
}

// SetStanding suspends a partner, or lets it act again.
func (d *Desk) SetStanding(ctx context.Context, id string, s pay.Standing) (pay.Partner, error) {
	return d.EditPartner(ctx, id, func(p *pay.Partner) error {
		p.Standing = s
		return Fits(s, PartnerStandings)
	})
}

// SetNotify names where a partner is notified; empty: nowhere.
func (d *Desk) SetNotify(ctx context.Context, id, url string) (pay.Partner, error) {
	return d.EditPartner(ctx, id, func(p *pay.Partner) error {
		p.NotifyURL = url
		return nil
	})
}

// Lasting reads how long replaced credentials are to go on; empty: as long as
// they usually do.
func (d *Desk) Lasting(text string) (time.Duration, error) {
	if text == "" {
		return d.Overlap, nil
	}
	overlap, err := time.ParseDuration(text)
	if err != nil {
		return 0, refuse(BadRequest, "overlap %q: write a duration as in 24h; 0s ends the old ones at once", text)
	}
	return overlap, pay.CheckOverlap(overlap)
}

// SetKey takes a partner's own public key, in PEM. The one before goes on to
// verify for the overlap.
func (d *Desk) SetKey(ctx context.Context, id, publicKey string, overlap time.Duration) (pay.Partner, error) {
	return d.EditPartner(ctx, id, func(p *pay.Partner) error {
		if _, err := snap.ParsePublicKey(publicKey); err != nil {
			return refuse(BadRequest, "publicKey: %v", err)
		}
		p.ReplaceKey(publicKey, d.Core.Now(), overlap)
		return nil
	})
}

// Rotate draws a new secret and key pair for a partner and gives them, once:
// the private key is kept nowhere but in a sandbox's file. Those before go on
// to verify for the overlap.
func (d *Desk) Rotate(ctx context.Context, id string, overlap time.Duration) (sandbox.Credentials, error) {
	c, err := sandbox.NewCredentials(id, "", "")
	if err != nil {
		return c, err
	}
	_, err = d.EditPartner(ctx, id, func(p *pay.Partner) error {
		c.ClientKey, c.ChannelID = p.ClientKey, p.ChannelID
		p.ReplaceSecret(c.ClientSecret, d.Core.Now(), overlap)
		p.ReplaceKey(c.PublicKey, d.Core.Now(), overlap)
		return nil
	})
	if err == nil && d.Rotated != nil {
		err = d.Rotated(ctx, c)
	}
	return c, err
}

// Retire ends the overlap of a rotation: the credentials before are refused
// from now on.
func (d *Desk) Retire(ctx context.Context, id string) (pay.Partner, error) {
	return d.EditPartner(ctx, id, func(p *pay.Partner) error {
		p.Former = pay.Former{}
		return nil
	})
}

// NewPartner is a partner that is to be added. Without a public key it is given
// a key pair.
type NewPartner struct {
	ID, Name, Dialect string
	ClientKey         string // empty: the id
	ChannelID         string
	PublicKey         string // PEM
	NotifyURL         string // empty: nowhere
}

// AddPartner adds a partner and gives its credentials, once: a private key that
// was drawn for it is kept nowhere.
func (d *Desk) AddPartner(ctx context.Context, n NewPartner) (sandbox.Credentials, error) {
	if !slices.Contains(d.Dialects, n.Dialect) {
		return sandbox.Credentials{}, refuse(BadRequest, "dialect %s is not offered", n.Dialect)
	}
	c, err := sandbox.NewCredentials(n.ID, n.ClientKey, n.ChannelID)
	if err != nil {
		return c, err
	}
	if n.PublicKey != "" {
		if _, err := snap.ParsePublicKey(n.PublicKey); err != nil {
			return c, refuse(BadRequest, "publicKey: %v", err)
		}
		c.PublicKey, c.PrivateKey = n.PublicKey, ""
	}
	return c, d.spread(ctx, d.Core.AddPartner(ctx, pay.Partner{
		ID: n.ID, Name: n.Name, Dialect: n.Dialect, ClientKey: c.ClientKey, ClientSecret: c.ClientSecret, PublicKey: c.PublicKey,
		ChannelID: n.ChannelID, NotifyURL: n.NotifyURL, Standing: pay.Active, CreatedAt: d.Core.Now(),
	}))
}

// AddMerchant adds a merchant to its partner, active unless it says otherwise.
func (d *Desk) AddMerchant(ctx context.Context, m pay.Merchant) (pay.Merchant, error) {
	m.CreatedAt = d.Core.Now()
	m.Standing = cmp.Or(m.Standing, pay.Active)
	if err := Fits(m.Standing, MerchantStandings); err != nil {
		return m, err
	}
	return m, d.spread(ctx, d.Core.AddMerchant(ctx, m))
}

// EditMerchant changes a merchant that is there. edit may run more than once.
func (d *Desk) EditMerchant(ctx context.Context, partnerID, id string, edit func(*pay.Merchant) error) (pay.Merchant, error) {
	if _, err := d.Core.Merchant(ctx, partnerID, id); err != nil {
		return pay.Merchant{}, err
	}
	m, err := d.Core.EditMerchant(ctx, partnerID, id, func(m *pay.Merchant) error {
		if err := edit(m); err != nil {
			return err
		}
		if m.ID != id {
			return refuse(BadRequest, "a merchant's id cannot change")
		}
		return Fits(m.Standing, MerchantStandings)
	})
	return m, d.spread(ctx, err)
}
