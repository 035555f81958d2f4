package storage

import "fmt"

// oneByOne is the lane of an engine that one connection writes: it runs the
// transactions of a group one after another, each in a savepoint of its own,
// and commits them together.
type oneByOne struct {
	db      *session
	begin   string // the statement that begins a transaction that will write
	health  *health
	backlog backlog
	recent  *recent
}

func (l *oneByOne) commit(jobs []*job, c *counts) {
	g := &group{db: l.db, begin: l.begin, jobs: jobs, backlog: &l.backlog, fresh: newFresh(l.recent), failed: errGone}
	defer func() {
		g.settle()
		l.health.heed(g)
		c.add(jobs, g.wrote, g.failed)
		g.answer()
		l.backlog.reset()
	}()
	if g.failed = g.run(); !g.spoilt() {
		return
	}
	// A row of one of them cannot be inserted. Each row at its time, it is that
	// one's alone to hear of it.
	g.settle()
	g.backlog, g.fresh, g.wrote, g.failed = nil, newFresh(l.recent), false, errGone
	g.failed = g.run()
}

// group is the transactions of one commit.
type group struct {
	db      *session
	begin   string
	jobs    []*job
	backlog *backlog // nil: every row is inserted at once
	fresh   *fresh
	wrote   bool
	failed  error // of the group as a whole
}

// spoilt reports whether a row that had waited could not be inserted.
func (g *group) spoilt() bool { return g.backlog != nil && g.backlog.spoilt }

func (g *group) run() error {
	g.db.reset()
	if _, err := g.db.exec(g.begin, nil); err != nil {
		return err
	}
	for _, j := range g.jobs {
		if err := g.runOne(j); err != nil {
			return err
		}
	}
	if err := g.complete(); err != nil {
		return err
	}
	if err := g.fresh.move(g.db); err != nil {
		return err
	}
	if _, err := g.db.exec("COMMIT", nil); err != nil {
		return err
	}
	g.fresh.keep()
	return nil
}

// complete inserts what still waits.
func (g *group) complete() error {
	if g.backlog == nil {
		return nil
	}
	g.db.reset()
	return g.backlog.insert(len(addable), g.db.exec)
}

// runOne runs a job in its savepoint. Its own error goes to its caller; the
// result is an error only if the group cannot go on.
func (g *group) runOne(j *job) error {
	g.db.reset()
	u := newUnit(g.db, g.backlog, g.fresh)
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
	g.db.reset()
	// The engine may have rolled back by itself and then has no transaction
	// to end. If one is left, the next BEGIN says so.
	_, _ = g.db.exec("ROLLBACK", nil)
	for _, j := range g.jobs {
		j.err = fmt.Errorf("storage: the commit failed, nothing was kept: %w", g.failed)
	}
}

func (g *group) answer() {
	for _, j := range g.jobs {
		j.answer()
	}
}
