package notify_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

func TestDelivered(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, nil)
	code := w.code(w.partner("p", "rsa", r.URL+"?shop=1"), "")
	payment := w.pay(code)
	w.run()
	d := w.settled(pay.DeliveryDone, 1)

	got := r.heard()[0]
	want := map[string]string{
		snap.HeaderPartnerID: "p", snap.HeaderChannelID: "12345", snap.HeaderExternalID: d.ID,
		"Content-Type": "application/json", snap.HeaderAuthorization: "",
	}
	for name, value := range want {
		if got.header.Get(name) != value {
			t.Errorf("%s is %q, expected %q", name, got.header.Get(name), value)
		}
	}
	if got.uri != path+"?shop=1" {
		t.Errorf("it came to %s", got.uri)
	}
	body := `{"additionalInfo":{"merchantName":"Toko Maju Co","paymentNo":"` + payment.Ref + `"},` +
		`"amount":{"currency":"IDR","value":"1500.00"},"latestTransactionStatus":"00",` +
		`"originalPartnerReferenceNo":"` + code.Ref + `","originalReferenceNo":"` + code.Ref + `"}`
	if got.body != body || d.Body != body {
		t.Errorf("sent %s\nkept %s\nexpected %s", got.body, d.Body, body)
	}
	a := w.attempts(d.ID)[0]
	if a.Status != 200 || a.Answer != ack || a.URL != r.URL+path+"?shop=1" || a.Number != 1 || !a.At.Equal(d.DoneAt) {
		t.Errorf("recorded %+v of %+v", a, d)
	}
}

func TestHeaderNamesAreSpelledAsDocumented(t *testing.T) {
	w := newWorld(t)
	raw := make(chan string, 1)
	w.pay(w.code(w.partner("p", "rsa", "http://"+newListener(t, raw)), ""))
	w.run()
	request := <-raw
	for _, name := range []string{"X-TIMESTAMP", "X-SIGNATURE", "X-PARTNER-ID", "X-EXTERNAL-ID", "CHANNEL-ID", "Content-Type"} {
		if !strings.Contains(request, "\r\n"+name+": ") {
			t.Errorf("%s is not in\n%s", name, request)
		}
	}
	w.settled(pay.DeliveryDone, 1)
}

// Nothing but the documented envelope acknowledges: the delivery stays, its
// attempt says why, and the next try is the same to the byte.
func TestOnlyTheEnvelopeAcknowledges(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer elsewhere.Close()
	for _, c := range []struct {
		name    string
		does    http.HandlerFunc
		status  int
		records string
	}{
		{"bare 200", say(200, ""), 200, "empty body"},
		{"200 with text", say(200, "OK"), 200, "not strict JSON with a responseCode in text, JSON body, byte 0: the root must be an object: OK"},
		{"200 without a code", say(200, "{}"), 200, `no responseCode, spelled so, 2005200 is needed: {}`},
		{"200 with an empty code", say(200, `{"responseCode":""}`), 200, `responseCode is "", 2005200 is needed`},
		{"200 with a number", say(200, `{"responseCode":2005200}`), 200, "responseCode is not a text"},
		{"200 with the code in another case", say(200, `{"ResponseCode":"2005200"}`), 200, "no responseCode, spelled so"},
		{"200 with the code inside", say(200, `{"data":{"responseCode":"2005200"}}`), 200, "no responseCode, spelled so"},
		{"200 with two codes, the second good", say(200, `{"responseCode":"5005200","responseCode":"2005200"}`), 200, `duplicate name "responseCode"`},
		{"200 with two codes, the first good", say(200, `{"responseCode":"2005200","RESPONSECODE":"5005200"}`), 200, "differ only in case"},
		{"200 with more behind the code", say(200, ack+"{}"), 200, "trailing data"},
		{"200 with another code", say(200, `{"responseCode":"2005600"}`), 200, `"2005600"`},
		{"202 with the code", say(202, ack), 202, "status 202, 200 is needed"},
		{"401", say(401, `{"responseCode":"4015200"}`), 401, `{"responseCode":"4015200"}`},
		{"500", say(500, "oops"), 500, "oops"},
		{"redirect", http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect).ServeHTTP, 307, "redirects are not followed"},
		{"redirect that answers", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(http.StatusFound)
			io.WriteString(w, ack)
		}, 302, "redirects are not followed"},
		{"no answer", hang, 0, "no answer within 300ms"},
		{"half an answer", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, ack[:20])
			w.(http.Flusher).Flush()
			hang(w, r)
		}, 0, "no answer within 300ms"},
		{"answer without end", say(200, strings.Repeat("a", 1<<20)), 200, "not strict JSON"},
		{"broken off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "no answer: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if c.status == 0 {
				w.options.Timeout = 300 * time.Millisecond
			}
			r := newReceiver(t, once(c.does))
			w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
			w.run()
			d := w.settled(pay.DeliveryPending, 1)
			a := w.attempts(d.ID)[0]
			if a.Status != c.status || !strings.Contains(a.Answer, c.records) {
				t.Errorf("recorded %d %q, expected %d %q", a.Status, a.Answer, c.status, c.records)
			}
			if wait := d.NextAt.Sub(a.At); wait < 1500*time.Millisecond {
				t.Errorf("due again after %s", wait)
			}
			w.clock.advance(time.Hour)
			w.settled(pay.DeliveryDone, 2)
			tries := r.heard()
			if len(tries) != 2 || tries[0].id != tries[1].id || tries[0].body != tries[1].body || tries[0].id != d.ID {
				t.Errorf("heard %+v", tries)
			}
		})
	}
}

