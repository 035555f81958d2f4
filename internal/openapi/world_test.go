package openapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/openapi"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

const adminToken = "admin-token"

// world is a sandbox of all dialects, called over real HTTP.
type world struct {
	t          *testing.T
	clock      *sandbox.Clock
	dialects   []dialect.Dialect
	partners   map[string]sandbox.Credentials
	wallets    []sandbox.Wallet
	api, admin *httptest.Server
	serial     int
}

func start(t *testing.T) *world {
	t.Helper()
	store, err := storage.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	w := &world{t: t, clock: sandbox.NewClock(time.Now, 0), dialects: builtIn()}
	core := pay.New(store, w.clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	if w.partners, w.wallets, err = sandbox.Seed(t.Context(), core); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	w.api = httptest.NewUnstartedServer(nil)
	w.api.Config.Handler = server.New(core, w.dialects, server.Options{
		PublicURL: "http://" + w.api.Listener.Addr().String(), Sandbox: true, Log: log,
	}).Handler()
	w.api.Start()
	t.Cleanup(w.api.Close)
	w.admin = httptest.NewServer(admin.New(core, admin.Options{
		Token: adminToken, Clock: w.clock, Log: log, Begin: func(context.Context) error { return nil },
		Rotated: func(context.Context, sandbox.Credentials) error { return nil },
	}).Handler())
	t.Cleanup(w.admin.Close)
	return w
}

// exchange is a request as it was sent and its answer.
type exchange struct {
	request  *http.Request // its body is to be read again
	body     []byte
	status   int
	header   http.Header
	response []byte
}

func (x exchange) code() string {
	var answer struct{ ResponseCode string }
	if json.Unmarshal(x.response, &answer) != nil {
		return ""
	}
	return answer.ResponseCode
}

// send signs a request of an operation by its first scheme and sends it.
func (w *world) send(d *dialect.Dialect, op *dialect.Operation, path, token string, body []byte, change func(http.Header)) exchange {
	w.t.Helper()
	c := w.partners[d.Name]
	now := snap.FormatTimestamp(w.clock.Now())
	m := snap.Message{Method: "POST", Path: path, AccessToken: token, Body: body, Timestamp: now, ClientKey: c.ClientKey}
	key, err := snap.ParsePrivateKey(c.PrivateKey)
	if err != nil {
		w.t.Fatal(err)
	}
	if !json.Valid(body) {
		m.Body = nil // refused whatever is signed
	}
	scheme := op.Auth.Schemes()[0]
	signature, err := snap.Sign(scheme, snap.Credentials{Secret: c.ClientSecret, PrivateKey: key}, m)
	if err != nil {
		w.t.Fatal(err)
	}
	w.serial++
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set(snap.HeaderTimestamp, now)
	h.Set(snap.HeaderSignature, signature)
	switch {
	case scheme == snap.TokenRequest:
		h.Set(snap.HeaderClientKey, c.ClientKey)
	default:
		h.Set(snap.HeaderPartnerID, c.PartnerID)
		h.Set(snap.HeaderExternalID, fmt.Sprintf("%d%d", time.Now().UnixNano(), w.serial))
		h.Set(channelHeader(op), c.ChannelID)
	}
	if scheme == snap.Symmetric {
		h.Set(snap.HeaderAuthorization, "Bearer "+token)
	}
	if op.Customer {
		h.Set(snap.HeaderAuthorizationCustomer, w.customer(d.Name))
	}
	if change != nil {
		change(h)
	}
	return w.do(http.MethodPost, w.api.URL+path, h, body)
}

// channelHeader is how the dialect spells it.
func channelHeader(op *dialect.Operation) string {
	for _, r := range op.Headers {
		if r.Name == snap.HeaderChannelID {
			return r.Called()
		}
	}
	return snap.HeaderChannelID
}

func (w *world) customer(dialectName string) string {
	for _, wallet := range w.wallets {
		if wallet.Dialect == dialectName {
			return wallet.CustomerToken
		}
	}
	return ""
}

// manage calls the management API.
func (w *world) manage(method, path string, body []byte) exchange {
	w.t.Helper()
	return w.do(method, w.admin.URL+path, http.Header{"Authorization": {"Bearer " + adminToken}, "Content-Type": {"application/json"}}, body)
}

func (w *world) do(method, url string, header http.Header, body []byte) exchange {
	w.t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header = header
	res, err := http.DefaultTransport.RoundTrip(req) // no redirect is followed
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	x := exchange{request: req, body: body, status: res.StatusCode, header: res.Header}
	if x.response, err = io.ReadAll(res.Body); err != nil {
		w.t.Fatal(err)
	}
	return x
}

// run goes through a dialect's story; each exchange of the API is given to see.
func (w *world) run(d *dialect.Dialect, see func(*dialect.Operation, exchange)) {
	w.t.Helper()
	variables := w.variables(d)
	for _, step := range openapi.Story(d) {
		w.serial++
		variables["reference"] = fmt.Sprintf("T%013d%02d", time.Now().UnixMilli(), w.serial%100)
		path, body := filled(step.Path, variables), []byte(filled(string(step.Body), variables))
		x := exchange{}
		if step.Operation == nil {
			x = w.manage(http.MethodPost, path, body)
		} else {
			x = w.send(d, step.Operation, path, variables["accessToken"], body, nil)
			see(step.Operation, x)
		}
		if x.status != http.StatusOK || x.code() != step.Success() {
			w.t.Fatalf("%s, %s: %d %s\n%s", d.Name, step.Name, x.status, x.response, body)
		}
		keep(w.t, variables, step, x.response)
	}
}

func (w *world) variables(d *dialect.Dialect) map[string]string {
	c, now := w.partners[d.Name], w.clock.Now()
	return map[string]string{
		"partnerId": c.PartnerID, "merchantId": c.MerchantID, "storeId": c.StoreID, "terminalId": c.TerminalID,
		"payerId": sandbox.PayerOf(d.Name), "now": snap.FormatTimestamp(now), "until": snap.FormatTimestamp(now.Add(10 * time.Minute)),
	}
}

func filled(text string, variables map[string]string) string {
	for name, value := range variables {
		text = strings.ReplaceAll(text, "{{"+name+"}}", value)
	}
	return text
}

func keep(t *testing.T, variables map[string]string, step openapi.Step, response []byte) {
	t.Helper()
	for name, field := range step.Keeps {
		variables[name] = valueAt(t, response, field)
	}
}

// valueAt is a text of an answer.
func valueAt(t *testing.T, response []byte, name string) string {
	t.Helper()
	var answer map[string]any
	if err := json.Unmarshal(response, &answer); err != nil {
		t.Fatalf("%v: %s", err, response)
	}
	value, ok := answer[name].(string)
	if !ok {
		t.Fatalf("the answer has no %s: %s", name, response)
	}
	return value
}
