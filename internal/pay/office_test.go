package pay_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

func TestOfficeRefusals(t *testing.T) {
	c := newCounter(t)
	ctx := t.Context()
	bad := errors.New("bad")
	noName, noCity := toko("", theirMPAN), toko("n", theirMPAN)
	noCity.City = ""
	noPartner := toko("n", theirMPAN)
	noPartner.PartnerID = ""
	strange := toko("n", theirMPAN)
	strange.PartnerID = "x"
	edit := func(change func(*pay.Merchant)) error {
		_, err := c.EditMerchant(ctx, "p", "m", func(m *pay.Merchant) error { change(m); return nil })
		return err
	}
	editPartner := func(id string, change func(*pay.Partner) error) error {
		_, err := c.EditPartner(ctx, id, change)
		return err
	}
	for name, tc := range map[string]struct {
		err  error
		kind pay.Kind
	}{
		"no client key":       {c.PutPartner(ctx, pay.Partner{ID: "q", Dialect: "dana"}), pay.MissingField},
		"no dialect":          {c.AddPartner(ctx, pay.Partner{ID: "q", ClientKey: "kq"}), pay.MissingField},
		"no partner id":       {editPartner("p", func(p *pay.Partner) error { p.ID = ""; return nil }), pay.MissingField},
		"no such partner":     {editPartner("x", func(*pay.Partner) error { return nil }), pay.CodeUnknown},
		"another's key":       {c.AddPartner(ctx, pay.Partner{ID: "q", ClientKey: "k", Dialect: "dana"}), pay.ReferenceUsed},
		"no merchant id":      {c.PutMerchant(ctx, noName), pay.MissingField},
		"no partner":          {c.AddMerchant(ctx, noPartner), pay.MissingField},
		"a strange partner":   {c.AddMerchant(ctx, strange), pay.CodeUnknown},
		"no city":             {c.AddMerchant(ctx, noCity), pay.InvalidFormat},
		"no city any more":    {edit(func(m *pay.Merchant) { m.City = "" }), pay.InvalidFormat},
		"another's MPAN":      {c.AddMerchant(ctx, toko("n", ourMPAN)), pay.ReferenceUsed},
		"no outlet id":        {c.PutOutlet(ctx, pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: pay.Store}), pay.MissingField},
		"no kind of outlet":   {c.PutOutlet(ctx, pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: "kiosk", ID: "s"}), pay.MissingField},
		"nobody's outlet":     {c.PutOutlet(ctx, pay.Outlet{PartnerID: "p", MerchantID: "x", Kind: pay.Store, ID: "s"}), pay.CodeUnknown},
		"no payer id":         {c.AddPayer(ctx, pay.Payer{}, 0), pay.MissingField},
		"a payer twice":       {c.AddPayer(ctx, pay.Payer{ID: "budi"}, pay.Rp(1)), pay.ReferenceUsed},
		"nothing":             {c.Fund(ctx, "budi", 0), pay.InvalidFormat},
		"less than nothing":   {c.Fund(ctx, "budi", -1), pay.InvalidFormat},
		"nobody's money":      {c.Fund(ctx, "x", 1), pay.CodeUnknown},
		"a user's role":       {c.AddUser(ctx, "ani", "owner", "kopi tubruk panas"), pay.InvalidFormat},
		"a user's odd letter": {c.AddUser(ctx, "an{", pay.Viewer, "kopi tubruk panas"), pay.InvalidFormat},
		"a user's odd digit":  {c.AddUser(ctx, "an:", pay.Viewer, "kopi tubruk panas"), pay.InvalidFormat},
		"a user's odd accent": {c.AddUser(ctx, "an`", pay.Viewer, "kopi tubruk panas"), pay.InvalidFormat},
		"a user's slash":      {c.AddUser(ctx, "an/", pay.Viewer, "kopi tubruk panas"), pay.InvalidFormat},
		"a user's bracket":    {c.AddUser(ctx, "an[", pay.Viewer, "kopi tubruk panas"), pay.InvalidFormat},
		"a user of 65":        {c.AddUser(ctx, strings.Repeat("a", 65), pay.Viewer, "kopi tubruk panas"), pay.InvalidFormat},
		"a user of one":       {c.AddUser(ctx, "a", pay.Viewer, "kopi tubruk panas"), pay.InvalidFormat},
		"an overlap too long": {pay.CheckOverlap(pay.MaxOverlap + 1), pay.InvalidFormat},
		"a negative overlap":  {pay.CheckOverlap(-1), pay.InvalidFormat},
	} {
		if tc.err == nil || pay.KindOf(tc.err) != tc.kind {
			t.Errorf("%s: %v, want %s", name, tc.err, tc.kind)
		}
	}
	if err := pay.CheckOverlap(-1); !strings.HasSuffix(err.Error(), "0s to 2160h0m0s") {
		t.Errorf("the most is told as %v", err)
	}
	must(t, errors.Join(pay.CheckOverlap(0), pay.CheckOverlap(pay.MaxOverlap)))
	for name, err := range map[string]error{
		"partner": editPartner("p", func(*pay.Partner) error { return bad }),
		"merchant": func() error {
			_, err := c.EditMerchant(ctx, "p", "m", func(*pay.Merchant) error { return bad })
			return err
		}(),
		"payer": func() error { _, err := c.EditPayer(ctx, "budi", func(*pay.Payer) error { return bad }); return err }(),
		"setting": func() error {
			_, err := c.EditSetting(ctx, "n", func(pay.Reader, string) (string, error) { return "", bad })
			return err
		}(),
	} {
		if !errors.Is(err, bad) {
			t.Errorf("an edit of a %s that fails: %v", name, err)
		}
	}
	if err := c.AddMerchant(ctx, toko("m", ourMPAN)); !errors.Is(err, pay.ErrExists) {
		t.Errorf("a merchant twice: %v", err)
	}
	if _, err := c.EditMerchant(ctx, "p", "x", func(*pay.Merchant) error { return nil }); pay.KindOf(err) != pay.CodeUnknown {
		t.Errorf("a merchant that is not there: %v", err)
	}
}

