package cli

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/qris"
	"github.com/qrisd/qrisd/snap"
)

func qrDecodeCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "decode TEXT|-",
		Short: "Read a payload and say what is wrong with it",
		Long: `Read a payload: its fields by name, its scheme, and everything that departs from
EMVCo's rules and from the QRIS specification, with the cure. Put the text in
single quotes, or hand it over on standard input with "-".

It exits with 1 when the payload cannot be read or breaks a rule. Where a run of
spaces was collapsed on the way, it prints the payload as it was.`,
		Example: `  qrisd qr decode '00020101021126...'
  qrisd qr decode - --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := readText(c, args[0])
			if err != nil {
				return fmt.Errorf("qr decode: %w", err)
			}
			r := readPayload(text)
			if asJSON {
				err = printJSON(c.OutOrStdout(), r)
			} else {
				r.print(c.OutOrStdout())
			}
			if err == nil && r.broken() {
				return errSilent
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// reading is all that a payload says, for people and as JSON.
type reading struct {
	Payload  string        `json:"payload"`
	Scheme   string        `json:"scheme,omitempty"`
	Static   bool          `json:"static"`
	Amount   string        `json:"amount,omitempty"`
	Currency string        `json:"currency,omitempty"`
	Name     string        `json:"name,omitempty"`
	City     string        `json:"city,omitempty"`
	NMID     string        `json:"nmid,omitempty"`
	MPAN     string        `json:"mpan,omitempty"`
	NNS      string        `json:"nns,omitempty"`
	Acquirer string        `json:"acquirer,omitempty"`
	Objects  []objectView  `json:"objects"`
	Findings []findingView `json:"findings"`
	Repaired string        `json:"repaired,omitempty"`
}

type objectView struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Value   string       `json:"value"`
	Objects []objectView `json:"objects,omitempty"`
}

type findingView struct {
	Code     emv.Code `json:"code"`
	Severity string   `json:"severity"`
	Path     string   `json:"path"`
	Detail   string   `json:"detail"`
	Hint     string   `json:"hint,omitempty"`
}

func readPayload(text string) reading {
	r := reading{Payload: text, Objects: []objectView{}, Findings: []findingView{}}
	if u, ok := unpayable(text); ok && u.Repair != "" {
		r.Repaired = u.Repair
		r.find(u.Finding)
	}
	p, err := emv.Parse(text)
	if framing, ok := errors.AsType[*emv.FramingError](err); ok {
		r.find(framing.Finding())
		return r
	}
	for _, f := range qris.Validate(p) {
		r.find(f)
	}
	for o := range p.All() {
		r.Objects = append(r.Objects, viewObject(o))
	}
	if code, err := qris.Decode(text); err == nil {
		r.summarise(&code)
	}
	return r
}

func unpayable(text string) (*qris.Unpayable, bool) {
	_, err := qris.Payable(text)
	return errors.AsType[*qris.Unpayable](err)
}

func (r *reading) find(f emv.Finding) {
	r.Findings = append(r.Findings, findingView{f.Code, f.Severity.String(), f.Path, f.Detail, f.Hint})
}

func (r *reading) summarise(c *qris.Code) {
	r.Scheme, r.Static, r.Currency, r.Name, r.City = c.Scheme, c.Static, c.Currency, c.Name, c.City
	r.NMID, r.MPAN, r.NNS = c.NMID(), c.Domestic.PAN, c.NNS()
	r.Acquirer, _ = qris.InstitutionName(r.NNS)
	if c.HasAmount {
		r.Amount = snap.FormatAmount(c.Amount)
	}
}

func (r *reading) broken() bool {
	for _, f := range r.Findings {
		if f.Severity == emv.Error.String() {
			return true
		}
	}
	return false
}

func viewObject(o emv.Object) objectView {
	name, inside := describe(o.ID)
	v := objectView{ID: o.ID.String(), Name: name, Value: o.Value}
	if inside == nil {
		return v
	}
	t, err := emv.ParseTemplate(o.Value)
	if err != nil {
		return v // Validate says why
	}
	for sub := range t.All() {
		name := inside[sub.ID]
		if name == "" {
			name = "other"
		}
		v.Objects = append(v.Objects, objectView{ID: sub.ID.String(), Name: name, Value: sub.Value})
	}
	return v
}

func (r *reading) print(w io.Writer) {
	r.printSummary(w)
	if len(r.Objects) > 0 {
		fmt.Fprintln(w)
		printTable(w, objectRows(nil, r.Objects, ""))
	}
	for _, f := range r.Findings {
		f.print(w)
	}
	if r.Repaired != "" {
		fmt.Fprintf(w, "\nrepaired payload:\n%s\n", r.Repaired)
	}
}

func (f *findingView) print(w io.Writer) {
	place := ""
	if f.Path != "" {
		place = ", tag " + f.Path
	}
	fmt.Fprintf(w, "\n%s %s%s\n  %s\n", f.Severity, f.Code, place, f.Detail)
	if f.Hint != "" {
		fmt.Fprintf(w, "  %s\n", f.Hint)
	}
}

func (r *reading) printSummary(w io.Writer) {
	if r.Scheme == "" {
		return
	}
	kind := map[bool]string{true: "static", false: "dynamic"}[r.Static]
	amount := "entered by the payer"
	switch {
	case r.Amount != "" && r.Currency == "360":
		amount = rupiah(r.Amount)
	case r.Amount != "":
		amount = r.Amount + " of currency " + r.Currency
	}
	printPairs(w, [][2]string{
		{"scheme", r.Scheme + ", " + kind}, {"amount", amount}, {"merchant", r.Name + ", " + r.City},
		{"NMID", r.NMID}, {"PAN", r.MPAN}, {"acquirer", strings.TrimSpace(r.NNS + " " + r.Acquirer)},
	})
}

func objectRows(rows [][]string, objects []objectView, indent string) [][]string {
	for _, o := range objects {
		value := o.Value
		switch {
		case len(o.Objects) > 0:
			value = ""
		case strings.Join(strings.Fields(value), " ") != value:
			value = strconv.Quote(value) // spaces at an edge or in a run would not be seen
		}
		rows = append(rows, []string{indent + o.ID + " " + o.Name, value})
		rows = objectRows(rows, o.Objects, indent+"  ")
	}
	return rows
}
