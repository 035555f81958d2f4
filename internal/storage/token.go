package storage

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var tokens = table[pay.Token]{
	name:    "token",
	columns: strings.Fields("hash kind partner_id payer_id issued_at expires_at used_at"),
	fields: func(t *pay.Token) []any {
		return []any{
			digest{&t.Hash}, (*string)(&t.Kind), &t.PartnerID, &t.PayerID,
			moment{&t.IssuedAt}, moment{&t.ExpiresAt}, moment{&t.UsedAt},
		}
	},
}

var (
	tokenByHash = tokens.find("WHERE hash = $1")
	insertToken = tokens.insert()
	useToken    = "UPDATE token SET used_at = $1 WHERE hash = $2 AND used_at = 0"
)

func (r reader) Token(hash [32]byte) (pay.Token, error) {
	return tokens.one(r.q, tokenByHash, hex.EncodeToString(hash[:]))
}

func (t tx) InsertToken(token pay.Token) error {
	return t.insert(insertToken, tokens.values(&token))
}

// UseToken marks the token as used at token.UsedAt, which must be set.
func (t tx) UseToken(token pay.Token) error {
	if token.UsedAt.IsZero() {
		return fmt.Errorf("storage: use token: UsedAt says no time, so the token would stay unused")
	}
	return t.update(useToken, micros(token.UsedAt), hex.EncodeToString(token.Hash[:]))
}
