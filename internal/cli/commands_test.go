package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/dialect"
)

// every visits a command and all below it.
func every(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		every(sub, visit)
	}
}

func TestEveryCommandIsExplained(t *testing.T) {
	every(rootCommand(), func(c *cobra.Command) {
		if c.Short == "" || c.Long == "" && !c.Hidden {
			t.Errorf("%s has no short or no long description", c.CommandPath())
		}
		if strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: the short description ends with a full stop", c.CommandPath())
		}
	})
}

func TestExamplesAreUnderstood(t *testing.T) {
	examples := 0
	every(rootCommand(), func(c *cobra.Command) {
		for line := range strings.SplitSeq(c.Example, "\n") {
			if line == "" {
				continue
			}
			examples++
			found := understood(t, line)
			if found.CommandPath() != c.CommandPath() && found.Parent().CommandPath() != c.CommandPath() {
				t.Errorf("%s has an example of %s", c.CommandPath(), found.CommandPath())
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	})
	if examples < 20 {
		t.Errorf("only %d examples", examples)
	}
}

// TestWaysNameCommands holds dialect.Ways to the commands that there are.
func TestWaysNameCommands(t *testing.T) {
	command := regexp.MustCompile(`\((qrisd [^)]*)\)`)
	named := 0
	for _, way := range dialect.Ways {
		for _, m := range command.FindAllStringSubmatch(way, -1) {
			named++
			understood(t, m[1])
		}
	}
	if named < 10 {
		t.Errorf("only %d commands are named", named)
	}
}

// word is a word of a command line, perhaps in quotes.
var word = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)

// understood finds the command of a line and parses its flags.
func understood(t *testing.T, line string) *cobra.Command {
	t.Helper()
	words := word.FindAllString(line, -1)
	for i := range words {
		words[i] = strings.Trim(words[i], `'"`)
	}
	if words[0] != "qrisd" {
		t.Fatalf("%q does not begin with qrisd", line)
	}
	c, rest, err := rootCommand().Find(words[1:])
	if err == nil {
		err = c.ParseFlags(rest)
	}
	if err != nil || !c.Runnable() {
		t.Errorf("%q is no command: %v", line, err)
	}
	return c
}

func TestTablesAlign(t *testing.T) {
	var b strings.Builder
	printTable(&b, [][]string{{"a", "", "x"}, {"long", "y", ""}, {"é", "", ""}})
	if got, want := b.String(), "a        x\nlong  y\né\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestRupiahForPeople(t *testing.T) {
	for amount, want := range map[string]string{
		"0.00": "Rp 0", "999.00": "Rp 999", "15000.00": "Rp 15,000", "1234567.89": "Rp 1,234,567.89", "100000": "Rp 100,000",
	} {
		if got := rupiah(amount); got != want {
			t.Errorf("%s reads %q, not %q", amount, got, want)
		}
	}
}
