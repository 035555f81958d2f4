package storagetest

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

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

// What rapid draws.

var (
	texts = rapid.Custom(func(t *rapid.T) string {
		s := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r != 0 })).Draw(t, "text")
		return strings.ToValidUTF8(s, "?")
	})
	moments = rapid.OneOf(rapid.Just(time.Time{}), someMoments)
	// From the year 69 to 9892; the epoch itself stands for no time.
	someMoments = rapid.Map(
		rapid.Int64Range(-6e16, 25e16).Filter(func(us int64) bool { return us != 0 }),
		func(us int64) time.Time { return time.UnixMicro(us).UTC() })
	amounts   = rapid.Map(rapid.Int64Min(0), func(sen int64) pay.Rupiah { return pay.Rupiah(sen) })
	standings = rapid.SampledFrom([]pay.Standing{pay.Active, pay.Inactive, pay.Suspended, pay.Blacklisted, pay.Dormant, pay.Blocked})
	sums      = rapid.Custom(func(t *rapid.T) (sum [32]byte) {
		copy(sum[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "sum"))
		return sum
	})
)

func drawPartner(t *rapid.T, key string) pay.Partner {
	return pay.Partner{
		ID: key, Name: texts.Draw(t, "Name"), Dialect: texts.Draw(t, "Dialect"), ClientKey: key + texts.Draw(t, "ClientKey"),
		ClientSecret: texts.Draw(t, "ClientSecret"), PublicKey: texts.Draw(t, "PublicKey"),
		ChannelID: texts.Draw(t, "ChannelID"), NotifyURL: texts.Draw(t, "NotifyURL"),
		Standing: standings.Draw(t, "Standing"), Settings: drawSettings(t), CreatedAt: moments.Draw(t, "CreatedAt"),
	}
}

