package pay

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Issued is a token in the only moment its text is known.
type Issued struct {
	Token
	Text string
}

// Access is what the exchange of an authorisation code or a refresh token
// gives (service 74).
type Access struct{ Customer, Refresh Issued }

// tokenCache remembers tokens by hash: every request with a token asks for
// one, and a token row changes only by what ends it. All are forgotten when one
// is revoked, and when the books are cleared.
type tokenCache struct {
	mu      sync.RWMutex
	entries map[[32]byte]Token
	cleared uint64 // how often all were forgotten
}

const maxTokens = 100_000

func (t *tokenCache) get(h [32]byte) (v Token, cleared uint64, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	v, ok = t.entries[h]
	return v, t.cleared, ok
}

// put stores what was read, unless all were forgotten since.
func (t *tokenCache) put(v Token, cleared uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cleared != cleared {
		return
	}
	if t.entries == nil || len(t.entries) >= maxTokens {
		t.entries = make(map[[32]byte]Token)
	}
	t.entries[v.Hash] = v
}

func (t *tokenCache) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleared++
	clear(t.entries)
}

// mint draws a token; its hash is stored by the caller's transaction.
func (c *Core) mint(kind TokenKind, partnerID, payerID string, life time.Duration) (Issued, error) {
	text, err := c.newSecret()
	if err != nil {
		return Issued{}, err
	}
	now := c.Now()
	return Issued{Text: text, Token: Token{
		Hash: hashSecret(text), Kind: kind, PartnerID: partnerID, PayerID: payerID,
		IssuedAt: now, ExpiresAt: now.Add(life),
	}}, nil
}

// Grant makes a text that is known elsewhere a token; one that is there stays
// as it is, and is reported as not made.
func (c *Core) Grant(ctx context.Context, kind TokenKind, partnerID, payerID, text string, life time.Duration) (made bool, err error) {
	now := c.Now()
	t := Token{Hash: hashSecret(text), Kind: kind, PartnerID: partnerID, PayerID: payerID, IssuedAt: now, ExpiresAt: now.Add(life)}
	err = c.store.Update(ctx, func(tx Tx) error {
		_, err := tx.Token(t.Hash)
		if made = errors.Is(err, ErrNotFound); made {
			err = tx.InsertToken(t)
		}
		return err
	})
	return made, err
}

func (c *Core) issue(ctx context.Context, kind TokenKind, partnerID, payerID string, life time.Duration) (Issued, error) {
	t, err := c.mint(kind, partnerID, payerID, life)
	if err != nil {
		return Issued{}, err
	}
	return t, c.store.Update(ctx, func(tx Tx) error { return tx.InsertToken(t.Token) })
}

// IssueB2B gives a partner a token (service 73). Many live at once.
func (c *Core) IssueB2B(ctx context.Context, p *Partner, life time.Duration) (Issued, error) {
	return c.issue(ctx, TokenB2B, p.ID, "", life)
}

// IssueCustomer gives a partner a payer's token without an exchange: an
// operator's act, and how a sandbox seeds its payers.
func (c *Core) IssueCustomer(ctx context.Context, p *Partner, payerID string, life time.Duration) (Issued, error) {
	return c.issue(ctx, TokenCustomer, p.ID, payerID, life)
}

// AuthCodeLife is how long a payer's consent waits for its exchange.
const AuthCodeLife = 10 * time.Minute

// Authorize records a payer's consent and gives the authorisation code that
// the partner exchanges once (service 74).
func (c *Core) Authorize(ctx context.Context, p *Partner, payerID string) (Issued, error) {
	err := c.store.View(ctx, func(r Reader) error { _, err := r.Payer(payerID); return err })
	if errors.Is(err, ErrNotFound) {
		return Issued{}, Refuse(PayerUnknown, "no such payer")
	}
	if err != nil {
		return Issued{}, err
	}
	return c.issue(ctx, TokenAuthCode, p.ID, payerID, AuthCodeLife)
}

