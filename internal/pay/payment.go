package pay

import (
	"context"
	"errors"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/qris"
)

// PayRequest asks to pay a payload from a payer's wallet.
type PayRequest struct {
	Partner    *Partner // the issuer's partner; nil for an outside payer of the sandbox
	PartnerRef string
	PayerID    string
	Payload    string
	Amount     Rupiah // 0: absent
	Fee        Rupiah // what the payer is charged on top
	Marks      []Mark
	AnyAmount  bool // lifts the transaction limit; only a sandbox sets it
}

// bill is what a payload asks for, before the transaction.
type bill struct {
	qr      qris.Code
	amount  Rupiah
	nns     string
	account ledger.Account // clearing account when off-us
	ours    *Merchant      // nil when off-us
}

// Pay decodes the payload, decides about amount, expiry, state, limits and
// funds at this moment, and moves the money: the payer is debited and the
// merchant credited net of MDR, or the acquirer's clearing account in full,
// in one transaction. It answers *Repeated when a mark exists.
func (c *Core) Pay(ctx context.Context, req PayRequest) (Payment, error) {
	b, err := c.planPay(ctx, req)
	if err != nil {
		return Payment{}, c.firstRepeat(ctx, req.Marks, err)
	}
	var p Payment
	err = retry(func() (err error) {
		if p, err = c.newPayment(req, b); err != nil {
			return err
		}
		transfer, err := c.newID()
		if err != nil {
			return err
		}
		return c.store.Update(ctx, func(tx Tx) error { return c.settlePayment(tx, &p, b, req.Marks, transfer) })
	})
	if err != nil {
		return Payment{}, err
	}
	c.publishPaid(p, !b.qr.HasAmount)
	c.wakeOutbox()
	return p, nil
}

func (c *Core) planPay(ctx context.Context, req PayRequest) (bill, error) {
	qr, err := qris.Payable(req.Payload)
	if err != nil {
		return bill{}, badPayload(err)
	}
	b := bill{qr: qr, nns: qris.NNS(qr.Domestic.PAN)}
	if b.amount, err = amountDue(qr, req.Amount); err != nil {
		return bill{}, err
	}
	b.ours, err = c.merchantByMPAN(ctx, qr.Domestic.PAN)
	if errors.Is(err, ErrNotFound) {
		b.ours, err = nil, nil
		b.account, err = c.routes.Route(b.nns)
	}
	if err != nil {
		return bill{}, err
	}
	if req.AnyAmount {
		return b, nil
	}
	return b, c.checkAmount(b.ours, b.amount)
}

// badPayload says what is wrong with a payload; its cause hints at the cure.
func badPayload(err error) error {
	detail := err.Error()
	var u *qris.Unpayable
	if errors.As(err, &u) {
		detail = u.Finding.Detail
	}
	return &Error{Kind: BadPayload, Field: "qrContent", Detail: detail, Cause: err}
}

// amountDue decides what is paid: a static code leaves it to the payer, a
// dynamic one fixes it. A tip may only add to it.
func amountDue(qr qris.Code, asked Rupiah) (Rupiah, error) {
	switch {
	case !qr.HasAmount && asked == 0:
		return 0, RefuseField(MissingField, "amount", "the code is static: the payer's amount is mandatory")
	case !qr.HasAmount:
		return asked, nil
	case asked == 0, asked == Rupiah(qr.Amount):
		return Rupiah(qr.Amount), nil
	case qr.Tip.Indicator != "" && asked > Rupiah(qr.Amount):
		return asked, nil
	}
	return 0, RefuseField(AmountMismatch, "amount", "the code asks for "+Rupiah(qr.Amount).String()+", not "+asked.String())
}

func (c *Core) newPayment(req PayRequest, b bill) (Payment, error) {
	now := c.Now()
	ref, err := c.newRef(now)
	if err != nil {
		return Payment{}, err
	}
	rrn, err := c.newRRN(now)
	if err != nil {
		return Payment{}, err
	}
	id, err := c.newID()
	if err != nil {
		return Payment{}, err
	}
	p := Payment{
		ID: id, Ref: ref, PartnerRef: req.PartnerRef, PayerID: req.PayerID,
		NNS: b.nns, Payload: req.Payload, Amount: b.amount, Fee: req.Fee,
		RRN: rrn, State: PaymentPaid, At: now,
	}
	if req.Partner != nil {
		p.PartnerID = req.Partner.ID
	}
	if b.ours != nil {
		p.CodeRef, p.AcquirerID, p.MerchantID = b.qr.ReferenceLabel, b.ours.PartnerID, b.ours.ID
	}
	return p, nil
}

// settlePayment is the whole decision, inside one transaction.
func (c *Core) settlePayment(tx Tx, p *Payment, b bill, marks []Mark, transferID string) error {
	tx.Foresee(Foreseen{PayerID: p.PayerID, CodeRef: p.CodeRef, PartnerID: p.AcquirerID, MerchantID: p.MerchantID})
	if err := remember(tx, marks, p.Ref); err != nil {
		return err
	}
	if err := checkPayer(tx, p); err != nil {
		return err
	}
	transfer := ledger.Transfer{ID: transferID, Kind: ledger.OffUs, Ref: p.Ref, At: p.At}
	wallet, payee := ledger.Wallet(p.PayerID), b.account
	var code Code
	var merchant Merchant
	if p.OnUs() {
		var err error
		if code, merchant, err = c.takeCode(tx, p); err != nil {
			return err
		}
		transfer.Kind, payee = ledger.OnUs, ledger.Payable(p.AcquirerID, p.MerchantID)
		p.MDR = c.policy.Fees.MDR(merchant, p.Amount, Day(p.At))
	}
	transfer.Move(wallet, payee, int64(p.Amount-p.MDR))
	transfer.Move(wallet, ledger.FeeRevenue, int64(p.MDR+p.Fee))
	if p.OnUs() {
		if err := tell(tx, code, merchant, p, transfer.ID); err != nil {
			return err
		}
	}
	// Last of what asks, for it locks what many want.
	if err := debit(tx, p); err != nil {
		return err
	}
	return book(tx, p, transfer)
}

