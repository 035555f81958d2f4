package simulate

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// world is one simulated world.
type world struct {
	journal
	tally
	dice    *rand.Rand // of what happens
	secrets io.Reader  // the core's dice
	folder  string
	node    *node
	bug     bug
	calm    bool // nothing fails
	rush    bool // it is about payments, many at a time
	coarse  bool // a request that only reads does not wait for a turn

	dialects []dialect.Dialect
	parties  []party
	model    *model
	weather  weather

	turns    turns
	serial   atomic.Int64 // of runs of transactions
	mu       sync.Mutex   // for what goroutines hand in:
	finished []*job
	ended    []*writes

	references int
	crowd      int64 // jobs at a time, at most
	inFlight   []*job
	open       []*intent // whose clients do not know what came of them
	asked      []*intent // whose clients do
	externals  map[externalKey]bool
	doubts     []*writes  // that failed with the disk
	reader     pay.Reader // of the snapshot that is being read; nil: none is
	touched    []func() error
}

// outcome is what came of a world.
type outcome struct {
	err  error
	step int
	log  []byte
	tally
}

// tally is how much went on.
type tally struct {
	jobs, paid int
	lives      int // nodes that have been
	faults     int // of calls of storage and of receivers, disks that failed, processes that died
}

func (t *tally) add(other tally) {
	t.paid += other.paid
	t.jobs += other.jobs
	t.lives += other.lives
	t.faults += other.faults
}

// options say which world, how long, and what is wrong with its server.
type options struct {
	seed  uint64
	steps int
	bug   bug
}

// live runs a world in the bubble of its caller, from its beginning to the end
// of all its faults.
func live(o options, from beginning, folder string) outcome {
	w := &world{
		dice: rand.New(rand.NewPCG(o.seed, 1)), folder: folder, bug: o.bug, dialects: dialects(),
		parties: slices.Clone(from.parties), model: newModel(from.parties), externals: map[externalKey]bool{},
	}
	w.secrets = &locked{from: rand.NewChaCha8([32]byte{byte(o.seed), byte(o.seed >> 8), byte(o.seed >> 16), byte(o.seed >> 24)})}
	w.turns.waiting = map[string]*turn{}
	w.journal.now = business
	err := w.begin(from)
	if w.rush {
		o.steps *= rushLength
	}
	for err == nil && w.step < o.steps {
		w.step++
		err = w.advance()
	}
	if err == nil {
		err = w.conclude()
	}
	err = errors.Join(err, w.quit())
	return outcome{err, w.step, w.text.Bytes(), w.tally}
}

func (w *world) now() time.Time { return business().Truncate(time.Microsecond) }

func (w *world) draw(n int64) int64 { return w.dice.Int64N(n) }

// locked lets dice be thrown from many goroutines.
type locked struct {
	mu   sync.Mutex
	from io.Reader
}

func (l *locked) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.from.Read(p)
}

// begin starts the first node on the beginning's books, at some time of the
// first two days.
func (w *world) begin(from beginning) error {
	time.Sleep(time.Hour + time.Duration(w.draw(int64(48*time.Hour))))
	w.crowd = crowds[w.draw(int64(len(crowds)))]
	w.calm, w.coarse = w.draw(10) == 0, w.draw(3) == 0
	if w.rush = w.draw(5) == 0; w.rush {
		w.crowd, w.coarse = rushHour, true
	}
	w.note("the world is calm: %t, coarse: %t, rush: %t, crowd: %d", w.calm, w.coarse, w.rush, w.crowd)
	folder := w.lodging()
	if err := os.WriteFile(filepath.Join(folder, bookFile), from.books, 0o600); err != nil {
		return err
	}
	var err error
	w.node, err = w.start(folder)
	synctest.Wait()
	return err
}

// crowds are how many jobs there are at a time, at most.
var crowds = []int64{1, 2, 4, 8}

const (
	rushHour   = 64 // a crowd that fills a commit
	rushLength = 3  // times as many steps as elsewhere
)

// lodging is a folder for the next node.
func (w *world) lodging() string {
	w.lives++
	folder := filepath.Join(w.folder, fmt.Sprint(w.lives))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		panic(err)
	}
	return folder
}

