package pay

import "time"

// Former are a partner's credentials that were replaced, and go on to verify
// beside the new ones until their time is over.
type Former struct {
	Secret      string    `json:"secret,omitempty"`
	SecretUntil time.Time `json:"secretUntil,omitzero"`
	PublicKey   string    `json:"publicKey,omitempty"`
	KeyUntil    time.Time `json:"keyUntil,omitzero"`
}

// MaxOverlap bounds how long replaced credentials go on to verify.
const MaxOverlap = 90 * 24 * time.Hour

// CheckOverlap refuses a time that is none, or longer than MaxOverlap.
func CheckOverlap(d time.Duration) error {
	if d < 0 || d > MaxOverlap {
		return RefuseField(InvalidFormat, "overlap", "the keys before may go on for 0s to "+MaxOverlap.String())
	}
	return nil
}

// ReplaceSecret gives a partner a client secret. The one before goes on to
// verify for the overlap; what was before that ends now.
func (p *Partner) ReplaceSecret(secret string, now time.Time, overlap time.Duration) {
	p.Former.Secret, p.Former.SecretUntil = former(p.ClientSecret, secret, now, overlap)
	p.ClientSecret = secret
}

// ReplaceKey gives a partner a public key, as ReplaceSecret does a secret.
func (p *Partner) ReplaceKey(publicKey string, now time.Time, overlap time.Duration) {
	p.Former.PublicKey, p.Former.KeyUntil = former(p.PublicKey, publicKey, now, overlap)
	p.PublicKey = publicKey
}

func former(old, replacement string, now time.Time, overlap time.Duration) (string, time.Time) {
	if old == "" || old == replacement || overlap <= 0 {
		return "", time.Time{}
	}
	return old, now.Add(overlap)
}

// Secrets are the client secrets that verify at a moment, the current one
// first.
func (p *Partner) Secrets(now time.Time) []string {
	return valid(p.ClientSecret, p.Former.Secret, p.Former.SecretUntil, now)
}

// PublicKeys are the public keys that verify at a moment, the current one
// first; none where none is registered.
func (p *Partner) PublicKeys(now time.Time) []string {
	return valid(p.PublicKey, p.Former.PublicKey, p.Former.KeyUntil, now)
}

func valid(current, old string, until, now time.Time) []string {
	all := make([]string, 0, 2)
	if current != "" {
		all = append(all, current)
	}
	if old != "" && now.Before(until) {
		all = append(all, old)
	}
	return all
}
