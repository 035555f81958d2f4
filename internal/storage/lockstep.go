package storage

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"
)

// errStopped ends a function whose attempt is over. The attempt is made again.
var errStopped = errors.New("storage: this attempt of the transaction is over")

// lockstep runs the functions of many transactions side by side, for an engine
// that a statement costs a round trip. Each runs until it asks the database
// for something; what all of them ask is then sent together. So a group takes
// as many round trips as its longest transaction, not as all of them.
//
// The transactions of a group read what the others have written: they are
// kept or undone together. What one must find settled before it goes on, it
// locks by name (conn.lock), as a row's lock would do between connections.
//
// Rows under keys of the program's own wait with the members that add them, and
// go in with the next round trip that needs their table, or before the commit.
// Marks go with the next round trip of all; till then they count as made.
type lockstep struct {
	members []*member
	latches map[string]*latch
}

// member is one transaction of a group, and the conn of its function, which
// runs as a coroutine.
type member struct {
	job     *job
	resume  func() (*ask, bool)
	stop    func()
	yield   func(*ask) bool
	asks    *ask // what it waits for; nil before it begins
	latched []string
	prompt  bool      // its rows and marks do not wait
	asking  bool      // its marks do not wait: some that did were not to be had
	waits   []pending // to be inserted
	claims  []markRow // made in this run
	claimed int       // of them: sent

	foreseen []*ask // what it is going to read
	fetching int    // of them: sent

	fault     error // of a statement: nothing else runs
	streaming bool  // rows are being visited
	wrote     bool
	aside     bool // it cannot go on here, and is to be run alone
	over      bool
}

// ask is a statement, or a name to lock.
type ask struct {
	text string
	args []any

	lock   string
	shared bool
	writes bool

	rows     []row
	affected int64
	answered bool
}

// latch is a lock within a group: of one member, or shared by some.
type latch struct {
	holders int
	shared  bool
}

// newLockstep begins the transactions of some jobs. If they are prompt, their
// rows do not wait, and each hears what is wrong with its own.
func newLockstep(jobs []*job, prompt bool) *lockstep {
	s := &lockstep{members: make([]*member, len(jobs)), latches: make(map[string]*latch)}
	for i, j := range jobs {
		s.members[i] = &member{job: j, prompt: prompt, asking: prompt}
		s.members[i].begin()
	}
	return s
}

func (m *member) begin() {
	m.resume, m.stop = iter.Pull(func(yield func(*ask) bool) {
		m.yield = yield
		m.job.err = call(m.job.f, m)
		m.over = true
		if m.job.err != nil {
			m.waits = nil
		}
	})
}

// startOver begins a member again that has changed nothing yet. It asks for its
// marks from now on.
func (s *lockstep) startOver(m *member) {
	m.stop()
	s.unlatch(m)
	*m = member{job: m.job, prompt: m.prompt, asking: true}
	m.begin()
}

// run takes all members to their end. send answers statements in one round
// trip.
func (s *lockstep) run(send func([]*member) error) error {
	for {
		asking := s.advance()
		if len(asking) > 0 || s.claiming() {
			if err := send(asking); err != nil {
				return err
			}
			continue
		}
		if !s.untie() {
			return nil
		}
	}
}

// stopAll ends the functions that still run.
func (s *lockstep) stopAll() {
	for _, m := range s.members {
		m.stop()
	}
}

// advance lets every member go on that can, and gives those that ask for a
// statement.
func (s *lockstep) advance() []*member {
	for moved := true; moved; {
		moved = false
		for _, m := range s.members {
			if s.mayGoOn(m) {
				s.goOn(m)
				moved = true
			}
		}
	}
	return s.next()
}

func (s *lockstep) mayGoOn(m *member) bool {
	switch {
	case m.over || m.aside:
		return false
	case m.asks == nil || m.asks.answered:
		return true
	case m.asks.lock != "":
		return s.latch(m)
	}
	return false
}

func (s *lockstep) goOn(m *member) {
	a, ok := m.resume()
	m.asks = a
	switch {
	case ok:
	case m.job.err != nil && m.claimed < len(m.claims):
		s.startOver(m) // a mark that is not to be had would be its answer
	default:
		s.unlatch(m)
	}
}

