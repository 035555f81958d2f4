package pay_test

import (
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/qris"
)

// TestWhatARaceLeaves: a verb that had to run again has done all of its work,
// and once.
func TestWhatARaceLeaves(t *testing.T) {
	c := newCounter(t)
	ctx := t.Context()
	code := c.code(pay.Rp(1000))
	ended, err := c.with(failingAt("EndCode", pay.ErrNotFound)).ExpireNow(ctx, code.Ref)
	must(t, err)
	kept, err := c.Code(ctx, code.Ref)
	must(t, err)
	if ended.State != pay.CodeIsExpired || kept.State != pay.CodeIsExpired || !kept.ExpiresAt.Equal(c.now) {
		t.Errorf("the code is %+v", kept)
	}
	paid, p := c.paid(pay.Rp(1000))
	for i, f := range []*faults{failingAt("InsertRefund", pay.ErrExists), failingAt("AddRefunded", pay.ErrNotFound)} {
		refund, err := c.with(f).Refund(ctx, pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: paid.Ref}, Amount: p.Amount / 2})
		must(t, err)
		told, err := c.Query(ctx, c.partner, pay.Original{Ref: paid.Ref})
		must(t, err)
		if len(told.Refunds) != i+1 || told.Refunds[i].Ref != refund.Ref || told.Payment.Refunded != p.Amount/2*pay.Rupiah(i+1) || !f.fired {
			t.Errorf("refunded once: %+v", told)
		}
		if kept, err := c.RefundByRef(ctx, refund.Ref); err != nil || kept.Ref != refund.Ref || kept.Amount != p.Amount/2 {
			t.Errorf("the refund is %+v, %v", kept, err)
		}
	}
}

// TestEndBehindPayments: a static code that was paid ends now, or behind a
// payment of now.
func TestEndBehindPayments(t *testing.T) {
	for later, want := range map[time.Duration]time.Duration{0: time.Microsecond, time.Minute: time.Minute} {
		c := newCounter(t)
		static, paidAt := c.code(0), c.now
		must(t, c.pay(pay.PayRequest{PayerID: "budi", Payload: static.Payload, Amount: 100}))
		c.now = c.now.Add(later)
		ended, err := c.ExpireNow(t.Context(), static.Ref)
		if err != nil || !ended.ExpiresAt.Equal(paidAt.Add(want)) {
			t.Errorf("ended %s after its payment, at %s: %v", later, ended.ExpiresAt, err)
		}
	}
}

func TestCancelTells(t *testing.T) {
	c := newCounter(t)
	code := c.code(pay.Rp(1000))
	c.now = c.now.Add(time.Minute)
	first, err := c.Cancel(t.Context(), c.partner, pay.Original{Ref: code.Ref}, nil)
	must(t, err)
	if first.Status != pay.StatusCancelled || first.Code.State != pay.CodeIsVoid || !first.At.Equal(c.now) || !first.Code.ClosedAt.Equal(c.now) {
		t.Errorf("cancelled: %+v of %+v", first, first.Code)
	}
}

// TestBadPayloadSaysWhy: the detail is of the payload, and its cause hints at
// the cure.
func TestBadPayloadSaysWhy(t *testing.T) {
	c := newCounter(t)
	_, why := qris.Payable("x")
	err := c.pay(pay.PayRequest{PayerID: "budi", Payload: "x"})
	refusal, ok := err.(*pay.Error)
	unpayable, known := why.(*qris.Unpayable)
	if !ok || !known || refusal.Detail != unpayable.Finding.Detail || refusal.Cause.Error() != why.Error() {
		t.Errorf("it says %v, because %v", err, why)
	}
}
