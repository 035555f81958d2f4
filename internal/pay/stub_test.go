package pay_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/qris"
)

// stubbed is a storage of which a test answers some calls itself.
type stubbed struct {
	pay.Storage
	reader func(pay.Reader) pay.Reader
	tx     func(pay.Tx) pay.Tx
}

func (s stubbed) View(ctx context.Context, f func(pay.Reader) error) error {
	return s.Storage.View(ctx, func(r pay.Reader) error {
		if s.reader != nil {
			r = s.reader(r)
		}
		return f(r)
	})
}

func (s stubbed) Update(ctx context.Context, f func(pay.Tx) error) error {
	return s.Storage.Update(ctx, func(tx pay.Tx) error {
		if s.tx != nil {
			tx = s.tx(tx)
		}
		return f(tx)
	})
}

// on is a core on the counter's books through a stub.
func (c *counter) on(s stubbed) *pay.Core {
	s.Storage = c.store
	return pay.New(s, func() time.Time { return c.now }, c.dice, pay.DefaultPolicy(), pay.NationalSwitch{})
}

// forged are books in which something is wrong.
type forged struct {
	pay.Reader
	balance    pay.Rupiah
	unbalanced []string
	err        error
	limits     *[2]int
}

func (f forged) Balances(visit func(ledger.Account, pay.Rupiah) error) error {
	return errors.Join(visit("a", 100), visit("b", f.balance-100), f.err)
}

func (f forged) UnbalancedTransfers(limit int) ([]string, error) {
	f.limits[0] = limit
	return f.unbalanced, nil
}

func (f forged) WrongWallets(limit int) ([]string, error) {
	f.limits[1] = limit
	return nil, nil
}

// TestForgedBooks: whatever is wrong with the books by itself, they do not
// balance.
func TestForgedBooks(t *testing.T) {
	c := newCounter(t)
	for name, row := range map[string]struct {
		books    forged
		balanced bool
	}{
		"sound":                 {forged{}, true},
		"a sum that is off":     {forged{balance: 1}, false},
		"a transfer that is":    {forged{unbalanced: []string{"t"}}, false},
		"nobody knows":          {forged{err: errBroken}, false},
		"both, by the accounts": {forged{balance: -1, unbalanced: []string{"t"}}, false},
	} {
		var limits [2]int
		core := c.on(stubbed{reader: func(r pay.Reader) pay.Reader {
			row.books.Reader, row.books.limits = r, &limits
			return row.books
		}})
		got, err := core.CheckBooks(t.Context())
		if got.Balanced != row.balanced || !errors.Is(err, row.books.err) || got.Total != row.books.balance || limits != [2]int{10, 10} {
			t.Errorf("%s: %+v, %v, after %v rows", name, got, err, limits)
		}
	}
}

// again is a storage that runs every function twice, as one may.
type again struct{ pay.Storage }

func (a again) View(ctx context.Context, f func(pay.Reader) error) error {
	return a.Storage.View(ctx, func(r pay.Reader) error { return errors.Join(f(r), f(r)) })
}

// TestBooksReadTwice: each account counts once.
func TestBooksReadTwice(t *testing.T) {
	c := newCounter(t)
	core := pay.New(again{c.store}, func() time.Time { return c.now }, c.dice, pay.DefaultPolicy(), pay.NationalSwitch{})
	if books, err := core.CheckBooks(t.Context()); err != nil || len(books.Accounts) != 2 {
		t.Errorf("%+v, %v", books, err)
	}
}

// TestEditsTell: who edits is given what is there now, and an address that was
// shown without its password keeps it.
func TestEditsTell(t *testing.T) {
	c := newCounter(t)
	const secret, shown = "https://toko:rahasia@toko.example/", "https://toko:xxxxx@toko.example/"
	for _, address := range []string{secret, shown} {
		p, err := c.EditPartner(t.Context(), "p", func(p *pay.Partner) error { p.NotifyURL = address; return nil })
		if err != nil || p.ID != "p" || p.NotifyURL != secret {
			t.Errorf("%+v, %v", p, err)
		}
		m, err := c.EditMerchant(t.Context(), "p", "m", func(m *pay.Merchant) error { m.NotifyURL = address; return nil })
		if err != nil || m.ID != "m" || m.NotifyURL != secret {
			t.Errorf("%+v, %v", m, err)
		}
	}
	if budi, err := c.EditPayer(t.Context(), "budi", func(p *pay.Payer) error { p.DayLimit = 1; return nil }); err != nil || budi.ID != "budi" || budi.DayLimit != 1 {
		t.Errorf("%+v, %v", budi, err)
	}
	dynamic := toko("n", theirMPAN)
	dynamic.NMID = "" // which only a static code must have
	if err := c.AddMerchant(t.Context(), dynamic); err != nil {
		t.Errorf("a merchant without NMID: %v", err)
	}
}

