package pay

import (
	"context"
	"errors"

	"github.com/qrisd/qrisd/qris"
)

// Scan is what a scanned payload turns out to be.
type Scan struct {
	QR       qris.Code
	Merchant *Merchant // nil when the merchant is another institution's
	Code     *Code     // of our merchant
}

// Decode reads a payload for someone who is about to pay it, and refuses what
// Pay would refuse at this moment of any payer: a damaged payload, one that
// leads nowhere, a code of ours that is not there or not to be paid any more,
// and a merchant who may not trade.
func (c *Core) Decode(ctx context.Context, payload string) (Scan, error) {
	qr, err := qris.Payable(payload)
	if err != nil {
		return Scan{}, badPayload(err)
	}
	s := Scan{QR: qr}
	s.Merchant, err = c.merchantByMPAN(ctx, qr.Domestic.PAN)
	if errors.Is(err, ErrNotFound) {
		s.Merchant = nil
		_, err = c.routes.Route(qr.NNS())
		return s, err
	}
	if err == nil {
		s.Code, err = c.payable(ctx, qr.ReferenceLabel, payload)
	}
	if err == nil {
		err = s.Merchant.MayTrade()
	}
	return s, err
}

// payable reads the code of ours behind a payload.
func (c *Core) payable(ctx context.Context, ref, payload string) (*Code, error) {
	var code Code
	err := c.store.View(ctx, func(r Reader) (err error) {
		code, err = payableCode(r, ref, payload, c.Now())
		return err
	})
	return &code, err
}
