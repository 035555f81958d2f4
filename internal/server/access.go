package server

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// checkAccess holds a request against from where and with which client
// certificate its partner may call. It comes before the token and the
// signature: whoever calls from elsewhere learns nothing about either.
func (s *Server) checkAccess(ctx context.Context, x *exchange) error {
	if x.partner == nil || x.partner.Access.Open() {
		return nil
	}
	err := s.stranger(x)
	if err == nil {
		return nil
	}
	refused := &pay.Error{Kind: pay.UnknownClient, Detail: "the partner may not call from there", Cause: err}
	if s.vouched.newly(x.partner.ID, time.Now()) {
		return s.writeRefused(ctx, x, refused)
	}
	return refused
}

// writeRefused has the refusal in the audit log too.
func (s *Server) writeRefused(ctx context.Context, x *exchange, refused error) error {
	act := pay.Act{
		At: time.Now(), Who: "partner " + x.partner.ID, Role: pay.Viewer, Origin: x.request.RemoteAddr,
		Verb: "partner.refused", Subject: x.partner.ID, Detail: "operation=" + x.route.operation.Name,
	}
	return s.core.Do(ctx, act, func() error { return refused })
}

// stranger says why a request does not come from its partner's place.
func (s *Server) stranger(x *exchange) error {
	a := &x.partner.Access
	from, err := netip.ParseAddrPort(x.request.RemoteAddr)
	if err != nil {
		return fmt.Errorf("reading the client's address: %w", err)
	}
	if !a.From(from.Addr().WithZone("")) {
		return fmt.Errorf("%s is in none of the partner's networks (qrisd partner access)", from.Addr())
	}
	if !a.Mutual() {
		return nil
	}
	if x.request.TLS == nil || len(x.request.TLS.PeerCertificates) == 0 {
		return errors.New("the partner is to show its client certificate")
	}
	return s.vouch(a, x.request.TLS.PeerCertificates)
}

// vouch looks for a certificate among the partner's own, then for its subject
// under an authority. That the client has the private key TLS has proved.
func (s *Server) vouch(a *pay.AccessRules, chain []*x509.Certificate) error {
	leaf, now := chain[0], time.Now()
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return fmt.Errorf("the client certificate is valid from %s to %s", leaf.NotBefore.Format(time.RFC3339), leaf.NotAfter.Format(time.RFC3339))
	}
	whole := sha256.Sum256(leaf.Raw)
	key := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	switch {
	case slices.Contains(a.Certificates, hex.EncodeToString(whole[:])), slices.Contains(a.Certificates, hex.EncodeToString(key[:])):
		return nil
	case a.Subject == "" || leaf.Subject.String() != a.Subject:
		return fmt.Errorf("the client certificate is none of the partner's: subject %q, SHA-256 of its key %x", leaf.Subject, key)
	}
	var roots *x509.CertPool
	if s.options.Roots != nil {
		roots = s.options.Roots()
	}
	if roots == nil {
		return errors.New("no authority of client certificates is known (qrisd serve --client-ca)")
	}
	return s.vouched.verify(whole, chain, roots)
}

// vouched remembers which certificates an authority has signed, and which
// refusals the audit log holds.
type vouched struct {
	mu       sync.Mutex
	roots    *x509.CertPool // by which the certificates were verified
	verified map[[32]byte]bool
	refused  map[string]time.Time // by the partner's id
}

// maxVerified bounds the memory; at so many it starts afresh.
const maxVerified = 1000

func (k *vouched) verify(sum [32]byte, chain []*x509.Certificate, roots *x509.CertPool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.roots != roots || len(k.verified) >= maxVerified {
		k.roots, k.verified = roots, make(map[[32]byte]bool)
	}
	if k.verified[sum] {
		return nil
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return fmt.Errorf("the client certificate: %w", err)
	}
	k.verified[sum] = true
	return nil
}

// refusedEvery is how often the audit log holds that a partner was refused:
// whoever tries must not be able to fill it.
const refusedEvery = time.Minute

func (k *vouched) newly(partnerID string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Sub(k.refused[partnerID]) < refusedEvery {
		return false
	}
	if k.refused == nil {
		k.refused = make(map[string]time.Time)
	}
	k.refused[partnerID] = now
	return true
}
