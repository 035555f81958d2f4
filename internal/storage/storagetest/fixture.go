package storagetest

import (
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

const day = "2026-01-02"

// noon is the moment at which the suite happens.
var noon = time.Date(2026, 1, 2, 5, 0, 0, 123_456_000, time.UTC)

func somePartner(id string) pay.Partner {
	return pay.Partner{ID: id, Name: "Toko", Dialect: "dana", ClientKey: "key of " + id, Standing: pay.Active, CreatedAt: noon}
}

func someMerchant(partnerID, id string) pay.Merchant {
	return pay.Merchant{PartnerID: partnerID, ID: id, Name: "Warung", Standing: pay.Active, CreatedAt: noon}
}

func somePayer(id string) pay.Payer {
	return pay.Payer{ID: id, Name: "Budi", Standing: pay.Active, CreatedAt: noon}
}

func someCode(ref string) pay.Code {
	return pay.Code{
		ID: "id of " + ref, Ref: ref, PartnerID: "p", PartnerRef: "partner's " + ref, MerchantID: "m",
		Amount: pay.Rp(10), Payload: "0002", State: pay.CodeActive, CreatedAt: noon,
	}
}

func somePayment(ref string) pay.Payment {
	return pay.Payment{
		ID: "id of " + ref, Ref: ref, PartnerID: "i", PartnerRef: "partner's " + ref, PayerID: "budi",
		AcquirerID: "p", MerchantID: "m", Amount: pay.Rp(10), State: pay.PaymentPaid, At: noon,
	}
}

func someRefund(ref, paymentRef string) pay.Refund {
	return pay.Refund{
		ID: "id of " + ref, Ref: ref, PartnerID: "p", PaymentRef: paymentRef,
		AcquirerID: "p", MerchantID: "m", Amount: 1, At: noon,
	}
}

// someDelivery is pending and due from noon on. Ids sort by age.
func someDelivery(id, codeRef string) pay.Delivery {
	return pay.Delivery{
		ID: id, PartnerID: "p", MerchantID: "m", CodeRef: codeRef, PaymentRef: "payment of " + codeRef,
		State: pay.DeliveryPending, NextAt: noon, CreatedAt: noon,
	}
}

func someSettlement(merchantID string) pay.Settlement {
	return pay.Settlement{ID: "id of " + merchantID, PartnerID: "p", MerchantID: merchantID, Day: day, Gross: 3, Count: 1, At: noon}
}

func someMark(key string) pay.Mark {
	return pay.Mark{PartnerID: "p", Scope: "generate", Kind: pay.ByReference, Key: key, Body: [32]byte{1}, Ref: "r"}
}

func someToken(first byte) pay.Token {
	return pay.Token{Hash: [32]byte{first}, Kind: pay.TokenAuthCode, PartnerID: "p", IssuedAt: noon, ExpiresAt: noon.Add(time.Hour)}
}

// moved is a transfer of sen from one account to another.
func moved(id string, from, to ledger.Account, sen int64) ledger.Transfer {
	t := ledger.Transfer{ID: id, Kind: ledger.OnUs, Ref: "ref of " + id, At: noon}
	t.Move(from, to, sen)
	return t
}

// The writes of the fixtures, each as one step of a transaction.

func putPartner(p pay.Partner) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.PutPartner(p) }
}

func putMerchant(m pay.Merchant) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.PutMerchant(m) }
}

func insertPayer(p pay.Payer) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertPayer(p) }
}

func insertCode(c pay.Code) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertCode(c, day) }
}

func insertPayment(p pay.Payment) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertPayment(p, day) }
}

func insertRefund(r pay.Refund) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertRefund(r, day) }
}

func insertDelivery(d pay.Delivery) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertDelivery(d) }
}

func insertAttempt(a pay.Attempt) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertAttempt(a) }
}

func insertSettlement(s pay.Settlement) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertSettlement(s) }
}

func insertTransfer(t ledger.Transfer) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertTransfer(t, day) }
}

func insertToken(token pay.Token) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertToken(token) }
}

func insertMark(m pay.Mark) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.InsertMark(m) }
}

// fund puts money into a payer's wallet, with its posting.
func fund(payerID, transferID string, amount pay.Rupiah) func(pay.Tx) error {
	return func(tx pay.Tx) error {
		if err := tx.Credit(payerID, amount); err != nil {
			return err
		}
		return tx.InsertTransfer(moved(transferID, ledger.External, ledger.Wallet(payerID), int64(amount)), day)
	}
}
