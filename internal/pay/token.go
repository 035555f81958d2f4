package pay

import "time"

// TokenKind tells what a token stands for.
type TokenKind string

// The kinds of secret that are issued. Only their hashes are stored.
const (
	TokenB2B      TokenKind = "b2b"
	TokenCustomer TokenKind = "customer"
	TokenRefresh  TokenKind = "refresh"
	TokenAuthCode TokenKind = "auth-code"
)

// Token is an issued secret: 256 random bits, of which the SHA-256 is kept.
type Token struct {
	Hash      [32]byte
	Kind      TokenKind
	PartnerID string
	PayerID   string // empty for B2B
	IssuedAt  time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // auth codes and refresh tokens work once
	RevokedAt time.Time // by an operator; zero: it was not
}

// Binding is what a partner holds of a payer's account: the tokens that the
// payer's consent has led to.
type Binding struct {
	PartnerID string
	PayerID   string
	Tokens    int       // that can be used
	Since     time.Time // the oldest of them was issued
	Until     time.Time // the last of them ends
}
