package pay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/qris"
)

// TestQuery finds each thing by each of its names, and by no other's.
func TestQuery(t *testing.T) {
	c := newCounter(t)
	ctx := t.Context()
	mark := pay.Mark{PartnerID: "p", Scope: pay.ScopeCode, Kind: pay.ByReference, Key: "mine"}
	code, err := c.Generate(ctx, pay.GenerateRequest{Partner: c.partner, PartnerRef: "mine", Amount: pay.Rp(1000), Marks: append(c.marks("x1"), mark)})
	must(t, err)
	p, err := c.Pay(ctx, pay.PayRequest{Partner: c.partner, PartnerRef: "theirs", PayerID: "budi", Payload: c.theirs(qris.Tip{})})
	must(t, err)
	c.now = c.now.AddDate(0, 0, 31)
	for _, tc := range []struct {
		o    pay.Original
		want string // reference; empty: none
	}{
		{pay.Original{Ref: code.Ref}, code.Ref},
		{pay.Original{PartnerRef: "mine"}, code.Ref},
		{pay.Original{Ref: code.Ref, PartnerRef: "mine"}, code.Ref},
		{pay.Original{ExternalID: "x1"}, code.Ref},
		{pay.Original{Ref: p.Ref}, p.Ref},
		{pay.Original{Ref: p.Ref, PartnerRef: "theirs"}, p.Ref},
		{pay.Original{Ref: p.Ref, PartnerRef: "mine"}, ""},
		{pay.Original{Ref: code.Ref, PartnerRef: "theirs"}, ""},
		{pay.Original{PartnerRef: "x"}, ""},
		{pay.Original{ExternalID: "x2"}, ""},
		{pay.Original{}, ""},
	} {
		found, err := c.Query(ctx, c.partner, tc.o)
		if tc.want == "" {
			if pay.KindOf(err) != pay.CodeUnknown {
				t.Errorf("%+v: %v", tc.o, err)
			}
			continue
		}
		if err != nil || found.Ref() != tc.want {
			t.Errorf("%+v: %+v, %v", tc.o, found, err)
		}
		if _, err := c.Query(ctx, &pay.Partner{ID: "q"}, tc.o); pay.KindOf(err) != pay.CodeUnknown {
			t.Errorf("another partner's %+v: %v", tc.o, err)
		}
	}
	c.now = c.now.AddDate(0, 0, 1)
	if _, err := c.Query(ctx, c.partner, pay.Original{ExternalID: "x1"}); pay.KindOf(err) != pay.CodeUnknown {
		t.Errorf("an identifier of 32 days ago: %v", err)
	}
}

// TestStatuses follows codes and a payment elsewhere through all that a query
// says of them.
func TestStatuses(t *testing.T) {
	c := newCounter(t)
	ctx, begun := t.Context(), c.now
	says := func(ref string, status pay.Status, at time.Time, amount pay.Rupiah, partnerRef string) {
		t.Helper()
		found, err := c.Query(ctx, c.partner, pay.Original{Ref: ref})
		must(t, err)
		if found.Status != status || !found.At.Equal(at) || found.Amount() != amount || found.PartnerRef() != partnerRef {
			t.Errorf("%s at %s, %s, %s; want %s at %s", found.Status, found.At, found.Amount(), found.PartnerRef(), status, at)
		}
	}
	refund := func(ref string, amount pay.Rupiah) {
		_, err := c.Refund(ctx, pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: ref}, Amount: amount})
		must(t, err)
	}
	code, gone, void := c.code(pay.Rp(1000)), c.code(pay.Rp(2000)), c.code(pay.Rp(3000))
	says(code.Ref, pay.StatusInitiated, begun, pay.Rp(1000), code.Ref)
	c.now = begun.Add(time.Minute)
	must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: code.Payload}))
	away, err := c.Pay(ctx, pay.PayRequest{Partner: c.partner, PartnerRef: "w", PayerID: "budi", Payload: c.theirs(qris.Tip{})})
	must(t, err)
	_, err = c.Cancel(ctx, c.partner, pay.Original{Ref: void.Ref}, nil)
	must(t, err)
	c.now = begun.Add(2 * time.Hour)
	refund(code.Ref, pay.Rp(1))
	says(code.Ref, pay.StatusPaid, begun.Add(time.Minute), pay.Rp(1000), code.Ref)
	refund(code.Ref, 0)
	says(code.Ref, pay.StatusRefunded, c.now, pay.Rp(1000), code.Ref)
	says(gone.Ref, pay.StatusExpired, gone.ExpiresAt, pay.Rp(2000), gone.Ref)
	says(void.Ref, pay.StatusCancelled, begun.Add(time.Minute), pay.Rp(3000), void.Ref)
	says(away.Ref, pay.StatusPaid, away.At, pay.Rp(10_000), "w")
	if _, err := c.Payment(ctx, "x"); pay.KindOf(err) != pay.CodeUnknown {
		t.Errorf("a payment that nobody made: %v", err)
	}
	if _, err := c.Code(ctx, "x"); pay.KindOf(err) != pay.CodeUnknown {
		t.Errorf("a code that nobody made: %v", err)
	}
	told, err := c.Told(ctx, pay.Delivery{CodeRef: code.Ref, PaymentRef: c.state().payments[1].Ref})
	if err != nil || told.Code.Ref != code.Ref || told.Payment.CodeRef != code.Ref {
		t.Errorf("told %+v, %v", told, err)
	}
}