// TestPayerWithMoneyOrNone: a payer who cannot be given the money is not added.
func TestPayerWithMoneyOrNone(t *testing.T) {
	c := newCounter(t)
	if err := c.AddPayer(t.Context(), pay.Payer{ID: "ani"}, -1); pay.KindOf(err) != pay.InvalidFormat {
		t.Errorf("less than nothing: %v", err)
	}
	must(t, c.AddPayer(t.Context(), pay.Payer{ID: "ani", Balance: pay.Rp(5)}, pay.Rp(7)))
	must(t, c.AddPayer(t.Context(), pay.Payer{ID: "siti", Balance: pay.Rp(5)}, 0))
	books, err := c.CheckBooks(t.Context())
	if err != nil || !books.Balanced {
		t.Errorf("%+v, %v", books, err)
	}
	for _, p := range c.state().payers {
		if want := map[string]pay.Rupiah{"ani": pay.Rp(7), "siti": 0, "budi": pay.Rp(100_000)}[p.ID]; p.Balance != want {
			t.Errorf("%s has %s", p.ID, p.Balance)
		}
	}
}

// TestActsAreTidied: what the log cannot take does not keep it from being
// written.
func TestActsAreTidied(t *testing.T) {
	c := newCounter(t)
	act := pay.Act{At: c.now, Who: "a\x00b", Subject: strings.Repeat("x", 1001), Detail: "\xff"}
	must(t, c.Do(t.Context(), act, func() error { return nil }))
	must(t, c.Inspect(t.Context(), func(r pay.Reader) error {
		acts, err := r.ActPage("", "", 1)
		if err == nil && (acts[0].Who != "a?b" || len(acts[0].Subject) != 1000 || acts[0].Detail != "") {
			t.Errorf("the log holds %+v", acts[0])
		}
		return err
	}))
}

// TestCancelledOnce: the second time the answer is the same, and nothing is
// told.
func TestCancelledOnce(t *testing.T) {
	c := newCounter(t)
	look := telling(c.Core)
	code := c.code(pay.Rp(1000))
	for _, told := range [][]pay.EventKind{{pay.EventCodeCreated, pay.EventCodeCancelled}, nil} {
		got, err := c.Cancel(t.Context(), c.partner, pay.Original{Ref: code.Ref}, nil)
		if err != nil || got.Status != pay.StatusCancelled || got.Ref() != code.Ref || !got.At.Equal(c.now) {
			t.Errorf("%+v, %v", got, err)
		}
		if events := look(); !slices.Equal(events, told) {
			t.Errorf("told %v, want %v", events, told)
		}
	}
}

// paidMeanwhile is a transaction in which a code's second look for payments
// finds one.
type paidMeanwhile struct {
	pay.Tx
	looks *int
	at    time.Time
}

func (p paidMeanwhile) LatestPayment(ref string) (pay.Payment, error) {
	if *p.looks++; *p.looks == 1 {
		return p.Tx.LatestPayment(ref)
	}
	return pay.Payment{CodeRef: ref, At: p.at}, nil
}

// TestPaidWhileItEnds: a static code that is paid between the looks ends
// behind that payment.
func TestPaidWhileItEnds(t *testing.T) {
	c := newCounter(t)
	static, looks := c.code(0), 0
	core := c.on(stubbed{tx: func(tx pay.Tx) pay.Tx { return paidMeanwhile{tx, &looks, c.now} }})
	ended, err := core.ExpireNow(t.Context(), static.Ref)
	if err != nil || !ended.ExpiresAt.Equal(c.now.Add(time.Microsecond)) || looks != 4 {
		t.Errorf("it ended at %v after %d looks: %v", ended.ExpiresAt, looks, err)
	}
}

// TestNothingToExpire: without a code that is due nothing is written.
func TestNothingToExpire(t *testing.T) {
	c := newCounter(t)
	core := c.with(failingAt("Update", errBroken))
	if n, err := core.Expire(t.Context()); n != 0 || err != nil {
		t.Errorf("%d codes, %v", n, err)
	}
	c.code(pay.Rp(1000))
	c.now = c.now.Add(2 * time.Hour)
	if n, err := c.Expire(t.Context()); n != 1 || err != nil {
		t.Errorf("%d codes, %v", n, err)
	}
}

