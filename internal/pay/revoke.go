package pay

import (
	"context"
	"errors"
)

// RevokeToken ends one of a partner's tokens, of any kind, by the SHA-256 of its
// text: whoever brings it is refused from now on. One that was revoked before
// stays as it was. It is CodeUnknown when the partner has no such token.
func (c *Core) RevokeToken(ctx context.Context, partnerID string, hash [32]byte) (t Token, err error) {
	defer c.tokens.forget()
	err = c.changeParties(ctx, func(tx Tx) error {
		t, err = tx.Token(hash)
		switch {
		case errors.Is(err, ErrNotFound), err == nil && t.PartnerID != partnerID:
			return Refuse(CodeUnknown, "the partner has no such token")
		case err != nil, !t.RevokedAt.IsZero():
			return err
		}
		t.RevokedAt = c.Now()
		if err := tx.RevokeToken(t); !errors.Is(err, ErrNotFound) {
			return err
		}
		t, err = tx.Token(hash) // another node's act came between
		return err
	})
	return t, err
}

// RevokeBinding ends all that a partner holds of a payer's account, which are
// customer and refresh tokens, and codes that wait for an exchange, and gives
// how many. The payer may consent again. It is CodeUnknown when there is
// nothing to revoke.
func (c *Core) RevokeBinding(ctx context.Context, partnerID, payerID string) (tokens int, err error) {
	defer c.tokens.forget()
	err = c.changeParties(ctx, func(tx Tx) (err error) {
		if tokens, err = tx.RevokeBinding(partnerID, payerID, c.Now()); err == nil && tokens == 0 {
			err = Refuse(CodeUnknown, "the partner holds nothing of this payer's account")
		}
		return err
	})
	return tokens, err
}
