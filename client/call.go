package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/qrisd/qrisd/snap"
)

// Option changes one request.
type Option func(*request)

// WithExternalID fixes X-EXTERNAL-ID.
func WithExternalID(id string) Option { return func(r *request) { r.externalID = id } }

// WithTimestamp fixes X-TIMESTAMP to a literal text, such as one of
// [snap.FormatTimestamp].
func WithTimestamp(text string) Option { return func(r *request) { r.timestamp = text } }

// WithHeader sets a header that the signature does not cover, such as ORIGIN
// or X-DEVICE-ID.
func WithHeader(name, value string) Option {
	return func(r *request) { r.header.Set(name, value) }
}

// Verbatim sends a []byte body with its white space. The signature is then
// over its compact form, as the standard says, and not over the bytes sent.
func Verbatim() Option { return func(r *request) { r.verbatim = true } }

// request is one call on its way.
type request struct {
	name       string // "dana generate", for errors
	operation  Operation
	body       []byte
	header     http.Header
	externalID string
	timestamp  string
	verbatim   bool
	token      string // B2B
	customer   string
	secrets    []string // that the body holds
}

// secret names what no error may repeat.
func secret(values ...string) Option {
	return func(r *request) { r.secrets = append(r.secrets, values...) }
}

// Call sends one request and reads its answer. The operation is one of the
// provider's, such as [OpGenerate]. A body of []byte or [json.RawMessage] is
// sent without its insignificant white space and otherwise as it is; any other
// value is encoded as JSON without HTML escapes. The signature is over exactly
// the bytes that are sent. The customer's token, with or without "Bearer ", is
// empty for operations that need none.
//
// An answer that is not a success is an [*Error], beside which the Response is
// given too. An [ErrUncertain] means that the request may have been carried
// out. An answer of HTTP 401 also makes the client forget its access token, so
// that the next call gets another; it does not repeat this one.
func (c *Client) Call(ctx context.Context, operation string, body any, customerToken string, options ...Option) (Response, error) {
	r, err := c.prepare(operation, body, options)
	if err != nil {
		return Response{}, err
	}
	if r.operation.Customer && customerToken == "" {
		return Response{}, fmt.Errorf("%s: it needs a customer's token (see CustomerToken)", r.name)
	}
	r.customer = bare(customerToken)
	if s := r.operation.Scheme; s == snap.Symmetric || s == snap.AsymmetricWithToken {
		t, err := c.Token(ctx)
		if err != nil {
			return Response{}, fmt.Errorf("%s needs an access token: %w", r.name, err)
		}
		r.token = t.Text
	}
	return c.send(ctx, r)
}

func (c *Client) prepare(operation string, body any, options []Option) (*request, error) {
	r := &request{name: c.config.Provider.Name + " " + operation, header: make(http.Header)}
	var ok bool
	if r.operation, ok = c.config.Provider.Operations[operation]; !ok {
		return nil, fmt.Errorf("%s: this provider has no such operation", r.name)
	}
	for _, option := range options {
		option(r)
	}
	if r.timestamp == "" {
		r.timestamp = snap.FormatTimestamp(c.config.Clock())
	}
	if r.externalID == "" {
		r.externalID = c.config.ExternalID()
	}
	var err error
	if r.body, err = encode(body, r.verbatim); err != nil {
		return nil, fmt.Errorf("%s: the body: %w", r.name, err)
	}
	return r, nil
}

func encode(body any, verbatim bool) ([]byte, error) {
	switch b := body.(type) {
	case []byte:
		return compact(b, verbatim)
	case json.RawMessage:
		return compact(b, verbatim)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func compact(body []byte, verbatim bool) ([]byte, error) {
	if verbatim {
		return body, nil
	}
	return snap.Compact(nil, body)
}

// send signs the request, sends it once and reads the answer.
func (c *Client) send(ctx context.Context, r *request) (Response, error) {
	req, err := c.signed(ctx, r)
	if err != nil {
		return Response{}, fmt.Errorf("%s: %w", r.name, err)
	}
	res, err := c.config.HTTP.Do(req)
	if err != nil {
		return Response{}, r.unanswered(err)
	}
	defer res.Body.Close()
	answer := Response{HTTPStatus: res.StatusCode, Header: res.Header}
	answer.Body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(answer.Body) > maxAnswer {
		err = errTooLong
	}
	if err != nil {
		return Response{}, r.unanswered(err)
	}
	err = c.judge(r, &answer)
	if res.StatusCode == http.StatusUnauthorized {
		c.tokens.forget(r.token)
	}
	return answer, err
}

// signed makes the HTTP request. The path that is signed is the path that is
// called, that of BaseURL included.
func (c *Client) signed(ctx context.Context, r *request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.String()+r.operation.Path, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	signature, err := snap.Sign(r.operation.Scheme, snap.Credentials{Secret: c.config.ClientSecret, PrivateKey: c.config.PrivateKey}, snap.Message{
		Method: req.Method, Path: req.URL.RequestURI(), AccessToken: r.token, Body: r.body,
		Timestamp: r.timestamp, ClientKey: c.config.ClientKey,
	})
	if err != nil {
		return nil, err
	}
	req.Header = r.header
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(snap.HeaderTimestamp, r.timestamp)
	req.Header.Set(snap.HeaderSignature, signature)
	c.identify(r)
	return req, nil
}

// identify sets the headers that say who calls, and for whom.
func (c *Client) identify(r *request) {
	if c.config.Debug {
		r.header.Set(snap.HeaderDebugMode, "true")
	}
	if r.operation.Scheme == snap.TokenRequest {
		r.header.Set(snap.HeaderClientKey, c.config.ClientKey)
		return
	}
	r.header.Set(snap.HeaderPartnerID, c.config.PartnerID)
	r.header.Set(snap.HeaderExternalID, r.externalID)
	r.header.Set(c.config.Provider.ChannelHeader, c.config.ChannelID)
	if r.token != "" {
		r.header.Set(snap.HeaderAuthorization, bearer+r.token)
	}
	switch {
	case r.customer == "":
	case c.config.Provider.BareCustomer:
		r.header.Set(snap.HeaderAuthorizationCustomer, r.customer)
	default:
		r.header.Set(snap.HeaderAuthorizationCustomer, bearer+r.customer)
	}
}
