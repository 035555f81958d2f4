package storagetest

import (
	"context"
	"errors"
	"testing"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// clearLeavesNothing fills every table, empties them in one transaction that
// also begins anew, and looks at what is left.
func clearLeavesNothing(t *testing.T, s pay.Storage) {
	insert(t, s,
		putPartner(somePartner("p")), putMerchant(someMerchant("p", "m")), insertPayer(somePayer("budi")),
		func(tx pay.Tx) error {
			return tx.PutOutlet(pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: pay.Store, ID: "s", Standing: pay.Active})
		},
		insertCode(someCode("c")), insertPayment(somePayment("pay")), insertRefund(someRefund("r", "pay")),
		insertDelivery(someDelivery("d", "c")), insertAttempt(pay.Attempt{DeliveryID: "d", Number: 1, At: noon}),
		insertTransfer(moved("t", ledger.External, ledger.Wallet("budi"), 5)), insertSettlement(someSettlement("m")),
		insertToken(someToken(1)), func(tx pay.Tx) error { return tx.InsertMark(someMark("k")) },
		func(tx pay.Tx) error { return tx.PutSetting("name", "value") },
	)
	refused := errors.New("refused")
	err := s.Update(context.Background(), func(tx pay.Tx) error { return errors.Join(tx.Clear(), refused) })
	if !errors.Is(err, refused) || !has(t, s, "c") {
		t.Fatalf("a clearing that was refused: %v, the code is there: %v", err, has(t, s, "c"))
	}
	update(t, s, func(tx pay.Tx) error { return errors.Join(tx.Clear(), tx.PutPartner(somePartner("new"))) })
	for name, read := range map[string]func(pay.Reader) error{
		"partner":  func(r pay.Reader) error { _, err := r.Partner("p"); return err },
		"merchant": func(r pay.Reader) error { _, err := r.Merchant("p", "m"); return err },
		"outlet":   func(r pay.Reader) error { _, err := r.Outlet("p", "m", pay.Store, "s"); return err },
		"payer":    func(r pay.Reader) error { _, err := r.Payer("budi"); return err },
		"code":     func(r pay.Reader) error { _, err := r.Code("c"); return err },
		"payment":  func(r pay.Reader) error { _, err := r.Payment("pay"); return err },
		"refund":   func(r pay.Reader) error { _, err := r.Refund("r"); return err },
		"delivery": func(r pay.Reader) error { _, err := r.Delivery("d"); return err },
		"transfer": func(r pay.Reader) error { _, err := r.Transfer("t"); return err },
		"token":    func(r pay.Reader) error { _, err := r.Token(someToken(1).Hash); return err },
		"mark": func(r pay.Reader) error {
			m := someMark("k")
			_, err := r.Mark(m.PartnerID, m.Scope, m.Kind, m.Key, m.Day)
			return err
		},
	} {
		if err := s.View(context.Background(), read); !errors.Is(err, pay.ErrNotFound) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	same(t, "settlements", len(view(t, s, func(r pay.Reader) ([]pay.Settlement, error) { return r.Settlements(day) })), 0)
	same(t, "counts", view(t, s, pay.Reader.Counts), pay.Counts{})
	same(t, "the setting", view(t, s, func(r pay.Reader) (string, error) { return r.Setting("name") }), "value")
	same(t, "the new partner", view(t, s, func(r pay.Reader) (string, error) { p, err := r.Partner("new"); return p.ID, err }), "new")
}
