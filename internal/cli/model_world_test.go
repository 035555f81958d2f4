package cli

import (
	"flag"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// world is the running server beside its model. Each action asks the server,
// over HTTP, and the model, and the two must agree.
type world struct {
	h      *harness
	m      *model
	ear    *receiver
	tokens map[string]string // B2B tokens, by dialect
	sent   []sentRequest
}

// sentRequest is a request that succeeded, to be sent again.
type sentRequest struct {
	dialect, operation string
	body               object
	status             int
	text               string // of the answer
}

// modelStart is the business time at which every run starts: a morning in
// Jakarta.
var modelStart = time.Date(2027, 3, 1, 3, 0, 0, 0, time.UTC)

// TestModel runs random interleavings of all that can happen to codes and
// money, in every dialect that offers it, against a model of the rules.
func TestModel(t *testing.T) {
	checks, steps := 15, 40
	if *soak {
		checks, steps = 200, 200
	}
	setUnlessGiven(t, "rapid.checks", checks)
	setUnlessGiven(t, "rapid.steps", steps)
	ear := newReceiver(t)
	seed := seededFolder(t, ear)
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, seed, ear)
		defer func() { w.h.stop() }()
		rt.Repeat(map[string]func(*rapid.T){
			// rapid prefers the names that sort first
			"":                   w.checkBooks,
			"a code":             w.generate,
			"a customer pays":    w.payCustomer,
			"a race for a code":  w.raceCode,
			"a race for refunds": w.raceRefunds,
			"a refund":           w.refund,
			"an outsider pays":   w.payOutside,
			"another code":       w.generate,
			"another outsider":   w.payOutside,
			"another refund":     w.refund,
			"cancellation":       w.cancel,
			"close of a day":     w.settle,
			"deafness":           w.payDeaf,
			"expiry":             w.expire,
			"funds":              w.fund,
			"list":               w.list,
			"repetition":         w.sendAgain,
			"restart":            w.restart,
			"time":               w.wait,
		})
		w.checkAll(rt)
	})
}

// setUnlessGiven sets a flag for the duration of a test, unless the command
// line did.
func setUnlessGiven(t *testing.T, name string, n int) {
	t.Helper()
	f := flag.Lookup(name)
	given := false
	flag.Visit(func(g *flag.Flag) { given = given || g == f })
	if given {
		return
	}
	was := f.Value.String()
	if err := f.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(was) })
}

// seededFolder is the folder of a sandbox that was started once: drawing its
// keys takes longer than a run. Its partners are notified at ear.
func seededFolder(t *testing.T, ear *receiver) string {
	t.Helper()
	h := start(t)
	for _, d := range h.dialects {
		h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners[d.Name].PartnerID+"/notify", object{"url": ear.at(d.Name)})
	}
	h.stop()
	return h.dir
}

func newWorld(t *testing.T, seed string, ear *receiver) *world {
	t.Helper()
	w := &world{h: startIn(t, cloneOf(t, seed)), ear: ear, tokens: map[string]string{}}
	w.m = &model{accounts: map[ledger.Account]pay.Rupiah{}, settled: map[merchantDay]pay.Settlement{}}
	for _, p := range w.h.node.file.Payers {
		sen, err := snap.ParseAmount(p.Balance)
		if err != nil {
			t.Fatal(err)
		}
		w.m.fund(p.ID, pay.Rupiah(sen))
	}
	ear.forget()
	w.h.setClock(modelStart)
	return w
}

func (w *world) now() time.Time { return w.h.node.core.Now() }

// steady moves the clock on where the end of a code, or of a day, is so near
// that the time a step takes could decide what comes of it.
func (w *world) steady(rt *rapid.T) {
	const step = 30 * time.Second
	near := func() bool {
		now := w.now()
		soon := now.Add(step)
		if pay.Day(now) != pay.Day(soon) {
			return true
		}
		for _, c := range w.m.codes {
			if !c.expired(now) && c.expired(soon) {
				return true
			}
		}
		return false
	}
	for near() {
		w.advance(rt, 2*step)
	}
}

func (w *world) advance(rt *rapid.T, d time.Duration) {
	w.admin(rt, "POST", "/v1/sandbox/clock", object{"advance": d.String()})
	clear(w.tokens)
}

