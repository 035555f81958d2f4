package aspi

import (
	"cmp"
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/qris"
	"github.com/qrisd/qrisd/snap"
)

// Decode is qr-mpm-decode (48): who and what a scanned payload asks to pay.
func Decode(paths ...string) dialect.Operation {
	return dialect.Operation{
		Name: "decode", Service: snap.ServiceDecode, Paths: paths, Reads: true,
		Auth: dialect.AuthSymmetric, Headers: SymmetricHeaders,
		Body:    DecodeRows,
		Reply:   DecodeReplyRows,
		Success: processed,
		Trigger: "partnerReferenceNo",
		Codes:   Codes(snap.ServiceDecode, CommonLines, DecodeLines, TriggerLines),
		Do:      Decoding(Decoded),
	}
}

// DecodeRows are the fields of a decode.
var DecodeRows = Rows(
	[]field.Row{
		{Name: "partnerReferenceNo", Max: 64, About: "the partner's reference"},
		{Name: "qrContent", Need: field.Mandatory, Min: 1, Max: 512, About: "the payload"},
	},
	Money("amount", field.Optional, "what the payer means to pay; compared when it is paid"),
	[]field.Row{
		{Name: "merchantId", Max: 64, About: "the merchant"},
		{Name: "subMerchantId", Max: 32, About: "a division of the merchant"},
		{Name: "scanTime", Need: field.Mandatory, Min: 1, Max: 25, Format: field.Timestamp, About: "when it was scanned"},
	}, additionalInfo)

// DecodeReplyRows are the fields of its answer.
var DecodeReplyRows = Rows(StatusRows,
	[]field.Row{
		{Name: "referenceNo", Need: field.Conditional, Max: 64, About: "the code's reference, of a code of ours"},
		{Name: "partnerReferenceNo", Max: 64, About: "the request's"},
		{Name: "redirectUrl", Need: field.Conditional, Max: 512, About: "where a person pays it, of a code of ours"},
		{Name: "merchantName", Need: field.Conditional, Max: 25, About: "the merchant's name"},
		{Name: "merchantCategory", Need: field.Conditional, Max: 32, About: "its category, ISO 18245"},
		{Name: "merchantLocation", Need: field.Conditional, Max: 25, About: "its city"},
		{Name: "merchantInfos", Kind: field.Array, About: "its accounts"},
		{Name: "merchantInfos[]", Kind: field.Object, Need: field.Mandatory, About: "one account"},
		{Name: "merchantInfos[].merchantPAN", Need: field.Mandatory, Max: 19, Format: field.Digits, About: "the MPAN with its check digit"},
		{Name: "merchantInfos[].acquirerName", Need: field.Mandatory, Max: 50, About: "the institution, or its number where the name is not known"},
	},
	Money("transactionAmount", field.Optional, "what a dynamic code asks for"),
	Money("feeAmount", field.Optional, "the fee on top"),
	additionalInfo)

// DecodeLines are the refusals of a decode alone.
var DecodeLines = []Line{
	{snap.CaseTransactionExpired, "", dialect.ByExpiredCode},
	{snap.CaseSuspendTransaction, "", dialect.BySuspension},
	{snap.CaseMerchantBlacklisted, "", dialect.ByBlacklist},
	{snap.CaseTransactionNotFound, "", dialect.ByUnknownCode},
	{snap.CaseInvalidRouting, "", dialect.ByForeignCode},
	{snap.CaseTransactionCancelled, "", dialect.ByCancelledCode},
	{snap.CasePaidBill, "", dialect.ByPaidCode},
}

// DecodeReply answers service 48.
type DecodeReply struct {
	dialect.Status
	ReferenceNo        string            `json:"referenceNo,omitempty"`
	PartnerReferenceNo string            `json:"partnerReferenceNo,omitempty"`
	RedirectURL        string            `json:"redirectUrl,omitempty"`
	MerchantName       string            `json:"merchantName"`
	MerchantCategory   string            `json:"merchantCategory"`
	MerchantLocation   string            `json:"merchantLocation"`
	MerchantInfos      []MerchantAccount `json:"merchantInfos"`
	TransactionAmount  *snap.Amount      `json:"transactionAmount,omitempty"` // nil for a static code
	FeeAmount          snap.Amount       `json:"feeAmount"`
	AdditionalInfo     struct{}          `json:"additionalInfo"`
}

// MerchantAccount is an account of the merchant at an acquirer.
type MerchantAccount struct {
	MerchantPAN  string `json:"merchantPAN"`
	AcquirerName string `json:"acquirerName"`
}

// Decoding makes the verb of a decode from the shape of its answer.
func Decoding(shape func(*dialect.Call, pay.Scan) any) func(context.Context, *dialect.Call) (any, error) {
	return func(ctx context.Context, c *dialect.Call) (any, error) {
		if _, err := c.Money("amount"); err != nil {
			return nil, err
		}
		scan, err := c.Core.Decode(ctx, c.Text("qrContent"))
		if err != nil {
			return nil, err
		}
		return shape(c, scan), nil
	}
}

// Decoded is the standard's shape of a payload.
func Decoded(c *dialect.Call, s pay.Scan) any {
	reply := DecodeReply{
		Status: c.Success(), PartnerReferenceNo: c.Text("partnerReferenceNo"),
		MerchantName: s.QR.Name, MerchantCategory: s.QR.MCC, MerchantLocation: s.QR.City,
		MerchantInfos:     []MerchantAccount{account(s.QR)},
		TransactionAmount: Sum(pay.Rupiah(s.QR.Amount)), FeeAmount: snap.IDR(0),
	}
	if s.Code != nil {
		reply.ReferenceNo, reply.RedirectURL = s.Code.Ref, c.Site.CheckoutURL(s.Code.Ref)
		reply.FeeAmount = snap.IDR(int64(s.Code.Fee))
	}
	return reply
}

// account names the merchant as the network does, with the check digit that a
// payload leaves out.
func account(qr qris.Code) MerchantAccount {
	pan, err := qris.PANWithCheckDigit(qr.Domestic.PAN)
	if err != nil {
		pan = qr.Domestic.PAN // it has one, or is of the older, shorter kind
	}
	name, _ := qris.InstitutionName(qr.NNS())
	return MerchantAccount{MerchantPAN: pan, AcquirerName: cmp.Or(name, qr.NNS())}
}
