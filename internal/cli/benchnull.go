package cli

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
)

// nullCommand is what bench compares latencies with: the same server, whose
// store forgets the codes that it makes. It is no option of serve: nothing
// that answers for money may come near it.
func nullCommand() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use:    "null",
		Short:  "Serve a sandbox that keeps none of its codes",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o := serveOptions{
				data: data, listen: "127.0.0.1:0", admin: "127.0.0.1:0", logLevel: "warn",
				sandbox: true, notifyPrivate: true, noJournal: true, skew: -1, drain: -1,
				wrap: func(s pay.Storage) pay.Storage { return &nullStorage{Storage: s} },
			}
			memory := easedHeap()
			return serve(c.Context(), o, func(n *node) {
				memory.follow(c.Context())
				fmt.Fprintf(c.OutOrStdout(), "ready: %s\n", n.apiURL)
			})
		},
	}
	c.Flags().StringVar(&data, "data", "", "folder of the parties and the credentials")
	return c
}

// nullStorage keeps parties, tokens and settings, which the checks of a request
// need. Once a code was made it keeps nothing of what requests generate.
type nullStorage struct {
	pay.Storage
	armed atomic.Bool
}

// Update implements pay.Storage. What is not a request's, such as periodic
// work, is kept as before.
func (n *nullStorage) Update(ctx context.Context, f func(pay.Tx) error) error {
	if n.armed.Load() && ctx.Value(http.ServerContextKey) != nil {
		return f(forgetful{})
	}
	return n.Storage.Update(ctx, func(tx pay.Tx) error { return f(watched{tx, n}) })
}

// watched sees the first code.
type watched struct {
	pay.Tx
	null *nullStorage
}

func (w watched) InsertCode(c pay.Code, day string) error {
	w.null.armed.Store(true)
	return w.Tx.InsertCode(c, day)
}

// forgetful does what generating a code asks for; there is nothing behind it
// for anything else.
type forgetful struct{ pay.Tx }

func (forgetful) InsertMark(pay.Mark) error         { return nil }
func (forgetful) InsertCode(pay.Code, string) error { return nil }
