package sandbox

import (
	"context"
	"errors"

	"github.com/qrisd/qrisd/internal/pay"
)

// Target names a code in any of the ways a tester knows it.
type Target struct {
	ReferenceNo        string `json:"referenceNo"`
	PartnerReferenceNo string `json:"partnerReferenceNo"`
	QRContent          string `json:"qrContent"`
}

// Payload finds the QR text of a target. A value given as one kind of
// reference is also looked up as the other.
func Payload(ctx context.Context, core *pay.Core, t Target) (pay.Code, error) {
	for _, ref := range []string{t.ReferenceNo, t.PartnerReferenceNo} {
		if ref == "" {
			continue
		}
		code, err := findCode(ctx, core, ref)
		if !errors.Is(err, pay.ErrNotFound) {
			return code, err
		}
	}
	if t.QRContent != "" {
		return pay.Code{Payload: t.QRContent}, nil
	}
	return pay.Code{}, pay.Refuse(pay.CodeUnknown, "no code has this referenceNo or partnerReferenceNo")
}

func findCode(ctx context.Context, core *pay.Core, ref string) (pay.Code, error) {
	var code pay.Code
	err := core.Inspect(ctx, func(r pay.Reader) (err error) {
		if code, err = r.Code(ref); !errors.Is(err, pay.ErrNotFound) {
			return err
		}
		partners, err := r.Partners()
		if err != nil {
			return err
		}
		for _, p := range partners {
			m, err := r.Mark(p.ID, pay.ScopeCode, pay.ByReference, ref, "")
			if err == nil {
				code, err = r.Code(m.Ref)
			}
			if !errors.Is(err, pay.ErrNotFound) {
				return err
			}
		}
		return pay.ErrNotFound
	})
	return code, err
}

// Pay is an outside payer who pays a code. A zero amount pays what a dynamic
// code asks for.
func Pay(ctx context.Context, core *pay.Core, t Target, amount pay.Rupiah) (pay.Payment, error) {
	code, err := Payload(ctx, core, t)
	if err != nil {
		return pay.Payment{}, err
	}
	if err := refill(ctx, core, max(amount, code.Amount, core.Policy().MaxAmount)); err != nil {
		return pay.Payment{}, err
	}
	return core.Pay(ctx, pay.PayRequest{PayerID: OutsidePayer, Payload: code.Payload, Amount: amount, AnyAmount: code.Amount > 0})
}

// refill keeps the outside payer's wallet ahead of what it is asked to pay.
func refill(ctx context.Context, core *pay.Core, need pay.Rupiah) error {
	var payer pay.Payer
	err := core.Inspect(ctx, func(r pay.Reader) (err error) {
		payer, err = r.Payer(OutsidePayer)
		return err
	})
	if err != nil || payer.Balance >= need {
		return err
	}
	return core.Fund(ctx, OutsidePayer, 10*need)
}
