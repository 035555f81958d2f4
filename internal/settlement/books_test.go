package settlement_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
	"github.com/qrisd/qrisd/internal/storage"
)

// town is a real core on a real store with two providers of two merchants
// each, and a clock that a test moves.
type town struct {
	t    *rapid.T
	core *pay.Core
	now  time.Time
	paid []string
}

func newTown(t *rapid.T, dir string) (*town, func()) {
	store, err := storage.OpenSQLite(context.Background(), filepath.Join(dir, "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, now: noon}
	w.core = pay.New(store, func() time.Time { return w.now }, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	w.must(w.core.AddPayer(context.Background(), pay.Payer{ID: "budi", Name: "Budi", Standing: pay.Active}, pay.Rp(1_000_000_000)))
	for i, id := range []string{"P", "Q"} {
		w.must(w.core.PutPartner(context.Background(), pay.Partner{ID: id, ClientKey: id, Dialect: "aspi", Standing: pay.Active}))
		for j, criteria := range []string{"UMI", "URE"} {
			w.must(w.core.PutMerchant(context.Background(), pay.Merchant{
				PartnerID: id, ID: "M" + strconv.Itoa(j), Name: "Toko", City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: criteria,
				NMID: "ID1026000000012", MPAN: fmt.Sprintf("93600999%010d", 2*i+j+1), Standing: pay.Active,
			}))
		}
	}
	return w, func() { w.must(store.Close()) }
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) partner(id string) *pay.Partner {
	p, err := w.core.Partner(context.Background(), id)
	w.must(err)
	return p
}

// pay generates a code and pays it.
func (w *town) pay(t *rapid.T) {
	amount := pay.Rp(rapid.Int64Range(1, 1_000_000).Draw(t, "amount"))
	partner := rapid.SampledFrom([]string{"P", "Q"}).Draw(t, "partner")
	made, err := w.core.Generate(context.Background(), pay.GenerateRequest{
		Partner: w.partner(partner), MerchantID: rapid.SampledFrom([]string{"M0", "M1"}).Draw(t, "merchant"),
		PartnerRef: "order " + strconv.Itoa(len(w.paid)), Amount: amount,
	})
	w.must(err)
	p, err := w.core.Pay(context.Background(), pay.PayRequest{PayerID: "budi", Payload: made.Payload})
	w.must(err)
	w.paid = append(w.paid, p.Ref)
}

// refund gives back a part of any payment, of this day or an earlier one. Where
// there is none, Skip has rapid draw another action.
func (w *town) refund(t *rapid.T) {
	if len(w.paid) == 0 {
		t.Skip("nothing was paid yet")
	}
	p, err := w.core.Payment(context.Background(), rapid.SampledFrom(w.paid).Draw(t, "payment"))
	w.must(err)
	left := (p.Amount - p.Refunded) / 100
	if left == 0 {
		t.Skip("nothing is left")
	}
	_, err = w.core.Refund(context.Background(), pay.RefundRequest{
		Partner: w.partner(p.AcquirerID), Original: pay.Original{Ref: p.CodeRef}, Amount: pay.Rp(rapid.Int64Range(1, int64(left)).Draw(t, "amount")),
	})
	w.must(err)
}

func (w *town) wait(t *rapid.T) {
	w.now = w.now.Add(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 9 * time.Hour}).Draw(t, "time"))
}

// file writes a scope's file, reads it and holds it against the ledger; it
// gives its lines.
func (w *town) file(s settlement.Scope) []settlement.Line {
	w.t.Helper()
	var b bytes.Buffer
	w.must(settlement.Write(&b, settlement.Ledger(context.Background(), w.core.Inspect, s)))
	text := b.Bytes()
	r, err := settlement.Reconcile(context.Background(), settlement.Ledger(context.Background(), w.core.Inspect, s), settlement.Read(bytes.NewReader(text)))
	w.must(err)
	if len(r.Differences) > 0 {
		w.t.Fatalf("the ledger differs from its own file: %+v", r.Differences)
	}
	return collect(w.t, settlement.Read(bytes.NewReader(text)))
}

// checkSettlement holds the file of a settled merchant to the transfer that
// its close booked.
func (w *town) checkSettlement(s pay.Settlement) int {
	lines := w.file(settlement.Scope{Day: s.Day, PartnerID: s.PartnerID, MerchantID: s.MerchantID})
	var net, moved pay.Rupiah
	for _, l := range lines {
		net += l.Net
	}
	w.must(w.core.Inspect(context.Background(), func(r pay.Reader) error {
		t, err := r.Transfer(s.ID)
		if net == 0 {
			return nil // nothing was moved
		}
		for _, p := range t.Postings {
			if p.Account == ledger.Settlement(s.PartnerID, s.MerchantID) {
				moved += pay.Rupiah(p.Amount)
			}
		}
		return err
	}))
	if net != moved || int64(len(lines)) != s.Count {
		w.t.Fatalf("%d lines of %s/%s net %s, but the transfer of %d moved %s", len(lines), s.PartnerID, s.MerchantID, net, s.Count, moved)
	}
	return len(lines)
}

// TestFilesEqualTransfers: whatever was paid and refunded over days, the net
// of each merchant's file is what its settlement moved, the provider's file
// has the lines of all its merchants, and after the last close nothing is
// left in any merchant's payable.
func TestFilesEqualTransfers(t *testing.T) {
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		w, done := newTown(t, filepath.Join(dir, strconv.Itoa(run)))
		defer done()
		t.Repeat(map[string]func(*rapid.T){"pay": w.pay, "refund": w.refund, "wait": w.wait})
		last := w.now
		w.now = w.now.AddDate(0, 0, 2) // the last day is over, and its grace
		for at := noon; pay.Day(at) <= pay.Day(last); at = at.AddDate(0, 0, 1) {
			settled, err := w.core.Settle(context.Background(), pay.Day(at))
			w.must(err)
			lines := map[string]int{}
			for _, s := range settled {
				lines[s.PartnerID] += w.checkSettlement(s)
			}
			for _, partner := range slices.Sorted(maps.Keys(lines)) {
				if got := len(w.file(settlement.Scope{Day: pay.Day(at), PartnerID: partner})); got != lines[partner] {
					t.Fatalf("the file of %s has %d lines, those of its merchants %d", partner, got, lines[partner])
				}
			}
		}
		for _, partner := range []string{"P", "Q"} {
			for _, merchant := range []string{"M0", "M1"} {
				w.must(w.core.Inspect(context.Background(), func(r pay.Reader) error {
					left, err := r.Balance(ledger.Payable(partner, merchant))
					if left != 0 {
						t.Fatalf("%s is left payable to %s/%s", left, partner, merchant)
					}
					return err
				}))
			}
		}
	})
}