func TestDecode(t *testing.T) {
	c := newCounter(t)
	code := c.code(pay.Rp(1000))
	scan, err := c.Decode(t.Context(), code.Payload)
	if err != nil || scan.Merchant.ID != "m" || scan.Code.Ref != code.Ref || scan.QR.Amount != 100_000 {
		t.Errorf("ours is %+v, %v", scan, err)
	}
	scan, err = c.Decode(t.Context(), c.theirs(qris.Tip{}))
	if err != nil || scan.Merchant != nil || scan.Code != nil || scan.QR.Amount != 1_000_000 {
		t.Errorf("theirs is %+v, %v", scan, err)
	}
	for nns, account := range map[string]ledger.Account{"93600899": "clearing:93600899", "9360089": "", "936008990": "", "93500899": ""} {
		got, err := pay.NationalSwitch{}.Route(nns)
		if got != account || (account == "" && pay.KindOf(err) != pay.Unroutable) {
			t.Errorf("%s goes to %q, %v", nns, got, err)
		}
	}
}

// TestTokens: a token is good for its kind, its partner and its time, and a
// grant once.
func TestTokens(t *testing.T) {
	c := newCounter(t)
	ctx, other := t.Context(), &pay.Partner{ID: "q"}
	is := func(name string, err error, kind pay.Kind) {
		t.Helper()
		if pay.KindOf(err) != kind || err == nil {
			t.Errorf("%s: %v, want %s", name, err, kind)
		}
	}
	b2b, err := c.IssueB2B(ctx, c.partner, time.Minute)
	must(t, err)
	customer, err := c.IssueCustomer(ctx, c.partner, "budi", time.Minute)
	must(t, err)
	consent, err := c.Authorize(ctx, c.partner, "budi")
	must(t, err)
	_, err = c.Authorize(ctx, c.partner, "x")
	is("a stranger's consent", err, pay.PayerUnknown)
	if _, err := c.B2B(ctx, b2b.Text); err != nil {
		t.Error(err)
	}
	for range 2 {
		if token, err := c.Customer(ctx, c.partner, customer.Text); err != nil || token.PayerID != "budi" {
			t.Errorf("the customer is %+v, %v", token, err)
		}
	}
	_, err = c.B2B(ctx, "x")
	is("an invented token", err, pay.TokenNotFound)
	_, err = c.B2B(ctx, customer.Text)
	is("a customer's", err, pay.InvalidToken)
	_, err = c.Customer(ctx, c.partner, "x")
	is("an invented customer", err, pay.CustomerNotFound)
	_, err = c.Customer(ctx, other, customer.Text)
	is("another partner's customer", err, pay.InvalidCustomer)
	exchange := func(p *pay.Partner, kind pay.TokenKind, text string) (pay.Access, error) {
		return c.Exchange(ctx, p, kind, text, time.Hour, 2*time.Hour)
	}
	_, err = exchange(other, pay.TokenAuthCode, consent.Text)
	is("another partner's exchange", err, pay.BadGrant)
	_, err = exchange(c.partner, pay.TokenRefresh, consent.Text)
	is("an exchange of another kind", err, pay.BadGrant)
	_, err = exchange(c.partner, pay.TokenAuthCode, "x")
	is("an exchange of nothing", err, pay.BadGrant)
	access, err := exchange(c.partner, pay.TokenAuthCode, consent.Text)
	must(t, err)
	_, err = exchange(c.partner, pay.TokenAuthCode, consent.Text)
	is("a second exchange", err, pay.BadGrant)
	if !consent.ExpiresAt.Equal(c.now.Add(10 * time.Minute)) {
		t.Errorf("a consent waits until %v", consent.ExpiresAt)
	}
	if access.Customer.PayerID != "budi" || access.Refresh.PayerID != "budi" || access.Customer.Kind != pay.TokenCustomer || !access.Customer.ExpiresAt.Equal(c.now.Add(time.Hour)) || !access.Refresh.ExpiresAt.Equal(c.now.Add(2*time.Hour)) {
		t.Errorf("exchanged for %+v", access)
	}
	for _, end := range []time.Duration{time.Minute - time.Microsecond, time.Microsecond} {
		c.now = c.now.Add(end)
		token, err := c.B2B(ctx, b2b.Text)
		if before := end > time.Microsecond; (err == nil) != before || token.PartnerID != "p" { // whose it was, too late too
			t.Errorf("a token at its end: %+v, %v", token, err)
		}
	}
	_, err = c.Customer(ctx, c.partner, customer.Text)
	is("an expired customer", err, pay.InvalidCustomer)
	c.now = access.Refresh.ExpiresAt
	_, err = exchange(c.partner, pay.TokenRefresh, access.Refresh.Text)
	is("an expired grant", err, pay.BadGrant)
	for _, want := range []bool{true, false} {
		if made, err := c.Grant(ctx, pay.TokenB2B, "p", "", "known", time.Hour); err != nil || made != want {
			t.Errorf("granted %t, %v", made, err)
		}
	}
	if token, err := c.B2B(ctx, "known"); err != nil || token.PartnerID != "p" || !token.ExpiresAt.Equal(c.now.Add(time.Hour)) {
		t.Errorf("the granted token is %+v, %v", token, err)
	}
	ott, err := c.IssueOTT(ctx, pay.Token{PartnerID: "p", PayerID: "budi"}, c.marks("o"))
	if err != nil || ott.Kind != pay.TokenOTT || !ott.ExpiresAt.Equal(c.now.Add(5*time.Minute)) {
		t.Errorf("a one-time token %+v, %v", ott, err)
	}
	var repeated *pay.Repeated
	if _, err := c.IssueOTT(ctx, pay.Token{PartnerID: "p", PayerID: "budi"}, c.marks("o")); !errors.As(err, &repeated) {
		t.Errorf("a one-time token twice: %v", err)
	}
	must(t, c.Clear(ctx))
	_, err = c.B2B(ctx, "known")
	is("a token after all was cleared", err, pay.TokenNotFound)
}

