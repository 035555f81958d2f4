package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages",
		Long: `Write the manual into a folder: qrisd.1 and one page for each command, from the
same words as --help. Their date is $SOURCE_DATE_EPOCH, or none.`,
		Example: `  qrisd man /usr/local/share/man/man1`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			made, err := sourceDate()
			if err == nil {
				err = os.MkdirAll(args[0], 0o755)
			}
			if err == nil {
				err = writeManual(c.Root(), args[0], made)
			}
			if err != nil {
				return fmt.Errorf("man: %w", err)
			}
			return nil
		},
	}
}

// writeManual writes a command's page and those of all below it.
func writeManual(c *cobra.Command, dir string, made time.Time) error {
	name := manualName(c) + ".1"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(manualPage(c, made)), 0o644); err != nil {
		return err
	}
	for _, sub := range documented(c) {
		if err := writeManual(sub, dir, made); err != nil {
			return err
		}
	}
	return nil
}

func manualName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// documented are the commands below one that people are told of.
func documented(c *cobra.Command) (subs []*cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			subs = append(subs, sub)
		}
	}
	return subs
}

// synopsis is what follows a command's name.
func synopsis(c *cobra.Command) string {
	if !c.Runnable() {
		return " COMMAND"
	}
	return strings.TrimPrefix(c.UseLine(), c.CommandPath())
}

// manualPage is a command's page in the man macros of roff.
func manualPage(c *cobra.Command, made time.Time) string {
	var p roff
	date := ""
	if !made.IsZero() {
		date = made.Format(time.DateOnly)
	}
	p.macro("TH", strings.ToUpper(manualName(c)), "1", date, "qrisd "+releaseVersion, "User Commands")
	p.macro("SH", "NAME")
	p.line(escapeRoff(manualName(c)) + ` \- ` + escapeRoff(c.Short))
	p.macro("SH", "SYNOPSIS")
	p.line(`\fB` + escapeRoff(c.CommandPath()) + `\fR` + escapeRoff(synopsis(c)))
	p.macro("SH", "DESCRIPTION")
	p.prose(c.Long)
	p.options("OPTIONS", c.NonInheritedFlags())
	p.options("INHERITED OPTIONS", c.InheritedFlags())
	p.commands(documented(c))
	if c.Example != "" {
		p.macro("SH", "EXAMPLES")
		p.verbatim(strings.Split(c.Example, "\n"))
	}
	p.macro("SH", "EXIT STATUS")
	p.line("0 when it is done, 1 when it failed, 2 when the command line was not understood.")
	if c.HasParent() {
		p.macro("SH", "SEE ALSO")
		p.line(`\fB` + escapeRoff(manualName(c.Parent())) + `\fR(1)`)
	}
	return p.String()
}
