package pay_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

func TestExpireNow(t *testing.T) { onEngines(t, 1, expireNow) }

// expireNow ends one code before its time: it is as one that has expired, and
// no other code is.
func expireNow(t *testing.T, c *cluster) {
	core := c.nodes[0]
	look := telling(core)
	code, other := generateLiving(t, c, core, time.Hour), generateLiving(t, c, core, time.Hour)
	c.pass(time.Minute, 0)
	look()
	ended, err := core.ExpireNow(t.Context(), code.Ref)
	must(t, err)
	if told := look(); !slices.Equal(told, []pay.EventKind{pay.EventCodeExpired}) {
		t.Errorf("told %v", told)
	}
	now, err := core.Code(t.Context(), code.Ref)
	must(t, err)
	if now != ended || now.State != pay.CodeIsExpired || !now.ClosedAt.Equal(c.business()) || !now.ExpiresAt.Equal(now.ClosedAt) {
		t.Errorf("the code is %+v", now)
	}
	tr, err := core.Query(t.Context(), c.partner, pay.Original{Ref: code.Ref})
	must(t, err)
	if tr.Status != pay.StatusExpired || !tr.At.Equal(c.business()) {
		t.Errorf("it reads as %s since %v", tr.Status, tr.At)
	}
	refused := func(what string, err error) {
		t.Helper()
		if kind := pay.KindOf(err); kind != pay.CodeExpired {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = core.ExpireNow(t.Context(), code.Ref)
	refused("ending it again", err)
	_, err = core.Cancel(t.Context(), c.partner, pay.Original{Ref: code.Ref}, nil)
	refused("cancelling it", err)
	_, err = core.Pay(t.Context(), pay.PayRequest{PayerID: "budi", Payload: code.Payload})
	refused("paying it", err)
	_, err = core.Pay(t.Context(), pay.PayRequest{PayerID: "budi", Payload: other.Payload})
	must(t, err)
	if _, err = core.ExpireNow(t.Context(), other.Ref); pay.KindOf(err) != pay.CodePaid {
		t.Errorf("ending a paid code: %v", err)
	}
	if told := look(); slices.Contains(told, pay.EventCodeExpired) {
		t.Errorf("told %v", told)
	}
	healthy(t, core)
}

// healthy wants no payment at or behind the end of its code.
func healthy(t *testing.T, core *pay.Core) {
	t.Helper()
	must(t, core.Inspect(t.Context(), func(r pay.Reader) error {
		payments, err := r.PaymentPage(pay.PaymentFilter{}, "", 1000)
		if err != nil {
			return err
		}
		for _, p := range payments {
			code, err := r.Code(p.CodeRef)
			if err != nil {
				return err
			}
			if !code.ExpiresAt.IsZero() && !p.At.Before(code.ExpiresAt) {
				t.Errorf("paid at %v, which ended at %v", p.At, code.ExpiresAt)
			}
		}
		return nil
	}))
}

func TestExpireNowOfStatic(t *testing.T) { onEngines(t, 1, expireNowOfStatic) }

// expireNowOfStatic ends static codes that have payments later than the
// present, after the clock was moved back, or at the same time.
func expireNowOfStatic(t *testing.T, c *cluster) {
	core := c.nodes[0]
	static := func() pay.Code {
		code, err := core.Generate(t.Context(), pay.GenerateRequest{Partner: c.partner, MerchantID: "m"})
		must(t, err)
		return code
	}
	spend := func(code pay.Code) error {
		_, err := core.Pay(t.Context(), pay.PayRequest{PayerID: "budi", Payload: code.Payload, Amount: pay.Rp(100)})
		return err
	}
	code := static()
	must(t, spend(code))
	c.pass(-time.Hour, 0)
	ended, err := core.ExpireNow(t.Context(), code.Ref)
	must(t, err)
	if want := c.business().Add(time.Hour + time.Microsecond); !ended.ExpiresAt.Equal(want) {
		t.Errorf("it ended at %v, want %v", ended.ExpiresAt, want)
	}
	for range 5 {
		code := static()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := spend(code); err != nil && pay.KindOf(err) != pay.CodeExpired {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			if _, err := core.ExpireNow(t.Context(), code.Ref); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
	}
	healthy(t, core)
}
