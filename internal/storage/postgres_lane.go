package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// How long a group waits at most, for which step.
const (
	attemptTime = 10 * time.Second // for one attempt, from its BEGIN to its COMMIT
	recallTime  = 20 * time.Second // to learn what became of a COMMIT
	firstPause  = 2 * time.Millisecond
	longPause   = 250 * time.Millisecond
)

// ErrUncertain is the answer when nobody can say whether a transaction was
// kept: the answer to its COMMIT was lost, and the database stayed away too
// long to be asked. Who repeats the request with the same identifiers, or
// queries, is told.
var ErrUncertain = errors.New("storage: the answer to a COMMIT was lost and the database cannot be asked what became of it: look later")

var (
	errUndone = errors.New("storage: the database did not keep the transaction")
	// errAmnesia says that a commit was lost which the database had
	// acknowledged.
	errAmnesia = errors.New("storage: the database has forgotten commits that it had acknowledged: it was restored or has failed over to a standby that is behind; check the books (qrisd verify)")
)

const (
	beginLane   = "BEGIN ISOLATION LEVEL READ COMMITTED"
	countCommit = "UPDATE lane SET commits = $2 WHERE id = $1 AND commits = $2 - 1"
	openLane    = "INSERT INTO lane (id, commits) VALUES ($1, 0) ON CONFLICT DO NOTHING"
	// It waits for the transaction that counts a commit, if that still runs.
	recallLane = "SELECT commits FROM lane WHERE id = $1 FOR UPDATE"
)

// postgresLane writes on one connection. Each transaction counts itself in the
// lane's own row, before anything else and so as to hold that row until its
// end. When the answer to a COMMIT is lost, reading the row with a lock waits
// for that end and shows which it was: a commit is never repeated blindly.
type postgresLane struct {
	dial     func(context.Context) (*pgx.Conn, error)
	newID    func() string
	patience time.Duration
	health   *health

	id      string // of the row; empty: none yet
	commits int64  // that were kept
	link    *link  // nil: to be dialled
}

// rest has nothing to do: a commit puts nothing off.
func (l *postgresLane) rest() bool { return false }

func (l *postgresLane) commit(jobs []*job, c *counts) {
	undecided := jobs
	defer func() {
		for _, j := range undecided { // a function ended this goroutine
			j.err = failedCommit(errGone)
			j.answer()
		}
	}()
	settle := func(jobs []*job, prompt bool) (alone []*job) {
		decided, alone, wrote, err := l.decide(jobs, prompt)
		l.heed(wrote, err)
		if len(decided) > 0 {
			c.add(decided, wrote, err)
		}
		undecided = without(undecided, decided)
		for _, j := range decided {
			if err != nil {
				j.err = failedCommit(err)
			}
			j.answer()
		}
		return alone
	}
	for _, j := range settle(jobs, false) {
		settle([]*job{j}, true)
	}
}

// heed learns from a group whether the database is there.
func (l *postgresLane) heed(wrote bool, err error) {
	switch {
	case transient(err) || errors.Is(err, ErrUncertain):
		l.health.set(&Outage{Err: err, cure: "look at the database and at the way to it"})
	case wrote && err == nil:
		l.health.set(nil)
	}
}

func failedCommit(err error) error {
	if errors.Is(err, ErrUncertain) {
		return err
	}
	return fmt.Errorf("storage: the commit failed, nothing was kept: %w", err)
}

func without(jobs, taken []*job) []*job {
	return slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return slices.Contains(taken, j) })
}

