package cli

import (
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/torture"
)

func tortureCommand() *cobra.Command {
	var o torture.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "torture",
		Short: "Kill servers under load and prove that nothing acknowledged is lost",
		Long: `Start real servers, let clients generate, pay, refund, cancel and query codes
over signed HTTP and receive the notifications, and kill -9 a server again and
again, starting it anew each time. After the last restart a checker that knows
only the clients' own log asks the servers for everything: no acknowledged
operation may be lost, no code paid twice, no status go back, no payer have a
rupiah too many or too few, no payment be left untold.

One node runs on the embedded store, in a temporary folder that is removed when
all is well. More than one share the empty database of --store behind a balancer
of this command's own. The exit code is 1 if there are findings.`,
		Example: "  qrisd torture --kills 1000\n  qrisd torture --nodes 3 --store postgres://qrisd@db.example/empty --for 10m",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if o.Program, err = os.Executable(); err != nil {
				return err
			}
			return tortured(c, o, asJSON)
		},
	}
	f := c.Flags()
	f.IntVar(&o.Nodes, "nodes", 1, "servers on one database, which needs --store if more than one")
	f.StringVar(&o.Store, "store", "", "postgres:// URL of an empty database (default: the embedded store)")
	f.StringVar(&o.Data, "data", "", "an empty folder for the servers' data and the log, which is kept (default: a temporary one)")
	f.IntVar(&o.Clients, "clients", 64, "clients that work at once")
	f.IntVar(&o.Kills, "kills", 0, "how many kills (default: 25, or with --for as many as come)")
	f.DurationVar(&o.For, "for", 0, "how long to go on, whatever the number of kills")
	f.DurationVar(&o.Every, "every", 0, "mean time from a server's readiness to the next kill (default 1.5s)")
	f.DurationVar(&o.Pause, "pause", 0, "mean pause of a client between two operations (default 50ms)")
	f.DurationVar(&o.Patience, "patience", 0, "how long notifications may take in the end (default 2m)")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of all choices, of clients and of kills (default: drawn)")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	return c
}

// tortured runs the torture, shows how it goes, and fails if there are
// findings.
func tortured(c *cobra.Command, o torture.Options, asJSON bool) error {
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(c.ErrOrStderr()), progressbar.OptionSetDescription("starting"), progressbar.OptionSetElapsedTime(true), progressbar.OptionClearOnFinish())
	o.Progress = func(stage string) {
		bar.Describe(stage)
		_ = bar.Add(1)
	}
	report, err := torture.Run(c.Context(), o)
	_ = bar.Finish()
	if err != nil {
		return fmt.Errorf("torture: %w", err)
	}
	if asJSON {
		err = printJSON(c.OutOrStdout(), report)
	} else {
		err = report.Print(c.OutOrStdout())
	}
	if err == nil && len(report.Findings) > 0 {
		err = errSilent
	}
	return err
}
