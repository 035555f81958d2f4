package console_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
)

const token = "the admin token of the test"

// world is a console over a real store, with a clock that tests move.
type world struct {
	t       testing.TB
	core    *pay.Core
	store   *storage.Store
	clock   *sandbox.Clock
	events  *sandbox.Events
	traffic *console.Traffic
	url     string
}

func newWorld(t testing.TB, file string) *world {
	store, err := storage.OpenSQLite(context.Background(), file, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: store, clock: sandbox.NewClock(time.Now, 0), events: sandbox.NewEvents(64), traffic: console.NewTraffic(time.Now)}
	w.core = pay.New(store, w.clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	w.core.OnEvent(func(e pay.Event) { w.events.Publish(sandbox.Event{Kind: string(e.Kind), Ref: e.Ref}) })
	t.Cleanup(func() { store.Close() })
	w.url = w.serve(console.Options{
		Desk: operate.NewDesk(w.core, operate.Options{Clock: w.clock, Events: w.events}), Sandbox: true, Events: w.events, Traffic: w.traffic,
	})
	return w
}

// serve begins to serve a console and gives its address.
func (w *world) serve(o console.Options) string {
	o.Token, o.PublicURL, o.Log = token, "http://localhost", slog.New(slog.DiscardHandler)
	if o.Now == nil {
		o.Now = time.Now
	}
	pages := console.New(o)
	server := httptest.NewServer(pages.Over(http.NotFoundHandler()))
	w.t.Cleanup(func() {
		w.events.Close()
		pages.Close()
		server.Close()
	})
	return server.URL
}

// opened is a world with partner P, its merchants M and "A/B", and a payer.
func opened(t testing.TB) *world {
	w := newWorld(t, filepath.Join(t.TempDir(), "books.db"))
	w.settle("P")
	return w
}

// settle brings partners, each with the merchants M and "A/B", and the payers.
func (w *world) settle(partners ...string) {
	ctx := context.Background()
	for i, id := range partners {
		c, err := sandbox.NewCredentials(id, "", "95221")
		w.must(err)
		w.must(w.core.PutPartner(ctx, pay.Partner{
			ID: id, Name: "Partner " + id, ClientKey: id, ClientSecret: c.ClientSecret, PublicKey: c.PublicKey, Dialect: "aspi", NotifyURL: "http://127.0.0.1:9/notify", Standing: pay.Active,
		}))
		for j, m := range []string{"M", "A/B"} {
			w.must(w.core.PutMerchant(ctx, pay.Merchant{
				PartnerID: id, ID: m, Name: "Toko " + m, City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "URE",
				NMID: "ID1026000000012", MPAN: mpan(2*i + j), Standing: pay.Active,
			}))
		}
	}
	w.must(w.core.AddPayer(ctx, pay.Payer{ID: "budi", Name: "Budi", Standing: pay.Active}, pay.Rp(1_000_000_000_000)))
	w.must(w.core.AddPayer(ctx, pay.Payer{ID: sandbox.OutsidePayer, Name: "Outside", Standing: pay.Active}, 0))
}

func mpan(n int) string {
	return "93600999" + strings.Repeat("0", 8) + string(rune('0'+n/10)) + string(rune('0'+n%10))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// generate makes a code of M; 0 is a static one.
func (w *world) generate(rupiah int64) pay.Code {
	w.t.Helper()
	partner, err := w.core.Partner(context.Background(), "P")
	w.must(err)
	code, err := w.core.Generate(context.Background(), pay.GenerateRequest{Partner: partner, MerchantID: "M", PartnerRef: "INV-1", Amount: pay.Rp(rupiah), ExpiresAt: w.core.Now().Add(15 * time.Minute)})
	w.must(err)
	return code
}

// browser is somebody's.
type browser struct {
	*world
	http *http.Client
	form string // token of the last page's forms
	once string // what it drew for a form that moves money
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{world: w, http: &http.Client{Jar: jar}}
}

// admin is a browser that has signed in with the admin token.
func (w *world) admin() *browser {
	b := w.browser()
	b.get("/sign-in?with=token", 200)
	b.post("/sign-in", 200, "with", "token", "password", token)
	return b
}

// as signs in a user of a role, whom it adds.
func (w *world) as(role pay.Role) *browser {
	const password = "kopi tubruk panas"
	name := "a-" + string(role)
	if err := w.core.AddUser(context.Background(), name, role, password); err != nil {
		w.t.Fatal(err)
	}
	b := w.browser()
	b.get("/sign-in?with=name", 200)
	b.post("/sign-in", 200, "name", name, "password", password)
	return b
}

var (
	formToken = regexp.MustCompile(`name="form" value="([^"]*)"`)
	onceToken = regexp.MustCompile(`name="once" value="([^"]*)"`)
)

func (b *browser) read(res *http.Response, err error, status int) string {
	b.t.Helper()
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	if res.StatusCode != status {
		b.t.Fatalf("%s %s: %s, want %d\n%s", res.Request.Method, res.Request.URL, res.Status, status, body)
	}
	if found := formToken.FindSubmatch(body); found != nil {
		b.form = string(found[1])
	}
	if found := onceToken.FindSubmatch(body); found != nil {
		b.once = string(found[1])
	}
	return string(body)
}

func (b *browser) get(path string, status int) string {
	b.t.Helper()
	res, err := b.http.Get(b.url + "/console" + path)
	return b.read(res, err, status)
}

// post sends a form with the token of the last page, and follows where it
// leads.
func (b *browser) post(path string, status int, pairs ...string) string {
	b.t.Helper()
	fields := url.Values{"form": {b.form}, "once": {b.once}}
	for i := 0; i < len(pairs); i += 2 {
		fields.Set(pairs[i], pairs[i+1])
	}
	res, err := b.http.PostForm(b.url+"/console"+path, fields)
	return b.read(res, err, status)
}

// holds wants texts in a page.
func (b *browser) holds(page string, texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.t.Errorf("the page does not hold %q:\n%s", text, page)
		}
	}
}
