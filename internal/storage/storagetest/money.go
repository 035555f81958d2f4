package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

func sumsCountOneDay(t *testing.T, s pay.Storage) {
	for i, change := range []func(*pay.Payment){
		func(*pay.Payment) {},
		func(p *pay.Payment) { p.Amount = 1 },
		func(p *pay.Payment) { p.AcquirerID, p.Amount = "q", 2 },
		func(p *pay.Payment) { p.MerchantID, p.Amount = "n", 4 },
		func(p *pay.Payment) { p.PayerID, p.Amount = "siti", 8 },
		func(p *pay.Payment) { p.State, p.Amount = "failed", 16 },
		func(p *pay.Payment) { p.Amount, p.Fee, p.MDR = 32, 64, 128 },
	} {
		p := somePayment(fmt.Sprint(i))
		change(&p)
		insert(t, s, insertPayment(p))
	}
	insert(t, s, func(tx pay.Tx) error { return tx.InsertPayment(somePayment("tomorrow"), "2026-01-03") },
		func(tx pay.Tx) error { return tx.InsertPayment(somePayment("yesterday"), "2026-01-01") })
	merchant := view(t, s, func(r pay.Reader) (pay.Rupiah, error) { return r.PaidToMerchant("p", "m", day) })
	same(t, "PaidToMerchant", merchant, pay.Rp(10)+1+8+32)
	payer := view(t, s, func(r pay.Reader) (pay.Rupiah, error) { return r.PaidByPayerSince("budi", day) })
	same(t, "PaidByPayerSince", payer, 2*pay.Rp(10)+1+2+4+32)
}

type line struct {
	Account ledger.Account
	Balance pay.Rupiah
}

func trialBalance(t failer, s pay.Storage) []line {
	t.Helper()
	return view(t, s, func(r pay.Reader) (lines []line, err error) {
		return lines, r.Balances(func(a ledger.Account, balance pay.Rupiah) error {
			lines = append(lines, line{a, balance})
			return nil
		})
	})
}

func balancesAreSums(t *testing.T, s pay.Storage) {
	insert(t, s, insertTransfer(moved("1", "b", "a", 700)), insertTransfer(moved("2", "a", "B", 200)),
		insertTransfer(moved("3", "b", "c:é", 1)), insertTransfer(moved("4", "c:é", "b", 1)))
	// In the order of their bytes, whatever the language of the machine.
	same(t, "trial balance", trialBalance(t, s), []line{{"B", 200}, {"a", 500}, {"b", -700}, {"c:é", 0}})
	one := view(t, s, func(r pay.Reader) (pay.Rupiah, error) { return r.Balance("b") })
	same(t, "Balance", one, pay.Rupiah(-700))
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{Transfers: 4, Postings: 8})
}

func wrongWallets(t failer, s pay.Storage, limit int) []string {
	t.Helper()
	return view(t, s, func(r pay.Reader) ([]string, error) { return r.WrongWallets(limit) })
}

func wrongWalletIsFound(t *testing.T, s pay.Storage) {
	for _, id := range []string{"a", "b", "c", "d"} {
		insert(t, s, insertPayer(somePayer(id)), fund(id, "fund "+id, 100))
	}
	same(t, "WrongWallets of sound books", wrongWallets(t, s, 9), []string(nil))
	insert(t, s,
		func(tx pay.Tx) error { return tx.Debit("d", 1) },
		func(tx pay.Tx) error { return tx.Credit("b", 1) },
		insertTransfer(moved("stray", ledger.Wallet("c"), ledger.FeeRevenue, 100)))
	same(t, "WrongWallets", wrongWallets(t, s, 9), []string{"b", "c", "d"})
	same(t, "WrongWallets up to a limit", wrongWallets(t, s, 2), []string{"b", "c"})
}

func malformedTransfer(t *testing.T, s pay.Storage) {
	leg := func(a ledger.Account, sen int64) ledger.Posting { return ledger.Posting{Account: a, Amount: sen} }
	for name, c := range map[string]struct {
		postings []ledger.Posting
		want     error
	}{
		"unbalanced":   {[]ledger.Posting{leg("a", 1), leg("b", -2)}, ledger.ErrUnbalanced},
		"one leg":      {[]ledger.Posting{leg("a", 1)}, ledger.ErrEmpty},
		"zero":         {[]ledger.Posting{leg("a", 0), leg("b", 0)}, ledger.ErrZeroPosting},
		"no account":   {[]ledger.Posting{leg("", 1), leg("b", -1)}, ledger.ErrNoAccount},
		"twice":        {[]ledger.Posting{leg("a", 1), leg("b", -2), leg("a", 1)}, nil},
		"out of range": {[]ledger.Posting{leg("a", math.MaxInt64), leg("b", 1)}, ledger.ErrOverflow},
	} {
		err := s.Update(context.Background(), func(tx pay.Tx) error {
			err := tx.InsertTransfer(ledger.Transfer{ID: name, Postings: c.postings}, day)
			if err == nil || (c.want != nil && !errors.Is(err, c.want)) {
				return fmt.Errorf("%s: got %v, want %v", name, err, c.want)
			}
			return tx.PutSetting(name, "refused")
		})
		is(t, err, nil)
	}
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{})
}

