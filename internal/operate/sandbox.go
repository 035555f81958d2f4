package operate

import (
	"context"
	"errors"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/qrread"
	"github.com/qrisd/qrisd/internal/sandbox"
)

var errNoSandbox = refuse(NotFound, "only a sandbox has this (qrisd serve --sandbox)")

// SetLever puts a lever on, or changes the one in its place.
func (d *Desk) SetLever(ctx context.Context, l sandbox.Lever) error {
	if d.Levers == nil {
		return errNoSandbox
	}
	return d.spread(ctx, d.Levers.Set(ctx, d.Core, l))
}

// RemoveLevers takes the levers of a kind, partner and operation off; empty
// stands for all.
func (d *Desk) RemoveLevers(ctx context.Context, kind sandbox.LeverKind, partnerID, operation string) error {
	if d.Levers == nil {
		return errNoSandbox
	}
	return d.spread(ctx, d.Levers.Remove(ctx, d.Core, kind, partnerID, operation))
}

// ExpireNow ends one code's validity at this moment, without moving the clock
// for others.
func (d *Desk) ExpireNow(ctx context.Context, ref string) (pay.Code, error) {
	if d.Clock == nil {
		return pay.Code{}, errNoSandbox
	}
	return d.Core.ExpireNow(ctx, ref)
}

// Reset takes the sandbox back to what it was right after it was seeded.
func (d *Desk) Reset(ctx context.Context) error {
	if d.Begin == nil {
		return errNoSandbox
	}
	return d.spread(ctx, d.Begin(ctx))
}

// LoadFixtures makes what a test suite wants to find and is not there.
func (d *Desk) LoadFixtures(ctx context.Context, f sandbox.Fixtures) (sandbox.Made, error) {
	if d.Levers == nil {
		return sandbox.Made{}, errNoSandbox
	}
	for _, p := range f.Partners {
		if err := d.offers(ctx, p); err != nil {
			return sandbox.Made{}, err
		}
	}
	made, err := f.Load(ctx, d.Core)
	var refused *pay.Error
	if errors.Is(err, pay.ErrNotFound) || (errors.As(err, &refused) && refused.Kind != pay.Internal) {
		return made, refuse(BadRequest, "%v", err) // with the fixture that it is about
	}
	return made, d.spread(ctx, err)
}

// offers refuses a new partner of a dialect that is not spoken here.
func (d *Desk) offers(ctx context.Context, p sandbox.PartnerFixture) error {
	if _, err := d.Core.Partner(ctx, p.ID); err == nil {
		return nil
	}
	for _, name := range d.Dialects {
		if name == p.Dialect {
			return nil
		}
	}
	return refuse(BadRequest, "partner %s: dialect %q is not offered", p.ID, p.Dialect)
}

// PayImage is the outside payer who pays the QR of an image.
func (d *Desk) PayImage(ctx context.Context, file []byte, amount pay.Rupiah) (p pay.Payment, err error) {
	var text string
	err = d.Alone(func() (err error) { // it takes memory
		text, err = qrread.Text(file)
		return err
	})
	if err != nil {
		return pay.Payment{}, refuse(BadRequest, "%v", plainly(err))
	}
	return sandbox.Pay(ctx, d.Core, sandbox.Target{QRContent: text}, amount)
}

// plainly is why an image was refused, without what its decoder said of it.
func plainly(err error) error {
	if errors.Is(err, qrread.ErrNoImage) {
		return qrread.ErrNoImage
	}
	return err
}
