package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
)

// closing is the daily close of a server: it settles a day and writes its
// files, one for each merchant and one for each provider.
type closing struct {
	core   *pay.Core
	folder string
	log    *slog.Logger
	closed string // the last day that needs nothing more
}

// lookBack is how many days back an unclosed day is looked for: a server may
// have stood still, and a sandbox's clock jumps.
const lookBack = 31

// all closes every day before today's that was not closed yet, as the leader
// that has a lease.
func (c *closing) all(ctx context.Context, under pay.Lease) error {
	now := c.core.Now()
	last := pay.Day(now.AddDate(0, 0, -1))
	if last == c.closed {
		return nil
	}
	for back := lookBack; back > 0; back-- {
		if err := c.day(ctx, under, pay.Day(now.AddDate(0, 0, -back))); err != nil {
			return err
		}
	}
	c.closed = last
	return nil
}

// day settles a day, which is harmless when it was closed before, and writes
// the files of what was settled now.
func (c *closing) day(ctx context.Context, under pay.Lease, day string) error {
	settled, err := c.core.Under(under).Settle(ctx, day)
	if err != nil {
		return fmt.Errorf("closing %s: %w", day, err)
	}
	partners := make(map[string]bool)
	for _, s := range settled {
		partners[s.PartnerID] = true
		if err := c.write(ctx, settlement.Scope{Day: day, PartnerID: s.PartnerID, MerchantID: s.MerchantID}); err != nil {
			return err
		}
	}
	for partner := range partners {
		if err := c.write(ctx, settlement.Scope{Day: day, PartnerID: partner}); err != nil {
			return err
		}
	}
	if len(settled) > 0 {
		c.log.Info("the day is closed", "day", day, "merchants", len(settled))
	}
	return nil
}

// write puts a file in place whole. What could not be written is written by
// qrisd settle: the close itself is in the ledger.
func (c *closing) write(ctx context.Context, s settlement.Scope) error {
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return fmt.Errorf("the folder of settlement files: %w", err)
	}
	name := filepath.Join(c.folder, s.FileName())
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing a settlement file: %w", err)
	}
	defer f.Close()
	if err := settlement.Write(f, settlement.Ledger(ctx, c.core.Inspect, s)); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return os.Rename(name+".new", name)
}