// decide runs a group until its fate is known: kept, or failed as a whole.
// Transactions that would spoil the others' commit are left for a group of
// their own, and all are if nobody knows which would; alone and prompt, such a
// one is refused with its own error.
func (l *postgresLane) decide(jobs []*job, prompt bool) (decided, alone []*job, wrote bool, err error) {
	began := time.Now()
	for try := 0; len(jobs) > 0; {
		var spoilt []*job
		wrote, spoilt, err = l.attempt(jobs, prompt)
		switch {
		case muddled(err):
			return nil, append(alone, jobs...), false, nil
		case len(spoilt) > 0 && prompt:
			return jobs, alone, false, nil
		case len(spoilt) > 0:
			alone = append(alone, spoilt...)
			jobs = without(jobs, spoilt)
		case err == nil, !transient(err), time.Since(began) > l.patience:
			return jobs, alone, wrote, err
		default:
			time.Sleep(pause(try))
			try++
		}
	}
	return nil, alone, false, nil
}

// pause grows with each try and is drawn anew, so that those who met once do
// not meet again.
func pause(try int) time.Duration {
	limit := min(firstPause<<min(try, 10), longPause)
	return limit/2 + rand.N(limit/2)
}

// attempt runs a group in one transaction and commits it. It keeps nothing if
// some would spoil it, or with an error.
func (l *postgresLane) attempt(jobs []*job, prompt bool) (wrote bool, spoilt []*job, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), attemptTime)
	defer cancel()
	if err := l.connect(ctx); err != nil {
		return false, nil, err
	}
	ended := false
	defer func() {
		if !ended {
			l.drop()
		}
	}()
	s := newLockstep(jobs, prompt)
	defer s.stopAll()
	began := false
	send := func(tables [][][]any, asking []*member) error {
		err := l.send(ctx, !began, s, tables, asking)
		began = true
		return err
	}
	err = s.run(func(asking []*member) error { return send(s.take(before(asking)), asking) })
	if err == nil && !began && s.wrote() {
		// Not with the COMMIT: only what BEGIN is answered shows that this may count.
		err = send(s.take(len(addable)), nil)
	}
	switch {
	case err != nil:
		spoilt, err = blame(s, err)
	case !s.wrote():
	default:
		if spoilt = s.spoilt(); len(spoilt) == 0 {
			err = l.end(ctx, s.take(len(addable)))
			ended = true
			return err == nil, nil, err
		}
	}
	if began {
		l.rollback(ctx)
	}
	ended = true
	return false, append(spoilt, s.asides()...), err
}

// asides are the members that were put aside in a group that wrote nothing.
func (s *lockstep) asides() (jobs []*job) {
	if s.wrote() {
		return nil // they are among the spoilt
	}
	return s.spoilt()
}

// culprit is a statement's failure that is its transaction's own.
type culprit struct {
	member *member
	err    error
}

func (c *culprit) Error() string { return c.err.Error() }
func (c *culprit) Unwrap() error { return c.err }

// blame finds whose fault a failure is: one member's, or nobody's.
func blame(s *lockstep, err error) ([]*job, error) {
	var c *culprit
	if !errors.As(err, &c) || transient(err) {
		return nil, err
	}
	s.stopAll()
	c.member.job.err = c.err
	return []*job{c.member.job}, nil
}

// send makes one round trip: it begins the transaction if need be, makes the
// marks that wait, inserts rows that waited and runs the members' statements,
// those that they have foreseen too.
func (l *postgresLane) send(ctx context.Context, begin bool, s *lockstep, tables [][][]any, asking []*member) error {
	t := &trip{link: l.link}
	if begin {
		l.begin(t)
	}
	rows, by := s.claim()
	had := make(map[string]*member, len(rows))
	t.mark(rows, by, had)
	t.insert(tables)
	t.ask(asking, s.fetch())
	if err := t.run(ctx); err != nil {
		return err
	}
	s.settle(had)
	return nil
}

