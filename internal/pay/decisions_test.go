package pay_test

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/qris"
)

// refusedAs holds a refusal to its kind and its field, and the books to what
// they were.
func (c *counter) refusedAs(name string, kind pay.Kind, field string, do func() error) {
	c.t.Helper()
	before := c.state()
	err := do()
	var refusal *pay.Error
	if !errors.As(err, &refusal) || refusal.Kind != kind || refusal.Field != field || refusal.Detail == "" {
		c.t.Errorf("%s: %v, want %s of field %q", name, err, kind, field)
	}
	if !reflect.DeepEqual(c.state(), before) {
		c.t.Errorf("%s is refused, and something has changed", name)
	}
}

func (c *counter) pay(req pay.PayRequest) error {
	_, err := c.Pay(c.ctx(), req)
	return err
}

// merchant changes the merchant m; what it was comes back with restore.
func (c *counter) merchant(edit func(*pay.Merchant)) (restore func()) {
	c.t.Helper()
	m := toko("m", ourMPAN)
	edit(&m)
	must(c.t, c.PutMerchant(c.ctx(), m))
	return func() { must(c.t, c.PutMerchant(c.ctx(), toko("m", ourMPAN))) }
}

// TestPaymentRefusals: what Pay refuses of any payer, Decode does.
func TestPaymentRefusals(t *testing.T) {
	c := newCounter(t)
	cancelled, expired := c.code(pay.Rp(1000)), c.code(pay.Rp(1000))
	static, dynamic := c.code(0), c.code(pay.Rp(1000))
	paid, _ := c.paid(pay.Rp(1000))
	_, err := c.Cancel(t.Context(), c.partner, pay.Original{Ref: cancelled.Ref}, nil)
	must(t, err)
	_, err = c.ExpireNow(t.Context(), expired.Ref)
	must(t, err)
	damaged := strings.Replace(dynamic.Payload, dynamic.Ref, strings.Repeat("9", len(dynamic.Ref)), 1)
	for name, tc := range map[string]struct {
		payload string
		amount  pay.Rupiah
		kind    pay.Kind
		field   string
	}{
		"no amount":           {static.Payload, 0, pay.MissingField, "amount"},
		"less":                {dynamic.Payload, pay.Rp(999), pay.AmountMismatch, "amount"},
		"more":                {dynamic.Payload, pay.Rp(1001), pay.AmountMismatch, "amount"},
		"less than with tip":  {c.theirs(qris.Tip{Indicator: "01"}), pay.Rp(9999), pay.AmountMismatch, "amount"},
		"more without a tip":  {c.theirs(qris.Tip{}), pay.Rp(10_001), pay.AmountMismatch, "amount"},
		"more than anybody":   {static.Payload, pay.Rp(10_000_000) + 1, pay.OverTransactionMax, "amount"},
		"more than there is":  {static.Payload, pay.Rp(99_000) + 1, pay.InsufficientFunds, ""},
		"a damaged payload":   {damaged, 0, pay.BadPayload, "qrContent"},
		"a code that is paid": {paid.Payload, 0, pay.CodePaid, ""},
		"a cancelled code":    {cancelled.Payload, 0, pay.CodeCancelled, ""},
		"an expired code":     {expired.Payload, 0, pay.CodeExpired, ""},
	} {
		c.refusedAs(name, tc.kind, tc.field, func() error {
			return c.pay(pay.PayRequest{PayerID: "budi", Payload: tc.payload, Amount: tc.amount})
		})
		if strings.HasPrefix(name, "a ") || strings.HasPrefix(name, "an ") {
			c.refusedAs("reading "+name, tc.kind, tc.field, func() error { _, err := c.Decode(t.Context(), tc.payload); return err })
		}
	}
	must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: c.theirs(qris.Tip{Indicator: "01"}), Amount: pay.Rp(10_001)}))
}

