package described_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

// provider is a running server of the standard and both examples, with one
// partner of each.
type provider struct {
	*httptest.Server
	t        *testing.T
	core     *pay.Core
	partners map[string]sandbox.Credentials
	serial   int
}

// moment is when everything happens.
var moment = time.Date(2026, 1, 31, 10, 0, 0, 0, pay.Jakarta)

func start(t *testing.T) *provider {
	t.Helper()
	store, err := storage.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	p := &provider{t: t, partners: make(map[string]sandbox.Credentials)}
	p.core = pay.New(store, func() time.Time { return moment }, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	all := []dialect.Dialect{aspi.Dialect(), example(t, "winpay"), example(t, "doku"), everything(t)}
	for _, d := range all {
		p.partners[d.Name] = p.seed(d.Name)
	}
	s := server.New(p.core, all, server.Options{PublicURL: "https://qris.example", Log: slog.New(slog.DiscardHandler)})
	p.Server = httptest.NewServer(s.Handler())
	t.Cleanup(p.Close)
	return p
}

func (p *provider) seed(name string) sandbox.Credentials {
	p.t.Helper()
	c, err := sandbox.NewCredentials("partner-"+name, "", "95221")
	if err != nil {
		p.t.Fatal(err)
	}
	err = p.core.PutPartner(context.Background(), pay.Partner{
		ID: c.PartnerID, ClientKey: c.ClientKey, ClientSecret: c.ClientSecret, PublicKey: c.PublicKey, Dialect: name, Standing: pay.Active,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	m := pay.Merchant{
		PartnerID: c.PartnerID, ID: "M1", Name: "Toko Contoh", City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "UMI",
		NMID: "ID1020021181745", MPAN: "93600999000000001" + string(rune('0'+len(p.partners))), Standing: pay.Active,
	}
	if err := p.core.PutMerchant(context.Background(), m); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// call is a request before it is signed.
type call struct {
	dialect    string
	scheme     snap.Scheme
	path       string
	signed     string // the path in the string to sign; empty: path
	token, now string
	body       string
}

// send signs a request and gives its answer.
func (p *provider) send(c call) map[string]any {
	p.t.Helper()
	credentials := p.partners[c.dialect]
	req, err := http.NewRequest(http.MethodPost, p.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		p.t.Fatal(err)
	}
	p.serial++
	for header, value := range map[string]string{
		"Content-Type": "application/json", snap.HeaderTimestamp: c.now, snap.HeaderClientKey: credentials.ClientKey,
		snap.HeaderPartnerID: credentials.PartnerID, snap.HeaderExternalID: strconv.Itoa(p.serial), snap.HeaderChannelID: "95221",
		"X-REGION": "JKT", snap.HeaderSignature: p.signature(c, credentials),
	} {
		req.Header.Set(header, value)
	}
	if c.token != "" {
		req.Header.Set(snap.HeaderAuthorization, "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		p.t.Fatalf("%s: %v", c.path, err)
	}
	return answer
}

func (p *provider) signature(c call, credentials sandbox.Credentials) string {
	p.t.Helper()
	key, err := snap.ParsePrivateKey(credentials.PrivateKey)
	if err != nil {
		p.t.Fatal(err)
	}
	signature, err := snap.Sign(c.scheme, snap.Credentials{Secret: credentials.ClientSecret, PrivateKey: key}, snap.Message{
		Method: http.MethodPost, Path: cmp.Or(c.signed, c.path), AccessToken: c.token, Body: []byte(c.body), Timestamp: c.now, ClientKey: credentials.ClientKey,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return signature
}

// token gets a B2B token.
func (p *provider) token(name, path, now string) (string, map[string]any) {
	p.t.Helper()
	answer := p.send(call{dialect: name, scheme: snap.TokenRequest, path: path, now: now, body: `{"grantType":"client_credentials"}`})
	text, _ := answer["accessToken"].(string)
	return text, answer
}

func expect(t *testing.T, answer map[string]any, code, message string) {
	t.Helper()
	if answer["responseCode"] != code || answer["responseMessage"] != message {
		t.Fatalf("%v, expected %s %s", answer, code, message)
	}
}

// TestWinpayIsServed: its paths are the standard's too, and the partner's
// dialect decides.
func TestWinpayIsServed(t *testing.T) {
	p := start(t)
	now := snap.FormatTimestamp(moment)
	generate := func(prefix, ref string) map[string]any {
		return p.send(call{dialect: "winpay", scheme: snap.Asymmetric, path: prefix + "/v1.0/qr/qr-mpm-generate", now: now,
			body: `{"partnerReferenceNo":"` + ref + `","amount":{"value":"50000.00","currency":"IDR"},"validityPeriod":"` +
				snap.FormatTimestamp(moment.Add(time.Hour)) + `","additionalInfo":{"isStatic":false}}`})
	}
	for prefix, ref := range map[string]string{"": "ref-1", "/winpay": "ref-2"} {
		expect(t, generate(prefix, ref), "2004700", "Success")
		queried := p.send(call{dialect: "winpay", scheme: snap.Asymmetric, path: prefix + "/v1.0/qr/qr-mpm-query", now: now,
			body: `{"originalPartnerReferenceNo":"` + ref + `","serviceCode":"47","additionalInfo":{"contractId":"c"}}`})
		expect(t, queried, "2005100", "Success")
		if queried["latestTransactionStatus"] != "01" {
			t.Errorf("%v", queried)
		}
	}
	expect(t, generate("", "ref1"), "4004701", "Invalid Field Format partnerReferenceNo")
	unsigned := p.send(call{dialect: "winpay", scheme: snap.Asymmetric, path: "/winpay/v1.0/qr/qr-mpm-generate", body: "{}"})
	expect(t, unsigned, "4004702", "Invalid Mandatory Field X-TIMESTAMP") // as docs/DIALECTS.md tells
}

// TestDOKUIsServed: a token at its own path, everything else behind the
// prefix, and times in UTC.
func TestDOKUIsServed(t *testing.T) {
	p := start(t)
	now := moment.UTC().Format("2006-01-02T15:04:05Z")
	token, issued := p.token("doku", "/authorization/v1/access-token/b2b", now)
	expect(t, issued, "2007300", "Successful")
	qr := func(operation, body string) map[string]any {
		return p.send(call{dialect: "doku", scheme: snap.Symmetric, path: "/snap-adapter/b2b/v1.0/qr/qr-mpm-" + operation, token: token, now: now, body: body})
	}
	generated := qr("generate", `{"partnerReferenceNo":"INV-1","amount":{"value":"10000.00","currency":"IDR"}}`)
	expect(t, generated, "2004700", aspi.Processed)
	ref := generated["referenceNo"].(string)
	expect(t, qr("query", `{"originalReferenceNo":"`+ref+`","serviceCode":"47"}`), "2005100", aspi.Processed)
	expect(t, qr("decode", `{"qrContent":"`+generated["qrContent"].(string)+`","scanTime":"`+now+`"}`), "2004800", aspi.Processed)
	expect(t, qr("refund", `{"originalPartnerReferenceNo":"INV-1","partnerRefundNo":"R1"}`), "4047800", "Invalid Transaction Status")
	expect(t, qr("cancel", `{"originalReferenceNo":"`+ref+`","merchantId":"M1","reason":"wrong"}`), "2007700", aspi.Processed)
	expect(t, qr("payment", `{}`), "4040002", "Invalid Routing. No API at /snap-adapter/b2b/v1.0/qr/qr-mpm-payment")
}

// TestEverythingIsServed: RSA over the string with the token, a loose time, a
// path signed without its first part.
func TestEverythingIsServed(t *testing.T) {
	p := start(t)
	now := moment.Format(time.DateTime)
	token, issued := p.token("acme", "/acme/oauth/token", now)
	expect(t, issued, "2007300", "OK")
	if issued["expiresIn"] != "3600" {
		t.Errorf("the token lives %v seconds", issued["expiresIn"])
	}
	for signed, want := range map[string][2]string{
		"/acme/snap/v1.0/qr/qr-mpm-refund": {"4047801", "Transaction Not Found"},
		"/snap/v1.0/qr/qr-mpm-refund":      {"4047801", "Transaction Not Found"},
		"/v1.0/qr/qr-mpm-refund":           {"4017800", "Unauthorized. [Signature]"},
	} {
		answer := p.send(call{dialect: "acme", scheme: snap.AsymmetricWithToken, path: "/acme/snap/v1.0/qr/qr-mpm-refund", signed: signed, token: token, now: now,
			body: `{"originalPartnerReferenceNo":"A1","partnerRefundNo":"R1"}`})
		expect(t, answer, want[0], want[1])
	}
}
