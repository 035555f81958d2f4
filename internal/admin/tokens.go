package admin

import (
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// tokenView is a token without its text, which is kept nowhere.
type tokenView struct {
	ID        string        `json:"id"` // SHA-256 of the text, in hex
	Kind      pay.TokenKind `json:"kind"`
	PartnerID string        `json:"partnerId"`
	PayerID   string        `json:"payerId,omitempty"`
	IssuedAt  time.Time     `json:"issuedAt"`
	ExpiresAt time.Time     `json:"expiresAt"`
	RevokedAt time.Time     `json:"revokedAt,omitzero"`
}

func viewToken(t pay.Token) tokenView {
	return tokenView{hex.EncodeToString(t.Hash[:]), t.Kind, t.PartnerID, t.PayerID, t.IssuedAt, t.ExpiresAt, t.RevokedAt}
}

// bindingView is what a partner holds of a payer's account.
type bindingView struct {
	PartnerID string    `json:"partnerId"`
	PayerID   string    `json:"payerId"`
	Tokens    int       `json:"tokens"`
	Since     time.Time `json:"since"`
	Until     time.Time `json:"until"`
}

// tokenID reads a token's id.
func tokenID(text string) (hash [32]byte, err error) {
	if n, err := hex.Decode(hash[:], []byte(text[:min(len(text), hex.EncodedLen(len(hash)))])); err != nil || n != len(hash) || len(text) != hex.EncodedLen(n) {
		return hash, &httpError{http.StatusBadRequest, "bad-request", "a token's id is the SHA-256 of its text: 64 hexadecimal digits"}
	}
	return hash, nil
}

// listTokens gives the B2B tokens of a partner that can be used, the first to
// end first.
func (a *API) listTokens(r *http.Request) (any, error) {
	if _, err := a.partner(r); err != nil {
		return nil, err
	}
	return listing[pay.Token, tokenView]{
		name: "tokens", key: func(t pay.Token) string { return viewToken(t).ID },
		view: func(_ pay.Reader, t pay.Token) (tokenView, error) { return viewToken(t), nil },
		page: func(reader pay.Reader, from string, limit int) ([]pay.Token, error) {
			behind, err := tokenBehind(reader, from)
			if err != nil {
				return nil, err
			}
			return reader.TokenPage(r.PathValue("id"), "", a.core.Now(), behind, limit)
		},
	}.answer(a, r)
}

// tokenBehind is the token that a page comes behind; the zero Token begins.
func tokenBehind(reader pay.Reader, from string) (pay.Token, error) {
	if from == "" {
		return pay.Token{}, nil
	}
	hash, err := tokenID(from)
	if err != nil {
		return pay.Token{}, err
	}
	behind, err := reader.Token(hash)
	if errors.Is(err, pay.ErrNotFound) {
		err = &httpError{http.StatusBadRequest, "bad-request", "from is no token: send next of the page before"}
	}
	return behind, err
}

// listBindings gives the payers of whose accounts a partner holds tokens.
func (a *API) listBindings(r *http.Request) (any, error) {
	if _, err := a.partner(r); err != nil {
		return nil, err
	}
	return listing[pay.Binding, bindingView]{
		name: "bindings", key: func(b pay.Binding) string { return b.PayerID },
		view: func(_ pay.Reader, b pay.Binding) (bindingView, error) { return bindingView(b), nil },
		page: func(reader pay.Reader, from string, limit int) ([]pay.Binding, error) {
			return reader.BindingPage(r.PathValue("id"), a.core.Now(), from, limit)
		},
	}.answer(a, r)
}

// revokeToken ends one token of a partner.
func (a *API) revokeToken(r *http.Request) (any, error) {
	hash, err := tokenID(r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	t, err := a.desk.RevokeToken(r.Context(), r.PathValue("id"), hash)
	return viewToken(t), err
}

// revoked is what came of revoking a binding.
type revoked struct {
	PartnerID string `json:"partnerId"`
	PayerID   string `json:"payerId"`
	Revoked   int    `json:"revoked"` // tokens
}

// revokeBinding ends all that a partner holds of a payer's account.
func (a *API) revokeBinding(r *http.Request) (any, error) {
	v := revoked{PartnerID: r.PathValue("id"), PayerID: r.PathValue("payer")}
	var err error
	v.Revoked, err = a.desk.RevokeBinding(r.Context(), v.PartnerID, v.PayerID)
	return v, err
}
