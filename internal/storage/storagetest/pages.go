package storagetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// turned walks a list page by page to its end.
func turned[T any](t failer, s pay.Storage, limit int, key func(T) string, read func(r pay.Reader, from string, limit int) ([]T, error)) []T {
	t.Helper()
	var all []T
	for from := ""; ; {
		page := view(t, s, func(r pay.Reader) ([]T, error) { return read(r, from, limit) })
		if len(page) > limit {
			t.Fatalf("a page of %d rows, want at most %d", len(page), limit)
		}
		all = append(all, page...)
		if len(page) < limit {
			return all
		}
		from = key(page[limit-1])
	}
}

// kept are the rows that fit, in order.
func kept[T any](rows []T, order func(a, b T) int, fits func(T) bool) []T {
	var some []T
	for _, row := range rows {
		if fits(row) {
			some = append(some, row)
		}
	}
	slices.SortFunc(some, order)
	return some
}

// newest is the order of keys that grow with time.
func newest[T any](key func(T) string) func(a, b T) int {
	return func(a, b T) int { return cmp.Compare(key(b), key(a)) }
}

func oneOrAny(value, row string) bool { return value == "" || value == row }

var (
	refOfCode     = func(c pay.Code) string { return c.Ref }
	refOfPayment  = func(p pay.Payment) string { return p.Ref }
	refOfRefund   = func(r pay.Refund) string { return r.Ref }
	idOfDelivery  = func(d pay.Delivery) string { return d.ID }
	idOfTransfer  = func(t ledger.Transfer) string { return t.ID }
	partnerChoice = []string{"p", "q"}
)

// longRef has the length of a reference, so that one is no other's prefix.
func longRef(day, n int) string { return fmt.Sprintf("2601%02d%016d", day, n) }

// codesInPages holds each filter's pages against a list of its own.
func codesInPages(t *testing.T, s pay.Storage) {
	var made []pay.Code
	states := []pay.CodeState{pay.CodeActive, pay.CodeIsPaid, pay.CodeIsExpired, pay.CodeIsVoid}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 5).Draw(t, "new") {
			c := someCode(longRef(rapid.IntRange(1, 12).Draw(t, "day"), len(made)))
			c.PartnerID = rapid.SampledFrom(partnerChoice).Draw(t, "partner")
			if c.State = rapid.SampledFrom(states).Draw(t, "state"); c.State != pay.CodeActive {
				c.ClosedAt = noon
			}
			insert(t, s, insertCode(c))
			made = append(made, c)
		}
		f := pay.CodeFilter{
			PartnerID: rapid.SampledFrom(append(partnerChoice, "")).Draw(t, "of"),
			State:     rapid.SampledFrom(append(states, "")).Draw(t, "in"),
			Prefix:    rapid.SampledFrom([]string{"", "2601", "26011", "260112"}).Draw(t, "prefix"),
		}
		want := kept(made, newest(refOfCode), func(c pay.Code) bool {
			return oneOrAny(f.PartnerID, c.PartnerID) && oneOrAny(string(f.State), string(c.State)) && c.Ref[:len(f.Prefix)] == f.Prefix
		})
		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		same(t, "codes", turned(t, s, limit, refOfCode, func(r pay.Reader, from string, limit int) ([]pay.Code, error) {
			return r.CodePage(f, from, limit)
		}), want)
		same(t, "their number", view(t, s, func(r pay.Reader) (int, error) { return r.CountCodes(f, limit) }), min(limit, len(want)))
	})
}

