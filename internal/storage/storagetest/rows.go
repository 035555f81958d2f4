package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// entity tells how the rows of one type are drawn, written and read.
type entity[T any] struct {
	draw  func(t *rapid.T, key string) T
	write func(pay.Tx, T) error
	read  func(pay.Reader, T) (T, error)
}

func everyFieldComesBack(t *testing.T, s pay.Storage) {
	insert(t, s, putPartner(somePartner("p")), putMerchant(someMerchant("p", "m")))
	comesBack(t, s, "partner", entity[pay.Partner]{drawPartner, pay.Tx.PutPartner,
		func(r pay.Reader, p pay.Partner) (pay.Partner, error) { return r.Partner(p.ID) }})
	comesBack(t, s, "partner by client key", entity[pay.Partner]{drawPartner, pay.Tx.PutPartner,
		func(r pay.Reader, p pay.Partner) (pay.Partner, error) { return r.PartnerByClientKey(p.ClientKey) }})
	comesBack(t, s, "merchant", entity[pay.Merchant]{drawMerchant, pay.Tx.PutMerchant,
		func(r pay.Reader, m pay.Merchant) (pay.Merchant, error) { return r.Merchant(m.PartnerID, m.ID) }})
	comesBack(t, s, "merchant by MPAN", entity[pay.Merchant]{drawMerchant, pay.Tx.PutMerchant,
		func(r pay.Reader, m pay.Merchant) (pay.Merchant, error) { return r.MerchantByMPAN(m.MPAN) }})
	comesBack(t, s, "outlet", entity[pay.Outlet]{drawOutlet, pay.Tx.PutOutlet,
		func(r pay.Reader, o pay.Outlet) (pay.Outlet, error) {
			return r.Outlet(o.PartnerID, o.MerchantID, o.Kind, o.ID)
		}})
	comesBack(t, s, "payer", entity[pay.Payer]{drawPayer, pay.Tx.InsertPayer,
		func(r pay.Reader, p pay.Payer) (pay.Payer, error) { return r.Payer(p.ID) }})
	comesBack(t, s, "code", entity[pay.Code]{drawCode,
		func(tx pay.Tx, c pay.Code) error { return tx.InsertCode(c, day) },
		func(r pay.Reader, c pay.Code) (pay.Code, error) { return r.Code(c.Ref) }})
	comesBack(t, s, "payment", entity[pay.Payment]{drawPayment,
		func(tx pay.Tx, p pay.Payment) error { return tx.InsertPayment(p, day) },
		func(r pay.Reader, p pay.Payment) (pay.Payment, error) { return r.Payment(p.Ref) }})
	comesBack(t, s, "refund", entity[pay.Refund]{drawRefund,
		func(tx pay.Tx, r pay.Refund) error {
			return errors.Join(tx.InsertPayment(somePayment(r.PaymentRef), day), tx.InsertRefund(r, day))
		},
		func(reader pay.Reader, r pay.Refund) (pay.Refund, error) { return reader.Refund(r.Ref) }})
	comesBack(t, s, "refund of a payment", entity[pay.Refund]{drawRefund,
		func(tx pay.Tx, r pay.Refund) error {
			return errors.Join(tx.InsertPayment(somePayment(r.PaymentRef), day), tx.InsertRefund(r, day))
		},
		func(reader pay.Reader, r pay.Refund) (pay.Refund, error) { return only(reader.RefundsOf(r.PaymentRef)) }})
	comesBack(t, s, "delivery", entity[pay.Delivery]{drawDelivery, pay.Tx.InsertDelivery,
		func(r pay.Reader, d pay.Delivery) (pay.Delivery, error) { return r.Delivery(d.ID) }})
	comesBack(t, s, "attempt", entity[pay.Attempt]{drawAttempt,
		func(tx pay.Tx, a pay.Attempt) error {
			return errors.Join(tx.InsertDelivery(someDelivery(a.DeliveryID, "code")), tx.InsertAttempt(a))
		},
		func(r pay.Reader, a pay.Attempt) (pay.Attempt, error) { return only(r.Attempts(a.DeliveryID)) }})
	comesBack(t, s, "settlement", entity[pay.Settlement]{drawSettlement, pay.Tx.InsertSettlement,
		func(r pay.Reader, s pay.Settlement) (pay.Settlement, error) { return only(r.Settlements(s.Day)) }})
	comesBack(t, s, "transfer", entity[ledger.Transfer]{drawTransfer,
		func(tx pay.Tx, t ledger.Transfer) error { return tx.InsertTransfer(t, day) },
		func(r pay.Reader, t ledger.Transfer) (ledger.Transfer, error) { return r.Transfer(t.ID) }})
	comesBack(t, s, "token", entity[pay.Token]{drawToken, pay.Tx.InsertToken,
		func(r pay.Reader, token pay.Token) (pay.Token, error) { return r.Token(token.Hash) }})
	comesBack(t, s, "mark", entity[pay.Mark]{drawMark, pay.Tx.InsertMark,
		func(r pay.Reader, m pay.Mark) (pay.Mark, error) {
			return r.Mark(m.PartnerID, m.Scope, m.Kind, m.Key, m.Day)
		}})
	comesBack(t, s, "setting", entity[string]{
		func(t *rapid.T, key string) string { return key + texts.Draw(t, "value") },
		func(tx pay.Tx, value string) error { return tx.PutSetting("of "+value, value) },
		func(r pay.Reader, value string) (string, error) { return r.Setting("of " + value) }})
}

