package storagetest

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

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
		Former: drawFormer(t), Access: drawAccess(t),
	}
}

func drawFormer(t *rapid.T) pay.Former {
	until := rapid.Map(rapid.Int64Range(1, 25e16), func(us int64) time.Time { return time.UnixMicro(us).UTC() })
	return pay.Former{
		Secret: texts.Draw(t, "former secret"), SecretUntil: until.Draw(t, "SecretUntil"),
		PublicKey: texts.Draw(t, "former key"), KeyUntil: until.Draw(t, "KeyUntil"),
	}
}

func drawAccess(t *rapid.T) pay.AccessRules {
	a := pay.AccessRules{Subject: texts.Draw(t, "Subject")}
	for range rapid.IntRange(0, 3).Draw(t, "networks") {
		four := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")
		addr, _ := netip.AddrFromSlice(four)
		a.Networks = append(a.Networks, netip.PrefixFrom(addr, rapid.IntRange(0, 32).Draw(t, "bits")))
	}
	for range rapid.IntRange(0, 2).Draw(t, "certificates") {
		a.Certificates = append(a.Certificates, texts.Draw(t, "certificate"))
	}
	return a
}

func drawSettings(t *rapid.T) pay.PartnerSettings {
	s := pay.PartnerSettings{
		URLOnly: rapid.Bool().Draw(t, "URLOnly"), StrictHeaders: rapid.Bool().Draw(t, "StrictHeaders"),
		TokenLife:    time.Duration(rapid.Int64().Draw(t, "TokenLife")),
		CustomerLife: time.Duration(rapid.Int64().Draw(t, "CustomerLife")),
		Refunds: pay.RefundPolicy{
			Window: time.Duration(rapid.Int64().Draw(t, "Window")), FullOnly: rapid.Bool().Draw(t, "FullOnly"),
		},
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
		NotifyURL: texts.Draw(t, "NotifyURL"),
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
		DayLimit: amounts.Draw(t, "DayLimit"), MonthLimit: amounts.Draw(t, "MonthLimit"),
		CreatedAt: moments.Draw(t, "CreatedAt"),
	}
}

func drawCode(t *rapid.T, key string) pay.Code {
	c := pay.Code{
		ID: texts.Draw(t, "ID"), Ref: key, PartnerID: texts.Draw(t, "PartnerID"), PartnerRef: key + texts.Draw(t, "PartnerRef"),
		MerchantID: texts.Draw(t, "MerchantID"), MerchantName: texts.Draw(t, "MerchantName"),
		SubMerchant: texts.Draw(t, "SubMerchant"), StoreID: texts.Draw(t, "StoreID"), TerminalID: texts.Draw(t, "TerminalID"),
		Amount: amounts.Draw(t, "Amount"), Fee: amounts.Draw(t, "Fee"), Payload: texts.Draw(t, "Payload"),
		State:     rapid.SampledFrom([]pay.CodeState{pay.CodeActive, pay.CodeIsPaid, pay.CodeIsExpired, pay.CodeIsVoid}).Draw(t, "State"),
		CreatedAt: moments.Draw(t, "CreatedAt"), ExpiresAt: moments.Draw(t, "ExpiresAt"),
		CallbackURL: texts.Draw(t, "CallbackURL"), Echo: texts.Draw(t, "Echo"),
	}
	if c.State != pay.CodeActive {
		c.ClosedAt = someMoments.Draw(t, "ClosedAt")
	}
	return c
}

func drawPayment(t *rapid.T, key string) pay.Payment {
	p := pay.Payment{
		ID: texts.Draw(t, "ID"), Ref: key, PartnerID: texts.Draw(t, "PartnerID"), PartnerRef: key + texts.Draw(t, "PartnerRef"),
		PayerID: texts.Draw(t, "PayerID"), CodeRef: texts.Draw(t, "CodeRef"), AcquirerID: texts.Draw(t, "AcquirerID"),
		MerchantID: texts.Draw(t, "MerchantID"), NNS: texts.Draw(t, "NNS"), Payload: texts.Draw(t, "Payload"),
		Amount: amounts.Draw(t, "Amount"), Fee: amounts.Draw(t, "Fee"), MDR: amounts.Draw(t, "MDR"),
		RRN: texts.Draw(t, "RRN"), State: pay.PaymentState(texts.Draw(t, "State")), At: moments.Draw(t, "At"),
	}
	p.Refunded = pay.Rupiah(rapid.Int64Range(0, int64(p.Amount)).Draw(t, "Refunded"))
	return p
}

func drawRefund(t *rapid.T, key string) pay.Refund {
	return pay.Refund{
		ID: texts.Draw(t, "ID"), Ref: key, PartnerID: texts.Draw(t, "PartnerID"), PartnerRef: texts.Draw(t, "PartnerRef"),
		PaymentRef: key + texts.Draw(t, "PaymentRef"), CodeRef: texts.Draw(t, "CodeRef"),
		AcquirerID: texts.Draw(t, "AcquirerID"), MerchantID: texts.Draw(t, "MerchantID"),
		Amount: pay.Rupiah(rapid.Int64Min(1).Draw(t, "Amount")), MDR: amounts.Draw(t, "MDR"),
		Reason: texts.Draw(t, "Reason"), At: moments.Draw(t, "At"),
	}
}

func drawDelivery(t *rapid.T, key string) pay.Delivery {
	d := pay.Delivery{
		ID: key, PartnerID: texts.Draw(t, "PartnerID"), MerchantID: texts.Draw(t, "MerchantID"),
		CodeRef: texts.Draw(t, "CodeRef"), PaymentRef: texts.Draw(t, "PaymentRef"),
		State:    rapid.SampledFrom([]pay.DeliveryState{pay.DeliveryPending, pay.DeliveryDone, pay.DeliveryFailed}).Draw(t, "State"),
		Attempts: rapid.IntRange(0, 1e9).Draw(t, "Attempts"), NextAt: moments.Draw(t, "NextAt"),
		Body: texts.Draw(t, "Body"), CreatedAt: moments.Draw(t, "CreatedAt"),
	}
	if d.State != pay.DeliveryPending {
		d.DoneAt = someMoments.Draw(t, "DoneAt")
	}
	return d
}

func drawAttempt(t *rapid.T, key string) pay.Attempt {
	return pay.Attempt{
		DeliveryID: key, Number: rapid.IntRange(1, 1e9).Draw(t, "Number"), URL: texts.Draw(t, "URL"),
		At: moments.Draw(t, "At"), Millis: rapid.Int64().Draw(t, "Millis"), Status: rapid.IntRange(0, 999).Draw(t, "Status"),
		Answer: texts.Draw(t, "Answer"),
	}
}

func drawSettlement(t *rapid.T, key string) pay.Settlement {
	return pay.Settlement{
		ID: texts.Draw(t, "ID"), PartnerID: texts.Draw(t, "PartnerID"), MerchantID: texts.Draw(t, "MerchantID"), Day: key,
		Gross: amounts.Draw(t, "Gross"), MDR: amounts.Draw(t, "MDR"), Refunds: amounts.Draw(t, "Refunds"),
		MDRBack: amounts.Draw(t, "MDRBack"), Count: rapid.Int64Min(1).Draw(t, "Count"), At: moments.Draw(t, "At"),
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
		IssuedAt: moments.Draw(t, "IssuedAt"), ExpiresAt: moments.Draw(t, "ExpiresAt"), UsedAt: moments.Draw(t, "UsedAt"), RevokedAt: moments.Draw(t, "RevokedAt"),
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