func TestUserNames(t *testing.T) {
	c := newCounter(t)
	for _, name := range []string{"az", "AZ", "09", "a.-_@", strings.Repeat("a", 64)} {
		must(t, c.AddUser(t.Context(), name, pay.Viewer, "kopi tubruk panas"))
	}
	if err := c.SetUser(t.Context(), "az", pay.Viewer, pay.Dormant, ""); pay.KindOf(err) != pay.InvalidFormat {
		t.Errorf("a dormant user: %v", err)
	}
	if err := c.SetUser(t.Context(), "az", "owner", pay.Active, ""); pay.KindOf(err) != pay.InvalidFormat {
		t.Errorf("an owner: %v", err)
	}
	if err := c.SetUser(t.Context(), "az", pay.Viewer, pay.Active, "short"); pay.KindOf(err) != pay.InvalidFormat {
		t.Errorf("a short password: %v", err)
	}
}

// TestFormerCredentials: what was replaced verifies until its overlap ends, and
// what was before that not at all.
func TestFormerCredentials(t *testing.T) {
	now := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	for name, kind := range map[string]struct {
		replace func(*pay.Partner, string, time.Time, time.Duration)
		valid   func(*pay.Partner, time.Time) []string
	}{
		"secret": {(*pay.Partner).ReplaceSecret, (*pay.Partner).Secrets},
		"key":    {(*pay.Partner).ReplaceKey, (*pay.Partner).PublicKeys},
	} {
		p := new(pay.Partner)
		holds := func(when string, at time.Time, want ...string) {
			t.Helper()
			got := kind.valid(p, at)
			if len(got) != len(want) {
				t.Fatalf("%s, %s: %v verify, want %v", name, when, got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%s, %s: %v verify, want %v", name, when, got, want)
				}
			}
		}
		holds("at first", now)
		kind.replace(p, "a", now, time.Hour)
		holds("one", now, "a")
		kind.replace(p, "a", now, time.Hour)
		holds("the same", now, "a")
		kind.replace(p, "b", now, time.Hour)
		holds("two", now, "b", "a")
		holds("before the end", now.Add(time.Hour-1), "b", "a")
		holds("at the end", now.Add(time.Hour), "b")
		kind.replace(p, "c", now, time.Minute)
		holds("three", now, "c", "b")
		kind.replace(p, "d", now, time.Second)
		holds("a second", now, "d", "c")
		kind.replace(p, "d", now, 0)
		holds("the same again", now, "d")
		kind.replace(p, "e", now, 0)
		holds("another without overlap", now, "e")
		if p.Former != (pay.Former{}) {
			t.Errorf("%s, without overlap: %+v is kept", name, p.Former)
		}
		kind.replace(p, "d", now, 0)
		holds("without overlap", now, "d")
	}
}

// TestSeal seals what was done, in one block until there is nothing to seal.
func TestSeal(t *testing.T) {
	c := newCounter(t)
	seal := func() bool {
		more, err := c.Under(pay.Lease{}).Seal(t.Context(), pay.Sealing{Now: c.now})
		must(t, err)
		return more
	}
	if !seal() || seal() {
		t.Error("the first block does not ask for more, or the second does")
	}
	c.paid(pay.Rp(1000))
	before := seal()
	if before || seal() {
		t.Error("one payment needs more than a block")
	}
}

func TestWrongBooks(t *testing.T) {
	c := newCounter(t)
	must(t, c.store.Update(t.Context(), func(tx pay.Tx) error { return tx.Credit("budi", 1) }))
	books, err := c.CheckBooks(t.Context())
	if err != nil || books.Balanced || len(books.Wallets) != 1 || books.Wallets[0] != "budi" {
		t.Errorf("a wallet with money from nowhere: %+v, %v", books, err)
	}
}

// TestSettleNets closes a day on which everything was refunded, and one of
// which another node was first.
func TestSettleNets(t *testing.T) {
	c := newCounter(t)
	ctx, day := t.Context(), pay.Day(c.now)
	code, _ := c.paid(pay.Rp(1000))
	_, err := c.Refund(ctx, pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: code.Ref}})
	must(t, err)
	c.now = time.Date(2026, 2, 1, 0, 2, 0, 0, pay.Jakarta).Add(-time.Microsecond)
	if _, err := c.Settle(ctx, day); !errors.Is(err, pay.ErrDayOpen) {
		t.Errorf("the day is closed early: %v", err)
	}
	c.now = c.now.Add(time.Microsecond)
	if closed, err := c.with(failingAt("InsertSettlement", pay.ErrExists)).Settle(ctx, day); err != nil || len(closed) != 0 {
		t.Errorf("another node was first: %v, %v", closed, err)
	}
	closed, err := c.Settle(ctx, day)
	if err != nil || len(closed) != 1 || closed[0].Net() != 0 || closed[0].Gross != pay.Rp(1000) || closed[0].MDR != closed[0].MDRBack {
		t.Errorf("closed %+v, %v", closed, err)
	}
	_, p := c.paid(pay.Rp(1000))
	c.now = c.now.Add(24 * time.Hour)
	closed, err = c.Settle(ctx, pay.Day(p.At))
	if err != nil || len(closed) != 1 || closed[0].Net() != p.Amount-p.MDR {
		t.Errorf("closed %+v, %v", closed, err)
	}
	if got := c.balances()["settlement:p/m"]; got != p.Amount-p.MDR {
		t.Errorf("settled are %s", got)
	}
}
