package torture

import (
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

// The names of operations beyond those of package client.
const (
	opQuery  = "query"
	opCancel = "cancel"
	opRefund = "refund"
	opDecode = "decode"
	opPaid   = "paid" // query of a customer's payment
)

// issuer is the dialect through which customers pay, and outside the way of
// the payer who has no dialect.
const (
	issuer  = "paydia"
	outside = "outside"
)

type object = map[string]any

// acquirer is what this package knows of a dialect that makes codes: what its
// document says a request holds. Nil functions are operations that it lacks.
type acquirer struct {
	provider client.Provider
	more     map[string]client.Operation // beyond the provider's

	// life is how long a code of whatever kind lives, and brief how long the
	// shortest that is allowed, for codes that are to expire; 0: none.
	life, brief time.Duration

	generate func(at credentials) object // without reference, amount and end
	query    func(o original, at credentials) object
	cancel   func(o original, at credentials) object
	refund   func(o original, at credentials) object // without partnerRefundNo and amount
	static   bool                                    // makes codes without an amount too
	silent   bool                                    // refunds do not change its status
	byRef    bool                                    // queries name the server's reference
}

// original is what a client knows of a code.
type original struct{ ref, mine string }

func (o original) body() object {
	b := object{"originalPartnerReferenceNo": o.mine}
	if o.ref != "" {
		b["originalReferenceNo"] = o.ref
	}
	return b
}

func (o original) with(more object) object {
	b := o.body()
	for name, v := range more {
		b[name] = v
	}
	return b
}

// asked is the standard's body of a query, and undone that of a cancellation
// and of a refund.
func asked(o original, at credentials) object {
	return o.with(object{"serviceCode": string(snap.ServiceGenerate), "merchantId": at.MerchantID})
}

func undone(o original, at credentials) object {
	return o.with(object{"merchantId": at.MerchantID, "reason": "torture"})
}

const longLife = 2 * time.Hour

// symmetric and asymmetric are operations at a path.
func symmetric(path string) client.Operation {
	return client.Operation{Path: path, Scheme: snap.Symmetric}
}
func asymmetric(path string) client.Operation {
	return client.Operation{Path: path, Scheme: snap.Asymmetric}
}
func customers(path string) client.Operation {
	return client.Operation{Path: path, Scheme: snap.Symmetric, Customer: true}
}

// acquirers are those that take part, by dialect. They repeat requests by
// different rules: midtrans replays X-EXTERNAL-ID, dana partnerReferenceNo,
// qoin refuses a repeated reference, paydia both.
var acquirers = map[string]acquirer{
	"midtrans": {
		provider: client.Midtrans(),
		more: map[string]client.Operation{
			opQuery: symmetric("/v1.0/qr/qr-mpm-query"), opCancel: symmetric("/v1.0/qr/qr-mpm-cancel"), opRefund: symmetric("/v1.0/qr/qr-mpm-refund"),
		},
		life: longLife, brief: 22 * time.Second, static: true,
		generate: func(at credentials) object {
			return object{"merchantId": at.MerchantID, "terminalId": at.TerminalID}
		},
		query:  asked,
		cancel: undone,
		refund: undone,
	},
	"dana": {
		provider: client.DANA(),
		more: map[string]client.Operation{
			opQuery: asymmetric("/v1.0/debit/status.htm"), opCancel: asymmetric("/v1.0/debit/cancel.htm"), opRefund: asymmetric("/v1.0/debit/refund.htm"),
		},
		life: 20 * time.Minute, brief: 4 * time.Second, silent: true,
		generate: func(at credentials) object {
			return object{
				"merchantId": at.MerchantID, "storeId": at.StoreID,
				"additionalInfo": object{"envInfo": object{"sourcePlatform": "IPG", "orderTerminalType": "WEB", "terminalType": "SYSTEM"}},
			}
		},
		query:  asked,
		cancel: undone,
		refund: undone,
	},
	"qoin": {
		provider: client.Qoin(),
		more:     map[string]client.Operation{opQuery: symmetric("/ordersnap/api/v1.0/qr/qr-mpm-query")},
		life:     longLife, brief: 3 * time.Second, byRef: true,
		generate: func(credentials) object {
			return object{"additionalInfo": object{
				"acquirer":        3,
				"items":           []object{{"id": "kopi-1", "name": "Kopi", "quantity": "1", "price": snap.IDR(10_000_00)}},
				"customerDetails": object{"email": "siti@example.com", "firstName": "Siti", "lastName": "Contoh", "phone": "081200000000"},
			}}
		},
		query: func(o original, _ credentials) object {
			return object{"originalReferenceNo": o.ref, "serviceCode": "47"}
		},
	},
	issuer: {
		provider: client.Paydia(),
		more: map[string]client.Operation{
			client.OpGenerate: symmetric("/snap/v1.0/qr/qr-mpm-generate"), opQuery: symmetric("/snap/v1.0/qr/qr-mpm-status"),
			opRefund: symmetric("/snap/v1.0/qr/qr-mpm-refund"),
			opDecode: customers("/snap/v1.0/qr/qr-mpm-decode"), opPaid: customers("/snap/v1.0/qr/qr-mpm-query"),
		},
		life: longLife, brief: 3 * time.Second,
		generate: func(at credentials) object { return object{"merchantid": at.MerchantID} },
		query:    asked,
		refund:   func(o original, at credentials) object { return o.with(object{"merchantid": at.MerchantID}) },
	},
}

// state is how a transaction stands.
type state string

const (
	missing   state = "missing"
	initiated state = "initiated"
	paid      state = "paid"
	returned  state = "refunded" // wholly
	cancelled state = "cancelled"
	expired   state = "expired"
)

// states are the words of all dialects: latestTransactionStatus with
// transactionStatusDesc.
var states = map[string]state{
	"01 Initiated": initiated, "01 INIT": initiated, "03 Pending": initiated,
	"00 Success": paid, "00 SUCCESS": paid,
	"04 Refunded": returned,
	"05 Canceled": cancelled, "05 CANCELLED": cancelled,
	"05 CLOSED": expired, "06 Expired": expired, "08 Expired": expired, "08 Expiry": expired,
}

// standing is what the answer to a query says, in any of the dialects.
type standing struct {
	OriginalReferenceNo        string
	OriginalPartnerReferenceNo string
	LatestTransactionStatus    string
	TransactionStatusDesc      string
	Amount                     snap.Amount
	AdditionalInfo             struct {
		RefundHistory []struct {
			PartnerRefundNo string
			RefundAmount    snap.Amount
		}
		AmountDetail *struct{ RefundAmount snap.Amount }
	}
}

func (s standing) state() state {
	word := s.LatestTransactionStatus + " " + s.TransactionStatusDesc
	if known, ok := states[word]; ok {
		return known
	}
	return state("unheard-of status " + word)
}

// sen reads an amount of an answer; none is 0 and nonsense is -1, which no
// operation asked for.
func sen(a snap.Amount) int64 {
	if a.Value == "" {
		return 0
	}
	n, err := a.Sen()
	if err != nil {
		return -1
	}
	return n
}

func rupiah(sen int64) string { return snap.FormatAmount(sen) }
