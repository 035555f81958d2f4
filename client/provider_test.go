package client_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

const (
	partnerID = "82150823919040624621823174737537"
	clientKey = "client-key"
	secretKey = "xS3vNQQgJRemFF0SZfXkZOq3r7kQ9n5YJgK4Wg0tVCQ"
	channelID = "95221"
)

var privateKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// provider is a server that answers a request only if its headers are right
// and its signature verifies.
type provider struct {
	t    *testing.T
	spec client.Provider
	url  string

	mu     sync.Mutex
	issued int               // tokens
	life   string            // expiresIn
	seen   []*http.Request   // accepted or not, without those for tokens
	bodies []string          // of seen
	answer http.HandlerFunc  // of a genuine request; nil answers with a success
	grants map[string]string // body of the last token request by path
}

func serve(t *testing.T, spec client.Provider) *provider {
	p := &provider{t: t, spec: spec, life: `"900"`, grants: make(map[string]string)}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *provider) config() client.Config {
	return client.Config{
		BaseURL: p.url, Provider: p.spec, PartnerID: partnerID, ClientKey: clientKey,
		ClientSecret: secretKey, PrivateKey: privateKey(), ChannelID: channelID,
	}
}

func (p *provider) client(change ...func(*client.Config)) *client.Client {
	p.t.Helper()
	config := p.config()
	for _, c := range change {
		c(&config)
	}
	c, err := client.New(config)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Error(err)
	}
	p.mu.Lock()
	answer := p.answer
	p.mu.Unlock()
	op, ok := p.operation(r.URL.Path)
	switch {
	case !ok:
		reply(w, 404, `{"responseCode":"4040000","responseMessage":"Invalid Routing"}`)
	case op.Scheme == snap.TokenRequest:
		p.token(w, r, body)
	default:
		p.mu.Lock()
		p.seen, p.bodies = append(p.seen, r), append(p.bodies, string(body))
		p.mu.Unlock()
		if fault := p.fault(op, r, body); fault != "" {
			reply(w, 401, fmt.Sprintf(`{"responseCode":"4014700","responseMessage":"Unauthorized. %s"}`, fault))
		} else if answer != nil {
			answer(w, r)
		} else {
			reply(w, 200, `{"responseCode":"2004700","responseMessage":"Successful"}`)
		}
	}
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func (p *provider) operation(path string) (client.Operation, bool) {
	for _, op := range p.spec.Operations {
		if op.Path == path {
			return op, true
		}
	}
	return client.Operation{}, false
}

// token issues "token-1", "token-2" and so on.
func (p *provider) token(w http.ResponseWriter, r *http.Request, body []byte) {
	key, at := r.Header.Get(snap.HeaderClientKey), r.Header.Get(snap.HeaderTimestamp)
	if err := snap.VerifyToken(&privateKey().PublicKey, key, at, r.Header.Get(snap.HeaderSignature)); err != nil || key != clientKey {
		reply(w, 401, `{"responseCode":"4017300","responseMessage":"Unauthorized. Invalid Signature"}`)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.issued++
	p.grants[r.URL.Path] = string(body)
	reply(w, 200, fmt.Sprintf(`{"responseCode":"2007300","responseMessage":"Successful","accessToken":"token-%d","tokenType":"Bearer","expiresIn":%s,
		"accessTokenExpiryTime":"2026-01-31T10:00:00+07:00","refreshToken":"refresh-%d","refreshTokenExpiryTime":"never"}`, p.issued, p.life, p.issued))
}

// fault says what is wrong with a request, nothing if it is genuine.
func (p *provider) fault(op client.Operation, r *http.Request, body []byte) string {
	h := r.Header
	want := map[string]string{"Content-Type": "application/json", snap.HeaderPartnerID: partnerID, "CHANNEL-ID": channelID}
	if p.spec.ChannelHeader != "" {
		delete(want, "CHANNEL-ID")
		want[p.spec.ChannelHeader] = channelID
	}
	m := snap.Message{Method: r.Method, Path: r.RequestURI, Body: body, Timestamp: h.Get(snap.HeaderTimestamp)}
	if op.Scheme != snap.Asymmetric {
		m.AccessToken = strings.TrimPrefix(h.Get(snap.HeaderAuthorization), "Bearer ")
		want[snap.HeaderAuthorization] = "Bearer " + m.AccessToken
		if !p.knows(m.AccessToken) {
			return "Authorization is " + h.Get(snap.HeaderAuthorization)
		}
	}
	for name, value := range want {
		if h.Get(name) != value {
			return name + " is " + h.Get(name)
		}
	}
	if id := h.Get(snap.HeaderExternalID); id == "" || len(id) > 36 {
		return "X-EXTERNAL-ID is " + id
	}
	if _, err := snap.ParseTimestampLoose(m.Timestamp); err != nil {
		return "X-TIMESTAMP is " + m.Timestamp
	}
	if err := verify(op.Scheme, m, h.Get(snap.HeaderSignature)); err != nil {
		return "Invalid Signature"
	}
	return ""
}

// knows reports whether a token was issued; many live at once.
func (p *provider) knows(token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	number, err := strconv.Atoi(strings.TrimPrefix(token, "token-"))
	return err == nil && number > 0 && number <= p.issued
}

func verify(scheme snap.Scheme, m snap.Message, signature string) error {
	if scheme == snap.Symmetric {
		return snap.VerifySymmetric(secretKey, m, signature)
	}
	return snap.VerifyAsymmetric(&privateKey().PublicKey, m, scheme == snap.AsymmetricWithToken, signature)
}

// answers makes every genuine request be answered so.
func (p *provider) answers(status int, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func(w http.ResponseWriter, _ *http.Request) { reply(w, status, body) }
}

func (p *provider) last() (*http.Request, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.seen) == 0 {
		p.t.Fatal("no request came")
	}
	return p.seen[len(p.seen)-1], p.bodies[len(p.bodies)-1]
}

func (p *provider) counts() (tokens, requests int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.issued, len(p.seen)
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// customer is a token for operations that need a customer's.
func customer(op client.Operation) string {
	if op.Customer {
		return "customer-token"
	}
	return ""
}

func mustCall(t *testing.T, c *client.Client, operation string, body any, token string, options ...client.Option) client.Response {
	t.Helper()
	r, err := c.Call(context.Background(), operation, body, token, options...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fields(t *testing.T, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return m
}
