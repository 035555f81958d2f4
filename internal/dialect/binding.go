package dialect

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Binding is how a payer's consent is asked for (GET get-auth-code, service
// 10): the partner sends the payer's browser to an address of the provider's,
// which sends it back with an authorisation code. A provider lets the payer
// log in there. Nobody logs in here, so only a sandbox serves it.
type Binding struct {
	Service snap.Service
	Path    string
	Query   []field.Row // the parameters of the address
	// Headers are those that stand in for an absent parameter.
	Headers  map[string]string
	Seamless []field.Row // the members of the JSON in seamlessData
}

// The parameters of service 10 that Grant looks at.
const (
	PartnerParam      = "partnerId"
	StateParam        = "state"
	RedirectParam     = "redirectUrl"
	SeamlessParam     = "seamlessData"
	SeamlessSignParam = "seamlessSign"
	MobileNumber      = "mobileNumber" // in seamlessData
)

// exchange is the operation that the code is for: a partner whose agreement
// lacks it has no use for a consent.
const exchange = "customer-token"

// Consent is one request for a payer's consent.
type Consent struct {
	Core   *pay.Core
	Query  func(name string) []string // all values of a parameter
	Header func(name string) string
	Payer  string // who consents where the request names nobody
	// Verify checks the partner's RSA signature over a text.
	Verify func(p *pay.Partner, text, signature string) error
}

// Grant records the consent and gives the address where the browser goes on:
// redirectUrl with authCode and state. The mobileNumber of seamlessData, which
// the partner signs, is the id of the payer.
func (d *Dialect) Grant(ctx context.Context, c Consent) (string, error) {
	if err := c.check(d.Binding); err != nil {
		return "", err
	}
	back, err := redirect(c.get(d.Binding, RedirectParam))
	if err != nil {
		return "", err
	}
	partner, err := c.partner(ctx, d)
	if err != nil {
		return "", err
	}
	payer, err := c.payer(d.Binding, partner)
	if err != nil {
		return "", err
	}
	code, err := c.Core.Authorize(ctx, partner, payer)
	if err != nil {
		return "", err
	}
	query := back.Query()
	query.Set("authCode", code.Text)
	query.Set(StateParam, c.get(d.Binding, StateParam))
	back.RawQuery = query.Encode()
	return back.String(), nil
}

func (c *Consent) check(b *Binding) error {
	values := func(name string) []string { return c.values(b, name) }
	fault, _ := field.CheckHeaders(b.Query, values, false)
	return refusal(fault)
}

// refusal is the error of a fault, or nil.
func refusal(fault *field.Fault) error {
	switch {
	case fault == nil:
		return nil
	case fault.Missing:
		return pay.RefuseField(pay.MissingField, fault.Field, fault.Why)
	}
	return pay.RefuseField(pay.InvalidFormat, fault.Field, fault.Why)
}

// values gives a parameter, or the header that stands in for it. A plus sign
// that was not escaped, as in the documents' own samples, has become a space:
// in a time or a signature it can only have been a plus.
func (c *Consent) values(b *Binding, name string) []string {
	values := c.Query(name)
	if len(values) == 0 {
		if text := c.header(b, name); text != "" {
			values = []string{text}
		}
	}
	if name != "timestamp" && name != SeamlessSignParam {
		return values
	}
	mended := make([]string, len(values))
	for i, v := range values {
		mended[i] = strings.ReplaceAll(v, " ", "+")
	}
	return mended
}

func (c *Consent) header(b *Binding, name string) string {
	header, ok := b.Headers[name]
	if !ok {
		return ""
	}
	return c.Header(header)
}

func (c *Consent) get(b *Binding, name string) string {
	if values := c.values(b, name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// redirect reads the address to go on to: a page or an app's deep link.
func redirect(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, &pay.Error{Kind: pay.InvalidFormat, Field: RedirectParam, Detail: "reading the address", Cause: err}
	}
	if u.Scheme == "" || u.Host == "" {
		return nil, pay.RefuseField(pay.InvalidFormat, RedirectParam, "it must be a whole address, as in https://shop.example/bound")
	}
	return u, nil
}

// partner finds who asks, by partner id or client key.
func (c *Consent) partner(ctx context.Context, d *Dialect) (*pay.Partner, error) {
	id := c.get(d.Binding, PartnerParam)
	p, err := c.Core.Partner(ctx, id)
	if errors.Is(err, pay.ErrNotFound) {
		p, err = c.Core.PartnerByClientKey(ctx, id)
	}
	switch {
	case errors.Is(err, pay.ErrNotFound), err == nil && p.Dialect != d.Name:
		return nil, pay.RefuseField(pay.UnknownClient, PartnerParam, "no partner of "+d.Title+" has this id")
	case err != nil:
		return nil, err
	case p.Standing != pay.Active:
		return nil, pay.Refuse(pay.PartnerSuspended, "the partner is "+string(p.Standing))
	case !p.Allows(exchange):
		return nil, pay.Refuse(pay.ForbiddenAPI, exchange+" is outside the partner's agreement")
	}
	return p, nil
}

// payer is who consents: the one that seamlessData names, which the partner
// must have signed.
func (c *Consent) payer(b *Binding, p *pay.Partner) (string, error) {
	seamless := c.get(b, SeamlessParam)
	if seamless == "" {
		return c.Payer, nil
	}
	signature := c.get(b, SeamlessSignParam)
	if signature == "" {
		return "", pay.RefuseField(pay.MissingField, SeamlessSignParam, "seamlessData must be signed with the partner's private key")
	}
	if err := c.Verify(p, seamless, signature); err != nil {
		return "", &pay.Error{Kind: pay.BadSignature, Field: SeamlessSignParam, Detail: "it must be SHA256withRSA over seamlessData as sent", Cause: err}
	}
	members, err := field.Parse([]byte(seamless))
	if err != nil {
		return "", &pay.Error{Kind: pay.InvalidFormat, Field: SeamlessParam, Detail: "reading it as JSON", Cause: err}
	}
	fault, _ := field.CheckBody(b.Seamless, members, false)
	return cmp.Or(members.Get(MobileNumber).Text(), c.Payer), refusal(fault)
}
