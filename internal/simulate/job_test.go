package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

type object = map[string]any

func idr(amount pay.Rupiah) object { return object{"value": amount.String(), "currency": "IDR"} }

// intent is what somebody wants done: a client, who asks as often as it needs to
// know, or the operator.
type intent struct {
	party     *party
	operation *dialect.Operation // nil: the operator's
	verb      string
	body      []byte
	mine      string    // the partner's reference of what it makes; empty: it makes nothing
	end       time.Time // the validity that it asks for; zero: none
	customer  string    // token
	external  string    // X-EXTERNAL-ID of the first request

	about   *code    // what a query, a payment, a cancellation or a refund is about:
	payment *payment // a code, or a payment
	payer   string
	amount  pay.Rupiah
	fee     pay.Rupiah
	day     string // of a list or a close

	// do is the operator's act.
	do func(ctx context.Context, core *pay.Core) error
	// against gives all that speaks against it at a moment.
	against func(w *world, now time.Time) kinds
	// check holds the answer of a success against the model.
	check func(w *world, j *job) error

	effect string // reference of what it made, once that is committed
}

// job is one request of an intent, or one try of an operator's act.
type job struct {
	*intent
	n         int
	external  string
	forged    bool
	tokenEnds time.Time // that it carries
	node      *node
	cancel    context.CancelFunc
	began     time.Time
	disturbed bool // something beneath it has failed
	gone      bool // its client has hung up
	wrote     []*writes

	reasons  kinds               // all that spoke against it since it began
	statuses map[pay.Status]bool // that its subject had since it began
	listed   []*code             // that were there when it began

	answer *answer // nil: none came
	err    error   // of an operator's act
}

type jobOf struct{}

func (j *job) name() string { return fmt.Sprintf("#%05d", j.n) }

// answer is what a client reads.
type answer struct {
	status int
	code   string
	raw    []byte
	body   object
}

func (a *answer) at(path string) string {
	var v any = a.body
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(object)
		v = m[name]
	}
	text, _ := v.(string)
	return text
}

// send starts a job for an intent.
func (w *world) send(i *intent) *job {
	w.jobs++
	j := &job{intent: i, n: w.jobs, node: w.node, began: w.now(), external: i.external, statuses: map[pay.Status]bool{}}
	if i.party != nil {
		j.tokenEnds = i.party.until
	}
	if i.external == "" || !i.keepsExternal() && w.draw(3) > 0 {
		j.external = fmt.Sprintf("x%d", j.n)
		i.external = j.external
	}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), jobOf{}, j))
	j.cancel = cancel
	w.inFlight = append(w.inFlight, j)
	w.look(j)
	if i.verb == "list" {
		j.listed = slices.Clone(w.model.codes)
	}
	return j.start(w, ctx)
}

// keepsExternal reports whether retries go under the same X-EXTERNAL-ID.
func (i *intent) keepsExternal() bool {
	return i.operation != nil && i.party.dialect.ExternalID.Same.Replay
}

func (j *job) start(w *world, ctx context.Context) *job {
	if j.operation == nil {
		w.note("%s begins: %s", j.name(), j.verb)
		go func() {
			j.err = j.do(ctx, j.node.core)
			w.finish(j)
		}()
		return j
	}
	if w.draw(60) == 0 && j.operation.Auth != dialect.AuthToken {
		j.forged = true
	}
	request := j.request(w).WithContext(ctx)
	w.note("%s begins: %s %s %s%s", j.name(), j.party.dialect.Name, j.verb, digest(j.body), map[bool]string{true: " forged"}[j.forged])
	go func() {
		recorder := httptest.NewRecorder()
		j.node.api.ServeHTTP(recorder, request)
		j.answer = read(recorder)
		w.finish(j)
	}()
	return j
}

func read(r *httptest.ResponseRecorder) *answer {
	a := &answer{status: r.Code, raw: r.Body.Bytes()}
	if json.Unmarshal(a.raw, &a.body) == nil {
		a.code, _ = a.body["responseCode"].(string)
	}
	return a
}

// request signs.
func (j *job) request(w *world) *http.Request {
	p, op := j.party, j.operation
	r := httptest.NewRequest(http.MethodPost, op.Paths[0], bytes.NewReader(j.body))
	m := snap.Message{Method: r.Method, Path: op.Paths[0], Body: j.body, Timestamp: snap.FormatTimestamp(w.now()), ClientKey: p.partner.ClientKey}
	h := map[string]string{"Content-Type": "application/json", snap.HeaderTimestamp: m.Timestamp}
	scheme := op.Auth.Schemes()[0]
	switch op.Auth {
	case dialect.AuthToken:
		h[snap.HeaderClientKey] = m.ClientKey
	case dialect.AuthAsymmetric:
	default:
		m.AccessToken = p.token
		h[snap.HeaderAuthorization] = "Bearer " + p.token
	}
	if op.Auth != dialect.AuthToken {
		h[snap.HeaderPartnerID], h[snap.HeaderExternalID], h[snap.HeaderChannelID] = p.partner.ID, j.external, p.partner.ChannelID
	}
	if op.Customer {
		h[snap.HeaderAuthorizationCustomer] = j.customer
	}
	h[snap.HeaderSignature] = p.sign(scheme, m)
	if j.forged {
		m.Body = slices.Concat(j.body[:len(j.body)-1], []byte(`,"forged":"yes"}`))
		h[snap.HeaderSignature] = p.sign(scheme, m)
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		r.Header.Set(name, h[name])
	}
	return r
}

// sign is the signature of a body that is compact.
func (p *party) sign(scheme snap.Scheme, m snap.Message) string {
	text := snap.StringToSign(scheme, m)
	if scheme == snap.Symmetric {
		return snap.SignHMAC(p.partner.ClientSecret, text)
	}
	return partnerKey().sign(text)
}

// finish is called by the job's goroutine.
func (w *world) finish(j *job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished = append(w.finished, j)
}

// committed is called by the goroutine of a transaction that has ended.
func (w *world) committed(wrote *writes, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrote.err = err
	w.ended = append(w.ended, wrote)
}
