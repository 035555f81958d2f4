package notify_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
)

// bulk writes codes and payments with their deliveries, as Pay does but in one
// transaction: the payments of a code one after the other, turn by turn.
func (w *world) bulk(p *pay.Partner, codes, payments int) {
	w.Helper()
	now := w.core.Now()
	w.must(w.store.Update(w.Context(), func(tx pay.Tx) error {
		for c := range codes {
			code := pay.Code{
				ID: fmt.Sprintf("id-%s-%05d", p.ID, c), Ref: fmt.Sprintf("%s-%05d", p.ID, c), PartnerRef: "ref", PartnerID: p.ID,
				MerchantID: "m-" + p.ID, MerchantName: "Toko", Payload: "-", State: pay.CodeActive, CreatedAt: now,
			}
			if err := tx.InsertCode(code, pay.Day(now)); err != nil {
				return err
			}
			for n := range payments {
				if err := bulkPayment(tx, code, n, now); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

func bulkPayment(tx pay.Tx, code pay.Code, n int, now time.Time) error {
	ref := fmt.Sprintf("%s-%03d", code.Ref, n)
	payment := pay.Payment{
		ID: ref, Ref: ref, PayerID: payer, CodeRef: code.Ref, AcquirerID: code.PartnerID, MerchantID: code.MerchantID,
		Amount: pay.Rp(1), State: pay.PaymentPaid, At: now,
	}
	if err := tx.InsertPayment(payment, pay.Day(now)); err != nil {
		return err
	}
	return tx.InsertDelivery(pay.Delivery{
		ID: fmt.Sprintf("%03d-%s", n, code.Ref), PartnerID: code.PartnerID, MerchantID: code.MerchantID, CodeRef: code.Ref,
		PaymentRef: ref, State: pay.DeliveryPending, NextAt: now, CreatedAt: now,
	})
}

// pending counts a partner's deliveries that are under way; without a partner,
// all.
func (w *world) pending(partnerID string) int {
	w.Helper()
	var n int
	w.must(w.core.Inspect(w.Context(), func(r pay.Reader) error {
		n = 0
		return r.Deliveries(partnerID, pay.DeliveryPending, func(pay.Delivery) error {
			n++
			return nil
		})
	}))
	return n
}

// A receiver that never answers has thousands of deliveries due before anyone
// else's. They wait for its own few tries; the others are delivered meanwhile,
// and a payment that comes then is told at once.
func TestDeadEndpointDelaysNobody(t *testing.T) {
	w := newWorld(t)
	w.options.Timeout, w.options.Poll = time.Minute, time.Hour // neither comes to pass here
	over := make(chan bool)
	defer close(over) // before the notifier waits for what is in flight
	dead, healthy := newReceiver(t, func(http.ResponseWriter, *http.Request, int) { <-over }), newReceiver(t, nil)
	w.bulk(w.partner("dead", "rsa", dead.URL), 5000, 1)
	p := w.partner("p", "rsa", healthy.URL)
	w.bulk(p, 50, 2)
	n := w.run()
	w.until("all that was due", func() bool { return len(healthy.heard()) == 100 })
	w.pay(w.code(p, ""))
	n.Kick()
	w.until("what came later", func() bool { return len(healthy.heard()) == 101 })
	if heard := len(dead.heard()); heard != 4 {
		t.Errorf("%d tries in flight to one endpoint, expected 4", heard)
	}
}

// roulette decides the fate of a try in a hundred, the same at every run.
func roulette(id string, try int) uint32 {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%d", id, try)
	return h.Sum32() >> 8 % 100
}

// unreliable fails three tries in ten and does not answer one.
func unreliable(w http.ResponseWriter, r *http.Request, try int) {
	switch fate := roulette(r.Header.Get("X-EXTERNAL-ID"), try); {
	case fate < 15:
		say(500, "oops")(w, r)
	case fate < 30:
		say(200, "OK")(w, r)
	case fate < 40:
		hang(w, r)
	default:
		io.WriteString(w, ack)
	}
}

// soak runs the long form.
var soak = flag.Bool("soak", false, "run the long form of the tests that have one")

// Ten thousand notifications (one thousand in the short form) to ten receivers that fail 30 % and time out
// 10 %, and to one that never answers until all others have theirs, across two
// restarts: every one is delivered, in its code's order.
func TestTenThousand(t *testing.T) {
	const receivers, payments = 10, 10
	codes, toDead := 9, 100
	if *soak {
		codes, toDead = 95, 500
	}
	w := newWorld(t)
	w.clock = newClock(1000) // waits of business time: 2 s are 2 ms
	w.must(w.store.Close())
	w.open()
	w.options.Timeout, w.options.PerEndpoint = 150*time.Millisecond, 16
	w.options.Backoff = notify.Backoff{Factor: 1.5, Cap: 10 * time.Second, Over: 1000 * time.Hour}
	var alive atomic.Bool
	dead := newReceiver(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if !alive.Load() {
			hang(w, r)
			return
		}
		io.WriteString(w, ack)
	})
	w.bulk(w.partner("dead", "rsa", dead.URL), toDead/payments, payments)
	for i := range receivers {
		r, name := newReceiver(t, unreliable), "rsa"
		if i%5 > 0 { // RSA costs ten times as much
			r, _ = newTokenReceiver(t, unreliable)
			name = "token"
		}
		w.bulk(w.partner(fmt.Sprintf("p%d", i), name, r.URL), codes, payments)
	}
	healthy := receivers * codes * payments
	w.run()
	w.until("a third", func() bool { return w.pending("") < toDead+healthy*2/3 })
	w.restart()
	w.until("two thirds", func() bool { return w.pending("") < toDead+healthy/3 })
	w.restart()
	w.until("all but the dead one's", func() bool { return w.pending("") <= toDead })
	if n := w.pending("dead"); n != toDead {
		t.Errorf("%d are pending for the dead endpoint, expected %d", n, toDead)
	}
	alive.Store(true)
	w.until("all", func() bool { return w.pending("") == 0 })
	w.stop()
	checkOrder(w)
}

// checkOrder holds that no delivery was tried before the one before it, of its
// code, was acknowledged.
func checkOrder(w *world) {
	w.Helper()
	last := make(map[string]pay.Attempt) // acknowledged, by code
	for _, d := range w.deliveries() {
		tries := w.attempts(d.ID)
		if d.State != pay.DeliveryDone || len(tries) != d.Attempts || tries[len(tries)-1].Answer != ack {
			w.Errorf("%s is %s after %d attempts, recorded %+v", d.ID, d.State, d.Attempts, tries)
		}
		if before, ok := last[d.CodeRef]; ok && tries[0].At.Before(before.At.Add(time.Duration(before.Millis)*time.Millisecond)) {
			w.Errorf("%s was tried at %s, %s only at %s", d.ID, tries[0].At, before.DeliveryID, before.At)
		}
		last[d.CodeRef] = tries[len(tries)-1]
	}
}