// The body is that of the moment of the first try, whatever happens between.
func TestTheBodyIsMadeOnce(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, once(say(500, "")))
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	var made atomic.Int32
	d := dialects()
	d[0].Notice.Body = func(t pay.Transaction) map[string]any {
		return map[string]any{"made": strings.Repeat("I", int(made.Add(1)))}
	}
	w.options.Dialects = d
	w.run()
	w.settled(pay.DeliveryPending, 1)
	w.restart()
	w.clock.advance(time.Hour)
	w.settled(pay.DeliveryDone, 2)
	for i, h := range r.heard() {
		if h.body != `{"made":"I"}` {
			t.Errorf("try %d carried %s", i+1, h.body)
		}
	}
	if made.Load() != 1 {
		t.Errorf("the dialect was asked %d times", made.Load())
	}
}

func TestOrderOfACodeIsKept(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request, try int) {
		if try < 3 {
			say(500, "")(w, r)
			return
		}
		io.WriteString(w, ack)
	})
	w.options.Backoff.First = time.Millisecond
	p := w.partner("p", "rsa", r.URL)
	var payments, want []string
	for range 2 {
		code := w.code(p, "")
		for range 10 {
			payments = append(payments, w.pay(code).Ref)
		}
	}
	w.run()
	w.until("all delivered", func() bool {
		return !slices.ContainsFunc(w.deliveries(), func(d pay.Delivery) bool { return d.State != pay.DeliveryDone })
	})
	for code := range 2 {
		mine := payments[code*10 : code*10+10]
		want = want[:0]
		for _, ref := range mine {
			want = append(want, ref, ref, ref)
		}
		var got []string
		for _, h := range r.heard() {
			if slices.Contains(mine, h.payment) {
				got = append(got, h.payment)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("code %d: %v, expected %v", code, got, want)
		}
	}
}

// A refused first delivery holds back its code and nothing else.
func TestOtherCodesDoNotWait(t *testing.T) {
	w := newWorld(t)
	var stuck atomic.Value
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.Header.Get(snap.HeaderExternalID) == stuck.Load() {
			say(500, "")(w, r)
			return
		}
		io.WriteString(w, ack)
	})
	p := w.partner("p", "rsa", r.URL)
	first, second := w.code(p, ""), w.code(p, "")
	w.pay(first)
	stuck.Store(w.only().ID)
	w.pay(first)
	w.pay(second)
	w.run()
	w.until("the second code's", func() bool { return w.deliveries()[2].State == pay.DeliveryDone })
	w.until("the first try", func() bool { return w.deliveries()[0].Attempts == 1 })
	if d := w.deliveries()[1]; d.State != pay.DeliveryPending || d.Attempts != 0 {
		t.Errorf("the first code's second delivery overtook: %+v", d)
	}
}

// The address is that of the moment: a partner's new one, and a code's own
// before both.
func TestCurrentAddress(t *testing.T) {
	w := newWorld(t)
	old, current, own := newReceiver(t, once(say(500, ""))), newReceiver(t, nil), newReceiver(t, nil)
	p := w.partner("p", "rsa", old.URL)
	moved := w.pay(w.code(p, ""))
	called := w.pay(w.code(p, own.URL+"/own/path?order=a%2Fb"))
	w.run()
	w.until("both tried", func() bool { return len(old.heard()) == 1 && len(own.heard()) == 1 })
	w.partner("p", "rsa", current.URL+"/new")
	w.until("recorded", func() bool { return w.deliveries()[0].Attempts == 1 })
	w.clock.advance(time.Hour)
	w.until("delivered to the new address", func() bool { return len(current.heard()) == 1 })
	if h := current.heard()[0]; h.payment != moved.Ref || h.uri != "/new" {
		t.Errorf("the new address heard %+v", h)
	}
	if h := own.heard()[0]; h.payment != called.Ref || h.uri != "/own/path?order=a%2Fb" {
		t.Errorf("the code's own address heard %+v", h)
	}
}

