package cli

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// identity names the files that a listener's TLS is made of.
type identity struct {
	cert, key string // PEM: a chain, and its private key
	clientCA  string // PEM: authorities of client certificates; empty: none
	mutual    bool   // clients are asked for a certificate, though no authority is known
}

// on reports whether the listener speaks TLS.
func (i identity) on() bool { return i.cert != "" || i.key != "" }

// asks reports whether clients are asked for a certificate.
func (i identity) asks() bool { return i.mutual || i.clientCA != "" }

func (i identity) files() []string {
	return slices.DeleteFunc([]string{i.cert, i.key, i.clientCA}, func(name string) bool { return name == "" })
}

// credentials are a listener's TLS as it was last read from its files.
type credentials struct {
	identity
	now   atomic.Pointer[tls.Config]
	roots atomic.Pointer[x509.CertPool]
	seen  []version // of the files
}

// version tells one content of a file from another.
type version struct {
	size int64
	at   time.Time
}

func newCredentials(i identity) (*credentials, error) {
	c := &credentials{identity: i, seen: versions(i.files())}
	return c, c.load()
}

// load reads the files anew. After a failure the credentials are what they
// were.
func (c *credentials) load() error {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		// TLS 1.3 has its own suites, all of them sound. Of TLS 1.2 there are
		// those that keep a conversation secret though the key is lost later.
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("reading the TLS certificate %s and its key %s: %w", c.cert, c.key, err)
	}
	if err := strong(pair.Leaf); err != nil {
		return fmt.Errorf("the TLS certificate %s: %w", c.cert, err)
	}
	config.Certificates = []tls.Certificate{pair}
	var roots *x509.CertPool
	if c.clientCA != "" {
		if roots, err = authorities(c.clientCA); err != nil {
			return fmt.Errorf("--client-ca: %w", err)
		}
	}
	if c.asks() {
		// Whose certificate it is to be depends on the partner, who is known
		// later; that the client has its private key is proved here.
		config.ClientAuth, config.ClientCAs = tls.RequestClientCert, roots
	}
	c.roots.Store(roots)
	c.now.Store(config)
	return nil
}

// strong refuses an RSA key that is too short.
func strong(c *x509.Certificate) error {
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < minRSA {
		return fmt.Errorf("its RSA key has %d bits; make one of at least %d", key.N.BitLen(), minRSA)
	}
	return nil
}

// minRSA is what production asks of every RSA key, in bits.
const minRSA = 2048

func authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return pool, nil
}

// server is the configuration for a listener: of each connection that of the
// files as they were last read.
func (c *credentials) server() *tls.Config {
	if c == nil {
		return nil
	}
	config := c.now.Load().Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.now.Load(), nil }
	return config
}

// clientRoots are the authorities of client certificates; nil: none.
func (c *credentials) clientRoots() *x509.CertPool {
	if c == nil {
		return nil
	}
	return c.roots.Load()
}

// lookAtFiles is how often the files are looked at.
const lookAtFiles = 2 * time.Second

// follow reads the files anew when they change, or on a hangup, until the
// context ends.
func (c *credentials) follow(ctx context.Context, hangup <-chan os.Signal, log *slog.Logger) {
	ticks := time.NewTicker(lookAtFiles)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			c.reload(log)
		case <-ticks.C:
			if now := versions(c.files()); !slices.Equal(now, c.seen) {
				c.seen = now
				c.reload(log)
			}
		}
	}
}

// reload keeps the old certificate where the new one is not whole yet: a file
// may be looked at while it is written.
func (c *credentials) reload(log *slog.Logger) {
	if err := c.load(); err != nil {
		log.Error("the TLS certificate was not replaced; the one before goes on to serve", "error", err)
		return
	}
	log.Warn("the TLS certificate was read anew", "file", c.cert, "until", c.now.Load().Certificates[0].Leaf.NotAfter)
}

func versions(files []string) []version {
	all := make([]version, len(files))
	for i, name := range files {
		if info, err := os.Stat(name); err == nil {
			all[i] = version{info.Size(), info.ModTime()}
		}
	}
	return all
}

// errHalfTLS is about a certificate without its key, or the other way round.
var errHalfTLS = errors.New("a certificate and its private key go together: give both")

func (i identity) open() (*credentials, error) {
	switch {
	case !i.on():
		return nil, nil
	case i.cert == "" || i.key == "":
		return nil, errHalfTLS
	}
	return newCredentials(i)
}