func drawSettings(t *rapid.T) pay.PartnerSettings {
	s := pay.PartnerSettings{
		URLOnly: rapid.Bool().Draw(t, "URLOnly"), StrictHeaders: rapid.Bool().Draw(t, "StrictHeaders"),
		TokenLife:     time.Duration(rapid.Int64().Draw(t, "TokenLife")),
		CustomerLife:  time.Duration(rapid.Int64().Draw(t, "CustomerLife")),
		RatePerSecond: rapid.Float64Range(0, 1e9).Draw(t, "RatePerSecond"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "Denied") {
		s.Denied = append(s.Denied, texts.Draw(t, "operation"))
	}
	return s
}

func drawMerchant(t *rapid.T, key string) pay.Merchant {
	return pay.Merchant{
		PartnerID: "p", ID: key, Name: texts.Draw(t, "Name"), City: texts.Draw(t, "City"),
		PostalCode: texts.Draw(t, "PostalCode"), MCC: texts.Draw(t, "MCC"), Criteria: texts.Draw(t, "Criteria"),
		Category: texts.Draw(t, "Category"), NMID: texts.Draw(t, "NMID"), MPAN: key + texts.Draw(t, "MPAN"),
		Standing: standings.Draw(t, "Standing"), DayLimit: amounts.Draw(t, "DayLimit"),
		MaxAmount: amounts.Draw(t, "MaxAmount"), DynamicOnly: rapid.Bool().Draw(t, "DynamicOnly"),
		CreatedAt: moments.Draw(t, "CreatedAt"),
	}
}

func drawOutlet(t *rapid.T, key string) pay.Outlet {
	kinds := rapid.SampledFrom([]pay.OutletKind{pay.Store, pay.Terminal, pay.SubMerchant})
	return pay.Outlet{
		PartnerID: "p", MerchantID: "m", Kind: kinds.Draw(t, "Kind"), ID: key + texts.Draw(t, "ID"),
		Standing: standings.Draw(t, "Standing"),
	}
}

func drawPayer(t *rapid.T, key string) pay.Payer {
	return pay.Payer{
		ID: key, Name: texts.Draw(t, "Name"), Standing: standings.Draw(t, "Standing"),
		DayLimit: amounts.Draw(t, "DayLimit"), CreatedAt: moments.Draw(t, "CreatedAt"),
	}
}

func drawCode(t *rapid.T, key string) pay.Code {
	c := pay.Code{
		ID: texts.Draw(t, "ID"), Ref: key, PartnerID: texts.Draw(t, "PartnerID"), PartnerRef: key + texts.Draw(t, "PartnerRef"),
		MerchantID: texts.Draw(t, "MerchantID"), MerchantName: texts.Draw(t, "MerchantName"),
		SubMerchant: texts.Draw(t, "SubMerchant"), StoreID: texts.Draw(t, "StoreID"), TerminalID: texts.Draw(t, "TerminalID"),
		Amount: amounts.Draw(t, "Amount"), Fee: amounts.Draw(t, "Fee"), Payload: texts.Draw(t, "Payload"),
		State:     rapid.SampledFrom([]pay.CodeState{pay.CodeActive, pay.CodeIsPaid, pay.CodeIsExpired, pay.CodeIsVoid}).Draw(t, "State"),
		CreatedAt: moments.Draw(t, "CreatedAt"), ExpiresAt: moments.Draw(t, "ExpiresAt"), Echo: texts.Draw(t, "Echo"),
	}
	if c.State != pay.CodeActive {
		c.ClosedAt = someMoments.Filter(func(t time.Time) bool { return !t.IsZero() }).Draw(t, "ClosedAt")
	}
	return c
}

func drawPayment(t *rapid.T, key string) pay.Payment {
	return pay.Payment{
		ID: texts.Draw(t, "ID"), Ref: key, PartnerID: texts.Draw(t, "PartnerID"), PartnerRef: key + texts.Draw(t, "PartnerRef"),
		PayerID: texts.Draw(t, "PayerID"), CodeRef: texts.Draw(t, "CodeRef"), AcquirerID: texts.Draw(t, "AcquirerID"),
		MerchantID: texts.Draw(t, "MerchantID"), NNS: texts.Draw(t, "NNS"), Payload: texts.Draw(t, "Payload"),
		Amount: amounts.Draw(t, "Amount"), Fee: amounts.Draw(t, "Fee"), MDR: amounts.Draw(t, "MDR"),
		RRN: texts.Draw(t, "RRN"), State: pay.PaymentState(texts.Draw(t, "State")), At: moments.Draw(t, "At"),
	}
}

func drawTransfer(t *rapid.T, key string) ledger.Transfer {
	transfer := ledger.Transfer{
		ID: key, Kind: ledger.Kind(texts.Draw(t, "Kind")), Ref: texts.Draw(t, "Ref"), At: moments.Draw(t, "At"),
	}
	var sum int64
	for i := range rapid.IntRange(1, 4).Draw(t, "legs") {
		sen := rapid.Int64Range(1, 1e15).Draw(t, "amount")
		account := ledger.Account(fmt.Sprintf("%s/%d", texts.Draw(t, "account"), i))
		transfer.Postings = append(transfer.Postings, ledger.Posting{Account: account, Amount: -sen})
		sum += sen
	}
	transfer.Postings = append(transfer.Postings, ledger.Posting{Account: "all of it", Amount: sum})
	return transfer
}

func drawToken(t *rapid.T, key string) pay.Token {
	kinds := rapid.SampledFrom([]pay.TokenKind{pay.TokenB2B, pay.TokenCustomer, pay.TokenRefresh, pay.TokenAuthCode})
	token := pay.Token{
		Hash: sums.Draw(t, "Hash"), Kind: kinds.Draw(t, "Kind"), PartnerID: texts.Draw(t, "PartnerID"), PayerID: texts.Draw(t, "PayerID"),
		IssuedAt: moments.Draw(t, "IssuedAt"), ExpiresAt: moments.Draw(t, "ExpiresAt"), UsedAt: moments.Draw(t, "UsedAt"),
	}
	copy(token.Hash[:], key)
	return token
}

func drawMark(t *rapid.T, key string) pay.Mark {
	return pay.Mark{
		PartnerID: texts.Draw(t, "PartnerID"), Scope: texts.Draw(t, "Scope"),
		Kind: rapid.SampledFrom([]pay.MarkKind{pay.ByExternalID, pay.ByReference}).Draw(t, "Kind"),
		Key:  key + texts.Draw(t, "Key"), Day: texts.Draw(t, "Day"), Body: sums.Draw(t, "Body"), Ref: texts.Draw(t, "Ref"),
	}
}