func TestStandings(t *testing.T) {
	c := newCounter(t)
	code := c.code(pay.Rp(1000))
	for standing, kind := range map[pay.Standing]pay.Kind{
		pay.Suspended: pay.MerchantSuspended, pay.Blacklisted: pay.MerchantBlacklisted, pay.Inactive: pay.MerchantInactive,
	} {
		restore := c.merchant(func(m *pay.Merchant) { m.Standing = standing })
		c.refusedAs("a payment", kind, "", func() error { return c.pay(pay.PayRequest{PayerID: "budi", Payload: code.Payload}) })
		c.refusedAs("a look", kind, "", func() error { _, err := c.Decode(t.Context(), code.Payload); return err })
		c.refusedAs("a code", kind, "", func() error {
			_, err := c.Generate(t.Context(), pay.GenerateRequest{Partner: c.partner, Amount: pay.Rp(1)})
			return err
		})
		restore()
	}
	for standing, kind := range map[pay.Standing]pay.Kind{pay.Dormant: pay.PayerDormant, pay.Blocked: pay.PayerBlocked} {
		must(t, c.AddPayer(t.Context(), pay.Payer{ID: string(standing), Standing: standing}, pay.Rp(5000)))
		c.refusedAs("a payment", kind, "", func() error { return c.pay(pay.PayRequest{PayerID: string(standing), Payload: code.Payload}) })
		c.refusedAs("a one-time token", kind, "", func() error {
			_, err := c.IssueOTT(t.Context(), pay.Token{PartnerID: "p", PayerID: string(standing)}, nil)
			return err
		})
	}
	c.refusedAs("nobody's payment", pay.PayerUnknown, "", func() error { return c.pay(pay.PayRequest{PayerID: "x", Payload: code.Payload}) })
	c.refusedAs("nobody's one-time token", pay.PayerUnknown, "", func() error {
		_, err := c.IssueOTT(t.Context(), pay.Token{PartnerID: "p", PayerID: "x"}, nil)
		return err
	})
	must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: code.Payload}))
}

// TestLimitsToTheSen: what reaches a limit is allowed, a sen more is not.
func TestLimitsToTheSen(t *testing.T) {
	for name, set := range map[string]func(c *counter) (pay.Kind, error){
		"a payer's day":   func(c *counter) (pay.Kind, error) { return pay.OverPayerLimit, limits(c, pay.Rp(3000), 0) },
		"a payer's month": func(c *counter) (pay.Kind, error) { return pay.OverPayerLimit, limits(c, 0, pay.Rp(3000)) },
		"a merchant's day": func(c *counter) (pay.Kind, error) {
			c.merchant(func(m *pay.Merchant) { m.DayLimit = pay.Rp(3000) })
			return pay.OverMerchantLimit, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			static := c.code(0).Payload
			kind, err := set(c)
			must(t, err)
			try := func(amount pay.Rupiah) error {
				return c.pay(pay.PayRequest{PayerID: "budi", Payload: static, Amount: amount})
			}
			must(t, try(pay.Rp(1000)))
			c.refusedAs("a sen too much", kind, "amount", func() error { return try(pay.Rp(2000) + 1) })
			must(t, try(pay.Rp(2000)))
			c.refusedAs("a sen more", kind, "amount", func() error { return try(1) })
			c.now = c.now.Add(24 * time.Hour) // into February
			must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: c.code(0).Payload, Amount: pay.Rp(3000)}))
		})
	}
	c := newCounter(t)
	c.merchant(func(m *pay.Merchant) { m.MaxAmount = pay.Rp(50) })
	code := c.code(pay.Rp(50))
	c.refusedAs("a code of too much", pay.OverTransactionMax, "amount", func() error {
		_, err := c.Generate(t.Context(), pay.GenerateRequest{Partner: c.partner, Amount: pay.Rp(51)})
		return err
	})
	waived, err := c.Generate(t.Context(), pay.GenerateRequest{Partner: c.partner, Amount: pay.Rp(51), AnyAmount: true})
	must(t, err)
	must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: code.Payload}))
	c.refusedAs("a payment of too much", pay.OverTransactionMax, "amount", func() error { return c.pay(pay.PayRequest{PayerID: "budi", Payload: waived.Payload}) })
	must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: waived.Payload, AnyAmount: true}))
}

