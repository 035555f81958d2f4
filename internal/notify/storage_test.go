package notify_test

import (
	"context"
	"crypto/rand"
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
}

var errDisk = errors.New("the disk is full")

func (f *failing) View(ctx context.Context, do func(pay.Reader) error) error {
	if f.views.Add(-1) >= 0 {
		return errDisk
	}
	return f.Storage.View(ctx, do)
}

func (f *failing) Update(ctx context.Context, do func(pay.Tx) error) error {
	if f.updates.Add(-1) >= 0 {
		return errDisk
	}
	return f.Storage.Update(ctx, do)
}

// failingWorld is a world whose storage can be told to fail.
func failingWorld(t *testing.T) (*world, *failing) {
	w := newWorld(t)
	f := &failing{Storage: w.store}
	w.core = pay.New(f, w.clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
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
	disk.updates.Store(1)
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
