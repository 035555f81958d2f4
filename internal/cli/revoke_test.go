package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// idOf is a token's id.
func idOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// revoke has an operator end one token of a partner.
func (h *harness) revoke(partnerID, text string) reply {
	h.t.Helper()
	return h.mustAdmin("DELETE", "/v1/partners/"+partnerID+"/tokens/"+idOf(text), nil)
}

// tokensOf are the ids of a partner's tokens as the management API lists them.
func (h *harness) tokensOf(partnerID string) string {
	h.t.Helper()
	return string(h.mustAdmin("GET", "/v1/partners/"+partnerID+"/tokens", nil).raw)
}

// TestRevokedToken: a B2B token that an operator has revoked is refused with the
// code that its dialect documents, and no other token is.
func TestRevokedToken(t *testing.T) {
	h := start(t)
	for i := range h.dialects {
		d := &h.dialects[i]
		op := d.Operation("generate")
		if d.Operation("token") == nil || op.Auth == dialect.AuthAsymmetric {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			sub := *h
			sub.t = t
			h := &sub
			partner := h.node.file.Partners[d.Name].PartnerID
			leaked, good := h.tokenOf(d, h.node.file.Partners[d.Name]), h.tokenOf(d, h.node.file.Partners[d.Name])
			with := func(token string) reply {
				c := h.call(d.Name, "generate", h.body(d.Name, "generate"))
				c.token = token
				return c.send()
			}
			success := op.Success.Case.Code(op.Service)
			with(leaked).want(t, success, "")
			for _, token := range []string{leaked, good} {
				if !strings.Contains(h.tokensOf(partner), idOf(token)) {
					t.Errorf("token %s is not listed", idOf(token))
				}
			}
			first := h.revoke(partner, leaked)
			if first.body["revokedAt"] == nil || first.body["kind"] != "b2b" || strings.Contains(string(first.raw), leaked) {
				t.Errorf("revoked %s", first.raw)
			}
			want := d.Outcome(op, pay.InvalidToken).Case.Code(op.Service)
			if _, documented := op.Code(want); !documented {
				t.Errorf("%s is not in the document's list", want)
			}
			with(leaked).want(t, want, "")
			with(good).want(t, success, "")
			if listed := h.tokensOf(partner); strings.Contains(listed, idOf(leaked)) || !strings.Contains(listed, idOf(good)) {
				t.Errorf("listed are %s", listed)
			}
			if again := h.revoke(partner, leaked); again.body["revokedAt"] != first.body["revokedAt"] {
				t.Errorf("revoked again: %s, first %s", again.raw, first.raw)
			}
		})
	}
	h.books()
}

