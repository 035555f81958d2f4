package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/snap"
)

func codesCommand() *cobra.Command {
	var name string
	var asJSON bool
	c := &cobra.Command{
		Use:   "codes",
		Short: "List every response code and how to reach it",
		Long: `List the documented response codes of every dialect and operation, each with its
message and the way to reach it on a running sandbox.`,
		Example: `  qrisd codes --dialect midtrans
  qrisd codes --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := listCodes(name)
			if err != nil {
				return fmt.Errorf("codes: %w", err)
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), map[string]any{"dialects": list})
			}
			for i := range list {
				list[i].print(c.OutOrStdout())
			}
			return nil
		},
	}
	c.Flags().StringVar(&name, "dialect", "", "only this one of "+strings.Join(dialectNames(), ", "))
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

type dialectView struct {
	Name       string          `json:"name"`
	Title      string          `json:"title"`
	Document   string          `json:"document"`
	Operations []operationView `json:"operations"`
}

type operationView struct {
	Name    string       `json:"name"`
	Service snap.Service `json:"service"`
	Paths   []string     `json:"paths"`
	Trigger string       `json:"trigger,omitempty"`
	Magic   []magicView  `json:"magic,omitempty"`
	Codes   []codeView   `json:"codes"`
	Samples []sampleView `json:"samples"`
}

// magicView is a value that asks a sandbox for a code.
type magicView struct {
	Field string `json:"field"`
	Value string `json:"value"`
	Code  string `json:"code"`
}

type codeView struct {
	Code       string        `json:"code"`
	HTTPStatus int           `json:"httpStatus"`
	Message    string        `json:"message"`
	Reach      dialect.Reach `json:"reach"`
	How        string        `json:"how"`
	Cause      string        `json:"cause"`
}

type sampleView struct {
	Field string `json:"field"`
	Value string `json:"value"`
	About string `json:"about"`
}

// listCodes views all dialects, or the one of a name.
func listCodes(name string) ([]dialectView, error) {
	if name != "" && !slices.Contains(dialectNames(), name) {
		return nil, fmt.Errorf("there is no dialect %q; choose one of %s", name, strings.Join(dialectNames(), ", "))
	}
	var list []dialectView
	for _, d := range dialects() {
		if name != "" && d.Name != name {
			continue
		}
		v := dialectView{Name: d.Name, Title: d.Title, Document: d.Document}
		for i := range d.Operations {
			operation, err := viewOperation(&d.Operations[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d.Name, err)
			}
			v.Operations = append(v.Operations, operation)
		}
		list = append(list, v)
	}
	return list, nil
}

func viewOperation(op *dialect.Operation) (operationView, error) {
	v := operationView{
		Name: op.Name, Service: op.Service, Paths: op.Paths, Trigger: op.Trigger,
		Codes: []codeView{}, Samples: []sampleView{},
	}
	for _, code := range op.Codes {
		status, _, _, err := snap.ParseCode(code.Code)
		if err != nil {
			return v, err
		}
		v.Codes = append(v.Codes, codeView{code.Code, status, code.Message, code.Reach, how(op, code), code.Cause})
	}
	for _, m := range op.Triggers {
		v.Magic = append(v.Magic, magicView(m))
	}
	for _, s := range op.Samples {
		v.Samples = append(v.Samples, sampleView{s.Field, s.Value, s.About})
	}
	return v, nil
}

// how is the way to reach a code, with the exact value where a field asks for
// it.
func how(op *dialect.Operation, code dialect.Code) string {
	if code.Reach == dialect.ByTrigger {
		return fmt.Sprintf("sandbox only: send %q as %s", code.Code, op.Trigger)
	}
	return dialect.Ways[code.Reach]
}

func (d *dialectView) print(w io.Writer) {
	fmt.Fprintf(w, "%s (--dialect %s), by the document %q\n", d.Title, d.Name, d.Document)
	for _, op := range d.Operations {
		fmt.Fprintf(w, "\n  %s, service %s: POST %s\n", op.Name, op.Service, strings.Join(op.Paths, " or "))
		var rows [][]string
		for _, code := range op.Codes {
			rows = append(rows, []string{"    " + code.Code, code.Message, code.How})
		}
		printTable(w, rows)
		if op.Trigger != "" {
			fmt.Fprintf(w, "    sandbox only: any code of service %s, sent as %s, is the answer\n", op.Service, op.Trigger)
		}
		for _, m := range op.Magic {
			fmt.Fprintf(w, "    sandbox only: %s = %s gives %s\n", m.Field, m.Value, m.Code)
		}
		for _, s := range op.Samples {
			fmt.Fprintf(w, "    the document's sample %s = %s is let pass in a sandbox: %s\n", s.Field, s.Value, s.About)
		}
	}
	fmt.Fprintln(w)
}
