package cli

import (
	"bufio"
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// hostileRequests is how many requests of TestHostileRequests are refused in
// each dialect: make hostile has 10,000.
var hostileRequests = flag.Int("hostile", 1500, "malformed requests a dialect of TestHostileRequests")

// mostGrowth bounds the memory that the server may keep after hostile requests:
// its journal of requests is 32 MB, and the clients are in the same process.
const mostGrowth = 128 << 20

// siege is one run against one operation.
type siege struct {
	*harness
	dialect *dialect.Dialect
	op      *dialect.Operation
	dice    *rand.Rand
	token   string
	secret  string
	key     *rsa.PrivateKey
	base    []byte
	conn    net.Conn
	answers *bufio.Reader
	counts  toll
	books   standings
}

// toll is what came of the requests.
type toll struct {
	sent, refused, accepted int
	codes                   map[string]int
}

// shot is one request as it goes over the wire.
type shot struct {
	what     string
	method   string
	target   string
	head     []headLine
	body     []byte
	breaks   bool // the framing, so that the connection is not used again
	mustFail bool
}

type headLine struct{ name, value string }

// TestHostileRequests sends, in each dialect, malformed requests made of its
// own rows: each has a documented answer that is no 5xx, nothing of them is
// acted on, no memory is kept for them.
func TestHostileRequests(t *testing.T) {
	log := new(lockedText)
	h := startWith(t, hostileOptions(t, log))
	before := resident()
	for i := range h.dialects {
		d := &h.dialects[i]
		t.Run(d.Name, func(t *testing.T) {
			sub := *h
			sub.t = t
			sum := toll{codes: make(map[string]int)}
			for j := range d.Operations {
				share := (*hostileRequests + len(d.Operations) - 1) / len(d.Operations)
				a := sub.siege(d, &d.Operations[j])
				a.run(share)
				sum.add(a.counts)
			}
			t.Logf("%d sent, %d refused, %d taken (extra members, values that no row forbids); %v", sum.sent, sum.refused, sum.accepted, sum.codes)
		})
	}
	h.books()
	if text := log.String(); strings.Contains(text, "panic") || strings.Contains(text, "goroutine ") {
		t.Errorf("the log has a panic:\n%s", text)
	}
	after := resident()
	t.Logf("resident memory: %d MB before, %d MB after", before>>20, after>>20)
	if after > before+mostGrowth {
		t.Errorf("%d MB of memory were kept", (after-before)>>20)
	}
}

func hostileOptions(t *testing.T, log io.Writer) serveOptions {
	o := serveOptions{data: t.TempDir(), logLevel: "error", signals: signals{logTo: log}}
	o.store = storeOf(t, o.data)
	return o
}

// lockedText is a log that its reader shares with the server.
type lockedText struct {
	sync.Mutex
	text bytes.Buffer
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.text.Write(p)
}

func (l *lockedText) String() string {
	l.Lock()
	defer l.Unlock()
	return l.text.String()
}

// resident is the memory that the process holds after all it can give back.
func resident() uint64 {
	debug.FreeOSMemory()
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

func (t *toll) add(o toll) {
	t.sent, t.refused, t.accepted = t.sent+o.sent, t.refused+o.refused, t.accepted+o.accepted
	for code, n := range o.codes {
		t.codes[code[:3]] += n
	}
}

func (h *harness) siege(d *dialect.Dialect, op *dialect.Operation) *siege {
	h.t.Helper()
	credentials := h.node.file.Partners[d.Name]
	key, err := snap.ParsePrivateKey(credentials.PrivateKey)
	if err != nil {
		h.t.Fatal(err)
	}
	a := &siege{harness: h, dialect: d, op: op, key: key, secret: credentials.ClientSecret, dice: rand.New(rand.NewPCG(6, uint64(len(d.Name)*100+len(op.Name))))}
	if op.Auth != dialect.AuthToken && op.Auth != dialect.AuthAsymmetric {
		a.token = h.token(d.Name)
	}
	a.base = mustJSON(h.t, h.body(d.Name, op.Name))
	a.counts.codes = make(map[string]int)
	return a
}

// run shoots until so many requests were refused.
func (a *siege) run(share int) {
	a.books = a.count()
	defer a.hangUp()
	a.fireAll(a.cuts(share))
	for a.counts.refused < share && a.counts.sent < 4*share {
		a.fire(a.aim())
	}
	if now := a.count(); now != a.books {
		a.t.Errorf("%s: refused requests changed the books: %+v, now %+v", a.op.Name, a.books, now)
	}
	if a.counts.refused < share {
		a.t.Errorf("%s: only %d of %d were refused", a.op.Name, a.counts.refused, a.counts.sent)
	}
}

func (a *siege) fireAll(shots []shot) {
	for _, s := range shots {
		a.fire(s)
	}
}

// aim makes the next request: every other one breaks its body.
func (a *siege) aim() shot {
	if a.dice.IntN(2) == 0 {
		return a.brokenBody()
	}
	return a.brokenHead()
}

// fire sends a request and holds its answer against what is documented.
func (a *siege) fire(s shot) {
	a.t.Helper()
	r, err := a.exchange(s)
	if err != nil {
		a.t.Fatalf("%s, %s: no answer: %v\n%.2000q", a.op.Name, s.what, err, s.text())
	}
	a.counts.sent++
	a.counts.codes[r.code]++
	if fault := a.judge(s, r); fault != "" {
		a.t.Fatalf("%s, %s: %s: %v\n%.2000q", a.op.Name, s.what, fault, r, s.text())
	}
	if r.status >= 400 {
		a.counts.refused++
		return
	}
	a.counts.accepted++
	now := a.count()
	if fault := mostOf[a.op.Name].since(a.books, now); fault != "" {
		a.t.Fatalf("%s, %s: %s: %+v, then %+v\n%.2000q", a.op.Name, s.what, fault, a.books, now, s.text())
	}
	a.books = now
}

// exchange sends over the open connection, or a new one.
func (a *siege) exchange(s shot) (reply, error) {
	if a.conn == nil || s.breaks {
		a.hangUp()
		a.conn = a.dial()
		a.answers = bufio.NewReader(a.conn)
	}
	if err := a.conn.SetDeadline(time.Now().Add(wireTime)); err != nil {
		return reply{}, err
	}
	go func(c net.Conn) { // the answer may come before the server has read all
		_, _ = c.Write(s.text())
		if s.breaks {
			_ = c.(*net.TCPConn).CloseWrite()
		}
	}(a.conn)
	res, err := http.ReadResponse(a.answers, nil)
	if err != nil {
		return reply{}, err
	}
	raw, err := io.ReadAll(res.Body)
	r := reply{status: res.StatusCode, header: res.Header, raw: raw}
	if json.Unmarshal(raw, &r.body) == nil {
		r.code, _ = r.body["responseCode"].(string)
		r.text, _ = r.body["responseMessage"].(string)
	}
	if s.breaks || res.Close {
		a.hangUp()
	}
	return r, err
}

func (a *siege) hangUp() {
	if a.conn != nil {
		a.conn.Close()
		a.conn = nil
	}
}

func (s shot) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", s.method, s.target)
	for _, l := range s.head {
		fmt.Fprintf(&b, "%s: %s\r\n", l.name, l.value)
	}
	b.WriteString("\r\n")
	b.Write(s.body)
	return b.Bytes()
}

// judge says what is wrong with an answer; "" is nothing.
func (a *siege) judge(s shot, r reply) string {
	answer, err := field.Parse(r.raw)
	_, stamp := snap.ParseTimestamp(r.header.Get(snap.HeaderTimestamp))
	switch {
	case err != nil:
		return "the answer is no strict JSON"
	case r.status >= 500 || r.status < 200 || r.status/100 == 3 || r.status == http.StatusTooManyRequests:
		return "its status is not one of a refusal"
	case len(r.code) != 7 || r.code[:3] != strconv.Itoa(r.status):
		return "the response code does not begin with the status"
	case r.text == "" || len([]rune(r.text)) > 150:
		return "the message is empty or longer than documented"
	case r.header.Get("Content-Type") != "application/json" || stamp != nil:
		return "its headers are not those of an answer"
	case s.mustFail && r.status < 400:
		return "it was acted on"
	case r.status < 400:
		return a.judgeSuccess(r, answer)
	}
	return a.judgeRefusal(s, r)
}

func (a *siege) judgeSuccess(r reply, answer field.Value) string {
	if want := a.op.Success.Case.Code(a.op.Service); r.code != want {
		return "the success is not " + want
	}
	if fault, _ := field.CheckBody(a.op.Reply, answer, false); fault != nil {
		return fault.Error()
	}
	return ""
}

// refusalMembers are all that a refusal may have.
var refusalMembers = []string{
	"responseCode", "responseMessage", "partnerReferenceNo", "originalPartnerReferenceNo", "partnerRefundNo", "refundAmount", "additionalInfo",
}

func (a *siege) judgeRefusal(s shot, r reply) string {
	for name := range r.body {
		if !slices.Contains(refusalMembers, name) {
			return "a refusal has no " + name
		}
	}
	if !a.documented(s, r) {
		return "the code is not documented"
	}
	return ""
}

// documented: a code of the operation; one of another dialect's at the same
// path where nothing says whose request it is; the standard's of a wrong
// method and path; or one of what is no HTTP.
func (a *siege) documented(s shot, r reply) bool {
	if _, listed := a.op.Code(r.code); listed {
		return true
	}
	switch {
	case r.code == "4040002":
		return s.target != a.op.Paths[0]
	case r.status == http.StatusMethodNotAllowed:
		return s.method != http.MethodPost
	case strings.HasSuffix(r.code, "0000"):
		return s.breaks && slices.Contains([]int{400, 408, 414, 417, 431}, r.status)
	}
	return slices.ContainsFunc(a.dialects, func(d dialect.Dialect) bool {
		return slices.ContainsFunc(d.Operations, func(op dialect.Operation) bool {
			_, listed := op.Code(r.code)
			return listed && slices.Contains(op.Paths, a.op.Paths[0])
		})
	})
}

// standings are what a refused request must leave alone, as numbers.
type standings struct {
	codes, payments, transfers float64
	accounts                   string
}

func (a *siege) count() standings {
	b := a.harness.books()
	n := func(name string) float64 { f, _ := b[name].(float64); return f }
	return standings{n("codes"), n("payments"), n("transfers"), fmt.Sprint(b["accounts"])}
}

// most is what one request of an operation does at most.
type most struct {
	codes, payments, transfers float64
	money                      bool
}

var mostOf = map[string]most{
	"generate": {codes: 1}, "order": {codes: 1}, "payment": {payments: 1, transfers: 1, money: true}, "refund": {transfers: 1, money: true},
}

func (a most) since(was, is standings) string {
	grew := func(was, is, by float64) bool { return is < was || is > was+by }
	switch {
	case grew(was.codes, is.codes, a.codes), grew(was.payments, is.payments, a.payments), grew(was.transfers, is.transfers, a.transfers):
		return "more was done than one such request does"
	case was.accounts != is.accounts && !a.money:
		return "money moved"
	}
	return ""
}
