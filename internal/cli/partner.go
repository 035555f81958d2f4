package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

const partnerNames = "In a sandbox a partner goes by the name of its dialect too, as in dana."

func partnerCommand() *cobra.Command {
	f := new(adminFlags)
	c := group(&cobra.Command{
		Use:   "partner",
		Short: "Manage the partners, who call the API",
		Long: `Manage the partners of a running server: those who call its API, with their keys
and agreements. ` + partnerNames,
		Example: `  qrisd partner list
  qrisd partner show dana`,
	},
		partnerListCommand(f), partnerShowCommand(f), partnerAddCommand(f), partnerRotateCommand(f), partnerRetireCommand(f),
		partnerStandingCommand(f, "suspend", "Refuse every request of a partner", pay.Suspended),
		partnerStandingCommand(f, "activate", "Serve a suspended partner again", pay.Active),
		partnerKeyCommand(f), partnerNotifyCommand(f), partnerAccessCommand(f), partnerRateCommand(f),
		partnerDenyCommand(f), partnerAllowCommand(f), partnerSettingsCommand(f),
	)
	f.bind(c)
	return c
}

// partnerView is a partner as the management API gives it.
type partnerView struct {
	ID, Name, Dialect, ClientKey, ChannelID, NotifyURL, Standing string
	PublicKeyFingerprint                                         string
	FormerSecretUntil, FormerKeyUntil                            time.Time
	Settings                                                     pay.PartnerSettings
	Access                                                       pay.AccessRules
}

func sayPartner(w io.Writer, p partnerView) {
	printPairs(w, [][2]string{
		{"partner", p.ID}, {"name", p.Name}, {"dialect", p.Dialect}, {"standing", p.Standing},
		{"client key", p.ClientKey}, {"channel", p.ChannelID}, {"public key", p.PublicKeyFingerprint},
		{"notify", p.NotifyURL}, {"old secret until", until(p.FormerSecretUntil)}, {"old key until", until(p.FormerKeyUntil)},
	})
	saySettings(w, p.Settings)
}

// until is a time for people; empty: there is none.
func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(pay.Jakarta).Format(time.RFC3339)
}

func partnerListCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the partners",
		Long:    "List the partners: id, dialect, standing, name.",
		Example: `  qrisd partner list --data qrisd-data`,
		Args:    cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			return performList(c, a, path("partners"), "partners", func(w io.Writer, all struct{ Partners []partnerView }) {
				rows := [][]string{{"ID", "DIALECT", "STANDING", "NAME"}}
				for _, p := range all.Partners {
					rows = append(rows, []string{p.ID, p.Dialect, p.Standing, p.Name})
				}
				printTable(w, rows)
			})
		}),
	}
}

func partnerShowCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "show PARTNER",
		Short:   "Show a partner",
		Long:    "Show a partner and its agreement. Secrets are not shown. " + partnerNames,
		Example: `  qrisd partner show dana`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			return perform(c, a, get(path("partners", a.partnerID(args[0]))), sayPartner)
		}),
	}
}

func partnerAddCommand(f *adminFlags) *cobra.Command {
	var in struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Dialect   string `json:"dialect"`
		ClientKey string `json:"clientKey"`
		ChannelID string `json:"channelId"`
		PublicKey string `json:"publicKey"`
	}
	var publicKey string
	c := &cobra.Command{
		Use:   "add PARTNER",
		Short: "Add a partner",
		Long: `Add a partner and print its client secret. Without --public-key a key pair is
made too. Neither the private key nor the secret is shown again.`,
		Example: `  qrisd partner add shop-1 --dialect dana --name "Shop" --public-key public.pem`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) (err error) {
			in.ID = args[0]
			if in.PublicKey, err = readKey(publicKey); err != nil {
				return err
			}
			return perform(c, a, post(path("partners"), in), sayCredentials)
		}),
	}
	c.Flags().StringVar(&in.Dialect, "dialect", "", "one of "+strings.Join(dialectNames(), ", "))
	c.Flags().StringVar(&in.Name, "name", "", "the partner's name")
	c.Flags().StringVar(&in.ClientKey, "client-key", "", "X-CLIENT-KEY (default: the id)")
	c.Flags().StringVar(&in.ChannelID, "channel-id", "", "CHANNEL-ID")
	c.Flags().StringVar(&publicKey, "public-key", "", "file of the partner's RSA public key")
	return c
}

// readKey reads a key's file; without a name there is no key.
func readKey(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("reading the public key: %w", err)
	}
	return string(text), nil
}

