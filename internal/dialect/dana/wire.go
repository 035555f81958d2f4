package dana

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// knownSubMerchant: an externalDivisionId "must be registered in the DANA
// system before use".
func knownSubMerchant(_ *dialect.Call, req *pay.GenerateRequest) error {
	req.KnownSubMerchant = true
	return nil
}

// ordering fills in what an order names otherwise than a code.
func ordering(c *dialect.Call, req *pay.GenerateRequest) error {
	for i, option := range c.Body.Get("payOptionDetails").Items() {
		if !offered(option) {
			return pay.RefuseField(pay.NotPermitted, fmt.Sprintf("payOptionDetails[%d]", i),
				"only "+networkPay+" with "+qrisOption+", and "+balance+" on the page, are offered here")
		}
	}
	req.KnownSubMerchant = true
	req.StoreID = c.Text("externalStoreId")
	req.Echo = c.Text(orderPath + ".orderTitle")
	var err error
	req.CallbackURL, err = callback(c)
	return err
}

// offered: DANA's balance is a payer's wallet, which pays the order on the
// page. Other wallets, cards and virtual accounts are not QRIS.
func offered(option field.Value) bool {
	return isQRIS(option) || option.Get("payMethod").Text() == balance
}

func isQRIS(option field.Value) bool {
	return option.Get("payMethod").Text() == networkPay && option.Get("payOption").Text() == qrisOption
}

// callback is the first address that asks for notifications.
func callback(c *dialect.Call) (string, error) {
	for i, param := range c.Body.Get("urlParams").Items() {
		if param.Get("type").Text() != notification {
			continue
		}
		text := param.Get("url").Text()
		if u, err := url.Parse(text); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return "", pay.RefuseField(pay.InvalidFormat, fmt.Sprintf("urlParams[%d].url", i), "expected an http or https address with a host")
		}
		return text, nil
	}
	return "", nil
}

// orderReply answers service 54.
type orderReply struct {
	dialect.Status
	ReferenceNo        string        `json:"referenceNo"`
	PartnerReferenceNo string        `json:"partnerReferenceNo"`
	WebRedirectURL     string        `json:"webRedirectUrl"`
	AdditionalInfo     *orderPayment `json:"additionalInfo,omitempty"` // nil unless paid by QRIS
}

type orderPayment struct {
	PaymentCode string `json:"paymentCode"`
}

// storeHint is DANA's success for an order that is paid on its page and names
// no shop.
const storeHint = "Successful. If you want to use QRIS and it is not showing in payment methods, make sure you already fill externalStoreId. " +
	"See https://dashboard.dana.id/sandbox/submerchants in the external shop id section."

func ordered(c *dialect.Call, code pay.Code) any {
	reply := orderReply{
		Status: c.Success(), ReferenceNo: code.Ref, PartnerReferenceNo: code.PartnerRef,
		WebRedirectURL: c.Site.CheckoutURL(code.Ref) + "?x=" + url.QueryEscape(code.Ref),
	}
	switch {
	case byQRIS(c):
		reply.AdditionalInfo = &orderPayment{code.Payload}
	case onPage(c) && code.StoreID == "":
		reply.ResponseMessage = storeHint
	}
	return reply
}

func byQRIS(c *dialect.Call) bool {
	for _, option := range c.Body.Get("payOptionDetails").Items() {
		if isQRIS(option) {
			return true
		}
	}
	return false
}

// onPage reports whether the payer chooses on the page what to pay with.
func onPage(c *dialect.Call) bool {
	return c.Text(orderPath+".scenario") == redirect || c.Body.Get("payOptionDetails").Len() == 0
}

// asked is the verb of a query. Which serviceCode and reference must be there
// depends on values, so it is not in the rows.
func asked(ctx context.Context, c *dialect.Call) (any, error) {
	if c.Text(aspi.OriginalPartnerRef.Name) == "" && c.Text(aspi.OriginalRef.Name) == "" {
		return nil, pay.RefuseField(pay.MissingField, aspi.OriginalPartnerRef.Name, "the request names no order: send this or originalReferenceNo")
	}
	if !slices.Contains(originals, snap.Service(c.Text("serviceCode"))) {
		return nil, pay.RefuseField(pay.InvalidFormat, "serviceCode", "expected 47 for a code or 54 for an order")
	}
	return querying(ctx, c)
}

// originals are the services whose orders can be asked for.
var originals = []snap.Service{snap.ServiceGenerate, snap.ServiceDebitPayment}

var querying = aspi.Querying(queried)