// only is the one row of a list.
func only[T any](rows []T, err error) (T, error) {
	if err == nil && len(rows) != 1 {
		err = fmt.Errorf("%d rows, want one", len(rows))
	}
	if err != nil {
		var none T
		return none, err
	}
	return rows[0], nil
}

// comesBack writes what rapid draws and reads it inside the transaction and
// after it.
func comesBack[T any](t *testing.T, s pay.Storage, name string, e entity[T]) {
	serial := 0
	t.Run(name, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			serial++
			want := e.draw(t, fmt.Sprintf("%s-%d-", name, serial))
			var inside T
			update(t, s, func(tx pay.Tx) (err error) {
				if err = e.write(tx, want); err == nil {
					inside, err = e.read(tx, want)
				}
				return err
			})
			same(t, name+" inside the transaction", inside, want)
			after := view(t, s, func(r pay.Reader) (T, error) { return e.read(r, want) })
			same(t, name+" after the transaction", after, want)
		})
	})
}

func timesComeBack(t *testing.T, s pay.Storage) {
	jakarta := time.FixedZone("WIB", 7*60*60)
	code := someCode("1")
	code.CreatedAt = time.Date(2026, 1, 2, 12, 0, 0, 123_456_789, jakarta)
	insert(t, s, insertCode(code))
	got := view(t, s, func(r pay.Reader) (pay.Code, error) { return r.Code("1") })
	same(t, "CreatedAt", got.CreatedAt, time.Date(2026, 1, 2, 5, 0, 0, 123_456_000, time.UTC))
	same(t, "ExpiresAt", got.ExpiresAt, time.Time{})
}

