package storage

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/seal"
	"github.com/qrisd/qrisd/qris"
)

// fair is a day at a market: a real Core that carries out every verb, so that
// every table has rows and every state its examples.
type fair struct {
	t      testing.TB
	core   *pay.Core
	store  *Store
	now    time.Time
	orders int
}

// morning is when the fair opens.
var morning = time.Date(2026, 1, 31, 8, 0, 0, 0, pay.Jakarta)

// fairKeys are those of a fair that was closed.
var fairKeys = under(seal.Draw())

// holdFair fills a store with a fair.
func holdFair(t testing.TB, s *Store) {
	f := &fair{t: t, store: s, now: morning}
	f.core = pay.New(s, func() time.Time { f.now = f.now.Add(time.Millisecond); return f.now }, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	f.open()
	f.sell()
	f.sellStatic()
	f.giveBack()
	f.seal()
	f.abandon()
	f.grant()
	f.notify()
	f.closeDays()
	f.act("payer.fund", "budi")
	f.seal()
	f.sellStatic() // nobody seals this
	f.administer()
}

func (f *fair) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fair) partner(id string) *pay.Partner {
	f.t.Helper()
	p, err := f.core.Partner(context.Background(), id)
	f.must(err)
	return p
}

func (f *fair) open() {
	ctx := context.Background()
	for i, id := range []string{"P", "Q", "I"} {
		p := pay.Partner{ID: id, Name: "Partner " + id, ClientKey: "key " + id, ClientSecret: "s", PublicKey: "k", ChannelID: "95221", Dialect: "aspi", Standing: pay.Active, CreatedAt: f.now}
		if id == "P" {
			p.NotifyURL = "https://p.example/notify"
			p.Settings.Denied = []string{"list"}
		}
		f.must(f.core.PutPartner(ctx, p))
		for j, criteria := range []string{"UMI", "URE"} {
			m := pay.Merchant{
				PartnerID: id, ID: fmt.Sprintf("M%d", j), Name: "Toko " + id, City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: criteria,
				Category: "", NMID: "ID1026000000012", MPAN: fmt.Sprintf("93600999%010d", 2*i+j+1), Standing: pay.Active, CreatedAt: f.now,
			}
			if j == 1 {
				m.DayLimit, m.MaxAmount, m.NotifyURL = pay.Rp(100_000_000), pay.Rp(20_000_000), ""
			}
			f.must(f.core.PutMerchant(ctx, m))
		}
	}
	f.must(f.core.PutOutlet(ctx, pay.Outlet{PartnerID: "P", MerchantID: "M0", Kind: pay.Store, ID: "S1", Standing: pay.Active}))
	f.must(f.core.AddPayer(ctx, pay.Payer{ID: "budi", Name: "Budi", Standing: pay.Active, CreatedAt: f.now}, pay.Rp(50_000_000)))
	f.must(f.core.AddPayer(ctx, pay.Payer{ID: "siti", Name: "Siti", Standing: pay.Active, DayLimit: pay.Rp(9_000_000), MonthLimit: pay.Rp(9_000_000), CreatedAt: f.now}, pay.Rp(10_000_000)))
}

// generate makes a code of a partner's second merchant with a mark; 0 is a
// static one.
func (f *fair) generate(partner string, rupiah int64, change func(*pay.GenerateRequest)) pay.Code {
	f.t.Helper()
	f.orders++
	order := fmt.Sprintf("order %d", f.orders)
	req := pay.GenerateRequest{
		Partner: f.partner(partner), MerchantID: "M1", PartnerRef: order, Amount: pay.Rp(rupiah), Fee: 100, StoreID: "S1", TerminalID: "T1", Echo: "e",
		Marks: []pay.Mark{{PartnerID: partner, Scope: pay.ScopeCode, Kind: pay.ByReference, Key: order, Body: [32]byte{1}}},
	}
	if change != nil {
		change(&req)
	}
	c, err := f.core.Generate(context.Background(), req)
	f.must(err)
	return c
}

func (f *fair) pay(payer, payload string, rupiah int64) pay.Payment {
	f.t.Helper()
	f.orders++
	p, err := f.core.Pay(context.Background(), pay.PayRequest{
		Partner: f.partner("I"), PartnerRef: fmt.Sprintf("payment %d", f.orders), PayerID: payer, Payload: payload, Amount: pay.Rp(rupiah), Fee: pay.Rp(1),
		Marks: []pay.Mark{{PartnerID: "I", Kind: pay.ByExternalID, Key: fmt.Sprint(f.orders), Day: pay.Day(f.now)}},
	})
	f.must(err)
	return p
}

