package storage

import (
	"path/filepath"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// recording keeps the texts that a reader asks.
type recording struct {
	texts []string
}

func (r *recording) marked(string) (markRow, error) { return markRow{}, pay.ErrNotFound }

func (r *recording) query(text string, _ []any, _ func(row) error) error {
	r.texts = append(r.texts, text)
	return nil
}

// TestPagePlans holds every page to an index that gives its rows in order, so
// that it reads no more of them than it shows.
func TestPagePlans(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{Readers: 1})
	code := func(f pay.CodeFilter, before string) func(reader) error {
		return func(r reader) error { _, err := r.CodePage(f, before, 50); return err }
	}
	count := func(f pay.CodeFilter) func(reader) error {
		return func(r reader) error { _, err := r.CountCodes(f, 50); return err }
	}
	delivery := func(partner string, state pay.DeliveryState) func(reader) error {
		return func(r reader) error { _, err := r.DeliveryPage(partner, state, "x", 50); return err }
	}
	for _, c := range []struct {
		name string
		read func(reader) error
		want string // of the last statement
	}{
		{"codes", code(pay.CodeFilter{}, ""), "SCAN code USING INDEX sqlite_autoindex_code_1"},
		{"codes of a day", code(pay.CodeFilter{Prefix: "260131"}, ""), "SEARCH code USING INDEX sqlite_autoindex_code_1 (ref>? AND ref<?)"},
		{"active codes", code(pay.CodeFilter{State: pay.CodeActive}, "x"), "SEARCH code USING INDEX code_live (ref<?)"},
		{"paid codes", code(pay.CodeFilter{State: pay.CodeIsPaid}, "x"), "SEARCH code USING INDEX code_closed (state=? AND ref<?)"},
		{"a partner's active codes", code(pay.CodeFilter{PartnerID: "p", State: pay.CodeActive}, "x"), "SEARCH code USING INDEX code_live_of (partner_id=? AND ref<?)"},
		{"a partner's paid codes", code(pay.CodeFilter{PartnerID: "p", State: pay.CodeIsPaid}, "x"), "SEARCH code USING INDEX code_closed_of (partner_id=? AND state=? AND ref<?)"},
		{"a partner's codes", code(pay.CodeFilter{PartnerID: "p"}, "x"), "SEARCH code USING INDEX code_closed_of (partner_id=? AND state=? AND ref<?)"},
		{"number of paid codes", count(pay.CodeFilter{State: pay.CodeIsPaid}), "CO-ROUTINE bounded; SEARCH code USING COVERING INDEX code_closed (state=?); SCAN bounded"},
		{"payments", func(r reader) error { _, err := r.PaymentPage(pay.PaymentFilter{AcquirerID: "p"}, "x", 50); return err },
			"SEARCH payment USING INDEX payment_acquirer (acquirer_id=? AND ref<?)"},
		{"payments of a code", func(r reader) error { _, err := r.PaymentsOf("1", 50); return err },
			"SEARCH payment USING INDEX payment_code (code_ref=?); USE TEMP B-TREE FOR LAST TERM OF ORDER BY"},
		{"refunds", func(r reader) error { _, err := r.RefundPage(pay.PaymentFilter{AcquirerID: "p"}, "x", 50); return err },
			"SEARCH refund USING INDEX refund_acquirer (acquirer_id=? AND ref<?)"},
		{"deliveries", delivery("", ""), "SEARCH delivery USING INDEX sqlite_autoindex_delivery_1 (id<?)"},
		{"pending deliveries", delivery("", pay.DeliveryPending), "SEARCH delivery USING INDEX delivery_open (id<?)"},
		{"failed deliveries", delivery("", pay.DeliveryFailed), "SEARCH delivery USING INDEX delivery_ended (state=? AND id<?)"},
		{"a partner's deliveries", delivery("p", ""), "SEARCH delivery USING INDEX delivery_partner (partner_id=? AND id<?)"},
		{"a partner's pending ones", delivery("p", pay.DeliveryPending), "SEARCH delivery USING INDEX delivery_open_of (partner_id=? AND id<?)"},
		{"a partner's failed ones", delivery("p", pay.DeliveryFailed), "SEARCH delivery USING INDEX delivery_ended_of (partner_id=? AND state=? AND id<?)"},
		{"a code's deliveries", func(r reader) error { _, err := r.DeliveriesOf("1", 50); return err }, "SEARCH delivery USING INDEX delivery_of_code (code_ref=?)"},
		{"transfers", func(r reader) error { _, err := r.TransferPage("x", 50); return err }, "SEARCH transfer USING INDEX sqlite_autoindex_transfer_1 (id<?)"},
		{"what a payment moved", func(r reader) error { _, err := r.TransfersOf("1", 50); return err }, "SEARCH transfer USING INDEX transfer_ref (ref=?)"},
		{"entries", func(r reader) error { _, err := r.EntryPage("a", "x", 50); return err },
			"SEARCH posting USING COVERING INDEX posting_account (account=? AND transfer_id<?); SEARCH transfer USING INDEX sqlite_autoindex_transfer_1 (id=?)"},
		{"accounts", func(r reader) error { _, err := r.AccountPage("a", 50); return err },
			"CO-ROUTINE leap; SETUP; SEARCH posting USING COVERING INDEX posting_account (account>?); RECURSIVE STEP; SCAN leap; " +
				"CORRELATED SCALAR SUBQUERY 2; SEARCH posting USING COVERING INDEX posting_account (account>?); SCAN leap; USE TEMP B-TREE FOR ORDER BY"},
		{"merchants", func(r reader) error { _, err := r.MerchantPage("p", "x", 50); return err },
			"SEARCH merchant USING INDEX sqlite_autoindex_merchant_1 (partner_id=? AND id>?)"},
		{"outlets", func(r reader) error { _, err := r.OutletPage("p", "m", pay.Store, "x", 50); return err },
			"SEARCH outlet USING INDEX sqlite_autoindex_outlet_1 (partner_id=? AND merchant_id=? AND (kind,id)>(?,?))"},
		{"payers", func(r reader) error { _, err := r.PayerPage("x", 50); return err }, "SEARCH payer USING INDEX sqlite_autoindex_payer_1 (id>?)"},
		{"tokens", func(r reader) error { _, err := r.TokenPage("p", "", morning, pay.Token{}, 50); return err },
			"SEARCH token USING INDEX token_of (partner_id=? AND payer_id=? AND (expires_at,hash)>(?,?))"},
		{"bindings", func(r reader) error { _, err := r.BindingPage("p", morning, "budi", 50); return err },
			"SEARCH token USING INDEX token_of (partner_id=? AND payer_id>?)"},
		{"days", func(r reader) error { _, err := r.SettledDays("x", 50); return err }, "SEARCH settlement USING INDEX sqlite_autoindex_settlement_1 (day<?)"},
		{"what somebody did", func(r reader) error { _, err := r.ActPage("ani", "x", 50); return err }, "SEARCH audit USING INDEX audit_who (who=? AND id<?)"},
	} {
		var asked recording
		if err := c.read(reader{&asked}); err != nil && len(asked.texts) == 0 {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := planOf(t, s, asked.texts[len(asked.texts)-1]); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
