package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type healthOptions struct {
	authorities, name string
	within            time.Duration
}

// healthURL is a node's own answer, where nothing says otherwise.
const healthURL = "http://127.0.0.1:8081/readyz"

func healthCommand() *cobra.Command {
	var o healthOptions
	c := &cobra.Command{
		Use:   "health [URL]",
		Short: "Ask a server whether it is ready",
		Long: `Ask a server whether it is ready for requests, and exit with 1 when it is not:
for containers and scripts that have no curl. URL is ` + healthURL + `
by default; one without a path means /readyz. /healthz only says that the
process lives.`,
		Example: `  qrisd health
  qrisd health http://127.0.0.1:8080/healthz
  qrisd health https://127.0.0.1:8080 --ca ca.pem --server-name qris.example`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := health(c.Context(), c.OutOrStdout(), args, o); err != nil {
				return fmt.Errorf("health: %w", err)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.authorities, "ca", "", "file of the certificates (PEM) that the server's is checked against (default: the system's)")
	f.StringVar(&o.name, "server-name", "", "name that the server's certificate is for, where it is not the URL's")
	f.DurationVar(&o.within, "within", 3*time.Second, "how long the answer may take")
	return c
}

func health(ctx context.Context, w io.Writer, args []string, o healthOptions) error {
	target, err := url.Parse(append(args, healthURL)[0])
	if err != nil || target.Host == "" {
		return fmt.Errorf("%q is no URL: give one as in %s", append(args, healthURL)[0], healthURL)
	}
	if target.Path == "" || target.Path == "/" {
		target.Path = "/readyz"
	}
	client, err := o.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no answer (does it listen there?): %w", err)
	}
	defer response.Body.Close()
	return readHealth(w, response)
}

// client trusts the system's authorities, or those of a file, and follows no
// redirect: one is no answer.
func (o healthOptions) client() (*http.Client, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.name}
	if o.authorities != "" {
		text, err := os.ReadFile(o.authorities)
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--ca: %s has no certificate in PEM", o.authorities)
		}
	}
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: settings, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// maxHealth bounds what is read of an answer.
const maxHealth = 64 << 10

func readHealth(w io.Writer, response *http.Response) error {
	var said struct{ Status, Cause, Cure string }
	body, err := io.ReadAll(io.LimitReader(response.Body, maxHealth))
	if err == nil {
		err = json.Unmarshal(body, &said)
	}
	switch {
	case response.StatusCode == http.StatusOK && err == nil:
		fmt.Fprintln(w, said.Status)
		return nil
	case err != nil:
		return fmt.Errorf("%s, and the answer is not a qrisd server's", response.Status)
	}
	return fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(said.Status+" "+said.Cause+" "+said.Cure))
}
