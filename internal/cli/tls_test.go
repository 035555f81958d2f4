package cli

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// startTLS starts a sandbox whose API speaks TLS.
func startTLS(t *testing.T, a *authority) *harness {
	t.Helper()
	o := serveOptions{data: t.TempDir()}
	o.store = storeOf(t, o.data)
	o.tls, _ = a.server("api", elliptical(t))
	o.tls.clientCA = a.path("ca.pem")
	return startWith(t, o)
}

func (h *harness) tlsClient(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: wireTime}
}

// TestTLSVersions: TLS 1.2 with forward secrecy and TLS 1.3, and nothing less.
func TestTLSVersions(t *testing.T) {
	a := newAuthority(t)
	h := startTLS(t, a)
	for _, c := range []struct {
		what   string
		config *tls.Config
		served bool
	}{
		{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, true},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"CBC", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}, false},
	} {
		c.config.RootCAs = a.pool
		res, err := h.tlsClient(c.config).Get(h.node.apiURL + "/healthz")
		if served := err == nil && res.StatusCode == 200; served != c.served {
			t.Errorf("%s: %v, %v", c.what, res, err)
		}
		if err == nil && res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no Strict-Transport-Security", c.what)
		}
	}
}

// TestPlainOnTLS: who forgot the s of https is told so.
func TestPlainOnTLS(t *testing.T) {
	h := startTLS(t, newAuthority(t))
	res, err := http.Get("http" + strings.TrimPrefix(h.node.apiURL, "https") + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 400 || !strings.Contains(string(text), "https") {
		t.Errorf("%d %s, %v", res.StatusCode, text, err)
	}
}

// TestWireTLS: the guard stands behind TLS too.
func TestWireTLS(t *testing.T) {
	a := newAuthority(t)
	h := startTLS(t, a)
	c, err := tls.Dial("tcp", strings.TrimPrefix(h.node.apiURL, "https://"), &tls.Config{RootCAs: a.pool})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}")
	wireWant{400, "4000000", "both"}.check(t, bufio.NewReader(c))
}

// serial is the number of the certificate that new connections are shown.
func (h *harness) serial(a *authority) string {
	h.t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(h.node.apiURL, "https://"), &tls.Config{RootCAs: a.pool})
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// TestReload: a new certificate serves without a restart, once its files have
// changed or on SIGHUP.
func TestReload(t *testing.T) {
	a := newAuthority(t)
	h := startTLS(t, a)
	for _, hangUp := range []bool{false, true} {
		_, made := a.server("api", elliptical(t))
		if hangUp {
			if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		}
		for deadline := time.Now().Add(wireTime); h.serial(a) != made.SerialNumber.String(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the new certificate does not serve")
			}
		}
	}
}

// TestHangupWithoutTLS: where there is no certificate to read anew SIGHUP is
// noted in the log, as often as it comes, and the server goes on.
func TestHangupWithoutTLS(t *testing.T) {
	p := spawn(t, t.TempDir())
	for times := range 3 {
		p.send(syscall.SIGHUP)
		for deadline := time.Now().Add(wireTime); strings.Count(p.said(), "SIGHUP changes nothing") <= times; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("SIGHUP was not noted: %s", p.said())
			}
		}
	}
	p.call("aspi", "generate", p.body("aspi", "generate")).send().want(t, "2004700", "")
	p.end()
}

