package notify_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
)

// as is the world's options for a node, which names itself in the bodies that
// it makes.
func (w *world) as(holder string) notify.Options {
	o := w.options
	o.Holder, o.Dialects = holder, dialects()
	for i := range o.Dialects[:2] {
		o.Dialects[i].Notice.Body = func(t pay.Transaction) map[string]any {
			made := body(t)
			made["additionalInfo"].(map[string]any)["node"] = holder
			return made
		}
	}
	return o
}

// madeBy counts the deliveries whose body a node has made.
func (w *world) madeBy(holder string) (n int) {
	w.Helper()
	for _, d := range w.deliveries() {
		if strings.Contains(d.Body, `"node":"`+holder+`"`) {
			n++
		}
	}
	return n
}

// held counts the pending deliveries that a node holds, and the others.
func (w *world) held(holder string) (held, others int) {
	w.Helper()
	for _, d := range w.unsettled() {
		if d.Holder == holder {
			held++
		} else {
			others++
		}
	}
	return held, others
}

// unsettled gives the pending deliveries, oldest first.
func (w *world) unsettled() []pay.Delivery {
	w.Helper()
	return slices.DeleteFunc(w.deliveries(), func(d pay.Delivery) bool { return d.State != pay.DeliveryPending })
}

// acks are the receivers' own word on what they have acknowledged.
type acks struct {
	mu    sync.Mutex
	times map[string]int // by id
}

// failing fails four tries in ten, always with an answer or before one: a try
// that it acknowledges is known to be.
func (a *acks) failing(w http.ResponseWriter, r *http.Request, try int) {
	id := r.Header.Get("X-EXTERNAL-ID")
	switch fate := roulette(id, try); {
	case fate < 15:
		say(500, "oops")(w, r)
	case fate < 30:
		say(200, "OK")(w, r)
	case fate < 40:
		panic(http.ErrAbortHandler)
	default:
		a.mu.Lock()
		a.times[id]++
		a.mu.Unlock()
		io.WriteString(w, ack)
	}
}

// once holds that each of n deliveries was acknowledged, and not twice.
func (a *acks) once(t *testing.T, n int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.times) != n {
		t.Errorf("%d were acknowledged, expected %d", len(a.times), n)
	}
	for id, times := range a.times {
		if times != 1 {
			t.Errorf("%s was acknowledged %d times", id, times)
		}
	}
}

// manyReceivers is a fast world with five partners, who share the codes, and n
// deliveries, the five of a code one behind the other.
func manyReceivers(t *testing.T, codes int, answer func(http.ResponseWriter, *http.Request, int)) (w *world, n int) {
	w = newWorld(t)
	w.clock = newClock(1000) // waits of business time: 2 s are 2 ms
	w.must(w.store.Close())
	w.open()
	w.options.Backoff = notify.Backoff{Factor: 1.5, Cap: 10 * time.Second, Over: 1000 * time.Hour}
	w.options.Poll, w.options.PerEndpoint = 50*time.Millisecond, 16
	for i := range 5 {
		r, name := newReceiver(t, answer), "rsa"
		if i > 0 {
			r, _ = newTokenReceiver(t, answer)
			name = "token"
		}
		w.bulk(w.partner(fmt.Sprintf("p%d", i), name, r.URL), codes/5, 5)
		n += codes / 5 * 5
	}
	return w, n
}

// Two thousand notifications to receivers that fail four tries in ten: with
// nobody dying each is acknowledged once, in its code's order, and every node
// has its share.
func TestNodesShareTheWork(t *testing.T) {
	for _, holders := range [][]string{{"a", "b"}, {"a", "b", "c"}} {
		t.Run(fmt.Sprint(len(holders), " nodes"), func(t *testing.T) {
			told := acks{times: make(map[string]int)}
			w, n := manyReceivers(t, 400, told.failing)
			for _, h := range holders {
				w.start(w.coreOn(w.store), w.as(h))
			}
			w.until("all", func() bool { return w.pending("") == 0 })
			checkOrder(w)
			told.once(t, n)
			for _, h := range holders {
				share := w.madeBy(h)
				if t.Logf("%s began %d of %d", h, share, n); share == 0 {
					t.Errorf("%s had no share of the work", h)
				}
			}
		})
	}
}

