package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

func TestEveryOperationOfEveryProviderIsGenuine(t *testing.T) {
	for _, spec := range client.Providers() {
		p := serve(t, spec)
		c := p.client()
		for name, op := range spec.Operations {
			r, err := c.Call(context.Background(), name, map[string]string{"partnerReferenceNo": "1"}, customer(op))
			if err != nil || r.HTTPStatus != 200 || !strings.HasPrefix(r.Code, "200") || r.Message != "Successful" {
				t.Errorf("%s %s: %d %s %s, %v", spec.Name, name, r.HTTPStatus, r.Code, r.Message, err)
			}
		}
	}
}

func TestAsymmetricWithTokenIsSignedToo(t *testing.T) {
	spec := client.SpeedCash()
	spec.Operations[client.OpList] = client.Operation{Path: "/v1.0/qr/qr-generate-list", Scheme: snap.AsymmetricWithToken}
	mustCall(t, serve(t, spec).client(), client.OpList, struct{}{}, "")
}

// TestTheServerOfTheseTestsRefuses guards all others: a wrong key must fail.
func TestTheServerOfTheseTestsRefuses(t *testing.T) {
	for _, spec := range client.Providers() {
		p := serve(t, spec)
		for name, op := range spec.Operations {
			if op.Scheme != snap.Symmetric {
				continue
			}
			_, err := p.client(func(c *client.Config) { c.ClientSecret += "x" }).Call(context.Background(), name, struct{}{}, customer(op))
			if e := asError(t, err); e.Message != "Unauthorized. Invalid Signature" {
				t.Errorf("%s %s with a wrong secret: %v", spec.Name, name, err)
			}
		}
	}
}

func asError(t *testing.T, err error) *client.Error {
	t.Helper()
	var e *client.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *client.Error", err)
	}
	return e
}

func TestThePathOfBaseURLIsSigned(t *testing.T) {
	spec := client.DANA()
	spec.Operations[client.OpGenerate] = client.Operation{Path: "/mounted/v1.0/qr/qr-mpm-generate.htm", Scheme: snap.Asymmetric}
	p := serve(t, spec)
	c := p.client(func(c *client.Config) { c.BaseURL, c.Provider = p.url+"/mounted/", client.DANA() })
	mustCall(t, c, client.OpGenerate, struct{}{}, "")
	if r, _ := p.last(); r.RequestURI != "/mounted/v1.0/qr/qr-mpm-generate.htm" {
		t.Errorf("called %s", r.RequestURI)
	}
}

func TestTheSignedBytesAreTheSentBytes(t *testing.T) {
	p := serve(t, client.DANA())
	c := p.client()
	for _, test := range []struct {
		name    string
		body    any
		options []client.Option
		sent    string
	}{
		{"a value, without HTML escapes", map[string]string{"a": "x & <y>"}, nil, `{"a":"x & <y>"}`},
		{"bytes, without white space", []byte("{ \"a\" :\n\"x  y\", \"b\":1.00 }\n"), nil, `{"a":"x  y","b":1.00}`},
		{"escapes stay as they are", []byte(`{"a":"\/\u00e9"}`), nil, `{"a":"\/\u00e9"}`},
		{"bytes verbatim", []byte(`{ "a": 1 }`), []client.Option{client.Verbatim()}, `{ "a": 1 }`},
	} {
		mustCall(t, c, client.OpGenerate, test.body, "", test.options...)
		r, sent := p.last()
		if sent != test.sent {
			t.Errorf("%s: sent %s, want %s", test.name, sent, test.sent)
		}
		compact, err := snap.Compact(nil, []byte(sent))
		if err != nil {
			t.Fatal(err)
		}
		want, err := snap.SignRSA(privateKey(), snap.StringToSign(snap.Asymmetric, snap.Message{
			Method: "POST", Path: r.RequestURI, Body: compact, Timestamp: r.Header.Get(snap.HeaderTimestamp),
		}))
		if err != nil || r.Header.Get(snap.HeaderSignature) != want {
			t.Errorf("%s: another string was signed", test.name)
		}
	}
}

