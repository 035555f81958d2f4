package cli

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/settlement"
)

func reconcileCommand() *cobra.Command {
	f := new(adminFlags)
	var day, partner, merchant string
	c := &cobra.Command{
		Use:   "reconcile --partner PARTNER FILE|-",
		Short: "Compare a settlement file with the ledger",
		Long: `Compare a settlement file, one of ours or a counterparty's, with the ledger and
name every difference: what either side lacks, an amount, MDR, refund, RRN or
merchant that differs, a line given twice, a total that is wrong. It exits with
1 when there is any.

A counterparty's file may have its columns in any order and others among them.
It needs type, payment_reference_no, refund_no, rrn, gross, mdr, refund and net,
and a last line of type total. ` + partnerNames,
		Example: `  qrisd reconcile --day 2026-01-31 --partner dana theirs.csv
  qrisd reconcile --partner dana --merchant 00007100010926 merchant.csv`,
		Args: cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			if partner == "" {
				return errors.New("--partner is missing: whose merchants is the file about?")
			}
			where := path("settlement", day, a.partnerID(partner), "reconcile")
			if merchant != "" {
				where += "?merchant=" + url.QueryEscape(merchant)
			}
			return a.reconcile(c, where, args[0])
		}),
	}
	f.bind(c)
	c.Flags().StringVar(&day, "day", yesterday, "date in Jakarta, as in 2026-01-31")
	c.Flags().StringVar(&partner, "partner", "", "whose merchants the file is about")
	c.Flags().StringVar(&merchant, "merchant", "", "the one merchant that the file is about (default: all of the partner's)")
	return c
}

// reconciliationView is what the management API found.
type reconciliationView struct {
	Day        string `json:"day"`
	PartnerID  string `json:"partnerId"`
	MerchantID string `json:"merchantId,omitempty"`
	settlement.Reconciliation
}

func (a *adminClient) reconcile(c *cobra.Command, where, name string) error {
	file := io.NopCloser(c.InOrStdin())
	if name != "-" {
		var err error
		if file, err = os.Open(name); err != nil {
			return err
		}
	}
	defer file.Close()
	var found reconciliationView
	err := a.ask(c.Context(), where, file, &found)
	if err != nil {
		return err
	}
	if a.json {
		err = printJSON(c.OutOrStdout(), found)
	} else {
		sayReconciliation(c.OutOrStdout(), found)
	}
	if err == nil && len(found.Differences) > 0 {
		return errSilent
	}
	return err
}

func sayReconciliation(w io.Writer, v reconciliationView) {
	fmt.Fprintf(w, "%s: %d lines here, %d there, %d differences\n", v.Day, v.Here, v.There, len(v.Differences))
	if len(v.Differences) == 0 {
		return
	}
	rows := [][]string{{"DIFFERENCE", "TYPE", "REFERENCE", "LINE", "HERE", "THERE"}}
	for _, d := range v.Differences {
		line := ""
		if d.Line > 0 {
			line = strconv.Itoa(d.Line)
		}
		rows = append(rows, []string{string(d.Kind), string(d.Type), d.Reference, line, d.Here, d.There})
	}
	printTable(w, rows)
}
