package pay_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/qris"
)

// counted counts how often a token is read.
type counted struct {
	pay.Reader
	reads *int
}

func (c counted) Token(hash [32]byte) (pay.Token, error) {
	*c.reads++
	return c.Reader.Token(hash)
}

// TestTokenIsReadOnce: what is known of a token needs no look.
func TestTokenIsReadOnce(t *testing.T) {
	c := newCounter(t)
	reads := 0
	core := c.on(stubbed{reader: func(r pay.Reader) pay.Reader { return counted{r, &reads} }})
	token, err := core.IssueB2B(t.Context(), c.partner, time.Hour)
	must(t, err)
	if _, err := core.B2B(t.Context(), token.Text+"x"); pay.KindOf(err) != pay.TokenNotFound {
		t.Errorf("another token: %v", err)
	}
	for range 3 {
		if got, err := core.B2B(t.Context(), token.Text); err != nil || got.PartnerID != "p" {
			t.Errorf("it is %+v, %v", got, err)
		}
	}
	if reads != 2 {
		t.Errorf("two tokens were read %d times", reads)
	}
	if _, err := c.with(failingAt("InsertToken", errBroken)).IssueB2B(t.Context(), c.partner, time.Hour); !errors.Is(err, errBroken) {
		t.Errorf("a token that is not kept: %v", err)
	}
}

// TestExternalIDOfNothing: a request that made nothing does not hide an older
// one of the same identifier that did.
func TestExternalIDOfNothing(t *testing.T) {
	c := newCounter(t)
	code, err := c.Generate(t.Context(), pay.GenerateRequest{Partner: c.partner, Amount: pay.Rp(1000), Marks: c.marks("1")})
	must(t, err)
	day := pay.Day(c.now)
	c.now = c.now.Add(24 * time.Hour)
	_, err = c.List(t.Context(), pay.ListRequest{Partner: c.partner, Day: day, Limit: 10, Marks: c.marks("1")})
	must(t, err)
	if found, err := c.Query(t.Context(), c.partner, pay.Original{ExternalID: "1"}); err != nil || found.Ref() != code.Ref {
		t.Errorf("found %+v, %v", found, err)
	}
}

// TestEditedSettingIsTold: who edits a setting is given what it is now.
func TestEditedSettingIsTold(t *testing.T) {
	c := newCounter(t)
	for _, want := range []string{"1", "11"} {
		if got, err := c.EditSetting(t.Context(), "n", func(_ pay.Reader, old string) (string, error) { return old + "1", nil }); err != nil || got != want {
			t.Errorf("it is %q, %v", got, err)
		}
	}
}

// unsettling does not close the day of one merchant.
type unsettling struct{ pay.Tx }

func (u unsettling) InsertSettlement(s pay.Settlement) error {
	if s.MerchantID == "n" {
		return errBroken
	}
	return u.Tx.InsertSettlement(s)
}

// TestSettledInPart: what was closed before something broke is told, with the
// moment of it.
func TestSettledInPart(t *testing.T) {
	c := newCounter(t)
	ctx, day := t.Context(), pay.Day(c.now)
	must(t, c.AddMerchant(ctx, toko("n", "936009150000000026")))
	for _, id := range []string{"m", "n"} {
		code, err := c.Generate(ctx, pay.GenerateRequest{Partner: c.partner, MerchantID: id, Amount: pay.Rp(1000)})
		must(t, err)
		must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: code.Payload}))
	}
	c.now = c.now.Add(24 * time.Hour)
	closed, err := c.on(stubbed{tx: func(tx pay.Tx) pay.Tx { return unsettling{tx} }}).Settle(ctx, day)
	if !errors.Is(err, errBroken) || len(closed) != 1 || closed[0].MerchantID != "m" || !closed[0].At.Equal(c.now) {
		t.Errorf("closed %+v, %v", closed, err)
	}
}

// changed is a transaction in which a user is another than was read before.
type changed struct {
	pay.Tx
	password string
	err      error
}

func (c changed) User(name string) (pay.User, error) {
	u, err := c.Tx.User(name)
	u.Password += c.password
	return u, errors.Join(err, c.err)
}

