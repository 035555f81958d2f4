package storage

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

var tokens = table[pay.Token]{
	name:    "token",
	columns: strings.Fields("hash kind partner_id payer_id issued_at expires_at used_at revoked_at"),
	fields: func(t *pay.Token) []any {
		return []any{
			digest{&t.Hash}, (*string)(&t.Kind), &t.PartnerID, &t.PayerID,
			moment{&t.IssuedAt}, moment{&t.ExpiresAt}, moment{&t.UsedAt}, moment{&t.RevokedAt},
		}
	},
}

var (
	tokenByHash = tokens.find("WHERE hash = $1")
	insertToken = tokens.insert()
	useToken    = "UPDATE token SET used_at = $1 WHERE hash = $2 AND used_at = 0 AND revoked_at = 0"
	revokeToken = "UPDATE token SET revoked_at = $1 WHERE hash = $2 AND revoked_at = 0"
	// Revoked is what has ended too: a sandbox's clock can go back.
	revokeBinding = "UPDATE token SET revoked_at = $1 WHERE partner_id = $2 AND payer_id = $3 AND payer_id <> '' AND revoked_at = 0"

	tokensOf = tokens.find(`WHERE partner_id = $1 AND payer_id = $2 AND (expires_at, hash) > ($3, $4)
		AND used_at = 0 AND revoked_at = 0 ORDER BY expires_at, hash LIMIT $5`)
	bindingsOf = `SELECT payer_id, COUNT(*), MIN(issued_at), MAX(expires_at) FROM token
		WHERE partner_id = $1 AND payer_id > $2 AND expires_at > $3 AND used_at = 0 AND revoked_at = 0
		GROUP BY payer_id ORDER BY payer_id LIMIT $4`
)

func (r reader) Token(hash [32]byte) (pay.Token, error) {
	return tokens.one(r.q, tokenByHash, hex.EncodeToString(hash[:]))
}

// lastHash is behind the hash of every token, in each collation.
const lastHash = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

func (r reader) TokenPage(partnerID, payerID string, after time.Time, behind pay.Token, limit int) ([]pay.Token, error) {
	ends, hash := after, lastHash
	if behind.Hash != [32]byte{} {
		ends, hash = behind.ExpiresAt, hex.EncodeToString(behind.Hash[:])
	}
	return tokens.all(r.q, tokensOf, partnerID, payerID, micros(ends), hash, limit)
}

func (r reader) BindingPage(partnerID string, after time.Time, behind string, limit int) ([]pay.Binding, error) {
	var found []pay.Binding
	err := r.q.query(bindingsOf, []any{partnerID, behind, micros(after), limit}, func(row row) error {
		b := pay.Binding{PartnerID: partnerID}
		err := row.Scan(&b.PayerID, &b.Tokens, moment{&b.Since}, moment{&b.Until})
		found = append(found, b)
		return err
	})
	return found, err
}

func (t tx) InsertToken(token pay.Token) error {
	return t.insert(insertToken, tokens.values(&token))
}

// UseToken marks the token as used at token.UsedAt, which must be set.
func (t tx) UseToken(token pay.Token) error {
	if token.UsedAt.IsZero() {
		return fmt.Errorf("storage: use token: UsedAt says no time, so the token would stay unused")
	}
	if err := t.lockBinding(token.PartnerID, token.PayerID); err != nil {
		return err
	}
	return t.update(useToken, micros(token.UsedAt), hex.EncodeToString(token.Hash[:]))
}

func (t tx) RevokeToken(token pay.Token) error {
	if token.RevokedAt.IsZero() {
		return fmt.Errorf("storage: revoke token: RevokedAt says no time, so the token would stay good")
	}
	return t.update(revokeToken, micros(token.RevokedAt), hex.EncodeToString(token.Hash[:]))
}

// RevokeBinding looks again until nothing is left: a transaction elsewhere that
// has used one of the tokens holds its row, and what it exchanges it for is
// there when the row is free.
func (t tx) RevokeBinding(partnerID, payerID string, at time.Time) (sum int, err error) {
	if err := t.lockBinding(partnerID, payerID); err != nil {
		return 0, err
	}
	for {
		n, err := t.db.exec(revokeBinding, []any{micros(at), partnerID, payerID})
		if err != nil || n == 0 {
			return sum, err
		}
		sum += int(n)
	}
}

// lockBinding does within a group what the tokens' rows do between connections.
func (t tx) lockBinding(partnerID, payerID string) error {
	return t.db.lock("binding "+partnerID+" "+payerID, false)
}
