package notify_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// failing is a storage that fails a number of times.
type failing struct {
	pay.Storage
	views, updates atomic.Int64
	bodies         atomic.Int64  // only the keeping of one
	unheard        atomic.Int64  // claims that are committed, but the answer is lost
	last           atomic.Int64  // at this claim that gives something it is cut off
	stuck          chan struct{} // an update waits until it is closed; nil: none does
}

var errDisk = errors.New("the disk is full")

func (f *failing) View(ctx context.Context, do func(pay.Reader) error) error {
	if f.views.Add(-1) >= 0 {
		return errDisk
	}
	return f.Storage.View(ctx, do)
}

func (f *failing) Update(ctx context.Context, do func(pay.Tx) error) error {
	if f.stuck != nil {
		<-f.stuck
	}
	if f.updates.Add(-1) >= 0 {
		return errDisk
	}
	claimed := 0
	err := f.Storage.Update(ctx, func(tx pay.Tx) error { return do(&failingTx{tx, f, &claimed}) })
	if err != nil || claimed == 0 {
		return err
	}
	if f.last.Add(-1) == 0 {
		f.cut()
	}
	if f.unheard.Add(-1) >= 0 {
		return errDisk
	}
	return nil
}

// cut lets everything fail from now on.
func (f *failing) cut() {
	f.updates.Store(1 << 40)
	f.views.Store(1 << 40)
}

func (f *failing) isCut() bool { return f.updates.Load() > 0 }

type failingTx struct {
	pay.Tx
	*failing
	claimed *int
}

func (f *failingTx) SetDeliveryBody(id, body string) error {
	if f.bodies.Add(-1) >= 0 {
		return errDisk
	}
	return f.Tx.SetDeliveryBody(id, body)
}

func (f *failingTx) ClaimDeliveries(holder string, now time.Time, limit int) ([]pay.Delivery, error) {
	due, err := f.Tx.ClaimDeliveries(holder, now, limit)
	*f.claimed = len(due)
	return due, err
}

// failingWorld is a world whose storage can be told to fail.
func failingWorld(t *testing.T) (*world, *failing) {
	w := newWorld(t)
	f := &failing{Storage: w.store}
	w.core = w.coreOn(f)
	return w, f
}

func TestReadingIsTriedAgain(t *testing.T) {
	w, disk := failingWorld(t)
	r := newReceiver(t, nil)
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	disk.views.Store(7)
	w.run()
	w.until("a delivery", func() bool { return len(r.heard()) == 1 })
	disk.views.Store(0)
	w.settled(pay.DeliveryDone, 1)
}

// What was acknowledged is not sent again while storage cannot record it.
func TestRecordingIsTriedAgain(t *testing.T) {
	w, disk := failingWorld(t)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		disk.updates.Store(5)
		io.WriteString(w, ack)
	})
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	w.run()
	w.settled(pay.DeliveryDone, 1)
	if n := len(r.heard()); n != 1 {
		t.Errorf("it was sent %d times", n)
	}
}

// A notifier that ends before storage recovers has delivered, and the next one
// delivers the same again: at least once.
func TestUnrecordedIsSentAgainAfterARestart(t *testing.T) {
	w, disk := failingWorld(t)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, try int) {
		if try == 1 {
			disk.updates.Store(1 << 40)
		}
		io.WriteString(w, ack)
	})
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	w.run()
	w.until("a first time", func() bool { return len(r.heard()) == 1 })
	w.stop()
	if d := w.only(); d.State != pay.DeliveryPending || d.Attempts != 0 {
		t.Errorf("recorded on a full disk: %+v", d)
	}
	w.restart()
	w.settled(pay.DeliveryDone, 1)
	if all := r.heard(); len(all) != 2 || all[0].body != all[1].body || all[0].id != all[1].id {
		t.Errorf("heard %+v", all)
	}
}

// A body that cannot be kept is not sent: the next try might make another.
func TestBodyThatCannotBeKept(t *testing.T) {
	w, disk := failingWorld(t)
	r := newReceiver(t, nil)
	w.pay(w.code(w.partner("p", "rsa", r.URL), ""))
	disk.bodies.Store(1)
	w.run()
	d := w.settled(pay.DeliveryPending, 1)
	if a := w.attempts(d.ID)[0]; a.Answer != errDisk.Error() || len(r.heard()) != 0 {
		t.Errorf("recorded %+v, heard %+v", a, r.heard())
	}
	w.clock.advance(time.Hour)
	w.settled(pay.DeliveryDone, 2)
	if h := r.heard()[0]; h.header.Get(snap.HeaderExternalID) != d.ID {
		t.Errorf("heard %+v", h)
	}
}

// A claim whose answer was lost is not held for ever by a node that does not
// know of it. What is in flight is not given to another node meanwhile.
func TestClaimThatIsNotHeardOf(t *testing.T) {
	w, disk := failingWorld(t)
	arrived, release := make(chan bool, 10), make(chan bool)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		arrived <- true
		<-release
		io.WriteString(w, ack)
	})
	p := w.partner("p", "rsa", r.URL)
	w.pay(w.code(p, ""))
	w.options.Holder = "node"
	w.run()
	<-arrived
	disk.unheard.Store(1)
	w.pay(w.code(p, ""))
	w.until("the claim that is lost", func() bool { return disk.unheard.Load() < 1 })
	time.Sleep(10 * w.options.Poll) // enough to do it wrong
	for _, d := range w.deliveries() {
		if d.Holder != "node" {
			t.Errorf("not held any more: %+v", d)
		}
	}
	close(release)
	w.until("both", func() bool { return w.pending("") == 0 })
	if n := len(r.heard()); n != 2 {
		t.Errorf("%d were sent, expected 2", n)
	}
}

// A storage that answers nothing does not keep Run from ending.
func TestRunEndsWithoutStorage(t *testing.T) {
	w, disk := failingWorld(t)
	disk.stuck = make(chan struct{})
	defer close(disk.stuck)
	w.options.Grace = time.Millisecond
	w.run()
	w.stop()
}
