package server

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"sync"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

type key = *rsa.PublicKey

// parsed remembers public keys by their text: parsing costs as much as
// verifying.
var parsed sync.Map

func publicKey(text string) (key, error) {
	if k, ok := parsed.Load(text); ok {
		return k.(key), nil
	}
	k, err := snap.ParsePublicKey(text)
	if err == nil {
		parsed.Store(text, k)
	}
	return k, err
}

var errNoKey = errors.New("no public key is registered for this partner (qrisd partner key)")

// verifyRSA tries the partner's public key, and the one before it while that is
// valid.
func (s *Server) verifyRSA(p *pay.Partner, verify func(key) error) error {
	err := errNoKey
	for _, text := range p.PublicKeys(s.core.Now()) {
		k, bad := publicKey(text)
		if bad != nil {
			return fmt.Errorf("reading the partner's public key: %w", bad)
		}
		if err = verify(k); err == nil {
			return nil
		}
	}
	return err
}

var errNoSecret = errors.New("no client secret is registered for this partner (qrisd partner rotate)")

// verifyHMAC tries the partner's client secret, and the one before it while
// that is valid.
func (s *Server) verifyHMAC(p *pay.Partner, verify func(secret string) error) error {
	err := errNoSecret
	for _, secret := range p.Secrets(s.core.Now()) {
		if err = verify(secret); err == nil {
			return nil
		}
	}
	return err
}

// expected says which string this server would have signed, with the token
// masked: the first thing to compare when a signature is refused.
func (s *Server) expected(x *exchange) string {
	if x.route.operation.Auth == dialect.AuthToken {
		return "the string to sign is " + snap.TokenStringToSign(x.get(snap.HeaderClientKey), x.get(snap.HeaderTimestamp))
	}
	scheme := snap.Symmetric
	if a := x.route.operation.Auth; a == dialect.AuthAsymmetric || (a == dialect.AuthEither && x.bearer == "") {
		scheme = snap.Asymmetric
	}
	body, err := snap.Compact(nil, x.raw)
	if err != nil {
		body = x.raw
	}
	return "the string to sign is " + snap.StringToSign(scheme, snap.Message{
		Method: x.request.Method, Path: x.request.RequestURI, AccessToken: mask(x.bearer), Body: body,
		Timestamp: x.get(snap.HeaderTimestamp),
	})
}

func mask(secret string) string {
	if len(secret) <= 8 {
		return "***"
	}
	return secret[:4] + "..." + secret[len(secret)-4:]
}
