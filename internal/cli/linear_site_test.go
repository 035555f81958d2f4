package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// engine is where the books of a test are kept.
type engine struct {
	name  string
	nodes int                       // servers on one store
	store func(t testing.TB) string // location of an empty one; nil: a file in the server's folder
}

// engines are those whose answers are checked.
var engines = []engine{
	{name: "sqlite", nodes: 1},
	{name: "postgres", nodes: 3, store: func(t testing.TB) string { return pgtest.Shared(t).Database(t) }},
}

// ground is a sandbox that was prepared once and that servers are started on.
type ground struct {
	engine    engine
	dir       string
	location  string            // empty: the file in dir
	tokens    map[string]string // B2B tokens, by dialect
	customers map[string]string // customer tokens, by payer
	static    string            // payload that any number of payers may pay
	spent     string            // payload of a dynamic code that is paid
}

// poorPayer has too little to pay anything.
const poorPayer = "poor"

// prepare seeds a sandbox at noon in Jakarta, so that no day ends meanwhile.
func prepare(t *testing.T, e engine) *ground {
	t.Helper()
	g := &ground{engine: e, dir: t.TempDir(), tokens: map[string]string{}, customers: map[string]string{}}
	if e.store != nil {
		g.location = e.store(t)
	}
	h := startWith(t, serveOptions{data: g.dir, store: g.location})
	defer h.stop()
	noon := h.node.core.Now().In(pay.Jakarta)
	h.setClock(time.Date(noon.Year(), noon.Month(), noon.Day(), 12, 0, 0, 0, pay.Jakarta))
	for _, d := range h.dialects {
		partner := h.node.file.Partners[d.Name].PartnerID
		h.mustAdmin("PUT", "/v1/partners/"+partner+"/settings", object{"urlOnly": true, "tokenLife": 24 * time.Hour})
		if d.Operation("token") != nil {
			g.tokens[d.Name] = h.token(d.Name)
		}
	}
	for _, name := range []string{"aspi", "paydia"} {
		payer := sandbox.PayerOf(name)
		g.customers[payer] = h.customer(name)
		h.mustAdmin("POST", "/v1/payers/"+payer+"/fund", object{"amount": "100000000000.00"})
	}
	g.customers[poorPayer] = h.addPayer(poorPayer, pay.Rp(1), 0)
	g.static, g.spent = h.staticCode(), h.dynamicCode()
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"qrContent": g.spent})
	return g
}

// addPayer adds a payer and gives its customer token of the aspi partner.
func (h *harness) addPayer(id string, balance, dayLimit pay.Rupiah) string {
	h.t.Helper()
	h.mustAdmin("POST", "/v1/payers", object{"id": id, "name": "A payer", "balance": balance.String(), "dayLimit": dayLimit.String()})
	r := h.mustAdmin("POST", "/v1/payers/"+id+"/token", object{"partnerID": h.node.file.Partners["aspi"].PartnerID})
	return r.at("customerToken")
}

// site is the nodes of one store and the way to them.
type site struct {
	*ground
	t     *testing.T
	nodes []*harness
	web   *http.Client
	late  sync.WaitGroup // requests that are still on their way
	armed atomic.Bool    // a planted fault shows only while clients are at an object
}

// open starts the nodes on a copy of the ground, each with the same flaw; nil
// is none.
func (g *ground) open(t *testing.T, f flaw) *site {
	t.Helper()
	transport := &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256}
	s := &site{ground: g, t: t, web: &http.Client{Transport: transport, Timeout: time.Minute}}
	t.Cleanup(transport.CloseIdleConnections)
	var wrap func(pay.Storage) pay.Storage
	if f != nil {
		wrap = func(books pay.Storage) pay.Storage { return trap{books, f(books), &s.armed} }
	}
	for range g.engine.nodes {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(g.dir)); err != nil {
			t.Fatal(err)
		}
		s.nodes = append(s.nodes, startWith(t, serveOptions{data: dir, store: g.location, wrap: wrap}))
	}
	return s
}

// close waits for what is on its way and stops the nodes.
func (s *site) close() {
	s.late.Wait()
	s.web.CloseIdleConnections()
	for _, h := range s.nodes {
		h.stop()
	}
}

// any is a node that a balancer could have chosen.
func (s *site) any(dice *rand.Rand) *harness { return s.nodes[dice.IntN(len(s.nodes))] }