// A node is cut off from storage in the middle: what it holds waits for it,
// and only that; once it is released the others deliver it, with the same
// bytes (which the receiver compares).
func TestNodeDies(t *testing.T) {
	w, _ := manyReceivers(t, 100, unreliable)
	w.options.Timeout = 150 * time.Millisecond
	disk := &failing{Storage: w.store}
	disk.last.Store(3)
	w.start(w.coreOn(disk), w.as("dies"))
	w.start(w.coreOn(w.store), w.as("b"))
	w.start(w.coreOn(w.store), w.as("c"))
	w.until("its end", disk.isCut)
	var held int
	w.until("all but the dead one's codes", func() bool {
		codes := map[string]bool{}
		rest := w.unsettled()
		for _, d := range rest {
			codes[d.CodeRef] = codes[d.CodeRef] || d.Holder == "dies"
		}
		held = len(rest)
		return !slices.ContainsFunc(rest, func(d pay.Delivery) bool { return !codes[d.CodeRef] })
	})
	if held == 0 {
		t.Fatal("it died without holding anything")
	}
	w.must(w.core.ReleaseDeliveries(t.Context(), "dies"))
	w.until("all", func() bool { return w.pending("") == 0 })
	checkOrder(w)
	t.Logf("%d waited for the dead one; b began %d, c %d", held, w.madeBy("b"), w.madeBy("c"))
}

// A node that never ran again after it had claimed something holds back that,
// and what comes after it on the same code.
func TestClaimedAndNeverTried(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, nil)
	p := w.partner("p", "rsa", r.URL)
	first := w.code(p, "")
	w.pay(first)
	if due, err := w.core.ClaimDeliveries(t.Context(), "gone", 10); err != nil || len(due) != 1 {
		t.Fatalf("claimed %v, %v", due, err)
	}
	w.pay(first)
	w.pay(w.code(p, ""))
	w.run()
	w.until("the other code's", func() bool { return w.deliveries()[2].State == pay.DeliveryDone })
	if n := w.pending(""); n != 2 {
		t.Errorf("%d are pending, expected the two of the code that is held", n)
	}
	w.must(w.core.ReleaseDeliveries(t.Context(), "gone"))
	w.until("all", func() bool { return w.pending("") == 0 })
	checkOrder(w)
}

// journal is where a log is written to while it is read.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *journal) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *journal) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A node that counted as gone comes back: the answer to its try is late, and
// what waited in its memory was another's. Neither harms, and it goes on.
func TestNodeComesBack(t *testing.T) {
	w := newWorld(t)
	arrived, late := make(chan bool, 10), make(chan bool)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		arrived <- true
		<-late
		io.WriteString(w, ack)
	})
	w.options.PerEndpoint = 1 // one after the other
	p := w.partner("p", "rsa", r.URL)
	w.pay(w.code(p, ""))
	w.pay(w.code(p, ""))
	var log journal
	w.options.Holder = "slow"
	w.options.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.run()
	<-arrived
	w.until("both claimed", func() bool { held, _ := w.held("slow"); return held == 2 })
	both := w.unsettled()
	w.must(w.store.Update(t.Context(), func(tx pay.Tx) error {
		var errs []error
		for _, d := range both {
			errs = append(errs, tx.InsertAttempt(pay.Attempt{DeliveryID: d.ID, Number: 1, Answer: "quick"}),
				tx.SetDelivery(d.ID, pay.DeliveryDone, 1, d.NextAt, d.NextAt))
		}
		return errors.Join(errs...)
	}))
	close(late)
	w.pay(w.code(p, ""))
	w.until("the last one", func() bool { return w.pending("") == 0 })
	w.stop()
	for i, answer := range []string{"quick", "quick", ack} {
		d := w.deliveries()[i]
		if tries := w.attempts(d.ID); d.State != pay.DeliveryDone || len(tries) != 1 || tries[0].Answer != answer {
			t.Errorf("%+v has %+v", d, tries)
		}
	}
	if n := len(r.heard()); n != 2 {
		t.Errorf("%d requests, expected the late one and the last", n)
	}
	if text := log.String(); text != "" {
		t.Errorf("it said %s", text)
	}
}