func TestNoAddressAnyMore(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, nil)
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	w.partner("p", "rsa", "")
	w.run()
	d := w.settled(pay.DeliveryPending, 1)
	if a := w.attempts(d.ID)[0]; !strings.Contains(a.Answer, "no address") || a.URL != "" {
		t.Errorf("recorded %+v", a)
	}
	w.partner("p", "rsa", r.URL)
	w.clock.advance(time.Hour)
	w.settled(pay.DeliveryDone, 2)
}

// The last try leaves a state that is seen, and from which it can be sent
// again.
func TestGivesUpVisiblyAndIsSentAgain(t *testing.T) {
	w := newWorld(t)
	var cured atomic.Bool
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if cured.Load() {
			io.WriteString(w, ack)
			return
		}
		say(503, "down")(w, r)
	})
	w.options.Backoff = notify.Backoff{First: time.Millisecond, Factor: 1, Over: 3 * time.Millisecond}
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	n := w.run()
	d := w.settled(pay.DeliveryFailed, 4)
	if d.DoneAt.IsZero() || len(w.attempts(d.ID)) != 4 {
		t.Errorf("%+v with attempts %+v", d, w.attempts(d.ID))
	}
	cured.Store(true)
	w.must(w.core.Resend(t.Context(), d.ID))
	n.Kick()
	w.settled(pay.DeliveryDone, 5)
	if all := r.heard(); all[4].id != all[0].id || all[4].body != all[0].body {
		t.Errorf("sent again as %+v, first %+v", all[4], all[0])
	}
}

func TestDialectsWithoutNotification(t *testing.T) {
	for _, c := range []struct {
		dialect, records string
		state            pay.DeliveryState
	}{
		{"mute", "mute: the dialect documents no notification", pay.DeliveryFailed},
		{"gone", `"gone" is not served here`, pay.DeliveryPending},
	} {
		w := newWorld(t)
		w.pay(w.code(w.partner("p", c.dialect, "http://receiver.example"), ""))
		w.run()
		d := w.settled(c.state, 1)
		if a := w.attempts(d.ID)[0]; !strings.Contains(a.Answer, c.records) {
			t.Errorf("%s: recorded %q", c.dialect, a.Answer)
		}
	}
}

// A dialect's own fault is recorded like a receiver's.
func TestBodyThatCannotBeMade(t *testing.T) {
	for records, made := range map[string]func(pay.Transaction) map[string]any{
		"panicked over":         func(t pay.Transaction) map[string]any { panic(t.Refunds[0].Ref) },
		"body.n is 1":           func(pay.Transaction) map[string]any { return map[string]any{"n": 1} },
		"the body is no JSON: ": func(pay.Transaction) map[string]any { return map[string]any{"n": func() {}} },
	} {
		w := newWorld(t)
		w.options.Dialects[0].Notice.Body = made
		w.pay(w.code(w.partner("p", "rsa", "http://receiver.example"), ""))
		w.run()
		d := w.settled(pay.DeliveryPending, 1)
		if a := w.attempts(d.ID)[0]; !strings.Contains(a.Answer, records) {
			t.Errorf("recorded %q, expected %q", a.Answer, records)
		}
	}
}

// Outside a sandbox a name that leads inside is refused where it is dialled,
// and plain http before.
func TestPrivateNetworksAreRefused(t *testing.T) {
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private address was called") }))
	defer inside.Close()
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	for url, records := range map[string]string{
		inside.URL:                 "127.0.0.1 is loopback",
		"https://localhost" + port: "is loopback",
		"https://[::ffff:127.0.0.1]" + port + "/x":    "127.0.0.1 is loopback",
		"https://user:pass@10.1.2.3/x":                "10.1.2.3 is private",
		"https://169.254.169.254/latest":              "169.254.169.254 is link-local",
		"http://" + inside.Listener.Addr().String():   "https is required",
		"ftp://" + inside.Listener.Addr().String():    "not one of http or https",
		"https:///path":                               "not one of http or https",
		"https://" + strings.Repeat("%", 3):           "cannot be read",
		"gopher:" + inside.Listener.Addr().String():   "not one of http or https",
		"https://127.0.0.1" + port + "/?a=%zz&b=\x7f": "cannot be read",
	} {
		w := newWorld(t)
		w.options.AllowPrivate = false
		w.pay(w.code(w.partner("p", "rsa", url), ""))
		w.run()
		d := w.settled(pay.DeliveryPending, 1)
		a := w.attempts(d.ID)[0]
		if a.Status != 0 || !strings.Contains(a.Answer, records) || strings.Contains(a.URL, "pass") {
			t.Errorf("%s: recorded %+v, expected %q", url, a, records)
		}
	}
}