// queryReply answers service 55.
type queryReply struct {
	dialect.Status
	aspi.OriginalReply
	ServiceCode             string      `json:"serviceCode"`
	LatestTransactionStatus string      `json:"latestTransactionStatus"`
	TransactionStatusDesc   string      `json:"transactionStatusDesc"`
	TransAmount             snap.Amount `json:"transAmount"`
	Amount                  snap.Amount `json:"amount"`
	FeeAmount               snap.Amount `json:"feeAmount"`
	PaidTime                string      `json:"paidTime,omitempty"`
	Title                   string      `json:"title,omitempty"`
	AdditionalInfo          orderDetail `json:"additionalInfo"`
}

type orderDetail struct {
	MerchantID   string       `json:"merchantId,omitempty"`
	AmountDetail amountDetail `json:"amountDetail"`
	TimeDetail   timeDetail   `json:"timeDetail"`
	StatusDetail statusDetail `json:"statusDetail"`
}

type amountDetail struct {
	OrderAmount  snap.Amount  `json:"orderAmount"`
	PayAmount    *snap.Amount `json:"payAmount,omitempty"`    // nil until paid
	RefundAmount *snap.Amount `json:"refundAmount,omitempty"` // nil until refunded
}

type timeDetail struct {
	CreatedTime   string   `json:"createdTime"`
	ExpiryTime    string   `json:"expiryTime,omitempty"`
	PaidTimes     []string `json:"paidTimes,omitempty"`
	CancelledTime string   `json:"cancelledTime,omitempty"`
}

type statusDetail struct {
	AcquirementStatus string `json:"acquirementStatus"`
}

func queried(c *dialect.Call, t pay.Transaction) any {
	word, amount := c.Dialect.Statuses[t.Status], snap.IDR(int64(t.Amount()))
	reply := queryReply{
		Status: c.Success(), OriginalReply: aspi.Originals(c, t), ServiceCode: c.Text("serviceCode"),
		LatestTransactionStatus: word.Code, TransactionStatusDesc: word.Text,
		TransAmount: amount, Amount: amount, FeeAmount: snap.IDR(int64(aspi.Fee(t))), PaidTime: aspi.PaidTime(t),
		AdditionalInfo: orderDetail{
			AmountDetail: amounts(t), TimeDetail: times(t), StatusDetail: statusDetail{word.Text},
		},
	}
	if t.Code != nil {
		reply.Title = cmp.Or(t.Code.Echo, t.Code.MerchantName)
		reply.AdditionalInfo.MerchantID = t.Code.MerchantID
	}
	return reply
}

func amounts(t pay.Transaction) amountDetail {
	a := amountDetail{OrderAmount: snap.IDR(int64(t.Amount()))}
	if t.Payment != nil {
		a.PayAmount, a.RefundAmount = aspi.Sum(t.Payment.Amount), aspi.Sum(t.Payment.Refunded)
	}
	return a
}

func times(t pay.Transaction) timeDetail {
	d := timeDetail{CreatedTime: aspi.TransactionDate(t)}
	if t.Code != nil && !t.Code.ExpiresAt.IsZero() {
		d.ExpiryTime = snap.FormatTimestamp(t.Code.ExpiresAt)
	}
	if t.Payment != nil {
		d.PaidTimes = []string{aspi.PaidTime(t)}
	}
	if t.Status == pay.StatusCancelled {
		d.CancelledTime = snap.FormatTimestamp(t.At)
	}
	return d
}

// notice is the finish notification (56), signed with the provider's key.
var notice = dialect.Notice{
	Service: snap.ServiceDebitNotify, Path: "/v1.0/debit/notify",
	Body: finished, Acks: []string{"2005600"},
}

// finished tells a payment. The document swaps the descriptions of the two
// references; they are what their names say.
func finished(t pay.Transaction) map[string]any {
	word, amount := statuses[t.Status], money(t.Payment.Amount)
	body := map[string]any{
		"originalPartnerReferenceNo": t.PartnerRef(),
		"originalReferenceNo":        t.Ref(),
		"merchantId":                 t.Payment.MerchantID,
		"amount":                     amount,
		"latestTransactionStatus":    word.Code,
		"transactionStatusDesc":      word.Text,
		"createdTime":                aspi.TransactionDate(t),
		"finishedTime":               aspi.PaidTime(t),
		"additionalInfo": map[string]any{"paymentInfo": map[string]any{
			"paidTime": aspi.PaidTime(t),
			"payOptionInfos": []any{map[string]any{
				"payMethod": networkPay, "payOption": qrisOption, "payAmount": amount, "transAmount": amount,
			}},
		}},
	}
	if t.Code != nil && t.Code.SubMerchant != "" {
		body["subMerchantId"] = t.Code.SubMerchant
	}
	if t.Code != nil && t.Code.StoreID != "" {
		body["externalStoreId"] = t.Code.StoreID
	}
	return body
}

func money(amount pay.Rupiah) map[string]any {
	sum := snap.IDR(int64(amount))
	return map[string]any{"value": sum.Value, "currency": sum.Currency}
}
