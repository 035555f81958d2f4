package storagetest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
)

// numbered is a token with a hash of its own.
func numbered(n int, kind pay.TokenKind, payer string) pay.Token {
	token := someToken(1)
	binary.BigEndian.PutUint64(token.Hash[8:], uint64(n))
	token.Kind, token.PayerID = kind, payer
	return token
}

func tokenRevokedOnce(t *testing.T, s pay.Storage) {
	token, other := numbered(1, pay.TokenB2B, ""), numbered(2, pay.TokenRefresh, "budi")
	insert(t, s, insertToken(token), insertToken(other))
	if err := s.Update(context.Background(), func(tx pay.Tx) error { return tx.RevokeToken(token) }); err == nil {
		t.Error("a revocation at no time was accepted")
	}
	token.RevokedAt, other.RevokedAt = noon, noon
	won := race(t, s, pay.ErrNotFound, func(tx pay.Tx, _ int) error { return tx.RevokeToken(token) })
	same(t, "winners", len(won), 1)
	update(t, s, func(tx pay.Tx) error { return tx.RevokeToken(other) })
	for _, want := range []pay.Token{token, other} {
		same(t, "the token", view(t, s, func(r pay.Reader) (pay.Token, error) { return r.Token(want.Hash) }), want)
	}
	other.UsedAt = noon
	update(t, s, func(tx pay.Tx) error { is(t, tx.UseToken(other), pay.ErrNotFound); return nil })
}

// bindingRevoked ends what one partner holds of one payer, whatever has become
// of it, and nothing else.
func bindingRevoked(t *testing.T, s pay.Storage) {
	of := []pay.Token{numbered(1, pay.TokenCustomer, "budi"), numbered(2, pay.TokenRefresh, "budi"), numbered(3, pay.TokenAuthCode, "budi")}
	others := []pay.Token{numbered(4, pay.TokenB2B, ""), numbered(5, pay.TokenCustomer, "siti"), numbered(6, pay.TokenCustomer, "budi")}
	others[2].PartnerID = "q"
	of[1].UsedAt = noon
	for _, token := range slices.Concat(of, others) {
		insert(t, s, insertToken(token))
	}
	revoke := func(payer string, want int) {
		t.Helper()
		update(t, s, func(tx pay.Tx) error {
			n, err := tx.RevokeBinding("p", payer, noon)
			same(t, "revoked", n, want)
			return err
		})
	}
	revoke("", 0)
	revoke("budi", 3)
	revoke("budi", 0)
	for i := range of {
		of[i].RevokedAt = noon
	}
	for _, want := range slices.Concat(of, others) {
		same(t, "the token", view(t, s, func(r pay.Reader) (pay.Token, error) { return r.Token(want.Hash) }), want)
	}
}

// revocationEndsExchanges has clients exchange one-time tokens for the next, on
// and on, while their binding is revoked: nothing that any of them was given
// before or gets in that moment is good afterwards.
func revocationEndsExchanges(t *testing.T, s pay.Storage) {
	const clients, links = 8, 2000
	var going, all sync.WaitGroup
	going.Add(clients)
	for i := range clients {
		grant := numbered(i*links, pay.TokenRefresh, "budi")
		insert(t, s, insertToken(grant))
		ready := sync.OnceFunc(going.Done)
		all.Go(func() {
			defer ready()
			for n := 1; n < links; n++ {
				next := numbered(i*links+n, pay.TokenRefresh, "budi")
				err := s.Update(context.Background(), func(tx pay.Tx) error { return exchange(tx, grant, next) })
				if err != nil {
					is(t, err, pay.ErrNotFound)
					return
				}
				if grant = next; n == 3 {
					ready()
				}
			}
			t.Error("a client goes on to exchange what was revoked")
		})
	}
	going.Wait()
	update(t, s, func(tx pay.Tx) error { _, err := tx.RevokeBinding("p", "budi", noon); return err })
	all.Wait()
	left := view(t, s, func(r pay.Reader) ([]pay.Binding, error) { return r.BindingPage("p", noon, "", 9) })
	same(t, "bindings", left, []pay.Binding(nil))
}