// sell has codes that are paid, by an outsider too, and one of another
// institution.
func (f *fair) sell() {
	for range 3 {
		f.pay("budi", f.generate("P", 150_000, nil).Payload, 0)
	}
	f.pay("siti", f.generate("Q", 20_000, func(r *pay.GenerateRequest) {
		r.CallbackURL = "https://shop.example/paid"
		r.ExpiresAt = f.now.Add(time.Hour)
	}).Payload, 0)
	_, err := f.core.Pay(context.Background(), pay.PayRequest{PayerID: "budi", Payload: f.generate("Q", 5_000, nil).Payload})
	f.must(err)
	f.generate("P", 70_000, nil) // nobody comes
	f.pay("budi", f.foreign(), 0)
}

// foreign is a payload of another institution.
func (f *fair) foreign() string {
	payload, err := qris.Encode(qris.Spec{
		GUID: "ID.CO.BANK.WWW", MPAN: "936000020000000017", MerchantID: "17", Criteria: "UKE", MCC: "5812",
		Name: "WARUNG", City: "BOGOR", PostalCode: "16111", Amount: 4_000_000,
	})
	f.must(err)
	return payload
}

func (f *fair) sellStatic() {
	c := f.generate("P", 0, nil)
	f.pay("budi", c.Payload, 11_000)
	f.pay("siti", c.Payload, 12_000)
	dated := f.generate("P", 0, func(r *pay.GenerateRequest) { r.ExpiresAt = f.now.Add(time.Hour) })
	f.pay("budi", dated.Payload, 13_000)
}

func (f *fair) refund(partner, ref string, rupiah int64) {
	f.t.Helper()
	f.orders++
	_, err := f.core.Refund(context.Background(), pay.RefundRequest{
		Partner: f.partner(partner), Original: pay.Original{Ref: ref}, PartnerRef: fmt.Sprintf("return %d", f.orders), Amount: pay.Rp(rupiah), Reason: "broken",
		Marks: []pay.Mark{{PartnerID: partner, Scope: pay.ScopeRefund, Kind: pay.ByReference, Key: fmt.Sprint(f.orders)}},
	})
	f.must(err)
}

// giveBack refunds in parts, wholly, what was paid elsewhere, and all that a
// merchant has sold.
func (f *fair) giveBack() {
	part := f.pay("budi", f.generate("P", 1_000_000, nil).Payload, 0)
	f.refund("P", part.CodeRef, 300_000)
	f.refund("P", part.CodeRef, 100)
	whole := f.pay("budi", f.generate("P", 500_000, nil).Payload, 0)
	f.refund("P", whole.CodeRef, 33_333)
	f.refund("P", whole.CodeRef, 0)
	f.refund("I", f.pay("budi", f.foreign(), 0).Ref, 10_000)
	even := f.pay("budi", f.generate("I", 40_000, nil).Payload, 0)
	f.refund("I", even.CodeRef, 0)
}

// abandon has codes that are cancelled, and codes whose time passes.
func (f *fair) abandon() {
	ctx := context.Background()
	for _, rupiah := range []int64{30_000, 0} {
		c := f.generate("P", rupiah, func(r *pay.GenerateRequest) { r.ExpiresAt = f.now.Add(time.Hour) })
		_, err := f.core.Cancel(ctx, f.partner("P"), pay.Original{Ref: c.Ref}, []pay.Mark{{PartnerID: "P", Kind: pay.ByExternalID, Key: c.Ref}})
		f.must(err)
	}
	f.generate("P", 90_000, func(r *pay.GenerateRequest) { r.ExpiresAt = f.now.Add(time.Hour) })
	f.now = f.now.Add(2 * time.Hour)
	n, err := f.core.Expire(ctx)
	f.must(err)
	if n != 2 {
		f.t.Fatalf("%d codes expired, not a dynamic and a static one", n)
	}
}