func moneyStaysInRange(t *testing.T, s pay.Storage) {
	insert(t, s, insertPayer(somePayer("budi")), fund("budi", "fund", 100),
		insertPayment(somePayment("paid")), insertDelivery(someDelivery("d", "1")))
	for name, write := range map[string]func(pay.Tx) error{
		"negative debit":                   func(tx pay.Tx) error { return tx.Debit("budi", -1) },
		"negative credit":                  func(tx pay.Tx) error { return tx.Credit("budi", -1) },
		"endless credit":                   func(tx pay.Tx) error { return tx.Credit("budi", math.MaxInt64) },
		"negative code":                    insertCode(pay.Code{Ref: "1", State: pay.CodeActive, Amount: -1}),
		"code in a state nobody knows":     insertCode(pay.Code{Ref: "2", State: "lost", ClosedAt: noon}),
		"open code with a closing time":    insertCode(pay.Code{Ref: "3", State: pay.CodeActive, ClosedAt: noon}),
		"negative payment":                 insertPayment(pay.Payment{Ref: "1", Amount: -1}),
		"payment refunded beyond itself":   insertPayment(pay.Payment{Ref: "1", Amount: 1, Refunded: 2}),
		"negative refunded":                insertPayment(pay.Payment{Ref: "1", Amount: 1, Refunded: -1}),
		"negative addition to refunded":    func(tx pay.Tx) error { return tx.AddRefunded("paid", 0, -1) },
		"empty addition to refunded":       func(tx pay.Tx) error { return tx.AddRefunded("paid", 0, 0) },
		"refund of nothing":                insertRefund(pay.Refund{Ref: "1", PaymentRef: "paid"}),
		"negative refund":                  insertRefund(pay.Refund{Ref: "1", PaymentRef: "paid", Amount: -1}),
		"refund of no payment":             insertRefund(pay.Refund{Ref: "1", PaymentRef: "1", Amount: 1}),
		"delivery in a state nobody knows": func(tx pay.Tx) error { return tx.SetDelivery("d", "lost", 1, noon, noon) },
		"delivery that ended at no time":   func(tx pay.Tx) error { return tx.SetDelivery("d", pay.DeliveryDone, 1, noon, time.Time{}) },
		"attempt of no delivery":           insertAttempt(pay.Attempt{DeliveryID: "1", Number: 1}),
		"settlement of nothing":            insertSettlement(pay.Settlement{PartnerID: "p", MerchantID: "m", Day: day}),
	} {
		err := s.Update(context.Background(), write)
		if err == nil || errors.Is(err, pay.ErrNotFound) || errors.Is(err, pay.ErrExists) {
			t.Errorf("%s: %v", name, err)
		}
	}
	is(t, s.Update(context.Background(), func(tx pay.Tx) error { return tx.Debit("budi", 101) }), pay.ErrNotFound)
	payer := view(t, s, func(r pay.Reader) (pay.Payer, error) { return r.Payer("budi") })
	same(t, "balance", payer.Balance, pay.Rupiah(100))
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{Payments: 1, Transfers: 1, Postings: 2})
	same(t, "payment", view(t, s, func(r pay.Reader) (pay.Payment, error) { return r.Payment("paid") }), somePayment("paid"))
	same(t, "delivery", view(t, s, func(r pay.Reader) (pay.Delivery, error) { return r.Delivery("d") }), someDelivery("d", "1"))
}

// debitsNeverOverdraw lets many callers empty one wallet: the money covers
// some of them, and the books agree in the end.
func debitsNeverOverdraw(t *testing.T, s pay.Storage) {
	const amount, covered = 7, 40
	insert(t, s, insertPayer(somePayer("budi")), fund("budi", "fund", amount*covered+amount-1))
	paid := race(t, s, pay.ErrNotFound, func(tx pay.Tx, racer int) error {
		shop := ledger.Payable("p", fmt.Sprint(racer%3))
		if err := tx.InsertTransfer(moved(fmt.Sprint("pay ", racer), ledger.Wallet("budi"), shop, amount), day); err != nil {
			return err
		}
		return tx.Debit("budi", amount)
	})
	same(t, "debits that were covered", len(paid), covered)
	payer := view(t, s, func(r pay.Reader) (pay.Payer, error) { return r.Payer("budi") })
	same(t, "what is left", payer.Balance, pay.Rupiah(amount-1))
	soundBooks(t, s)
	counts := view(t, s, pay.Reader.Counts)
	same(t, "Counts", counts, pay.Counts{Transfers: covered + 1, Postings: 2 * (covered + 1)})
}

// soundBooks checks that all transfers balance and all wallets are right.
func soundBooks(t failer, s pay.Storage) {
	t.Helper()
	same(t, "WrongWallets", wrongWallets(t, s, 9), []string(nil))
	unbalanced := view(t, s, func(r pay.Reader) ([]string, error) { return r.UnbalancedTransfers(9) })
	same(t, "UnbalancedTransfers", unbalanced, []string(nil))
	var total pay.Rupiah
	for _, l := range trialBalance(t, s) {
		total += l.Balance
	}
	same(t, "the sum of all postings", total, pay.Rupiah(0))
}
