package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// receiver is the server of all partners, at whose path /DIALECT each is
// notified. It acknowledges as the dialect documents, unless it is deaf.
type receiver struct {
	server   *httptest.Server
	dialects []dialect.Dialect

	mu    sync.Mutex
	deaf  bool
	heard []heard
}

// heard is one try of a notification.
type heard struct{ id, dialect, body string }

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	e := &receiver{dialects: dialects()}
	e.server = httptest.NewServer(e)
	t.Cleanup(e.server.Close)
	return e
}

// at is where a dialect's partner is notified.
func (e *receiver) at(dialectName string) string { return e.server.URL + "/" + dialectName }

func (e *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	i := slices.IndexFunc(e.dialects, func(d dialect.Dialect) bool { return d.Name == name })
	if i < 0 { // where a provider that wants a token fetches it
		fmt.Fprint(w, `{"responseCode":"2007300","responseMessage":"Successful","accessToken":"heard","tokenType":"Bearer","expiresIn":"900"}`)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, heard{r.Header.Get("X-EXTERNAL-ID"), name, string(body)})
	if e.deaf {
		http.Error(w, "deaf", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintf(w, `{"responseCode":%q,"responseMessage":"Successful"}`, e.dialects[i].Notice.Acks[0])
}

func (e *receiver) turn(deaf bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deaf = deaf
}

func (e *receiver) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard, e.deaf = nil, false
}

// of gives the tries of one delivery.
func (e *receiver) of(id string) []heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(e.heard), func(h heard) bool { return h.id != id })
}

func (w *world) deliveries(rt *rapid.T) []pay.Delivery {
	var all []pay.Delivery
	err := w.h.node.core.Inspect(rt.Context(), func(r pay.Reader) error {
		all = nil
		return r.Deliveries("", "", func(d pay.Delivery) error {
			all = append(all, d)
			return nil
		})
	})
	if err != nil {
		rt.Fatal(err)
	}
	return all
}

// delivery is the one that tells of a payment.
func (w *world) delivery(rt *rapid.T, p *modelPayment) pay.Delivery {
	found := slices.DeleteFunc(w.deliveries(rt), func(d pay.Delivery) bool { return d.PaymentRef != p.ref })
	if len(found) != 1 || found[0].CodeRef != p.code.ref {
		rt.Fatalf("payment %s of code %s has %d deliveries, want one: %+v", p.ref, p.code.ref, len(found), found)
	}
	return found[0]
}

// hear waits until the payment's notification is told, and holds what was
// heard against the model and against a query of this moment.
func (w *world) hear(rt *rapid.T, p *modelPayment) {
	if p.code == nil {
		return // another institution tells its merchant
	}
	d := w.await(rt, p, func(d pay.Delivery) bool { return d.State != pay.DeliveryPending })
	if d.Attempts != 1 {
		rt.Fatalf("payment %s was told %d times: %v", p.ref, d.Attempts, w.ear.of(d.ID))
	}
	w.checkTold(rt, p, d)
}

// patience is far more than a delivery takes.
const patience = time.Minute

func (w *world) await(rt *rapid.T, p *modelPayment, done func(pay.Delivery) bool) pay.Delivery {
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		d := w.delivery(rt, p)
		if done(d) {
			return d
		}
		if time.Now().After(deadline) {
			rt.Fatalf("the delivery of payment %s is still %s after %d attempts, due at %s, now %s", p.ref, d.State, d.Attempts, d.NextAt, w.now())
		}
	}
}

// checkTold looks at a delivery that has left the outbox.
func (w *world) checkTold(rt *rapid.T, p *modelPayment, d pay.Delivery) {
	dialect := w.dialect(p.code.dialect)
	if dialect.Notice == nil {
		if d.State != pay.DeliveryFailed {
			rt.Fatalf("%s documents no notification, yet that of payment %s is %s", dialect.Name, p.ref, d.State)
		}
		return
	}
	tries := w.ear.of(d.ID)
	if d.State != pay.DeliveryDone || len(tries) != d.Attempts {
		rt.Fatalf("the notification of payment %s is %s after %d attempts, of which %d were heard", p.ref, d.State, d.Attempts, len(tries))
	}
	for _, try := range tries {
		if try != (heard{d.ID, p.code.dialect, d.Body}) {
			rt.Fatalf("payment %s: heard %+v, want %s", p.ref, try, d.Body)
		}
	}
	w.checkNotice(rt, dialect, p, d.Body)
}

