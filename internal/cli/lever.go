package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/sandbox"
)

func leverCommand() *cobra.Command {
	f := new(adminFlags)
	c := group(&cobra.Command{
		Use:   "lever",
		Short: "Make a sandbox fail on demand",
		Long: `Make a sandbox fail on demand: slow, late, wrong or missing answers and
notifications, for a partner and an operation or for all, with a probability
whose dice are seeded. Levers are off by default, and named in the header
X-Sandbox-Lever of every answer that they touch.`,
	}, leverListCommand(f), leverOnCommand(f), leverOffCommand(f))
	f.bind(c)
	return c
}

func leverListCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the levers that are on, and the kinds there are",
		Long: `List the levers that are on, with how often each was asked and hit on this node,
and every kind that there is, with what it takes.`,
		Args: cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			return perform(c, a, get(path("sandbox", "levers")), func(w io.Writer, v leversView) {
				sayLevers(w, v)
				fmt.Fprintln(w)
				var rows [][]string
				for _, k := range v.Kinds {
					rows = append(rows, []string{string(k.Kind), k.About})
				}
				printTable(w, rows)
			})
		}),
	}
}

type leversView struct {
	Levers []sandbox.LeverState
	Kinds  []sandbox.LeverRow
}

func sayLevers(w io.Writer, v leversView) {
	if len(v.Levers) == 0 {
		fmt.Fprintln(w, "all levers are off")
		return
	}
	var rows [][]string
	for _, l := range v.Levers {
		rows = append(rows, []string{
			l.String(), "partner " + l.PartnerID, "operation " + l.Operation,
			"probability " + strconv.FormatFloat(l.Probability, 'g', -1, 64), "seed " + strconv.FormatUint(l.Seed, 10),
			fmt.Sprintf("%d of %d", l.Pulled, l.Asked),
		})
	}
	printTable(w, rows)
}

func leverOnCommand(f *adminFlags) *cobra.Command {
	var l sandbox.Lever
	var lasts time.Duration
	c := &cobra.Command{
		Use:   "on KIND",
		Short: "Put a lever on",
		Long: `Put a lever on; one of the same kind, partner and operation gives way. The dice
begin anew: the same seed gives the same sequence.`,
		Example: `  qrisd lever on delay --for 3s --operation generate
  qrisd lever on error --code 504 --probability 0.3 --seed 7
  qrisd lever on timeout-after-commit --partner dana --operation refund
  qrisd lever on notify-duplicate`,
		Args: cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			set := l
			set.Kind, set.Lasts, set.PartnerID = sandbox.LeverKind(args[0]), sandbox.Span(lasts), a.partnerID(l.PartnerID)
			return perform(c, a, put(path("sandbox", "levers"), set), sayLevers)
		}),
	}
	bindLever(c, &l)
	flags := c.Flags()
	flags.Float64Var(&l.Probability, "probability", 1, "of each request or try, above 0")
	flags.DurationVar(&lasts, "for", 0, "how long, for the kinds that take time")
	flags.StringVar(&l.Code, "code", "", "of error: a status or a response code, as in 504 or 5044700 (default: the operation's own)")
	flags.BoolVar(&l.AfterCommit, "after-commit", false, "of error: the work is done all the same")
	flags.Uint64Var(&l.Seed, "seed", 1, "of the dice")
	return c
}

func bindLever(c *cobra.Command, l *sandbox.Lever) {
	c.Flags().StringVar(&l.PartnerID, "partner", "", "only this partner, or the sandbox's of this dialect (default: all)")
	c.Flags().StringVar(&l.Operation, "operation", "", "only this operation, as qrisd codes names it (default: all)")
}

func leverOffCommand(f *adminFlags) *cobra.Command {
	var l sandbox.Lever
	c := &cobra.Command{
		Use:   "off [KIND]",
		Short: "Take levers off: all, or those that are named",
		Long: `Take levers off: all of them, or those of a kind, a partner or an operation. The
answer lists what is still on.`,
		Args: cobra.MaximumNArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			query := url.Values{"kind": {strings.Join(args, "")}, "partnerId": {a.partnerID(l.PartnerID)}, "operation": {l.Operation}}
			return perform(c, a, request{http.MethodDelete, path("sandbox", "levers") + "?" + query.Encode(), nil}, sayLevers)
		}),
	}
	bindLever(c, &l)
	return c
}
