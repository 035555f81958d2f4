package console_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// filling makes codes in bulk, with all that would have become of them: of ten
// codes three are paid and told, one of those in fifty is refunded, five have
// expired, one is cancelled and one is open. Rows go to the store as the verbs
// would write them, but a thousand codes to a transaction.
type filling struct {
	store pay.Storage
	to    time.Time // when the newest was made
}

const (
	fillBatch = 1000
	fillEvery = 300 * time.Millisecond // between two codes
)

// fill makes a number of codes of some partners' merchants; each partner has
// them at "M".
func fill(t testing.TB, store pay.Storage, partners []string, codes int, to time.Time) {
	t.Helper()
	f := &filling{store: store, to: to}
	for first := 0; first < codes; first += fillBatch {
		err := store.Update(context.Background(), func(tx pay.Tx) error {
			for i := first; i < min(first+fillBatch, codes); i++ {
				if err := f.code(tx, partners[i%len(partners)], i, f.to.Add(time.Duration(i-codes)*fillEvery)); err != nil {
					return fmt.Errorf("code %d: %w", i, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// refAt is a reference as the core draws one, but for its random digits.
func refAt(at time.Time, n int) string {
	local := at.In(pay.Jakarta)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, pay.Jakarta)
	return fmt.Sprintf("%s%08d%08d", local.Format("060102"), local.Sub(midnight).Milliseconds(), n)
}

// idAt is a UUIDv7 of a moment.
func idAt(at time.Time, n int) string {
	id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, n))
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	return id.String()
}

func (f *filling) code(tx pay.Tx, partner string, n int, at time.Time) error {
	at = at.Truncate(time.Microsecond)
	c := pay.Code{
		ID: idAt(at, n), Ref: refAt(at, n), PartnerID: partner, PartnerRef: fmt.Sprintf("INV-%09d", n), MerchantID: "M", MerchantName: "Toko " + partner,
		Amount: pay.Rp(int64(1000 * (1 + n%500))), State: pay.CodeIsExpired, CreatedAt: at, ExpiresAt: at.Add(15 * time.Minute), ClosedAt: at.Add(15 * time.Minute),
		Payload: "00020101021226620015ID.CO.QRISD.WWW0118936009990000000001021000007100010926030" + fmt.Sprint(n),
	}
	switch n % 10 {
	case 0, 1, 2:
		c.State, c.ClosedAt = pay.CodeIsPaid, at.Add(time.Minute)
	case 3:
		c.State, c.ClosedAt = pay.CodeIsVoid, at.Add(time.Minute)
	case 4:
		c.State, c.ClosedAt, c.ExpiresAt = pay.CodeActive, time.Time{}, f.to.AddDate(1, 0, 0)
	}
	if err := tx.InsertCode(c, pay.Day(at)); err != nil {
		return err
	}
	if c.State != pay.CodeIsPaid {
		return nil
	}
	return f.payment(tx, c, n)
}

func (f *filling) payment(tx pay.Tx, c pay.Code, n int) error {
	at, mdr := c.ClosedAt, c.Amount*7/1000
	p := pay.Payment{
		ID: idAt(at, n+1<<30), Ref: refAt(at, n), PayerID: "budi", CodeRef: c.Ref, AcquirerID: c.PartnerID, MerchantID: c.MerchantID, NNS: "93600999",
		Payload: c.Payload, Amount: c.Amount, MDR: mdr, RRN: fmt.Sprintf("%012d", n), State: pay.PaymentPaid, At: at,
	}
	moved := ledger.Transfer{ID: idAt(at, n), Kind: ledger.OnUs, Ref: p.Ref, At: at}
	moved.Move(ledger.Wallet(p.PayerID), ledger.Payable(c.PartnerID, c.MerchantID), int64(p.Amount-mdr))
	moved.Move(ledger.Wallet(p.PayerID), ledger.FeeRevenue, int64(mdr))
	d := pay.Delivery{
		ID: moved.ID, PartnerID: c.PartnerID, MerchantID: c.MerchantID, CodeRef: c.Ref, PaymentRef: p.Ref, State: pay.DeliveryDone, Attempts: 1,
		NextAt: at, Body: `{"originalReferenceNo":"` + c.Ref + `","latestTransactionStatus":"00"}`, CreatedAt: at, DoneAt: at.Add(time.Second),
	}
	if n%100 == 0 {
		d.State = pay.DeliveryFailed
	}
	day := pay.Day(at)
	for _, write := range []error{
		tx.Debit(p.PayerID, p.Amount), tx.InsertPayment(p, day), tx.InsertTransfer(moved, day), tx.InsertDelivery(d),
		tx.InsertAttempt(pay.Attempt{DeliveryID: d.ID, Number: 1, URL: "https://shop.example/notify", At: at, Millis: 12, Status: 200}),
	} {
		if write != nil {
			return write
		}
	}
	if n%50 != 0 {
		return nil
	}
	return f.refund(tx, p, n)
}

func (f *filling) refund(tx pay.Tx, p pay.Payment, n int) error {
	at := p.At.Add(time.Hour)
	r := pay.Refund{
		ID: idAt(at, n+2<<30), Ref: refAt(at, n), PartnerID: p.AcquirerID, PaymentRef: p.Ref, CodeRef: p.CodeRef,
		AcquirerID: p.AcquirerID, MerchantID: p.MerchantID, Amount: p.Amount, MDR: p.MDR, Reason: "returned", At: at,
	}
	back := ledger.Transfer{ID: idAt(at, n+3<<30), Kind: ledger.Refund, Ref: r.Ref, At: at}
	back.Move(ledger.Payable(p.AcquirerID, p.MerchantID), ledger.Wallet(p.PayerID), int64(r.Amount-r.MDR))
	back.Move(ledger.FeeRevenue, ledger.Wallet(p.PayerID), int64(r.MDR))
	for _, write := range []error{
		tx.AddRefunded(p.Ref, 0, p.Amount), tx.InsertRefund(r, pay.Day(at)), tx.Credit(p.PayerID, p.Amount), tx.InsertTransfer(back, pay.Day(at)),
	} {
		if write != nil {
			return write
		}
	}
	return nil
}