// latch gives a member the lock that it asks for, if nobody is in its way.
func (s *lockstep) latch(m *member) bool {
	name := m.asks.lock
	l := s.latches[name]
	switch {
	case l == nil:
		s.latches[name] = &latch{holders: 1, shared: m.asks.shared}
	case slices.Contains(m.latched, name) && (l.holders == 1 || m.asks.shared):
		l.shared = l.shared && m.asks.shared
		return true
	case l.shared && m.asks.shared:
		l.holders++
	default:
		return false
	}
	m.latched = append(m.latched, name)
	return true
}

func (s *lockstep) unlatch(m *member) {
	for _, name := range m.latched {
		if l := s.latches[name]; l.holders > 1 {
			l.holders--
		} else {
			delete(s.latches, name)
		}
	}
	m.latched = nil
}

// last are the statements that lock rows which many transactions want. They
// wait until no member has another kind of statement to send, and are then
// sent at once and in order: two lanes do not lock the same rows crosswise,
// and hold them for the rest of the group's way only.
var last = map[string]bool{debitPayer: true, creditPayer: true}

func (s *lockstep) next() []*member {
	var early, late []*member
	for _, m := range s.members {
		switch {
		case m.over || m.aside || m.asks.lock != "":
		case last[m.asks.text]:
			late = append(late, m)
		default:
			early = append(early, m)
		}
	}
	asking := early
	if len(asking) == 0 {
		asking = late
	}
	slices.SortStableFunc(asking, func(a, b *member) int {
		return cmp.Or(cmp.Compare(a.asks.text, b.asks.text), cmp.Compare(a.asks.key(), b.asks.key()))
	})
	return asking
}

// key is what a statement's rows are locked by: an insert begins with its key,
// and the conditions of the others end with theirs.
func (a *ask) key() string {
	var key string
	for _, v := range a.args {
		if text, ok := v.(string); ok {
			key = text
			if strings.HasPrefix(a.text, "INSERT") {
				return key
			}
		}
	}
	return key
}

// untie puts a member aside if those that are left wait for each other.
func (s *lockstep) untie() bool {
	for _, m := range slices.Backward(s.members) {
		if !m.over && !m.aside {
			s.putAside(m)
			return true
		}
	}
	return false
}

func (s *lockstep) putAside(m *member) {
	m.aside = true
	m.stop()
	s.unlatch(m)
}

// spoilt gives the transactions that cannot be kept, and whose traces the
// others' commit would keep.
func (s *lockstep) spoilt() (jobs []*job) {
	for _, m := range s.members {
		if m.aside || (m.job.err != nil && m.wrote) {
			jobs = append(jobs, m.job)
		}
	}
	return jobs
}

// wrote reports whether there is something to commit.
func (s *lockstep) wrote() bool {
	return slices.ContainsFunc(s.members, func(m *member) bool { return m.wrote || len(m.waits) > 0 })
}

func (m *member) await(a *ask) error {
	if err := m.barred(); err != nil {
		return err
	}
	if !a.answered && !m.yield(a) {
		m.fault = errStopped
	}
	return m.fault
}

// barred tells why the member may ask nothing more, or not now.
func (m *member) barred() error {
	switch {
	case m.over:
		return errOver
	case m.streaming:
		return errNested
	}
	return m.fault
}

func (m *member) query(text string, args []any, scan func(row) error) error {
	a := m.foretold(text, args)
	if a == nil {
		a = &ask{text: text, args: args}
	}
	return m.read(a, scan)
}

func (m *member) read(a *ask, scan func(row) error) error {
	if err := m.await(a); err != nil {
		return err
	}
	m.streaming = true
	defer func() { m.streaming = false }()
	for _, r := range a.rows {
		if err := scan(r); err != nil {
			return err
		}
	}
	return nil
}

func (m *member) exec(text string, args []any) (int64, error) {
	a := &ask{text: text, args: args, writes: true}
	err := m.await(a)
	m.wrote = m.wrote || a.affected > 0
	return a.affected, err
}

func (m *member) marked(id string) (markRow, error) { return markedBy(m, id) }

func (m *member) forgotMarks() {}

func (m *member) returning(text string, args []any, scan func(row) error) error {
	return m.read(&ask{text: text, args: args, writes: true}, func(r row) error {
		m.wrote = true
		return scan(r)
	})
}

func (m *member) lock(name string, shared bool) error {
	return m.await(&ask{lock: name, shared: shared})
}
