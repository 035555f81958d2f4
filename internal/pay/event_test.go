package pay_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// telling gives the kinds of what a core has told since the last look.
func telling(core *pay.Core) (look func() []pay.EventKind) {
	var told []pay.EventKind
	core.OnEvent(func(e pay.Event) { told = append(told, e.Kind) })
	return func() []pay.EventKind {
		defer func() { told = nil }()
		return told
	}
}

// generateLiving makes a code that lives so long.
func generateLiving(t *testing.T, c *cluster, core *pay.Core, life time.Duration) pay.Code {
	t.Helper()
	code, err := core.Generate(t.Context(), pay.GenerateRequest{
		Partner: c.partner, MerchantID: "m", Amount: pay.Rp(1000), ExpiresAt: c.business().Add(life),
	})
	must(t, err)
	return code
}

func TestEventsFollowCommits(t *testing.T) { onEngines(t, 2, eventsFollowCommits) }

func eventsFollowCommits(t *testing.T, c *cluster) {
	core := c.nodes[0]
	look := telling(core)
	want := func(after string, kinds ...pay.EventKind) {
		t.Helper()
		if got := look(); !slices.Equal(got, kinds) {
			t.Errorf("after %s: told %v, want %v", after, got, kinds)
		}
	}
	code := generateLiving(t, c, core, time.Hour)
	want("a code", pay.EventCodeCreated)
	if _, err := core.Pay(t.Context(), pay.PayRequest{PayerID: "nobody", Payload: code.Payload}); err == nil {
		t.Fatal("nobody paid")
	}
	want("a refused payment")
	p, err := core.Pay(t.Context(), pay.PayRequest{PayerID: "budi", Payload: code.Payload})
	must(t, err)
	want("a payment", pay.EventCodePaid, pay.EventPaid)
	refund := pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: code.Ref}}
	_, err = core.Refund(t.Context(), refund)
	must(t, err)
	want("a refund", pay.EventRefunded)
	if _, err = core.Refund(t.Context(), refund); err == nil {
		t.Fatalf("payment %s was refunded twice", p.Ref)
	}
	want("a refused refund")
	void := generateLiving(t, c, core, time.Hour)
	for range 2 {
		_, err = core.Cancel(t.Context(), c.partner, pay.Original{Ref: void.Ref}, nil)
		must(t, err)
	}
	want("two cancels", pay.EventCodeCreated, pay.EventCodeCancelled)
	generateLiving(t, c, c.nodes[1], time.Minute)
	want("another node's code")
	generateLiving(t, c, core, time.Minute)
	c.pass(2*time.Minute, 0)
	for range 2 {
		_, err = core.Expire(t.Context())
		must(t, err)
	}
	want("two codes' end", pay.EventCodeCreated, pay.EventCodeExpired, pay.EventCodeExpired)
}

// TestTogetherTellsAtTheEnd: of verbs in one transaction nothing is told
// before it is committed, and nothing at all when it is not.
func TestTogetherTellsAtTheEnd(t *testing.T) { onEngines(t, 1, togetherTellsAtTheEnd) }

func togetherTellsAtTheEnd(t *testing.T, c *cluster) {
	look := telling(c.nodes[0])
	halfway := errors.New("halfway")
	for _, end := range []error{halfway, nil} {
		err := c.nodes[0].Together(t.Context(), "events", func(core *pay.Core) error {
			generateLiving(t, c, core, time.Hour)
			if told := look(); len(told) != 0 {
				t.Errorf("told %v before the commit", told)
			}
			return end
		})
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
		want := []pay.EventKind{pay.EventCodeCreated}
		if end != nil {
			want = nil
		}
		if told := look(); !slices.Equal(told, want) {
			t.Errorf("together, ending in %v: told %v", end, told)
		}
	}
}