// admin calls the management API, which must not refuse.
func (w *world) admin(rt *rapid.T, method, path string, body any) reply {
	r := w.h.admin(method, path, body)
	if r.status != 200 {
		rt.Fatalf("%s %s: %v", method, path, r)
	}
	return r
}

// offers gives the dialects that have an operation.
func (w *world) offers(operation string) []string {
	var names []string
	for _, d := range w.h.dialects {
		if d.Operation(operation) != nil {
			names = append(names, d.Name)
		}
	}
	return names
}

func (w *world) offered(dialectName, operation string) bool {
	return slices.Contains(w.offers(operation), dialectName)
}

// prepare signs nothing yet: the call is ready to be sent, with a token that
// earlier calls used too.
func (w *world) prepare(rt *rapid.T, dialectName, operation string, body any) *call {
	c := w.h.call(dialectName, operation, body)
	if c.dialect.Operation("token") == nil || c.op.Auth == dialect.AuthToken || c.op.Auth == dialect.AuthAsymmetric {
		return c
	}
	if w.tokens[dialectName] == "" {
		t := w.h.call(dialectName, "token", w.h.body(dialectName, "token")).send()
		w.tokens[dialectName], _ = t.body["accessToken"].(string)
		if t.status != 200 || w.tokens[dialectName] == "" {
			rt.Fatalf("%s: no token: %v", dialectName, t)
		}
	}
	c.token = w.tokens[dialectName]
	return c
}

// ask sends a request and wants the answer that the dialect has for a refusal
// of a kind, or its success.
func (w *world) ask(rt *rapid.T, dialectName, operation string, body object, kind pay.Kind) reply {
	c := w.prepare(rt, dialectName, operation, body)
	r := c.send()
	rt.Logf("%s/%s %s: %v", dialectName, operation, c.raw, short(r))
	wantKind(rt, c, r, kind)
	if kind == accepted && c.op.Identifier.Field != "" {
		w.sent = append(w.sent, sentRequest{dialectName, operation, maps.Clone(body), r.status, w.placeless(r)})
	}
	return r
}

// codeOf is the response code of a kind in an operation.
func codeOf(c *call, kind pay.Kind) string {
	outcome := c.op.Success
	if kind != accepted {
		outcome = c.dialect.Outcome(c.op, kind)
	}
	return outcome.Case.Code(c.op.Service)
}

func wantKind(rt *rapid.T, c *call, r reply, kind pay.Kind) {
	if want := codeOf(c, kind); r.code != want || strconv.Itoa(r.status) != want[:3] {
		rt.Fatalf("%s/%s %s\ngot %v, want %s (%s)", c.dialect.Name, c.op.Name, c.raw, short(r), want, nameOf(kind))
	}
}

func nameOf(kind pay.Kind) string {
	if kind == accepted {
		return "accepted"
	}
	return kind.String()
}

// short leaves out what an image would make of an answer.
func short(r reply) reply {
	if len(r.raw) > 600 {
		r.raw = append(r.raw[:600:600], "..."...)
	}
	return r
}

// choose draws an element. When there is none it skips the action, as others do
// that do not fit the moment: rapid then draws another in its place.
func choose[T any](rt *rapid.T, what string, from []T) T {
	if len(from) == 0 {
		rt.Skip("there is no ", what)
	}
	return from[rapid.IntRange(0, len(from)-1).Draw(rt, what)]
}

// drawSum draws whole rupiah: any number, or one large enough for its MDR to
// be rounded when it is shared.
func drawSum(rt *rapid.T, what string, most pay.Rupiah) pay.Rupiah {
	unit := rapid.SampledFrom([]pay.Rupiah{pay.Rp(1), pay.Rp(111), pay.Rp(12_345)}).Draw(rt, "unit")
	if unit > most {
		unit = pay.Rp(1)
	}
	return unit * pay.Rupiah(rapid.Int64Range(1, int64(most/unit)).Draw(rt, what))
}

// text is a field of an answer, empty when it is absent or no text.
func (r reply) at(path string) string {
	s, _ := r.field(path).(string)
	return s
}
