package admin_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
)

// desk is the management API of a sandbox with partner P and payer budi, and
// what it answered last.
type desk struct {
	t    *testing.T
	core *pay.Core
	api  *admin.API
	url  string
}

func newDesk(t *testing.T) *desk {
	store, err := storage.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clock := sandbox.NewClock(time.Now, 0)
	d := &desk{t: t, core: pay.New(store, clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})}
	d.api = admin.New(d.core, admin.Options{
		Token: "secret", Dialects: []string{"aspi"}, Clock: clock, Events: sandbox.NewEvents(8), Log: slog.New(slog.DiscardHandler),
		Begin: func(context.Context) error { return nil },
		Backup: func(context.Context) (string, error) {
			file := filepath.Join(t.TempDir(), "backup.db")
			return file, os.WriteFile(file, []byte("books"), 0o600)
		},
	})
	server := httptest.NewServer(d.api.Handler())
	d.url = server.URL
	t.Cleanup(func() { server.Close(); store.Close() })
	for _, err := range []error{
		d.core.AddPayer(t.Context(), pay.Payer{ID: "budi", Name: "Budi", Standing: pay.Active}, pay.Rp(100_000)),
		d.core.PutPartner(t.Context(), pay.Partner{ID: "P", ClientKey: "P", Dialect: "aspi", Standing: pay.Active}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// send calls the API with headers in pairs and gives the status.
func (d *desk) send(method, path, body string, headers ...string) int {
	d.t.Helper()
	req, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer secret")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// log are all acts, the newest first.
func (d *desk) log() (acts []pay.Act) {
	d.t.Helper()
	err := d.core.Inspect(d.t.Context(), func(r pay.Reader) (err error) {
		acts, err = r.ActPage("", "", 1000)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return acts
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// TestEveryActIsRecorded walks the routes: what does something leaves one entry
// with what came of it, and what only looks leaves none.
func TestEveryActIsRecorded(t *testing.T) {
	d := newDesk(t)
	acting, looking := d.api.Acting()
	for pattern, verb := range acting {
		method, path, _ := strings.Cut(placeholder.ReplaceAllString(pattern, "1"), " ")
		before := len(d.log())
		status := d.send(method, path, "{}")
		log := d.log()
		if len(log) != before+1 {
			t.Errorf("%s left %d entries", pattern, len(log)-before)
			continue
		}
		a := log[0]
		if verb == "" || a.Verb != verb || a.Who != pay.TokenHolder || a.Role != pay.Admin || a.Origin != "127.0.0.1" || a.At.IsZero() {
			t.Errorf("%s left %+v", pattern, a)
		}
		if (a.Outcome == pay.ActDone) != (status == http.StatusOK) || a.Outcome == "" {
			t.Errorf("%s answered %d, the log says %q", pattern, status, a.Outcome)
		}
	}
	before := len(d.log())
	for _, pattern := range looking {
		method, path, _ := strings.Cut(placeholder.ReplaceAllString(pattern, "1"), " ")
		if method != http.MethodGet {
			t.Errorf("%s is not recorded", pattern)
		}
		if path == "/v1/events" {
			continue // it does not end
		}
		d.send(method, path, "")
	}
	if after := len(d.log()); after != before {
		t.Errorf("looking left %d entries", after-before)
	}
}

// TestRecorded: the log says to what and how, and holds no secret.
func TestRecorded(t *testing.T) {
	d := newDesk(t)
	c, err := sandbox.NewCredentials("P", "", "")
	if err != nil {
		t.Fatal(err)
	}
	key := strings.ReplaceAll(c.PublicKey, "\n", `\n`)
	for _, c := range []struct {
		method, path, body, contentType string
		status                          int
		want                            pay.Act
	}{
		{"PUT", "/v1/partners/P/standing", `{"standing":"suspended"}`, "", 200, pay.Act{Verb: "partner.standing", Subject: "P", Detail: "standing=suspended"}},
		{"PUT", "/v1/partners/P/notify", `{"url":"http://u:hush@there/x"}`, "", 200, pay.Act{Verb: "partner.notify", Subject: "P", Detail: "url=http://u:xxxxx@there/x"}},
		{"PUT", "/v1/partners/P/key", `{"PUBLICkey":"` + key + `"}`, "", 200, pay.Act{Verb: "partner.key", Subject: "P"}},
		{"PUT", "/v1/partners/P/settings", `{"ratePerSecond":2.5,"denied":["refund","cancel"],"refunds":{"fullOnly":true}}`, "", 200,
			pay.Act{Verb: "partner.settings", Subject: "P", Detail: "denied=refund,cancel ratePerSecond=2.5 refunds.fullOnly=true"}},
		{"POST", "/v1/partners", `{"id":"Q","dialect":"aspi","publicKey":"` + key + `"}`, "", 200, pay.Act{Verb: "partner.add", Subject: "Q", Detail: "dialect=aspi"}},
		{"POST", "/v1/partners/P/merchants", `{"id":"a/b","name":"Toko","standing":"asleep"}`, "", 400, pay.Act{
			Verb: "merchant.add", Subject: "P/a/b", Detail: "name=Toko standing=asleep", Outcome: "standing asleep does not fit this kind of party"}},
		{"PATCH", "/v1/partners/P/merchants/M", `null`, "", 400, pay.Act{Verb: "merchant.edit", Subject: "P/M", Outcome: "reading the body: JSON body, byte 0: the root must be an object"}},
		{"PATCH", "/v1/partners/P/merchants/M", `{}`, "", 404, pay.Act{Verb: "merchant.edit", Subject: "P/M", Outcome: pay.ErrNotFound.Error()}},
		{"POST", "/v1/payers/budi/fund", `{"amount":{"value":"1.00","currency":"IDR"}}`, "", 200, pay.Act{
			Verb: "payer.fund", Subject: "budi", Detail: "amount.currency=IDR amount.value=1.00"}},
		{"POST", "/v1/payers/budi/token", `{"partnerId":"P"}`, "", 200, pay.Act{Verb: "payer.token", Subject: "budi", Detail: "partnerId=P"}},
		{"POST", "/v1/sandbox/fixtures", `{"partners":[{"id":"R","clientSecret":"hush"}],"tokens":[{"token":"hush"}]}`, "", 404, pay.Act{
			Verb: "sandbox.fixtures", Detail: "partners=1 tokens=1", Outcome: "only a sandbox has this (qrisd serve --sandbox)"}},
		{"POST", "/v1/sandbox/clock", `{"advance":"1h"}`, "", 200, pay.Act{Verb: "clock.move", Detail: "advance=1h"}},
		{"POST", "/v1/sandbox/pay", `{"referenceNo":"1\u0000"}`, "", 400, pay.Act{Verb: "code.pay", Subject: "1?"}},
		{"POST", "/v1/sandbox/pay?amount=5", "\x89PNG no more", "image/png", 400, pay.Act{Verb: "code.pay", Detail: "amount=5 body=image/png"}},
		{"GET", "/v1/sandbox/pay?ref=1&token=secret", "", "", 404, pay.Act{Verb: "code.pay", Subject: "1"}},
		{"DELETE", "/v1/sandbox/levers?kind=delay&operation=generate", "", "", 404, pay.Act{Verb: "lever.remove", Subject: "delay", Detail: "operation=generate"}},
		{"POST", "/v1/settlement/2026-01-31/P/reconcile?merchant=M", "hush", "text/csv", 404, pay.Act{Verb: "settlement.reconcile", Subject: "2026-01-31/P/M"}},
		{"PUT", "/v1/partners/P/notify", `{"url":`, "", 400, pay.Act{Verb: "partner.notify", Subject: "P"}},
	} {
		if status := d.send(c.method, c.path, c.body, "Content-Type", c.contentType); status != c.status {
			t.Errorf("%s %s %s answers %d", c.method, c.path, c.body, status)
		}
		got := d.log()[0]
		if c.want.Outcome == "" && c.status == http.StatusOK {
			c.want.Outcome = pay.ActDone
		}
		if got.Verb != c.want.Verb || got.Subject != c.want.Subject || got.Detail != c.want.Detail || (c.want.Outcome != "" && got.Outcome != c.want.Outcome) {
			t.Errorf("%s %s %s\nleft %+v\nwant %+v", c.method, c.path, c.body, got, c.want)
		}
	}
	before := len(d.log())
	if status := d.send("PUT", "/v1/partners/P/notify", `{}`, "Authorization", "Bearer guess"); status != http.StatusUnauthorized {
		t.Errorf("a wrong token is answered %d", status)
	}
	if status := d.send("PUT", "/v1/partners/P/notify", string(bytes.Repeat([]byte(" "), 2<<20))); status != http.StatusBadRequest {
		t.Errorf("a body without end is answered %d", status)
	}
	if after := len(d.log()); after != before {
		t.Errorf("whoever may not act, or says not what, left %d entries", after-before)
	}
}