// What was released behind a node's back and claimed by it anew, while its
// first try was still in flight, is not forgotten when the record of that try
// is refused.
func TestClaimedAnewWhileInFlight(t *testing.T) {
	w := newWorld(t)
	arrived, late := make(chan bool, 10), make(chan bool)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, try int) {
		if arrived <- true; try == 1 {
			<-late
		}
		io.WriteString(w, ack)
	})
	w.options.PerEndpoint, w.options.Holder = 1, "slow"
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	n := w.run()
	<-arrived
	id := w.only().ID
	// Another node had it meanwhile, and failed.
	w.must(w.core.Tried(t.Context(), pay.Attempt{DeliveryID: id, Number: 1, At: w.core.Now()}, pay.DeliveryPending, w.core.Now()))
	n.Kick()
	w.until("the second claim", func() bool { return w.only().Holder == "slow" })
	close(late)
	w.settled(pay.DeliveryDone, 2)
	if heard := len(r.heard()); heard != 2 {
		t.Errorf("%d requests, expected 2", heard)
	}
}

// A node that ends gives back what it has claimed and not tried.
func TestRunReleasesWhatItHolds(t *testing.T) {
	w := newWorld(t)
	arrived, release := make(chan bool, 100), make(chan bool)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		arrived <- true
		<-release
		io.WriteString(w, ack)
	})
	w.bulk(w.partner("p", "rsa", r.URL), 50, 1)
	w.options.Holder = "node"
	_, stop := w.start(w.core, w.options)
	for range 4 {
		<-arrived
	}
	w.until("all claimed", func() bool { held, _ := w.held("node"); return held == 50 })
	close(release)
	stop()
	if held, free := w.held("node"); held != 0 || free > 46 || free+len(r.heard()) != 50 {
		t.Errorf("%d are held and %d free after %d were told", held, free, len(r.heard()))
	}
	w.run()
	w.until("all", func() bool { return w.pending("") == 0 })
}

// A receiver that takes its time does not keep Run from ending: the try is
// cut and recorded, and is never the last one.
func TestSlowReceiverIsCut(t *testing.T) {
	w := newWorld(t)
	arrived := make(chan bool, 10)
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request, try int) {
		if try == 1 {
			arrived <- true
			hang(w, r)
			return
		}
		io.WriteString(w, ack)
	})
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	w.options.Timeout, w.options.Grace = time.Hour, time.Millisecond
	w.options.Backoff = notify.Backoff{First: time.Hour, Over: time.Minute} // one try only
	w.run()
	<-arrived
	w.stop()
	d := w.only()
	if d.State != pay.DeliveryPending || d.Attempts != 1 || d.Holder != "" {
		t.Errorf("Run left %+v", d)
	}
	if a := w.attempts(d.ID); len(a) != 1 || a[0].Status != 0 || a[0].Answer != "no answer before this server ended" {
		t.Errorf("recorded %+v", a)
	}
	w.restart()
	w.settled(pay.DeliveryDone, 2)
}

// Where the cut try cannot be recorded either, it is made again.
func TestSlowReceiverAndNoStorage(t *testing.T) {
	w, disk := failingWorld(t)
	arrived := make(chan bool, 10)
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request, try int) {
		if try == 1 {
			arrived <- true
			hang(w, r)
			return
		}
		io.WriteString(w, ack)
	})
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	w.options.Timeout, w.options.Grace = time.Hour, time.Millisecond
	w.run()
	<-arrived
	disk.updates.Store(1 << 40)
	w.stop()
	if d := w.only(); d.State != pay.DeliveryPending || d.Attempts != 0 {
		t.Errorf("Run left %+v", d)
	}
	w.restart()
	w.settled(pay.DeliveryDone, 1)
}