func paymentsInPages(t *testing.T, s pay.Storage) {
	var made []pay.Payment
	var back []pay.Refund
	rapid.Check(t, func(t *rapid.T) {
		p := somePayment(longRef(rapid.IntRange(1, 12).Draw(t, "day"), len(made)))
		p.AcquirerID = rapid.SampledFrom(append(partnerChoice, "")).Draw(t, "acquirer")
		p.CodeRef = rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "code")
		p.At = noon.Add(time.Duration(len(made)) * time.Second)
		r := someRefund(p.Ref, p.Ref)
		r.AcquirerID = p.AcquirerID
		insert(t, s, insertPayment(p), insertRefund(r))
		made, back = append(made, p), append(back, r)

		f := pay.PaymentFilter{
			AcquirerID: rapid.SampledFrom(append(partnerChoice, "")).Draw(t, "of"),
			Prefix:     rapid.SampledFrom([]string{"", "26010", "260103"}).Draw(t, "prefix"),
		}
		fits := func(acquirer, ref string) bool {
			return oneOrAny(f.AcquirerID, acquirer) && ref[:len(f.Prefix)] == f.Prefix
		}
		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		want := kept(made, newest(refOfPayment), func(p pay.Payment) bool { return fits(p.AcquirerID, p.Ref) })
		same(t, "payments", turned(t, s, limit, refOfPayment, func(r pay.Reader, from string, limit int) ([]pay.Payment, error) {
			return r.PaymentPage(f, from, limit)
		}), want)
		same(t, "their number", view(t, s, func(r pay.Reader) (int, error) { return r.CountPayments(f, limit) }), min(limit, len(want)))
		same(t, "refunds", turned(t, s, limit, refOfRefund, func(r pay.Reader, from string, limit int) ([]pay.Refund, error) {
			return r.RefundPage(f, from, limit)
		}), kept(back, newest(refOfRefund), func(r pay.Refund) bool { return fits(r.AcquirerID, r.Ref) }))

		ofCode := slices.Clone(made)
		slices.Reverse(ofCode)
		ofCode = kept(ofCode, func(a, b pay.Payment) int { return b.At.Compare(a.At) }, func(p pay.Payment) bool { return p.CodeRef == "1" })
		same(t, "payments of a code", view(t, s, func(r pay.Reader) ([]pay.Payment, error) { return r.PaymentsOf("1", limit) }), upTo(ofCode, limit))
		same(t, "payments of no code", view(t, s, func(r pay.Reader) ([]pay.Payment, error) { return r.PaymentsOf("", limit) }), []pay.Payment(nil))
	})
}

func deliveriesInPages(t *testing.T, s pay.Storage) {
	var made []pay.Delivery
	states := []pay.DeliveryState{pay.DeliveryPending, pay.DeliveryDone, pay.DeliveryFailed}
	rapid.Check(t, func(t *rapid.T) {
		d := someDelivery(fmt.Sprintf("%06d", len(made)), rapid.SampledFrom([]string{"1", "2"}).Draw(t, "code"))
		d.PartnerID = rapid.SampledFrom(partnerChoice).Draw(t, "partner")
		if d.State = rapid.SampledFrom(states).Draw(t, "state"); d.State != pay.DeliveryPending {
			d.DoneAt = noon
		}
		insert(t, s, insertDelivery(d))
		made = append(made, d)

		of := rapid.SampledFrom(append(partnerChoice, "")).Draw(t, "of")
		in := rapid.SampledFrom(append(states, "")).Draw(t, "in")
		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		want := kept(made, newest(idOfDelivery), func(d pay.Delivery) bool {
			return oneOrAny(of, d.PartnerID) && oneOrAny(string(in), string(d.State))
		})
		same(t, "deliveries", turned(t, s, limit, idOfDelivery, func(r pay.Reader, from string, limit int) ([]pay.Delivery, error) {
			return r.DeliveryPage(of, in, from, limit)
		}), want)
		same(t, "their number", view(t, s, func(r pay.Reader) (int, error) { return r.CountDeliveries(of, in, limit) }), min(limit, len(want)))
		same(t, "deliveries of a code", view(t, s, func(r pay.Reader) ([]pay.Delivery, error) { return r.DeliveriesOf("1", limit) }),
			upTo(kept(made, newest(idOfDelivery), func(d pay.Delivery) bool { return d.CodeRef == "1" }), limit))
	})
}

