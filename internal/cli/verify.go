package cli

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/snap"
)

func verifyCommand() *cobra.Command {
	var m messageFlags
	var books booksCheck
	var signature, publicKey string
	c := &cobra.Command{
		Use:   "verify [LOCATION]",
		Short: "Check the books, or the signature of a request",
		Long: `Check every invariant of the books: of the ledger, and of the states of codes,
payments, refunds, deliveries, settlements and tokens. LOCATION is a backup, the
file of an embedded store or the postgres:// URL of a database; a server may be
at work on it. The first row that is wrong is named, with what was expected and
what is there, and the exit code is 1.

With --signature it checks an X-SIGNATURE instead, as a SNAP server does: over
the minified body, and over the same with its strings written as JSON.stringify
writes them. It exits with 0 when the signature matches. Otherwise it prints
what should have been signed and, where it can tell, what was signed instead.`,
		Example: `  qrisd verify /backup/qrisd-2026-01-31.db
  qrisd verify --all --store postgres://qrisd@db/qrisd
  qrisd verify --path /v1.0/qr/qr-mpm-generate --token TOKEN --secret-file secret.txt --timestamp 2026-01-31T10:00:00+07:00 --body body.json --signature BASE64
  qrisd verify --scheme asymmetric --path /notify --public-key public.pem --timestamp 2026-01-31T10:00:00+07:00 --body body.json --signature BASE64`,
		Args: cobra.MaximumNArgs(1),
	}
	m.bind(c)
	c.Flags().StringVar(&signature, "signature", "", "text of X-SIGNATURE, base64 or hexadecimal")
	c.Flags().StringVar(&publicKey, "public-key", "", "file of the signer's RSA public key or certificate (token, asymmetric, with-token)")
	books.bind(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		var err error
		switch given := c.Flags().NFlag(); {
		case given == books.given(c):
			err = books.run(c, args)
		case len(args) > 0 || books.given(c) > 0:
			err = errors.New("some of this is about a signature, some about books: check one at a time")
		default:
			err = verifySignature(c, &m, signature, publicKey)
		}
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		return nil
	}
	return c
}

func verifySignature(c *cobra.Command, m *messageFlags, signature, publicKey string) error {
	if err := verify(c, m, signature, publicKey); err != nil {
		return err
	}
	fmt.Fprintln(c.OutOrStdout(), "signature matches")
	return nil
}

func verify(c *cobra.Command, m *messageFlags, signature, publicKey string) error {
	scheme, message, err := m.message(c)
	if err != nil {
		return err
	}
	if signature == "" {
		return errors.New("--signature is missing: give the text of X-SIGNATURE")
	}
	var v verifier
	if scheme == snap.Symmetric {
		v.secret, err = m.clientSecret()
	} else {
		v.key, err = m.verifyingKey(publicKey)
	}
	if err != nil {
		return err
	}
	if err = v.verify(scheme, message, signature); errors.Is(err, snap.ErrSignature) {
		v.explain(c.OutOrStdout(), scheme, message, signature)
	}
	return err
}

// verifyingKey is the public key, or the one that belongs to --key.
func (m *messageFlags) verifyingKey(name string) (*rsa.PublicKey, error) {
	if name == "" && m.key != "" {
		key, err := m.privateKey()
		if err != nil {
			return nil, err
		}
		return &key.PublicKey, nil
	}
	if name == "" {
		return nil, fmt.Errorf("the %s scheme needs the signer's RSA public key: give --public-key", m.scheme)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the public key: %w", err)
	}
	return snap.ParsePublicKey(string(text))
}

// verifier holds one of the two credentials that check a signature.
type verifier struct {
	secret string
	key    *rsa.PublicKey
}

func (v *verifier) verify(scheme snap.Scheme, m snap.Message, signature string) error {
	switch scheme {
	case snap.TokenRequest:
		return snap.VerifyToken(v.key, m.ClientKey, m.Timestamp, signature)
	case snap.Symmetric:
		return snap.VerifySymmetric(v.secret, m, signature)
	}
	return snap.VerifyAsymmetric(v.key, m, scheme == snap.AsymmetricWithToken, signature)
}

