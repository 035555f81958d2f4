package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

// contract is sandbox.json, as far as it is used here.
type contract struct {
	AdminToken        string                 `json:"adminToken"`
	ProviderPublicKey string                 `json:"providerPublicKey"`
	Partners          map[string]credentials `json:"partners"`
}

type credentials struct {
	PartnerID    string `json:"partnerId"`
	ClientKey    string `json:"clientKey"`
	ClientSecret string `json:"clientSecret"`
	PrivateKey   string `json:"privateKey"`
	ChannelID    string `json:"channelId"`
	MerchantID   string `json:"merchantId"`
	StoreID      string `json:"storeId"`
	TerminalID   string `json:"terminalId"`
}

func readContract(path string) (contract, error) {
	var c contract
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	return c, err
}

// front is the front door: the partners' APIs and the management API, on one
// node or behind the balancer.
type front struct {
	admin    string // URL
	contract contract
	partners map[string]*partner
	http     *http.Client
}

// partner is an acquirer of the sandbox with the client that speaks for it.
type partner struct {
	acquirer
	name   string
	at     credentials
	client *client.Client
}

// patience is how long a client waits for an answer.
const patience = 15 * time.Second

func newFront(api, admin string, c contract, connections int) (*front, error) {
	f := &front{
		admin: admin, contract: c, partners: map[string]*partner{},
		http: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: connections, IdleConnTimeout: patience}},
	}
	for name, a := range acquirers {
		p, err := f.partner(api, name, a)
		if err != nil {
			return nil, fmt.Errorf("sandbox.json: %s: %w", name, err)
		}
		f.partners[name] = p
	}
	return f, nil
}

func (f *front) partner(api, name string, a acquirer) (*partner, error) {
	p := &partner{acquirer: a, name: name, at: f.contract.Partners[name]}
	key, err := snap.ParsePrivateKey(p.at.PrivateKey)
	if err != nil {
		return nil, err
	}
	provider := a.provider
	provider.Operations = make(map[string]client.Operation)
	for _, operations := range []map[string]client.Operation{a.provider.Operations, a.more} {
		for operation, o := range operations {
			provider.Operations[operation] = o
		}
	}
	p.client, err = client.New(client.Config{
		BaseURL: api, Provider: provider, PartnerID: p.at.PartnerID, ClientKey: p.at.ClientKey, ClientSecret: p.at.ClientSecret,
		PrivateKey: key, ChannelID: p.at.ChannelID, HTTP: f.http,
	})
	return p, err
}

// answer is what one sending came to.
type answer struct {
	outcome outcome
	http    int
	code    string
	body    []byte
	fault   string // instead of an answer, or what the client makes of it
	timeout bool
	node    string
}

// read decodes the body; what does not fit leaves zeros, which no check takes.
func (a answer) read(v any) { _ = json.Unmarshal(a.body, v) }

// text is a field of the body.
func (a answer) text(name string) string {
	var fields map[string]any
	a.read(&fields)
	s, _ := fields[name].(string)
	return s
}

// call sends a partner's request once.
func (f *front) call(ctx context.Context, p *partner, operation string, body any, customer, external string) answer {
	var options []client.Option
	if external != "" {
		options = append(options, client.WithExternalID(external))
	}
	r, err := p.client.Call(ctx, operation, body, customer, options...)
	a := answer{http: r.HTTPStatus, code: r.Code, body: r.Body, outcome: outcomeOf(err), timeout: timedOut(err), node: r.Header.Get(nodeHeader)}
	if err != nil {
		a.fault = err.Error()
	}
	var e *client.Error
	if errors.As(err, &e) {
		a.http, a.code = e.HTTPStatus, e.Code
	}
	return a
}

// outcomeOf judges the error of a call.
func outcomeOf(err error) outcome {
	var e *client.Error
	switch {
	case err == nil:
		return acknowledged
	case neverSent(err):
		return unsent
	case errors.As(err, &e) && e.Code == noNode:
		return unsent
	case errors.Is(err, client.ErrUncertain):
		return unknown
	case e == nil, e.HTTPStatus >= http.StatusInternalServerError:
		return unsent // there was no token to ask with
	case e.HTTPStatus == http.StatusConflict:
		return repeated
	}
	return refused
}

// neverSent reports whether no connection came about.
func neverSent(err error) bool {
	var e *net.OpError
	return errors.As(err, &e) && e.Op == "dial"
}

func timedOut(err error) bool { return errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err) }

// manage sends a request of the management API once.
func (f *front) manage(ctx context.Context, method, path string, in any) answer {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{outcome: unsent, fault: err.Error()}
	}
	req, err := http.NewRequestWithContext(ctx, method, f.admin+path, bytes.NewReader(body))
	if err != nil {
		return answer{outcome: unsent, fault: err.Error()}
	}
	req.Header.Set("Authorization", "Bearer "+f.contract.AdminToken)
	req.Header.Set("Content-Type", "application/json")
	res, err := f.http.Do(req)
	if err != nil {
		return managed(answer{fault: err.Error(), timeout: timedOut(err)}, err)
	}
	defer res.Body.Close()
	a := answer{http: res.StatusCode, node: res.Header.Get(nodeHeader)}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		a.fault = err.Error()
	}
	return managed(a, err)
}

func managed(a answer, err error) answer {
	if json.Valid(a.body) && a.http != 0 {
		a.code = strconv.Itoa(a.http) // the management API has no response codes of its own
	}
	switch {
	case neverSent(err), a.text("responseCode") == noNode:
		a.outcome = unsent
	case err != nil, a.http >= http.StatusInternalServerError:
		a.outcome = unknown
	case a.http == http.StatusOK:
		a.outcome = acknowledged
	default:
		a.outcome = refused
	}
	return a
}

// must manages and reads the answer, which must be a success.
func (f *front) must(ctx context.Context, method, path string, in, out any) error {
	a := f.manage(ctx, method, path, in)
	if a.outcome != acknowledged {
		return fmt.Errorf("%s %s: %d %s %s", method, path, a.http, a.body, a.fault)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return fmt.Errorf("%s %s: reading %s: %w", method, path, a.body, err)
	}
	return nil
}

// pay is the outside payer, who has no reference of its own.
func (f *front) pay(ctx context.Context, ref string) answer {
	return f.manage(ctx, http.MethodPost, "/v1/sandbox/pay", object{"referenceNo": ref})
}
