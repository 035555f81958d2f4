package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

type demoOptions struct {
	data, listen string
	once         bool
}

func demoCommand() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "See everything work, in one command",
		Long: `Start a sandbox on an empty store in this process and tell a story on it, over
HTTP and with real signatures: access tokens, the sample requests of the five
providers' documents, codes that are generated, paid, paid twice and listed, and
the ledger in the end. Each step says what was called, what was answered and
what that means; a step that is answered otherwise than expected is FAILED, and
the exit code is 1.

The sandbox then goes on until it is interrupted, unless --once is given.`,
		Example: `  qrisd demo --once
  qrisd demo --listen 127.0.0.1:8080 --data demo-data`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := runDemo(c.Context(), o, demoSteps(), c.OutOrStdout()); err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			return nil
		},
	}
	f := c.Flags()
	f.BoolVar(&o.once, "once", false, "end after the story")
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "host and port of the API; port 0 takes a free one")
	f.StringVar(&o.data, "data", "", "empty folder to keep the store in (default: a temporary one, removed at the end)")
	return c
}

// runDemo serves a new sandbox and tells the story on it. Its error says how
// many steps failed.
func runDemo(ctx context.Context, o demoOptions, steps []demoStep, out io.Writer) error {
	folder, remove, err := demoFolder(o.data)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var told error
	err = serve(ctx, serveOptions{
		data: folder, listen: o.listen, admin: "127.0.0.1:0", sandbox: true, notifyPrivate: true, skew: -1, logLevel: "error",
	}, func(n *node) {
		var d *demo
		if d, told = tell(ctx, n, steps, out); o.once || ctx.Err() != nil || d == nil {
			stop()
			return
		}
		d.invite(out, folder, o.data == "")
	})
	return errors.Join(err, told, remove())
}

// demoFolder gives the store's folder and what clears it away at the end. The
// references in the documents' samples are good once, so that a store of an
// earlier run will not do.
func demoFolder(name string) (folder string, remove func() error, err error) {
	if name == "" {
		folder, err = os.MkdirTemp("", "qrisd-demo-")
		return folder, func() error { return os.RemoveAll(folder) }, err
	}
	inside, err := os.ReadDir(name)
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return "", nil, err
	case len(inside) > 0:
		return "", nil, fmt.Errorf("--data %s is not empty, and the samples of the documents can be sent once only; name another folder, or go on there with: qrisd serve --sandbox --data %s", name, shellWord(name))
	}
	return name, func() error { return nil }, nil
}

// invite says how to go on with the sandbox.
func (d *demo) invite(out io.Writer, folder string, temporary bool) {
	if full, err := filepath.Abs(folder); err == nil {
		folder = full
	}
	file := filepath.Join(folder, "sandbox.json")
	if temporary {
		file += " (removed at the end)"
	}
	fmt.Fprintln(out, "\nThe sandbox goes on; Ctrl-C ends it.")
	printPairs(out, [][2]string{{"  API", d.node.apiURL}, {"  management", d.node.adminURL}, {"  credentials", file}})
	fmt.Fprintln(out, "\nTry, in another terminal:")
	for _, try := range []struct{ what, command string }{
		{"somebody else pays Qoin's code", "pay " + d.unpaid()},
		{"who has how much now", "payer list"},
		{"codes and tokens expire", "clock --advance 1h"},
	} {
		fmt.Fprintf(out, "\n  # %s\n  qrisd %s --data %s\n", try.what, try.command, shellWord(folder))
	}
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	if !strings.ContainsAny(s, " '\"$\\&;|<>()*?`#~") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
