package pay_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// shop is a core with one merchant.
func shop(t *testing.T) (*pay.Core, pay.TerminalRequest) {
	t.Helper()
	store, err := storage.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	now := time.Date(2026, 1, 31, 10, 0, 0, 0, pay.Jakarta)
	core := pay.New(store, func() time.Time { return now }, rand.NewChaCha8([32]byte{}), pay.DefaultPolicy(), pay.NationalSwitch{})
	partner := pay.Partner{ID: "p", ClientKey: "k", Dialect: "speedcash", Standing: pay.Active}
	merchant := pay.Merchant{
		PartnerID: "p", ID: "m", Name: "Toko", City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "UMI",
		NMID: "ID1020021181745", MPAN: "936009150000000018", Standing: pay.Active,
	}
	if err := errors.Join(core.PutPartner(t.Context(), partner), core.PutMerchant(t.Context(), merchant)); err != nil {
		t.Fatal(err)
	}
	return core, pay.TerminalRequest{Partner: &partner, MerchantID: "m", TerminalID: "T1", Most: 5}
}

func TestTerminalsNeverExceedTheirLimit(t *testing.T) {
	core, req := shop(t)
	var wg sync.WaitGroup
	results := make([]error, 20)
	for i := range results {
		wg.Go(func() {
			mine := req
			mine.TerminalID = fmt.Sprint("T", i)
			_, results[i] = core.RegisterTerminal(t.Context(), mine)
		})
	}
	wg.Wait()
	added := 0
	for _, err := range results {
		switch {
		case err == nil:
			added++
		case pay.KindOf(err) != pay.OverTerminals:
			t.Error(err)
		}
	}
	if added != req.Most {
		t.Errorf("%d of 20 were added where %d may be", added, req.Most)
	}
}

// A code may be labelled with a terminal before and after it is registered:
// what the directory remembers of it must not outlive the change.
func TestARegisteredTerminalIsKnownAtOnce(t *testing.T) {
	core, req := shop(t)
	generate := pay.GenerateRequest{Partner: req.Partner, MerchantID: "m", TerminalID: "T1", Amount: pay.Rp(1)}
	if _, err := core.Generate(t.Context(), generate); err != nil {
		t.Fatal(err)
	}
	o, err := core.RegisterTerminal(t.Context(), req)
	if err != nil || o != (pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: pay.Terminal, ID: "T1", Standing: pay.Active}) {
		t.Fatalf("%+v, %v", o, err)
	}
	o.Standing = pay.Inactive
	if err := core.PutOutlet(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := core.Generate(t.Context(), generate); pay.KindOf(err) != pay.TerminalUnknown {
		t.Errorf("a code at a withdrawn terminal: %v", err)
	}
	if _, err := core.RegisterTerminal(t.Context(), req); pay.KindOf(err) != pay.TerminalUnknown {
		t.Errorf("a withdrawn terminal is registered again: %v", err)
	}
}

func TestARepeatedRegistrationIsKnownByItsMark(t *testing.T) {
	core, req := shop(t)
	req.Marks = []pay.Mark{{PartnerID: "p", Kind: pay.ByExternalID, Key: "1", Day: "2026-01-31", Body: [32]byte{1}}}
	if _, err := core.RegisterTerminal(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	for _, merchant := range []string{"m", "nobody"} { // the repetition goes before what is wrong now
		req.MerchantID = merchant
		_, err := core.RegisterTerminal(t.Context(), req)
		var repeated *pay.Repeated
		if !errors.As(err, &repeated) || !repeated.SameBody() {
			t.Errorf("at %s: %v", merchant, err)
		}
	}
	req.Marks, req.MerchantID, req.TerminalID = nil, "m", "T2"
	for _, most := range []struct {
		dialect, agreed int
		kind            pay.Kind
	}{{1, 0, pay.OverTerminals}, {5, 1, pay.OverTerminals}, {1, 2, pay.Internal}, {0, 0, pay.Internal}} {
		req.Most, req.Partner.Settings.MaxTerminals = most.dialect, most.agreed
		_, err := core.RegisterTerminal(t.Context(), req)
		if kind := pay.KindOf(err); kind != most.kind || (kind == pay.Internal && err != nil) {
			t.Errorf("%+v: %v", most, err)
		}
	}
}
