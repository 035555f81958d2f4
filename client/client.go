package client

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/qrisd/qrisd/snap"
)

// Config is who calls whom.
type Config struct {
	BaseURL  string // scheme and host, with the path under which the API is mounted if any
	Provider Provider

	PartnerID    string          // X-PARTNER-ID; empty: the client key
	ClientKey    string          // X-CLIENT-KEY of token requests; empty: the partner id
	ClientSecret string          // of symmetric signatures
	PrivateKey   *rsa.PrivateKey // of token requests and asymmetric signatures
	ChannelID    string          // CHANNEL-ID, five digits at most providers

	// Certificate is what this client shows to a server that asks for one
	// (mutual TLS), and Authorities those whose word is taken for the server's;
	// nil: none, and this machine's. They are not looked at beside HTTP, whose
	// transport has its own.
	Certificate *tls.Certificate
	Authorities *x509.CertPool

	// Debug sends X-Debug-Mode: true, upon which DANA's sandbox and qrisd's
	// explain a refusal.
	Debug bool

	// Clock gives X-TIMESTAMP and judges the token's life. Nil is time.Now.
	Clock func() time.Time
	// ExternalID gives each request an X-EXTERNAL-ID that is unique in a day,
	// of at most 36 digits. Nil draws 32 random digits.
	ExternalID func() string
	// HTTP carries the requests. Nil is a client that waits 30 seconds for an
	// answer and follows no redirect, under which a signature would not hold.
	HTTP *http.Client
}

// Client calls one provider for one partner. It may be used by several
// goroutines at once, as may then the functions of its Config.
type Client struct {
	config Config
	base   *url.URL
	tokens tokenCache
}

const patience = 30 * time.Second

// New checks the configuration: a key or a secret that an operation of the
// provider needs must be there.
func New(config Config) (*Client, error) {
	base, err := baseURL(config.BaseURL)
	if err != nil {
		return nil, err
	}
	config.fillIn()
	if err := config.check(); err != nil {
		return nil, err
	}
	return &Client{config: config, base: base, tokens: tokenCache{gate: make(chan struct{}, 1)}}, nil
}

// baseURL repeats nothing of a text that may hold a password.
func baseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, errors.New("client: BaseURL is to be a scheme and a host, as in https://api.example.com")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("client: BaseURL takes no user, query or fragment")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = strings.TrimSuffix(u.RawPath, "/")
	return u, nil
}

func (c *Config) fillIn() {
	if c.PartnerID == "" {
		c.PartnerID = c.ClientKey
	}
	if c.ClientKey == "" {
		c.ClientKey = c.PartnerID
	}
	if c.Provider.ChannelHeader == "" {
		c.Provider.ChannelHeader = snap.HeaderChannelID
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.ExternalID == nil {
		c.ExternalID = drawExternalID
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: patience, CheckRedirect: stay, Transport: c.transport()}
	}
}

// transport is the usual one, with the certificates that were given.
func (c *Config) transport() http.RoundTripper {
	if c.Certificate == nil && c.Authorities == nil {
		return http.DefaultTransport
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Authorities}
	if c.Certificate != nil {
		t.TLSClientConfig.Certificates = []tls.Certificate{*c.Certificate}
	}
	return t
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (c *Config) check() error {
	for _, need := range []struct {
		missing bool
		what    string
	}{
		{len(c.Provider.Operations) == 0, "Provider: take one of this package, such as client.DANA()"},
		{c.PartnerID == "", "PartnerID or ClientKey, the id given at registration"},
		{c.ChannelID == "", "ChannelID, as agreed with the provider (often any five digits)"},
		{c.PrivateKey == nil && c.signs(snap.TokenRequest, snap.Asymmetric, snap.AsymmetricWithToken), "PrivateKey, with which this provider's requests are signed"},
		{c.ClientSecret == "" && c.signs(snap.Symmetric), "ClientSecret, with which this provider's requests are signed"},
	} {
		if need.missing {
			return errors.New("client: the configuration lacks " + need.what)
		}
	}
	return nil
}

// signs reports whether an operation of the provider has one of the schemes.
func (c *Config) signs(schemes ...snap.Scheme) bool {
	for _, op := range c.Provider.Operations {
		for _, s := range schemes {
			if op.Scheme == s {
				return true
			}
		}
	}
	return false
}

// externalIDs is how many X-EXTERNAL-IDs of 32 digits there are.
var externalIDs = new(big.Int).Exp(big.NewInt(10), big.NewInt(32), nil)

// drawExternalID makes a "numeric string", as the standard asks.
func drawExternalID() string {
	n, err := rand.Int(rand.Reader, externalIDs)
	if err != nil {
		panic("client: the system gives no random numbers: " + err.Error())
	}
	return fmt.Sprintf("%032d", n)
}