func TestQuota(t *testing.T) {
	c := newCounter(t)
	for i, want := range []bool{true, true, false} {
		if got, err := c.TakeQuota(t.Context(), "n", 1, 1, 2); err != nil || got != want {
			t.Errorf("use %d of 2: %t, %v", i+1, got, err)
		}
	}
}

// TestDeliveryLife: a body is made once, and a delivery is tried until it is
// done, or sent again.
func TestDeliveryLife(t *testing.T) {
	c := newCounter(t)
	ctx, woken := t.Context(), 0
	c.OnOutbox(func() { woken++ })
	code, _ := c.paid(pay.Rp(1000))
	id := c.delivery(code)
	claim := func() int {
		claimed, err := c.ClaimDeliveries(ctx, "a", 5)
		must(t, err)
		return len(claimed)
	}
	for _, body := range []string{"first", "second"} {
		if kept, err := c.FixBody(ctx, id, body); err != nil || kept != "first" {
			t.Errorf("given %q, kept %q, %v", body, kept, err)
		}
	}
	if claim() != 1 || claim() != 0 || woken != 1 {
		t.Errorf("it can be claimed other than once; woken %d times", woken)
	}
	must(t, c.Resend(ctx, id)) // stays with its holder
	if claim() != 0 {
		t.Error("it was taken from its holder")
	}
	must(t, c.Tried(ctx, pay.Attempt{DeliveryID: id, Number: 1, At: c.now}, pay.DeliveryFailed, c.now))
	if claim() != 0 {
		t.Error("a failed delivery is due")
	}
	must(t, c.Resend(ctx, id))
	if claim() != 1 || woken != 3 {
		t.Errorf("what was sent again is not due; woken %d times", woken)
	}
	if err := c.Resend(ctx, "x"); pay.KindOf(err) != pay.CodeUnknown {
		t.Errorf("a delivery that is not there: %v", err)
	}
	c.merchant(func(m *pay.Merchant) { m.NotifyURL = "" })
	silent, _ := c.paid(pay.Rp(1000))
	must(t, c.Inspect(ctx, func(r pay.Reader) error {
		all, err := r.DeliveriesOf(silent.Ref, 2)
		if len(all) != 0 {
			t.Errorf("with nobody to notify there is %v", all)
		}
		return err
	}))
}
