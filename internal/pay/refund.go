package pay

import (
	"context"
	"errors"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
)

// Refund is money given back for a payment, wholly or in part.
type Refund struct {
	ID         string // UUIDv7
	Ref        string // refundNo
	PartnerID  string // who asked
	PartnerRef string // partnerRefundNo
	PaymentRef string
	CodeRef    string // empty when off-us
	AcquirerID string // partner of the merchant; empty when off-us
	MerchantID string // empty when off-us
	Amount     Rupiah
	MDR        Rupiah // the MDR's share that goes back to the merchant
	Reason     string
	At         time.Time
}

// RefundPolicy is what an acquirer allows. The zero policy allows any part at
// any time.
type RefundPolicy struct {
	Window   time.Duration `json:"window,omitempty"` // after the payment; 0: no end
	FullOnly bool          `json:"fullOnly,omitempty"`
}

// RefundRequest asks to give money back.
type RefundRequest struct {
	Partner    *Partner
	Original   Original
	PartnerRef string // partnerRefundNo
	Amount     Rupiah // 0: all that is left
	Reason     string
	Marks      []Mark
}

// Refund gives back part of a payment, or what is left of it, never more than
// was paid: the payer is credited, the merchant's payable and the fee revenue
// are debited by their shares. It answers *Repeated when a mark exists.
func (c *Core) Refund(ctx context.Context, req RefundRequest) (Refund, error) {
	var refund Refund
	err := retry(func() error {
		now := c.Now()
		ref, err := c.newRef(now)
		if err != nil {
			return err
		}
		id, err := c.newID()
		if err != nil {
			return err
		}
		transfer := ledger.Transfer{Kind: ledger.Refund, Ref: ref, At: now}
		if transfer.ID, err = c.newID(); err != nil {
			return err
		}
		return c.store.Update(ctx, func(tx Tx) error {
			refund = Refund{ID: id, Ref: ref, PartnerID: req.Partner.ID, PartnerRef: req.PartnerRef, Reason: req.Reason, At: now}
			return c.refundIn(tx, req, &refund, transfer)
		})
	})
	if err != nil {
		return Refund{}, err
	}
	c.publishRefund(refund)
	return refund, nil
}

// refundIn is the whole decision, inside one transaction.
func (c *Core) refundIn(tx Tx, req RefundRequest, refund *Refund, transfer ledger.Transfer) error {
	if err := remember(tx, req.Marks, refund.Ref); err != nil {
		return err
	}
	t, err := c.find(tx, req.Partner.ID, req.Original)
	if err != nil {
		return err
	}
	if t.Payment == nil {
		return Refuse(WrongState, "nothing was paid yet that could be refunded")
	}
	p := *t.Payment
	if refund.Amount = req.Amount; refund.Amount == 0 {
		refund.Amount = p.Amount - p.Refunded
	}
	if err := mayRefund(req.Partner.Settings.Refunds, p, refund.Amount, refund.At); err != nil {
		return err
	}
	refund.PaymentRef, refund.CodeRef, refund.AcquirerID, refund.MerchantID = p.Ref, p.CodeRef, p.AcquirerID, p.MerchantID
	refund.MDR = share(p.MDR, p.Refunded+refund.Amount, p.Amount) - share(p.MDR, p.Refunded, p.Amount)
	if err := tx.AddRefunded(p.Ref, p.Refunded, refund.Amount); errors.Is(err, ErrNotFound) {
		return errRaced
	} else if err != nil {
		return err
	}
	return c.bookRefund(tx, p, refund, transfer)
}

func mayRefund(policy RefundPolicy, p Payment, amount Rupiah, now time.Time) error {
	left := p.Amount - p.Refunded
	switch {
	case left == 0:
		return Refuse(Refunded, "the payment is wholly refunded already")
	case amount > left:
		return RefuseField(OverRefund, "refundAmount", "only "+left.String()+" of the payment is left to refund")
	case policy.Window > 0 && now.After(p.At.Add(policy.Window)):
		return Refuse(RefundLate, "the acquirer refunds within "+policy.Window.String()+" of the payment")
	case policy.FullOnly && amount != p.Amount:
		return RefuseField(RefundPartial, "refundAmount", "the acquirer refunds only the whole amount, "+p.Amount.String())
	}
	return nil
}

// share is the part of the MDR that belongs to a part of the amount, rounded
// down to the rupiah: all parts together give all of it.
func share(mdr, part, whole Rupiah) Rupiah {
	if part == whole {
		return mdr
	}
	if whole < Rp(1) {
		return 0
	}
	rupiah := int64(mdr) / 100
	return Rp(rupiah * (int64(part) / 100) / (int64(whole) / 100))
}

func (c *Core) bookRefund(tx Tx, p Payment, refund *Refund, transfer ledger.Transfer) error {
	wallet := ledger.Wallet(p.PayerID)
	payee := ledger.Clearing(p.NNS)
	if p.OnUs() {
		payee = ledger.Payable(p.AcquirerID, p.MerchantID)
	}
	transfer.Move(payee, wallet, int64(refund.Amount-refund.MDR))
	transfer.Move(ledger.FeeRevenue, wallet, int64(refund.MDR))
	if err := transfer.Check(); err != nil {
		return err
	}
	day := Day(refund.At)
	if err := tx.Credit(p.PayerID, refund.Amount); err != nil {
		return err
	}
	if err := tx.InsertTransfer(transfer, day); err != nil {
		return err
	}
	err := tx.InsertRefund(*refund, day)
	if errors.Is(err, ErrExists) {
		return errRefTaken
	}
	return err
}

// RefundByRef reads a refund, for an answer that is given again.
func (c *Core) RefundByRef(ctx context.Context, ref string) (Refund, error) {
	var refund Refund
	err := c.store.View(ctx, func(r Reader) (err error) {
		refund, err = r.Refund(ref)
		return err
	})
	return refund, err
}
