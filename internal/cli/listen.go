package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// listening is what `qrisd listen` was asked for.
type listening struct {
	kinds     []string
	partners  []string
	forwardTo string
	receive   string
}

func listenCommand() *cobra.Command {
	f := new(adminFlags)
	var l listening
	c := &cobra.Command{
		Use:   "listen",
		Short: "Print what happens on a server, as it happens",
		Long: `Print what happens on a running server, as it happens: requests and how they
were answered (in a sandbox), codes, payments, refunds, notifications, the
clock. When the connection is lost it is made again, and what happened in the
meantime is printed then. Of several nodes each tells what it did itself.

With --forward-to the notifications of a sandbox's partners come to this command,
which hands each on to a local URL as it came, byte for byte with its headers,
and answers the server with what the URL answered. Signatures stay valid: the
path that is called is the one that was signed. For that the partners' addresses
are replaced while the command runs; a merchant's own address and the one in a
code's request go before a partner's, and are left alone.`,
		Example: `  qrisd listen
  qrisd listen --kind payment --kind code.expired --json
  qrisd listen --forward-to http://127.0.0.1:3000/qris/notify --partner midtrans`,
		Args: cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error { return l.run(c, a) }),
	}
	f.bind(c)
	c.Flags().StringArrayVar(&l.kinds, "kind", nil, "only these events: a kind as payment.succeeded, or the beginning of one as code (may be repeated)")
	c.Flags().StringArrayVar(&l.partners, "partner", nil, "only this partner's, in a sandbox also by its dialect (may be repeated with --forward-to)")
	c.Flags().StringVar(&l.forwardTo, "forward-to", "", "local URL that gets the partners' notifications; without a path, at the providers' documented ones")
	c.Flags().StringVar(&l.receive, "receive", "127.0.0.1:0", "host and port at which the server reaches this command, for --forward-to")
	return c
}

func (l listening) run(c *cobra.Command, a *adminClient) error {
	out := printer{out: c.OutOrStdout(), json: a.json, names: a.partnerNames()}
	ctx := c.Context()
	if l.forwardTo != "" {
		end, err := l.forward(ctx, a, &out, c.ErrOrStderr())
		if err != nil {
			return err
		}
		defer end()
	}
	query := url.Values{"kind": l.kinds}
	if len(l.partners) == 1 {
		query.Set("partner", a.partnerID(l.partners[0]))
	} else if len(l.partners) > 1 && l.forwardTo == "" {
		return fmt.Errorf("--partner: name one, or none for all of them")
	}
	f := follower{admin: a, query: query, say: func(text string) { fmt.Fprintln(c.ErrOrStderr(), text) }}
	return f.follow(ctx, out.event)
}

// partnerNames are the names of a sandbox's partners by their ids.
func (a *adminClient) partnerNames() map[string]string {
	names := make(map[string]string, len(a.file.Partners))
	for name, credentials := range a.file.Partners {
		names[credentials.PartnerID] = name
	}
	return names
}

// printer prints events, one a line. Notifications come from another
// goroutine, so each print is one write of a locked writer.
type printer struct {
	out   io.Writer
	json  bool
	names map[string]string
}

// event prints an event as the server sent it, or in words.
func (p *printer) event(raw []byte) error {
	var line bytes.Buffer
	if p.json {
		line.Write(raw)
	} else {
		var e sandbox.Event
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("reading an event: %w", err)
		}
		who := e.PartnerID
		if name, ok := p.names[who]; ok {
			who = name
		}
		fmt.Fprintf(&line, "%s  %-22s %-10s %s", e.At.In(pay.Jakarta).Format(time.TimeOnly), e.Kind, who, strings.TrimSpace(e.Ref+"  "+inWords(e)))
	}
	line.WriteByte('\n')
	_, err := p.out.Write(line.Bytes())
	return err
}

// inWords says what an event's fields do.
func inWords(e sandbox.Event) string {
	f := e.Fields
	switch e.Kind {
	case sandbox.EventRequest:
		return fmt.Sprintf("%s %s -> %s %s (%s ms) %s", f["method"], f["path"], f["code"], f["message"], f["ms"], f["id"])
	case sandbox.EventAttempt, sandbox.EventFailed:
		words := fmt.Sprintf("try %s: HTTP %s, %s (%s ms) %s", f["try"], f["status"], f["state"], f["ms"], f["url"])
		if f["state"] != string(pay.DeliveryDone) {
			words += " " + f["answer"]
		}
		return strings.TrimSpace(words)
	case sandbox.EventGap:
		return "what happened before is not kept any more"
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		value := name + " " + f[name]
		if name == "amount" {
			value = rupiah(f[name])
		}
		words = append(words, value)
	}
	return strings.Join(words, ", ")
}

// forward makes the partners' notifications come here. end makes them go
// where they went before.
func (l listening) forward(ctx context.Context, a *adminClient, out *printer, errs io.Writer) (end func(), err error) {
	to, err := url.Parse(l.forwardTo)
	if err != nil || to.Host == "" || (to.Scheme != "http" && to.Scheme != "https") {
		return nil, fmt.Errorf("--forward-to %s: write a URL, as in http://127.0.0.1:3000/qris/notify", l.forwardTo)
	}
	if err := a.send(ctx, "GET", path("sandbox", "clock"), nil, new(clockView)); err != nil {
		return nil, fmt.Errorf("--forward-to replaces the addresses of partners, which only a sandbox allows: %w", err)
	}
	out.out = &locked{w: out.out}
	f, err := newForwarder(l.receive, to, out)
	if err != nil {
		return nil, err
	}
	moved, err := redirect(ctx, a, l.partners, f.address())
	if err != nil {
		f.close()
		return nil, err
	}
	fmt.Fprintf(errs, "notifications of %d partners come to %s and go on to %s\n", len(moved.was), f.address(), l.forwardTo)
	return func() {
		if err := moved.back(ctx); err != nil {
			fmt.Fprintln(errs, err)
		}
		f.close()
	}, nil
}
