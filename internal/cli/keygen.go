package cli

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/snap"
)

func keygenCommand() *cobra.Command {
	var bits int
	var out string
	c := &cobra.Command{
		Use:   "keygen",
		Short: "Make an RSA key pair for SNAP signatures",
		Long: `Make an RSA key pair: private.pem (PKCS #8) to sign with, and public.pem (SPKI)
to register with the provider. Files that exist are never overwritten.`,
		Example: `  qrisd keygen --out keys`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return keygen(c, bits, out) },
	}
	c.Flags().IntVar(&bits, "bits", 2048, "size of the key: 2048 to 8192")
	c.Flags().StringVar(&out, "out", ".", "folder of the two files")
	return c
}

func keygen(c *cobra.Command, bits int, dir string) error {
	if bits < 2048 || bits > 8192 {
		return fmt.Errorf("keygen: --bits %d: SNAP asks for 2048, and at most 8192 are taken", bits)
	}
	private, public := filepath.Join(dir, "private.pem"), filepath.Join(dir, "public.pem")
	for _, name := range []string{private, public} {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("keygen: %s exists and is not overwritten; choose another folder with --out", name)
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return fmt.Errorf("keygen: generating the key: %w", err)
	}
	err = errors.Join(
		os.MkdirAll(dir, 0o755),
		create(private, snap.MarshalPrivateKey(key), 0o600),
		create(public, snap.MarshalPublicKey(&key.PublicKey), 0o644),
	)
	if err != nil {
		return fmt.Errorf("keygen: writing the keys: %w", err)
	}
	printPairs(c.OutOrStdout(), [][2]string{
		{"private key", private + " (keep it secret)"},
		{"public key", public + " (register it with the provider)"},
		{"fingerprint", snap.Fingerprint(&key.PublicKey)},
	})
	return nil
}

// create writes a file that must not exist yet.
func create(name, text string, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
