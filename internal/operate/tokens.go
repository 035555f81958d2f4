package operate

import (
	"context"

	"github.com/qrisd/qrisd/internal/pay"
)

// RevokeToken ends one of a partner's tokens before its time, on every node. The
// hash is the SHA-256 of its text.
func (d *Desk) RevokeToken(ctx context.Context, partnerID string, hash [32]byte) (pay.Token, error) {
	t, err := d.Core.RevokeToken(ctx, partnerID, hash)
	return t, d.spread(ctx, err)
}

// RevokeBinding ends all that a partner holds of a payer's account, on every
// node, and gives how many tokens that were.
func (d *Desk) RevokeBinding(ctx context.Context, partnerID, payerID string) (tokens int, err error) {
	tokens, err = d.Core.RevokeBinding(ctx, partnerID, payerID)
	return tokens, d.spread(ctx, err)
}
