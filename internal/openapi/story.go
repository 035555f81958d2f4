package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Step is a request of a dialect's story, in whose path and body
// {{names}} stand for variables.
type Step struct {
	Name      string
	Operation *dialect.Operation // nil: a request of the management API
	Path      string
	Body      []byte            // JSON
	Keeps     map[string]string // variables by the path of the answer's field that they take
}

// Success is the response code that the step is to be answered with; empty
// for the management API, which has none.
func (s *Step) Success() string {
	if s.Operation == nil {
		return ""
	}
	return s.Operation.Success.Case.Code(s.Operation.Service)
}

// Story is a payment's whole life in a dialect, as a client of a sandbox goes
// through it: tokens, a code, a look at it, its payment, a refund, with every
// operation of the dialect in between. A code that is cancelled is followed by
// one that is paid.
func Story(d *dialect.Dialect) []Step {
	var steps []Step
	for _, scene := range scenes {
		for i := range d.Operations {
			if op := &d.Operations[i]; op.Name == scene.operation {
				steps = append(steps, scene.steps(d, op)...)
			}
		}
	}
	for i := range d.Operations { // what a provider has beyond the standard
		op := &d.Operations[i]
		if !slices.ContainsFunc(scenes, func(s scene) bool { return s.operation == op.Name }) {
			steps = append(steps, step(d, op, op.Name))
		}
	}
	return steps
}

// scene is a part of the story that an operation plays.
type scene struct {
	operation string
	name      string // empty: the operation's
	before    *Step  // a request of the management API
	with      string // left out where the dialect has not this operation
	without   string // left out where it has this one
}

var scenes = []scene{
	{operation: "token"},
	{operation: "customer-token", before: &Step{
		Name: "sandbox: the payer consents", Path: "/v1/payers/{{payerId}}/auth-code", Body: []byte(`{"partnerID":"{{partnerId}}"}`),
		Keeps: map[string]string{"authCode": "authCode"},
	}},
	{operation: "order"},
	{operation: "generate"},
	{operation: "decode"},
	{operation: "query"},
	{operation: "status", without: "payment"},
	{operation: "list"},
	{operation: "apply-ott"},
	{operation: "terminal"},
	{operation: "cancel"},
	{operation: "generate", name: "generate the code that the customer pays", with: "payment"},
	{operation: "payment"},
	{operation: "generate", name: "generate the code that is paid"},
	{operation: "query", name: "query of what is paid", before: &Step{
		Name: "sandbox: someone pays", Path: "/v1/sandbox/pay", Body: []byte(`{"referenceNo":"{{referenceNo}}"}`),
	}},
	{operation: "status"},
	{operation: "refund"},
}

func (s scene) steps(d *dialect.Dialect, op *dialect.Operation) []Step {
	if s.with != "" && d.Operation(s.with) == nil || s.without != "" && d.Operation(s.without) != nil {
		return nil
	}
	var all []Step
	if s.before != nil {
		all = append(all, *s.before)
	}
	return append(all, step(d, op, cmp.Or(s.name, op.Name)))
}

// kept are the variables that answers give, by operation.
var kept = map[string]map[string]string{
	"token":    {"accessToken": "accessToken"},
	"generate": {"referenceNo": "referenceNo", "partnerReferenceNo": "partnerReferenceNo", "qrContent": "qrContent"},
	"payment":  {"paymentReferenceNo": "referenceNo", "paymentPartnerReferenceNo": "partnerReferenceNo"},
}

func step(d *dialect.Dialect, op *dialect.Operation, name string) Step {
	body, err := plain(wordsOf(d, op).example(op.Body, wantedIn(op)))
	if err != nil {
		panic("openapi: a step is no JSON: " + err.Error()) // of our own values only
	}
	return Step{Name: name, Operation: op, Path: op.Paths[0], Body: body, Keeps: kept[op.Name]}
}

// variables are the fields that a run fills in.
var variables = usual.with(values{
	"partnerReferenceNo": "{{reference}}", "partnerRefundNo": "{{reference}}",
	"merchantId": "{{merchantId}}", "merchantid": "{{merchantId}}", "storeId": "{{storeId}}", "externalStoreId": "{{storeId}}",
	"terminalId": "{{terminalId}}", "qrContent": "{{qrContent}}", "authCode": "{{authCode}}",
	"originalReferenceNo": "{{referenceNo}}", "originalPartnerReferenceNo": "{{partnerReferenceNo}}", "qrId": "{{referenceNo}}",
	"scanTime": "{{now}}", "dateGenerate": "{{now}}", "validityPeriod": "{{until}}", "validUpTo": "{{until}}",
	"serviceCode": string(snap.ServiceGenerate), "urlParams[].type": "NOTIFICATION",
})

// wordsOf are the variables as an operation needs them: what an issuer's
// customer asks for is about the customer's payment.
func wordsOf(d *dialect.Dialect, op *dialect.Operation) values {
	v := variables
	switch op.Name {
	case "terminal":
		v = v.with(values{"terminalId": "{{reference}}"})
	case "customer-token":
		v = v.with(values{"grantType": "AUTHORIZATION_CODE"})
	}
	if op.Customer && d.Operation("payment") != nil && op.Identifier.Field == "" && op.Name != "query" {
		v = v.with(ofPayment)
	}
	return v
}

var ofPayment = values{
	"originalReferenceNo": "{{paymentReferenceNo}}", "originalPartnerReferenceNo": "{{paymentPartnerReferenceNo}}",
	"serviceCode": string(snap.ServicePayment),
}

// wanted are the fields that a body has though it need not.
var wanted = map[string]bool{
	"grantType": true, "authCode": true, "partnerReferenceNo": true, "originalReferenceNo": true, "originalPartnerReferenceNo": true,
	"merchantId": true, "merchantid": true, "storeId": true, "externalStoreId": true, "terminalId": true, "validityPeriod": true, "validUpTo": true,
}

// wantedIn: an amount makes a code dynamic, and an additionalInfo that must
// hold something is sent along.
func wantedIn(op *dialect.Operation) func(*field.Row) bool {
	makes := op.Identifier.Scope == pay.ScopeCode
	return func(r *field.Row) bool {
		return wanted[r.Name] || makes && r.Name == "amount" || r.Need == field.Mandatory && strings.HasPrefix(r.Name, "additionalInfo.") && strings.Count(r.Name, ".") == 1
	}
}
