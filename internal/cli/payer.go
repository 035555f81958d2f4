package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
)

const payerNames = "In a sandbox a payer goes by the name of its dialect too, as in paydia."

func payerCommand() *cobra.Command {
	f := new(adminFlags)
	c := group(&cobra.Command{
		Use:     "payer",
		Short:   "Manage the payers, who have wallets",
		Long:    "Manage the payers of a running server. " + payerNames,
		Example: `  qrisd payer list`,
	},
		payerListCommand(f), payerAddCommand(f), payerFundCommand(f),
		payerStandingCommand(f, "dormant", "Make a payer's account dormant", pay.Dormant),
		payerStandingCommand(f, "block", "Block a payer's account", pay.Blocked),
		payerStandingCommand(f, "activate", "Let a payer pay again", pay.Active),
		payerLimitCommand(f), payerAuthorizeCommand(f), payerTokenCommand(f),
	)
	f.bind(c)
	return c
}

// payerView is a payer as the management API gives it.
type payerView struct{ ID, Name, Standing, Balance, DayLimit, MonthLimit string }

func sayPayer(w io.Writer, p payerView) {
	printPairs(w, [][2]string{
		{"payer", p.ID}, {"name", p.Name}, {"standing", p.Standing}, {"balance", rupiah(p.Balance)},
		{"day limit", limit(p.DayLimit, "none")}, {"month limit", limit(p.MonthLimit, "none")},
	})
}

func payerListCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the payers",
		Long:    "List the payers: id, standing, balance, name.",
		Example: `  qrisd payer list`,
		Args:    cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			return performList(c, a, path("payers"), "payers", func(w io.Writer, all struct{ Payers []payerView }) {
				rows := [][]string{{"ID", "STANDING", "BALANCE", "NAME"}}
				for _, p := range all.Payers {
					rows = append(rows, []string{p.ID, p.Standing, rupiah(p.Balance), p.Name})
				}
				printTable(w, rows)
			})
		}),
	}
}

func payerAddCommand(f *adminFlags) *cobra.Command {
	var in struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Balance  string `json:"balance"`
		DayLimit string `json:"dayLimit"`
	}
	c := &cobra.Command{
		Use:     "add PAYER",
		Short:   "Add a payer",
		Long:    "Add a payer, with money in the wallet if --balance says so.",
		Example: `  qrisd payer add budi --name "Budi Contoh" --balance 250000`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			in.ID = args[0]
			return perform(c, a, post(path("payers"), in), sayPayer)
		}),
	}
	c.Flags().StringVar(&in.Name, "name", "", "the payer's name")
	c.Flags().StringVar(&in.Balance, "balance", "", "money in the wallet, in rupiah")
	c.Flags().StringVar(&in.DayLimit, "day", "", "limit of the payments of a Jakarta day, in rupiah (default: none)")
	return c
}

func payerFundCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "fund PAYER RUPIAH",
		Short:   "Put money into a payer's wallet",
		Long:    "Put money from outside into a payer's wallet. " + payerNames,
		Example: `  qrisd payer fund paydia 100000`,
		Args:    cobra.ExactArgs(2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			r := post(path("payers", a.payerID(args[0]), "fund"), map[string]string{"amount": args[1]})
			return perform(c, a, r, sayPayer)
		}),
	}
}

func payerStandingCommand(f *adminFlags, verb, short string, standing pay.Standing) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " PAYER",
		Short:   short,
		Long:    short + ". " + payerNames,
		Example: "  qrisd payer " + verb + " paydia",
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			r := patch(path("payers", a.payerID(args[0])), map[string]any{"standing": standing})
			return perform(c, a, r, func(w io.Writer, p payerView) { fmt.Fprintln(w, "payer", p.ID, "is", p.Standing) })
		}),
	}
}

func payerLimitCommand(f *adminFlags) *cobra.Command {
	var day, month string
	c := &cobra.Command{
		Use:     "limit PAYER",
		Short:   "Limit what a payer may pay",
		Long:    "Limit what a payer may pay in a Jakarta day or month; 0 lifts a limit. " + payerNames,
		Example: `  qrisd payer limit paydia --day 50000`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			change := make(map[string]string)
			for name, value := range map[string]string{"dayLimit": day, "monthLimit": month} {
				if value != "" {
					change[name] = value
				}
			}
			if len(change) == 0 {
				return fmt.Errorf("give --day or --month, in rupiah; 0 lifts a limit")
			}
			return perform(c, a, patch(path("payers", a.payerID(args[0])), change), sayPayer)
		}),
	}
	c.Flags().StringVar(&day, "day", "", "limit of a Jakarta day, in rupiah")
	c.Flags().StringVar(&month, "month", "", "limit of a Jakarta month, in rupiah")
	return c
}

// grantView is a secret given to a partner for a payer.
type grantView struct {
	AuthCode, CustomerToken string
	ExpiresAt               time.Time
}

func sayGrant(w io.Writer, g grantView) {
	printPairs(w, [][2]string{
		{"auth code", g.AuthCode}, {"customer token", g.CustomerToken}, {"good until", g.ExpiresAt.Format(time.RFC3339)},
	})
}

// partnerFor is the id of the partner that a grant is for: the one named, or
// the sandbox's of the dialect that names the payer.
func (a *adminClient) partnerFor(partner, payer string) (string, error) {
	if partner != "" {
		return a.partnerID(partner), nil
	}
	if credentials, ok := a.file.Partners[payer]; ok {
		return credentials.PartnerID, nil
	}
	return "", fmt.Errorf("give --partner: who acts for the payer")
}

func payerAuthorizeCommand(f *adminFlags) *cobra.Command {
	var partner string
	c := &cobra.Command{
		Use:   "authorize PAYER",
		Short: "Give a partner a payer's consent",
		Long: `Record a payer's consent and print the authorisation code that the partner
exchanges, once, for a customer token (service 74). ` + payerNames,
		Example: `  qrisd payer authorize payer-paydia --partner paydia`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			id, err := a.partnerFor(partner, args[0])
			if err != nil {
				return err
			}
			r := post(path("payers", a.payerID(args[0]), "auth-code"), map[string]string{"partnerId": id})
			return perform(c, a, r, sayGrant)
		}),
	}
	c.Flags().StringVar(&partner, "partner", "", "the partner (default in a sandbox: that of the payer's dialect)")
	return c
}

func payerTokenCommand(f *adminFlags) *cobra.Command {
	var partner string
	var life time.Duration
	c := &cobra.Command{
		Use:     "token PAYER",
		Short:   "Give a partner a customer token",
		Long:    "Print a customer token with which a partner pays from a payer's wallet. " + payerNames,
		Example: `  qrisd payer token payer-paydia --partner paydia --life 48h`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			id, err := a.partnerFor(partner, args[0])
			if err != nil {
				return err
			}
			r := post(path("payers", a.payerID(args[0]), "token"), map[string]string{"partnerId": id, "life": life.String()})
			return perform(c, a, r, sayGrant)
		}),
	}
	c.Flags().StringVar(&partner, "partner", "", "the partner (default in a sandbox: that of the payer's dialect)")
	c.Flags().DurationVar(&life, "life", 24*time.Hour, "how long the token lives")
	return c
}
