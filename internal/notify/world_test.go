package notify_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

// What every world of these tests has.
const (
	secret    = "text-of-a-client-secret"
	clientKey = "provider-client"
	payer     = "payer-1"
	path      = "/v1.0/qr/qr-mpm-notify"
	tokenPath = "/api/v1.0/access-token/b2b"
	ack       = `{"responseCode":"2005200","responseMessage":"Successful"}`
)

var providerKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// body is a notification as a dialect composes it.
func body(t pay.Transaction) map[string]any {
	return map[string]any{
		"originalReferenceNo": t.Ref(), "originalPartnerReferenceNo": t.PartnerRef(),
		"latestTransactionStatus": "00", "amount": snap.IDR(int64(t.Amount())),
		"additionalInfo": map[string]any{"paymentNo": t.Payment.Ref, "merchantName": t.Code.MerchantName},
	}
}

// The dialects: one signs with RSA, one with a token of the receiver's, one
// tells nothing.
func dialects() []dialect.Dialect {
	return []dialect.Dialect{
		{Name: "rsa", Notice: &dialect.Notice{Path: path, Body: body, Acks: []string{"2005200"}}},
		{Name: "token", Notice: &dialect.Notice{Path: path, TokenPath: tokenPath, Body: body, Acks: []string{"2005200"}}},
		{Name: "mute"},
	}
}

// clock is business time: it goes faster than the real one, and is moved.
type clock struct {
	began time.Time
	speed time.Duration
	moved atomic.Int64
}

func newClock(speed int) *clock { return &clock{began: time.Now(), speed: time.Duration(speed)} }

func (c *clock) Now() time.Time {
	return c.began.Add(time.Since(c.began)*c.speed + time.Duration(c.moved.Load()))
}

func (c *clock) advance(d time.Duration) { c.moved.Add(int64(d)) }

// world is books with partners and a payer, and a notifier that runs or not.
type world struct {
	*testing.T
	file    string
	clock   *clock
	store   *storage.Store
	core    *pay.Core
	options notify.Options
	stop    func()
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, file: filepath.Join(t.TempDir(), "books.db"), clock: newClock(1), options: notify.Options{
		Dialects: dialects(), Provider: providerKey, ClientKey: clientKey, AllowPrivate: true,
		Poll: 5 * time.Millisecond, Now: time.Now,
	}}
	w.open()
	t.Cleanup(func() { w.store.Close() })
	w.must(w.core.AddPayer(t.Context(), pay.Payer{ID: payer, Standing: pay.Active}, pay.Rp(1_000_000_000)))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// open opens the books as a server does that has them for itself: whatever
// was claimed before is free.
func (w *world) open() {
	var err error
	w.store, err = storage.OpenSQLite(context.Background(), w.file, storage.Options{})
	w.must(err)
	w.core = w.coreOn(w.store)
	w.must(w.core.ReleaseDeliveries(context.Background(), ""))
}

