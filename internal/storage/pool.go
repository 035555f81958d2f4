package storage

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/qrisd/qrisd/internal/pay"
)

// pool lends reading sessions. It opens one when all that are open are lent,
// and lends the one that came back last, whose page cache knows most of what is
// asked for now. A session that comes back keeps its snapshot while that is the
// present one: the next View then begins and ends no transaction, nor does it
// lock anything.
type pool struct {
	open   func() (*session, error)
	places chan struct{} // one for each session that is lent
	closed chan struct{}
	recent *recent
	lane   *oneByOne
	writer *writer

	mu   sync.Mutex
	idle []*session // the one that came back last is the last
}

func newPool(most int, open func() (*session, error), l *oneByOne, w *writer) *pool {
	l.present.Store(1)
	return &pool{open: open, places: make(chan struct{}, most), closed: make(chan struct{}), recent: l.recent, lane: l, writer: w}
}

// view runs f in a read-only transaction, which is one snapshot of all that
// was acknowledged before. While SQLite cannot commit, only its own transaction
// has that: f then runs as one of the writer's.
func (p *pool) view(ctx context.Context, f func(pay.Reader) error) error {
	err := p.beside(ctx, f)
	if errors.Is(err, errHeldBack) {
		return p.writer.update(ctx, func(t pay.Tx) error { return f(t.(tx).reader) })
	}
	return err
}

// errHeldBack ends a View that cannot see what it must, before it has read
// anything.
var errHeldBack = errors.New("storage: what was acknowledged cannot be published")

// beside runs f beside the writer.
func (p *pool) beside(ctx context.Context, f func(pay.Reader) error) error {
	s, err := p.borrow(ctx)
	if err != nil {
		return err
	}
	defer p.giveBack(s)
	s.reset()
	v := &view{ctx: ctx, db: s, pool: p, late: p.lane.held.Load() > 0, recent: p.recent, epoch: p.recent.era()}
	defer func() { v.over = true }()
	return f(reader{v})
}

func (p *pool) borrow(ctx context.Context) (*session, error) {
	select {
	case <-p.closed:
		return nil, ErrClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.places <- struct{}{}:
	case <-p.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s := p.warmest(); s != nil {
		return s, nil
	}
	s, err := p.open()
	if err != nil {
		<-p.places
	}
	return s, err
}

// warmest takes the session that came back last; nil: none is idle.
func (p *pool) warmest() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	s := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return s
}

func (p *pool) giveBack(s *session) {
	p.mu.Lock()
	if s.fault != nil || s.seen != p.lane.present.Load() {
		s.leave()
	}
	p.idle = append(p.idle, s)
	p.mu.Unlock()
	<-p.places
}

// retire has no session keep the snapshot that it has now. Those that are lent
// give theirs up when they come back.
func (p *pool) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lane.present.Add(1)
	for _, s := range p.idle {
		s.leave()
	}
}

// drain refuses new views and waits for those that run.
func (p *pool) drain() {
	close(p.closed)
	for range cap(p.places) {
		p.places <- struct{}{}
	}
	p.retire()
}

// view is the querier of one View.
type view struct {
	ctx  context.Context // looked at between rows; statements run to their end
	db   *session
	pool *pool
	late bool // as it began, not all that was acknowledged was published
	over bool

	recent *recent
	epoch  int64 // of recent, as the View began
	read   bool  // the snapshot is taken
}

func (v *view) query(text string, args []any, scan func(row) error) error {
	if v.over {
		return errOver
	}
	if err := v.ctx.Err(); err != nil {
		return err
	}
	if v.late && readsHeld(text) {
		if err := v.catchUp(); err != nil {
			return err
		}
	}
	if err := v.begin(); err != nil {
		return err
	}
	return v.db.query(text, args, func(r row) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		return scan(r)
	})
}

// begin takes the snapshot before the View reads for the first time. The
// session's own does if nothing was published since it was taken: what was
// acknowledged, or went from memory over to a table, was published before that.
func (v *view) begin() error {
	if v.read {
		return nil
	}
	if err := v.db.enter(v.pool.lane.present.Load()); err != nil {
		return err
	}
	v.read = true
	return nil
}

// catchUp has all published that was acknowledged before. What the View has
// read until then is of tables of which nothing is ever held.
func (v *view) catchUp() error {
	err := v.pool.writer.publish(v.ctx)
	if errors.As(err, new(*Outage)) && !v.read {
		return errHeldBack
	}
	if err != nil {
		return err
	}
	v.late = false
	if !v.read {
		return nil
	}
	v.epoch = v.recent.era()
	return v.db.enter(v.pool.lane.present.Load())
}

// readsHeld reports whether a statement names a table whose changes may be
// acknowledged before they are published.
func readsHeld(text string) bool {
	if known, ok := heldTexts.Load(text); ok {
		return known.(bool)
	}
	held := slices.ContainsFunc(words(text), func(w string) bool { return heldTables[w] })
	heldTexts.Store(text, held)
	return held
}

var (
	heldTexts  sync.Map // a statement's text to what readsHeld says
	heldTables = tablesOf(repeatable)
)

// tablesOf are the tables that statements change. An index of marks holds what
// mark_new held.
func tablesOf(statements map[string]bool) map[string]bool {
	tables := map[string]bool{marks.name: true}
	for text := range statements {
		all := strings.Fields(text)
		i := slices.IndexFunc(all, func(w string) bool { return w == "INTO" || w == "UPDATE" })
		tables[all[i+1]] = true
	}
	return tables
}