// happening is something that may happen in a step; it reports whether it did.
type happening struct {
	weight int64
	do     func(w *world) (bool, error)
}

var happenings = []happening{
	{100, (*world).letOneGo},
	{8, (*world).letGroupGo},
	{30, (*world).beginJobs},
	{8, (*world).passTime},
	{2, (*world).hangUp},
	{4, (*world).changeWeather},
	{1, (*world).strike},
}

// advance is one step: something happens, everybody runs until they wait again,
// and what came of it is held against the model.
func (w *world) advance() error {
	for {
		did, err := w.happen()
		if err != nil {
			return err
		}
		if did {
			break
		}
	}
	if err := w.observe(); err != nil {
		return err
	}
	if w.step%checkEvery == 0 {
		return w.checkBooks()
	}
	return nil
}

// checkEvery is after how many steps all books are read.
const checkEvery = 400

func (w *world) happen() (bool, error) {
	var sum int64
	for _, h := range happenings {
		sum += h.weight
	}
	at := w.draw(sum)
	for _, h := range happenings {
		if at -= h.weight; at < 0 {
			return h.do(w)
		}
	}
	return false, nil
}

// observe waits until everybody waits, and takes over what has happened.
func (w *world) observe() error {
	synctest.Wait()
	w.letOpen()
	if err := w.adoptAll(); err != nil {
		return err
	}
	for _, j := range w.inFlight {
		w.look(j)
	}
	return w.judgeAll()
}

// letOpen lets deliveries be read, one after the other: those to one receiver
// share its token, and the first to ask fetches it.
func (w *world) letOpen() {
	for _, t := range w.turns.list() {
		if t.what == toOpen {
			w.turns.release(t, ruling{})
			synctest.Wait()
		}
	}
}

// letOneGo lets one that waits go on.
func (w *world) letOneGo() (bool, error) {
	all := w.turns.list()
	if len(all) == 0 {
		return false, nil
	}
	t := w.pick(all)
	if w.rush && t.what == toUpdate && w.draw(16) > 0 {
		if did, err := w.letGroupGo(); did || err != nil {
			return did, err
		}
	}
	r, err := w.rule(t)
	if err == nil {
		w.turns.release(t, r)
	}
	return true, err
}

// pick draws one of those that wait. In a rush those that want to write mostly
// wait for more of them, to share their commit.
func (w *world) pick(all []*turn) *turn {
	t := all[w.draw(int64(len(all)))]
	for range 3 {
		if w.rush && t.what == toUpdate {
			t = all[w.draw(int64(len(all)))]
		}
	}
	return t
}

// rule decides how a turn goes on.
func (w *world) rule(t *turn) (ruling, error) {
	var r ruling
	var err error
	if t.what == toCall {
		r, err = w.receive(t)
	} else {
		r = w.weather.rule(w, t)
	}
	w.note("%s may %s%s", t.who, t.what, r.words())
	if r.faulty() {
		w.faults++
	}
	if t.job != nil && (r.err != nil || r.lose) {
		t.job.disturbed = true
	}
	return r, err
}

func (r ruling) words() string {
	switch {
	case r.err != nil:
		return ", and fails: " + r.err.Error()
	case r.silent:
		return ", and gets no answer"
	case r.after > 0:
		return ", and gets an answer in " + r.after.String()
	case r.response != nil:
		return ", and gets " + r.response.Status
	case r.lose:
		return ", and its answer is lost"
	case r.dawdle:
		return ", and its answer takes its time"
	}
	return ""
}

// group draws those that are to share a commit. At most one is the notifier's:
// the order in which tries end decides which are next. A name with a mark is that
// of a second goroutine of the same delivery, which goes on alone.
func (w *world) group() []*turn {
	all := slices.DeleteFunc(w.turns.list(), func(t *turn) bool { return t.what != toUpdate || strings.HasSuffix(t.who, again) })
	w.dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	notifiers := 0
	all = slices.DeleteFunc(all, func(t *turn) bool {
		if t.job == nil {
			notifiers++
		}
		return t.job == nil && notifiers > 1
	})
	if most := 2 + int(w.draw(w.crowd)); !w.rush && len(all) > most {
		all = all[:most]
	}
	return all
}