func absentIsNotFound(t *testing.T, s pay.Storage) {
	insert(t, s, putPartner(somePartner("p")), putMerchant(someMerchant("p", "m")))
	insert(t, s, insertCode(pay.Code{Ref: "unnamed", PartnerID: "p", State: pay.CodeActive}), insertPayment(somePayment("off-us")))
	for name, read := range map[string]func(pay.Reader) error{
		"partner":    func(r pay.Reader) error { _, err := r.Partner("P"); return err },
		"client key": func(r pay.Reader) error { _, err := r.PartnerByClientKey(""); return err },
		"merchant":   func(r pay.Reader) error { _, err := r.Merchant("q", "m"); return err },
		"MPAN":       func(r pay.Reader) error { _, err := r.MerchantByMPAN("9"); return err },
		"no MPAN":    func(r pay.Reader) error { _, err := r.MerchantByMPAN(""); return err },
		"outlet":     func(r pay.Reader) error { _, err := r.Outlet("p", "m", pay.Store, "s"); return err },
		"payer":      func(r pay.Reader) error { _, err := r.Payer("budi"); return err },
		"code":       func(r pay.Reader) error { _, err := r.Code("1"); return err },
		"payment":    func(r pay.Reader) error { _, err := r.Payment("1"); return err },
		"latest":     func(r pay.Reader) error { _, err := r.LatestPayment("1"); return err },
		"no code":    func(r pay.Reader) error { _, err := r.LatestPayment(""); return err },
		"refund":     func(r pay.Reader) error { _, err := r.Refund("1"); return err },
		"delivery":   func(r pay.Reader) error { _, err := r.Delivery("1"); return err },
		"token":      func(r pay.Reader) error { _, err := r.Token([32]byte{1}); return err },
		"mark":       func(r pay.Reader) error { _, err := r.Mark("p", "", pay.ByReference, "", ""); return err },
		"transfer":   func(r pay.Reader) error { _, err := r.Transfer("1"); return err },
		"setting":    func(r pay.Reader) error { _, err := r.Setting("name"); return err },
	} {
		if err := s.View(context.Background(), read); err != pay.ErrNotFound {
			t.Errorf("%s: got %v, want exactly ErrNotFound", name, err)
		}
	}
	for name, write := range map[string]func(pay.Tx) error{
		"SetPayer":        func(tx pay.Tx) error { return tx.SetPayer(somePayer("budi")) },
		"CloseCode":       func(tx pay.Tx) error { return tx.CloseCode(pay.Code{Ref: "1", ClosedAt: noon}, pay.CodeIsPaid) },
		"EndCode":         func(tx pay.Tx) error { return tx.EndCode(pay.Code{Ref: "1", ClosedAt: noon}) },
		"Debit":           func(tx pay.Tx) error { return tx.Debit("budi", 1) },
		"Credit":          func(tx pay.Tx) error { return tx.Credit("budi", 1) },
		"AddRefunded":     func(tx pay.Tx) error { return tx.AddRefunded("1", 0, 1) },
		"SetDelivery":     func(tx pay.Tx) error { return tx.SetDelivery("1", pay.DeliveryDone, 1, noon, noon) },
		"SetDeliveryBody": func(tx pay.Tx) error { return tx.SetDeliveryBody("1", "body") },
		"UseToken":        func(tx pay.Tx) error { return tx.UseToken(pay.Token{UsedAt: noon}) },
	} {
		if err := s.Update(context.Background(), write); err != pay.ErrNotFound {
			t.Errorf("%s: got %v, want exactly ErrNotFound", name, err)
		}
	}
}

func listsOfNothing(t *testing.T, s pay.Storage) {
	for name, list := range map[string]func(pay.Reader) (int, error){
		"Partners":            func(r pay.Reader) (int, error) { l, err := r.Partners(); return len(l), err },
		"Merchants":           func(r pay.Reader) (int, error) { l, err := r.Merchants("p"); return len(l), err },
		"Outlets":             func(r pay.Reader) (int, error) { l, err := r.Outlets("p", "m"); return len(l), err },
		"PayerPage":           func(r pay.Reader) (int, error) { l, err := r.PayerPage("", 9); return len(l), err },
		"UnbalancedTransfers": func(r pay.Reader) (int, error) { l, err := r.UnbalancedTransfers(9); return len(l), err },
		"WrongWallets":        func(r pay.Reader) (int, error) { l, err := r.WrongWallets(9); return len(l), err },
		"CodesOn": func(r pay.Reader) (int, error) {
			l, err := codesOn(r, "p", "m", pay.ListedCode{}, 9)
			return len(l), err
		},
		"DueCodes":         func(r pay.Reader) (int, error) { l, err := r.DueCodes(noon, 9); return len(l), err },
		"RefundsOf":        func(r pay.Reader) (int, error) { l, err := r.RefundsOf("1"); return len(l), err },
		"Leases":           func(r pay.Reader) (int, error) { l, err := r.Leases(""); return len(l), err },
		"Attempts":         func(r pay.Reader) (int, error) { l, err := r.Attempts("1"); return len(l), err },
		"Unsettled":        func(r pay.Reader) (int, error) { l, err := r.Unsettled(day); return len(l), err },
		"Settlements":      func(r pay.Reader) (int, error) { l, err := r.Settlements(day); return len(l), err },
		"CountOutlets":     func(r pay.Reader) (int, error) { return r.CountOutlets("p", "m", pay.Store) },
		"PaidToMerchant":   func(r pay.Reader) (int, error) { sum, err := r.PaidToMerchant("p", "m", day); return int(sum), err },
		"PaidByPayerSince": func(r pay.Reader) (int, error) { sum, err := r.PaidByPayerSince("budi", day); return int(sum), err },
		"Balance":          func(r pay.Reader) (int, error) { sum, err := r.Balance(ledger.External); return int(sum), err },
	} {
		if n := view(t, s, list); n != 0 {
			t.Errorf("%s of an empty storage is %d", name, n)
		}
	}
	for name, visit := range visits() {
		if err := s.View(context.Background(), func(r pay.Reader) error {
			return visit(r, func() error { return errors.New("a row") })
		}); err != nil {
			t.Errorf("%s of an empty storage: %v", name, err)
		}
	}
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{})
}

