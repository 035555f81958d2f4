package openapi

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/field"
)

// Route is one of the management API.
type Route struct {
	Pattern string // "PUT /v1/partners/{id}/notify"
	Verb    string // in the audit log; empty: it only looks
	Streams bool   // answers with a file or a stream
}

// LocalAdminURL is where the management API of a server listens that was told
// nothing else.
const LocalAdminURL = "http://127.0.0.1:8081"

const failureName = "Failure"

// Management is the document of the management API, from its table of routes.
func Management(routes []Route, url string) *Document {
	doc := &Document{
		OpenAPI: version,
		About: About{
			Title: "qrisd, management API", Version: "1",
			Description: "Printed from the table of routes. An operation without schemas takes and gives JSON that the commands of `qrisd` show with `--json`.",
		},
		Servers:  []Server{{URL: cmp.Or(url, LocalAdminURL)}},
		Security: []Named[[]string]{{{"adminToken", []string{}}}},
		Components: Components{
			Schemas: Named[*Schema]{{failureName, object(failureRows)}},
			Security: Named[*SecurityScheme]{{"adminToken", &SecurityScheme{
				Type: "http", Scheme: "bearer", Description: "The adminToken of sandbox.json, or what admin.token holds.",
			}}},
		},
	}
	alike := make(map[string]string) // OpenAPI takes two names of a part of one path for two paths
	for _, r := range routes {
		method, path, _ := strings.Cut(r.Pattern, " ")
		shape := pathNames.ReplaceAllString(path, "{}")
		if first, ok := alike[shape]; ok {
			path = first
		}
		alike[shape] = path
		item := doc.Paths.get(path)
		item.put(strings.ToLower(method), managed(r, path, acts[r.Pattern]))
		doc.Paths.set(path, item)
	}
	return doc
}

var failureRows = []field.Row{
	{Name: "error", Kind: field.Object, Need: field.Mandatory, About: "what is wrong"},
	{Name: "error.kind", Need: field.Mandatory, About: "for programs"},
	{Name: "error.message", Need: field.Mandatory, About: "for people"},
}

var (
	pathNames = regexp.MustCompile(`\{([a-z]+)\}`)
	unnamed   = regexp.MustCompile(`[^a-zA-Z0-9.]+`) // what an operationId leaves out
)

// managed is a route's operation.
func managed(r Route, path string, a act) *Operation {
	method, _, _ := strings.Cut(r.Pattern, " ")
	o := &Operation{
		ID:      strings.Trim(unnamed.ReplaceAllString(r.Pattern, "-"), "-"),
		Summary: cmp.Or(a.about, r.Verb, "Look at "+path),
	}
	for _, name := range pathNames.FindAllStringSubmatch(path, -1) {
		o.Parameters = append(o.Parameters, &Parameter{Name: name[1], In: "path", Required: true, Schema: &Schema{Type: types{field.String.String()}}})
	}
	for _, row := range a.query {
		o.Parameters = append(o.Parameters, &Parameter{Name: row.Name, In: "query", Description: row.About, Required: row.Need == field.Mandatory, Schema: parameter(row)})
	}
	if method != "GET" && method != "DELETE" {
		o.Body = &Body{Content: Named[*Media]{{jsonType, &Media{Schema: object(a.in)}}}}
	}
	o.Responses = Named[*Response]{
		{"200", &Response{Description: "done", Content: a.answer(r)}},
		{"default", &Response{Description: "refused", Content: Named[*Media]{{jsonType, &Media{Schema: refer(failureName)}}}}},
	}
	return o
}

func (a act) answer(r Route) Named[*Media] {
	switch {
	case r.Streams:
		return Named[*Media]{{"*/*", new(Media)}}
	case a.text:
		return Named[*Media]{{"text/plain", &Media{Schema: &Schema{Type: types{field.String.String()}}}}}
	}
	return Named[*Media]{{jsonType, &Media{Schema: object(a.out)}}}
}

// act is what is known of a route beside its pattern.
type act struct {
	about   string
	query   []field.Row
	in, out []field.Row
	text    bool // answers with bare text
}

var money = field.Row{Name: "amount", Kind: field.Scalar, Format: field.Money, About: "rupiah, with or without decimals; needed for a static code"}

var partnerRows = []field.Row{
	{Name: "id", Need: field.Mandatory}, {Name: "name"}, {Name: "dialect", Need: field.Mandatory}, {Name: "clientKey", Need: field.Mandatory},
	{Name: "channelId"}, {Name: "publicKeyFingerprint"}, {Name: "notifyURL"}, {Name: "standing", Need: field.Mandatory},
	{Name: "settings", Kind: field.Object, Need: field.Mandatory, About: "the agreement"},
	{Name: "createdAt", Need: field.Mandatory, Format: field.Timestamp},
}

