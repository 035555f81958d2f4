package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/settlement"
)

const yesterday = "yesterday"

func settleCommand() *cobra.Command {
	f := new(adminFlags)
	var day, out string
	c := &cobra.Command{
		Use:   "settle",
		Short: "Close a day and write its settlement files",
		Long: `Close a day in Jakarta that is over: what each merchant was paid, less MDR and
refunds, moves from its payable to settlement. Then write a CSV file of each
provider, DAY_PARTNER.csv, and of each of its merchants,
DAY_PARTNER_MERCHANT.csv, and check that they come to what was settled. In the
names, bytes of ids other than letters, digits, points and hyphens stand as %XX.
Running it again changes nothing and writes the same files.`,
		Example: `  qrisd settle --out settlements
  qrisd settle --day 2026-01-31 --out settlements`,
		Args: cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			done, err := a.settle(c.Context(), day)
			if err != nil {
				return err
			}
			if err := a.writeReports(c.Context(), out, done); err != nil {
				return err
			}
			if a.json {
				return printJSON(c.OutOrStdout(), done)
			}
			saySettlements(c.OutOrStdout(), done)
			return nil
		}),
	}
	f.bind(c)
	c.Flags().StringVar(&day, "day", yesterday, "date in Jakarta, as in 2026-01-31")
	c.Flags().StringVar(&out, "out", ".", "folder of the files")
	return c
}

// settlementsView is a settled day as the management API gives it.
type settlementsView struct {
	Day         string           `json:"day"`
	Closed      int              `json:"closed"`
	Settlements []settlementView `json:"settlements"`
	Next        string           `json:"next,omitempty"` // behind which others are; empty: these are all
}

// settle closes a day and gives all of its settlements, which come a page at a
// time.
func (a *adminClient) settle(ctx context.Context, day string) (done settlementsView, err error) {
	if err := a.ask(ctx, path("settlement", day), nil, &done); err != nil {
		return done, err
	}
	for done.Next != "" {
		var page settlementsView
		if err := a.send(ctx, http.MethodGet, path("settlement", done.Day)+"?"+url.Values{"from": {done.Next}}.Encode(), nil, &page); err != nil {
			return done, err
		}
		done.Settlements, done.Next = append(done.Settlements, page.Settlements...), page.Next
	}
	return done, nil
}

type settlementView struct {
	ID         string `json:"id"`
	PartnerID  string `json:"partnerId"`
	MerchantID string `json:"merchantId"`
	Gross      string `json:"gross"`
	MDR        string `json:"mdr"`
	Refunds    string `json:"refunds"`
	MDRBack    string `json:"mdrBack"`
	Net        string `json:"net"`
	Count      int64  `json:"count"`
	SettledAt  string `json:"settledAt"`
}

func saySettlements(w io.Writer, v settlementsView) {
	fmt.Fprintf(w, "%s: %d settled now, %d in all\n", v.Day, v.Closed, len(v.Settlements))
	if len(v.Settlements) == 0 {
		return
	}
	rows := [][]string{{"PARTNER", "MERCHANT", "COUNT", "GROSS", "MDR", "REFUNDS", "MDR BACK", "NET"}}
	for _, s := range v.Settlements {
		rows = append(rows, []string{
			s.PartnerID, s.MerchantID, fmt.Sprint(s.Count), rupiah(s.Gross), rupiah(s.MDR), rupiah(s.Refunds), rupiah(s.MDRBack), signed(s.Net),
		})
	}
	printTable(w, rows)
}

// signed words an amount that may be owed.
func signed(amount string) string {
	if owed, negative := strings.CutPrefix(amount, "-"); negative {
		return "-" + rupiah(owed)
	}
	return rupiah(amount)
}