// asked notes what was asked of a chain.
type asked struct {
	pay.Reader
	how *pay.Drafting
}

func (a asked) Draft(how pay.Drafting) (pay.Draft, error) {
	*a.how = how
	return a.Reader.Draft(how)
}

type appended struct {
	pay.Tx
	block *pay.Block
}

func (a appended) AppendBlock(b pay.Block) error {
	*a.block = b
	return a.Tx.AppendBlock(b)
}

// TestSealAsks: of which transfers the next block is drafted, and of when it is.
func TestSealAsks(t *testing.T) {
	c := newCounter(t)
	var how pay.Drafting
	var block pay.Block
	core := c.on(stubbed{
		reader: func(r pay.Reader) pay.Reader { return asked{r, &how} },
		tx:     func(tx pay.Tx) pay.Tx { return appended{tx, &block} },
	})
	_, err := core.Under(pay.Lease{}).Seal(t.Context(), pay.Sealing{Now: c.now, Until: time.UnixMilli(1 << 17), Since: time.UnixMilli(1 << 16)})
	want := pay.Drafting{Before: "00000002-0000-7000-8000-000000000000", Since: "00000001-0000-7000-8000-000000000000", Limit: 4000}
	if err != nil || how != want || !block.At.Equal(c.now) {
		t.Errorf("asked for %+v, appended %+v, %v", how, block, err)
	}
}

// TestTogetherForgets: what the core remembers is read anew after other verbs
// in one transaction, and a verb in it sees what is missing.
func TestTogetherForgets(t *testing.T) {
	c := newCounter(t)
	ctx := t.Context()
	token, err := c.IssueB2B(ctx, c.partner, time.Hour)
	must(t, err)
	_, err = c.B2B(ctx, token.Text)
	must(t, err)
	_, err = c.Partner(ctx, "p")
	must(t, err)
	must(t, c.Together(ctx, "seed", func(core *pay.Core) error {
		if _, err := core.Partner(ctx, "none"); !errors.Is(err, pay.ErrNotFound) {
			t.Errorf("a partner that is not there: %v", err)
		}
		return core.Clear(ctx)
	}))
	if _, err := c.Partner(ctx, "p"); !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("a partner that was cleared: %v", err)
	}
	if _, err := c.B2B(ctx, token.Text); pay.KindOf(err) != pay.TokenNotFound {
		t.Errorf("a token that was cleared: %v", err)
	}
}

// TestCatchUpForgets: after a look that finds a change a node knows no token
// any more, and a look of which a part fails has not been.
func TestCatchUpForgets(t *testing.T) {
	c := newCluster(t, engines["sqlite"](t, 2))
	ctx := t.Context()
	token, err := c.nodes[0].IssueB2B(ctx, c.partner, time.Hour)
	must(t, err)
	c.catchUp(t, 1)
	_, err = c.nodes[1].B2B(ctx, token.Text)
	must(t, err)
	must(t, c.nodes[0].Clear(ctx))
	for range 2 {
		if err := c.nodes[1].CatchUp(ctx, func(pay.Reader) error { return errBroken }); !errors.Is(err, errBroken) {
			t.Errorf("a look that fails: %v", err)
		}
	}
	if !c.catchUp(t, 1) {
		t.Error("after looks that failed nothing has changed")
	}
	if _, err := c.nodes[1].B2B(ctx, token.Text); pay.KindOf(err) != pay.TokenNotFound {
		t.Errorf("a token that another node has cleared: %v", err)
	}
}

// TestDecodeNamesTheRoute: a payload that no switch can route is refused before
// anybody pays it.
func TestDecodeNamesTheRoute(t *testing.T) {
	c := newCounter(t)
	if scan, err := c.Decode(t.Context(), c.theirs(qris.Tip{})); err != nil || scan.Merchant != nil || scan.Code != nil || scan.QR.Name != "Warung" {
		t.Errorf("another institution's: %+v, %v", scan, err)
	}
	nowhere := emv.AppendCRC([]byte("00020101021126340011COM.EXAMPLE011041230000000201152045812530336054041000" + "5802SG5906Warung6009SINGAPORE"))
	if _, err := c.Decode(t.Context(), string(nowhere)); pay.KindOf(err) != pay.Unroutable {
		t.Errorf("nobody's: %v", err)
	}
}

