// Package dialect says what a dialect is: a provider's SNAP QR API as data.
// Paths, rows for headers and bodies, signature schemes, outcomes for kinds
// of refusal, idempotency and limits are values; the only code in a dialect is
// the translation between its wire shapes and the verbs of pay.
package dialect

import (
	"context"
	"time"

	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Dialect is one provider's way to speak SNAP.
type Dialect struct {
	Name     string // "dana"
	Title    string // "DANA"
	Document string // the provider's document that the rows come from

	Outcomes   map[pay.Kind]Outcome // complete; see Amend
	ExternalID Rule                 // what a repeated X-EXTERNAL-ID means
	Reference  Rule                 // what a repeated partnerReferenceNo means

	// AnyPartnerID accepts any X-PARTNER-ID beside a valid token.
	AnyPartnerID bool
	// Unsigned is a part of the path that some clients leave out of the string
	// to sign; the path is accepted with and without it.
	Unsigned string
	// ReadTimestamp reads X-TIMESTAMP; its row gives the accepted form.
	ReadTimestamp func(string) (time.Time, error)
	Tokens        TokenLives
	// Statuses are the dialect's words for how a transaction stands.
	Statuses map[pay.Status]Word
	Notice   *Notice  // nil: the provider documents no notification
	Binding  *Binding // nil: the provider documents no page for a payer's consent
	// MaxImage caps the base64 of qrImage; 0 is no cap.
	MaxImage   int
	Operations []Operation
}

// TokenLives are the default lives of a dialect's tokens; a partner's
// settings go before them.
type TokenLives struct {
	B2B      time.Duration
	Customer time.Duration
	Refresh  time.Duration
}

// Operation is one API of a dialect.
type Operation struct {
	Name    string // the verb: "generate", "payment", "list", "token", "customer-token"
	Service snap.Service
	Paths   []string // as documented, served at the root of the listener
	Reads   bool     // it changes nothing, so its success is not remembered
	Auth    Auth
	// Customer demands Authorization-Customer and gives Call.Customer.
	Customer bool
	Headers  []field.Row
	Body     []field.Row
	Reply    []field.Row // the body of a success
	Success  Outcome
	Outcomes map[pay.Kind]Outcome // what differs from the dialect's
	Validity Validity
	// Names gives the wire's names of fields that the domain names otherwise.
	Names map[string]string
	// Identifier is the field that names what the request makes and must not
	// repeat within a scope; empty where a request makes nothing.
	Identifier Identifier
	Reference  *Rule // what a repeated Identifier means here; nil: the dialect's rule
	// Trigger is the field that asks a sandbox for a response code by carrying
	// it; empty where there is none.
	Trigger  string
	Triggers []Magic // values that ask a sandbox for a response code; they go before Trigger
	Samples  []Sample
	Codes    []Code // the document's response codes, in its order

	// Do translates the request, carries out the verb and translates back, to
	// what is encoded as JSON or to a Stream.
	Do func(context.Context, *Call) (any, error)
	// Replay answers again for what an earlier request made.
	Replay func(ctx context.Context, c *Call, ref string) (any, error)
}

// Word is a latestTransactionStatus and its transactionStatusDesc.
type Word struct{ Code, Text string }

// Notice is how the provider tells a merchant's server of a payment.
type Notice struct {
	Service snap.Service // 52, or DANA's 56
	Path    string       // where the partner's address names none
	// TokenPath is where a token is fetched from the merchant's server first;
	// the notification is then signed symmetrically with it. Empty: the
	// provider's RSA key signs, without a token.
	TokenPath string
	// Body gives the notification. Receivers re-serialise it before they
	// hash, so it is sent minified with sorted keys; values are plain ASCII
	// without slashes, amounts are strings, and no object is empty.
	Body func(pay.Transaction) map[string]any
	Acks []string // response codes that acknowledge; nothing else does
}

// Auth is how a request proves where it comes from.
type Auth int

// The ways, with the section of the SNAP standard's security part.
const (
	AuthToken      Auth = iota // X-CLIENT-KEY and RSA over "clientKey|timestamp" (access token)
	AuthSymmetric              // bearer token and HMAC-SHA512 over five parts (transaction, symmetric)
	AuthAsymmetric             // RSA over four parts, no token (transaction, asymmetric without token)
	AuthEither                 // symmetric with an Authorization header, asymmetric without
	AuthWithToken              // bearer token, HMAC or RSA over five parts (the SpeedCash document's "asymmetric with token")
)

// schemesOf are the signatures that each way takes, the usual one first.
var schemesOf = [...][]snap.Scheme{
	AuthToken:      {snap.TokenRequest},
	AuthSymmetric:  {snap.Symmetric},
	AuthAsymmetric: {snap.Asymmetric},
	AuthEither:     {snap.Symmetric, snap.Asymmetric},
	AuthWithToken:  {snap.Symmetric, snap.AsymmetricWithToken},
}

// Schemes are the signatures that a way takes, the usual one first. They are
// shared and not to be changed.
func (a Auth) Schemes() []snap.Scheme { return schemesOf[a] }

// Outcome is the answer to a kind: a SNAP case and a message in which
// {field} and {reason} are filled in.
type Outcome struct {
	Case    snap.Case
	Message string // empty: the case's own
}

// Text is the message with its blanks filled in.
func (o Outcome) Text(fieldName, reason string) string {
	message := o.Message
	if message == "" {
		message = o.Case.Message
	}
	return fill(message, fieldName, reason)
}

// Rule says what a repeated identifier means. The zero Rule does not look.
type Rule struct {
	Remember bool
	Daily    bool   // unique within a Jakarta day; otherwise for good
	Same     Repeat // the body asks for the same
	Other    Repeat // the body asks for something else
}

// Repeat is the answer to a repeated identifier: the first answer again, or a
// refusal of a kind.
type Repeat struct {
	Replay bool
	Kind   pay.Kind
}

// Validity bounds the life of a code from the moment of the request.
type Validity struct {
	Field   string // the field that asks for it
	Min     time.Duration
	Max     time.Duration // 0: no bound
	Sandbox time.Duration // Max of a sandbox; 0: no other than Max
	Default time.Duration // of a dynamic code; 0: never expires
}

// Magic is a value of a field that asks a sandbox for a response code.
type Magic struct {
	Field string
	Value string
	Code  string
}

// Identifier is a partner's own reference for what a request makes.
type Identifier struct {
	Field string
	Scope string // pay.ScopeCode and the like
}

// The identifiers of what SNAP requests make.
var (
	CodeRef    = Identifier{"partnerReferenceNo", pay.ScopeCode}
	PaymentRef = Identifier{"partnerReferenceNo", pay.ScopePayment}
	RefundRef  = Identifier{"partnerRefundNo", pay.ScopeRefund}
)

// Sample is a value printed in the document's own sample request that today's
// rules would refuse (a time long past, an amount over the present limit). A
// sandbox lets exactly this value pass.
type Sample struct {
	Field string
	Value string
	Waive Waiver
	About string
}

// Waiver is a rule that a sandbox lifts for one request.
type Waiver int

// The waivers.
const (
	WaiveAmountLimit Waiver = 1 << iota
	WaiveValidity
)

// Code is a line of a document's list of response codes.
type Code struct {
	Code    string
	Message string // as the answer gives it; {field} and {reason} stand for what they name
	Reach   Reach
	Cause   string // what the document says about it, in our words
}

// Operation finds an operation by its verb.
func (d *Dialect) Operation(name string) *Operation {
	for i := range d.Operations {
		if d.Operations[i].Name == name {
			return &d.Operations[i]
		}
	}
	return nil
}

// Outcome is the answer to a kind in an operation.
func (d *Dialect) Outcome(op *Operation, k pay.Kind) Outcome {
	if o, ok := op.Outcomes[k]; ok {
		return o
	}
	return d.Outcomes[k]
}

// Code finds the documented line of a response code; the first where a
// document prints one twice.
func (o *Operation) Code(code string) (Code, bool) {
	for _, c := range o.Codes {
		if c.Code == code {
			return c, true
		}
	}
	return Code{}, false
}
