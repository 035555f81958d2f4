package cli

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/qris"
)

// booksFlags say which books a command is about, as serve's do.
type booksFlags struct{ data, store string }

func (f *booksFlags) bind(c *cobra.Command) {
	c.Flags().StringVar(&f.data, "data", "qrisd-data", "folder of the embedded store")
	f.bindStore(c)
}

func (f *booksFlags) bindStore(c *cobra.Command) {
	c.Flags().StringVar(&f.store, "store", os.Getenv(storeVariable), "another store: a file, or the postgres:// URL of a database (or $"+storeVariable+")")
}

func (f *booksFlags) location() string { return cmp.Or(f.store, filepath.Join(f.data, "qrisd.db")) }

// shown is a location without its password.
func shown(location string) string {
	if u, err := url.Parse(location); err == nil && storage.IsPostgres(location) {
		return u.Redacted()
	}
	return location
}

// invariants are those of the books, and what only a reader of payloads can
// tell.
func invariants() []storage.Invariant {
	return append(storage.Invariants(), storage.Invariant{
		Name: "code-payload", Of: "code", Says: "a code's payload asks for the code's amount, under its reference",
		Query: "SELECT ref, CAST(amount AS TEXT), payload FROM code ORDER BY ref",
		Judge: judgePayload,
	})
}

func judgePayload(ref, amount, payload string) (storage.Violation, bool) {
	v := storage.Violation{ID: ref, Want: "reference " + ref + ", amount " + amount, Got: payload}
	qr, err := qris.Decode(payload)
	if err != nil {
		v.Got += " (" + err.Error() + ")"
		return v, true
	}
	asks := int64(0)
	if qr.HasAmount {
		asks = qr.Amount
	}
	return v, qr.ReferenceLabel != ref || strconv.FormatInt(asks, 10) != amount
}

// keepsTo refuses books that break an invariant.
func keepsTo(s *storage.Snapshot) error { return s.Check(invariants()) }

// progress shows how far each table is, to whoever sits at the terminal.
func progress(c *cobra.Command) func(table string, done, total int64) {
	if st, err := os.Stderr.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	var bar *progressbar.ProgressBar
	shows := ""
	return func(table string, done, total int64) {
		if total == 0 {
			return
		}
		if table != shows {
			shows = table
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(c.ErrOrStderr()),
				progressbar.OptionSetDescription(table), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		}
		// A bar that cannot be drawn is no reason to stop.
		_ = bar.Set64(done)
	}
}

// sayContents tells what a copy holds.
func sayContents(w io.Writer, name string, c storage.Contents) {
	fmt.Fprintf(w, "%s: the books of %s, schema %d\n", name, c.At.In(pay.Jakarta).Format(time.RFC3339), c.Schema)
	rows := [][]string{{"TABLE", "ROWS"}}
	for _, t := range c.Tables {
		rows = append(rows, []string{t.Table, strconv.FormatInt(t.Rows, 10)})
	}
	printTable(w, rows)
}
