// Package cli is the command line: one file a subcommand, and the only place
// that wires the parts together.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dana"
	"github.com/qrisd/qrisd/internal/dialect/midtrans"
	"github.com/qrisd/qrisd/internal/dialect/paydia"
	"github.com/qrisd/qrisd/internal/dialect/qoin"
	"github.com/qrisd/qrisd/internal/dialect/speedcash"
)

// dialects are all that are offered. Where two share a path and nothing tells
// whose request it is, the first answers.
func dialects() []dialect.Dialect {
	return []dialect.Dialect{
		dana.Dialect(), qoin.Dialect(), midtrans.Dialect(), paydia.Dialect(), speedcash.Dialect(), aspi.Dialect(),
	}
}

// errSilent is an error whose message was printed already.
var errSilent = errors.New("")

// Main runs the command line and gives the exit code: 0 done, 1 failed, 2 not
// understood.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	understood := false
	root := rootCommand()
	root.PersistentPreRun = func(*cobra.Command, []string) { understood = true }
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case !errors.Is(err, errSilent):
		fmt.Fprintln(errs, "qrisd:", err)
	}
	if !understood {
		return 2
	}
	return 1
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "qrisd",
		Short: "An open QRIS payment server",
		Long: `qrisd speaks the SNAP QR APIs as DANA, Qoin, Midtrans, Paydia and SpeedCash
document them, over one payment core with a double-entry ledger.

  qrisd demo                 see everything work, in one command
  qrisd serve --sandbox      run it in place of the providers' sandboxes`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(demoCommand())
	root.AddCommand(serveCommand(), benchCommand(), tortureCommand())
	root.AddCommand(keygenCommand())
	root.AddCommand(signCommand())
	root.AddCommand(verifyCommand(), auditCommand(), doctorCommand())
	root.AddCommand(qrCommand())
	root.AddCommand(codesCommand(), openAPICommand())
	root.AddCommand(partnerCommand(), tokenCommand(), bindingCommand(), providerCommand())
	root.AddCommand(merchantCommand())
	root.AddCommand(payerCommand())
	root.AddCommand(deliveryCommand())
	root.AddCommand(generateCommand())
	root.AddCommand(payCommand())
	root.AddCommand(listenCommand(), triggerCommand())
	root.AddCommand(settleCommand())
	root.AddCommand(reconcileCommand())
	root.AddCommand(clockCommand(), leverCommand(), resetCommand(), fixturesCommand())
	root.AddCommand(backupCommand(), restoreCommand(), moveCommand(), migrateCommand(), secretCommand())
	root.AddCommand(healthCommand())
	root.AddCommand(manCommand(), sbomCommand(), versionCommand())
	return root
}