func TestEncrypted(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, nil)
	secure := httptest.NewTLSServer(r)
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	w.pay(w.code(w.partner("p", "rsa", secure.URL), ""))
	w.run()
	d := w.settled(pay.DeliveryPending, 1)
	if a := w.attempts(d.ID)[0]; !strings.Contains(a.Answer, "certificate") {
		t.Errorf("an unknown certificate was recorded as %q", a.Answer)
	}
	w.options.TLS = &tls.Config{RootCAs: roots}
	w.restart()
	w.clock.advance(time.Hour)
	w.settled(pay.DeliveryDone, 2)
}

// Run ends after the tries in flight are recorded.
func TestRunFinishesWhatIsInFlight(t *testing.T) {
	w := newWorld(t)
	arrived, release := make(chan bool), make(chan bool)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		arrived <- true
		<-release
		io.WriteString(w, ack)
	})
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	w.options.Poll = time.Hour // the first look comes without a poll
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- notify.New(w.core, w.options).Run(ctx) }()
	<-arrived
	cancel()
	release <- true
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if d := w.only(); d.State != pay.DeliveryDone || len(w.attempts(d.ID)) != 1 {
		t.Errorf("Run left %+v", d)
	}
}

// What was settled or put off while it waited its turn, by an operator or
// another node, is not sent.
func TestWhatWaitsIsReadAgain(t *testing.T) {
	w := newWorld(t)
	arrived, release := make(chan bool, 10), make(chan bool)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		arrived <- true
		<-release
		io.WriteString(w, ack)
	})
	w.options.PerEndpoint = 1
	p := w.partner("p", "rsa", r.URL)
	var payments []string
	for range 4 {
		payments = append(payments, w.pay(w.code(p, "")).Ref)
	}
	w.run()
	<-arrived
	all := w.deliveries()
	w.must(w.store.Update(t.Context(), func(tx pay.Tx) error {
		return errors.Join(
			tx.SetDelivery(all[1].ID, pay.DeliveryPending, 0, w.core.Now().Add(time.Hour), time.Time{}),
			tx.SetDelivery(all[2].ID, pay.DeliveryDone, 0, w.core.Now(), w.core.Now()),
		)
	}))
	close(release)
	w.until("the last one", func() bool { return w.deliveries()[3].State == pay.DeliveryDone })
	for i, want := range []int{0, 3} {
		if heard := r.heard(); len(heard) != 2 || heard[i].payment != payments[want] {
			t.Errorf("heard %+v", heard)
		}
	}
}

func TestChannelOfAPartnerWithoutOne(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, nil)
	p := *w.partner("p", "rsa", r.URL)
	p.ChannelID = ""
	w.must(w.core.PutPartner(t.Context(), p))
	w.pay(w.code(&p, ""))
	w.run()
	w.settled(pay.DeliveryDone, 1)
	if got := r.heard()[0].header.Get(snap.HeaderChannelID); got != "95221" {
		t.Errorf("CHANNEL-ID is %q", got)
	}
}

func TestKick(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, nil)
	p := w.partner("p", "rsa", r.URL)
	w.options.Poll = time.Hour
	n := w.run()
	for i := range 5 {
		w.pay(w.code(p, ""))
		n.Kick()
		w.until("a delivery without a poll", func() bool { return len(r.heard()) == i+1 })
	}
}

func TestPreview(t *testing.T) {
	w := newWorld(t)
	payment := w.pay(w.code(w.partner("p", "rsa", "http://user:pass@receiver.example"), ""))
	n := notify.New(w.core, w.options)
	url, body, err := n.Preview(t.Context(), w.only().ID)
	if err != nil || url != "http://user:xxxxx@receiver.example"+path {
		t.Errorf("%q, %v", url, err)
	}
	var shown struct{ AdditionalInfo struct{ PaymentNo string } }
	if err := json.Unmarshal([]byte(body), &shown); err != nil || shown.AdditionalInfo.PaymentNo != payment.Ref {
		t.Errorf("%s, %v", body, err)
	}
	if d := w.only(); d.Body != "" || d.Attempts != 0 {
		t.Errorf("a preview left %+v", d)
	}
	if _, _, err := n.Preview(t.Context(), "nothing"); err == nil {
		t.Error("a preview of nothing")
	}
}