func TestOptionsFixHeaders(t *testing.T) {
	p := serve(t, client.Qoin())
	const at = "2022-08-24 11:14:17"
	mustCall(t, p.client(), client.OpGenerate, struct{}{}, "",
		client.WithExternalID("23456789012345"), client.WithTimestamp(at), client.WithHeader("ORIGIN", "www.hostname.com"))
	r, _ := p.last()
	for name, want := range map[string]string{snap.HeaderExternalID: "23456789012345", snap.HeaderTimestamp: at, snap.HeaderOrigin: "www.hostname.com"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestClockExternalIDAndDebugOfTheConfig(t *testing.T) {
	p := serve(t, client.DANA())
	at := time.Date(2026, 1, 31, 16, 59, 59, 0, time.UTC)
	c := p.client(func(c *client.Config) {
		c.Clock, c.ExternalID, c.Debug = func() time.Time { return at }, func() string { return "77" }, true
	})
	mustCall(t, c, client.OpGenerate, struct{}{}, "")
	r, _ := p.last()
	for name, want := range map[string]string{snap.HeaderTimestamp: "2026-01-31T23:59:59+07:00", snap.HeaderExternalID: "77", snap.HeaderDebugMode: "true"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestExternalIDsAreNumericAndDiffer(t *testing.T) {
	p := serve(t, client.DANA())
	c := p.client()
	seen := make(map[string]bool)
	for range 20 {
		mustCall(t, c, client.OpGenerate, struct{}{}, "")
		r, _ := p.last()
		id := r.Header.Get(snap.HeaderExternalID)
		if seen[id] || len(id) != 32 || strings.Trim(id, "0123456789") != "" {
			t.Fatalf("X-EXTERNAL-ID %q", id)
		}
		seen[id] = true
	}
}

func TestCustomerTokenHeader(t *testing.T) {
	for _, test := range []struct {
		spec client.Provider
		want string
	}{{client.Paydia(), "abc"}, {client.ASPI(), "Bearer abc"}} {
		p := serve(t, test.spec)
		for _, given := range []string{"abc", "Bearer abc"} {
			mustCall(t, p.client(), client.OpPayment, struct{}{}, given)
			r, _ := p.last()
			if got := r.Header.Get(snap.HeaderAuthorizationCustomer); got != test.want {
				t.Errorf("%s: %q for %q, want %q", test.spec.Name, got, given, test.want)
			}
		}
		if _, err := p.client().Call(context.Background(), client.OpPayment, struct{}{}, ""); err == nil {
			t.Errorf("%s: a payment without a customer was sent", test.spec.Name)
		}
	}
}

func TestNothingIsSentForWhatTheProviderDoesNotHave(t *testing.T) {
	p := serve(t, client.DANA())
	c := p.client()
	if _, err := c.Token(context.Background()); err == nil || !strings.Contains(err.Error(), "dana token: this provider has no such operation") {
		t.Errorf("a token of DANA: %v", err)
	}
	if _, err := c.Call(context.Background(), client.OpGenerate, []byte("{'a':1}"), ""); !errors.Is(err, snap.ErrBody) {
		t.Errorf("a body that is not JSON: %v", err)
	}
	if tokens, requests := p.counts(); tokens+requests > 0 {
		t.Errorf("%d requests were sent", tokens+requests)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	p := serve(t, client.Midtrans())
	for _, test := range []struct {
		change func(*client.Config)
		says   string
	}{
		{func(c *client.Config) { c.BaseURL = "" }, "BaseURL"},
		{func(c *client.Config) { c.BaseURL = "api.example.com" }, "BaseURL"},
		{func(c *client.Config) { c.BaseURL = "ftp://api.example.com" }, "BaseURL"},
		{func(c *client.Config) { c.BaseURL = "https://u:hunter2@api.example.com" }, "BaseURL"},
		{func(c *client.Config) { c.BaseURL = "https://u:hunter2@api.example.com:x" }, "BaseURL"},
		{func(c *client.Config) { c.BaseURL += "?a=b" }, "BaseURL"},
		{func(c *client.Config) { c.Provider = client.Provider{} }, "Provider"},
		{func(c *client.Config) { c.PartnerID, c.ClientKey = "", "" }, "PartnerID"},
		{func(c *client.Config) { c.ChannelID = "" }, "ChannelID"},
		{func(c *client.Config) { c.PrivateKey = nil }, "PrivateKey"},
		{func(c *client.Config) { c.ClientSecret = "" }, "ClientSecret"},
	} {
		config := p.config()
		test.change(&config)
		_, err := client.New(config)
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("want %s: %v", test.says, err)
		}
	}
	config := p.config()
	config.Provider, config.ClientSecret = client.DANA(), ""
	if _, err := client.New(config); err != nil {
		t.Errorf("DANA needs no client secret: %v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	p := serve(t, client.DANA())
	p.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	_, err := p.client().Call(context.Background(), client.OpGenerate, struct{}{}, "")
	if e := asError(t, err); e.HTTPStatus != http.StatusTemporaryRedirect {
		t.Errorf("%v", err)
	}
}

func TestManyGoroutinesShareOneToken(t *testing.T) {
	p := serve(t, client.Qoin())
	c := p.client()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := c.Call(context.Background(), client.OpGenerate, struct{}{}, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if tokens, requests := p.counts(); tokens != 1 || requests != 20 {
		t.Errorf("%d tokens for %d requests", tokens, requests)
	}
}

func TestTheTokenIsRenewedShortlyBeforeItsEnd(t *testing.T) {
	for _, test := range []struct {
		life string
		kept time.Duration // the longest time for which it is used
	}{{`"900"`, 840 * time.Second}, {`60`, 54 * time.Second}, {`"soon"`, 0}, {`null`, 0}} {
		p := serve(t, client.Qoin())
		p.life = test.life
		now := &clock{now: time.Date(2026, 1, 31, 10, 0, 0, 0, snap.Jakarta)}
		c := p.client(func(c *client.Config) { c.Clock = now.Now })
		for _, step := range []struct {
			wait time.Duration
			want string
		}{{0, "token-1"}, {test.kept - 1, "token-1"}, {1, "token-2"}} {
			if step.wait < 0 {
				continue
			}
			now.advance(step.wait)
			got, err := c.Token(context.Background())
			if err != nil || got.Text != step.want {
				t.Errorf("life %s: %v, %v, want %s", test.life, got, err, step.want)
			}
		}
	}
}

// TestATokenNeverSeemsToLiveLonger: its life counts from before the question.
func TestATokenNeverSeemsToLiveLonger(t *testing.T) {
	p := serve(t, client.Qoin())
	start := time.Date(2026, 1, 31, 10, 0, 0, 0, snap.Jakarta)
	now := &clock{now: start}
	slow := p.client(func(c *client.Config) {
		c.Clock = now.Now
		c.HTTP = &http.Client{Transport: carrier(func(r *http.Request) (*http.Response, error) {
			now.advance(10 * time.Second)
			return http.DefaultTransport.RoundTrip(r)
		})}
	})
	if token, err := slow.Token(context.Background()); err != nil || !token.ExpiresAt.Equal(start.Add(900*time.Second)) {
		t.Errorf("%v, %v", token.ExpiresAt, err)
	}
}

type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func TestARefusedTokenIsForgottenAndNothingRepeated(t *testing.T) {
	p := serve(t, client.Qoin())
	p.answers(401, `{"responseCode":"4014701","responseMessage":"Invalid Token (B2B)"}`)
	c := p.client()
	_, err := c.Call(context.Background(), client.OpGenerate, struct{}{}, "")
	if e := asError(t, err); e.Code != "4014701" || errors.Is(err, client.ErrUncertain) {
		t.Errorf("%v", err)
	}
	if tokens, requests := p.counts(); tokens != 1 || requests != 1 {
		t.Errorf("%d tokens and %d requests", tokens, requests)
	}
	if token, err := c.Token(context.Background()); err != nil || token.Text != "token-2" {
		t.Errorf("then %v, %v", token, err)
	}
}

func TestWaitingForATokenEndsWithTheContext(t *testing.T) {
	asked := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(asked)
		<-r.Context().Done()
	}))
	defer server.Close()
	c := serve(t, client.Qoin()).client(func(c *client.Config) { c.BaseURL = server.URL })
	first, stopFirst := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { _, err := c.Token(first); done <- err }()
	<-asked
	second, stopSecond := context.WithCancel(context.Background())
	stopSecond()
	if _, err := c.Token(second); !errors.Is(err, context.Canceled) {
		t.Errorf("the second: %v", err)
	}
	stopFirst()
	if err := <-done; !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrUncertain) {
		t.Errorf("the first: %v", err)
	}
}
