package simulate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage/faultdisk"
)

// nodeless is for what the world itself asks of the storage.
var nodeless = context.Background()

// weather is what fails at the moment.
type weather struct {
	outage int64 // calls of storage that fail yet
	risk   int64 // of a hundred calls this many fail in some way
}

// trouble is a disk that fails for a while.
type trouble struct {
	fault map[faultdisk.Op]faultdisk.Fault
	after int // operations that still work
	lasts int // operations that then fail
	met   bool
}

// forEver is more operations than a process lives to see.
const forEver = 1 << 30

var (
	fullDisk = map[faultdisk.Op]faultdisk.Fault{faultdisk.Write: faultdisk.Full}
	badSync  = map[faultdisk.Op]faultdisk.Fault{faultdisk.Sync: faultdisk.SyncFailed}
	noDisk   = map[faultdisk.Op]faultdisk.Fault{
		faultdisk.Write: faultdisk.WriteFailed, faultdisk.Sync: faultdisk.SyncFailed, faultdisk.Truncate: faultdisk.TruncateFailed,
	}
)

// fail is the disk's rule.
func (t *trouble) fail(op faultdisk.Op, _ string) faultdisk.Fault {
	if t.fault[op] == faultdisk.None {
		return faultdisk.None
	}
	if t.after--; t.after >= 0 || t.after < -t.lasts {
		return faultdisk.None
	}
	t.met = true
	return t.fault[op]
}

// rule decides what becomes of a call of storage.
func (x *weather) rule(w *world, t *turn) ruling {
	switch {
	case t.what == toAnswer || w.calm:
		return ruling{dawdle: t.what == toUpdate && w.draw(12) == 0}
	case x.outage > 0:
		x.outage--
		return ruling{err: errOutage}
	case w.draw(100) >= x.risk:
		return ruling{dawdle: t.what == toUpdate && w.draw(12) == 0}
	case t.what == toUpdate && w.draw(2) == 0:
		return ruling{lose: true, dawdle: w.draw(3) == 0}
	}
	return ruling{err: errOutage}
}

// changeWeather begins or ends a fault.
func (w *world) changeWeather() (bool, error) {
	if w.calm {
		return false, nil
	}
	x := &w.weather
	switch w.draw(8) {
	case 0:
		x.outage = 1 + w.draw(12)
	case 1:
		x.risk = w.draw(8)
	case 2, 3:
		x.risk = 0
	case 4:
		t := &trouble{fault: fullDisk, after: int(w.draw(100)), lasts: 1 + int(w.draw(50))}
		w.note("the disk is full after %d writes, for %d", t.after, t.lasts)
		w.strain(t)
		return true, nil
	case 5:
		t := &trouble{fault: badSync, after: int(w.draw(20)), lasts: 1 + int(w.draw(4))}
		w.note("the disk does not sync after %d times, for %d", t.after, t.lasts)
		w.strain(t)
		return true, nil
	case 6, 7:
		p := &w.parties[w.draw(int64(len(w.parties)))]
		p.mood = mood(w.draw(3))
		w.note("the receiver of %s is %s", p.dialect.Name, p.mood)
		return true, nil
	}
	w.note("the weather: %d calls of outage, %d %% risk", x.outage, x.risk)
	return true, nil
}

// strain lets the disk fail.
func (w *world) strain(t *trouble) {
	w.faults++
	w.node.strained.Store(true)
	w.node.disk.Fail(t.fail)
}

// strike ends the process: in order, by a kill, by a loss of power, or by
// either in the midst of a commit.
func (w *world) strike() (bool, error) {
	if w.calm || w.draw(3) > 0 {
		return false, nil
	}
	switch w.draw(5) {
	case 0:
		return true, w.restart()
	case 1:
		return true, w.crash("killed", (*faultdisk.Disk).Kill)
	case 2:
		return true, w.crash("without power", (*faultdisk.Disk).Crash)
	}
	return true, w.crashMidway()
}

// crashMidway lets the process die in the midst of one of the next commits.
func (w *world) crashMidway() error {
	t := &trouble{fault: noDisk, after: int(w.draw(30)), lasts: forEver}
	w.note("the disk dies after %d operations", t.after)
	w.strain(t)
	for range 40 {
		w.step++
		did, err := w.letOneGo()
		if err != nil {
			return err
		}
		synctest.Wait()
		if t.met || !did {
			break
		}
		if err := w.observe(); err != nil {
			return err
		}
	}
	if w.draw(2) == 0 {
		return w.crash("without power in a commit", (*faultdisk.Disk).Crash)
	}
	return w.crash("killed in a commit", (*faultdisk.Disk).Kill)
}

// crash ends the process at once, and starts another on what is on the disk.
func (w *world) crash(how string, take func(*faultdisk.Disk, string) error) error {
	dead, folder := w.node, w.lodging()
	w.note("the process is %s", how)
	w.faults++
	if err := take(dead.disk, folder); err != nil {
		return err
	}
	if w.bug.crash != nil {
		if err := w.bug.crash(folder); err != nil {
			return err
		}
	}
	close(dead.dead)
	dead.stop()
	<-dead.ended
	if err := w.adoptEnded(dead); err != nil {
		return err
	}
	return w.succeed(dead, folder)
}

// adoptEnded waits until nothing of a dead node runs any more.
func (w *world) adoptEnded(dead *node) error {
	synctest.Wait()
	err := w.adoptAll()
	for _, j := range w.inFlight {
		j.gone = true
	}
	return errors.Join(err, w.judgeAll())
}

