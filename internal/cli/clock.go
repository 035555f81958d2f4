package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func clockCommand() *cobra.Command {
	f := new(adminFlags)
	var advance, moment string
	c := &cobra.Command{
		Use:   "clock",
		Short: "Show or move the clock of a sandbox",
		Long: `Show the clock of a sandbox, or move it: codes and tokens expire, and a new
Jakarta day begins, by this clock. It keeps its offset over a restart.`,
		Example: `  qrisd clock
  qrisd clock --advance 15m
  qrisd clock --set 2026-01-31T23:59:59+07:00`,
		Args: cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			where := path("sandbox", "clock")
			switch {
			case advance != "" && moment != "":
				return errors.New("--advance and --set exclude each other")
			case advance != "":
				return perform(c, a, post(where, map[string]string{"advance": advance}), sayClock)
			case moment != "":
				return perform(c, a, post(where, map[string]string{"set": moment}), sayClock)
			}
			return perform(c, a, get(where), sayClock)
		}),
	}
	f.bind(c)
	c.Flags().StringVar(&advance, "advance", "", "how far to move it, as in 15m or -1h")
	c.Flags().StringVar(&moment, "set", "", "what time to make it, as in 2026-01-31T23:59:59+07:00")
	return c
}

type clockView struct{ Now, Offset string }

func sayClock(w io.Writer, v clockView) {
	if v.Offset == "0s" {
		fmt.Fprintln(w, v.Now)
		return
	}
	fmt.Fprintf(w, "%s (%s off the real time)\n", v.Now, v.Offset)
}
