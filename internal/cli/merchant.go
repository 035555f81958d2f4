package cli

import (
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
)

const merchantNames = `In a sandbox a partner goes by the name of its dialect too, as in dana; its own
merchant, store and terminal need not be named then.`

func merchantCommand() *cobra.Command {
	f := new(adminFlags)
	c := group(&cobra.Command{
		Use:     "merchant",
		Short:   "Manage the merchants, who are paid",
		Long:    "Manage the merchants of the partners of a running server.\n" + merchantNames,
		Example: `  qrisd merchant list dana`,
	},
		merchantListCommand(f), merchantAddCommand(f),
		merchantStandingCommand(f, "suspend", "Refuse codes and payments of a merchant for now", pay.Suspended),
		merchantStandingCommand(f, "blacklist", "Refuse codes and payments of a merchant for good", pay.Blacklisted),
		merchantStandingCommand(f, "activate", "Let a merchant be paid again", pay.Active),
		merchantLimitCommand(f), merchantNotifyCommand(f), merchantOutletsCommand(f), merchantOutletCommand(f),
	)
	f.bind(c)
	return c
}

// merchantView is a merchant as the management API gives and takes it.
type merchantView struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	City        string       `json:"city"`
	PostalCode  string       `json:"postalCode"`
	MCC         string       `json:"mcc"`
	Criteria    string       `json:"criteria"`
	Category    string       `json:"category"`
	NMID        string       `json:"nmid"`
	MPAN        string       `json:"mpan"`
	Standing    string       `json:"standing"`
	DayLimit    string       `json:"dayLimit"`
	MaxAmount   string       `json:"maxAmount"`
	DynamicOnly bool         `json:"dynamicOnly"`
	Outlets     []outletView `json:"outlets,omitempty"`
	OutletsNext string       `json:"outletsNext,omitempty"`
}

type outletView struct {
	Kind     pay.OutletKind `json:"kind"`
	ID       string         `json:"id"`
	Standing string         `json:"standing"`
}

func sayMerchant(w io.Writer, m merchantView) {
	printPairs(w, [][2]string{
		{"merchant", m.ID}, {"name", m.Name + ", " + m.City + " " + m.PostalCode}, {"standing", m.Standing},
		{"category", m.MCC + " " + m.Criteria}, {"NMID", m.NMID}, {"MPAN", m.MPAN},
		{"day limit", limit(m.DayLimit, "none")}, {"amount limit", limit(m.MaxAmount, "the server's")},
		{"static codes", map[bool]string{true: "no", false: "yes"}[m.DynamicOnly]},
	})
}

// limit words an amount of which zero means something.
func limit(amount, zero string) string {
	if sen, err := parseRupiah(amount); err == nil && sen == 0 {
		return zero
	}
	return rupiah(amount)
}

func merchantListCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "list PARTNER",
		Short:   "List the merchants of a partner",
		Long:    "List the merchants of a partner, each with up to 100 of its stores, terminals and\ndivisions.\n" + merchantNames,
		Example: `  qrisd merchant list dana`,
		Args:    cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where := path("partners", a.partnerID(args[0]), "merchants")
			return performList(c, a, where, "merchants", func(w io.Writer, all struct{ Merchants []merchantView }) {
				rows := [][]string{{"ID", "STANDING", "MPAN", "NAME"}}
				for _, m := range all.Merchants {
					rows = append(rows, []string{m.ID, m.Standing, m.MPAN, m.Name})
					for _, o := range m.Outlets {
						rows = append(rows, []string{"  " + string(o.Kind) + " " + o.ID, o.Standing, "", ""})
					}
					if m.OutletsNext != "" {
						rows = append(rows, []string{"  and others (qrisd merchant outlets)", "", "", ""})
					}
				}
				printTable(w, rows)
			})
		}),
	}
}

func merchantOutletsCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "outlets PARTNER [MERCHANT]",
		Short:   "List the outlets of a merchant",
		Long:    "List all stores, terminals and divisions of a merchant.\n" + merchantNames,
		Example: `  qrisd merchant outlets dana`,
		Args:    cobra.RangeArgs(1, 2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			merchant, err := a.merchantPath(args)
			if err != nil {
				return err
			}
			return performList(c, a, merchant+"/outlets", "outlets", func(w io.Writer, all struct{ Outlets []outletView }) {
				rows := [][]string{{"KIND", "ID", "STANDING"}}
				for _, o := range all.Outlets {
					rows = append(rows, []string{string(o.Kind), o.ID, o.Standing})
				}
				printTable(w, rows)
			})
		}),
	}
}

func merchantAddCommand(f *adminFlags) *cobra.Command {
	var m merchantView
	c := &cobra.Command{
		Use:   "add PARTNER MERCHANT",
		Short: "Add a merchant to a partner",
		Long: `Add a merchant to a partner. What its payloads will say is checked at once. With
--dynamic-only, static codes are not part of its agreement.`,
		Example: `  qrisd merchant add dana M2 --name "Warung Contoh" --mpan 936009990000000077 --nmid ID1026000000079 --city JAKARTA --postal 10110 --mcc 5812 --criteria UMI`,
		Args:    cobra.ExactArgs(2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			m.ID = args[1]
			return perform(c, a, post(path("partners", a.partnerID(args[0]), "merchants"), m), sayMerchant)
		}),
	}
	l := c.Flags()
	l.StringVar(&m.Name, "name", "", "the merchant's name, up to 25 characters reach the payload")
	l.StringVar(&m.City, "city", "", "the merchant's city, up to 15 characters")
	l.StringVar(&m.PostalCode, "postal", "", "the merchant's postal code")
	l.StringVar(&m.MCC, "mcc", "", "merchant category code, four digits")
	l.StringVar(&m.Criteria, "criteria", "", "UMI, UKE, UME, UBE, URE, PSO or BLU")
	l.StringVar(&m.Category, "category", "", "special class of the merchant discount rate, as in education")
	l.StringVar(&m.NMID, "nmid", "", "national merchant ID: ID and 13 digits; static codes need it")
	l.StringVar(&m.MPAN, "mpan", "", "merchant PAN, 18 digits")
	l.StringVar(&m.DayLimit, "day", "", "limit of the payments of a Jakarta day, in rupiah (default: none)")
	l.StringVar(&m.MaxAmount, "max", "", "limit of one transaction, in rupiah (default: the server's)")
	l.BoolVar(&m.DynamicOnly, "dynamic-only", false, "static codes are not part of the agreement")
	return c
}