func book(tx Tx, p *Payment, transfer ledger.Transfer) error {
	if err := transfer.Check(); err != nil {
		return err
	}
	if err := tx.InsertTransfer(transfer, Day(p.At)); err != nil {
		return err
	}
	err := tx.InsertPayment(*p, Day(p.At))
	if errors.Is(err, ErrExists) {
		return errRefTaken
	}
	return err
}

func checkPayer(tx Tx, p *Payment) error {
	payer, err := tx.Payer(p.PayerID)
	if errors.Is(err, ErrNotFound) {
		return Refuse(PayerUnknown, "no such payer")
	}
	if err != nil {
		return err
	}
	if err := payer.mayPay(); err != nil {
		return err
	}
	return checkPayerLimits(tx, payer, p)
}

func checkPayerLimits(tx Tx, payer Payer, p *Payment) error {
	if payer.DayLimit == 0 && payer.MonthLimit == 0 {
		return nil
	}
	if err := tx.Guard("payer " + payer.ID); err != nil {
		return err
	}
	day := Day(p.At)
	for _, l := range []struct {
		name  string
		limit Rupiah
		since string
	}{
		{"day", payer.DayLimit, day},
		{"month", payer.MonthLimit, day[:len("2006-01")] + "-01"},
	} {
		if l.limit == 0 {
			continue
		}
		paid, err := tx.PaidByPayerSince(payer.ID, l.since)
		if err != nil {
			return err
		}
		if paid+p.Amount > l.limit {
			return RefuseField(OverPayerLimit, "amount", "the payer's "+l.name+" limit is "+l.limit.String()+", of which "+paid.String()+" is used")
		}
	}
	return nil
}

func debit(tx Tx, p *Payment) error {
	err := tx.Debit(p.PayerID, p.Amount+p.Fee)
	if errors.Is(err, ErrNotFound) {
		return Refuse(InsufficientFunds, "the payer's balance does not cover "+(p.Amount+p.Fee).String())
	}
	return err
}

// takeCode checks our own code and, when it is dynamic, closes it: of all
// that race for it one wins.
func (c *Core) takeCode(tx Tx, p *Payment) (Code, Merchant, error) {
	code, err := payableCode(tx, p.CodeRef, p.Payload, p.At)
	if err != nil {
		return code, Merchant{}, err
	}
	if code.PartnerID != p.AcquirerID || code.MerchantID != p.MerchantID {
		return code, Merchant{}, RefuseField(CodeUnknown, "qrContent", "the MPAN in the code belongs to another merchant by now")
	}
	merchant, err := tx.Merchant(code.PartnerID, code.MerchantID)
	if err == nil {
		err = merchant.MayTrade()
	}
	if err == nil && merchant.DayLimit > 0 {
		err = tx.Guard("merchant " + merchant.PartnerID + " " + merchant.ID)
	}
	if err == nil {
		err = checkMerchantDay(tx, &merchant, p.Amount, Day(p.At))
	}
	if err != nil {
		return code, merchant, err
	}
	if code.Static() {
		err = tx.HoldCode(code.Ref)
	} else {
		code.ClosedAt = p.At
		err = tx.CloseCode(code, CodeIsPaid)
	}
	if errors.Is(err, ErrNotFound) {
		err = errRaced // how it was closed, the next run reads
	}
	return code, merchant, err
}

// payableCode reads our code behind a payload and refuses it unless it may be
// paid now.
func payableCode(r Reader, ref, payload string, now time.Time) (Code, error) {
	code, err := r.Code(ref)
	if errors.Is(err, ErrNotFound) || (err == nil && code.Payload != payload) {
		return Code{}, RefuseField(CodeUnknown, "qrContent", "the merchant is ours but no code with this payload was generated")
	}
	if err != nil {
		return Code{}, err
	}
	return code, mayBePaid(code, now)
}

func mayBePaid(code Code, now time.Time) error {
	switch code.StateAt(now) {
	case CodeActive:
		return nil
	case CodeIsExpired:
		return Refuse(CodeExpired, "the code expired at "+code.ExpiresAt.In(Jakarta).Format(time.RFC3339))
	case CodeIsVoid:
		return Refuse(CodeCancelled, "the code was cancelled")
	default:
		return Refuse(CodePaid, "the code was paid before")
	}
}

// Payment reads a payment by its reference.
func (c *Core) Payment(ctx context.Context, ref string) (Payment, error) {
	var p Payment
	err := c.store.View(ctx, func(r Reader) (err error) {
		p, err = r.Payment(ref)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return Payment{}, Refuse(CodeUnknown, "no payment has this reference")
	}
	return p, err
}
