package cli

import (
	"context"
	"encoding/csv"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestDailyClose: every day that passed is closed once, also when the clock
// jumped over several, with a file for each merchant and each provider.
func TestDailyClose(t *testing.T) {
	h := start(t)
	h.setClock(time.Date(2026, 4, 10, 5, 0, 0, 0, time.UTC))
	h.call("aspi", "payment", h.body("aspi", "payment")).send().want(t, "2005000", "") // Rp 20,000, MDR Rp 140
	first := pay.Day(h.node.core.Now())
	h.advance("24h")
	h.call("aspi", "payment", h.body("aspi", "payment")).send().want(t, "2005000", "")
	h.advance("72h")
	c := closing{core: h.node.core, folder: h.node.files, log: slog.Default()}
	for range 2 {
		c.closed = ""
		if err := c.all(context.Background(), pay.Lease{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.balance("settlement:aspi-sandbox/M0000000001"); got != "39720.00" {
		t.Errorf("settled %s", got)
	}
	if got := h.balance("merchant:aspi-sandbox/M0000000001"); got != "0.00" {
		t.Errorf("%s are still payable", got)
	}
	files, err := filepath.Glob(filepath.Join(c.folder, "*.csv"))
	if err != nil || len(files) != 4 {
		t.Fatalf("files %v, %v: want two a day", files, err)
	}
	f, err := os.Open(filepath.Join(c.folder, first+"_aspi-sandbox_M0000000001.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := csv.NewReader(f).ReadAll(); err != nil || len(rows) != 3 {
		t.Errorf("%d rows, %v: want header, payment and total", len(rows), err)
	}
}