// visits are the methods that hand out rows one by one.
func visits() map[string]func(r pay.Reader, row func() error) error {
	return map[string]func(pay.Reader, func() error) error{
		"Balances": func(r pay.Reader, row func() error) error {
			return r.Balances(func(ledger.Account, pay.Rupiah) error { return row() })
		},
		"Deliveries": func(r pay.Reader, row func() error) error {
			return r.Deliveries("", "", func(pay.Delivery) error { return row() })
		},
		"Deliveries of a partner": func(r pay.Reader, row func() error) error {
			return r.Deliveries("p", "", func(pay.Delivery) error { return row() })
		},
		"CodesOn": func(r pay.Reader, row func() error) error {
			return r.CodesOn("p", "m", day, pay.ListedCode{}, 9, func(pay.ListedCode) error { return row() })
		},
		"PaymentsOn": func(r pay.Reader, row func() error) error {
			return r.PaymentsOn("", day, func(pay.Payment) error { return row() })
		},
		"RefundsOn": func(r pay.Reader, row func() error) error {
			return r.RefundsOn("", day, func(pay.Refund) error { return row() })
		},
	}
}

// insertTwoOfEach writes two rows for every visit.
func insertTwoOfEach(t *testing.T, s pay.Storage) {
	for _, n := range []string{"1", "2"} {
		insert(t, s, insertCode(someCode(n)), insertPayment(somePayment(n)), insertRefund(someRefund(n, n)),
			insertDelivery(someDelivery(n, n)), insertTransfer(moved(n, "a", "b", 5)))
	}
}

// putReplaces writes each row twice; the second must be all that is left.
func putReplaces(t *testing.T, s pay.Storage) {
	partner, merchant := somePartner("p"), someMerchant("p", "m")
	outlet := pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: pay.Store, ID: "s", Standing: pay.Active}
	for _, standing := range []pay.Standing{pay.Active, pay.Suspended} {
		partner.Standing, merchant.Standing, outlet.Standing = standing, standing, standing
		partner.ClientKey, merchant.MPAN = "key "+string(standing), "mpan "+string(standing)
		insert(t, s, putPartner(partner), putMerchant(merchant),
			func(tx pay.Tx) error { return tx.PutOutlet(outlet) },
			func(tx pay.Tx) error { return tx.PutSetting("name", string(standing)) })
	}
	same(t, "partners", view(t, s, pay.Reader.Partners), []pay.Partner{partner})
	same(t, "merchants", view(t, s, func(r pay.Reader) ([]pay.Merchant, error) { return r.Merchants("p") }), []pay.Merchant{merchant})
	same(t, "outlets", view(t, s, func(r pay.Reader) ([]pay.Outlet, error) { return r.Outlets("p", "m") }), []pay.Outlet{outlet})
	same(t, "setting", view(t, s, func(r pay.Reader) (string, error) { return r.Setting("name") }), string(pay.Suspended))
}

func payerLife(t *testing.T, s pay.Storage) {
	rich := somePayer("budi")
	rich.Balance = pay.Rp(1_000_000)
	want := somePayer("budi")
	want.Standing, want.DayLimit, want.MonthLimit = pay.Dormant, pay.Rp(5), pay.Rp(6)
	other := want
	other.Name, other.Balance, other.CreatedAt = "Siti", 1, noon.Add(time.Hour) // not SetPayer's to change
	insert(t, s, insertPayer(rich), func(tx pay.Tx) error { return tx.SetPayer(other) })
	same(t, "the payer", view(t, s, func(r pay.Reader) (pay.Payer, error) { return r.Payer("budi") }), want)
}

