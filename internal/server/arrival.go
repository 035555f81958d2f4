package server

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/snap"
)

// Arrival is what every request passes before its handler: who really sent
// it, and whether it may come in at all.
type Arrival struct {
	// Proxies end TLS in front of this server. What they say in
	// X-Forwarded-For, X-Forwarded-Proto and Client-Cert is believed, and
	// nobody else's.
	Proxies []netip.Prefix
	// ProxiesOnly refuses requests that did not come through one of them, but
	// for those after the node's health.
	ProxiesOnly bool
	// Secure says that clients come by TLS and are to stay with it.
	Secure bool
	// Refuse words a fault as the listener words its refusals.
	Refuse func(w http.ResponseWriter, f *Fault)
}

// What every answer says unless a page says otherwise. The slices are shared
// by all answers: http.Header replaces them and never writes into them.
var (
	noSniff    = []string{"nosniff"}
	noStore    = []string{"no-store"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	noFrames   = []string{"DENY"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
	onlyHTTPS  = []string{"max-age=31536000"}
)

func (a Arrival) guardAnswer(h http.Header) {
	h["X-Content-Type-Options"] = noSniff
	h["Cache-Control"] = noStore
	h["Referrer-Policy"] = noReferrer
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["X-Frame-Options"] = noFrames
	h["Content-Security-Policy"] = noContent
	if a.Secure {
		h["Strict-Transport-Security"] = onlyHTTPS
	}
}

// Before puts a handler behind the arrival.
func (a Arrival) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.guardAnswer(w.Header())
		g := guardOf(r.Context())
		fault := g.faulty(r)
		if fault == nil {
			r.TLS = g.state(r.TLS)
			fault = a.through(r)
		}
		if fault != nil {
			a.Refuse(w, fault)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// state is that of the connection's TLS. net/http knows only that of its own.
func (g *guarded) state(known *tls.ConnectionState) *tls.ConnectionState {
	if g == nil || g.tls == nil {
		return known
	}
	state := g.tls.ConnectionState()
	return &state
}

// through takes a request that came through a proxy for its client's.
func (a Arrival) through(r *http.Request) *Fault {
	if len(a.Proxies) == 0 {
		return nil
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	switch {
	case err == nil && within(a.Proxies, peer.Addr().Unmap()):
		r.RemoteAddr = net.JoinHostPort(forwarded(r.Header["X-Forwarded-For"], a.Proxies, peer.Addr().Unmap()).String(), "0")
		return proxied(r)
	case a.ProxiesOnly && r.URL.Path != "/healthz" && r.URL.Path != "/readyz":
		return &Fault{http.StatusForbidden, "this server is reached through its TLS proxy"}
	}
	return nil
}

// forwarded is the address that the outermost proxy saw: the last one of
// X-Forwarded-For that is no proxy's. What stands before it the client may
// have written itself. Where a proxy has written no address, it is taken for
// the client, whom no allow-list names.
func forwarded(lines []string, proxies []netip.Prefix, peer netip.Addr) netip.Addr {
	hops := strings.Split(strings.Join(lines, ","), ",")
	for i := len(hops) - 1; i >= 0 && within(proxies, peer); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		peer = hop.Unmap()
	}
	return peer
}

// proxied takes over what the proxy says of its TLS with the client.
func proxied(r *http.Request) *Fault {
	if r.Header.Get("X-Forwarded-Proto") == "https" && r.TLS == nil {
		r.TLS = new(tls.ConnectionState)
	}
	text := r.Header.Get("Client-Cert")
	if text == "" {
		return nil
	}
	c, err := forwardedCertificate(text)
	if err != nil {
		return malformed("Client-Cert is to be a certificate, as RFC 9440 writes it or in PEM, percent-encoded")
	}
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{c}}
	return nil
}

// forwardedCertificate reads base64 between colons (RFC 9440, HAProxy) or
// percent-encoded PEM (nginx's $ssl_client_escaped_cert).
func forwardedCertificate(text string) (*x509.Certificate, error) {
	if inner, ok := strings.CutPrefix(text, ":"); ok {
		der, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(inner, ":"))
		if err != nil {
			return nil, err
		}
		return x509.ParseCertificate(der)
	}
	plain, err := url.PathUnescape(text)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(plain))
	if block == nil {
		return nil, x509.ErrUnsupportedAlgorithm
	}
	return x509.ParseCertificate(block.Bytes)
}

// RefuseFault answers a fault in the shape of the APIs, with the standard's
// words for its status where it has any.
func (s *Server) RefuseFault(w http.ResponseWriter, f *Fault) {
	c := snap.Case{HTTP: f.Status, Number: "00", Message: http.StatusText(f.Status)}
	s.writeJSON(w, f.Status, dialect.Status{
		ResponseCode: c.Code(noService), ResponseMessage: shorten(c.Message+": "+f.Why, maxMessage),
	})
}
