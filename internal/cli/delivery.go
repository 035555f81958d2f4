package cli

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
)

func deliveryCommand() *cobra.Command {
	f := new(adminFlags)
	c := group(&cobra.Command{
		Use:     "delivery",
		Short:   "Follow the notifications to partners",
		Long:    "List, show and send again the notifications that a running server owes its partners.",
		Example: `  qrisd delivery list --state failed`,
	}, deliveryListCommand(f), deliveryShowCommand(f), deliveryResendCommand(f))
	f.bind(c)
	return c
}

// deliveryView is a delivery as the management API gives it.
type deliveryView struct {
	ID, PartnerID, State, CodeReferenceNo, PaymentReferenceNo, Body string
	Attempts                                                        int
	CreatedAt, NextAt, DoneAt                                       time.Time
	Tries                                                           []struct {
		Number, Status int
		Millis         int64
		URL, Answer    string
		At             time.Time
	}
}

func deliveryListCommand(f *adminFlags) *cobra.Command {
	var partner, state string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the newest notifications",
		Long:    "List the newest notifications: id, state, tries, code and partner.",
		Example: "  qrisd delivery list\n  qrisd delivery list --partner dana --state pending",
		Args:    cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			query := url.Values{"partner": {a.partnerID(partner)}, "state": {state}}.Encode()
			return perform(c, a, get(path("deliveries")+"?"+query), func(w io.Writer, all struct{ Deliveries []deliveryView }) {
				rows := [][]string{{"ID", "STATE", "TRIES", "CODE", "PARTNER"}}
				for _, d := range all.Deliveries {
					rows = append(rows, []string{d.ID, d.State, strconv.Itoa(d.Attempts), d.CodeReferenceNo, d.PartnerID})
				}
				printTable(w, rows)
			})
		}),
	}
	c.Flags().StringVar(&partner, "partner", "", "only this partner's")
	c.Flags().StringVar(&state, "state", "", "only those pending, delivered or failed")
	return c
}

func deliveryShowCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show a notification with every try",
		Long:    "Show a notification: its state, the body that every try sends, and what each try was answered.",
		Example: `  qrisd delivery show 019b7a00-0000-7000-8000-000000000001`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			return perform(c, a, get(path("deliveries", args[0])), sayDelivery)
		}),
	}
}

func deliveryResendCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "resend ID",
		Short:   "Send a notification again",
		Long:    "Make a notification due again, whatever became of it. The id and the body stay the same.",
		Example: `  qrisd delivery resend 019b7a00-0000-7000-8000-000000000001`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			return perform(c, a, post(path("deliveries", args[0], "resend"), nil), sayDelivery)
		}),
	}
}

func sayDelivery(w io.Writer, d deliveryView) {
	printPairs(w, [][2]string{
		{"delivery", d.ID}, {"partner", d.PartnerID}, {"state", d.State}, {"tries", strconv.Itoa(d.Attempts)},
		{"code", d.CodeReferenceNo}, {"payment", d.PaymentReferenceNo}, {"created", moment(d.CreatedAt)},
		{"next try", moment(d.NextAt)}, {"ended", moment(d.DoneAt)}, {"body", d.Body},
	})
	for _, t := range d.Tries {
		fmt.Fprintf(w, "\n%d. %s  %s  HTTP %d  %d ms\n   %s\n", t.Number, moment(t.At), t.URL, t.Status, t.Millis, t.Answer)
	}
}

// moment is a time in Jakarta, or nothing.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(pay.Jakarta).Format(time.RFC3339)
}
