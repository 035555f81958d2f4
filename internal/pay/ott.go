package pay

import (
	"context"
	"errors"
	"time"
)

// TokenOTT is a one-time token with which a customer is sent on to a page of
// ours without logging in again (service 49).
const TokenOTT TokenKind = "ott"

// ottLife is how long it waits to be used: the way from one page to the next.
const ottLife = 5 * time.Minute

// IssueOTT gives a one-time token to the payer of a customer token, who must
// be able to pay. It answers *Repeated when a mark exists.
func (c *Core) IssueOTT(ctx context.Context, customer Token, marks []Mark) (Issued, error) {
	t, err := c.mint(TokenOTT, customer.PartnerID, customer.PayerID, ottLife)
	if err != nil {
		return Issued{}, err
	}
	return t, c.store.Update(ctx, func(tx Tx) error {
		if err := remember(tx, marks, ""); err != nil {
			return err
		}
		payer, err := tx.Payer(customer.PayerID)
		if errors.Is(err, ErrNotFound) {
			return Refuse(PayerUnknown, "no such payer")
		}
		if err != nil {
			return err
		}
		if err := payer.mayPay(); err != nil {
			return err
		}
		return tx.InsertToken(t.Token)
	})
}