func (f *fair) grant() {
	ctx := context.Background()
	i := f.partner("I")
	_, err := f.core.IssueB2B(ctx, i, time.Hour)
	f.must(err)
	code, err := f.core.Authorize(ctx, i, "budi")
	f.must(err)
	access, err := f.core.Exchange(ctx, i, pay.TokenAuthCode, code.Text, time.Hour, 24*time.Hour)
	f.must(err)
	_, err = f.core.Exchange(ctx, i, pay.TokenRefresh, access.Refresh.Text, time.Hour, 24*time.Hour)
	f.must(err)
	_, err = f.core.IssueOTT(ctx, access.Customer.Token, []pay.Mark{{PartnerID: "I", Kind: pay.ByExternalID, Key: "ott"}})
	f.must(err)
	_, err = f.core.Authorize(ctx, i, "siti") // not used
	f.must(err)
}

// notify has deliveries that are delivered after a try, failed, sent again and
// held, and some that wait.
func (f *fair) notify() {
	ctx := context.Background()
	due, err := f.core.ClaimDeliveries(ctx, "node 1", 4)
	f.must(err)
	if len(due) != 4 {
		f.t.Fatalf("%d deliveries are due, not 4", len(due))
	}
	try := func(d pay.Delivery, number int, state pay.DeliveryState) {
		_, err := f.core.FixBody(ctx, d.ID, `{"a":1}`)
		f.must(err)
		now := f.core.Now()
		f.must(f.core.Tried(ctx, pay.Attempt{DeliveryID: d.ID, Number: number, URL: "https://p.example", At: now, Millis: 3, Status: 200, Answer: "ok"}, state, now))
	}
	try(due[0], 1, pay.DeliveryPending)
	try(due[0], 2, pay.DeliveryDone)
	try(due[1], 1, pay.DeliveryFailed)
	try(due[2], 1, pay.DeliveryFailed)
	f.must(f.core.Resend(ctx, due[2].ID))
	// due[3] stays with its node
}

// closeDays settles the day, then gives something of it back.
func (f *fair) closeDays() {
	ctx := context.Background()
	f.now = f.now.AddDate(0, 0, 1)
	closed, err := f.core.Settle(ctx, pay.Day(morning))
	f.must(err)
	var none int
	for _, s := range closed {
		if s.Net() == 0 {
			none++
		}
	}
	if len(closed) != 3 || none != 1 {
		f.t.Fatalf("%d settlements, of which %d of nothing; want 3 and 1", len(closed), none)
	}
	f.pay("budi", f.generate("Q", 60_000, nil).Payload, 0)
	f.now = f.now.AddDate(0, 0, 1)
}

// seal puts into the chain what is not in it yet.
func (f *fair) seal() {
	f.t.Helper()
	for more := true; more; {
		var err error
		more, err = f.core.Under(pay.Lease{}).Seal(context.Background(), pay.Sealing{Now: time.Now()})
		f.must(err)
	}
}

func (f *fair) act(verb, subject string) {
	act := pay.Act{At: f.now, Who: "ani", Role: pay.Admin, Origin: "127.0.0.1", Verb: verb, Subject: subject, Detail: "viewer"}
	f.must(f.core.Do(context.Background(), act, func() error { return nil }))
}

func (f *fair) administer() {
	ani := pay.User{Name: "ani", Role: pay.Admin, Password: "derived", Standing: pay.Active, CreatedAt: f.now}
	f.must(f.store.Update(context.Background(), func(tx pay.Tx) error { return tx.InsertUser(ani) }))
	f.act("user.add", "budi")
	f.must(f.store.Update(context.Background(), func(tx pay.Tx) error {
		if err := tx.PutSetting("admin.token", "t"); err != nil {
			return err
		}
		if _, err := tx.TakeLease("leader", "node 1", morning, morning.Add(time.Minute)); err != nil {
			return err
		}
		return tx.TakeQuota("partner P", 1, 1, 9)
	}))
}

// fairFile is the file of a store in which a fair was held, made once.
var fairFile struct {
	once sync.Once
	text []byte
}

// closedFair is a file of such a store, that nobody has open.
func closedFair(t *testing.T) string {
	t.Helper()
	fairFile.once.Do(func() {
		path := filepath.Join(t.TempDir(), "books.db")
		s := mustOpen(t, path, Options{Keys: fairKeys})
		holdFair(t, s)
		mustClose(t, s)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fairFile.text = text
	})
	path := filepath.Join(t.TempDir(), "books.db")
	if err := os.WriteFile(path, fairFile.text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
