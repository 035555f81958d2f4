package operate_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
)

// noon is the real time of the tests, which stands still.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, pay.Jakarta)

// world is a desk over a real store. Partner P has the merchants M and N; the
// outside payer has a wallet.
type world struct {
	*operate.Desk
	t      *testing.T
	store  *storage.Store
	spread atomic.Int64 // how often other nodes were waited for
}

func newWorld(t *testing.T) *world {
	store, err := storage.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	w := newNode(t, store)
	w.must(w.Core.AddPayer(t.Context(), pay.Payer{ID: sandbox.OutsidePayer, Name: "Outside", Standing: pay.Active}, 0))
	_, err = w.AddPartner(t.Context(), operate.NewPartner{ID: "P", Name: "Partner", Dialect: "aspi", ChannelID: "95221"})
	w.must(err)
	for i, id := range []string{"M", "N"} {
		_, err = w.AddMerchant(t.Context(), pay.Merchant{
			PartnerID: "P", ID: id, Name: "Toko", City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "URE",
			NMID: "ID1026000000012", MPAN: "93600999000000000" + string(rune('0'+i)),
		})
		w.must(err)
	}
	w.spread.Store(0)
	return w
}

// newNode is a sandbox's desk with a clock and a core of its own.
func newNode(t *testing.T, store *storage.Store) *world {
	w := &world{t: t, store: store}
	clock := sandbox.NewClock(func() time.Time { return noon }, 0)
	core := pay.New(store, clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	w.Desk = operate.NewDesk(core, operate.Options{
		Dialects: []string{"aspi"}, Clock: clock, Events: sandbox.NewEvents(8), Levers: sandbox.NewLevers(nil, func([]sandbox.Lever) {}),
		Spread: func(context.Context) { w.spread.Add(1) },
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused wants an operator's refusal of a kind, in words.
func (w *world) refused(what string, err error, kind operate.Kind, message string) {
	w.t.Helper()
	var r *operate.Refusal
	if !errors.As(err, &r) || r.Kind != kind || r.Message != message {
		w.t.Errorf("%s: %v, want %s: %s", what, err, kind, message)
	}
}

// generate makes a code of a merchant; 0 is a static one.
func (w *world) generate(merchant, ref string, rupiah int64) pay.Code {
	w.t.Helper()
	partner, err := w.Core.Partner(w.t.Context(), "P")
	w.must(err)
	code, err := w.Core.Generate(w.t.Context(), pay.GenerateRequest{Partner: partner, MerchantID: merchant, PartnerRef: ref, Amount: pay.Rp(rupiah)})
	w.must(err)
	return code
}

// paid is a code of a merchant that the outside payer has paid.
func (w *world) paid(merchant, ref string, rupiah int64) {
	w.t.Helper()
	_, err := sandbox.Pay(w.t.Context(), w.Core, sandbox.Target{ReferenceNo: w.generate(merchant, ref, rupiah).Ref}, 0)
	w.must(err)
}
