package cli

import (
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/snap"
)

func signCommand() *cobra.Command {
	var m messageFlags
	var asHex, verbose bool
	c := &cobra.Command{
		Use:   "sign",
		Short: "Sign a request as a SNAP client does",
		Long: `Print the X-SIGNATURE of a request. The body is minified before it is hashed.

  token       RSA over client key and timestamp: an access token request
  symmetric   HMAC-SHA512 over method, path, token, body and timestamp
  asymmetric  RSA over method, path, body and timestamp
  with-token  RSA over method, path, token, body and timestamp`,
		Example: `  qrisd sign --scheme token --client-key demo --key private.pem --timestamp 2026-01-31T10:00:00+07:00
  qrisd sign --path /v1.0/qr/qr-mpm-generate --token TOKEN --secret-file secret.txt --timestamp 2026-01-31T10:00:00+07:00 --body body.json --verbose`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return sign(c, &m, asHex, verbose) },
	}
	m.bind(c)
	c.Flags().BoolVar(&asHex, "hex", false, "print the signature in hexadecimal instead of base64")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "print the string to sign and the body hash to standard error")
	return c
}

func sign(c *cobra.Command, m *messageFlags, asHex, verbose bool) error {
	scheme, message, err := m.message(c)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	with, err := m.credentials(scheme)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	signature, err := snap.Sign(scheme, with, message)
	if err != nil {
		return err
	}
	if verbose {
		explain(c, scheme, message)
	}
	if asHex {
		signature = toHex(signature)
	}
	fmt.Fprintln(c.OutOrStdout(), signature)
	return nil
}

func (m *messageFlags) credentials(scheme snap.Scheme) (with snap.Credentials, err error) {
	if scheme == snap.Symmetric {
		with.Secret, err = m.clientSecret()
		return with, err
	}
	with.PrivateKey, err = m.privateKey()
	return with, err
}

// explain prints what a signature is over to standard error, so that the
// signature alone can be captured.
func explain(c *cobra.Command, scheme snap.Scheme, m snap.Message) {
	if minified, err := snap.Compact(nil, m.Body); err == nil {
		m.Body = minified
	}
	hash := ""
	if scheme != snap.TokenRequest {
		hash = snap.BodyHash(m.Body)
	}
	printPairs(c.ErrOrStderr(), [][2]string{
		{"scheme", scheme.String()}, {"body hash", hash}, {"string to sign", snap.StringToSign(scheme, m)},
	})
}

// toHex writes a signature that was just made in the other encoding.
func toHex(signature string) string {
	sign, err := snap.DecodeSignature(signature)
	if err != nil {
		panic("cli: a signature of our own cannot be read: " + err.Error())
	}
	return hex.EncodeToString(sign)
}