// fits tells whether a signature is over exactly this text.
func (v *verifier) fits(text string, sign []byte) bool {
	if v.key != nil {
		sum := sha256.Sum256([]byte(text))
		return rsa.VerifyPKCS1v15(v.key, crypto.SHA256, sum[:], sign) == nil
	}
	own, err := snap.DecodeSignature(snap.SignHMAC(v.secret, text))
	return err == nil && hmac.Equal(own, sign)
}

// miss is a mistake in building the string to sign.
type miss struct {
	about string
	text  func(snap.Scheme, snap.Message) string
}

// misses are the mistakes that clients make. Each is tried on the minified
// message, except the first.
var misses = []miss{
	{"the body with its white space; hash the minified body", snap.StringToSign},
	{"the body with escaped slashes, as PHP writes them, while another was sent", changed(func(m *snap.Message) {
		m.Body = []byte(strings.ReplaceAll(string(m.Body), "/", `\/`))
	})},
	{"no body at all; hash the minified body", changed(func(m *snap.Message) { m.Body = nil })},
	{"the method in lower case", changed(func(m *snap.Message) { m.Method = strings.ToLower(m.Method) })},
	{"the path without its query string", changed(func(m *snap.Message) { m.Path, _, _ = strings.Cut(m.Path, "?") })},
	{"the path with a slash at its end", changed(func(m *snap.Message) { m.Path += "/" })},
	{"the path without the slash at its beginning", changed(func(m *snap.Message) { m.Path = m.Path[min(1, len(m.Path)):] })},
	{"the access token with the word Bearer", changed(func(m *snap.Message) { m.AccessToken = "Bearer " + m.AccessToken })},
	{"the body hash in upper case; write it in lower case", upperHash},
	{"client key and timestamp, which is the token scheme", func(_ snap.Scheme, m snap.Message) string {
		return snap.StringToSign(snap.TokenRequest, m)
	}},
	{"the access token too, which is the with-token scheme", func(_ snap.Scheme, m snap.Message) string {
		return snap.StringToSign(snap.AsymmetricWithToken, minified(m))
	}},
	{"no access token, which is the asymmetric scheme", func(_ snap.Scheme, m snap.Message) string {
		return snap.StringToSign(snap.Asymmetric, minified(m))
	}},
}

func changed(change func(*snap.Message)) func(snap.Scheme, snap.Message) string {
	return func(scheme snap.Scheme, m snap.Message) string {
		m = minified(m)
		change(&m)
		return snap.StringToSign(scheme, m)
	}
}

func upperHash(scheme snap.Scheme, m snap.Message) string {
	m = minified(m)
	hash := snap.BodyHash(m.Body)
	return strings.Replace(snap.StringToSign(scheme, m), hash, strings.ToUpper(hash), 1)
}

// minified is the message as it is to be signed; a body that is not JSON is
// hashed as it is.
func minified(m snap.Message) snap.Message {
	if body, err := snap.Compact(nil, m.Body); err == nil {
		m.Body = body
	}
	return m
}

// explain says what is signed here, over each form of the body, and which
// mistake the signature fits.
func (v *verifier) explain(w io.Writer, scheme snap.Scheme, m snap.Message, signature string) {
	small := minified(m)
	fmt.Fprintln(w, "signed here:", snap.StringToSign(scheme, small))
	if scheme != snap.TokenRequest {
		fmt.Fprintln(w, "body hash:  ", snap.BodyHash(small.Body), "(minified)")
	}
	if body, err := snap.Reescape(nil, m.Body); err == nil && string(body) != string(small.Body) {
		fmt.Fprintln(w, "or:         ", snap.BodyHash(body), "(minified, strings as JSON.stringify writes them)")
	}
	sign, err := snap.DecodeSignature(signature)
	if err != nil {
		return
	}
	for _, miss := range misses {
		if v.fits(miss.text(scheme, m), sign) {
			fmt.Fprintln(w, "it was made over", miss.about)
			return
		}
	}
	fmt.Fprintln(w, "it fits none of the usual mistakes: compare the key or secret, the token, the timestamp and the bytes of the body")
}
