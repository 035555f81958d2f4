package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

func TestWhatAnAnswerIs(t *testing.T) {
	for _, test := range []struct {
		name      string
		status    int
		body      string
		err       string // empty for a success
		uncertain bool
	}{
		{"success", 200, `{"responseCode":"2004700","responseMessage":"Successful"}`, "", false},
		{"in progress", 202, `{"responseCode":"2024700","responseMessage":"Request In Progress"}`, "", false},
		{"code as a number", 200, `{"responseCode":2004700,"responseMessage":null}`, "", false},
		{"refused", 400, `{"responseCode":"4004701","responseMessage":"Invalid Field Format amount"}`, "dana generate: 4004701 Invalid Field Format amount", false},
		{"explained", 400, `{"responseCode":"4004701","responseMessage":"Invalid Field Format amount","additionalInfo":{"debugMessage":"two decimals"}}`, "dana generate: 4004701 Invalid Field Format amount: two decimals", false},
		{"additionalInfo is text", 403, `{"responseCode":"4034702","responseMessage":"Exceeds","additionalInfo":"no"}`, "dana generate: 4034702 Exceeds", false},
		{"refused with HTTP 200", 200, `{"responseCode":"4044708","responseMessage":"Invalid Merchant"}`, "dana generate: 4044708 Invalid Merchant (HTTP 200)", false},
		{"failed", 500, `{"responseCode":"5004701","responseMessage":"Internal Server Error"}`, "dana generate: 5004701 Internal Server Error; it may have been carried out", true},
		{"success with HTTP 500", 500, `{"responseCode":"2004700","responseMessage":"Successful"}`, "dana generate: 2004700 Successful (HTTP 500); it may", true},
		{"a proxy's page", 502, `<html>Bad Gateway</html>`, "the answer is no SNAP answer", true},
		{"a page with HTTP 200", 200, `<html>Welcome</html>`, "the answer is no SNAP answer", true},
		{"a page with HTTP 404", 404, `<html>Not found</html>`, "(HTTP 404)", false},
		{"JSON without a code", 200, `{}`, "the answer is no SNAP answer", true},
	} {
		p := serve(t, client.DANA())
		p.answers(test.status, test.body)
		r, err := p.client().Call(context.Background(), client.OpGenerate, struct{}{}, "")
		if string(r.Body) != test.body || r.HTTPStatus != test.status || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: the answer is given as %d %s", test.name, r.HTTPStatus, r.Body)
		}
		if test.err == "" {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if e := asError(t, err); e.Code != r.Code || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, want %s", test.name, err, test.err)
		}
		if errors.Is(err, client.ErrUncertain) != test.uncertain {
			t.Errorf("%s: uncertain is %v: %v", test.name, !test.uncertain, err)
		}
	}
}

func TestTheCaseOfAnError(t *testing.T) {
	p := serve(t, client.DANA())
	p.answers(404, `{"responseCode":"4044718","responseMessage":"Inconsistent Request"}`)
	_, err := p.client().Call(context.Background(), client.OpGenerate, struct{}{}, "")
	if c, ok := asError(t, err).Case(); !ok || c != snap.CaseInconsistentRequest {
		t.Errorf("%v", c)
	}
}