func listsInOrder(t *testing.T, s pay.Storage) {
	for i, id := range []string{"c", "a", "b"} {
		partner, merchant := somePartner(id), someMerchant("c", id)
		at := noon.Add(-time.Duration(i/2) * time.Hour) // c and a at noon, b before
		partner.CreatedAt, merchant.CreatedAt = at, at
		insert(t, s, putPartner(partner), putMerchant(merchant))
	}
	insert(t, s, putMerchant(someMerchant("a", "of another")))
	want := []string{"b", "a", "c"}
	var got [2][]string
	for _, p := range view(t, s, pay.Reader.Partners) {
		got[0] = append(got[0], p.ID)
	}
	for _, m := range view(t, s, func(r pay.Reader) ([]pay.Merchant, error) { return r.Merchants("c") }) {
		got[1] = append(got[1], m.ID)
	}
	same(t, "oldest first, then by id", got, [2][]string{want, want})
}

func codesNewestFirst(t *testing.T, s pay.Storage) {
	at := map[string]time.Time{"1": noon, "2": noon.Add(time.Microsecond), "3": noon, "4": noon.Add(-time.Hour)}
	for ref, created := range at {
		code := someCode(ref)
		code.CreatedAt = created
		insert(t, s, insertCode(code))
	}
	others := []pay.Code{someCode("other partner"), someCode("other merchant")}
	others[0].PartnerID, others[1].MerchantID = "q", "n"
	insert(t, s, insertCode(others[0]), insertCode(others[1]),
		func(tx pay.Tx) error { return tx.InsertCode(someCode("other day"), "2026-01-03") })
	want := []string{"2", "3", "1", "4"}
	for limit := range len(want) + 1 {
		var refs []string
		for behind := (pay.ListedCode{}); ; {
			page := view(t, s, func(r pay.Reader) ([]pay.ListedCode, error) { return codesOn(r, "p", "m", behind, limit+1) })
			for _, c := range page {
				refs = append(refs, c.Ref)
				whole := someCode(c.Ref)
				same(t, "what is told of a code", c, pay.ListedCode{Ref: c.Ref, Amount: whole.Amount, CreatedAt: at[c.Ref], ExpiresAt: whole.ExpiresAt})
			}
			if len(page) <= limit {
				break
			}
			behind = page[limit]
		}
		same(t, fmt.Sprintf("codes of the day, %d at a time", limit+1), refs, want)
	}
}

// codesOn collects codes of the day.
func codesOn(r pay.Reader, partnerID, merchantID string, behind pay.ListedCode, limit int) (all []pay.ListedCode, err error) {
	err = r.CodesOn(partnerID, merchantID, day, behind, limit, func(c pay.ListedCode) error {
		all = append(all, c)
		return nil
	})
	return all, err
}

func visitCanStop(t *testing.T, s pay.Storage) {
	insertTwoOfEach(t, s)
	enough := errors.New("enough")
	for name, visit := range visits() {
		visited := 0
		err := s.View(context.Background(), func(r pay.Reader) error {
			is(t, visit(r, func() error { visited++; return enough }), enough)
			_, err := r.Code("1") // the reader is as good as before
			return err
		})
		is(t, err, nil)
		same(t, "rows visited by "+name, visited, 1)
	}
}

// visitCannotRead: PostgreSQL's protocol carries one answer at a time, so no
// engine may allow more.
func visitCannotRead(t *testing.T, s pay.Storage) {
	insertTwoOfEach(t, s)
	for name, visit := range visits() {
		nested := func(r pay.Reader) error {
			return visit(r, func() error {
				_, err := r.Code("1")
				return err
			})
		}
		if err := s.View(context.Background(), nested); err == nil || errors.Is(err, pay.ErrNotFound) {
			t.Errorf("a read inside %s in View: %v", name, err)
		}
		err := s.Update(context.Background(), func(tx pay.Tx) error { return nested(tx) })
		if err == nil || errors.Is(err, pay.ErrNotFound) {
			t.Errorf("a read inside %s in Update: %v", name, err)
		}
	}
	if !has(t, s, "1") {
		t.Error("the code is gone")
	}
}
