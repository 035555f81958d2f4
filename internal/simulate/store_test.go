package simulate

import (
	"context"
	"errors"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// store stands before a node's storage: every call waits for its turn, some
// fail, and what each transaction wrote is handed to the world.
type store struct {
	w    *world
	n    *node
	real *storage.Store
}

func (s *store) View(ctx context.Context, f func(pay.Reader) error) error {
	what := toView
	if s.w.coarse && !s.n.strained.Load() && !isClosed(s.n.dead) {
		what = ""
		if notify.DeliveryID(ctx) != "" {
			what = toOpen
		}
	}
	if what != "" {
		if r := s.w.turns.take(ctx, s.n, what, nil); r.err != nil {
			return r.err
		}
	}
	err := s.real.View(ctx, f)
	if j, ok := ctx.Value(jobOf{}).(*job); ok && errors.As(err, new(*storage.Outage)) {
		j.disturbed = true // what was acknowledged could not be published for it to read
	}
	return err
}

func (s *store) Update(ctx context.Context, f func(pay.Tx) error) error {
	r := s.w.turns.take(ctx, s.n, toUpdate, nil)
	if r.err != nil {
		return r.err
	}
	j, _ := ctx.Value(jobOf{}).(*job)
	wrote := &writes{job: j, node: s.n}
	err := s.real.Update(ctx, func(tx pay.Tx) error { return s.run(tx, wrote, f) })
	if errors.Is(err, errForgotten) {
		err = nil
	}
	s.w.committed(wrote, err)
	if r.dawdle {
		if later := s.w.turns.take(ctx, s.n, toAnswer, nil); later.err != nil {
			return later.err
		}
	}
	if r.lose && err == nil {
		return errLost
	}
	return err
}

// run is one run of a transaction's function.
func (s *store) run(tx pay.Tx, wrote *writes, f func(pay.Tx) error) error {
	*wrote = writes{job: wrote.job, node: wrote.node, order: s.w.serial.Add(1)}
	tx = recorder{tx, wrote}
	if bug := s.w.bug; bug.tx != nil {
		tx = bug.tx(tx)
	}
	err := f(tx)
	if bug := s.w.bug; err == nil && bug.forgets != nil && bug.forgets(wrote) {
		err = errForgotten
	}
	return err
}

// errForgotten rolls back what a planted bug acknowledges all the same.
var errForgotten = errors.New("a planted bug: the transaction is lost")

// writes are what a transaction wrote, as far as it is for the world to know:
// keys, under which the books tell the rest.
type writes struct {
	job   *job  // whose it was; nil: the notifier's
	node  *node // where it ran
	order int64 // among all transactions
	err   error

	codes, payments, refunds []string
	voided                   []string // codes
	born                     []string // deliveries
	claimed                  []string // deliveries
	tried                    []tried
	funded                   []ledger.Transfer
	settled                  []pay.Settlement
	merchants                []pay.Merchant
	expired                  int
}

type tried struct {
	id    string
	state pay.DeliveryState
	tries int
}

// recorder is a transaction that is listened to.
type recorder struct {
	pay.Tx
	wrote *writes
}

func (r recorder) InsertCode(c pay.Code, day string) error {
	r.wrote.codes = append(r.wrote.codes, c.Ref)
	return r.Tx.InsertCode(c, day)
}

func (r recorder) CloseCode(c pay.Code, to pay.CodeState) error {
	if to == pay.CodeIsVoid {
		r.wrote.voided = append(r.wrote.voided, c.Ref)
	}
	return r.Tx.CloseCode(c, to)
}

func (r recorder) ExpireCodes(now time.Time, limit int) (int, error) {
	n, err := r.Tx.ExpireCodes(now, limit)
	r.wrote.expired += n
	return n, err
}

func (r recorder) InsertPayment(p pay.Payment, day string) error {
	r.wrote.payments = append(r.wrote.payments, p.Ref)
	return r.Tx.InsertPayment(p, day)
}

func (r recorder) InsertRefund(refund pay.Refund, day string) error {
	r.wrote.refunds = append(r.wrote.refunds, refund.Ref)
	return r.Tx.InsertRefund(refund, day)
}

func (r recorder) InsertTransfer(t ledger.Transfer, day string) error {
	if t.Kind == ledger.Funding {
		r.wrote.funded = append(r.wrote.funded, t)
	}
	return r.Tx.InsertTransfer(t, day)
}

func (r recorder) InsertDelivery(d pay.Delivery) error {
	r.wrote.born = append(r.wrote.born, d.ID)
	return r.Tx.InsertDelivery(d)
}

func (r recorder) ClaimDeliveries(holder string, now time.Time, limit int) ([]pay.Delivery, error) {
	claimed, err := r.Tx.ClaimDeliveries(holder, now, limit)
	for _, d := range claimed {
		r.wrote.claimed = append(r.wrote.claimed, d.ID)
	}
	return claimed, err
}

func (r recorder) SetDelivery(id string, state pay.DeliveryState, attempts int, next, at time.Time) error {
	r.wrote.tried = append(r.wrote.tried, tried{id, state, attempts})
	return r.Tx.SetDelivery(id, state, attempts, next, at)
}

func (r recorder) InsertSettlement(s pay.Settlement) error {
	r.wrote.settled = append(r.wrote.settled, s)
	return r.Tx.InsertSettlement(s)
}

func (r recorder) PutMerchant(m pay.Merchant) error {
	r.wrote.merchants = append(r.wrote.merchants, m)
	return r.Tx.PutMerchant(m)
}
