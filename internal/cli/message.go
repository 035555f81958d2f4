package cli

import (
	"crypto/rsa"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/snap"
)

// messageFlags are what sign and verify have in common: the scheme, what of
// the request is signed, and the secret of the symmetric scheme.
type messageFlags struct {
	scheme, method, path, token, clientKey, timestamp, body string
	secret, secretFile, key                                 string
}

// schemes are the names of the schemes on the command line.
var schemes = map[string]snap.Scheme{
	"token":      snap.TokenRequest,
	"symmetric":  snap.Symmetric,
	"asymmetric": snap.Asymmetric,
	"with-token": snap.AsymmetricWithToken,
}

func schemeNames() string { return strings.Join(slices.Sorted(maps.Keys(schemes)), ", ") }

func (m *messageFlags) bind(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&m.scheme, "scheme", "symmetric", "one of "+schemeNames())
	f.StringVar(&m.method, "method", "POST", "HTTP method")
	f.StringVar(&m.path, "path", "", "path as called, with its query string: /v1.0/qr/qr-mpm-generate")
	f.StringVar(&m.token, "token", "", "B2B access token, without Bearer (symmetric, with-token)")
	f.StringVar(&m.clientKey, "client-key", "", "X-CLIENT-KEY (token)")
	f.StringVar(&m.timestamp, "timestamp", "", "literal text of X-TIMESTAMP")
	f.StringVar(&m.body, "body", "", "file of the request's body, - for standard input")
	f.StringVar(&m.secret, "secret", "", "client secret (symmetric); others on this machine can see it, prefer --secret-file")
	f.StringVar(&m.secretFile, "secret-file", "", "file of the client secret (symmetric)")
	f.StringVar(&m.key, "key", "", "file of the RSA private key (token, asymmetric, with-token)")
}

// message checks that the scheme has what it signs, and reads the body.
func (m *messageFlags) message(c *cobra.Command) (snap.Scheme, snap.Message, error) {
	scheme, ok := schemes[m.scheme]
	if !ok {
		return 0, snap.Message{}, fmt.Errorf("there is no scheme %q; choose one of %s", m.scheme, schemeNames())
	}
	if err := m.complete(scheme); err != nil {
		return 0, snap.Message{}, err
	}
	message := snap.Message{
		Method: strings.ToUpper(m.method), Path: m.path, AccessToken: m.token, Timestamp: m.timestamp, ClientKey: m.clientKey,
	}
	if m.body == "" {
		return scheme, message, nil
	}
	var err error
	if message.Body, err = readInput(c, m.body); err != nil {
		return 0, snap.Message{}, fmt.Errorf("reading the body: %w", err)
	}
	return scheme, message, nil
}

func (m *messageFlags) complete(scheme snap.Scheme) error {
	token := scheme == snap.TokenRequest
	bearer := scheme == snap.Symmetric || scheme == snap.AsymmetricWithToken
	for _, need := range []struct {
		missing    bool
		flag, hint string
	}{
		{token && m.clientKey == "", "client-key", "the text of X-CLIENT-KEY"},
		{!token && m.path == "", "path", "as in /v1.0/qr/qr-mpm-generate"},
		{bearer && m.token == "", "token", "the B2B access token of service 73"},
		{m.timestamp == "", "timestamp", "the literal X-TIMESTAMP, as in " + snap.FormatTimestamp(time.Now())},
	} {
		if need.missing {
			return fmt.Errorf("the %s scheme signs --%s, which is missing: give %s", m.scheme, need.flag, need.hint)
		}
	}
	switch {
	case !token && !strings.HasPrefix(m.path, "/"):
		return fmt.Errorf("--path %s: give what follows the host, from the slash on", m.path)
	case strings.HasPrefix(m.token, "Bearer "):
		return fmt.Errorf("--token: leave out the word Bearer, which is not signed")
	}
	return nil
}

// clientSecret reads the secret of the symmetric scheme. The end of a file's
// last line is no part of it.
func (m *messageFlags) clientSecret() (string, error) {
	switch {
	case m.secret != "" && m.secretFile != "":
		return "", fmt.Errorf("--secret and --secret-file exclude each other")
	case m.secret != "":
		return m.secret, nil
	case m.secretFile == "":
		return "", fmt.Errorf("the symmetric scheme needs the client secret: give --secret-file or --secret")
	}
	text, err := os.ReadFile(m.secretFile)
	if err != nil {
		return "", fmt.Errorf("reading the client secret: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

func (m *messageFlags) privateKey() (*rsa.PrivateKey, error) {
	if m.key == "" {
		return nil, fmt.Errorf("the %s scheme needs an RSA private key: give --key, or make one with qrisd keygen", m.scheme)
	}
	text, err := os.ReadFile(m.key)
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	return snap.ParsePrivateKey(string(text))
}
