package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/sandbox"
)

func fixturesCommand() *cobra.Command {
	f := new(adminFlags)
	c := &cobra.Command{
		Use:   "fixtures FILE|-",
		Short: "Add partners, merchants, payers, codes and tokens of one file to a sandbox",
		Long: `Add what one JSON file describes to a running sandbox: partners with their
merchants and outlets, payers with balances and limits, codes in any status,
tokens of known texts. All of it is made, or nothing. What is there already, by
id, partnerReferenceNo or text, stays as it is, so a file may be loaded again.

examples/fixtures.json shows every part; docs/SANDBOX.md explains them.`,
		Example: `  qrisd fixtures examples/fixtures.json
  qrisd fixtures --json examples/fixtures.json`,
		Args: cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			text, err := readInput(c, args[0])
			if err != nil {
				return err
			}
			if !json.Valid(text) {
				return fmt.Errorf("%s is not JSON", args[0])
			}
			return perform(c, a, post(path("sandbox", "fixtures"), json.RawMessage(text)), sayFixtures)
		}),
	}
	f.bind(c)
	return c
}

func sayFixtures(w io.Writer, made sandbox.Made) {
	var rows [][]string
	add := func(isNew bool, kind, id, more string) {
		word := "there"
		if isNew {
			word = "made"
		}
		rows = append(rows, []string{word, kind, id, more})
	}
	for _, p := range made.Partners {
		add(p.Made, "partner", p.PartnerID, "client key "+p.ClientKey+", secret "+p.ClientSecret)
	}
	for _, of := range []struct {
		kind   string
		things []sandbox.MadeThing
	}{{"merchant", made.Merchants}, {"outlet", made.Outlets}, {"payer", made.Payers}, {"token", made.Tokens}} {
		for _, t := range of.things {
			add(t.Made, of.kind, t.ID, t.Of)
		}
	}
	for _, code := range made.Codes {
		add(code.Made, "code", code.PartnerReferenceNo, code.ReferenceNo+" "+string(code.Status))
	}
	printTable(w, rows)
}