// TestEventsSay: what is told of a code, a payment and a refund, here and
// elsewhere.
func TestEventsSay(t *testing.T) {
	c := newCounter(t)
	ctx, begun := t.Context(), c.now
	var told []pay.Event
	c.OnEvent(func(e pay.Event) { told = append(told, e) })
	says := func(what string, want ...pay.Event) {
		t.Helper()
		for i := range told {
			told[i].At = told[i].At.In(time.UTC)
		}
		for i := range want {
			want[i].At = want[i].At.In(time.UTC)
		}
		if !slices.Equal(told, want) {
			t.Errorf("of %s is told\n%+v, want\n%+v", what, told, want)
		}
		told = nil
	}
	code, static, gone := c.code(pay.Rp(1000)), c.code(0), c.code(pay.Rp(5))
	says("codes", pay.Event{Kind: pay.EventCodeCreated, PartnerID: "p", Ref: code.Ref, Amount: pay.Rp(1000), At: begun},
		pay.Event{Kind: pay.EventCodeCreated, PartnerID: "p", Ref: static.Ref, At: begun},
		pay.Event{Kind: pay.EventCodeCreated, PartnerID: "p", Ref: gone.Ref, Amount: pay.Rp(5), At: begun})
	c.now = begun.Add(time.Minute)
	p, err := c.Pay(ctx, pay.PayRequest{PayerID: "budi", Payload: code.Payload})
	must(t, err)
	paid := pay.Event{Kind: pay.EventPaid, PartnerID: "p", Ref: code.Ref, PaymentRef: p.Ref, Amount: pay.Rp(1000), At: c.now}
	closed := paid
	closed.Kind = pay.EventCodePaid
	says("a payment", closed, paid)
	q, err := c.Pay(ctx, pay.PayRequest{PayerID: "budi", Payload: static.Payload, Amount: pay.Rp(7)})
	must(t, err)
	says("a payment of a static code", pay.Event{Kind: pay.EventPaid, PartnerID: "p", Ref: static.Ref, PaymentRef: q.Ref, Amount: pay.Rp(7), At: c.now})
	away, err := c.Pay(ctx, pay.PayRequest{Partner: c.partner, PayerID: "budi", Payload: c.theirs(qris.Tip{})})
	must(t, err)
	says("a payment elsewhere", pay.Event{Kind: pay.EventPaid, PartnerID: "p", Ref: away.Ref, PaymentRef: away.Ref, Amount: pay.Rp(10_000), At: c.now})
	for ref, want := range map[string]pay.Event{
		code.Ref: {Kind: pay.EventRefunded, PartnerID: "p", Ref: code.Ref, PaymentRef: p.Ref, Amount: pay.Rp(3), At: c.now},
		away.Ref: {Kind: pay.EventRefunded, PartnerID: "p", Ref: away.Ref, PaymentRef: away.Ref, Amount: pay.Rp(3), At: c.now},
	} {
		_, err := c.Refund(ctx, pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: ref}, Amount: pay.Rp(3)})
		must(t, err)
		says("a refund", want)
	}
	c.now = gone.ExpiresAt.Add(time.Minute)
	_, err = c.Expire(ctx)
	must(t, err)
	for i := range told { // two codes end, in either order
		if told[i].Ref == static.Ref {
			told = slices.Delete(told, i, i+1)
			break
		}
	}
	says("a code's end", pay.Event{Kind: pay.EventCodeExpired, PartnerID: "p", Ref: gone.Ref, Amount: pay.Rp(5), At: gone.ExpiresAt})
}

// passedBy is a transaction that leaves one of the codes that are due out of
// its batch, as one that is being paid elsewhere.
type passedBy struct {
	pay.Tx
	code   pay.Code
	limits *[2]int
}

func (p passedBy) DueCodes(now time.Time, limit int) ([]pay.Code, error) {
	p.limits[0] = limit
	due, err := p.Tx.DueCodes(now, limit)
	return append(due, p.code), err
}

func (p passedBy) ExpireCodes(now time.Time, limit int) (int, error) {
	p.limits[1] = limit
	return p.Tx.ExpireCodes(now, limit)
}

