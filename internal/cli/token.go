package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func tokenCommand() *cobra.Command {
	f := new(adminFlags)
	c := group(&cobra.Command{
		Use:   "token",
		Short: "Look after the access tokens of partners",
		Long: `List and revoke the B2B access tokens (service 73) of a running server's partners.
A token's text is kept nowhere: its id is the SHA-256 of the text, in hex. ` + partnerNames,
		Example: `  qrisd token list qoin`,
	}, tokenListCommand(f), tokenRevokeCommand(f))
	f.bind(c)
	return c
}

// tokenView is a token as the management API gives it.
type tokenView struct {
	ID, Kind, PartnerID, PayerID   string
	IssuedAt, ExpiresAt, RevokedAt time.Time
}

func tokenListCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "list PARTNER",
		Short:   "List the B2B tokens of a partner that can be used",
		Long:    "List the B2B tokens of a partner that can be used, the first to end first: id, when it was issued, when it ends. " + partnerNames,
		Example: `  qrisd token list qoin`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where := path("partners", a.partnerID(args[0]), "tokens")
			return performList(c, a, where, "tokens", func(w io.Writer, all struct{ Tokens []tokenView }) {
				rows := [][]string{{"ID", "ISSUED", "ENDS"}}
				for _, t := range all.Tokens {
					rows = append(rows, []string{t.ID, moment(t.IssuedAt), moment(t.ExpiresAt)})
				}
				printTable(w, rows)
			})
		}),
	}
}

func tokenRevokeCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke PARTNER ID",
		Short: "Refuse a token of a partner from now on",
		Long: `Refuse one token of a partner from now on, before it ends by itself. Any kind can be
revoked so: B2B, customer and refresh tokens, and codes that wait for an exchange.
With - in place of the id the token itself is read from the standard input. ` + partnerNames,
		Example: `  qrisd token revoke qoin 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  qrisd token revoke qoin -`,
		Args: cobra.ExactArgs(2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			id := args[1]
			if id == "-" {
				text, err := io.ReadAll(io.LimitReader(c.InOrStdin(), 64<<10))
				if err != nil {
					return fmt.Errorf("reading the token: %w", err)
				}
				sum := sha256.Sum256([]byte(strings.TrimSpace(string(text))))
				id = hex.EncodeToString(sum[:])
			}
			r := request{http.MethodDelete, path("partners", a.partnerID(args[0]), "tokens", id), nil}
			return perform(c, a, r, func(w io.Writer, t tokenView) {
				fmt.Fprintln(w, "token", t.ID, "of partner", t.PartnerID, "is revoked since", moment(t.RevokedAt))
			})
		}),
	}
}

func bindingCommand() *cobra.Command {
	f := new(adminFlags)
	c := group(&cobra.Command{
		Use:   "binding",
		Short: "Look after the payers' accounts that partners may use",
		Long: `List and revoke account bindings: what a partner holds of a payer's account since the
payer consented, which are customer and refresh tokens (service 74). ` + partnerNames,
		Example: `  qrisd binding list paydia`,
	}, bindingListCommand(f), bindingRevokeCommand(f))
	f.bind(c)
	return c
}

// bindingView is a binding as the management API gives it.
type bindingView struct {
	PartnerID, PayerID string
	Tokens, Revoked    int
	Since, Until       time.Time
}

func bindingListCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "list PARTNER",
		Short:   "List the payers' accounts that a partner may use",
		Long:    "List the payers of whose accounts a partner holds tokens: payer, how many, since when and until when. " + partnerNames,
		Example: `  qrisd binding list paydia`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where := path("partners", a.partnerID(args[0]), "bindings")
			return performList(c, a, where, "bindings", func(w io.Writer, all struct{ Bindings []bindingView }) {
				rows := [][]string{{"PAYER", "TOKENS", "SINCE", "UNTIL"}}
				for _, b := range all.Bindings {
					rows = append(rows, []string{b.PayerID, strconv.Itoa(b.Tokens), moment(b.Since), moment(b.Until)})
				}
				printTable(w, rows)
			})
		}),
	}
}

func bindingRevokeCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke PARTNER PAYER",
		Short: "Take a payer's account from a partner",
		Long: `Revoke all that a partner holds of a payer's account: customer and refresh tokens, and
codes that wait for an exchange. The payer may consent again. ` + partnerNames + "\n" + payerNames,
		Example: `  qrisd binding revoke paydia payer-paydia`,
		Args:    cobra.ExactArgs(2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			r := request{http.MethodDelete, path("partners", a.partnerID(args[0]), "bindings", a.payerID(args[1])), nil}
			return perform(c, a, r, func(w io.Writer, b bindingView) {
				fmt.Fprintln(w, "partner", b.PartnerID, "holds nothing of payer", b.PayerID, "any more; tokens revoked:", b.Revoked)
			})
		}),
	}
}