// TestBrokenReload: a file that is not whole leaves the certificate before.
func TestBrokenReload(t *testing.T) {
	a := newAuthority(t)
	i, made := a.server("api", elliptical(t))
	c, err := newCredentials(i)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(i.cert, []byte("half of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.reload(slog.New(slog.DiscardHandler))
	if now := c.now.Load().Certificates[0].Leaf; !now.Equal(made) {
		t.Errorf("a broken file took the place of certificate %s: %s", made.SerialNumber, now.SerialNumber)
	}
}

// qoinWith is a client of the qoin partner that shows a certificate, or none.
func (h *harness) qoinWith(a *authority, certificate *tls.Certificate) *client.Client {
	h.t.Helper()
	k := h.node.file.Partners["qoin"]
	private, err := snap.ParsePrivateKey(k.PrivateKey)
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := client.New(client.Config{
		BaseURL: h.node.apiURL, Provider: client.Qoin(), PartnerID: k.PartnerID, ClientKey: k.ClientKey, ClientSecret: k.ClientSecret,
		PrivateKey: private, ChannelID: k.ChannelID, Certificate: certificate, Authorities: a.pool,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// generateWith makes a code with a token that was given before, and gives the
// answer: of all that is wrong, the certificate alone.
func (h *harness) generateWith(a *authority, token string, certificate *tls.Certificate) reply {
	h.t.Helper()
	config := &tls.Config{RootCAs: a.pool}
	if certificate != nil {
		config.Certificates = []tls.Certificate{*certificate}
	}
	c := h.call("qoin", "generate", h.body("qoin", "generate"))
	c.token = token
	req, err := http.NewRequest(c.method, h.node.apiURL+c.path, strings.NewReader(string(c.raw)))
	if err != nil {
		h.t.Fatal(err)
	}
	c.sign(req.Header)
	return h.doWith(h.tlsClient(config), req)
}

// TestMutualTLS: a partner that is bound to a certificate is served with it
// alone, for tokens and for transactions.
func TestMutualTLS(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	h := startTLS(t, a)
	id := h.node.file.Partners["qoin"].PartnerID
	mine := a.client("shop", false)
	first, err := h.qoinWith(a, nil).Token(t.Context())
	if err != nil {
		t.Fatalf("before anything is demanded: %v", err)
	}
	for _, c := range []struct {
		what  string
		rules pay.AccessRules
		shown *tls.Certificate
		in    bool
	}{
		{"its key's digest", pay.AccessRules{Certificates: []string{pin(mine)}}, mine, true},
		{"no certificate", pay.AccessRules{Certificates: []string{pin(mine)}}, nil, false},
		{"another's certificate", pay.AccessRules{Certificates: []string{pin(mine)}}, a.client("shop2", false), false},
		{"its subject", pay.AccessRules{Subject: "CN=shop,O=Shop"}, mine, true},
		{"its subject, of another authority", pay.AccessRules{Subject: "CN=shop,O=Shop"}, other.client("shop", false), false},
		{"another subject", pay.AccessRules{Subject: "CN=shop,O=Shop"}, a.client("shop3", false), false},
		{"its subject, expired", pay.AccessRules{Subject: "CN=late,O=Shop"}, a.client("late", true), false},
	} {
		h.mustAdmin("PUT", "/v1/partners/"+id+"/access", c.rules)
		_, err := h.qoinWith(a, c.shown).Token(t.Context())
		if in := err == nil; in != c.in || !in && !strings.Contains(err.Error(), "4017300") {
			t.Errorf("%s: a token: %v", c.what, err)
		}
		r := h.generateWith(a, first.Text, c.shown)
		if want := map[bool]string{true: "2004700", false: "4014700"}[c.in]; r.code != want {
			t.Errorf("%s: a code: %v, want %s", c.what, r, want)
		}
	}
	h.wantActs("partner.access", "partner.refused")
}

// wantActs wants the audit log to hold verbs.
func (h *harness) wantActs(verbs ...string) {
	h.t.Helper()
	held := make(map[string]bool)
	err := h.node.core.Inspect(h.t.Context(), func(r pay.Reader) error {
		acts, err := r.ActPage("", "", 100)
		for _, act := range acts {
			held[act.Verb] = true
		}
		return err
	})
	for _, verb := range verbs {
		if err != nil || !held[verb] {
			h.t.Errorf("the audit log has no %s: %v, %v", verb, held, err)
		}
	}
}

// TestNetworks: a partner is served from its networks alone. What a client
// says of its address counts only where a trusted proxy says it.
func TestNetworks(t *testing.T) {
	for _, c := range []struct {
		network, proxy, forwarded, code string
	}{
		{"127.0.0.0/8", "", "", "2007300"},
		{"203.0.113.0/24", "", "", "4017300"},
		{"203.0.113.0/24", "", "203.0.113.7", "4017300"},
		{"203.0.113.0/24", "127.0.0.1", "203.0.113.7", "2007300"},
		{"203.0.113.0/24", "127.0.0.1", "203.0.113.7, 198.51.100.1", "4017300"},
		{"203.0.113.0/24", "127.0.0.1", "", "4017300"},
	} {
		o := serveOptions{data: t.TempDir()}
		o.store = storeOf(t, o.data)
		if c.proxy != "" {
			o.proxies = []string{c.proxy}
		}
		h := startWith(t, o)
		h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["qoin"].PartnerID+"/access", object{"networks": []string{c.network}})
		call := h.call("qoin", "token", object{"grantType": "client_credentials"})
		if c.forwarded != "" {
			call.header.Set("X-Forwarded-For", c.forwarded)
		}
		if r := call.send(); r.code != c.code {
			t.Errorf("%+v: %v", c, r)
		}
		h.stop()
	}
}

// TestForwardedCertificate: behind a proxy that ends TLS the certificate is in
// Client-Cert, as RFC 9440 writes it or as nginx does.
func TestForwardedCertificate(t *testing.T) {
	mine := newAuthority(t).client("shop", false)
	o := serveOptions{data: t.TempDir()}
	o.store = storeOf(t, o.data)
	o.proxies = []string{"127.0.0.0/8"}
	h := startWith(t, o)
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["qoin"].PartnerID+"/access", pay.AccessRules{Certificates: []string{pin(mine)}})
	armour := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: mine.Leaf.Raw})
	for text, code := range map[string]string{
		":" + base64.StdEncoding.EncodeToString(mine.Leaf.Raw) + ":": "2007300",
		url.PathEscape(string(armour)):                               "2007300",
		"":                                                           "4017300", "nonsense": "4000000",
	} {
		call := h.call("qoin", "token", object{"grantType": "client_credentials"})
		if text != "" {
			call.header.Set("Client-Cert", text)
		}
		if r := call.send(); r.code != code {
			t.Errorf("%.20q: %v, want %s", text, r, code)
		}
	}
}

// TestAdminTLS: the commands reach a management API that speaks TLS.
func TestAdminTLS(t *testing.T) {
	a := newAuthority(t)
	o := serveOptions{data: t.TempDir()}
	o.store = storeOf(t, o.data)
	o.adminTLS, _ = a.server("admin", elliptical(t))
	h := startWith(t, o)
	a.client("shop", false)
	var out strings.Builder
	if exit := Main([]string{"partner", "access", "--data", h.dir, "--ca", a.path("ca.pem"), "qoin", "--network", "203.0.113.7", "--certificate", a.path("shop.pem")}, nil, &out, &out); exit != 0 {
		t.Fatalf("exit %d: %s", exit, out.String())
	}
	if !strings.Contains(out.String(), "203.0.113.7/32") {
		t.Errorf("it says %s", out.String())
	}
	if exit := Main([]string{"partner", "list", "--data", h.dir}, nil, io.Discard, io.Discard); exit == 0 {
		t.Error("a certificate of an unknown authority was taken")
	}
}