func TestGenerateRefusals(t *testing.T) {
	c := newCounter(t)
	must(t, c.PutPartner(t.Context(), pay.Partner{ID: "q", ClientKey: "kq", Dialect: "dana", Standing: pay.Active}))
	for _, kind := range []pay.OutletKind{pay.Store, pay.Terminal, pay.SubMerchant} {
		must(t, c.PutOutlet(t.Context(), pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: kind, ID: "closed", Standing: pay.Inactive}))
		must(t, c.PutOutlet(t.Context(), pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: kind, ID: "open", Standing: pay.Active}))
	}
	other := &pay.Partner{ID: "q"}
	for name, tc := range map[string]struct {
		req   pay.GenerateRequest
		kind  pay.Kind
		field string
	}{
		"no such merchant":  {pay.GenerateRequest{Partner: c.partner, MerchantID: "x"}, pay.MerchantUnknown, "merchantId"},
		"another partner's": {pay.GenerateRequest{Partner: other, MerchantID: "m"}, pay.MerchantUnknown, "merchantId"},
		"no merchant":       {pay.GenerateRequest{Partner: other}, pay.MerchantUnknown, "merchantId"},
		"a closed store":    {pay.GenerateRequest{Partner: c.partner, StoreID: "closed"}, pay.SubMerchantInactive, "storeId"},
		"a closed terminal": {pay.GenerateRequest{Partner: c.partner, TerminalID: "closed"}, pay.TerminalUnknown, "terminalId"},
		"a closed division": {pay.GenerateRequest{Partner: c.partner, SubMerchant: "closed"}, pay.SubMerchantInactive, "subMerchantId"},
		"an unknown one":    {pay.GenerateRequest{Partner: c.partner, SubMerchant: "x", KnownSubMerchant: true}, pay.MerchantUnknown, "subMerchantId"},
		"parts of a rupiah": {pay.GenerateRequest{Partner: c.partner, Amount: 150}, pay.Internal, ""},
		"a static code":     {pay.GenerateRequest{Partner: c.partner}, pay.NotPermitted, ""},
	} {
		restore := c.merchant(func(m *pay.Merchant) { m.DynamicOnly = true })
		c.refusedAs(name, tc.kind, tc.field, func() error { _, err := c.Generate(t.Context(), tc.req); return err })
		restore()
	}
	for _, id := range []string{"open", "x"} {
		code, err := c.Generate(t.Context(), pay.GenerateRequest{Partner: c.partner, StoreID: id, TerminalID: id, SubMerchant: id, KnownSubMerchant: id == "open"})
		must(t, err)
		if code.StoreID != id || code.TerminalID != id || code.SubMerchant != id || code.PartnerRef != code.Ref || code.MerchantID != "m" {
			t.Errorf("made %+v", code)
		}
	}
}

// balances are those of all accounts.
func (c *counter) balances() map[ledger.Account]pay.Rupiah {
	all := map[ledger.Account]pay.Rupiah{}
	for _, a := range c.state().books.Accounts {
		all[a.Account] = a.Balance
	}
	return all
}

// TestWhereTheMoneyGoes follows a payment here, one elsewhere and their refunds
// through every account.
func TestWhereTheMoneyGoes(t *testing.T) {
	c := newCounter(t)
	code := c.code(pay.Rp(20_000))
	p, err := c.Pay(t.Context(), pay.PayRequest{Partner: c.partner, PayerID: "budi", Payload: code.Payload, Fee: pay.Rp(100)})
	must(t, err)
	away, err := c.Pay(t.Context(), pay.PayRequest{Partner: c.partner, PayerID: "budi", Payload: c.theirs(qris.Tip{})})
	must(t, err)
	if !p.OnUs() || p.MDR != pay.Rp(140) || away.OnUs() || away.MDR != 0 || away.NNS != "93600899" {
		t.Errorf("paid %+v and %+v", p, away)
	}
	holds := func(wallet, merchant, fee, clearing pay.Rupiah) {
		t.Helper()
		got, want := c.balances(), map[ledger.Account]pay.Rupiah{
			ledger.External: -pay.Rp(100_000), ledger.Wallet("budi"): wallet, ledger.Payable("p", "m"): merchant,
			ledger.FeeRevenue: fee, ledger.Clearing("93600899"): clearing,
		}
		if !maps.Equal(got, want) {
			t.Errorf("the accounts hold %v, want %v", got, want)
		}
	}
	holds(pay.Rp(69_900), pay.Rp(19_860), pay.Rp(240), pay.Rp(10_000))
	refund := func(ref string, amount pay.Rupiah) pay.Refund {
		r, err := c.Refund(t.Context(), pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: ref}, Amount: amount})
		must(t, err)
		return r
	}
	if r := refund(code.Ref, pay.Rp(5_001)); r.MDR != pay.Rp(35) || r.PaymentRef != p.Ref || r.CodeRef != code.Ref {
		t.Errorf("refunded %+v", r)
	}
	holds(pay.Rp(74_901), pay.Rp(14_894), pay.Rp(205), pay.Rp(10_000))
	refund(code.Ref, 0)
	refund(away.Ref, pay.Rp(10_000))
	holds(pay.Rp(99_900), 0, pay.Rp(100), 0)
	c.refusedAs("a refund of nothing left", pay.Refunded, "", func() error {
		_, err := c.Refund(t.Context(), pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: away.Ref}})
		return err
	})
}

