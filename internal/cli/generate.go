package cli

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/internal/qrimage"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// generateCommand asks a running sandbox for a code the way a client does:
// with the partner's credentials, over signed HTTP.
func generateCommand() *cobra.Command {
	var f adminFlags
	var provider string
	var quiet bool
	c := &cobra.Command{
		Use:   "generate [RUPIAH]",
		Short: "Generate a QR in a running sandbox, over signed HTTP",
		Long: `Generate a QR in a running sandbox the way a merchant's server does: with the
partner's credentials of sandbox.json, over signed HTTP. Without an amount the
code is static, where the provider makes such codes.`,
		Example: "  qrisd generate 15000\n  qrisd generate --dialect speedcash",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			rupiah := int64(0)
			if len(args) == 1 {
				var err error
				if rupiah, err = strconv.ParseInt(args[0], 10, 64); err != nil || rupiah <= 0 {
					return fmt.Errorf("generate: %q is no amount: write whole rupiah, as in 15000", args[0])
				}
			}
			a, err := f.client()
			if err != nil {
				return err
			}
			g, err := generateAt(c, a.file, provider, rupiah)
			if err != nil {
				return fmt.Errorf("generate: %w", err)
			}
			if f.json {
				_, err = c.OutOrStdout().Write(append(g.Body, '\n'))
				return err
			}
			return showGenerated(c, g, quiet)
		},
	}
	f.bind(c)
	c.Flags().StringVar(&provider, "dialect", "midtrans", "whose API is called: dana, qoin, midtrans, speedcash or aspi")
	c.Flags().BoolVar(&quiet, "quiet", false, "do not draw the QR")
	return c
}

func generateAt(c *cobra.Command, file sandbox.File, name string, rupiah int64) (client.GenerateResponse, error) {
	at, known := file.Partners[name]
	if !known {
		return client.GenerateResponse{}, fmt.Errorf("the sandbox has no partner %q", name)
	}
	caller, err := sandboxClient(file.APIURL, name, at, &http.Client{Timeout: callTime})
	if err != nil {
		return client.GenerateResponse{}, err
	}
	return caller.Generate(c.Context(), sandboxRequest(name, at, newReference(), rupiah, time.Now()))
}

// newReference is short enough for every provider.
func newReference() string { return "Q" + strconv.FormatInt(time.Now().UnixMicro(), 36) }

// sandboxClient is a client with a sandbox partner's credentials.
func sandboxClient(apiURL, name string, at sandbox.Credentials, carrier *http.Client) (*client.Client, error) {
	provider, ok := client.ProviderNamed(name)
	if !ok {
		return nil, fmt.Errorf("%q is no provider", name)
	}
	key, err := snap.ParsePrivateKey(at.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("sandbox.json: %s: %w", name, err)
	}
	return client.New(client.Config{
		BaseURL: apiURL, Provider: provider, PartnerID: at.PartnerID, ClientKey: at.ClientKey,
		ClientSecret: at.ClientSecret, PrivateKey: key, ChannelID: at.ChannelID, Debug: true, HTTP: carrier,
	})
}

// sandboxRequest is a request with what its provider demands. No amount asks
// for a static code.
func sandboxRequest(name string, at sandbox.Credentials, reference string, rupiah int64, now time.Time) client.GenerateRequest {
	req := client.GenerateRequest{
		PartnerReferenceNo: reference, MerchantID: at.MerchantID, StoreID: at.StoreID, TerminalID: at.TerminalID,
		AdditionalInfo: demanded[name],
	}
	if rupiah > 0 {
		req.Amount = snap.IDR(rupiah * 100)
	}
	if life := demandedLife[name]; life > 0 {
		req.ValidityPeriod = snap.FormatTimestamp(now.Add(life))
	}
	return req
}

func showGenerated(c *cobra.Command, g client.GenerateResponse, quiet bool) error {
	out := c.OutOrStdout()
	if !quiet {
		drawing, err := qrimage.Terminal(g.QRContent)
		if err != nil {
			return err
		}
		fmt.Fprint(out, drawing)
	}
	printPairs(out, [][2]string{
		{"answer", g.Code + " " + g.Message}, {"referenceNo", g.ReferenceNo}, {"partnerReferenceNo", g.PartnerReferenceNo},
		{"merchant", g.MerchantName}, {"qrContent", g.QRContent}, {"qrUrl", g.QRURL},
	})
	fmt.Fprintf(out, "\nPay it: qrisd pay %s\n", g.ReferenceNo)
	return nil
}