// merchantPath is the path of the merchant that the arguments name: a partner
// and its merchant, or a partner of the sandbox alone.
func (a *adminClient) merchantPath(args []string) (string, error) {
	if len(args) > 1 {
		return path("partners", a.partnerID(args[0]), "merchants", args[1]), nil
	}
	credentials, ok := a.file.Partners[args[0]]
	if !ok {
		return "", fmt.Errorf("name the merchant too; qrisd merchant list %s shows those there are", args[0])
	}
	return path("partners", credentials.PartnerID, "merchants", credentials.MerchantID), nil
}

func merchantStandingCommand(f *adminFlags, verb, short string, standing pay.Standing) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " PARTNER [MERCHANT]",
		Short:   short,
		Long:    short + ".\n" + merchantNames,
		Example: "  qrisd merchant " + verb + " dana",
		Args:    cobra.RangeArgs(1, 2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where, err := a.merchantPath(args)
			if err != nil {
				return err
			}
			r := patch(where, map[string]any{"standing": standing})
			return perform(c, a, r, func(w io.Writer, m merchantView) { fmt.Fprintln(w, "merchant", m.ID, "is", m.Standing) })
		}),
	}
}

func merchantLimitCommand(f *adminFlags) *cobra.Command {
	var day, most string
	c := &cobra.Command{
		Use:     "limit PARTNER [MERCHANT]",
		Short:   "Limit what a merchant may be paid",
		Long:    "Limit what a merchant may be paid in a Jakarta day, or at once; 0 lifts a limit.\n" + merchantNames,
		Example: `  qrisd merchant limit dana --day 5000000`,
		Args:    cobra.RangeArgs(1, 2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where, err := a.merchantPath(args)
			if err != nil {
				return err
			}
			change := make(map[string]string)
			for name, value := range map[string]string{"dayLimit": day, "maxAmount": most} {
				if value != "" {
					change[name] = value
				}
			}
			if len(change) == 0 {
				return fmt.Errorf("give --day or --max, in rupiah; 0 lifts a limit")
			}
			return perform(c, a, patch(where, change), sayMerchant)
		}),
	}
	c.Flags().StringVar(&day, "day", "", "limit of a Jakarta day, in rupiah")
	c.Flags().StringVar(&most, "max", "", "limit of one transaction, in rupiah")
	return c
}

func merchantNotifyCommand(f *adminFlags) *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:     "notify PARTNER [MERCHANT]",
		Short:   "Set where a merchant's payments are notified",
		Long:    "Set the address that is notified of a merchant's payments in place of the partner's; an empty one takes it back.\n" + merchantNames,
		Example: `  qrisd merchant notify midtrans --url https://toko.example/v1.0/qr/qr-mpm-notify`,
		Args:    cobra.RangeArgs(1, 2),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where, err := a.merchantPath(args)
			if err != nil {
				return err
			}
			return perform(c, a, patch(where, map[string]string{"notifyURL": to}), sayMerchant)
		}),
	}
	c.Flags().StringVar(&to, "url", "", "the address; empty: the partner's")
	return c
}

func merchantOutletCommand(f *adminFlags) *cobra.Command {
	var kind, standing string
	c := &cobra.Command{
		Use:   "outlet PARTNER [MERCHANT OUTLET]",
		Short: "Add, close or open a store, terminal or division",
		Long: `Add a store, a terminal or a sub-merchant (a division) to a merchant, or change
the standing of one.
` + merchantNames,
		Example: `  qrisd merchant outlet --kind terminal --standing inactive dana
  qrisd merchant outlet dana 00007100010926 S2`,
		Args: cobra.RangeArgs(1, 3),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			where, err := a.outletPath(kind, args)
			if err != nil {
				return err
			}
			r := put(where, map[string]string{"standing": standing})
			return perform(c, a, r, func(w io.Writer, o outletView) { fmt.Fprintln(w, o.Kind, o.ID, "is", o.Standing) })
		}),
	}
	c.Flags().StringVar(&kind, "kind", string(pay.Store), "store, terminal or sub-merchant")
	c.Flags().StringVar(&standing, "standing", string(pay.Active), "active or inactive")
	return c
}

// outletPath is the path of the outlet that the arguments name, or of the one
// that a partner of the sandbox started with.
func (a *adminClient) outletPath(kind string, args []string) (string, error) {
	merchant, err := a.merchantPath(args)
	if err != nil {
		return "", err
	}
	id := map[string]string{
		string(pay.Store): a.file.Partners[args[0]].StoreID, string(pay.Terminal): a.file.Partners[args[0]].TerminalID,
	}[kind]
	if len(args) == 2 || id == "" && len(args) == 1 {
		return "", fmt.Errorf("name the %s too: qrisd merchant outlet PARTNER MERCHANT OUTLET --kind %s", kind, kind)
	}
	if len(args) == 3 {
		id = args[2]
	}
	return merchant + "/outlets/" + url.PathEscape(kind) + "/" + url.PathEscape(id), nil
}
