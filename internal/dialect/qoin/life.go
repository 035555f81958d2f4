package qoin

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// statuses have no "initiated", and an expired status of their own.
var statuses = map[pay.Status]dialect.Word{
	pay.StatusPaid:      {Code: "00", Text: "Success"},
	pay.StatusInitiated: {Code: "03", Text: "Pending"},
	pay.StatusRefunded:  {Code: "04", Text: "Refunded"},
	pay.StatusCancelled: {Code: "05", Text: "Canceled"},
	pay.StatusExpired:   {Code: "08", Text: "Expiry"},
}

// query asks about codes only, by Qoin's reference.
func query() dialect.Operation {
	return dialect.Operation{
		Name: "query", Service: snap.ServiceQuery, Paths: []string{"/ordersnap/api/v1.0/qr/qr-mpm-query"}, Reads: true,
		Auth: dialect.AuthSymmetric, Headers: headers,
		Body:     queryBody,
		Reply:    queryReplyRows,
		Success:  dialect.Outcome{Case: snap.CaseSuccessful},
		Outcomes: outcomes,
		Trigger:  aspi.OriginalRef.Name,
		Codes:    queryCodes,
		Do:       aspi.Querying(queried),
	}
}

var queryBody = []field.Row{
	{Name: "originalReferenceNo", Need: field.Mandatory, Min: 1, Max: 64, About: "Qoin's reference of the code"},
	{Name: "serviceCode", Need: field.Mandatory, Min: 1, Max: 2, Enum: []string{"47", "51"}, About: "47 of the original, or 51 of this request, as the pages print"},
	{Name: "originalPartnerReferenceNo", Max: 64, About: "the standard's; not in the document"},
	{Name: "originalExternalId", Max: 36, Soft: true, About: "the standard's; not in the document"},
	{Name: "merchantId", Max: 64, About: "the standard's; not in the document"},
	{Name: "additionalInfo", Kind: field.Object, About: "anything"},
}

var queryReplyRows = aspi.Rows(
	[]field.Row{
		{Name: "additionalInfo", Kind: field.Object, Need: field.Mandatory, About: "more about the code"},
		{Name: "additionalInfo.channelType", About: "how it is paid: QRIS"},
		{Name: "additionalInfo.expiryTime", Max: 25, Format: field.Timestamp, About: "when the code ends"},
		{Name: "additionalInfo.paymentType", About: "how it is paid: QRIS"},
	},
	aspi.Money("amount", field.Mandatory, "what was paid, or is asked for until then"),
	[]field.Row{
		{Name: "latestTransactionStatus", Need: field.Mandatory, Min: 2, Max: 2, Enum: []string{"00", "03", "04", "05", "08"}, About: "how it stands"},
		{Name: "originalExternalId", Max: 36, Soft: true, About: "the request's"},
		{Name: "originalPartnerReferenceNo", Max: 64, About: "the merchant's reference"},
		{Name: "originalReferenceNo", Need: field.Mandatory, Min: 1, Max: 64, About: "Qoin's reference"},
		{Name: "paidTime", Need: field.Conditional, Max: 25, Format: field.Timestamp, About: "when it was paid"},
	},
	aspi.StatusRows,
	[]field.Row{
		{Name: "serviceCode", Need: field.Mandatory, Min: 2, Max: 2, Format: field.Digits, About: "the request's"},
		{Name: "transactionStatusDesc", Max: 50, About: "the status in words"},
	})

// queryCodes are generate's but for what makes a code, and for one that is not
// there.
var queryCodes = []dialect.Code{
	{Code: "2005100", Message: "Successful", Reach: dialect.BySuccess},
	{Code: "4005100", Message: "X-TIMESTAMP is not valid", Reach: dialect.ByBadTime},
	{Code: "4005101", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField},
	{Code: "4005102", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField},
	{Code: "4015100", Message: "Unauthorized. [Invalid Signature]", Reach: dialect.ByBadSignature},
	{Code: "4045101", Message: "Transaction Not Found", Reach: dialect.ByUnknownRef},
	{Code: "4045108", Message: "Invalid Merchant", Reach: dialect.ByNoMerchant},
	{Code: "5005101", Message: "Internal server error", Reach: dialect.ByTrigger},
}

// queryReply answers service 51 with its members in alphabetical order, as
// Qoin's other answers have them.
type queryReply struct {
	AdditionalInfo             queryInfo `json:"additionalInfo"`
	Amount                     money     `json:"amount"`
	LatestTransactionStatus    string    `json:"latestTransactionStatus"`
	OriginalExternalID         string    `json:"originalExternalId,omitempty"`
	OriginalPartnerReferenceNo string    `json:"originalPartnerReferenceNo"`
	OriginalReferenceNo        string    `json:"originalReferenceNo"`
	PaidTime                   string    `json:"paidTime,omitempty"`
	dialect.Status
	ServiceCode           string `json:"serviceCode"`
	TransactionStatusDesc string `json:"transactionStatusDesc"`
}

type queryInfo struct {
	ChannelType string `json:"channelType"`
	ExpiryTime  string `json:"expiryTime,omitempty"`
	PaymentType string `json:"paymentType"`
}

const channel = "QRIS"

func queried(c *dialect.Call, t pay.Transaction) any {
	stands, original := aspi.Stands(c, t), aspi.Originals(c, t)
	return queryReply{
		AdditionalInfo:          queryInfo{ChannelType: channel, ExpiryTime: expiry(t), PaymentType: channel},
		Amount:                  money{Currency: "IDR", Value: snap.FormatAmount(int64(t.Amount()))},
		LatestTransactionStatus: stands.LatestTransactionStatus, TransactionStatusDesc: stands.TransactionStatusDesc,
		OriginalExternalID: original.OriginalExternalID, OriginalPartnerReferenceNo: original.OriginalPartnerReferenceNo,
		OriginalReferenceNo: original.OriginalReferenceNo,
		PaidTime:            aspi.PaidTime(t), Status: c.Success(), ServiceCode: stands.ServiceCode,
	}
}

func expiry(t pay.Transaction) string {
	if t.Code == nil || t.Code.ExpiresAt.IsZero() {
		return ""
	}
	return snap.FormatTimestamp(t.Code.ExpiresAt)
}

// notice is signed symmetrically with a token that is fetched from the
// merchant's own server first. The document prints the token's path; the
// notification's stands beside it.
func notice() *dialect.Notice {
	n := aspi.Notice("/api/v1.0/qr/qr-mpm-notify", statuses)
	n.TokenPath = "/api/v1.0/access-token/b2b"
	return n
}