func (l *postgresLane) begin(t *trip) {
	t.queue(beginLane, nil, func(results pgx.BatchResults) error {
		if _, err := results.Exec(); err != nil {
			return fmt.Errorf("storage: begin: %w", l.link.judge(err))
		}
		return nil
	})
	t.queue(countCommit, []any{l.id, l.commits + 1}, func(results pgx.BatchResults) error {
		tag, err := results.Exec()
		switch {
		case err != nil:
			return fmt.Errorf("storage: count the commit: %w", l.link.judge(err))
		case tag.RowsAffected() != 1:
			l.id = "" // whatever happened to the row, another will do
			return errAmnesia
		}
		return nil
	})
}

// end inserts the last rows and commits, in one round trip: if a row is refused
// the server skips the COMMIT. After a nil error the transaction is kept, after
// any other but ErrUncertain it is not.
func (l *postgresLane) end(ctx context.Context, tables [][][]any) error {
	var tag pgconn.CommandTag
	t := &trip{link: l.link}
	t.insert(tables)
	t.queue("COMMIT", nil, func(results pgx.BatchResults) (err error) {
		tag, err = results.Exec()
		return l.link.judge(err)
	})
	err := t.run(ctx)
	switch {
	case err == nil && tag.String() == "COMMIT":
		l.commits++
		return nil
	case err == nil:
		return &away{errUndone} // it had failed before
	case refused(err):
		l.rollback(ctx) // it is open yet if it was a row that was refused
		return err
	}
	l.drop()
	return l.recall()
}

// refused reports whether an error is the database's word that it did not
// commit. A connection that ends says nothing, nor does one that the server
// ends: it may do so when the commit was kept already.
func refused(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Severity == "ERROR" && e.Code != "40003" && e.Code[:2] != "08"
}

// recall asks what became of the last COMMIT until the database says so.
func (l *postgresLane) recall() error {
	ctx, cancel := context.WithTimeout(context.Background(), recallTime)
	defer cancel()
	for try := 0; ctx.Err() == nil; try++ {
		kept, err := l.lookUp(ctx)
		switch {
		case err == nil && kept:
			l.commits++
			return nil
		case err == nil:
			return &away{errUndone}
		case !transient(err):
			l.id = ""
			return errors.Join(ErrUncertain, err)
		}
		time.Sleep(pause(try))
	}
	l.id = "" // the row may yet count what was lost from sight
	return ErrUncertain
}

func (l *postgresLane) lookUp(ctx context.Context) (kept bool, err error) {
	if err := l.connect(ctx); err != nil {
		return false, err
	}
	var counted int64
	err = l.link.conn.QueryRow(ctx, recallLane, l.id).Scan(&counted)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, errAmnesia
	case err != nil:
		err = l.link.judge(err)
		l.drop()
		return false, err
	case counted < l.commits:
		return false, errAmnesia
	}
	return counted > l.commits, nil
}

// connect makes sure that there is a connection, and a row to count in.
func (l *postgresLane) connect(ctx context.Context) error {
	if l.link != nil && !l.link.conn.IsClosed() && l.id != "" {
		return nil
	}
	if l.link == nil || l.link.conn.IsClosed() {
		conn, err := l.dial(ctx)
		if err != nil {
			return &away{fmt.Errorf("storage: connect: %w", explainPostgres(err))}
		}
		l.link = newLink(conn)
	}
	if l.id != "" {
		return nil
	}
	id := l.newID()
	if _, err := l.link.conn.Exec(ctx, openLane, id); err != nil {
		err = l.link.judge(err)
		l.drop()
		return fmt.Errorf("storage: open a lane: %w", err)
	}
	l.id, l.commits = id, 0
	return nil
}

func (l *postgresLane) rollback(ctx context.Context) {
	if l.link == nil {
		return
	}
	if _, err := l.link.conn.Exec(ctx, "ROLLBACK", pgx.QueryExecModeSimpleProtocol); err != nil || l.link.stale {
		l.drop()
	}
}

// drop gives up the connection, and with it the transaction that it has open.
func (l *postgresLane) drop() {
	if l.link == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	// There is no one to tell: the next connection will do.
	_ = l.link.conn.Close(ctx)
	l.link = nil
}