// letGroupGo lets several transactions share one commit: they queue up behind
// one that holds the writer. After it the notifier's wait for a turn each: the
// order in which tries end decides which are next. So does everybody while the
// disk may fail.
func (w *world) letGroupGo() (bool, error) {
	all := w.group()
	if len(all) < 2 {
		return false, nil
	}
	begun, end, over := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	books := w.node.books
	go func() {
		over <- books.Update(nodeless, func(pay.Tx) error { close(begun); <-end; return errForgotten })
	}()
	select {
	case <-begun:
	case err := <-over:
		w.note("no transaction could be begun: %v", err)
		return true, nil
	}
	for _, t := range all {
		r, err := w.rule(t)
		if err != nil {
			return true, err
		}
		r.dawdle = r.dawdle || t.job == nil || w.node.strained.Load()
		w.turns.release(t, r)
		synctest.Wait()
	}
	close(end)
	<-over
	return true, nil
}

// deeds are what somebody may begin.
var deeds = []struct {
	weight int64
	plan   func(w *world) *intent
}{
	{45, (*world).generate},
	{90, (*world).pay},
	{12, (*world).refund},
	{5, (*world).cancelCode},
	{14, (*world).query},
	{3, (*world).list},
	{14, (*world).again},
	{6, (*world).fund},
	{2, (*world).hold},
	{4, (*world).expire},
	{3, (*world).closeDay},
}

// beginJobs begins one, or in a rush as many as there may be.
func (w *world) beginJobs() (bool, error) {
	if !w.rush {
		return w.beginJob(), nil
	}
	did := false
	for int64(len(w.inFlight)) < w.crowd && w.draw(100) > 0 {
		did = w.beginJob() || did
		if err := w.observe(); err != nil {
			return did, err
		}
	}
	return did, nil
}

func (w *world) beginJob() bool {
	if int64(len(w.inFlight)) >= w.crowd {
		return false
	}
	var sum int64
	for _, d := range deeds {
		sum += d.weight
	}
	at := w.draw(sum)
	for _, d := range deeds {
		if at -= d.weight; at >= 0 {
			continue
		}
		plan := d.plan
		if w.rush && len(w.model.codes) > 2*rushHour && w.draw(8) > 0 {
			plan = (*world).pay
		}
		return w.try(plan(w))
	}
	return false
}

// try sends an intent, or what must come before; there may be none.
func (w *world) try(i *intent) bool {
	if i == nil {
		return false
	}
	if i.operation != nil {
		i = w.ready(i)
	}
	w.send(i)
	return true
}

// passTime lets time pass: mostly seconds, sometimes to just about the end of a
// code, or past midnight.
func (w *world) passTime() (bool, error) {
	d := 1 + w.draw(int64(3*time.Second))
	switch w.draw(60) {
	case 0:
		d = w.draw(int64(20 * time.Minute))
	case 1, 2:
		if c := w.anyCode(func(c *code) bool { return !c.expires.IsZero() && !c.expired(w.now()) }); c != nil {
			d = int64(c.expires.Sub(w.now())) + (w.draw(3)-1)*int64(time.Microsecond)
		}
	case 3:
		local := w.now().In(pay.Jakarta)
		midnight := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, pay.Jakarta)
		d = int64(midnight.Sub(local)) + w.draw(int64(4*time.Minute)) - int64(time.Minute)
	}
	passed := max(time.Duration(d), time.Microsecond)
	time.Sleep(passed)
	w.note("time passes: %s", passed)
	return true, nil
}

// hangUp is a client that does not wait for its answer.
func (w *world) hangUp() (bool, error) {
	if len(w.inFlight) == 0 || w.calm {
		return false, nil
	}
	j := w.inFlight[w.draw(int64(len(w.inFlight)))]
	if j.operation == nil || j.gone {
		return false, nil
	}
	j.gone = true
	j.cancel()
	w.note("%s: its client hangs up", j.name())
	return true, nil
}
