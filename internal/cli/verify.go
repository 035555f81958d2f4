package cli

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/doctor"
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
what is there, and the exit code is 1. What was altered, deleted or inserted of
acts and of what moves money is found by the chain in which it is sealed; with
--head also that the chain itself was not written anew.

With --signature it checks an X-SIGNATURE instead, as a SNAP server does: over
the minified body, and over the same with its strings written as JSON.stringify
writes them. It exits with 0 when the signature matches. Otherwise it prints
what should have been signed and, where it can tell, what was signed instead.`,
		Example: `  qrisd verify /backup/qrisd-2026-01-31.db
  qrisd verify --all --store postgres://qrisd@db/qrisd
  qrisd verify --head 1024:JSe0LtVgLpVsAJL6PbsCNLEUQm9k2rHIwVtkEcKz2Cs
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

// minified is the message as it is to be signed; a body that is not JSON is
// hashed as it is.
func minified(m snap.Message) snap.Message {
	if body, err := snap.Compact(nil, m.Body); err == nil {
		m.Body = body
	}
	return m
}

// explain says what is signed here, over each form of the body, and what the
// signature fits instead.
func (v *verifier) explain(w io.Writer, scheme snap.Scheme, m snap.Message, signature string) {
	small := minified(m)
	fmt.Fprintln(w, "signed here:", snap.StringToSign(scheme, small))
	if scheme != snap.TokenRequest {
		fmt.Fprintln(w, "body hash:  ", snap.BodyHash(small.Body), "(minified)")
	}
	if body, err := snap.Reescape(nil, m.Body); err == nil && string(body) != string(small.Body) {
		fmt.Fprintln(w, "or:         ", snap.BodyHash(body), "(minified, strings as JSON.stringify writes them)")
	}
	d := v.diagnose(scheme, m, signature)
	fmt.Fprintln(w, d.Line())
}

// diagnose puts the message before the doctor as the request that carried it.
func (v *verifier) diagnose(scheme snap.Scheme, m snap.Message, signature string) doctor.Diagnosis {
	r := doctor.Request{Method: m.Method, Target: m.Path, Body: m.Body, Headers: []doctor.Header{
		{Name: snap.HeaderTimestamp, Value: m.Timestamp}, {Name: snap.HeaderSignature, Value: signature}, {Name: snap.HeaderClientKey, Value: m.ClientKey},
	}}
	if m.AccessToken != "" {
		r.Headers = append(r.Headers, doctor.Header{Name: snap.HeaderAuthorization, Value: "Bearer " + m.AccessToken})
	}
	return doctor.Examine(context.Background(), r, doctor.Known{
		Schemes: []snap.Scheme{scheme}, ClientKey: m.ClientKey, Secret: v.secret, PublicKey: v.key,
	})
}
