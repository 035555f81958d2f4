package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// group makes a command that only holds others, and refuses a name that none
// of them has; cobra alone would print the help and report success.
func group(c *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := "see " + c.CommandPath() + " --help"
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			hint = "did you mean " + near[0] + "?"
		}
		return fmt.Errorf("there is no command %q in %s; %s", args[0], c.CommandPath(), hint)
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.SuggestionsMinimumDistance = 2 // letters
	c.AddCommand(subs...)
	return c
}
