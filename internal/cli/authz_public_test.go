package cli

import (
	"net/http"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// intruder is one way to call an API without being entitled to.
type intruder struct {
	name string
	kind pay.Kind // of the refusal
	// stray: nobody is known to be behind the request, so the first dialect of
	// the path answers.
	stray bool
	of    func(*dialect.Dialect, *dialect.Operation) bool // whom it is about; nil: everybody
	forge func(*callers, *call)                           // makes the valid call one that is not
}

// The operations that an intruder is about.
func usesToken(_ *dialect.Dialect, op *dialect.Operation) bool {
	return op.Auth != dialect.AuthToken && op.Auth != dialect.AuthAsymmetric
}
func demandsToken(d *dialect.Dialect, op *dialect.Operation) bool {
	return usesToken(d, op) && op.Auth != dialect.AuthEither
}
func takesEither(_ *dialect.Dialect, op *dialect.Operation) bool {
	return op.Auth == dialect.AuthEither
}
func takesRSA(_ *dialect.Dialect, op *dialect.Operation) bool {
	return op.Auth == dialect.AuthWithToken
}
func ofCustomer(_ *dialect.Dialect, op *dialect.Operation) bool { return op.Customer }
func namesPartner(d *dialect.Dialect, op *dialect.Operation) bool {
	return usesToken(d, op) && !d.AnyPartnerID
}
func namesAnyPartner(d *dialect.Dialect, op *dialect.Operation) bool {
	return usesToken(d, op) && d.AnyPartnerID
}

// strays: a token is whose it is, so an X-PARTNER-ID that nobody has strays
// only without one.
func strays(d *dialect.Dialect, op *dialect.Operation) bool { return !usesToken(d, op) }

// intruders are the rows of the matrix; its columns are all operations at all
// their paths.
var intruders = []intruder{
	{name: "no signature", kind: pay.MissingHeader, forge: without(snap.HeaderSignature)},
	{name: "no timestamp", kind: pay.MissingHeader, forge: without(snap.HeaderTimestamp)},
	{name: "a signature that is none", kind: pay.BadSignature, forge: with(snap.HeaderSignature, "AAAA")},
	{name: "signed with a key and a secret of nobody", kind: pay.BadSignature, forge: func(p *callers, c *call) { c.signedBy(p.nobody) }},
	{name: "signed by another partner", kind: pay.BadSignature, forge: func(p *callers, c *call) { c.signedBy(p.other) }},
	{name: "revoked key and secret", kind: pay.BadSignature, forge: func(p *callers, c *call) { c.from(p.revoked) }},
	{name: "suspended partner", kind: pay.PartnerSuspended, forge: func(p *callers, c *call) { c.from(p.suspended) }},
	{name: "outside the agreement", kind: pay.ForbiddenAPI, forge: func(p *callers, c *call) { c.from(p.denied) }},
	{name: "from elsewhere", kind: pay.UnknownClient, forge: func(p *callers, c *call) { c.from(p.elsewhere) }},
	{name: "partner of another dialect", kind: pay.ForbiddenAPI, forge: func(p *callers, c *call) { c.from(p.foreigner) }},
	{name: "unknown client", kind: pay.UnknownClient, stray: true, of: strays, forge: func(p *callers, c *call) { c.from(p.nobody) }},
	{name: "X-PARTNER-ID of nobody", kind: pay.UnknownClient, of: namesPartner, forge: with(snap.HeaderPartnerID, "nobody")},
	{name: "X-PARTNER-ID of another partner", kind: pay.UnknownClient, of: namesPartner, forge: func(p *callers, c *call) { c.header.Set(snap.HeaderPartnerID, p.other.PartnerID) }},
	{name: "a time before the window", kind: pay.BadTimestamp, forge: func(_ *callers, c *call) { c.timestamp = c.h.nowAnd(-authzSkew - time.Minute) }},
	{name: "a time after the window", kind: pay.BadTimestamp, forge: func(_ *callers, c *call) { c.timestamp = c.h.nowAnd(authzSkew + time.Minute) }},
	{name: "another time than was signed", kind: pay.BadSignature, forge: func(_ *callers, c *call) { c.header.Set(snap.HeaderTimestamp, c.h.nowAnd(-time.Minute)) }},

	{name: "no token", kind: pay.MissingHeader, of: demandsToken, forge: without(snap.HeaderAuthorization)},
	{name: "no token, signed as if there were one", kind: pay.BadSignature, of: takesEither, forge: without(snap.HeaderAuthorization)},
	{name: "no token, RSA of another partner", kind: pay.BadSignature, of: takesEither, forge: func(p *callers, c *call) { c.asymmetric(); c.signedBy(p.other) }},
	{name: "token, RSA of another partner", kind: pay.BadSignature, of: takesRSA, forge: func(p *callers, c *call) { c.signWithToken(p.other) }},
	{name: "credentials that are no bearer's", kind: pay.InvalidToken, of: usesToken, forge: with(snap.HeaderAuthorization, "Basic cXJpczpxcmlz")},
	{name: "a token that was never issued", kind: pay.TokenNotFound, of: usesToken, forge: func(_ *callers, c *call) { c.token = "never-issued" }},
	{name: "an expired token", kind: pay.InvalidToken, of: usesToken, forge: func(p *callers, c *call) { c.token = p.expired }},
	{name: "a token that was revoked", kind: pay.InvalidToken, of: usesToken, forge: func(p *callers, c *call) { c.token = p.ended }},
	{name: "a payer's token for the partner's", kind: pay.InvalidToken, of: usesToken, forge: func(p *callers, c *call) { c.token = p.customer }},
	{name: "another partner's token", kind: pay.UnknownClient, of: namesPartner, forge: func(p *callers, c *call) { c.token = p.other.token }},
	{name: "another partner's token", kind: pay.BadSignature, of: namesAnyPartner, forge: func(p *callers, c *call) { c.token = p.other.token }},

	{name: "no customer token", kind: pay.MissingHeader, of: ofCustomer, forge: without(snap.HeaderAuthorizationCustomer)},
	{name: "a customer token that was never issued", kind: pay.CustomerNotFound, of: ofCustomer, forge: with(snap.HeaderAuthorizationCustomer, "never-issued")},
	{name: "an expired customer token", kind: pay.InvalidCustomer, of: ofCustomer, forge: func(p *callers, c *call) { c.customer(p.expiredCustomer) }},
	{name: "a customer token that was revoked", kind: pay.InvalidCustomer, of: ofCustomer, forge: func(p *callers, c *call) { c.customer(p.endedCustomer) }},
	{name: "a customer token of a binding that was revoked", kind: pay.InvalidCustomer, of: ofCustomer, forge: func(p *callers, c *call) { c.customer(p.unbound) }},
	{name: "a customer token of another partner", kind: pay.InvalidCustomer, of: ofCustomer, forge: func(p *callers, c *call) { c.customer(p.otherCustomer) }},
	{name: "the partner's token for a customer's", kind: pay.InvalidCustomer, of: ofCustomer, forge: func(p *callers, c *call) { c.customer(p.own.token) }},
}

func without(name string) func(*callers, *call) {
	return func(_ *callers, c *call) { c.header[http.CanonicalHeaderKey(name)] = nil }
}

func with(name, value string) func(*callers, *call) {
	return func(_ *callers, c *call) { c.header.Set(name, value) }
}

// from makes the call somebody else's altogether.
func (c *call) from(p party) {
	c.credentials = p.Credentials
	if p.token != "" {
		c.token = p.token
	}
}

// signedBy keeps who the call says it is of.
func (c *call) signedBy(p party) {
	c.credentials.ClientSecret, c.credentials.PrivateKey = p.ClientSecret, p.PrivateKey
}

func (c *call) customer(token string) { c.header.Set(snap.HeaderAuthorizationCustomer, token) }

// asymmetric leaves out the token.
func (c *call) asymmetric() {
	op := *c.op
	op.Auth = dialect.AuthAsymmetric
	c.op = &op
}

// signWithToken signs the five parts with RSA.
func (c *call) signWithToken(p party) {
	key, err := snap.ParsePrivateKey(p.PrivateKey)
	if err != nil {
		c.h.t.Fatal(err)
	}
	text := snap.StringToSign(snap.AsymmetricWithToken, snap.Message{Method: c.method, Path: c.path, AccessToken: c.token, Body: c.raw, Timestamp: c.timestamp})
	signature, err := snap.SignRSA(key, text)
	if err != nil {
		c.h.t.Fatal(err)
	}
	c.header.Set(snap.HeaderSignature, signature)
}

// column is one operation at one of its paths.
type column struct {
	*harness
	d       *dialect.Dialect
	op      *dialect.Operation
	path    string
	callers *callers
	raw     []byte // a valid body
}

// valid prepares the call that would be carried out.
func (c column) valid() *call {
	call := c.call(c.d.Name, c.op.Name, c.raw)
	call.path, call.token = c.path, c.callers.own.token
	return call
}

// answering is who answers a request that nobody is known to be behind: the
// first dialect that has the path.
func (c column) answering() (*dialect.Dialect, *dialect.Operation) {
	for i := range c.dialects {
		d := &c.dialects[i]
		for j := range d.Operations {
			for _, path := range pathsOf(d, &d.Operations[j]) {
				if path == c.path {
					return d, &d.Operations[j]
				}
			}
		}
	}
	c.t.Fatalf("no dialect has %s", c.path)
	return nil, nil
}

// pathsOf are all paths at which a server has an operation.
func pathsOf(d *dialect.Dialect, op *dialect.Operation) []string {
	var all []string
	for _, path := range op.Paths {
		all = append(all, path, "/"+d.Name+path)
	}
	return all
}

// refuses sends what an intruder would and wants the dialect's code for it.
func (c column) refuses(i intruder) {
	c.t.Helper()
	d, op := c.d, c.op
	if i.stray {
		d, op = c.answering()
	}
	forged := c.valid()
	i.forge(c.callers, forged)
	r := forged.send()
	what := c.path + ", " + i.name
	r.refusedAs(c.t, op, what)
	if want := d.Outcome(op, i.kind).Case.Code(op.Service); r.code != want {
		c.t.Errorf("%s: %v, want %s", what, r, want)
	}
}

// TestAuthorisationOfAPIs is the matrix of the public listener: every operation
// of every dialect at each of its paths, called by everybody who may not. Each
// is refused with the code that the dialect's document has for it, and changes
// nothing; the same request of whoever may is then carried out.
func TestAuthorisationOfAPIs(t *testing.T) {
	h := startGuarded(t)
	all := h.gather()
	cells := 0
	h.eachOperation(t, func(h *harness, d *dialect.Dialect, op *dialect.Operation) {
		c := column{harness: h, d: d, op: op, callers: all[d.Name], raw: mustJSON(h.t, h.body(d.Name, op.Name))}
		before := h.state()
		for _, c.path = range pathsOf(d, op) {
			for _, i := range intruders {
				if i.of == nil || i.of(d, op) {
					c.refuses(i)
					cells++
				}
			}
		}
		if after := h.state(); after != before {
			h.t.Fatalf("a refused request changed the books:\n%s\n%s", before, after)
		}
		c.path = op.Paths[0]
		c.valid().send().want(h.t, op.Success.Case.Code(op.Service), "")
	})
	h.books()
	t.Logf("%d requests were refused", cells)
}
