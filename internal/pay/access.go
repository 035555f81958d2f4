package pay

import (
	"encoding/hex"
	"net/netip"
	"strings"
)

// AccessRules narrow from where a partner may call, and with which client
// certificate. Each part that is empty demands nothing.
type AccessRules struct {
	// Networks are those of the partner's addresses.
	Networks []netip.Prefix `json:"networks,omitempty"`
	// Certificates are SHA-256 digests in hexadecimal, each of a certificate or
	// of the public key (SPKI) in one: the partner shows any of them.
	Certificates []string `json:"certificates,omitempty"`
	// Subject is the distinguished name (RFC 2253) of a certificate that an
	// authority of this server's has signed; it will do too.
	Subject string `json:"subject,omitempty"`
}

// Bounds of what one partner is given.
const (
	maxNetworks     = 64
	maxCertificates = 16
	maxSubject      = 500
)

// Open reports whether anybody may call who can sign.
func (a AccessRules) Open() bool { return len(a.Networks) == 0 && !a.Mutual() }

// Mutual reports whether the partner must show a certificate.
func (a AccessRules) Mutual() bool { return len(a.Certificates) > 0 || a.Subject != "" }

// From reports whether the partner may call from an address.
func (a AccessRules) From(addr netip.Addr) bool {
	for _, n := range a.Networks {
		if n.Contains(addr.Unmap()) {
			return true
		}
	}
	return len(a.Networks) == 0
}

// Tidy gives the access in its one form: networks without host bits, digests
// in small letters without colons.
func (a AccessRules) Tidy() (AccessRules, error) {
	tidy := AccessRules{Subject: strings.TrimSpace(a.Subject)}
	if len(a.Networks) > maxNetworks || len(a.Certificates) > maxCertificates || len(tidy.Subject) > maxSubject {
		return a, RefuseField(InvalidFormat, "access", "at most 64 networks, 16 certificates and 500 characters of subject")
	}
	for _, n := range a.Networks {
		if !n.IsValid() || n.Addr().Is4In6() {
			return a, RefuseField(InvalidFormat, "networks", "a network is an address and a length, as in 203.0.113.0/24")
		}
		tidy.Networks = append(tidy.Networks, n.Masked())
	}
	for _, c := range a.Certificates {
		c = strings.ToLower(strings.ReplaceAll(c, ":", ""))
		if sum, err := hex.DecodeString(c); err != nil || len(sum) != 32 {
			return a, RefuseField(InvalidFormat, "certificates", "a certificate is given by a SHA-256, 64 hexadecimal digits")
		}
		tidy.Certificates = append(tidy.Certificates, c)
	}
	return tidy, nil
}
