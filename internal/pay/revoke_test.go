package pay_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestRevoke: a token that was revoked is refused as one that has expired is,
// though it was taken a moment before; whose it is not cannot revoke it.
func TestRevoke(t *testing.T) {
	c := newCounter(t)
	ctx := t.Context()
	b2b, err := c.IssueB2B(ctx, c.partner, time.Hour)
	must(t, err)
	customer, err := c.IssueCustomer(ctx, c.partner, "budi", time.Hour)
	must(t, err)
	code, err := c.Authorize(ctx, c.partner, "budi")
	must(t, err)
	for _, wrong := range []struct {
		partner string
		hash    [32]byte
	}{{"other", b2b.Hash}, {c.partner.ID, sha256.Sum256([]byte("nobody's"))}} {
		if _, err := c.RevokeToken(ctx, wrong.partner, wrong.hash); pay.KindOf(err) != pay.CodeUnknown {
			t.Errorf("%s revokes %x: %v", wrong.partner, wrong.hash, err)
		}
	}
	if _, err := c.B2B(ctx, b2b.Text); err != nil {
		t.Fatal(err)
	}
	first, err := c.RevokeToken(ctx, c.partner.ID, b2b.Hash)
	if must(t, err); !first.RevokedAt.Equal(c.now) {
		t.Errorf("revoked at %s", first.RevokedAt)
	}
	if _, err := c.B2B(ctx, b2b.Text); pay.KindOf(err) != pay.InvalidToken || !strings.Contains(err.Error(), "revoked at") {
		t.Errorf("a revoked token: %v", err)
	}
	was := c.now
	c.now = c.now.Add(time.Minute)
	again, err := c.RevokeToken(ctx, c.partner.ID, b2b.Hash)
	if must(t, err); !again.RevokedAt.Equal(was) {
		t.Errorf("revoked again at %s", again.RevokedAt)
	}
	if _, err := c.Customer(ctx, c.partner, customer.Text); err != nil {
		t.Fatal(err)
	}
	if n, err := c.RevokeBinding(ctx, c.partner.ID, "budi"); n != 2 || err != nil {
		t.Errorf("%d tokens are revoked, %v", n, err)
	}
	if _, err := c.Customer(ctx, c.partner, customer.Text); pay.KindOf(err) != pay.InvalidCustomer {
		t.Errorf("a revoked customer token: %v", err)
	}
	_, err = c.Exchange(ctx, c.partner, pay.TokenAuthCode, code.Text, time.Hour, time.Hour)
	if pay.KindOf(err) != pay.BadGrant || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("a revoked code: %v", err)
	}
	for _, payer := range []string{"budi", "nobody", ""} {
		if _, err := c.RevokeBinding(ctx, c.partner.ID, payer); pay.KindOf(err) != pay.CodeUnknown {
			t.Errorf("nothing is left of %q: %v", payer, err)
		}
	}
}
