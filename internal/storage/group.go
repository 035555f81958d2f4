package storage

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// oneByOne is the lane of an engine that one connection writes: it runs the
// transactions of a group one after another, each in a savepoint of its own.
//
// What a group has changed goes to the log (redo) as one record, which is what
// its callers wait for. SQLite's own transaction stays open for the next groups
// and commits, which is to publish it, when somebody wants to read what it
// holds, when it holds much, or when nothing else is to be done. What ends it
// in another way only costs the time to run the log's records again.
type oneByOne struct {
	db      *session
	health  *health
	backlog backlog
	recent  *recent
	certain certain
	memory  memory
	redo    *redo
	copying *checkpoints
	most    int64        // held transactions
	open    bool         // SQLite's transaction is open, with all that is held
	held    atomic.Int64 // transactions that are acknowledged and not published
	// present is the number of what readers find, from 1: it grows before
	// anything else tells of what was published.
	present atomic.Uint64
}

// maxHeld is after how many transactions SQLite commits: its pages that changed
// wait in memory, and a commit's callers wait for all of them.
const maxHeld = 2048

func (l *oneByOne) commit(jobs []*job, c *counts) {
	g := &group{oneByOne: l, jobs: jobs, waiting: &l.backlog, failed: errGone}
	defer func() {
		g.settle()
		l.health.heed(g)
		c.add(jobs, g.wrote, g.failed)
		g.answer()
		g.follow()
		l.backlog.reset()
	}()
	if g.failed = g.run(); !g.spoilt() {
		return
	}
	// A row of one of them cannot be inserted. Each row at its time, it is that
	// one's alone to hear of it.
	g.settle()
	g.waiting, g.history, g.wrote, g.failed = nil, history{}, false, errGone
	g.failed = g.run()
}

// begin makes sure of SQLite's transaction. One that was lost is made again
// from the log.
func (l *oneByOne) begin() error {
	l.db.reset()
	if l.open {
		return nil
	}
	if _, err := l.db.exec("BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	l.open = true
	if l.held.Load() == 0 && !l.recent.ahead {
		return nil
	}
	return l.again()
}

// again does what is held once more.
func (l *oneByOne) again() error {
	_, published, err := redoPosition(l.db)
	if err != nil {
		return err
	}
	if _, at, err := l.redo.replay(l.db, published, l.redo.at); err != nil || at != l.redo.at {
		return errors.Join(errShortLog, err)
	}
	return l.recent.reload(l.db)
}

var errShortLog = errors.New("storage: the log does not give back all that it took: stop, and look into the system's log for a failing disk")

// publish lets SQLite commit. If that fails, what is held is in the log alone.
func (l *oneByOne) publish() error {
	l.db.reset()
	if l.redo.at > 0 || l.redo.broken {
		if _, err := l.db.exec(redoMove, []any{int64(l.redo.seq)}); err != nil {
			return err
		}
	}
	_, err := l.db.exec("COMMIT", nil)
	l.present.Add(1)
	if err != nil {
		return err
	}
	l.open, l.recent.ahead = false, false
	l.held.Store(0)
	l.redo.restart()
	l.copying.heed()
	return nil
}

// abandon ends SQLite's transaction without a commit. The engine may have
// rolled back by itself and then has none to end; if one is left, the next
// BEGIN says so.
func (l *oneByOne) abandon() {
	l.db.reset()
	_, _ = l.db.exec("ROLLBACK", nil)
	l.open = false
	l.memory.forget()
}

// rest publishes what is held when there is nothing else to do.
func (l *oneByOne) rest() (more bool) {
	if !l.open && l.held.Load() == 0 {
		return false
	}
	err := l.begin()
	if err == nil {
		err = l.publish()
	}
	if err != nil {
		l.abandon()
		l.health.fail(err, l.db)
	}
	return err != nil
}

// close publishes what is held for the last time.
func (l *oneByOne) close() error {
	defer l.copying.wait()
	if l.rest() {
		return errors.Join(errHeld, l.redo.file.Close())
	}
	return l.redo.file.Close()
}

var errHeld = errors.New("storage: what was acknowledged last is in the log alone: it comes into the file when the store is opened again")

// group is the transactions of one commit.
type group struct {
	*oneByOne
	jobs    []*job
	waiting *backlog // nil: every row is inserted at once
	fresh   *fresh
	history history
	reads   bool // somebody waits for what is held to be published
	wrote   bool
	failed  error // of the group as a whole
}

// spoilt reports whether a row that had waited could not be inserted.
func (g *group) spoilt() bool { return g.waiting != nil && g.waiting.spoilt }

func (g *group) run() error {
	if err := g.begin(); err != nil {
		return err
	}
	g.fresh, g.certain.doubt = newFresh(g.recent), false
	for _, j := range g.jobs {
		if err := g.runOne(j); err != nil {
			return err
		}
	}
	published, err := g.keep()
	if err == nil {
		g.fresh.keep(published)
	}
	return err
}

// keep makes the group durable, in the log or by SQLite's own commit.
func (g *group) keep() (published bool, err error) {
	held := g.held.Load()
	if !g.wrote && held > 0 && !g.reads {
		return false, nil
	}
	published = !g.wrote || g.reads || g.history.partial || g.recent.through() || held+int64(len(g.jobs)) > 2*g.most || g.redo.full(2)
	if published || g.certain.doubt {
		if err := g.complete(); err != nil {
			return false, err
		}
	}
	if published {
		return true, g.publish()
	}
	if err := g.redo.append(g.history.ops); err != nil {
		return false, err
	}
	g.held.Add(int64(len(g.jobs)))
	return false, nil
}

// complete inserts what still waits.
func (g *group) complete() error {
	if g.waiting == nil {
		return nil
	}
	g.db.reset()
	return g.waiting.insert(len(addable), g.db.exec)
}

// follow does what those who were answered need not wait for: it inserts what
// still waits, and lets SQLite commit when much is held. What fails here only
// costs the time to run the log's records again.
func (g *group) follow() {
	if g.failed != nil || !g.wrote {
		return
	}
	if err := g.catchUp(); err != nil {
		g.abandon()
		g.health.fail(err, g.db)
	}
}

func (g *group) catchUp() error {
	if g.held.Load() == 0 && !g.fresh.mayMove() {
		return nil
	}
	if err := g.begin(); err != nil {
		return err
	}
	if err := g.complete(); err != nil {
		return err
	}
	if err := g.fresh.move(g.db); err != nil {
		return err
	}
	if g.held.Load() <= g.most && !g.redo.full(1) {
		return nil
	}
	return g.publish()
}

// runOne runs a job in its savepoint. Its own error goes to its caller; the
// result is an error only if the group cannot go on.
func (g *group) runOne(j *job) error {
	if j.f == nil { // it only wants to read what is there
		g.reads = true
		return nil
	}
	g.db.reset()
	u := newUnit(g)
	j.err = call(j.f, u)
	u.over = true
	fault := g.db.fault
	if g.spoilt() {
		return fault
	}
	if j.err == nil {
		j.err = fault
	}
	g.db.reset()
	if j.err != nil {
		return u.rollback(fault)
	}
	g.wrote = g.wrote || u.wrote()
	return u.release()
}

// settle clears up after a group that failed: nothing of it is acknowledged,
// refusals included, for they may rest on what others of the group wrote.
func (g *group) settle() {
	if g.failed == nil {
		return
	}
	g.abandon()
	for _, j := range g.jobs {
		j.err = fmt.Errorf("storage: the commit failed, nothing was kept: %w", g.failed)
	}
}

func (g *group) answer() {
	for _, j := range g.jobs {
		j.answer()
	}
}
