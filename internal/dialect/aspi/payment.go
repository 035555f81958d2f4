package aspi

import (
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// payment is qr-mpm-payment (50), host to host. The standard leaves the
// payload to an earlier decode; it is taken from additionalInfo.qrContent
// here, as issuers do.
func payment() dialect.Operation {
	return dialect.Operation{
		Name: "payment", Service: snap.ServicePayment, Paths: []string{"/v1.0/qr/qr-mpm-payment"},
		Auth: dialect.AuthSymmetric, Customer: true, Headers: CustomerHeaders,
		Body: Rows(
			[]field.Row{
				{Name: "partnerReferenceNo", Need: field.Mandatory, Max: 64, About: "the partner's reference of the transaction"},
				{Name: "merchantId", Max: 64, About: "the merchant"},
				{Name: "subMerchantId", Max: 32, About: "a division of the merchant"},
			},
			Money("amount", field.Conditional, "mandatory for a static code, the code's own for a dynamic one"),
			Money("feeAmount", field.Optional, "what the payer is charged on top"),
			[]field.Row{
				{Name: "otp", Max: 8, About: "one-time password"},
				{Name: "verificationId", Max: 32, About: "id of the verification"},
				{Name: "additionalInfo", Kind: field.Object, Need: field.Mandatory, About: "carries the payload"},
				{Name: "additionalInfo.qrContent", Need: field.Mandatory, Max: 512, About: "the payload"},
			}),
		Reply:      PaymentReplyRows,
		Success:    dialect.Outcome{Case: snap.CaseSuccessful, Message: "Request has been processed successfully"},
		Names:      PaymentNames,
		Identifier: dialect.PaymentRef,
		Trigger:    "partnerReferenceNo",
		Codes:      paymentCodes,
		Do:         DoPayment,
		Replay:     ReplayPayment,
	}
}

// PaymentNames are the wire's names of what a payment can be refused for.
var PaymentNames = map[string]string{"qrContent": "additionalInfo.qrContent"}

// PaymentReplyRows are the fields of the answer to a payment.
var PaymentReplyRows = Rows(StatusRows,
	[]field.Row{
		{Name: "referenceNo", Max: 64, Need: field.Mandatory, About: "the provider's reference"},
		{Name: "partnerReferenceNo", Max: 64, Need: field.Mandatory, About: "the partner's reference"},
		{Name: "transactionDate", Max: 25, Need: field.Mandatory, Format: field.Timestamp, About: "when the money moved"},
	},
	Money("amount", field.Mandatory, "what was paid"),
	Money("feeAmount", field.Mandatory, "what the payer was charged on top"))

var paymentCodes = []dialect.Code{
	{Code: "2005000", Message: "Request has been processed successfully", Reach: dialect.BySuccess},
	{Code: "4005000", Message: "Bad Request", Reach: dialect.ByBadBody},
	{Code: "4005001", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField},
	{Code: "4005002", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField},
	{Code: "4015000", Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature},
	{Code: "4015001", Message: "Invalid Token (B2B)", Reach: dialect.ByExpiredToken},
	{Code: "4015002", Message: "Invalid Customer Token", Reach: dialect.ByExpiredCust},
	{Code: "4015003", Message: "Token Not Found (B2B)", Reach: dialect.ByUnknownToken},
	{Code: "4015004", Message: "Customer Token Not Found", Reach: dialect.ByBadCustomer},
	{Code: "4035000", Message: "Transaction Expired", Reach: dialect.ByExpiredCode},
	{Code: "4035001", Message: "Feature Not Allowed", Reach: dialect.ByDenied},
	{Code: "4035002", Message: "Exceeds Transaction Amount Limit", Reach: dialect.ByAmountLimit},
	{Code: "4035005", Message: "Do Not Honor", Reach: dialect.ByBlockedPayer},
	{Code: "4035009", Message: "Dormant Account", Reach: dialect.ByDormantPayer},
	{Code: "4035014", Message: "Insufficient Funds", Reach: dialect.ByFunds},
	{Code: "4035016", Message: "Suspend Transaction", Reach: dialect.BySuspension},
	{Code: "4035019", Message: "Merchant Blacklisted", Reach: dialect.ByBlacklist},
	{Code: "4035020", Message: "Merchant Limit Exceed", Reach: dialect.ByMerchantLimit},
	{Code: "4035023", Message: "Account Limit Exceed", Reach: dialect.ByPayerLimit},
	{Code: "4045001", Message: "Transaction Not Found", Reach: dialect.ByUnknownCode},
	{Code: "4045002", Message: "Invalid Routing", Reach: dialect.ByForeignCode},
	{Code: "4045013", Message: "Invalid Amount", Reach: dialect.ByWrongAmount},
	{Code: "4045014", Message: "Paid Bill", Reach: dialect.ByPaidCode},
	{Code: "4055000", Message: "Requested Function Is Not Supported", Reach: dialect.ByMethod},
	{Code: "4095000", Message: "Conflict", Reach: dialect.ByExternalID},
	{Code: "4095001", Message: "Duplicate partnerReferenceNo", Reach: dialect.ByReference},
	{Code: "4295000", Message: "Too Many Requests", Reach: dialect.ByRate},
	{Code: "5005000", Message: "General Error", Reach: dialect.ByTrigger},
	{Code: "5005001", Message: "Internal Server Error", Reach: dialect.ByTrigger},
}

// PaymentReply answers service 50.
type PaymentReply struct {
	dialect.Status
	PartnerReferenceNo string      `json:"partnerReferenceNo"`
	ReferenceNo        string      `json:"referenceNo"`
	TransactionDate    string      `json:"transactionDate"`
	Amount             snap.Amount `json:"amount"`
	FeeAmount          snap.Amount `json:"feeAmount"`
}

// DoPayment pays the payload in additionalInfo.qrContent from the customer's
// wallet.
func DoPayment(ctx context.Context, c *dialect.Call) (any, error) {
	amount, err := c.Money("amount")
	if err != nil {
		return nil, err
	}
	if c.Body.Get("amount").Present() && amount == 0 {
		return nil, pay.RefuseField(pay.InvalidFormat, "amount.value", "it must be more than zero")
	}
	fee, err := c.Money("feeAmount")
	if err != nil {
		return nil, err
	}
	p, err := c.Core.Pay(ctx, pay.PayRequest{
		Partner: c.Partner, PartnerRef: c.Text("partnerReferenceNo"), PayerID: c.Customer.PayerID,
		Payload: c.Text("additionalInfo.qrContent"), Amount: amount, Fee: fee,
		Marks: c.Marks, AnyAmount: c.Waives(dialect.WaiveAmountLimit),
	})
	if err != nil {
		return nil, err
	}
	return paymentReply(c, p), nil
}

// ReplayPayment answers again for an earlier payment.
func ReplayPayment(ctx context.Context, c *dialect.Call, ref string) (any, error) {
	p, err := c.Core.Payment(ctx, ref)
	if err != nil {
		return nil, err
	}
	return paymentReply(c, p), nil
}

func paymentReply(c *dialect.Call, p pay.Payment) PaymentReply {
	return PaymentReply{
		Status: c.Success(), PartnerReferenceNo: p.PartnerRef, ReferenceNo: p.Ref,
		TransactionDate: snap.FormatTimestamp(p.At),
		Amount:          snap.IDR(int64(p.Amount)), FeeAmount: snap.IDR(int64(p.Fee)),
	}
}
