package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// payment generates a code, pays it and takes the notification of that.
func (g *generating) payment(c *cobra.Command, rupiah int64) error {
	a, err := g.await(c.Context())
	if err != nil {
		return err
	}
	made, err := generateAt(c, a.file, g.provider, rupiah)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	if !g.json {
		if err := showGenerated(out, made, g.quiet); err != nil {
			return err
		}
	}
	raw, heard, err := g.settle(c.Context(), a, made)
	if err != nil {
		return err
	}
	if g.json {
		return printJSON(out, map[string]any{"generated": json.RawMessage(made.Body), "payment": raw, "notification": heard})
	}
	var paid paidView
	if err := json.Unmarshal(raw, &paid); err != nil {
		return fmt.Errorf("reading the answer of the management API: %w", err)
	}
	fmt.Fprintln(out)
	sayPaid(out, paid)
	fmt.Fprintln(out)
	heard.say(out)
	return nil
}

// settle lets the outside payer pay a code, and hears of it.
func (g *generating) settle(ctx context.Context, a *adminClient, made client.GenerateResponse) (paid json.RawMessage, heard notified, err error) {
	d := dialectNamed(g.provider)
	if d == nil || d.Notice == nil {
		return paid, heard, fmt.Errorf("%s documents no notification", g.provider)
	}
	h, err := newHearer(g.receive, d, a.file, a.file.Partners[g.provider], made.ReferenceNo)
	if err != nil {
		return paid, heard, err
	}
	defer h.close()
	moved, err := redirect(ctx, a, []string{g.provider}, h.address())
	if err != nil {
		return paid, heard, err
	}
	defer func() { err = errors.Join(err, moved.back(ctx)) }()
	if err := a.send(ctx, http.MethodPost, path("sandbox", "pay"), sandbox.Target{ReferenceNo: made.ReferenceNo}, &paid); err != nil {
		return paid, heard, err
	}
	heard, err = h.wait(ctx)
	return paid, heard, err
}

// dialectNamed is nil where no dialect built in has the name.
func dialectNamed(name string) *dialect.Dialect {
	all := dialects()
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

func (n notified) say(w io.Writer) {
	fmt.Fprintln(w, "notified at", n.Path)
	printPairs(w, [][2]string{
		{"signature", n.Signature}, {"over", n.StringToSign}, {"body", n.Body}, {"answered", n.Answer},
	})
}

// startsWithin is how long a sandbox that is starting is waited for.
const startsWithin = 15 * time.Second

// await finds the server once it is ready: it may have been started a moment
// ago, and then writes its credentials first.
func (f *adminFlags) await(ctx context.Context) (*adminClient, error) {
	for deadline := time.Now().Add(startsWithin); ; {
		a, err := f.client()
		if err == nil {
			err = a.ready(ctx)
		}
		if err == nil || time.Now().After(deadline) || !pause(ctx, 100*time.Millisecond) {
			return a, err
		}
	}
}

// ready fails while the server does not say that it is ready.
func (a *adminClient) ready(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("--admin %s: %w", a.url, err)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return fmt.Errorf("calling the management API, is the server running? %w", err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is not ready: it answers %s", a.url, resp.Status)
	}
	return nil
}