var payerRows = []field.Row{
	{Name: "id", Need: field.Mandatory}, {Name: "name"}, {Name: "standing", Need: field.Mandatory}, {Name: "balance", Need: field.Mandatory},
	{Name: "dayLimit", Need: field.Mandatory}, {Name: "monthLimit", Need: field.Mandatory},
}

var tokenRows = []field.Row{
	{Name: "id", Need: field.Mandatory, About: "the SHA-256 of its text, in hex"}, {Name: "kind", Need: field.Mandatory, Enum: []string{"b2b", "customer", "refresh", "auth-code", "ott"}},
	{Name: "partnerId", Need: field.Mandatory}, {Name: "payerId", About: "not there for a B2B token"},
	{Name: "issuedAt", Need: field.Mandatory, Format: field.Timestamp}, {Name: "expiresAt", Need: field.Mandatory, Format: field.Timestamp},
}

var bindingRows = []field.Row{
	{Name: "partnerId", Need: field.Mandatory}, {Name: "payerId", Need: field.Mandatory},
	{Name: "tokens", Kind: field.Number, Need: field.Mandatory, About: "that can be used"},
	{Name: "since", Need: field.Mandatory, Format: field.Timestamp}, {Name: "until", Need: field.Mandatory, Format: field.Timestamp},
}

// pageRows ask for a part of a list, nextRow says how it goes on.
var (
	pageRows = []field.Row{
		{Name: "limit", Kind: field.Scalar, Format: field.Digits, About: "how many rows, 1 to 1000 (default: 1000)"},
		{Name: "from", About: "next of the page before"},
	}
	nextRow = field.Row{Name: "next", About: "what asks for the next page as from; not there: this is the last"}
)

var outletRows = []field.Row{
	{Name: "kind", Need: field.Mandatory, Enum: []string{"store", "terminal", "sub-merchant"}}, {Name: "id", Need: field.Mandatory}, {Name: "standing", Need: field.Mandatory},
}

var settlementRows = []field.Row{
	{Name: "id", Need: field.Mandatory}, {Name: "partnerId", Need: field.Mandatory}, {Name: "merchantId", Need: field.Mandatory},
	{Name: "gross", Need: field.Mandatory}, {Name: "mdr", Need: field.Mandatory}, {Name: "refunds", Need: field.Mandatory}, {Name: "mdrBack", Need: field.Mandatory},
	{Name: "net", Need: field.Mandatory}, {Name: "count", Kind: field.Number, Need: field.Mandatory}, {Name: "settledAt", Need: field.Mandatory, Format: field.Timestamp},
}

var dayRows = []field.Row{
	{Name: "day", Need: field.Mandatory, Format: field.Date}, {Name: "closed", Kind: field.Number, Need: field.Mandatory, About: "how many settlements this request has made"}, nextRow,
}

var paymentRows = []field.Row{
	{Name: "referenceNo", Need: field.Mandatory, About: "the payment's"}, {Name: "codeReferenceNo", About: "the code's"},
	{Name: "amount", Need: field.Mandatory}, {Name: "mdr", Need: field.Mandatory}, {Name: "rrn", Need: field.Mandatory},
	{Name: "state", Need: field.Mandatory}, {Name: "transactionDate", Need: field.Mandatory, Format: field.Timestamp},
}

var clockRows = []field.Row{
	{Name: "now", Need: field.Mandatory, Format: field.Timestamp, About: "the sandbox's time"},
	{Name: "offset", Need: field.Mandatory, About: "from the real one, as in 15m0s"},
}