// call prepares a request of a dialect to any node.
func (s *site) call(dice *rand.Rand, dialectName, operation string, body object) *call {
	c := s.any(dice).call(dialectName, operation, body)
	c.token = s.tokens[dialectName]
	return c
}

// request signs the call.
func (c *call) request() *http.Request {
	req, err := http.NewRequest(c.method, c.h.node.apiURL+c.path, bytes.NewReader(c.raw))
	if err != nil {
		panic("cli: a path of our own: " + err.Error())
	}
	c.sign(req.Header)
	for name, values := range c.header {
		req.Header[name] = values
	}
	return req
}

// management prepares a request to the management API of any node.
func (s *site) management(dice *rand.Rand, method, path string, body any) *http.Request {
	h := s.any(dice)
	raw, err := json.Marshal(body)
	if err != nil {
		panic("cli: a body of our own: " + err.Error())
	}
	req, err := http.NewRequest(method, h.node.adminURL+path, bytes.NewReader(raw))
	if err != nil {
		panic("cli: a path of our own: " + err.Error())
	}
	req.Header.Set("Authorization", "Bearer "+h.node.file.AdminToken)
	return req
}

// exchange sends a request and reads its answer. An error, or an answer of 5xx,
// leaves it open what became of it.
func (s *site) exchange(req *http.Request) (reply, bool) {
	res, err := s.web.Do(req)
	if err != nil {
		return reply{}, false
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	r := reply{status: res.StatusCode, raw: raw}
	if err != nil || r.status >= http.StatusInternalServerError || json.Unmarshal(raw, &r.body) != nil {
		return r, false
	}
	r.code, _ = r.body["responseCode"].(string)
	return r, true
}

// caller is a client: one of those who use an object at the same time.
type caller struct {
	*site
	h    *history
	id   int
	dice *rand.Rand
}

// weather is what becomes of a request on its way.
type weather int

// One request in eight meets bad weather.
const (
	fair      weather = iota
	dropped           // its answer is thrown away
	abandoned         // the client does not wait for it
	late              // it is sent when the client has given up
)

func (c *caller) weather() weather {
	if c.dice.IntN(8) > 0 {
		return fair
	}
	return dropped + weather(c.dice.IntN(3))
}

// soon is a pause of a few milliseconds.
func (c *caller) soon() time.Duration { return time.Duration(c.dice.IntN(4000)) * time.Microsecond }

// do asks for an act and records it with what was seen: nil when no answer
// came.
func (c *caller) do(a *act, req *http.Request, read func(reply) seen) *seen {
	called := c.h.tick()
	var s *seen
	if r, ok := c.send(req); ok {
		answer := read(r)
		s = &answer
	}
	c.h.record(c.id, a, called, s)
	if s == nil {
		c.id = c.h.join()
	}
	return s
}

func (c *caller) send(req *http.Request) (reply, bool) {
	switch c.weather() {
	case dropped:
		c.exchange(req)
		return reply{}, false
	case abandoned:
		ctx, cancel := context.WithTimeout(req.Context(), c.soon())
		defer cancel()
		return c.exchange(req.WithContext(ctx))
	case late:
		pause := c.soon()
		c.late.Go(func() {
			time.Sleep(pause)
			c.exchange(req)
		})
		return reply{}, false
	}
	return c.exchange(req)
}

// ask signs, sends and records a call of the public API.
func (c *caller) ask(a *act, call *call, read func(reply) seen) *seen {
	a.codeOf = func(kind pay.Kind) string { return codeOf(call, kind) }
	return c.do(a, call.request(), read)
}

// retry asks, and once more if no answer came. Both are about the same act, so
// at most one can take effect.
func (c *caller) retry(a act, prepare func() *call, read func(reply) seen) *seen {
	for range 2 {
		again := a
		if s := c.ask(&again, prepare(), read); s != nil {
			return s
		}
	}
	return nil
}

// manage asks the management API, which is not refused.
func (c *caller) manage(a *act, method, path string, body any, read func(reply) seen) {
	a.codeOf = func(pay.Kind) string { return "200" }
	c.do(a, c.management(c.dice, method, path, body), read)
}

// payment prepares a payment from the wallet of a customer token.
func (c *caller) payment(dialectName, customer string, body object) *call {
	call := c.call(c.dice, dialectName, "payment", body)
	call.header.Set(snap.HeaderAuthorizationCustomer, customer)
	return call
}
