package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

func saySettings(w io.Writer, s pay.PartnerSettings) {
	rate := "unlimited"
	if s.RatePerSecond > 0 {
		rate = strconv.FormatFloat(s.RatePerSecond, 'g', -1, 64) + " requests a second"
	}
	printPairs(w, [][2]string{
		{"rate", rate}, {"denied", strings.Join(s.Denied, ", ")},
		{"image", map[bool]string{true: "by qrUrl only", false: "embedded"}[s.URLOnly]},
		{"headers", map[bool]string{true: "documented lengths refuse", false: "lenient lengths"}[s.StrictHeaders]},
		{"token life", orDefault(s.TokenLife)}, {"customer life", orDefault(s.CustomerLife)},
	})
}

func orDefault(d time.Duration) string {
	if d == 0 {
		return "the dialect's"
	}
	return d.String()
}

func partnerDenyCommand(f *adminFlags) *cobra.Command {
	return agreementCommand(f, "deny", "Take APIs out of a partner's agreement", func(denied, operations []string) []string {
		for _, operation := range operations {
			if !slices.Contains(denied, operation) {
				denied = append(denied, operation)
			}
		}
		return denied
	})
}

func partnerAllowCommand(f *adminFlags) *cobra.Command {
	return agreementCommand(f, "allow", "Put APIs back into a partner's agreement", func(denied, operations []string) []string {
		return slices.DeleteFunc(denied, func(name string) bool { return slices.Contains(operations, name) })
	})
}

// agreementCommand changes the list of denied operations by a partner's
// present list and the operations that are named.
func agreementCommand(f *adminFlags, verb, short string, change func(denied, operations []string) []string) *cobra.Command {
	var operations []string
	c := &cobra.Command{
		Use:     verb + " --operation NAME PARTNER",
		Short:   short,
		Long:    short + ". qrisd codes lists the operations of each dialect. " + partnerNames,
		Example: "  qrisd partner " + verb + " --operation generate dana",
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			var p partnerView
			where := path("partners", a.partnerID(args[0]))
			if err := a.send(c.Context(), "GET", where, nil, &p); err != nil {
				return err
			}
			if err := knownOperations(p.Dialect, operations); err != nil {
				return err
			}
			denied := append([]string{}, change(p.Settings.Denied, operations)...)
			return perform(c, a, put(where+"/settings", map[string]any{"denied": denied}), sayPartner)
		}),
	}
	c.Flags().StringSliceVar(&operations, "operation", nil, "the API's verb, as in generate")
	return c
}

// knownOperations refuses a name that the dialect has no operation of.
func knownOperations(name string, operations []string) error {
	if len(operations) == 0 {
		return errors.New("--operation is missing: name the API, as in generate")
	}
	for _, d := range dialects() {
		if d.Name != name {
			continue
		}
		for _, operation := range operations {
			if d.Operation(operation) == nil {
				return fmt.Errorf("%s has no operation %q; it has %s", name, operation, operationNames(&d))
			}
		}
	}
	return nil
}

func operationNames(d *dialect.Dialect) string {
	var names []string
	for _, op := range d.Operations {
		names = append(names, op.Name)
	}
	return strings.Join(names, ", ")
}

func dialectNames() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.Name)
	}
	return names
}

func partnerSettingsCommand(f *adminFlags) *cobra.Command {
	var s pay.PartnerSettings
	c := &cobra.Command{
		Use:     "settings PARTNER",
		Short:   "Change the optional parts of a partner's agreement",
		Long:    "Change those settings of a partner that are given, and show all. " + partnerNames,
		Example: `  qrisd partner settings dana --url-only --token-life 30m`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where := path("partners", a.partnerID(args[0]))
			given := make(map[string]any)
			for flag, value := range map[string]struct {
				name  string
				value any
			}{
				"url-only":       {"urlOnly", s.URLOnly},
				"strict-headers": {"strictHeaders", s.StrictHeaders},
				"token-life":     {"tokenLife", s.TokenLife},
				"customer-life":  {"customerLife", s.CustomerLife},
			} {
				if c.Flags().Changed(flag) {
					given[value.name] = value.value
				}
			}
			if len(given) == 0 {
				return perform(c, a, get(where), sayPartner)
			}
			return perform(c, a, put(where+"/settings", given), sayPartner)
		}),
	}
	c.Flags().BoolVar(&s.URLOnly, "url-only", false, "leave the image to qrUrl, do not embed it")
	c.Flags().BoolVar(&s.StrictHeaders, "strict-headers", false, "refuse headers by their documented lengths")
	c.Flags().DurationVar(&s.TokenLife, "token-life", 0, "life of B2B tokens, 0 for the dialect's")
	c.Flags().DurationVar(&s.CustomerLife, "customer-life", 0, "life of customer tokens, 0 for the dialect's")
	return c
}