// TestOnlyTheExpiredAreTold: of a batch from which a code was left out each is
// looked at again.
func TestOnlyTheExpiredAreTold(t *testing.T) {
	c := newCounter(t)
	paid, _ := c.paid(pay.Rp(1000))
	gone := c.code(pay.Rp(5))
	c.now = gone.ExpiresAt.Add(time.Minute)
	var limits [2]int
	expire := func(f *faults) ([]string, error) {
		var told []string
		core := c.on(stubbed{tx: func(tx pay.Tx) pay.Tx { return faultyTx{passedBy{tx, paid, &limits}, f} }})
		core.OnEvent(func(e pay.Event) { told = append(told, e.Ref) })
		_, err := core.Expire(t.Context())
		return told, err
	}
	if told, err := expire(failingAt("Code", errBroken)); !errors.Is(err, errBroken) || told != nil {
		t.Errorf("told %v, %v", told, err)
	}
	told, err := expire(failing(-1))
	if err != nil || !slices.Equal(told, []string{gone.Ref}) || limits != [2]int{500, 500} {
		t.Errorf("told %v of batches of %v, %v", told, limits, err)
	}
}

// TestTextsOfAPayload: names, cities and labels that are too long are cut to
// what fits, and to no less; without a terminal there is the usual label.
func TestTextsOfAPayload(t *testing.T) {
	for _, n := range []int{0, 1} {
		c := newCounter(t)
		c.merchant(func(m *pay.Merchant) { m.Name, m.City = strings.Repeat("N", 25+n), strings.Repeat("C", 15+n) })
		for terminal, label := range map[string]string{"": "A01", "T1": "T1", strings.Repeat("T", 25+n): strings.Repeat("T", 25)} {
			code, err := c.Generate(t.Context(), pay.GenerateRequest{Partner: c.partner, MerchantID: "m", TerminalID: terminal, Amount: pay.Rp(1)})
			must(t, err)
			qr, err := qris.Decode(code.Payload)
			must(t, err)
			name := strings.Repeat("N", 25)
			if code.MerchantName != name || qr.Name != name || qr.City != strings.Repeat("C", 15) || qr.TerminalLabel != label {
				t.Errorf("%d more: %+v reads %+v", n, code, qr)
			}
		}
	}
}

// TestSmallestLimit: a limit may be a sen.
func TestSmallestLimit(t *testing.T) {
	for _, l := range [][2]pay.Rupiah{{1, 0}, {0, 1}} {
		c := newCounter(t)
		must(t, limits(c, l[0], l[1]))
		static := c.code(0).Payload
		c.refusedAs("two sen", pay.OverPayerLimit, "amount", func() error { return c.pay(pay.PayRequest{PayerID: "budi", Payload: static, Amount: 2}) })
	}
	c := newCounter(t)
	c.merchant(func(m *pay.Merchant) { m.MaxAmount = 1 })
	static := c.code(0).Payload
	c.refusedAs("two sen", pay.OverTransactionMax, "amount", func() error { return c.pay(pay.PayRequest{PayerID: "budi", Payload: static, Amount: 2}) })
	must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: static, Amount: 1}))
}

// TestFundsAreNamed: what is not covered is the amount and the fee.
func TestFundsAreNamed(t *testing.T) {
	c := newCounter(t)
	err := c.pay(pay.PayRequest{PayerID: "budi", Payload: c.code(0).Payload, Amount: pay.Rp(100_000), Fee: pay.Rp(10)})
	if pay.KindOf(err) != pay.InsufficientFunds || !strings.HasSuffix(err.Error(), "does not cover 100010.00") {
		t.Errorf("refused with %v", err)
	}
}

// TestListWritesNothing: where nothing is to be remembered.
func TestListWritesNothing(t *testing.T) {
	c := newCounter(t)
	c.code(pay.Rp(1))
	core := c.with(failingAt("Update", errBroken))
	if refs, _, err := listed(core, pay.ListRequest{Partner: c.partner, Day: pay.Day(c.now), Limit: 10}); err != nil || len(refs) != 1 {
		t.Errorf("listed %v, %v", refs, err)
	}
}

// TestFixBodyFails: a body that was not kept is not said to be.
func TestFixBodyFails(t *testing.T) {
	c := newCounter(t)
	if kept, err := c.FixBody(t.Context(), "x", "{}"); !errors.Is(err, pay.ErrNotFound) || kept != "" {
		t.Errorf("of a delivery that is not there %q is kept: %v", kept, err)
	}
	code, _ := c.paid(pay.Rp(1000))
	if _, err := c.with(failingAt("SetDeliveryBody", errBroken)).FixBody(t.Context(), c.delivery(code), "{}"); !errors.Is(err, errBroken) {
		t.Errorf("answered %v", err)
	}
}