func (w *world) checkNotice(rt *rapid.T, d *dialect.Dialect, p *modelPayment, body string) {
	var told reply
	if err := json.Unmarshal([]byte(body), &told.body); err != nil {
		rt.Fatalf("the notification of payment %s: %v: %s", p.ref, err, body)
	}
	for name, want := range map[string]string{
		"latestTransactionStatus": d.Statuses[pay.StatusPaid].Code, "amount.value": p.amount.String(),
		"originalReferenceNo": p.code.ref, "originalPartnerReferenceNo": p.code.mine,
	} {
		if told.at(name) != want {
			rt.Fatalf("the notification of payment %s has %s %q, want %q: %s", p.ref, name, told.at(name), want, body)
		}
	}
	s := subject{dialect: d.Name, code: p.code}
	if s.newest() != p || p.status() != pay.StatusPaid {
		return // it was told late: a query speaks of what came after
	}
	query := w.inquire(rt, s)
	for _, name := range []string{"latestTransactionStatus", "amount.value", "originalReferenceNo", "originalPartnerReferenceNo"} {
		if query.body != nil && query.at(name) != told.at(name) {
			rt.Fatalf("%s of payment %s is %q in the notification, %q in the query:\n%s\n%s", name, p.ref, told.at(name), query.at(name), body, query.raw)
		}
	}
}

func (w *world) dialect(name string) *dialect.Dialect {
	i := slices.IndexFunc(w.h.dialects, func(d dialect.Dialect) bool { return d.Name == name })
	return &w.h.dialects[i]
}

// payDeaf pays a code while the receiver acknowledges nothing. The server may
// be restarted and the payment refunded before the receiver is well again: it
// then hears what it was told first.
func (w *world) payDeaf(rt *rapid.T) {
	w.steady(rt)
	open := slices.DeleteFunc(slices.Clone(w.m.codes), func(c *modelCode) bool { return c.payable(w.now()) != accepted })
	c := choose(rt, "code", open)
	if w.dialect(c.dialect).Notice == nil {
		rt.Skip("nobody would hear of it")
	}
	w.ear.turn(true)
	p := w.payQuietly(rt, c)
	w.await(rt, p, func(d pay.Delivery) bool { return d.Attempts > 0 })
	if s := (subject{dialect: c.dialect, code: c}); w.offered(c.dialect, "refund") && rapid.Bool().Draw(rt, "refunded") {
		body := w.refundBody(s, p.amount)
		now := w.now()
		r := w.ask(rt, c.dialect, "refund", body, accepted)
		w.m.refund(p, p.amount, r.at("refundNo"), body["partnerRefundNo"].(string), now)
	}
	if rapid.Bool().Draw(rt, "restarted") {
		w.restart(rt)
	}
	w.ear.turn(false)
	w.advance(rt, time.Hour)
	w.checkTold(rt, p, w.await(rt, p, func(d pay.Delivery) bool { return d.State != pay.DeliveryPending }))
	w.steady(rt)
	w.inquire(rt, subject{dialect: c.dialect, code: c})
}

// payQuietly pays a code from outside without waiting for its notification.
func (w *world) payQuietly(rt *rapid.T, c *modelCode) *modelPayment {
	o := &order{payer: sandbox.OutsidePayer, code: c, payload: c.payload, amount: c.amount}
	if c.static() {
		o.amount = drawSum(rt, "sum", maxDrawn)
	}
	w.m.refill(pay.DefaultPolicy().MaxAmount)
	now := w.now()
	r := w.admin(rt, "POST", "/v1/sandbox/pay", object{"qrContent": c.payload, "amount": o.amount.String()})
	return w.m.pay(o, r.at("referenceNo"), "", now)
}

// checkDeliveries wants exactly one delivery for each payment of a code, and
// no other.
func (w *world) checkDeliveries(rt *rapid.T) {
	payments := 0
	for _, p := range w.m.payments {
		if p.code == nil {
			continue
		}
		payments++
		w.checkLeft(rt, p, w.delivery(rt, p))
	}
	if all := w.deliveries(rt); len(all) != payments {
		rt.Fatalf("there are %d deliveries for %d payments of codes", len(all), payments)
	}
}

// checkLeft wants a delivery to have left the outbox as it should.
func (w *world) checkLeft(rt *rapid.T, p *modelPayment, d pay.Delivery) {
	want := pay.DeliveryDone
	if w.dialect(p.code.dialect).Notice == nil {
		want = pay.DeliveryFailed
	}
	if d.State != want {
		rt.Fatalf("the delivery of payment %s is %s, want %s", p.ref, d.State, want)
	}
	if tries := w.ear.of(d.ID); want == pay.DeliveryDone && len(tries) != d.Attempts {
		rt.Fatalf("payment %s was told %d times in %d attempts", p.ref, len(tries), d.Attempts)
	}
}
