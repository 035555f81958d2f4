package simulate

import (
	"context"
	"errors"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// fund puts money into a wallet.
func (w *world) fund() *intent {
	p, _ := w.offering("payment")
	i := &intent{party: p, verb: "fund", payer: p.customers[w.draw(int64(len(p.customers)))].payer, amount: w.amount(pay.Rp(1_000_000))}
	i.do = func(ctx context.Context, core *pay.Core) error { return core.Fund(ctx, i.payer, i.amount) }
	i.check = func(_ *world, j *job) error { return j.mustHaveWritten() }
	return i
}

// mustHaveWritten is for acts that always do.
func (j *job) mustHaveWritten() error {
	if len(j.wrote) == 0 {
		return errors.New("it was acknowledged, and nothing was committed")
	}
	return nil
}

// hold suspends a merchant, or lets it trade again.
func (w *world) hold() *intent {
	p := &w.parties[w.draw(int64(len(w.parties)))]
	to := pay.Suspended
	if p.held || w.draw(3) > 0 {
		to = pay.Active
	}
	i := &intent{party: p, verb: "hold"}
	i.do = func(ctx context.Context, core *pay.Core) error {
		_, err := core.EditMerchant(ctx, p.partner.ID, p.merchant.ID, func(m *pay.Merchant) error { m.Standing = to; return nil })
		return err
	}
	i.check = func(_ *world, j *job) error { return j.mustHaveWritten() }
	return i
}

// expire records the ends that have passed.
func (w *world) expire() *intent {
	return &intent{verb: "expire", do: func(ctx context.Context, core *pay.Core) error {
		_, err := core.Expire(ctx)
		return err
	}}
}

// closeDay settles a day that is open and over.
func (w *world) closeDay() *intent {
	days := w.model.open(pay.Day(w.now().Add(-10 * time.Minute)))
	if len(days) == 0 {
		return nil
	}
	i := &intent{verb: "close", day: days[w.draw(int64(len(days)))]}
	i.do = func(ctx context.Context, core *pay.Core) error {
		_, err := core.Settle(ctx, i.day)
		return err
	}
	return i
}

// resend makes a notification due that was given up.
func (w *world) resend(d *delivery) *intent {
	return &intent{verb: "resend", do: func(ctx context.Context, core *pay.Core) error { return core.Resend(ctx, d.id) }}
}