// exchange uses a token up for another.
func exchange(tx pay.Tx, grant, next pay.Token) error {
	if _, err := tx.Token(grant.Hash); err != nil {
		return err
	}
	grant.UsedAt = noon
	if err := tx.UseToken(grant); err != nil {
		return err
	}
	return tx.InsertToken(next)
}

// tokensInPages holds the pages of tokens and bindings against a list of its own.
func tokensInPages(t *testing.T, s pay.Storage) {
	var made []pay.Token
	payers := []string{"", "budi", "siti", "zaki"}
	hours := rapid.IntRange(-2, 2)
	rapid.Check(t, func(t *rapid.T) {
		token := numbered(len(made), pay.TokenCustomer, rapid.SampledFrom(payers).Draw(t, "payer"))
		token.Hash[0] = rapid.Byte().Draw(t, "hash")
		token.PartnerID = rapid.SampledFrom(partnerChoice).Draw(t, "partner")
		token.ExpiresAt = noon.Add(time.Duration(hours.Draw(t, "ends")) * time.Hour)
		token.IssuedAt = noon.Add(-time.Duration(len(made)) * time.Minute)
		switch rapid.IntRange(0, 5).Draw(t, "fate") {
		case 0:
			token.UsedAt = noon
		case 1:
			token.RevokedAt = noon
		}
		insert(t, s, insertToken(token))
		made = append(made, token)

		partner, payer := rapid.SampledFrom(partnerChoice).Draw(t, "of"), rapid.SampledFrom(payers).Draw(t, "for")
		after := noon.Add(time.Duration(hours.Draw(t, "after")) * time.Hour)
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		good := func(token pay.Token) bool {
			return token.PartnerID == partner && token.UsedAt.IsZero() && token.RevokedAt.IsZero() && token.ExpiresAt.After(after)
		}
		same(t, "tokens", turned(t, s, limit, hashOf, func(r pay.Reader, from string, limit int) ([]pay.Token, error) {
			var behind pay.Token
			if from != "" {
				behind = made[slices.IndexFunc(made, func(t pay.Token) bool { return hashOf(t) == from })]
			}
			return r.TokenPage(partner, payer, after, behind, limit)
		}), kept(made, firstToEnd, func(token pay.Token) bool { return good(token) && token.PayerID == payer }))
		same(t, "bindings", turned(t, s, limit, func(b pay.Binding) string { return b.PayerID }, func(r pay.Reader, from string, limit int) ([]pay.Binding, error) {
			return r.BindingPage(partner, after, from, limit)
		}), bound(kept(made, firstToEnd, good)))
	})
}

func hashOf(t pay.Token) string { return hex.EncodeToString(t.Hash[:]) }

func firstToEnd(a, b pay.Token) int {
	return cmp.Or(a.ExpiresAt.Compare(b.ExpiresAt), bytes.Compare(a.Hash[:], b.Hash[:]))
}

// bound sums up the tokens of payers.
func bound(tokens []pay.Token) []pay.Binding {
	of := make(map[string]pay.Binding)
	for _, t := range tokens {
		b, known := of[t.PayerID]
		if !known {
			b = pay.Binding{PartnerID: t.PartnerID, PayerID: t.PayerID, Since: t.IssuedAt, Until: t.ExpiresAt}
		}
		if b.Tokens++; t.IssuedAt.Before(b.Since) {
			b.Since = t.IssuedAt
		}
		if t.ExpiresAt.After(b.Until) {
			b.Until = t.ExpiresAt
		}
		of[t.PayerID] = b
	}
	delete(of, "") // the partner's own
	var all []pay.Binding
	for _, payer := range slices.Sorted(maps.Keys(of)) {
		all = append(all, of[payer])
	}
	return all
}