func sayCredentials(w io.Writer, k sandbox.Credentials) {
	printPairs(w, [][2]string{
		{"partner", k.PartnerID}, {"client key", k.ClientKey}, {"client secret", k.ClientSecret}, {"channel", k.ChannelID},
	})
	if k.PrivateKey != "" {
		fmt.Fprint(w, k.PrivateKey)
	}
	fmt.Fprintln(w, "Keep this: it is not shown again.")
}

func partnerRotateCommand(f *adminFlags) *cobra.Command {
	var overlap string
	c := &cobra.Command{
		Use:   "rotate PARTNER",
		Short: "Draw a new secret and key pair for a partner",
		Long: `Draw a new client secret and key pair for a partner and print them. For the
overlap the old ones verify too; a sandbox's sandbox.json gets the new ones. ` + partnerNames,
		Example: `  qrisd partner rotate dana --overlap 24h`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			r := post(path("partners", a.partnerID(args[0]), "rotate"), map[string]string{"overlap": overlap})
			return perform(c, a, r, sayCredentials)
		}),
	}
	c.Flags().StringVar(&overlap, "overlap", "", overlapHelp)
	return c
}

func partnerRetireCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "retire PARTNER",
		Short:   "End the old secret and key of a partner before their time",
		Long:    "End the overlap of a rotation: what verified beside the new secret and key is refused from now on. " + partnerNames,
		Example: `  qrisd partner retire dana`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			r := request{http.MethodDelete, path("partners", a.partnerID(args[0]), "former"), nil}
			return perform(c, a, r, sayPartner)
		}),
	}
}

func partnerStandingCommand(f *adminFlags, verb, short string, standing pay.Standing) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " PARTNER",
		Short:   short,
		Long:    short + ". " + partnerNames,
		Example: "  qrisd partner " + verb + " dana",
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			r := put(path("partners", a.partnerID(args[0]), "standing"), map[string]any{"standing": standing})
			return perform(c, a, r, func(w io.Writer, p partnerView) { fmt.Fprintln(w, "partner", p.ID, "is", p.Standing) })
		}),
	}
}

func partnerKeyCommand(f *adminFlags) *cobra.Command {
	var overlap string
	c := &cobra.Command{
		Use:     "key PARTNER FILE",
		Short:   "Register a partner's public key",
		Long:    "Register the RSA public key, or the certificate, that verifies a partner's signatures. For the overlap the one before does too. " + partnerNames,
		Example: `  qrisd partner key dana public.pem`,
		Args:    cobra.ExactArgs(2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			text, err := readKey(args[1])
			if err != nil {
				return err
			}
			r := put(path("partners", a.partnerID(args[0]), "key"), map[string]string{"publicKey": text, "overlap": overlap})
			return perform(c, a, r, func(w io.Writer, p partnerView) {
				fmt.Fprintln(w, "partner", p.ID, "signs with the key", p.PublicKeyFingerprint)
			})
		}),
	}
	c.Flags().StringVar(&overlap, "overlap", "", overlapHelp)
	return c
}

func partnerNotifyCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "notify PARTNER URL",
		Short:   "Set where a partner is notified",
		Long:    "Set the address at which a partner is notified of payments; an empty one ends it. " + partnerNames,
		Example: `  qrisd partner notify dana http://127.0.0.1:9000/notify`,
		Args:    cobra.ExactArgs(2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			r := put(path("partners", a.partnerID(args[0]), "notify"), map[string]string{"url": args[1]})
			return perform(c, a, r, func(w io.Writer, p partnerView) {
				if p.NotifyURL == "" {
					fmt.Fprintln(w, "partner", p.ID, "is not notified")
					return
				}
				fmt.Fprintln(w, "partner", p.ID, "is notified at", p.NotifyURL)
			})
		}),
	}
}

func partnerRateCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "rate PARTNER PER-SECOND",
		Short:   "Limit the requests of a partner",
		Long:    "Limit how many requests a second a partner may send to each API; 0 lifts the limit. " + partnerNames,
		Example: `  qrisd partner rate dana 5`,
		Args:    cobra.ExactArgs(2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			rate, err := strconv.ParseFloat(args[1], 64)
			if err != nil || !(rate >= 0 && rate <= 1e9) {
				return fmt.Errorf("%q is no rate: give requests a second, as in 5 or 0.5; 0 lifts the limit", args[1])
			}
			r := put(path("partners", a.partnerID(args[0]), "settings"), map[string]any{"ratePerSecond": rate})
			return perform(c, a, r, sayPartner)
		}),
	}
}
