package storage

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/qrisd/qrisd/internal/pay"
)

const (
	beginView = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	endView   = "ROLLBACK"
)

// postgresViewer reads on a pool of connections, each View on a snapshot of
// its own.
type postgresViewer struct {
	pool     *pgxpool.Pool
	patience time.Duration

	mu     sync.RWMutex
	closed bool
	views  sync.WaitGroup
}

func (p *postgresViewer) view(ctx context.Context, f func(pay.Reader) error) error {
	if err := p.enter(ctx); err != nil {
		return err
	}
	v := &postgresView{ctx: ctx, viewer: p}
	defer v.end()
	return f(reader{v})
}

func (p *postgresViewer) enter(ctx context.Context) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p.views.Add(1)
	return nil
}

func (p *postgresViewer) drain() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.views.Wait()
}

// postgresView is the querier of one View. Its transaction begins with its
// first statement.
type postgresView struct {
	ctx    context.Context
	viewer *postgresViewer
	pooled *pgxpool.Conn // nil until the first statement
	link   *link

	fault     error
	streaming bool
	over      bool
}

func (v *postgresView) query(text string, args []any, scan func(row) error) error {
	switch {
	case v.over:
		return errOver
	case v.streaming:
		return errNested
	case v.fault != nil:
		return v.fault
	case v.ctx.Err() != nil:
		return v.ctx.Err()
	}
	rows, done, err := v.ask(text, args)
	if err != nil {
		return v.failed(text, err)
	}
	defer done()
	v.streaming = true
	defer func() { v.streaming = false }()
	for rows.Next() {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if err := scan(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return v.failed(text, err)
	}
	return nil
}

// ask sends a statement and gives its rows, which done closes.
func (v *postgresView) ask(text string, args []any) (rows pgx.Rows, done func(), err error) {
	if v.pooled == nil {
		return v.begin(text, args)
	}
	rows, err = v.link.conn.Query(v.ctx, v.link.text(text), plain(args)...)
	return rows, func() { rows.Close() }, err
}

// begin sends the first statement together with the transaction's beginning.
// Nothing was read yet, so it waits for a database that is away for a moment.
func (v *postgresView) begin(text string, args []any) (rows pgx.Rows, done func(), err error) {
	began := time.Now()
	for try := 0; ; try++ {
		rows, done, err = v.tryBegin(text, args)
		if err == nil || !transient(err) || v.ctx.Err() != nil || time.Since(began) > v.viewer.patience {
			return rows, done, err
		}
		time.Sleep(pause(try))
	}
}

func (v *postgresView) tryBegin(text string, args []any) (pgx.Rows, func(), error) {
	pooled, err := v.viewer.pool.Acquire(v.ctx)
	if err != nil {
		return nil, nil, &away{explainPostgres(err)}
	}
	k := newLink(pooled.Conn())
	var batch pgx.Batch
	batch.Queue(beginView)
	k.queue(&batch, text, args)
	results := k.conn.SendBatch(v.ctx, &batch)
	_, err = results.Exec()
	var rows pgx.Rows
	if err == nil {
		rows, err = results.Query()
	}
	if err != nil {
		err = k.judge(err)
		results.Close()
		giveBack(pooled)
		return nil, nil, err
	}
	v.pooled, v.link = pooled, k
	return rows, func() { rows.Close(); results.Close() }, nil
}

func (v *postgresView) marked(id string) (markRow, error) { return markedBy(v, id) }

func (v *postgresView) failed(text string, err error) error {
	if v.link != nil {
		err = v.link.judge(err)
	}
	v.fault = stepFailed(text, err)
	return v.fault
}

// end gives the snapshot back. The caller need not wait for that.
func (v *postgresView) end() {
	v.over = true
	if v.pooled == nil {
		v.viewer.views.Done()
		return
	}
	go func() {
		defer v.viewer.views.Done()
		giveBack(v.pooled)
	}()
}

// giveBack ends the transaction. A connection on which that fails is closed by
// the pool.
func giveBack(c *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), attemptTime)
	defer cancel()
	if !c.Conn().IsClosed() {
		_, _ = c.Exec(ctx, endView, pgx.QueryExecModeSimpleProtocol)
	}
	c.Release()
}