// succeed starts a node after another, and sees what it finds.
func (w *world) succeed(dead *node, folder string) error {
	err := dead.bury()
	if err != nil {
		return err
	}
	if w.node, err = w.start(folder); err != nil {
		return fmt.Errorf("starting again: %w", err)
	}
	synctest.Wait()
	for i := range w.parties {
		w.parties[i].heldFrom = w.jobs
	}
	if err := w.resolve(); err != nil {
		return err
	}
	return w.checkBooks()
}

// restart ends the process in order, and starts another.
func (w *world) restart() error {
	w.note("the process ends in order")
	old := w.node
	old.mend()
	if err := w.drain(func() bool { return len(w.inFlight) == 0 }); err != nil {
		return err
	}
	old.stop()
	if err := w.drain(func() bool { return isClosed(old.ended) }); err != nil {
		return err
	}
	if err := old.books.Close(); err != nil {
		return fmt.Errorf("closing the books: %w", err)
	}
	folder := w.lodging()
	if err := old.disk.Kill(folder); err != nil {
		return err
	}
	return w.succeed(old, folder)
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// drain lets everybody go on, without faults, until that is enough.
func (w *world) drain(enough func() bool) error {
	for range 100_000 {
		if enough() {
			return nil
		}
		w.step++
		synctest.Wait()
		calm := w.calm
		w.calm = true
		did, err := w.letOneGo()
		w.calm = calm
		if err != nil {
			return err
		}
		if !did {
			w.sleep(time.Second)
		}
		if err := w.observe(); err != nil {
			return err
		}
	}
	return errors.New("it does not come to an end")
}

// sleep lets about so much time pass. No two things are to happen at the very
// same moment: which comes first would be the runtime's to decide.
func (w *world) sleep(d time.Duration) { time.Sleep(d + time.Duration(w.draw(int64(time.Second)))) }

// conclude ends all faults and wants everybody to get what is theirs: clients
// their answers, receivers their notifications.
func (w *world) conclude() error {
	w.note("all faults end")
	w.calm, w.weather = true, weather{}
	w.node.mend()
	for i := range w.parties {
		w.parties[i].mood = well
	}
	if err := w.drain(func() bool { return len(w.inFlight) == 0 }); err != nil {
		return err
	}
	if err := w.askAll(); err != nil {
		return err
	}
	if err := w.tellAll(); err != nil {
		return err
	}
	if w.draw(5) == 0 {
		if err := w.desert(); err != nil {
			return err
		}
	}
	return w.checkBooks()
}

// desert has a code paid whose receiver is absent for longer than anybody is told
// anything. The notification is given up, and the operator sends it again.
func (w *world) desert() error {
	c := w.anyCode(func(c *code) bool { return c.unpayable(w.now()) == 0 })
	if c == nil {
		return nil
	}
	c.party.mood = absent
	w.note("the receiver of %s is %s for days", c.party.dialect.Name, c.party.mood)
	issuer, op := w.offering("payment")
	w.open = append(w.open, w.payment(issuer, op, c))
	if err := w.askAll(); err != nil {
		return err
	}
	for rounds := 0; slices.ContainsFunc(c.told, (*delivery).pending); rounds++ {
		if rounds == 60 {
			return fmt.Errorf("the notifications of code %s are tried for more than two weeks", c.ref)
		}
		w.sleep(7 * time.Hour) // longer than any wait between tries
		idle := 0
		if err := w.drain(func() bool { idle++; return idle > 20 }); err != nil {
			return err
		}
	}
	c.party.mood = well
	return w.tellAll()
}

// askAll lets every client that does not know ask until it does.
func (w *world) askAll() error {
	for len(w.open) > 0 {
		var asked []*job
		for _, i := range slices.Clone(w.open[:min(len(w.open), int(w.crowd))]) {
			asked = append(asked, w.send(w.ready(i)))
			if err := w.observe(); err != nil {
				return err
			}
		}
		if err := w.drain(func() bool { return len(w.inFlight) == 0 }); err != nil {
			return err
		}
		for _, j := range asked {
			if j.mine != "" { // not the token that it needed first
				w.known(j)
			}
		}
	}
	return nil
}

// tellAll waits until every notification was delivered. Those that were given up
// are sent again by the operator.
func (w *world) tellAll() error {
	for range 200 {
		left := w.model.untold
		if left == 0 {
			return nil
		}
		w.sleep(7 * time.Hour) // longer than any wait between tries
		w.resendAll()
		var steps int
		enough := func() bool { steps++; return w.model.untold == 0 || steps > 30+20*left }
		if err := w.drain(func() bool { return enough() && len(w.inFlight) == 0 }); err != nil {
			return err
		}
	}
	return errors.New("some notifications are never delivered, though every receiver is well")
}

// resendAll is the operator, who sends again what was given up.
func (w *world) resendAll() {
	for _, c := range w.model.codes {
		for _, d := range c.told {
			if d.state == pay.DeliveryFailed {
				w.send(w.resend(d))
			}
		}
	}
}

// quit ends the world, whatever it has come to.
func (w *world) quit() error {
	if w.node == nil {
		return nil
	}
	close(w.node.dead)
	w.node.stop()
	<-w.node.ended
	synctest.Wait()
	w.node.mend()
	err := w.node.books.Close()
	if err == nil {
		err = verifyBooks(w.node.folder)
	}
	w.node.disk.Remove()
	return err
}