func ledgerInPages(t *testing.T, s pay.Storage) {
	accounts := []ledger.Account{"a", "b", "c", "d", "e"}
	var made []ledger.Transfer
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 3).Draw(t, "from")
		to := rapid.IntRange(n+1, 4).Draw(t, "to")
		made = append(made, moved(fmt.Sprintf("%06d", len(made)), accounts[n], accounts[to], int64(1+len(made))))
		made[len(made)-1].Ref = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "ref")
		insert(t, s, insertTransfer(made[len(made)-1]))

		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		heads := make([]ledger.Transfer, len(made))
		entries := map[ledger.Account][]pay.Entry{}
		for i, m := range slices.Backward(made) {
			heads[len(made)-1-i] = ledger.Transfer{ID: m.ID, Kind: m.Kind, Ref: m.Ref, At: m.At}
			for _, p := range m.Postings {
				entries[p.Account] = append(entries[p.Account], pay.Entry{TransferID: m.ID, Kind: m.Kind, Ref: m.Ref, At: m.At, Amount: pay.Rupiah(p.Amount)})
			}
		}
		same(t, "transfers", turned(t, s, limit, idOfTransfer, pay.Reader.TransferPage), heads)
		same(t, "what one cause moved", view(t, s, func(r pay.Reader) ([]ledger.Transfer, error) { return r.TransfersOf("1", limit) }),
			upTo(kept(heads, newest(idOfTransfer), func(m ledger.Transfer) bool { return m.Ref == "1" }), limit))
		account := accounts[n]
		same(t, "entries", turned(t, s, limit, func(e pay.Entry) string { return e.TransferID },
			func(r pay.Reader, from string, limit int) ([]pay.Entry, error) {
				return r.EntryPage(account, from, limit)
			}), entries[account])
		names := kept(accounts, func(a, b ledger.Account) int { return cmp.Compare(a, b) }, func(a ledger.Account) bool { return entries[a] != nil })
		same(t, "accounts", turned(t, s, limit, func(a ledger.Account) string { return string(a) },
			func(r pay.Reader, from string, limit int) ([]ledger.Account, error) {
				return r.AccountPage(ledger.Account(from), limit)
			}), names)
	})
}

func partiesInPages(t *testing.T, s pay.Storage) {
	var ps []pay.Partner
	var ms []pay.Merchant
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		ps, ms = append(ps, somePartner(id)), append(ms, someMerchant("a", id))
		insert(t, s, putPartner(somePartner(id)), putMerchant(someMerchant("a", id)))
	}
	insert(t, s, putMerchant(someMerchant("b", "z")))
	for _, o := range []pay.Outlet{{Kind: pay.Store, ID: "a"}, {Kind: pay.Store, ID: "b"}, {Kind: pay.Terminal, ID: "KASIR 1"}, {Kind: pay.Terminal, ID: "a"}} {
		o.PartnerID, o.MerchantID, o.Standing = "a", "a", pay.Active
		elsewhere := o
		elsewhere.MerchantID = "b"
		insert(t, s, func(tx pay.Tx) error { return errors.Join(tx.PutOutlet(o), tx.PutOutlet(elsewhere)) })
	}
	outlets := view(t, s, func(r pay.Reader) ([]pay.Outlet, error) { return r.Outlets("a", "a") }) // in the engine's order of ids
	var wallets []pay.Payer
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		wallets = append(wallets, somePayer(id))
		insert(t, s, insertPayer(somePayer(id)))
	}
	for limit := 1; limit < 7; limit++ {
		same(t, "payers", turned(t, s, limit, func(p pay.Payer) string { return p.ID }, pay.Reader.PayerPage), wallets)
		same(t, "partners", turned(t, s, limit, func(p pay.Partner) string { return p.ID }, pay.Reader.PartnerPage), ps)
		same(t, "merchants", turned(t, s, limit, func(m pay.Merchant) string { return m.ID },
			func(r pay.Reader, from string, limit int) ([]pay.Merchant, error) {
				return r.MerchantPage("a", from, limit)
			}), ms)
		same(t, "outlets", turned(t, s, limit, func(o pay.Outlet) string { return string(o.Kind) + "/" + o.ID },
			func(r pay.Reader, from string, limit int) ([]pay.Outlet, error) {
				kind, id, _ := strings.Cut(from, "/")
				return r.OutletPage("a", "a", pay.OutletKind(kind), id, limit)
			}), outlets)
	}
}