func TestRefundRefusals(t *testing.T) {
	c := newCounter(t)
	unpaid := c.code(pay.Rp(1000))
	code, p := c.paid(pay.Rp(1000))
	strict := *c.partner
	strict.Settings.Refunds = pay.RefundPolicy{Window: time.Hour, FullOnly: true}
	refund := func(partner *pay.Partner, o pay.Original, amount pay.Rupiah) func() error {
		return func() error {
			_, err := c.Refund(t.Context(), pay.RefundRequest{Partner: partner, Original: o, Amount: amount})
			return err
		}
	}
	of := pay.Original{Ref: code.Ref}
	c.refusedAs("nothing paid", pay.WrongState, "", refund(c.partner, pay.Original{Ref: unpaid.Ref}, 0))
	c.refusedAs("nothing known", pay.CodeUnknown, "", refund(c.partner, pay.Original{Ref: "x"}, 0))
	c.refusedAs("another partner's", pay.CodeUnknown, "", refund(&pay.Partner{ID: "q"}, of, 0))
	c.refusedAs("a sen too much", pay.OverRefund, "refundAmount", refund(c.partner, of, pay.Rp(1000)+1))
	c.refusedAs("a part", pay.RefundPartial, "refundAmount", refund(&strict, of, pay.Rp(1000)-1))
	c.now = p.At.Add(time.Hour + time.Microsecond)
	c.refusedAs("too late", pay.RefundLate, "", refund(&strict, of, 0))
	c.now = p.At.Add(time.Second + time.Microsecond)
	strict.Settings.Refunds.Window = time.Second
	c.refusedAs("after a second", pay.RefundLate, "", refund(&strict, of, 0))
	strict.Settings.Refunds.Window = time.Hour
	c.now = p.At.Add(time.Hour)
	must(t, refund(&strict, of, pay.Rp(1000))())
	c.refusedAs("again", pay.Refunded, "", refund(c.partner, of, 1))
}

// TestCancelRefusals: a code ends once.
func TestCancelRefusals(t *testing.T) {
	c := newCounter(t)
	cancel := func(ref string) func() error {
		return func() error { _, err := c.Cancel(t.Context(), c.partner, pay.Original{Ref: ref}, nil); return err }
	}
	paid, _ := c.paid(pay.Rp(1000))
	static := c.code(0)
	must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: static.Payload, Amount: 100}))
	gone := c.code(pay.Rp(1))
	c.now = gone.ExpiresAt
	c.refusedAs("a code that is paid", pay.WrongState, "", cancel(paid.Ref))
	c.refusedAs("a static code that is paid", pay.WrongState, "", cancel(static.Ref))
	c.refusedAs("an expired code", pay.CodeExpired, "", cancel(gone.Ref))
	c.refusedAs("a code that nobody knows", pay.CodeUnknown, "", cancel("x"))
	for ref, kind := range map[string]pay.Kind{paid.Ref: pay.CodePaid, gone.Ref: pay.CodeExpired} {
		c.refusedAs("an end", kind, "", func() error { _, err := c.ExpireNow(t.Context(), ref); return err })
	}
	c.now = gone.ExpiresAt.Add(-time.Microsecond)
	must(t, cancel(gone.Ref)())
	before := c.state()
	must(t, cancel(gone.Ref)())
	if !reflect.DeepEqual(before, c.state()) {
		t.Error("a second cancel has changed something")
	}
}

// TestRaces: what another transaction did between two statements of a verb is
// found out by running it again.
func TestRaces(t *testing.T) {
	for call, verb := range map[string]string{
		"CloseCode": "pay", "HoldCode": "pay a static code", "AddRefunded": "refund", "EndCode": "expire now", "SetDeliveryBody": "delivery",
	} {
		c := newCounter(t)
		prepare := verbs[verb]
		if prepare == nil {
			prepare = officeVerbs[verb]
		}
		do, f := prepare(c), failingAt(call, pay.ErrNotFound)
		if must(t, do(c.with(f))); !f.fired {
			t.Errorf("%s does not call %s", verb, call)
		}
	}
	for call, verb := range map[string]string{"InsertCode": "generate", "InsertPayment": "pay", "InsertRefund": "refund"} {
		c := newCounter(t)
		do, f := verbs[verb](c), failingAt(call, pay.ErrExists)
		before := c.state()
		must(t, do(c.with(f)))
		after := c.state()
		if !f.fired || reflect.DeepEqual(after, before) {
			t.Errorf("%s does not call %s, or nothing came of it", verb, call)
		}
		if made := len(after.codes) + len(after.payments) - len(before.codes) - len(before.payments); (made == 1) != (verb != "refund") {
			t.Errorf("%s has made %d codes and payments", verb, made)
		}
	}
	c := newCounter(t)
	do := verbs["cancel"](c)
	must(t, do(c.with(failingAt("CloseCode", pay.ErrNotFound))))
	if i := slices.IndexFunc(c.state().codes, func(code pay.Code) bool { return code.State != pay.CodeIsVoid }); i >= 0 {
		t.Error("a code that was raced for is not cancelled")
	}
}
