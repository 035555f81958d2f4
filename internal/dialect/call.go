package dialect

import (
	"context"
	"time"

	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Call is one authenticated request on its way through a dialect.
type Call struct {
	Core      *pay.Core
	Dialect   *Dialect
	Operation *Operation
	Partner   *pay.Partner
	Customer  pay.Token // of Authorization-Customer; zero where there is none
	Body      field.Value
	Timestamp time.Time // X-TIMESTAMP
	Marks     []pay.Mark
	Waived    Waiver
	Sandbox   bool // the server is a sandbox, which the documents give bounds of its own
	Site      Site
	success   Status // once it was asked for
}

// Site is what the server offers around the API: addresses and images.
type Site interface {
	ImageURL(ref string) string    // where the code's PNG is served
	CheckoutURL(ref string) string // where a person can see and pay the code
	// Image gives the payload as a base64 PNG of at most limit characters; a
	// limit of 0 is none.
	Image(payload string, limit int) (string, error)
}

// Waives reports whether a rule is lifted for this call.
func (c *Call) Waives(w Waiver) bool { return c.Waived&w != 0 }

// Status is the head of every answer.
type Status struct {
	ResponseCode    string `json:"responseCode"`
	ResponseMessage string `json:"responseMessage"`
}

// MaxValidity is how long a code may live here; 0 is no bound.
func (c *Call) MaxValidity() time.Duration {
	if v := c.Operation.Validity; !c.Sandbox || v.Sandbox == 0 {
		return v.Max
	}
	return c.Operation.Validity.Sandbox
}

// Success is the status of the operation's success.
func (c *Call) Success() Status {
	if c.success.ResponseCode == "" {
		o := &c.Operation.Success
		c.success = Status{o.Case.Code(c.Operation.Service), o.Text("", "")}
	}
	return c.success
}

// Image is the code's base64 PNG, empty when the partner takes it from qrUrl
// or no image fits the dialect's cap.
func (c *Call) Image(payload string) string {
	if c.Partner.Settings.URLOnly {
		return ""
	}
	image, err := c.Site.Image(payload, c.Dialect.MaxImage)
	if err != nil {
		return "" // optional in every document: qrContent and qrUrl carry the code
	}
	return image
}

// Money reads an amount object. Absent is zero. The rows have checked its
// form; its currency can only be IDR.
func (c *Call) Money(path string) (pay.Rupiah, error) {
	v := c.Body.Get(path)
	if !v.Present() {
		return 0, nil
	}
	if currency := v.Get("currency").Text(); currency != "IDR" {
		return 0, pay.RefuseField(pay.InvalidFormat, path+".currency", "QRIS is paid in IDR, not "+currency)
	}
	sen, err := snap.ParseAmount(v.Get("value").Text())
	if err != nil {
		return 0, &pay.Error{Kind: pay.InvalidFormat, Field: path + ".value", Detail: "reading the amount", Cause: err}
	}
	if sen%100 != 0 {
		return 0, pay.RefuseField(pay.InvalidFormat, path+".value", "the rupiah has no smaller unit in payments: sen must be 00")
	}
	return pay.Rupiah(sen), nil
}

// Text reads a field that may be absent.
func (c *Call) Text(path string) string { return c.Body.Get(path).Text() }

// Again answers with what an earlier request made, through the operation's
// Replay.
func (c *Call) Again(ctx context.Context, ref string) (any, error) {
	return c.Operation.Replay(ctx, c, ref)
}
