package console_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

var (
	fillCodes = flag.Int("codes", 2000, "how many codes the pages are measured with")
	fillBooks = flag.String("books", "", "file of the store that is filled; one that is filled already is used as it is")
	within    = flag.Duration("within", 0, "fail if a page takes longer; 0: only say how long")
)

// TestPages opens every page of a store with many codes, each some times, and
// says how long it took: make pages does so with a million.
func TestPages(t *testing.T) {
	file := *fillBooks
	if file == "" {
		file = filepath.Join(t.TempDir(), "books.db")
	}
	w := newWorld(t, file)
	partners := []string{"P", "Q", "R"}
	if _, err := w.core.Partner(context.Background(), "P"); err != nil {
		w.settle(partners...)
		began := time.Now()
		fill(t, w.store, partners, *fillCodes, began.Add(-time.Hour))
		t.Logf("%d codes in %v", *fillCodes, time.Since(began).Round(time.Millisecond))
	}
	b := w.admin()
	for _, path := range manyPages(w) {
		var took []time.Duration
		for range 7 {
			began := time.Now()
			b.get(path, http.StatusOK)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		t.Logf("%7.1f ms, slowest %7.1f ms  %s", ms(took[len(took)/2]), ms(took[len(took)-1]), path)
		if slowest := took[len(took)-1]; *within > 0 && slowest > *within {
			t.Errorf("%s took %v", path, slowest)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// manyPages are the pages at their most demanding: every filter, far down the
// lists, and of what has most.
func manyPages(w *world) []string {
	var deep, of pay.Code
	var paid, deepPaid pay.Payment
	var refund pay.Refund
	var told pay.Delivery
	w.must(w.core.Inspect(context.Background(), func(r pay.Reader) error {
		codes, err := r.CodePage(pay.CodeFilter{}, "", 1000)
		if err != nil {
			return err
		}
		deep = codes[len(codes)-1]
		paidCodes, err := r.CodePage(pay.CodeFilter{State: pay.CodeIsPaid}, "", 1)
		if err != nil {
			return err
		}
		of = paidCodes[0]
		payments, err := r.PaymentPage(pay.PaymentFilter{}, "", 500)
		if err != nil {
			return err
		}
		paid, deepPaid = payments[0], payments[len(payments)-1]
		refunds, err := r.RefundPage(pay.PaymentFilter{}, "", 1)
		if err != nil {
			return err
		}
		refund = refunds[0]
		deliveries, err := r.DeliveriesOf(of.Ref, 1)
		told = deliveries[0]
		return err
	}))
	paths := []string{
		"/", "/?window=180", "/codes", "/codes?from=" + deep.Ref, "/codes?partner=P", "/codes?partner=P&from=" + deep.Ref, "/codes?reference=" + deep.Ref[:6],
		"/codes?reference=999999", "/codes/" + of.Ref, "/codes/" + of.Ref + "/qr.svg", "/payments", "/payments?from=" + deepPaid.Ref, "/payments?partner=Q",
		"/payments/" + paid.Ref, "/refunds", "/refunds?partner=R", "/refunds/" + refund.Ref, "/notifications", "/notifications?partner=P",
		"/notifications/" + told.ID, "/ledger", "/ledger?begins=merchant:", "/ledger/account?name=merchant:P/M", "/ledger/account?name=revenue:fee",
		"/ledger/account?name=payer:budi", "/ledger/transfers", "/ledger/transfers/" + told.ID, "/settlement", "/settlement/yesterday",
		"/settlement/" + pay.Day(of.CreatedAt), "/partners", "/partners/P", "/partners/P/merchants/M", "/payers", "/payers/budi", "/levers", "/clock", "/users", "/audit",
		"/find?q=" + paid.Ref, "/find?q=" + strings.Repeat("8", 30),
	}
	for _, state := range []string{"active", "paid", "expired", "cancelled"} {
		paths = append(paths, "/codes?state="+state, fmt.Sprintf("/codes?partner=Q&state=%s", state))
	}
	for _, state := range []string{"pending", "delivered", "failed"} {
		paths = append(paths, "/notifications?state="+state, "/notifications?partner=R&state="+state)
	}
	return paths
}
