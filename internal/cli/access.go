package cli

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
)

func sayAccess(w io.Writer, p partnerView) {
	if p.Access.Open() {
		fmt.Fprintln(w, "partner", p.ID, "may call from anywhere, without a client certificate")
		return
	}
	fmt.Fprintln(w, "partner", p.ID, "may call")
	networks := "anywhere"
	if len(p.Access.Networks) > 0 {
		networks = networkTexts(p.Access.Networks)
	}
	printPairs(w, [][2]string{{"from", networks}, {"certificates", strings.Join(p.Access.Certificates, ", ")}, {"subject", p.Access.Subject}})
}

func networkTexts(networks []netip.Prefix) string {
	texts := make([]string, len(networks))
	for i, n := range networks {
		texts[i] = n.String()
	}
	return strings.Join(texts, ", ")
}

func partnerAccessCommand(f *adminFlags) *cobra.Command {
	var networks, certificates []string
	var subject string
	var open bool
	c := &cobra.Command{
		Use:   "access PARTNER",
		Short: "Set from where a partner may call, and with which certificate",
		Long: `Set the networks that a partner may call from and the client certificate that it
must show; what is not given is not demanded any more. Without a flag it shows
what is set. A certificate is a PEM file, of which the public key counts, so
that a renewed certificate with the same key goes on to serve; or a SHA-256 of a
certificate or of its public key. A subject is that of a certificate which an
authority of qrisd serve --client-ca has signed. ` + partnerNames,
		Example: `  qrisd partner access shop-1 --network 203.0.113.0/24 --certificate client.pem
  qrisd partner access shop-1 --subject "CN=shop-1,O=Shop"
  qrisd partner access shop-1 --open`,
		Args: cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where := path("partners", a.partnerID(args[0]))
			rules := pay.AccessRules{Subject: subject}
			switch given := len(networks)+len(certificates) > 0 || subject != ""; {
			case open && given:
				return errors.New("--open takes no other flag: it lifts every demand")
			case !open && !given:
				return perform(c, a, get(where), sayAccess)
			}
			if err := readRules(&rules, networks, certificates); err != nil {
				return err
			}
			return perform(c, a, put(where+"/access", rules), sayAccess)
		}),
	}
	c.Flags().StringSliceVar(&networks, "network", nil, "address or network, as in 203.0.113.7 or 203.0.113.0/24 (may be repeated)")
	c.Flags().StringArrayVar(&certificates, "certificate", nil, "PEM file of a client certificate, or a SHA-256 (may be repeated)")
	c.Flags().StringVar(&subject, "subject", "", "distinguished name of a client certificate of --client-ca")
	c.Flags().BoolVar(&open, "open", false, "demand nothing")
	return c
}

func readRules(rules *pay.AccessRules, networks, certificates []string) error {
	for _, text := range networks {
		n, err := readNetwork(text)
		if err != nil {
			return fmt.Errorf("--network: %w", err)
		}
		rules.Networks = append(rules.Networks, n)
	}
	for _, text := range certificates {
		sum, err := readCertificate(text)
		if err != nil {
			return fmt.Errorf("--certificate %s: %w", text, err)
		}
		rules.Certificates = append(rules.Certificates, sum)
	}
	return nil
}

// readNetwork takes a network in CIDR notation, or one address.
func readNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return a.Unmap().Prefix(a.Unmap().BitLen())
	}
	n, err := netip.ParsePrefix(text)
	if err != nil {
		return n, fmt.Errorf("%q is no network: give an address with the length of its network, as in 203.0.113.0/24", text)
	}
	return n.Masked(), nil
}

// readCertificate gives the digest of the public key of a certificate in a
// file, or a digest as it is given.
func readCertificate(text string) (string, error) {
	raw, err := os.ReadFile(text)
	if errors.Is(err, fs.ErrNotExist) && len(strings.ReplaceAll(text, ":", "")) == hex.EncodedLen(sha256.Size) {
		return text, nil
	}
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return "", errors.New("the file holds no PEM")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("the file holds no certificate: %w", err)
	}
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:]), nil
}
