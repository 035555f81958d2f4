package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/internal/qrimage"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// generating is what `qrisd generate` was asked for.
type generating struct {
	adminFlags
	provider, receive string
	quiet, pay        bool
}

// generateCommand asks a running sandbox for a code the way a client does:
// with the partner's credentials, over signed HTTP.
func generateCommand() *cobra.Command {
	var g generating
	c := &cobra.Command{
		Use:   "generate [RUPIAH]",
		Short: "Generate a QR in a running sandbox, over signed HTTP",
		Long: `Generate a QR in a running sandbox the way a merchant's server does: with the
partner's credentials of sandbox.json, over signed HTTP. Without an amount the
code is static, where the provider makes such codes.

With --pay a payer at another bank then pays the code, and this command is the
merchant's server: it takes the notification and checks its signature, and the
exit code is 0 only if that is right. It waits for a sandbox that is starting.
The partner's address is replaced meanwhile; what else comes for the partner is
not acknowledged, so that it is sent again to the partner's own.`,
		Example: "  qrisd generate 15000\n  qrisd generate 15000 --pay\n  qrisd generate --dialect speedcash",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := g.run(c, args); err != nil {
				return fmt.Errorf("generate: %w", err)
			}
			return nil
		},
	}
	g.bind(c)
	c.Flags().StringVar(&g.provider, "dialect", "midtrans", "whose API is called: dana, qoin, midtrans, speedcash or aspi")
	c.Flags().BoolVar(&g.quiet, "quiet", false, "do not draw the QR")
	c.Flags().BoolVar(&g.pay, "pay", false, "pay the code too, take the notification and check its signature")
	c.Flags().StringVar(&g.receive, "receive", "127.0.0.1:0", "host and port at which the server reaches this command, for --pay")
	return c
}

func (g *generating) run(c *cobra.Command, args []string) error {
	rupiah, err := g.amount(args)
	if err != nil {
		return err
	}
	if g.pay {
		return g.payment(c, rupiah)
	}
	a, err := g.client()
	if err != nil {
		return err
	}
	made, err := generateAt(c, a.file, g.provider, rupiah)
	if err != nil {
		return err
	}
	if g.json {
		_, err = c.OutOrStdout().Write(append(made.Body, '\n'))
		return err
	}
	if err := showGenerated(c.OutOrStdout(), made, g.quiet); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "\nPay it: qrisd pay %s\n", made.ReferenceNo)
	return err
}

// amount is whole rupiah; 0 is a static code.
func (g *generating) amount(args []string) (int64, error) {
	switch {
	case len(args) == 0 && g.pay:
		return 0, errors.New("--pay needs an amount, as in 15000")
	case len(args) == 0:
		return 0, nil
	}
	rupiah, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || rupiah <= 0 {
		return 0, fmt.Errorf("%q is no amount: write whole rupiah, as in 15000", args[0])
	}
	return rupiah, nil
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

func showGenerated(out io.Writer, g client.GenerateResponse, quiet bool) error {
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
	return nil
}
