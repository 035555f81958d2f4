package storage

import (
	"context"

	"github.com/qrisd/qrisd/internal/pay"
)

// pool lends reading sessions.
type pool struct {
	free   chan *session
	closed chan struct{}
	recent *recent
}

func newPool(sessions []*session, r *recent) *pool {
	p := &pool{free: make(chan *session, len(sessions)), closed: make(chan struct{}), recent: r}
	for _, s := range sessions {
		p.free <- s
	}
	return p
}

// view runs f in a read-only transaction, which is one snapshot.
func (p *pool) view(ctx context.Context, f func(pay.Reader) error) error {
	s, err := p.borrow(ctx)
	if err != nil {
		return err
	}
	defer func() { p.free <- s }()
	s.reset()
	if _, err := s.exec("BEGIN", nil); err != nil {
		return err
	}
	v := &view{ctx: ctx, db: s, recent: p.recent, epoch: p.recent.era()}
	defer v.end()
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
	case s := <-p.free:
		return s, nil
	case <-p.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// drain refuses new views and waits for those that run.
func (p *pool) drain() {
	close(p.closed)
	for range cap(p.free) {
		<-p.free
	}
}

// view is the querier of one View.
type view struct {
	ctx  context.Context // looked at between rows; statements run to their end
	db   *session
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
	v.read = true
	return v.db.query(text, args, func(r row) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		return scan(r)
	})
}

// end gives the snapshot back. Its error has no one to go to: if the
// transaction is still there, the session's next BEGIN fails with it.
func (v *view) end() {
	v.over = true
	v.db.reset()
	_, _ = v.db.exec("ROLLBACK", nil)
}