// TestRevokedBinding: when the binding of a payer's account is revoked, nothing
// that came of the payer's consent is good any more, until a new one.
func TestRevokedBinding(t *testing.T) {
	h := start(t)
	partner := h.node.file.Partners["paydia"].PartnerID
	consent := func() string {
		r := h.mustAdmin("POST", "/v1/payers/payer-paydia/auth-code", object{"partnerID": partner})
		return r.body["authCode"].(string)
	}
	exchange := func(grant object) reply { return h.call("paydia", "customer-token", grant).send() }
	pays := func(token string) reply {
		c := h.call("paydia", "payment", h.body("paydia", "payment"))
		c.header.Set(snap.HeaderAuthorizationCustomer, token)
		return c.send()
	}
	first := exchange(object{"grantType": "AUTHORIZATION_CODE", "authCode": consent()})
	first.want(t, "2007400", "")
	token, refresh := first.body["accessToken"].(string), first.body["refreshToken"].(string)
	waiting := consent()
	pays(token).want(t, "2005000", "Success")
	siti := h.customerOf(h.dialectOf("paydia"), party{Credentials: h.node.file.Partners["paydia"]}, "payer-aspi", "1h")

	where := "/v1/partners/" + partner + "/bindings"
	if bound := string(h.mustAdmin("GET", where, nil).raw); !strings.Contains(bound, `"payer-paydia"`) || !strings.Contains(bound, `"payer-aspi"`) {
		t.Errorf("bound are %s", bound)
	}
	if r := h.mustAdmin("DELETE", where+"/payer-paydia", nil); r.body["revoked"].(float64) < 3 {
		t.Errorf("revoked %s", r.raw)
	}
	pays(token).want(t, "4015001", "Invalid Customer Token")
	exchange(object{"grantType": "REFRESH_TOKEN", "refreshToken": refresh}).want(t, "4017400", "Unauthorized. Invalid refreshToken")
	exchange(object{"grantType": "AUTHORIZATION_CODE", "authCode": waiting}).want(t, "4017400", "Unauthorized. Invalid authCode")
	if bound := string(h.mustAdmin("GET", where, nil).raw); strings.Contains(bound, `"payer-paydia"`) || !strings.Contains(bound, `"payer-aspi"`) {
		t.Errorf("bound are still %s", bound)
	}
	pays(siti).want(t, "2005000", "Success")
	if r := h.admin("DELETE", where+"/payer-paydia", nil); r.status != 404 {
		t.Errorf("there was nothing to revoke: %v", r)
	}

	anew := exchange(object{"grantType": "AUTHORIZATION_CODE", "authCode": consent()})
	anew.want(t, "2007400", "")
	pays(anew.body["accessToken"].(string)).want(t, "2005000", "Success")
	h.revoke(partner, anew.body["accessToken"].(string)) // one token of a binding
	pays(anew.body["accessToken"].(string)).want(t, "4015001", "Invalid Customer Token")
	exchange(object{"grantType": "REFRESH_TOKEN", "refreshToken": anew.body["refreshToken"].(string)}).want(t, "2007400", "")
	h.books()
}

// TestNothingToRevoke: what is no token of the partner's is not found, and not
// touched.
func TestNothingToRevoke(t *testing.T) {
	h := start(t)
	token := h.token("qoin")
	for path, status := range map[string]int{
		"/v1/partners/" + h.node.file.Partners["aspi"].PartnerID + "/tokens/" + idOf(token):      404,
		"/v1/partners/" + h.node.file.Partners["qoin"].PartnerID + "/tokens/" + idOf("nobody's"): 404,
		"/v1/partners/" + h.node.file.Partners["qoin"].PartnerID + "/tokens/" + token:            400,
		"/v1/partners/" + h.node.file.Partners["qoin"].PartnerID + "/bindings/nobody":            404,
		"/v1/partners/nobody/tokens/" + idOf(token):                                              404,
	} {
		if r := h.admin("DELETE", path, nil); r.status != status {
			t.Errorf("%s: %v, want %d", path, r, status)
		}
	}
	for path, status := range map[string]int{
		"/v1/partners/nobody/tokens": 404, "/v1/partners/nobody/bindings": 404,
		"/v1/partners/" + h.node.file.Partners["qoin"].PartnerID + "/tokens?from=x":                   400,
		"/v1/partners/" + h.node.file.Partners["qoin"].PartnerID + "/tokens?from=" + idOf("nobody's"): 400,
		"/v1/partners/" + h.node.file.Partners["qoin"].PartnerID + "/tokens?limit=0":                  400,
	} {
		if r := h.admin("GET", path, nil); r.status != status {
			t.Errorf("%s: %v, want %d", path, r, status)
		}
	}
	c := h.call("qoin", "generate", h.body("qoin", "generate"))
	c.token = token
	c.send().want(t, "2004700", "")
}

// TestRevokedEverywhere: once an operator was told so on one node, every other
// node refuses the token, though it had taken it just before.
func TestRevokedEverywhere(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		a, b := nodes[0], nodes[1]
		for i := range 3 {
			token := a.tokenOf(a.dialectOf("midtrans"), a.node.file.Partners["midtrans"])
			for _, h := range nodes {
				c := h.call("midtrans", "generate", h.body("midtrans", "generate"))
				c.token = token
				c.send().want(t, "2004700", "")
			}
			nodes[i%2].revoke(a.node.file.Partners["midtrans"].PartnerID, token)
			for _, h := range []*harness{b, a} {
				c := h.call("midtrans", "generate", h.body("midtrans", "generate"))
				c.token = token
				c.send().want(t, "4014701", "")
			}
		}
	})
}

