package cli

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/snap"
)

// visit opens an address as a payer's browser does, up to where it is sent on,
// or refused with a response code.
func (h *harness) visit(path string, query url.Values) (to *url.URL, code string) {
	h.t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.Get(h.node.apiURL + path + "?" + query.Encode())
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusFound {
		if to, err = response.Location(); err != nil {
			h.t.Fatal(err)
		}
		return to, ""
	}
	var answer struct{ ResponseCode string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		h.t.Fatal(err)
	}
	if got := strconv.Itoa(response.StatusCode); !strings.HasPrefix(answer.ResponseCode, got) {
		h.t.Errorf("%s is answered with %s", answer.ResponseCode, got)
	}
	return nil, answer.ResponseCode
}

// TestBinding follows a payer of Paydia's from the consent to the first
// payment with the token that it gave.
func TestBinding(t *testing.T) {
	h := start(t)
	paydia := h.node.file.Partners["paydia"]
	const seamless = `{"mobileNumber":"6281234567890"}`
	key, err := snap.ParsePrivateKey(paydia.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := snap.SignRSA(key, seamless)
	if err != nil {
		t.Fatal(err)
	}
	h.mustAdmin("POST", "/v1/payers", object{"id": "6281234567890", "name": "Rina", "balance": "50000.00"})
	query := url.Values{
		"partnerId": {paydia.PartnerID}, "timestamp": {"2026-01-31T10:00:00+07:00"}, "externalId": {"1"}, "channelId": {"894"},
		"scopes": {"PUBLIC_ID"}, "state": {"abc"}, "redirectUrl": {"https://shop.example/bound"},
		"seamlessData": {seamless}, "seamlessSign": {signature},
	}
	to, _ := h.visit("/snap/v1.0/get-auth-code", query)
	if to == nil || to.Host != "shop.example" || to.Path != "/bound" || to.Query().Get("state") != "abc" {
		t.Fatalf("it goes on to %v", to)
	}
	token := h.call("paydia", "customer-token", object{"grantType": "AUTHORIZATION_CODE", "authCode": to.Query().Get("authCode")}).send()
	token.want(t, "2007400", "")
	payment := h.call("paydia", "payment", h.body("paydia", "payment"))
	payment.header.Set(snap.HeaderAuthorizationCustomer, token.body["accessToken"].(string))
	payment.send().want(t, "2005000", "Success")
	if got := h.balance("payer:6281234567890"); got != "30000.00" {
		t.Errorf("the payer has %s left", got)
	}

	query.Set("seamlessSign", signature[4:]+signature[:4])
	if _, code := h.visit("/snap/v1.0/get-auth-code", query); code != "4011000" {
		t.Errorf("a wrong signature gives %s", code)
	}
	query.Del("state")
	if _, code := h.visit("/paydia/snap/v1.0/get-auth-code", query); code != "4001002" {
		t.Errorf("no state gives %s", code)
	}
	h.books()
}

// TestNobodyConsentsOutsideASandbox: the page asks nobody to log in.
func TestNobodyConsentsOutsideASandbox(t *testing.T) {
	h := start(t)
	outside := server.New(h.node.core, h.dialects, server.Options{Log: slog.New(slog.DiscardHandler)}).Handler()
	for _, path := range []string{"/snap/v1.0/get-auth-code", "/paydia/snap/v1.0/get-auth-code"} {
		w := httptest.NewRecorder()
		outside.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s gives %d %s", path, w.Code, w.Body)
		}
		if _, code := h.visit(path, url.Values{}); code != "4001002" {
			t.Errorf("%s of the sandbox gives %s", path, code)
		}
	}
}
