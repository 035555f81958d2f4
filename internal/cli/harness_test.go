package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

// harness is a real server on an empty store, called over real HTTP.
type harness struct {
	t        *testing.T
	dir      string
	node     *node
	dialects []dialect.Dialect
	stop     func()
}

// start runs `qrisd serve --sandbox` in this process.
func start(t *testing.T) *harness { return startIn(t, t.TempDir()) }

func startIn(t *testing.T, dir string) *harness {
	t.Helper()
	return startWith(t, serveOptions{data: dir, store: storeOf(t, dir)})
}

// onPostgres runs the suite on PostgreSQL: go test ./internal/cli -postgres.
var onPostgres = flag.Bool("postgres", false, "run the servers on PostgreSQL")

// stores are the databases of servers by their data folder, so that a server
// that starts again finds its books.
var stores sync.Map

// storeOf is the store of the server in a folder; empty: the embedded one.
func storeOf(t *testing.T, dir string) string {
	t.Helper()
	if !*onPostgres {
		return ""
	}
	if url, ok := stores.Load(dir); ok {
		return url.(string)
	}
	url := pgtest.Shared(t).Database(t)
	stores.Store(dir, url)
	return url
}

// cloneOf is a folder like another, whose server was stopped, with a store of
// its own.
func cloneOf(t *testing.T, seed string) string {
	t.Helper()
	dir := t.TempDir()
	err := os.CopyFS(dir, os.DirFS(seed))
	if err == nil && *onPostgres {
		err = storage.Read(t.Context(), storeOf(t, seed), func(s *storage.Snapshot) error {
			_, err := storage.Copy(t.Context(), s, storeOf(t, dir), time.Now(), storage.CopyOptions{})
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// startWith fills in what tests have in common.
func startWith(t *testing.T, o serveOptions) *harness {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	h := &harness{t: t, dir: o.data, dialects: dialects()}
	ready, done := make(chan *node, 1), make(chan error, 1)
	o.listen, o.admin, o.sandbox, o.notifyPrivate = "127.0.0.1:0", "127.0.0.1:0", true, true
	o.logLevel, o.skew = cmp.Or(o.logLevel, "error"), cmp.Or(o.skew, -1)
	go func() { done <- serve(ctx, o, func(n *node) { ready <- n }) }()
	select {
	case h.node = <-ready:
	case err := <-done:
		t.Fatalf("the server did not start: %v", err)
	}
	stopped := false
	h.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server stopped with: %v", err)
		}
	}
	t.Cleanup(h.stop)
	return h
}

func (h *harness) operation(dialectName, name string) (*dialect.Dialect, *dialect.Operation) {
	h.t.Helper()
	for i := range h.dialects {
		if d := &h.dialects[i]; d.Name == dialectName {
			if op := d.Operation(name); op != nil {
				return d, op
			}
		}
	}
	h.t.Fatalf("no operation %s/%s", dialectName, name)
	return nil, nil
}

// serial makes references that do not repeat within a test run.
var serial atomic.Int64

func fresh(prefix string) string { return fmt.Sprintf("%s%d", prefix, serial.Add(1)) }

// call is one request before it is signed. Change what a test needs changed,
// then send it.
type call struct {
	h           *harness
	dialect     *dialect.Dialect
	op          *dialect.Operation
	credentials sandbox.Credentials
	method      string
	path        string
	token       string
	header      http.Header // set last, over the signed ones; no values remove
	raw         []byte
	timestamp   string
}

// reply is an answer as a client sees it.
type reply struct {
	status int
	code   string
	text   string
	header http.Header
	raw    []byte
	body   map[string]any
}

func (r reply) String() string { return fmt.Sprintf("%d %s", r.status, r.raw) }

func (r reply) field(path string) any {
	var v any = r.body
	for _, name := range strings.Split(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// call prepares a valid request of an operation with this body.
func (h *harness) call(dialectName, operation string, body any) *call {
	h.t.Helper()
	d, op := h.operation(dialectName, operation)
	c := &call{
		h: h, dialect: d, op: op, credentials: h.node.file.Partners[dialectName], method: http.MethodPost,
		path: op.Paths[0], header: http.Header{}, timestamp: snap.FormatTimestamp(h.node.core.Now()),
	}
	if raw, ok := body.([]byte); ok {
		c.raw = raw
	} else {
		c.raw = mustJSON(h.t, body)
	}
	if op.Customer {
		c.header.Set(snap.HeaderAuthorizationCustomer, h.customer(dialectName))
	}
	return c
}

func (h *harness) customer(dialectName string) string {
	for _, p := range h.node.file.Payers {
		if p.Dialect == dialectName {
			return p.CustomerToken
		}
	}
	return ""
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

// send signs and sends the call.
func (c *call) send() reply {
	c.h.t.Helper()
	req, err := http.NewRequest(c.method, c.h.node.apiURL+c.path, bytes.NewReader(c.raw))
	if err != nil {
		c.h.t.Fatal(err)
	}
	c.sign(req.Header)
	for name, values := range c.header {
		req.Header[name] = values
		if len(values) == 0 {
			req.Header.Del(name)
		}
	}
	return c.h.do(req)
}

func (c *call) sign(header http.Header) {
	h := c.h
	header.Set("Content-Type", "application/json")
	header.Set(snap.HeaderTimestamp, c.timestamp)
	scheme := snap.TokenRequest
	if c.op.Auth == dialect.AuthToken {
		header.Set(snap.HeaderClientKey, c.credentials.ClientKey)
	} else {
		header.Set(snap.HeaderPartnerID, c.credentials.PartnerID)
		header.Set(snap.HeaderExternalID, fresh("x"))
		header.Set(snap.HeaderChannelID, c.credentials.ChannelID)
		scheme = snap.Asymmetric
		if c.op.Auth != dialect.AuthAsymmetric {
			scheme = snap.Symmetric
			if c.token == "" {
				c.token = h.token(c.dialect.Name)
			}
			header.Set(snap.HeaderAuthorization, "Bearer "+c.token)
		}
	}
	private, err := snap.ParsePrivateKey(c.credentials.PrivateKey)
	if err != nil {
		h.t.Fatal(err)
	}
	body, err := snap.Compact(nil, c.raw)
	if err != nil {
		body = c.raw // not JSON: its bytes as they are
	}
	text := snap.TokenStringToSign(c.credentials.ClientKey, c.timestamp)
	if scheme != snap.TokenRequest {
		text = snap.StringToSign(scheme, snap.Message{Method: c.method, Path: c.path, AccessToken: c.token, Body: body, Timestamp: c.timestamp})
	}
	var signature string
	if scheme == snap.Symmetric {
		signature = snap.SignHMAC(c.credentials.ClientSecret, text)
	} else if signature, err = snap.SignRSA(private, text); err != nil {
		h.t.Fatal(err)
	}
	header.Set(snap.HeaderSignature, signature)
}

func (h *harness) do(req *http.Request) reply {
	h.t.Helper()
	return h.doWith(http.DefaultClient, req)
}

func (h *harness) doWith(c *http.Client, req *http.Request) reply {
	h.t.Helper()
	res, err := c.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	r := reply{status: res.StatusCode, header: res.Header, raw: raw}
	if err := json.Unmarshal(raw, &r.body); err == nil {
		r.code, _ = r.body["responseCode"].(string)
		r.text, _ = r.body["responseMessage"].(string)
	}
	return r
}

// want checks code, HTTP status and, unless empty, the message.
func (r reply) want(t *testing.T, code, message string) {
	t.Helper()
	if r.code != code || fmt.Sprint(r.status) != code[:3] {
		t.Fatalf("got %v, want %s", r, code)
	}
	if message != "" && r.text != message {
		t.Fatalf("%s says %q, want %q", code, r.text, message)
	}
	if ct := r.header.Get("Content-Type"); ct != "application/json" {
		t.Fatalf("content type %q", ct)
	}
	if _, err := snap.ParseTimestamp(r.header.Get(snap.HeaderTimestamp)); err != nil {
		t.Fatalf("X-TIMESTAMP of the answer: %v", err)
	}
}

// token gets a B2B token through service 73.
func (h *harness) token(dialectName string) string {
	h.t.Helper()
	r := h.call(dialectName, "token", map[string]any{"grantType": "client_credentials"}).send()
	r.want(h.t, "2007300", "")
	return r.body["accessToken"].(string)
}

// admin calls the management API.
func (h *harness) admin(method, path string, body any) reply {
	h.t.Helper()
	var text []byte
	if body != nil {
		text = mustJSON(h.t, body)
	}
	req, err := http.NewRequest(method, h.node.adminURL+path, bytes.NewReader(text))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.node.file.AdminToken)
	return h.do(req)
}

func (h *harness) mustAdmin(method, path string, body any) reply {
	h.t.Helper()
	r := h.admin(method, path, body)
	if r.status != http.StatusOK {
		h.t.Fatalf("%s %s: %v", method, path, r)
	}
	return r
}

func (h *harness) setClock(t time.Time) {
	h.t.Helper()
	h.mustAdmin("POST", "/v1/sandbox/clock", map[string]string{"set": t.Format(time.RFC3339Nano)})
}

func (h *harness) advance(d string) {
	h.t.Helper()
	h.mustAdmin("POST", "/v1/sandbox/clock", map[string]string{"advance": d})
}

// books fails unless the ledger is balanced, and gives the check's answer.
func (h *harness) books() map[string]any {
	h.t.Helper()
	r := h.mustAdmin("GET", "/v1/ledger/check", nil)
	if r.body["balanced"] != true {
		h.t.Fatalf("the ledger is not balanced: %s", r.raw)
	}
	return r.body
}

// state is all that a refused request must not change.
func (h *harness) state() string {
	h.t.Helper()
	books := h.books()
	return fmt.Sprint(books["codes"], books["payments"], books["transfers"], books["accounts"])
}

// masterKey makes a key for the secrets of a store.
func masterKey(t *testing.T) keyFlags {
	t.Helper()
	k := keyFlags{keyFile: filepath.Join(t.TempDir(), "master.key")}
	if exit := Main([]string{"secret", "key", k.keyFile}, nil, new(strings.Builder), os.Stderr); exit != 0 {
		t.Fatal("no key")
	}
	return k
}