// TestRehashFails: who signs in with a password in an older form is not signed
// in where it cannot be kept anew, or was changed meanwhile.
func TestRehashFails(t *testing.T) {
	c := newCounter(t)
	const kept = "pbkdf2-sha256$1$MDEyMzQ1Njc4OWFiY2RlZg$+Zs/gIhH3zauPNdzDbPnfDx2Yosa78ZU6fRnVJKnBTw"
	must(t, c.store.Update(t.Context(), func(tx pay.Tx) error {
		return tx.InsertUser(pay.User{Name: "ani", Role: pay.Admin, Standing: pay.Active, Password: kept, CreatedAt: c.now})
	}))
	for name, row := range map[string]struct {
		core *pay.Core
		want error
	}{
		"no dice":           {c.with(failingAt("dice", errBroken)), errBroken},
		"it cannot be kept": {c.with(failingAt("SetUser", errBroken)), errBroken},
		"it cannot be read": {c.on(stubbed{tx: func(tx pay.Tx) pay.Tx { return changed{tx, "", errBroken} }}), errBroken},
		"it was changed":    {c.on(stubbed{tx: func(tx pay.Tx) pay.Tx { return changed{tx, "x", nil} }}), pay.ErrNotFound},
	} {
		if _, err := row.core.SignIn(t.Context(), "ani", "kopi tubruk panas"); !errors.Is(err, row.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.SignIn(t.Context(), "ani", "kopi tubruk panas"); err != nil {
		t.Errorf("all is well: %v", err)
	}
}

// guarded notes which guards a transaction takes.
type guarded struct {
	pay.Tx
	names *[]string
}

func (g guarded) Guard(name string) error {
	*g.names = append(*g.names, name)
	return g.Tx.Guard(name)
}

// TestLimitsAreGuarded: sums that a limit is held against are read behind a
// guard, and nothing is guarded that has no limit.
func TestLimitsAreGuarded(t *testing.T) {
	for name, row := range map[string]struct {
		limit  func(c *counter)
		guards []string
	}{
		"no limit":          {func(*counter) {}, nil},
		"a merchant's day":  {func(c *counter) { c.merchant(func(m *pay.Merchant) { m.DayLimit = 1 }) }, []string{"merchant p m"}},
		"a payer's month":   {func(c *counter) { must(c.t, limits(c, 0, 1)) }, []string{"payer budi"}},
		"a payer's day":     {func(c *counter) { must(c.t, limits(c, 1, 0)) }, []string{"payer budi"}},
		"a merchant's more": {func(c *counter) { c.merchant(func(m *pay.Merchant) { m.DayLimit = pay.Rp(5) }) }, []string{"merchant p m"}},
	} {
		c := newCounter(t)
		static := c.code(0).Payload
		row.limit(c)
		var names []string
		core := c.on(stubbed{tx: func(tx pay.Tx) pay.Tx { return guarded{tx, &names} }})
		_, err := core.Pay(t.Context(), pay.PayRequest{PayerID: "budi", Payload: static, Amount: 1})
		if must(t, err); !slices.Equal(names, row.guards) {
			t.Errorf("%s: guarded %v", name, names)
		}
	}
}

// TestForgedCode: a payload that bears our merchant and a code's reference is
// paid only if it is that code's.
func TestForgedCode(t *testing.T) {
	c := newCounter(t)
	code := c.code(pay.Rp(1000))
	for name, ref := range map[string]string{"a lower amount": code.Ref, "a code that was never made": "2601310000000000000000"} {
		forged, err := qris.Encode(qris.Spec{
			GUID: pay.GUID, MPAN: ourMPAN, MerchantID: "0000000018", Criteria: "UKE", NMID: "ID1020021181745", MCC: "5411",
			Name: "Toko", City: "JAKARTA", PostalCode: "10110", Amount: 100, ReferenceLabel: ref, TerminalLabel: "A01",
		})
		must(t, err)
		c.refusedAs(name, pay.CodeUnknown, "qrContent", func() error { return c.pay(pay.PayRequest{PayerID: "budi", Payload: forged}) })
		c.refusedAs("a look at "+name, pay.CodeUnknown, "qrContent", func() error { _, err := c.Decode(t.Context(), forged); return err })
	}
}

// TestRefundedAtOnce: one refund of the whole is all that there is to refund.
func TestRefundedAtOnce(t *testing.T) {
	c := newCounter(t)
	code, _ := c.paid(pay.Rp(1000))
	refund, err := c.Refund(t.Context(), pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: code.Ref}})
	must(t, err)
	if told, err := c.Query(t.Context(), c.partner, pay.Original{Ref: code.Ref}); err != nil || told.Status != pay.StatusRefunded || !told.At.Equal(refund.At) {
		t.Errorf("%+v, %v", told, err)
	}
}

// TestReadsTell: what is read by its name is what was asked for.
func TestReadsTell(t *testing.T) {
	c := newCounter(t)
	_, made := c.paid(pay.Rp(1000))
	if p, err := c.Payment(t.Context(), made.Ref); err != nil || p.Ref != made.Ref || p.Amount != pay.Rp(1000) {
		t.Errorf("the payment is %+v, %v", p, err)
	}
	if c.Policy().MaxAmount != pay.Rp(10_000_000) || len(c.Policy().Fees) == 0 {
		t.Errorf("the policy is %+v", c.Policy())
	}
	if p, err := c.PartnerByClientKey(t.Context(), "k"); err != nil || p.ID != "p" {
		t.Errorf("the partner is %+v, %v", p, err)
	}
	if p, err := c.PartnerByClientKey(t.Context(), "x"); !errors.Is(err, pay.ErrNotFound) || p != nil {
		t.Errorf("of nobody's key there is %+v, %v", p, err)
	}
}
