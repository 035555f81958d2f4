package pay

import (
	"context"
	"errors"
	"strconv"
)

// TerminalRequest asks to register a terminal of a merchant.
type TerminalRequest struct {
	Partner    *Partner
	MerchantID string // empty: the partner's first merchant
	TerminalID string
	Most       int // terminals of a merchant, unless the partner's agreement says otherwise; 0: any number
	Marks      []Mark
}

// RegisterTerminal adds a terminal to a merchant who may trade. A terminal
// that is there already is answered the same; one that was withdrawn is
// TerminalUnknown, and one too many OverTerminals. It answers *Repeated when a
// mark exists.
func (c *Core) RegisterTerminal(ctx context.Context, req TerminalRequest) (Outlet, error) {
	merchant, err := c.merchantFor(ctx, req.Partner.ID, req.MerchantID)
	if err != nil {
		return Outlet{}, c.firstRepeat(ctx, req.Marks, err)
	}
	o := Outlet{PartnerID: merchant.PartnerID, MerchantID: merchant.ID, Kind: Terminal, ID: req.TerminalID, Standing: Active}
	most := req.Most
	if agreed := req.Partner.Settings.MaxTerminals; agreed > 0 {
		most = agreed
	}
	generation, err := c.newID()
	if err != nil {
		return Outlet{}, err
	}
	defer c.directory.forget()
	err = c.store.Update(ctx, func(tx Tx) error {
		if err := remember(tx, req.Marks, ""); err != nil {
			return err
		}
		return addTerminal(tx, o, most, generation)
	})
	return o, err
}

// addTerminal also writes a new generation, if there is a new terminal.
func addTerminal(tx Tx, o Outlet, most int, generation string) error {
	switch known, err := tx.Outlet(o.PartnerID, o.MerchantID, o.Kind, o.ID); {
	case err == nil && known.Standing != Active:
		return RefuseField(TerminalUnknown, "terminalId", "the terminal was withdrawn")
	case err == nil:
		return nil
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if err := tx.Guard("terminals " + o.PartnerID + " " + o.MerchantID); err != nil {
		return err
	}
	n, err := tx.CountOutlets(o.PartnerID, o.MerchantID, o.Kind)
	if err != nil {
		return err
	}
	if most > 0 && n >= most {
		return RefuseField(OverTerminals, "terminalId", "the merchant has "+strconv.Itoa(n)+" terminals of at most "+strconv.Itoa(most))
	}
	return errors.Join(tx.PutOutlet(o), tx.PutSetting(settingGeneration, generation))
}
