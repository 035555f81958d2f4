package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func resetCommand() *cobra.Command {
	f := new(adminFlags)
	c := &cobra.Command{
		Use:   "reset",
		Short: "Take a sandbox back to what it was right after it was seeded",
		Long: `Take a running sandbox back to what it was right after it was seeded: the same
credentials, no codes, payments or notifications, no other parties, the real
time, all levers off. Tokens that partners have fetched are gone; those of
sandbox.json work. Every node of a shared store follows.`,
		Args: cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			return perform(c, a, post(path("sandbox", "reset"), nil), func(w io.Writer, _ map[string]bool) {
				fmt.Fprintln(w, "the sandbox begins anew")
			})
		}),
	}
	f.bind(c)
	return c
}
