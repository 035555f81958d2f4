package sandbox

import (
	"context"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// code makes a code and brings it to its status by the verbs that clients use.
func (l *loading) code(ctx context.Context, f CodeFixture) error {
	if f.PartnerReferenceNo == "" {
		return pay.RefuseField(pay.MissingField, "partnerReferenceNo", "a code is known by it")
	}
	partner, err := l.core.Partner(ctx, f.PartnerID)
	if err != nil {
		return err
	}
	original := pay.Original{PartnerRef: f.PartnerReferenceNo}
	t, err := l.core.Query(ctx, partner, original)
	missing := pay.KindOf(err) == pay.CodeUnknown
	if err != nil && !missing {
		return err
	}
	if missing {
		if err := l.generate(ctx, partner, f); err != nil {
			return err
		}
		if t, err = l.core.Query(ctx, partner, original); err != nil {
			return err
		}
	}
	made := MadeCode{PartnerReferenceNo: f.PartnerReferenceNo, ReferenceNo: t.Ref(), Status: t.Status, Made: missing}
	if t.Code != nil {
		made.QRContent = t.Code.Payload
	}
	l.made.Codes = append(l.made.Codes, made)
	return nil
}

func (l *loading) generate(ctx context.Context, partner *pay.Partner, f CodeFixture) error {
	move, ok := moves[f.Status]
	if !ok {
		return pay.RefuseField(pay.InvalidFormat, "status", "it is initiated, paid, refunded, cancelled or expired")
	}
	amount, err := rupiah("amount", f.Amount)
	if err != nil {
		return err
	}
	req := pay.GenerateRequest{
		Partner: partner, PartnerRef: f.PartnerReferenceNo, MerchantID: f.MerchantID, SubMerchant: f.SubMerchantID, StoreID: f.StoreID, TerminalID: f.TerminalID,
		Amount: amount, CallbackURL: f.NotifyURL, AnyAmount: true,
		Marks: []pay.Mark{{PartnerID: partner.ID, Scope: pay.ScopeCode, Kind: pay.ByReference, Key: f.PartnerReferenceNo}},
	}
	switch now := l.core.Now(); {
	case f.Status == pay.StatusExpired:
		req.ExpiresAt = now
	case f.ValidFor > 0:
		req.ExpiresAt = now.Add(time.Duration(f.ValidFor))
	}
	code, err := l.core.Generate(ctx, req)
	if err != nil {
		return err
	}
	return move(ctx, l.core, partner, code, f)
}

// move brings a new code on its way.
type move func(context.Context, *pay.Core, *pay.Partner, pay.Code, CodeFixture) error

var moves = map[pay.Status]move{
	"":                  stay,
	pay.StatusInitiated: stay,
	pay.StatusPaid:      payFixture,
	pay.StatusRefunded:  refundFixture,
	pay.StatusCancelled: cancelFixture,
	pay.StatusExpired:   expireFixture,
}

func stay(context.Context, *pay.Core, *pay.Partner, pay.Code, CodeFixture) error { return nil }

func payFixture(ctx context.Context, core *pay.Core, _ *pay.Partner, code pay.Code, f CodeFixture) error {
	amount, err := rupiah("paidAmount", f.PaidAmount)
	if err != nil {
		return err
	}
	if f.PayerID == "" {
		_, err = Pay(ctx, core, Target{ReferenceNo: code.Ref}, amount)
		return err
	}
	_, err = core.Pay(ctx, pay.PayRequest{PayerID: f.PayerID, Payload: code.Payload, Amount: amount, AnyAmount: true})
	return err
}

func refundFixture(ctx context.Context, core *pay.Core, partner *pay.Partner, code pay.Code, f CodeFixture) error {
	if err := payFixture(ctx, core, partner, code, f); err != nil {
		return err
	}
	_, err := core.Refund(ctx, pay.RefundRequest{
		Partner: partner, Original: pay.Original{Ref: code.Ref}, PartnerRef: "refund-" + f.PartnerReferenceNo, Reason: "fixture",
	})
	return err
}

func cancelFixture(ctx context.Context, core *pay.Core, partner *pay.Partner, code pay.Code, _ CodeFixture) error {
	_, err := core.Cancel(ctx, partner, pay.Original{Ref: code.Ref}, nil)
	return err
}

// expireFixture records what the clock has decided; other codes may be due too.
func expireFixture(ctx context.Context, core *pay.Core, _ *pay.Partner, _ pay.Code, _ CodeFixture) error {
	for {
		if n, err := core.Expire(ctx); n == 0 || err != nil {
			return err
		}
	}
}
