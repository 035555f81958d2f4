package aspi

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Notice is qr-mpm-notify (52) at a path of the merchant's server, signed with
// the provider's RSA key; words are the dialect's statuses.
func Notice(path string, words map[pay.Status]dialect.Word) *dialect.Notice {
	return &dialect.Notice{
		Service: snap.ServiceNotify, Path: path,
		Body: func(t pay.Transaction) map[string]any { return Told(t, words) },
		Acks: []string{snap.CaseSuccessful.Code(snap.ServiceNotify)},
	}
}

// Told is the standard's notification of a payment. A static code is paid many
// times under one reference, so additionalInfo names the payment itself.
func Told(t pay.Transaction, words map[pay.Status]dialect.Word) map[string]any {
	word := words[t.Status]
	body := map[string]any{
		"originalReferenceNo": t.Ref(), "originalPartnerReferenceNo": t.PartnerRef(),
		"latestTransactionStatus": word.Code, "transactionStatusDesc": word.Text,
		"amount": snap.IDR(int64(t.Amount())),
	}
	if t.Code != nil && t.Code.StoreID != "" {
		body["externalStoreId"] = t.Code.StoreID
	}
	if t.Payment != nil {
		body["additionalInfo"] = map[string]any{
			"paidTime": PaidTime(t), "paymentReferenceNo": t.Payment.Ref, "retrievalReferenceNo": t.Payment.RRN,
		}
	}
	return body
}