// acts are the routes whose shapes are stated: those that tools and tests use.
var acts = map[string]act{
	"GET /v1/partners": {about: "List the partners, by id", query: pageRows, out: append(listOf("partners", partnerRows), nextRow)},
	"GET /v1/payers":   {about: "List the payers, by id", query: pageRows, out: append(listOf("payers", payerRows), nextRow)},
	"GET /v1/partners/{id}/merchants": {
		about: "List the merchants of a partner, by id, each with up to 100 of its outlets", query: pageRows,
		out: append(listOf("merchants", []field.Row{
			{Name: "id", Need: field.Mandatory}, {Name: "name", Need: field.Mandatory},
			{Name: "outletsNext", About: "what asks for the merchant's other outlets as from; not there: these are all"},
		}), nextRow),
	},
	"GET /v1/partners/{id}/merchants/{mid}/outlets": {
		about: "List the stores, terminals and divisions of a merchant, by kind and id", query: pageRows, out: append(listOf("outlets", outletRows), nextRow),
	},
	"GET /v1/settlement/{day}": {
		about: "List the settlements of a day, by partner and merchant", query: pageRows, out: append(listOf("settlements", settlementRows), dayRows...),
	},
	"POST /v1/settlement/{day}": {
		about: "Close a day that is over, and list its settlements", query: pageRows, out: append(listOf("settlements", settlementRows), dayRows...),
	},
	"GET /v1/partners/{id}/tokens": {about: "List the B2B tokens of a partner that can be used, the first to end first", query: pageRows, out: append(listOf("tokens", tokenRows), nextRow)},
	"DELETE /v1/partners/{id}/tokens/{token}": {
		about: "Revoke a token of a partner, by the SHA-256 of its text in hex", out: append(slices.Clone(tokenRows), field.Row{Name: "revokedAt", Need: field.Mandatory, Format: field.Timestamp}),
	},
	"GET /v1/partners/{id}/bindings": {about: "List the payers of whose accounts a partner holds tokens", query: pageRows, out: append(listOf("bindings", bindingRows), nextRow)},
	"DELETE /v1/partners/{id}/bindings/{payer}": {
		about: "Revoke all that a partner holds of a payer's account",
		out:   []field.Row{{Name: "partnerId", Need: field.Mandatory}, {Name: "payerId", Need: field.Mandatory}, {Name: "revoked", Kind: field.Number, Need: field.Mandatory, About: "how many tokens"}},
	},
	"GET /v1/partners/{id}": {about: "Show a partner", out: partnerRows},
	"PUT /v1/partners/{id}/notify": {
		about: "Set where a partner is notified", out: partnerRows,
		in: []field.Row{{Name: "url", About: "http or https; empty: nowhere"}},
	},
	"GET /v1/ledger/check": {about: "Check every invariant of the books", out: []field.Row{
		{Name: "balanced", Kind: field.Bool, Need: field.Mandatory}, {Name: "codes", Kind: field.Number, Need: field.Mandatory},
		{Name: "payments", Kind: field.Number, Need: field.Mandatory}, {Name: "transfers", Kind: field.Number, Need: field.Mandatory},
		{Name: "postings", Kind: field.Number, Need: field.Mandatory}, {Name: "total", Need: field.Mandatory},
		{Name: "unbalancedTransfers", Kind: field.Array, Need: field.Mandatory}, {Name: "wrongWallets", Kind: field.Array, Need: field.Mandatory},
		{Name: "accounts", Kind: field.Array, Need: field.Mandatory}, {Name: "accounts[]", Kind: field.Object, Need: field.Mandatory},
		{Name: "accounts[].account", Need: field.Mandatory}, {Name: "accounts[].balance", Need: field.Mandatory},
	}},
	"POST /v1/sandbox/pay": {
		about: "Pay a code as an outside payer", out: paymentRows,
		in: []field.Row{
			{Name: "referenceNo", About: "the code's, or the partner's"}, {Name: "partnerReferenceNo", About: "the partner's, or the code's"},
			{Name: "qrContent", About: "the payload, in place of a reference"}, money,
		},
	},
	"GET /v1/sandbox/pay": {about: "Pay a code by an address that can be opened", text: true, query: []field.Row{
		{Name: "ref", Need: field.Mandatory, About: "the code's or the partner's reference"}, money, {Name: "token", About: "the admin token, in place of the header"},
	}},
	"POST /v1/sandbox/clock": {
		about: "Move the sandbox's clock", out: clockRows,
		in: []field.Row{{Name: "advance", About: "by so much, as in 15m"}, {Name: "set", About: "to this moment, RFC 3339"}},
	},
	"GET /v1/sandbox/clock": {about: "Show the sandbox's clock", out: clockRows},
	"POST /v1/payers/{id}/auth-code": {
		about: "Record a payer's consent to a partner",
		in:    []field.Row{{Name: "partnerID", Need: field.Mandatory}}, out: []field.Row{{Name: "authCode", Need: field.Mandatory}},
	},
	"GET /v1/openapi.json": {about: "This document"},
}

func listOf(name string, rows []field.Row) []field.Row {
	all := []field.Row{{Name: name, Kind: field.Array, Need: field.Mandatory}, {Name: name + "[]", Kind: field.Object, Need: field.Mandatory}}
	for _, r := range rows {
		r.Name = name + "[]." + r.Name
		all = append(all, r)
	}
	return all
}
