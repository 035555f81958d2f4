package operate

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
)

// Day is a Jakarta date as people name it: itself, or yesterday by the
// business clock.
func (d *Desk) Day(name string) (string, error) {
	if name == "yesterday" {
		return pay.Day(d.Core.Now().AddDate(0, 0, -1)), nil
	}
	if _, err := time.Parse(time.DateOnly, name); err != nil {
		return "", refuse(BadRequest, "day %q: write a Jakarta date as in 2026-01-31, or yesterday", name)
	}
	return name, nil
}

// PastDay is a day that is over.
func (d *Desk) PastDay(name string) (string, error) {
	day, err := d.Day(name)
	if err == nil && day >= pay.Day(d.Core.Now()) {
		err = refuse(DayOpen, "the %s is not over in Jakarta: a day is settled when no payment can join it", day)
	}
	return day, err
}

// Settle closes a past day for every merchant and gives how many were open.
func (d *Desk) Settle(ctx context.Context, name string) (day string, closed int, err error) {
	if day, err = d.PastDay(name); err != nil {
		return day, 0, err
	}
	made, err := d.Core.Settle(ctx, day)
	return day, len(made), err
}

// Scope is whose lines of a past day a report is about: a partner that exists,
// and a merchant of it if one is named.
func (d *Desk) Scope(ctx context.Context, name, partner, merchant string) (settlement.Scope, error) {
	day, err := d.PastDay(name)
	s := settlement.Scope{Day: day, PartnerID: partner, MerchantID: merchant}
	if err == nil {
		_, err = d.Core.Partner(ctx, partner)
	}
	if err == nil && merchant != "" {
		_, err = d.Core.Merchant(ctx, partner, merchant)
	}
	return s, err
}

// settled refuses a scope of which something is not settled yet: its report
// would not be what the merchants receive.
func (d *Desk) settled(ctx context.Context, s settlement.Scope) error {
	return d.Core.Inspect(ctx, func(r pay.Reader) error {
		open, err := r.Unsettled(s.Day)
		for _, o := range open {
			if o.PartnerID == s.PartnerID && (s.MerchantID == "" || s.MerchantID == o.MerchantID) {
				return refuse(NotSettled, "merchant %s is not settled for the %s: POST /v1/settlement/%s first (qrisd settle)", o.MerchantID, s.Day, s.Day)
			}
		}
		return err
	})
}

// Report writes the settlement file of a scope that is settled into a
// temporary file, at whose start it stands and which whoever asked removes: a
// slow reader then holds no snapshot of the books.
func (d *Desk) Report(ctx context.Context, s settlement.Scope) (*os.File, error) {
	if err := d.settled(ctx, s); err != nil {
		return nil, err
	}
	report, err := os.CreateTemp("", "qrisd-report-*")
	if err != nil {
		return nil, err
	}
	err = d.Alone(func() error {
		if err := settlement.Write(report, settlement.Ledger(ctx, d.Core.Inspect, s)); err != nil {
			return err
		}
		_, err := report.Seek(0, io.SeekStart)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, report.Close(), os.Remove(report.Name()))
	}
	return report, nil
}