func settlementsInPages(t *testing.T, s pay.Storage) {
	var ofDay, days []pay.Settlement
	for d := range 4 {
		date := fmt.Sprintf("2026-01-0%d", 4-d)
		sum := pay.Settlement{Day: date}
		for i := range 5 {
			one := pay.Settlement{
				ID: fmt.Sprint(d, i), PartnerID: []string{"p", "q"}[i/3], MerchantID: fmt.Sprint(i), Day: date,
				Gross: pay.Rp(10), MDR: 3, Refunds: 2, MDRBack: 1, Count: 4, At: noon.Add(time.Duration(i) * time.Second),
			}
			insert(t, s, insertSettlement(one))
			sum.Gross, sum.MDR, sum.Refunds, sum.MDRBack = sum.Gross+one.Gross, sum.MDR+one.MDR, sum.Refunds+one.Refunds, sum.MDRBack+one.MDRBack
			sum.Count, sum.At = sum.Count+one.Count, one.At
			if d == 1 {
				ofDay = append(ofDay, one)
			}
		}
		days = append(days, sum)
	}
	for limit := 1; limit < 7; limit++ {
		same(t, "days", turned(t, s, limit, func(d pay.Settlement) string { return d.Day }, pay.Reader.SettledDays), days)
		same(t, "a day", turned(t, s, limit, func(d pay.Settlement) string { return d.PartnerID + "/" + d.MerchantID },
			func(r pay.Reader, from string, limit int) ([]pay.Settlement, error) {
				partner, merchant := "", ""
				if from != "" {
					partner, merchant = from[:1], from[2:]
				}
				return r.SettlementPage(ofDay[0].Day, partner, merchant, limit)
			}), ofDay)
	}
}

// userLife adds users, changes one, and meets a name that is taken.
func userLife(t *testing.T, s pay.Storage) {
	ani := pay.User{Name: "ani", Role: pay.Viewer, Password: "derived", Standing: pay.Active, CreatedAt: noon}
	budi := ani
	budi.Name, budi.Role = "budi", pay.Admin
	add := func(u pay.User) func(pay.Tx) error { return func(tx pay.Tx) error { return tx.InsertUser(u) } }
	insert(t, s, add(budi), add(ani))
	insert(t, s, func(tx pay.Tx) error {
		is(t, tx.InsertUser(budi), pay.ErrExists)
		is(t, tx.SetUser(pay.User{Name: "cici", Role: pay.Viewer, Standing: pay.Active}), pay.ErrNotFound)
		return nil
	})
	ani.Role, ani.Password, ani.Standing = pay.Operator, "another", pay.Suspended
	insert(t, s, func(tx pay.Tx) error { return tx.SetUser(ani) })
	same(t, "users", view(t, s, pay.Reader.Users), []pay.User{ani, budi})
	same(t, "ani", view(t, s, func(r pay.Reader) (pay.User, error) { return r.User("ani") }), ani)
}

// actsEndOnce writes acts, ends them, and reads them in pages.
func actsEndOnce(t *testing.T, s pay.Storage) {
	var made []pay.Act
	for i := range 9 {
		a := pay.Act{
			ID: fmt.Sprintf("%02d", 9-i), At: noon, Who: []string{"ani", "budi", "budi"}[i%3], Role: pay.Operator,
			Origin: "127.0.0.1", Verb: "code.cancel", Subject: "1", Detail: "why",
		}
		insert(t, s, func(tx pay.Tx) error { return tx.InsertAct(a) })
		if i%2 == 0 {
			a.Outcome = pay.ActDone
			insert(t, s, func(tx pay.Tx) error { return tx.EndAct(a.ID, a.Outcome) })
			insert(t, s, func(tx pay.Tx) error { is(t, tx.EndAct(a.ID, "again"), pay.ErrNotFound); return nil })
		}
		made = append(made, a)
	}
	for _, who := range []string{"", "ani", "budi", "cici"} {
		want := kept(made, newest(func(a pay.Act) string { return a.ID }), func(a pay.Act) bool { return oneOrAny(who, a.Who) })
		for limit := 1; limit < 11; limit++ {
			same(t, "acts of "+who, turned(t, s, limit, func(a pay.Act) string { return a.ID },
				func(r pay.Reader, from string, limit int) ([]pay.Act, error) { return r.ActPage(who, from, limit) }), want)
		}
	}
}