// writeReports writes the files of every provider that has settlements on a
// day.
func (a *adminClient) writeReports(ctx context.Context, dir string, v settlementsView) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	settled := make(map[string]map[string]settlementView) // by partner and merchant
	for _, s := range v.Settlements {
		if settled[s.PartnerID] == nil {
			settled[s.PartnerID] = make(map[string]settlementView)
		}
		settled[s.PartnerID][s.MerchantID] = s
	}
	for partner, merchants := range settled {
		s := &reportSet{dir: dir, of: settlement.Scope{Day: v.Day, PartnerID: partner}, reports: make(map[string]*report)}
		err := a.fetchReports(ctx, s)
		if err == nil {
			err = s.finish(merchants)
		}
		if err = errors.Join(err, s.discard()); err != nil {
			return fmt.Errorf("writing the files of %s: %w", partner, err)
		}
	}
	return nil
}

// fetchReports fetches a provider's report once and deals its lines out to
// the files.
func (a *adminClient) fetchReports(ctx context.Context, s *reportSet) error {
	body, err := a.stream(ctx, http.MethodGet, path("settlement", s.of.Day, s.of.PartnerID+".csv"), nil)
	if err != nil {
		return err
	}
	defer body.Close()
	for l, err := range settlement.Read(body) {
		if err != nil {
			return err
		}
		for _, merchant := range []string{"", l.MerchantID} {
			if err := s.add(merchant, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// stream calls the management API with a body, or for an answer, that is long.
// Only the context bounds its time.
func (a *adminClient) stream(ctx context.Context, method, path string, body io.Reader) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, body)
	if err != nil {
		return nil, fmt.Errorf("--admin %s: %w", a.url, err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "text/csv")
	resp, err := new(http.Client).Do(req)
	if err != nil {
		return nil, fmt.Errorf("calling the management API, is the server running? %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer of the management API: %w", err)
	}
	return nil, refusal(resp.Status, text)
}

// ask posts what is long to be answered and reads the answer into out.
func (a *adminClient) ask(ctx context.Context, path string, body io.Reader, out any) error {
	answer, err := a.stream(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	if err := json.NewDecoder(answer).Decode(out); err != nil {
		return fmt.Errorf("reading the answer of the management API: %w", err)
	}
	return nil
}

// report is a file being written, under a name that says so.
type report struct {
	*settlement.Writer
	name string
	file *os.File
}

const unfinished = ".new"

// reportSet is the files of a provider: its own, of the merchant "", and each
// merchant's.
type reportSet struct {
	dir     string
	of      settlement.Scope
	reports map[string]*report
}

func (s *reportSet) add(merchant string, l settlement.Line) error {
	r, ok := s.reports[merchant]
	if !ok {
		of := s.of
		of.MerchantID = merchant
		name := filepath.Join(s.dir, of.FileName())
		file, err := os.OpenFile(name+unfinished, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		r = &report{settlement.NewWriter(file), name, file}
		s.reports[merchant] = r
	}
	return r.Add(l)
}

// finish ends every file, holds it against what was settled and gives it its
// name: either all of them or none.
func (s *reportSet) finish(settled map[string]settlementView) error {
	for merchant, want := range settled {
		if _, ok := s.reports[merchant]; !ok {
			return fmt.Errorf("merchant %s: %s was settled but the ledger has no line of it", merchant, want.Net)
		}
	}
	for merchant, r := range s.reports {
		total, err := r.Close()
		if err = errors.Join(err, r.file.Sync(), r.file.Close()); err != nil {
			return err
		}
		if want := settled[merchant]; merchant != "" && (total.Net.String() != want.Net || total.Count != want.Count) {
			return fmt.Errorf("merchant %s: %d lines come to %s, but %d that come to %s were settled: a payment was booked on the day after its close",
				merchant, total.Count, total.Net, want.Count, want.Net)
		}
	}
	for _, r := range s.reports {
		if err := os.Rename(r.name+unfinished, r.name); err != nil {
			return err
		}
	}
	return nil
}

// discard closes the files and removes those that were not finished.
func (s *reportSet) discard() error {
	var errs []error
	for _, r := range s.reports {
		for _, err := range []error{r.file.Close(), os.Remove(r.name + unfinished)} {
			if !errors.Is(err, os.ErrClosed) && !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
