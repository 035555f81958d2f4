package aspi

import (
	"context"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// generate is qr-mpm-generate (47) as published: nothing is mandatory, and no
// amount means a static code.
func generate() dialect.Operation {
	do, replay := Generating(nil, Generated)
	return dialect.Operation{
		Name: "generate", Service: snap.ServiceGenerate, Paths: []string{"/v1.0/qr/qr-mpm-generate"},
		Auth: dialect.AuthEither, Headers: dialect.AmendRows(SymmetricHeaders, optionalToken),
		Body:       GenerateRows,
		Reply:      GenerateReplyRows,
		Success:    dialect.Outcome{Case: snap.CaseSuccessful, Message: "Request has been processed successfully"},
		Validity:   dialect.Validity{Field: "validityPeriod", Default: DefaultValidity},
		Identifier: dialect.CodeRef,
		Trigger:    "partnerReferenceNo",
		Codes:      GenerateCodes,
		Do:         do,
		Replay:     replay,
	}
}

// DefaultValidity is the life of a dynamic code where a document gives none.
const DefaultValidity = 30 * time.Minute

var optionalToken = field.Row{Name: snap.HeaderAuthorization, Need: field.Conditional, About: "Bearer and the B2B access token; absent with an asymmetric signature"}

// GenerateRows are the fields of the standard's request. The providers' amend
// them or state their own.
var GenerateRows = Rows(
	[]field.Row{{Name: "partnerReferenceNo", Max: 64, About: "the partner's reference of the transaction"}},
	Money("amount", field.Optional, "what is to be paid; absent for a static code"),
	Money("feeAmount", field.Optional, "the fee on top"),
	[]field.Row{
		{Name: "merchantId", Max: 64, About: "the merchant; the partner's first when absent"},
		{Name: "subMerchantId", Max: 32, About: "a division of the merchant"},
		{Name: "storeId", Max: 64, About: "the store"},
		{Name: "terminalId", Max: 16, About: "the terminal"},
		{Name: "validityPeriod", Max: 25, Format: field.Timestamp, About: "when the code ends"},
		{Name: "additionalInfo", Kind: field.Object, About: "anything"},
	})

// GenerateReplyRows are the fields of the standard's answer.
var GenerateReplyRows = Rows(StatusRows, []field.Row{
	{Name: "referenceNo", Max: 64, Need: field.Mandatory, About: "the provider's reference"},
	{Name: "partnerReferenceNo", Max: 64, About: "the partner's reference"},
	{Name: "qrContent", Max: 512, Need: field.Mandatory, About: "the payload"},
	{Name: "qrUrl", Max: 256, About: "where the image is served"},
	{Name: "qrImage", About: "the image, base64"},
	{Name: "redirectUrl", Max: 512, About: "where a person sees the code"},
	{Name: "merchantName", Max: 25, About: "the merchant's name"},
	{Name: "storeId", Max: 64, About: "the store"},
	{Name: "terminalId", Max: 16, About: "the terminal"},
	{Name: "additionalInfo", Kind: field.Object, About: "anything"},
})

// GenerateCodes are the standard's answers to a generate request.
var GenerateCodes = []dialect.Code{
	{Code: "2004700", Message: "Request has been processed successfully", Reach: dialect.BySuccess},
	{Code: "4004700", Message: "Bad Request", Reach: dialect.ByBadBody},
	{Code: "4004701", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField},
	{Code: "4004702", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoHeader},
	{Code: "4014700", Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature},
	{Code: "4014701", Message: "Invalid Token (B2B)", Reach: dialect.ByExpiredToken},
	{Code: "4014703", Message: "Token Not Found (B2B)", Reach: dialect.ByUnknownToken},
	{Code: "4034701", Message: "Feature Not Allowed", Reach: dialect.ByDenied},
	{Code: "4034702", Message: "Exceeds Transaction Amount Limit", Reach: dialect.ByAmountLimit},
	{Code: "4034703", Message: "Suspected Fraud", Reach: dialect.ByTrigger},
	{Code: "4034705", Message: "Do Not Honor", Reach: dialect.ByClosedOutlet},
	{Code: "4034715", Message: "Transaction Not Permitted", Reach: dialect.ByDynamicOnly},
	{Code: "4034716", Message: "Suspend Transaction", Reach: dialect.BySuspension},
	{Code: "4034719", Message: "Merchant Blacklisted", Reach: dialect.ByBlacklist},
	{Code: "4034720", Message: "Merchant Limit Exceed", Reach: dialect.ByMerchantLimit},
	{Code: "4044708", Message: "Invalid Merchant", Reach: dialect.ByNoMerchant},
	{Code: "4044717", Message: "Invalid Terminal", Reach: dialect.ByClosedTerminal},
	{Code: "4044718", Message: "Inconsistent Request", Reach: dialect.ByInconsistent},
	{Code: "4054700", Message: "Requested Function Is Not Supported", Reach: dialect.ByMethod},
	{Code: "4094700", Message: "Conflict", Reach: dialect.ByExternalID},
	{Code: "4094701", Message: "Duplicate partnerReferenceNo", Reach: dialect.ByReference},
	{Code: "4294700", Message: "Too Many Requests", Reach: dialect.ByRate},
	{Code: "5004700", Message: "General Error", Reach: dialect.ByTrigger},
	{Code: "5004701", Message: "Internal Server Error", Reach: dialect.ByTrigger},
	{Code: "5004702", Message: "External Server Error", Reach: dialect.ByTrigger},
	{Code: "5044700", Message: "Timeout", Reach: dialect.ByTrigger},
}

// GenerateReply is the standard's answer. The providers' shapes embed it or
// state their own.
type GenerateReply struct {
	dialect.Status
	ReferenceNo        string   `json:"referenceNo"`
	PartnerReferenceNo string   `json:"partnerReferenceNo"`
	QRContent          string   `json:"qrContent"`
	QRURL              string   `json:"qrUrl"`
	QRImage            string   `json:"qrImage"`
	RedirectURL        string   `json:"redirectUrl"`
	MerchantName       string   `json:"merchantName"`
	StoreID            string   `json:"storeId"`
	TerminalID         string   `json:"terminalId"`
	AdditionalInfo     struct{} `json:"additionalInfo"`
}

// Generating makes the verb of a generate operation, and its replay, from
// what a provider does differently: amend fills in the request, shape gives
// the answer. A nil amend changes nothing.
func Generating(amend func(*dialect.Call, *pay.GenerateRequest) error, shape func(*dialect.Call, pay.Code) any) (do func(context.Context, *dialect.Call) (any, error), replay func(context.Context, *dialect.Call, string) (any, error)) {
	do = func(ctx context.Context, c *dialect.Call) (any, error) {
		req, err := generateRequest(c)
		if err != nil {
			return nil, err
		}
		if amend != nil {
			if err := amend(c, &req); err != nil {
				return nil, err
			}
		}
		code, err := c.Core.Generate(ctx, req)
		if err != nil {
			return nil, err
		}
		return shape(c, code), nil
	}
	replay = func(ctx context.Context, c *dialect.Call, ref string) (any, error) {
		code, err := c.Core.Code(ctx, ref)
		if err != nil {
			return nil, err
		}
		return shape(c, code), nil
	}
	return do, replay
}

// Generated is the standard's shape of a generated code.
func Generated(c *dialect.Call, code pay.Code) any {
	return GenerateReply{
		Status: c.Success(), ReferenceNo: code.Ref, PartnerReferenceNo: code.PartnerRef,
		QRContent: code.Payload, QRURL: c.Site.ImageURL(code.Ref), QRImage: c.Image(code.Payload),
		RedirectURL: c.Site.CheckoutURL(code.Ref), MerchantName: code.MerchantName,
		StoreID: code.StoreID, TerminalID: code.TerminalID,
	}
}

// generateRequest translates the fields that all dialects share.
func generateRequest(c *dialect.Call) (pay.GenerateRequest, error) {
	amount, err := c.Money("amount")
	if err != nil {
		return pay.GenerateRequest{}, err
	}
	if c.Body.Get("amount").Present() && amount == 0 {
		return pay.GenerateRequest{}, pay.RefuseField(pay.InvalidFormat, "amount.value", "it must be more than zero")
	}
	fee, err := c.Money("feeAmount")
	if err != nil {
		return pay.GenerateRequest{}, err
	}
	expires, err := expiry(c, amount == 0)
	if err != nil {
		return pay.GenerateRequest{}, err
	}
	return pay.GenerateRequest{
		Partner: c.Partner, PartnerRef: c.Text("partnerReferenceNo"),
		MerchantID: merchantID(c), SubMerchant: c.Text("subMerchantId"),
		StoreID: c.Text("storeId"), TerminalID: c.Text("terminalId"),
		Amount: amount, Fee: fee, ExpiresAt: expires,
		Marks: c.Marks, AnyAmount: c.Waives(dialect.WaiveAmountLimit),
	}, nil
}

// expiry is when a code ends: at the validity asked for, within the bounds of
// the operation, or after its default. A static code without one never ends.
func expiry(c *dialect.Call, static bool) (time.Time, error) {
	v, now := c.Operation.Validity, c.Core.Now()
	text := c.Text(v.Field)
	if text == "" || c.Waives(dialect.WaiveValidity) {
		if static || v.Default == 0 {
			return time.Time{}, nil
		}
		return now.Add(v.Default), nil
	}
	end, err := snap.ParseTimestamp(text)
	if err != nil {
		return time.Time{}, &pay.Error{Kind: pay.InvalidFormat, Field: v.Field, Detail: "reading the time", Cause: err}
	}
	switch left, most := end.Sub(now), c.MaxValidity(); {
	case left <= 0:
		return time.Time{}, pay.RefuseField(pay.InvalidFormat, v.Field, "it has passed; it is now "+snap.FormatTimestamp(now))
	case left < v.Min:
		return time.Time{}, pay.RefuseField(pay.InvalidFormat, v.Field, "at least "+v.Min.String()+" from now, "+snap.FormatTimestamp(now))
	case most > 0 && left > most:
		return time.Time{}, pay.RefuseField(pay.InvalidFormat, v.Field, "at most "+most.String()+" from now, "+snap.FormatTimestamp(now))
	case end.Year() > lastYear: // in Jakarta, where answers write it
		return time.Time{}, pay.RefuseField(pay.InvalidFormat, v.Field, "no later than the year 9999, in Jakarta")
	}
	return end, nil
}

// lastYear is the last that a timestamp can be written with.
const lastYear = 9999