// TestRevocationIsAudited: the log holds who revoked what, by the token's id and
// never by its text.
func TestRevocationIsAudited(t *testing.T) {
	h := start(t)
	token, partner := h.token("qoin"), h.node.file.Partners["qoin"].PartnerID
	paydia := h.node.file.Partners["paydia"].PartnerID
	h.customer("paydia")
	h.revoke(partner, token)
	h.mustAdmin("DELETE", "/v1/partners/"+paydia+"/bindings/payer-paydia", nil)
	var log []string
	err := h.node.core.Inspect(t.Context(), func(r pay.Reader) error {
		acts, err := r.ActPage("", "", 2)
		for _, a := range acts {
			log = append(log, fmt.Sprint(a.Who, ", ", a.Verb, " ", a.Subject, ": ", a.Outcome))
			if strings.Contains(fmt.Sprint(a), token) {
				t.Errorf("the log holds the token: %+v", a)
			}
		}
		return err
	})
	want := []string{"admin token, binding.revoke " + paydia + "/payer-paydia: done", "admin token, token.revoke " + partner + "/" + idOf(token) + ": done"}
	if err != nil || strings.Join(log, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log holds\n%q, want\n%q, %v", log, want, err)
	}
}

// commanded runs a command that must succeed, and gives what it prints.
func commanded(t *testing.T, in string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(args, strings.NewReader(in), &out, &errs); code != 0 {
		t.Fatalf("qrisd %q: %d, %s", args, code, &errs)
	}
	return out.String()
}

// TestRevokeCommands: the commands list what there is to revoke and revoke it, a
// token also by its text.
func TestRevokeCommands(t *testing.T) {
	h := start(t)
	byID, byText := h.token("qoin"), h.token("qoin")
	if listed := commanded(t, "", "token", "list", "qoin", "--data", h.dir); !strings.Contains(listed, "\n"+idOf(byID)+" ") || !strings.Contains(listed, "\n"+idOf(byText)+" ") {
		t.Errorf("listed are %s", listed)
	}
	commanded(t, "", "token", "revoke", "qoin", idOf(byID), "--data", h.dir)
	if said := commanded(t, byText+"\n", "token", "revoke", "qoin", "-", "--data", h.dir); !strings.HasPrefix(said, "token "+idOf(byText)+" of partner ") {
		t.Errorf("it says %s", said)
	}
	for _, token := range []string{byID, byText} {
		c := h.call("qoin", "generate", h.body("qoin", "generate"))
		c.token = token
		c.send().want(t, "4014700", "Unauthorized. [Invalid Token (B2B)]")
	}
	if listed := commanded(t, "", "binding", "list", "paydia", "--data", h.dir); !strings.Contains(listed, "\npayer-paydia ") {
		t.Errorf("bound are %s", listed)
	}
	commanded(t, "", "binding", "revoke", "paydia", "paydia", "--data", h.dir)
	if listed := commanded(t, "", "binding", "list", "paydia", "--data", h.dir); strings.Contains(listed, "payer-paydia") {
		t.Errorf("bound are still %s", listed)
	}
}

// TestListCommandsReadEveryPage: however many pages a list has, a command prints
// one, in words and as JSON.
func TestListCommandsReadEveryPage(t *testing.T) {
	pages := map[string]string{
		"": `{"partners":[{"id":"a"},{"id":"b"}],"next":"b & c"}`, "b & c": `{"partners":[{"id":"c & d"}],"next":"d"}`, "d": `{"partners":[]}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, pages[r.URL.Query().Get("from")])
	}))
	defer server.Close()
	where := []string{"partner", "list", "--data", t.TempDir(), "--admin", server.URL, "--token", "t"}
	if listed := strings.Fields(commanded(t, "", where...)); strings.Join(listed, " ") != "ID DIALECT STANDING NAME a b c & d" {
		t.Errorf("listed are %q", listed)
	}
	if listed := strings.Join(strings.Fields(commanded(t, "", append(where, "--json")...)), ""); listed != `{"partners":[{"id":"a"},{"id":"b"},{"id":"c&d"}]}` {
		t.Errorf("listed are %s", listed)
	}
}
