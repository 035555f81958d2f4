package pay_test

import (
	"errors"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// A code is paid to the merchant that it was made for, or not at all: its
// MPAN may have become another's.
func TestCodeOfAMovedMPAN(t *testing.T) {
	core, req := shop(t)
	ctx := t.Context()
	code, err := core.Generate(ctx, pay.GenerateRequest{Partner: req.Partner, MerchantID: "m", Amount: pay.Rp(1000)})
	must(t, err)
	must(t, core.AddPayer(ctx, pay.Payer{ID: "budi", Standing: pay.Active}, pay.Rp(5000)))
	old, err := core.Merchant(ctx, "p", "m")
	must(t, err)
	heir := *old
	old, heir.ID = new(*old), "heir"
	old.MPAN = "936009150000000026"
	must(t, errors.Join(core.PutMerchant(ctx, *old), core.PutMerchant(ctx, heir)))
	_, err = core.Pay(ctx, pay.PayRequest{PayerID: "budi", Payload: code.Payload})
	if pay.KindOf(err) != pay.CodeUnknown {
		t.Errorf("a payment of a code whose MPAN has moved: %v", err)
	}
	must(t, core.Inspect(ctx, func(r pay.Reader) error {
		payer, err := r.Payer("budi")
		if payer.Balance != pay.Rp(5000) {
			t.Errorf("the payer has %s left", payer.Balance)
		}
		return err
	}))
}

func TestRefundOfPartsOfARupiah(t *testing.T) {
	core, req := shop(t)
	ctx := t.Context()
	code, err := core.Generate(ctx, pay.GenerateRequest{Partner: req.Partner, MerchantID: "m"})
	must(t, err)
	must(t, core.AddPayer(ctx, pay.Payer{ID: "budi", Standing: pay.Active}, pay.Rp(5000)))
	_, err = core.Pay(ctx, pay.PayRequest{PayerID: "budi", Payload: code.Payload, Amount: 50})
	must(t, err)
	for _, amount := range []pay.Rupiah{20, 30} {
		_, err := core.Refund(ctx, pay.RefundRequest{Partner: req.Partner, Original: pay.Original{Ref: code.Ref}, Amount: amount})
		must(t, err)
	}
	books, err := core.CheckBooks(ctx)
	must(t, err)
	if !books.Balanced {
		t.Errorf("%+v", books)
	}
}