// Exchange turns an authorisation code or a refresh token, each good once,
// into a customer token and a refresh token.
func (c *Core) Exchange(ctx context.Context, p *Partner, kind TokenKind, text string, life, refreshLife time.Duration) (Access, error) {
	var access Access
	err := c.store.Update(ctx, func(tx Tx) error {
		grant, err := c.redeem(tx, p, kind, text)
		if err != nil {
			return err
		}
		if access.Customer, err = c.mint(TokenCustomer, p.ID, grant.PayerID, life); err != nil {
			return err
		}
		if access.Refresh, err = c.mint(TokenRefresh, p.ID, grant.PayerID, refreshLife); err != nil {
			return err
		}
		return errors.Join(tx.InsertToken(access.Customer.Token), tx.InsertToken(access.Refresh.Token))
	})
	return access, err
}

func (c *Core) redeem(tx Tx, p *Partner, kind TokenKind, text string) (Token, error) {
	field := map[TokenKind]string{TokenAuthCode: "authCode", TokenRefresh: "refreshToken"}[kind]
	grant, err := tx.Token(hashSecret(text))
	if errors.Is(err, ErrNotFound) || (err == nil && (grant.Kind != kind || grant.PartnerID != p.ID)) {
		return Token{}, RefuseField(BadGrant, field, "it was not issued to this partner")
	}
	if err != nil {
		return Token{}, err
	}
	now := c.Now()
	switch {
	case !grant.RevokedAt.IsZero():
		return Token{}, RefuseField(BadGrant, field, "it was revoked")
	case !now.Before(grant.ExpiresAt):
		return Token{}, RefuseField(BadGrant, field, "it has expired")
	}
	grant.UsedAt = now
	if err := tx.UseToken(grant); errors.Is(err, ErrNotFound) {
		return Token{}, RefuseField(BadGrant, field, "it was used or revoked before")
	} else if err != nil {
		return Token{}, err
	}
	return grant, nil
}

// B2B gives the partner's id behind a B2B token, or TokenNotFound or
// InvalidToken.
func (c *Core) B2B(ctx context.Context, text string) (Token, error) {
	return c.checkToken(ctx, text, TokenB2B, TokenNotFound, InvalidToken)
}

// Customer gives the payer behind a customer token of a partner, or
// CustomerNotFound or InvalidCustomer.
func (c *Core) Customer(ctx context.Context, p *Partner, text string) (Token, error) {
	t, err := c.checkToken(ctx, text, TokenCustomer, CustomerNotFound, InvalidCustomer)
	if err == nil && t.PartnerID != p.ID {
		return Token{}, Refuse(InvalidCustomer, "the customer token was issued to another partner")
	}
	return t, err
}

func (c *Core) checkToken(ctx context.Context, text string, want TokenKind, absent, invalid Kind) (Token, error) {
	t, err := c.readToken(ctx, hashSecret(text))
	switch {
	case errors.Is(err, ErrNotFound):
		return Token{}, Refuse(absent, "this token was never issued here")
	case err != nil:
		return Token{}, err
	case t.Kind != want:
		return Token{}, Refuse(invalid, "this is a "+string(t.Kind)+" token where a "+string(want)+" token belongs")
	case !t.RevokedAt.IsZero():
		return t, Refuse(invalid, "the token was revoked at "+t.RevokedAt.In(Jakarta).Format(time.RFC3339))
	case !c.Now().Before(t.ExpiresAt):
		return t, Refuse(invalid, "the token expired at "+t.ExpiresAt.In(Jakarta).Format(time.RFC3339))
	}
	return t, nil
}

func (c *Core) readToken(ctx context.Context, h [32]byte) (Token, error) {
	t, cleared, ok := c.tokens.get(h)
	if ok && c.directory.believed() {
		return t, nil
	}
	return c.fetchToken(ctx, h, cleared)
}

// fetchToken reads a token from the store.
func (c *Core) fetchToken(ctx context.Context, h [32]byte, cleared uint64) (t Token, err error) {
	err = c.store.View(ctx, func(r Reader) (err error) {
		t, err = r.Token(h)
		return err
	})
	if err == nil {
		c.tokens.put(t, cleared)
	}
	return t, err
}