func (w *world) coreOn(s pay.Storage) *pay.Core {
	return pay.New(s, w.clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
}

// run starts the world's notifier and gives it; the test's end stops it too.
func (w *world) run() *notify.Notifier {
	n, stop := w.start(w.core, w.options)
	w.stop = stop
	return n
}

// start starts a notifier.
func (w *world) start(core *pay.Core, o notify.Options) (n *notify.Notifier, stop func()) {
	n = notify.New(core, o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(stop)
	return n, stop
}

// restart ends the notifier and closes the books, and does both anew.
func (w *world) restart() {
	w.stop()
	w.must(w.store.Close())
	w.open()
	w.run()
}

// partner adds or changes a partner and its merchant.
func (w *world) partner(id, dialect, url string) *pay.Partner {
	w.Helper()
	w.must(w.core.PutPartner(w.Context(), pay.Partner{
		ID: id, Dialect: dialect, ClientKey: "client of " + id, ClientSecret: secret, ChannelID: "12345", NotifyURL: url, Standing: pay.Active,
	}))
	w.must(w.core.PutMerchant(w.Context(), pay.Merchant{
		PartnerID: id, ID: "m-" + id, Name: "Toko 'Maju' & Co", City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "UMI",
		NMID: "ID1020021181745", MPAN: fmt.Sprintf("93600999%010x", []byte(id))[:18], Standing: pay.Active,
	}))
	p, err := w.core.Partner(w.Context(), id)
	w.must(err)
	return p
}

// code generates a static code, which takes any number of payments.
func (w *world) code(p *pay.Partner, callback string) pay.Code {
	w.Helper()
	code, err := w.core.Generate(w.Context(), pay.GenerateRequest{Partner: p, CallbackURL: callback})
	w.must(err)
	return code
}

func (w *world) pay(code pay.Code) pay.Payment {
	w.Helper()
	p, err := w.core.Pay(w.Context(), pay.PayRequest{PayerID: payer, Payload: code.Payload, Amount: pay.Rp(1500)})
	w.must(err)
	return p
}

// deliveries gives all of them, oldest first.
func (w *world) deliveries() []pay.Delivery {
	w.Helper()
	var all []pay.Delivery
	w.must(w.core.Inspect(w.Context(), func(r pay.Reader) error {
		all = nil
		return r.Deliveries("", "", func(d pay.Delivery) error {
			all = append(all, d)
			return nil
		})
	}))
	slices.Reverse(all)
	return all
}

func (w *world) attempts(id string) []pay.Attempt {
	w.Helper()
	var all []pay.Attempt
	w.must(w.core.Inspect(w.Context(), func(r pay.Reader) (err error) {
		all, err = r.Attempts(id)
		return err
	}))
	return all
}

// only is the delivery of a world that has one.
func (w *world) only() pay.Delivery {
	w.Helper()
	all := w.deliveries()
	if len(all) != 1 {
		w.Fatalf("%d deliveries, expected one", len(all))
	}
	return all[0]
}

// until waits for something that must come; five minutes are for ever.
// Looking takes a tenth of the time.
func (w *world) until(what string, is func() bool) {
	w.Helper()
	for began := time.Now(); ; {
		look := time.Now()
		if is() {
			return
		}
		if time.Since(began) > 5*time.Minute {
			w.Fatalf("never came: %s; deliveries %+v", what, w.deliveries()[:min(len(w.deliveries()), 5)])
		}
		time.Sleep(max(2*time.Millisecond, 9*time.Since(look)))
	}
}

// settled waits until the only delivery has a state and a number of attempts.
func (w *world) settled(state pay.DeliveryState, tries int) pay.Delivery {
	w.Helper()
	var d pay.Delivery
	w.until(fmt.Sprintf("%s after %d tries", state, tries), func() bool {
		d = w.only()
		return d.State == state && d.Attempts >= tries
	})
	if d.Attempts != tries {
		w.Fatalf("%d attempts, expected %d", d.Attempts, tries)
	}
	return d
}

// heard is one request as a receiver got it.
type heard struct {
	id, body, uri, payment string
	header                 http.Header
}

// receiver is a partner's server. It refuses what is not signed right.
type receiver struct {
	*httptest.Server
	t      *testing.T
	secret string // of symmetric signatures, or empty for asymmetric ones
	tokens func(w http.ResponseWriter, header http.Header)
	answer func(w http.ResponseWriter, r *http.Request, try int)

	mu    sync.Mutex
	log   []heard
	tries map[string]int // by id
}

// newReceiver acknowledges everything, unless answer does otherwise. Its
// tries count from 1 for each id.
func newReceiver(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, try int)) *receiver {
	r := &receiver{t: t, answer: answer, tries: make(map[string]int)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == tokenPath {
		r.tokens(w, req.Header)
		return
	}
	text, err := io.ReadAll(req.Body)
	if err != nil {
		return // the notifier gave up
	}
	if err := r.verify(req, text); err != nil {
		r.t.Errorf("%s: %v", req.RequestURI, err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	try := r.hear(req, text)
	if r.answer == nil {
		io.WriteString(w, ack)
		return
	}
	r.answer(w, req, try)
}

func (r *receiver) verify(req *http.Request, text []byte) error {
	m := snap.Message{Method: req.Method, Path: req.RequestURI, Body: text, Timestamp: req.Header.Get(snap.HeaderTimestamp)}
	signature := req.Header.Get(snap.HeaderSignature)
	if r.secret == "" {
		return snap.VerifyAsymmetric(&providerKey().PublicKey, m, false, signature)
	}
	fmt.Sscanf(req.Header.Get(snap.HeaderAuthorization), "Bearer %s", &m.AccessToken)
	return snap.VerifySymmetric(r.secret, m, signature)
}

func (r *receiver) hear(req *http.Request, text []byte) (try int) {
	var b struct {
		AdditionalInfo struct{ PaymentNo string }
	}
	if err := json.Unmarshal(text, &b); err != nil {
		r.t.Errorf("the body %q: %v", text, err)
	}
	h := heard{req.Header.Get(snap.HeaderExternalID), string(text), req.RequestURI, b.AdditionalInfo.PaymentNo, req.Header.Clone()}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.log, func(other heard) bool { return other.id == h.id }); i >= 0 && r.log[i].body != h.body {
		r.t.Errorf("%s came as %s and then as %s", h.id, r.log[i].body, h.body)
	}
	r.log = append(r.log, h)
	r.tries[h.id]++
	return r.tries[h.id]
}

// heard gives what was received so far.
func (r *receiver) heard() []heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log)
}

// once misbehaves at the first try of each id and acknowledges the others.
func once(misbehave http.HandlerFunc) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, try int) {
		if try == 1 {
			misbehave(w, r)
			return
		}
		io.WriteString(w, ack)
	}
}

// say answers with a status and a body.
func say(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(cmp.Or(status, http.StatusOK))
		io.WriteString(w, text)
	}
}

// hang does not answer as long as someone waits.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
