package pay

import (
	"context"
	"errors"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
)

// Settlement is the daily close of one merchant: what was paid to it on a
// Jakarta date, less MDR and refunds, moved from its payable to settlement.
type Settlement struct {
	ID         string // UUIDv7
	PartnerID  string
	MerchantID string
	Day        string
	Gross      Rupiah // payments
	MDR        Rupiah // kept on them
	Refunds    Rupiah // given back
	MDRBack    Rupiah // of the MDR, with the refunds
	Count      int64  // payments and refunds
	At         time.Time
}

// Net is what the merchant receives; it may be less than zero.
func (s Settlement) Net() Rupiah { return s.Gross - s.MDR - s.Refunds + s.MDRBack }

// ErrDayOpen is the answer to the close of a day that is not over.
var ErrDayOpen = errors.New("pay: the day is not over in Jakarta, or ended less than two minutes ago")

// settleGrace lets payments that were dated just before midnight commit
// before their day is closed: no request lives longer than that.
const settleGrace = 2 * time.Minute

// Settle is what a Leader's does, by anyone: a day closes once, whoever does
// it.
func (c *Core) Settle(ctx context.Context, day string) ([]Settlement, error) {
	return c.Under(Lease{}).Settle(ctx, day)
}

// Settle closes a Jakarta date for every merchant with movements that was not
// closed before, each in a transaction of its own, and gives the new ones.
// Running it again is harmless.
func (l Leader) Settle(ctx context.Context, day string) ([]Settlement, error) {
	if day >= Day(l.core.Now().Add(-settleGrace)) {
		return nil, ErrDayOpen
	}
	var open []Settlement
	err := l.core.store.View(ctx, func(r Reader) (err error) {
		open, err = r.Unsettled(day)
		return err
	})
	if err != nil {
		return nil, err
	}
	var closed []Settlement
	for _, s := range open {
		switch err := l.settleOne(ctx, &s); {
		case err == nil:
			closed = append(closed, s)
		case !errors.Is(err, ErrExists): // another node was first
			return closed, err
		}
	}
	return closed, nil
}

func (l Leader) settleOne(ctx context.Context, s *Settlement) (err error) {
	if s.ID, err = l.core.newID(); err != nil {
		return err
	}
	s.At = l.core.Now()
	t := ledger.Transfer{ID: s.ID, Kind: ledger.Settling, Ref: s.Day, At: s.At}
	t.Move(ledger.Payable(s.PartnerID, s.MerchantID), ledger.Settlement(s.PartnerID, s.MerchantID), int64(s.Net()))
	return l.update(ctx, func(tx Tx) error {
		if err := tx.InsertSettlement(*s); err != nil {
			return err
		}
		if len(t.Postings) == 0 {
			return nil // refunds ate up the payments
		}
		if err := t.Check(); err != nil {
			return err
		}
		return tx.InsertTransfer(t, Day(s.At))
	})
}