func TestNoAnswerIsUncertainAndNotRepeated(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	for _, test := range []struct {
		name, says string
		ctx        context.Context
		hang       http.HandlerFunc
	}{
		{"a timeout", "context canceled", ctx, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }},
		{"a cut connection", "EOF", t.Context(), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"an answer cut short", "unexpected EOF", t.Context(), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			io.WriteString(w, "{")
		}},
		{"an answer too large", "larger than 8 MiB", t.Context(), func(w http.ResponseWriter, _ *http.Request) { io.CopyN(w, zeros{}, 9<<20) }},
	} {
		p := serve(t, client.DANA())
		p.answer = test.hang
		_, err := p.client().Call(test.ctx, client.OpGenerate, struct{}{}, "")
		if !errors.Is(err, client.ErrUncertain) || !strings.Contains(err.Error(), "same partnerReferenceNo") || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
		if _, requests := p.counts(); requests != 1 {
			t.Errorf("%s: %d requests", test.name, requests)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestAFailedTokenIsCertain: the request itself was never sent.
func TestAFailedTokenIsCertain(t *testing.T) {
	p := serve(t, client.Qoin())
	c := p.client(func(c *client.Config) { c.ClientKey = "unknown" })
	_, err := c.Call(context.Background(), client.OpGenerate, struct{}{}, "")
	if e := asError(t, err); e.Code != "4017300" || errors.Is(err, client.ErrUncertain) {
		t.Errorf("%v", err)
	}
	p.life = `"900"},{` // no JSON at all
	_, err = p.client().Call(context.Background(), client.OpGenerate, struct{}{}, "")
	if e := asError(t, err); e.Operation != "qoin token" || errors.Is(err, client.ErrUncertain) {
		t.Errorf("%v", err)
	}
}

func TestAFailedTokenNamesItself(t *testing.T) {
	_, err := serve(t, client.Qoin()).client(func(c *client.Config) { c.ClientKey = "unknown" }).Call(context.Background(), client.OpGenerate, struct{}{}, "")
	if err == nil || !strings.HasPrefix(err.Error(), "qoin generate needs an access token: qoin token: 4017300 Unauthorized.") {
		t.Errorf("%v", err)
	}
}

func TestSecretsAreNeverInErrors(t *testing.T) {
	p := serve(t, client.Paydia())
	all := "token-1 customer-token " + secretKey
	for _, status := range []int{400, 500} {
		p.answers(status, fmt.Sprintf(`{"responseCode":"%d5000","responseMessage":"Bad %s","additionalInfo":{"debugMessage":"signed with %s"}}`, status, all, all))
		_, err := p.client().Call(context.Background(), client.OpPayment, struct{}{}, "customer-token")
		hides(t, err, "token-1", "customer-token", secretKey)
		hides(t, fmt.Errorf("%+v", *asError(t, err)), "token-1", "customer-token", secretKey)
		p.mu.Lock()
		p.issued = 0
		p.mu.Unlock()
	}
	closed := p.client(func(c *client.Config) { c.BaseURL = "http://127.0.0.1:1" })
	_, err := closed.CustomerToken(context.Background(), client.Grant{AuthCode: "auth-code"})
	hides(t, err, "auth-code", secretKey)
}

func TestAGrantIsNotInErrors(t *testing.T) {
	spec := client.Paydia()
	// A token path that is answered like any other operation.
	spec.Operations[client.OpCustomerToken] = client.Operation{Path: "/grant", Scheme: snap.Asymmetric}
	p := serve(t, spec)
	p.answers(401, `{"responseCode":"4017400","responseMessage":"Unauthorized. auth-code was used before"}`)
	_, err := p.client().CustomerToken(context.Background(), client.Grant{AuthCode: "auth-code"})
	hides(t, err, "auth-code")
}

func hides(t *testing.T, err error, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, s := range secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("%q is in: %v", s, err)
		}
	}
}

func TestCustomerToken(t *testing.T) {
	p := serve(t, client.Paydia())
	c := p.client()
	for _, test := range []struct {
		grant client.Grant
		body  string
	}{
		{client.Grant{AuthCode: "abc"}, `{"grantType":"AUTHORIZATION_CODE","authCode":"abc","additionalInfo":{}}`},
		{client.Grant{RefreshToken: "def"}, `{"grantType":"REFRESH_TOKEN","refreshToken":"def","additionalInfo":{}}`},
	} {
		got, err := c.CustomerToken(context.Background(), test.grant)
		if err != nil {
			t.Fatal(err)
		}
		if sent := p.grants["/snap/v1.0/access-token/b2b2c"]; sent != test.body {
			t.Errorf("sent %s", sent)
		}
		end := time.Date(2026, 1, 31, 10, 0, 0, 0, snap.Jakarta)
		if !strings.HasPrefix(got.Text, "token-") || !strings.HasPrefix(got.RefreshToken, "refresh-") || !got.ExpiresAt.Equal(end) || !got.RefreshExpiresAt.IsZero() {
			t.Errorf("%+v", got)
		}
	}
	for _, grant := range []client.Grant{{}, {AuthCode: "a", RefreshToken: "b"}} {
		if _, err := c.CustomerToken(context.Background(), grant); err == nil {
			t.Errorf("%v was sent", grant)
		}
	}
}
