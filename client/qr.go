package client

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/qrisd/qrisd/qris"
	"github.com/qrisd/qrisd/snap"
)

var errNoReference = errors.New("client: PartnerReferenceNo is needed: only with it can a request be repeated safely")

// GenerateRequest asks for a QR code (service 47).
type GenerateRequest struct {
	PartnerReferenceNo string      `json:"partnerReferenceNo"` // at most 25 characters at DANA and SpeedCash, 36 at Qoin and Midtrans
	Amount             snap.Amount `json:"amount,omitzero"`    // absent: a static code, for providers that make them
	FeeAmount          snap.Amount `json:"feeAmount,omitzero"`
	MerchantID         string      `json:"merchantId,omitempty"`
	SubMerchantID      string      `json:"subMerchantId,omitempty"`
	StoreID            string      `json:"storeId,omitempty"`
	TerminalID         string      `json:"terminalId,omitempty"`
	ValidityPeriod     string      `json:"validityPeriod,omitempty"` // when the code ends, by [snap.FormatTimestamp]; absent: the provider's default
	AdditionalInfo     any         `json:"additionalInfo,omitempty"` // the provider's own: DANA's envInfo, Qoin's acquirer
}

// GenerateResponse is a generated code.
type GenerateResponse struct {
	Response           `json:"-"`
	ReferenceNo        string          `json:"referenceNo"`
	PartnerReferenceNo string          `json:"partnerReferenceNo"`
	QRContent          string          `json:"qrContent"`   // the payload
	QRURL              string          `json:"qrUrl"`       // where the image is served
	QRImage            string          `json:"qrImage"`     // the image, base64
	RedirectURL        string          `json:"redirectUrl"` // where a person pays the code
	MerchantName       string          `json:"merchantName"`
	StoreID            string          `json:"storeId"`
	TerminalID         string          `json:"terminalId"`
	AdditionalInfo     json.RawMessage `json:"additionalInfo"`
}

// QR reads the payload: its merchant, its amount, whether it is static.
func (g GenerateResponse) QR() (qris.Code, error) { return qris.Decode(g.QRContent) }

// Generate asks for a QR code. See [Client.Call] for its errors.
func (c *Client) Generate(ctx context.Context, req GenerateRequest, options ...Option) (GenerateResponse, error) {
	var g GenerateResponse
	if req.PartnerReferenceNo == "" {
		return g, errNoReference
	}
	var err error
	g.Response, err = c.ask(ctx, OpGenerate, req, "", &g, c.referred(req.PartnerReferenceNo, options)...)
	return g, err
}

// referred puts the reference into X-EXTERNAL-ID where the provider wants it
// so. An option of the caller's comes later and wins.
func (c *Client) referred(reference string, options []Option) []Option {
	if !c.config.Provider.ExternalIDIsReference {
		return options
	}
	return append([]Option{WithExternalID(reference)}, options...)
}

// PayRequest pays a scanned payload from a customer's wallet (service 50).
type PayRequest struct {
	PartnerReferenceNo string
	QRContent          string      // the payload exactly as scanned, every space of it
	Amount             snap.Amount // of a static code; absent for a dynamic one, or equal to its own
	FeeAmount          snap.Amount // what the customer is charged on top, if anything
}

// PayResponse is a payment.
type PayResponse struct {
	Response           `json:"-"`
	ReferenceNo        string      `json:"referenceNo"`
	PartnerReferenceNo string      `json:"partnerReferenceNo"`
	TransactionDate    string      `json:"transactionDate"` // read it with [snap.ParseTimestamp]
	Amount             snap.Amount `json:"amount"`
	FeeAmount          snap.Amount `json:"feeAmount"`
}

type payBody struct {
	PartnerReferenceNo string      `json:"partnerReferenceNo"`
	Amount             snap.Amount `json:"amount,omitzero"`
	FeeAmount          snap.Amount `json:"feeAmount,omitzero"`
	AdditionalInfo     payload     `json:"additionalInfo"`
}

type payload struct {
	QRContent string `json:"qrContent"`
}

// Pay pays a payload from the wallet of the customer whose token it is. See
// [Client.Call] for its errors; never answer an [ErrUncertain] with a new
// reference.
func (c *Client) Pay(ctx context.Context, req PayRequest, customerToken string, options ...Option) (PayResponse, error) {
	var p PayResponse
	if req.PartnerReferenceNo == "" {
		return p, errNoReference
	}
	body := payBody{req.PartnerReferenceNo, req.Amount, req.FeeAmount, payload{req.QRContent}}
	var err error
	p.Response, err = c.ask(ctx, OpPayment, body, customerToken, &p, c.referred(req.PartnerReferenceNo, options)...)
	return p, err
}

// ListRequest asks for the codes that a merchant generated on a date (service
// 90 of SpeedCash), newest first. The provider's document has no pages. Without a
// Limit all of the date is one answer, which is refused here above 8 MiB: some
// 50,000 codes.
type ListRequest struct {
	Date       time.Time // any moment of the date in Jakarta
	MerchantID string
	From       string // AdditionalInfo.Next of the page before; empty: the first
	Limit      int    // of codes in the answer, up to 10,000 (qrisd); 0: all
}

// ListResponse is codes of a date. A date without codes is an [*Error].
type ListResponse struct {
	Response       `json:"-"`
	Codes          []ListedCode `json:"dataDetail"`
	AdditionalInfo struct {
		Next string `json:"next"` // ListRequest.From of the next page; empty: this is the last
	} `json:"additionalInfo"`
}

// ListedCode is a code of a list, its times in Jakarta's clock without a zone.
type ListedCode struct {
	ID           string  `json:"id_qr"`
	Type         string  `json:"type"` // "dynamic" or "static"
	GenerateTime string  `json:"generate_time"`
	ExpiredDate  *string `json:"expired_date"` // nil for a static code
	Amount       *string `json:"amount"`       // nil for a static code
}

type listBody struct {
	DateGenerate   string `json:"dateGenerate"`
	AdditionalInfo struct {
		MerchantID string `json:"merchantId"`
		From       string `json:"from,omitempty"`
		Limit      int    `json:"limit,omitempty"`
	} `json:"additionalInfo"`
}

// List asks for the codes of a date, or a page of them. See [Client.Call] for its errors.
func (c *Client) List(ctx context.Context, req ListRequest, options ...Option) (ListResponse, error) {
	body := listBody{DateGenerate: snap.Day(req.Date) + "T00:00:00+07:00"}
	body.AdditionalInfo.MerchantID, body.AdditionalInfo.From, body.AdditionalInfo.Limit = req.MerchantID, req.From, req.Limit
	var l ListResponse
	var err error
	l.Response, err = c.ask(ctx, OpList, body, "", &l, options...)
	return l, err
}
