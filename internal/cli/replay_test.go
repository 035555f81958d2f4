package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/snap"
)

var replayRequests = flag.Int("replay.requests", 8000, "how many captured requests TestReplay sends again")

// captured is a signed request as it went over the wire once, and its answer.
type captured struct {
	d       *dialect.Dialect
	op      *dialect.Operation
	path    string // with its query
	headers [][2]string
	body    string
	callers *callers
	first   answered
}

// answered is what came back.
type answered struct {
	status int
	code   string
	raw    []byte
}

func (a answered) ok() bool { return a.status >= 200 && a.status < 300 }

func (c captured) String() string { return c.d.Name + "/" + c.op.Name + " " + c.path }

func (c captured) bytes() []byte { return render(c.path, c.body, c.headers) }

// with gives it with another value of a header.
func (c captured) with(name, value string) captured {
	headers := make([][2]string, len(c.headers))
	copy(headers, c.headers)
	for i := range headers {
		if strings.EqualFold(headers[i][0], name) {
			headers[i][1] = value
		}
	}
	c.headers = headers
	return c
}

func (c captured) header(name string) string {
	for _, h := range c.headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// capture signs a valid request of each operation of each dialect, every second
// one with a query, and sends it once.
func (h *harness) capture(all map[string]*callers) []captured {
	h.t.Helper()
	var taken []captured
	h.eachOperation(h.t, func(h *harness, d *dialect.Dialect, op *dialect.Operation) {
		call := h.call(d.Name, op.Name, h.body(d.Name, op.Name))
		call.token = all[d.Name].own.token
		if len(taken)%2 == 1 {
			call.path += "?page=12&sort=asc"
		}
		c := captured{d: d, op: op, path: call.path, body: string(call.raw), callers: all[d.Name]}
		header := http.Header{}
		call.sign(header)
		header.Del("Content-Type") // which render writes
		for name := range header {
			c.headers = append(c.headers, [2]string{name, header.Get(name)})
		}
		for name := range call.header {
			c.headers = append(c.headers, [2]string{name, call.header.Get(name)})
		}
		s := h.sender()
		defer s.close()
		if c.first = s.send(c.bytes()); !c.first.ok() {
			h.t.Fatalf("the request to be captured is refused: %+v %s", c, c.first.raw)
		}
		taken = append(taken, c)
	})
	return taken
}

// sender is a connection that is made anew whenever the server has ended it.
type sender struct {
	t       testing.TB
	address string
	conn    net.Conn
	in      *bufio.Reader
}

func (h *harness) sender() *sender {
	return &sender{t: h.t, address: strings.TrimPrefix(h.node.apiURL, "http://")}
}

func (s *sender) close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// send gives the answer. A server that hangs up without one has accepted
// nothing, so that counts as status 0; on a connection that was used before it
// is asked once more.
func (s *sender) send(request []byte) answered {
	for {
		anew := s.conn == nil
		if anew {
			s.dial()
		}
		if a, ok := s.exchange(request); ok || anew {
			return a
		}
	}
}

func (s *sender) dial() {
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Error(err)
		return
	}
	s.conn, s.in = conn, bufio.NewReader(conn)
}

func (s *sender) exchange(request []byte) (answered, bool) {
	if s.conn == nil {
		return answered{}, false
	}
	s.conn.SetDeadline(time.Now().Add(time.Minute))
	_, err := s.conn.Write(request)
	var response *http.Response
	if err == nil {
		response, err = http.ReadResponse(s.in, nil)
	}
	if err != nil {
		s.close()
		return answered{}, false
	}
	a := answered{status: response.StatusCode}
	if a.raw, err = io.ReadAll(response.Body); err != nil || response.Close {
		s.close()
	}
	var body struct{ ResponseCode string }
	if json.Unmarshal(a.raw, &body) == nil {
		a.code = body.ResponseCode
	}
	return a, true
}

// signedHeaders are what the string to sign holds of a request's head. The
// standard signs no other header: X-PARTNER-ID is not in it but names the key,
// so its bytes are altered too, unless the dialect's document lets it be
// anything beside a token. X-EXTERNAL-ID, CHANNEL-ID and the customer's token
// are not signed; TestUnsignedBytes is about them.
func (c captured) signedHeaders() []string {
	names := []string{snap.HeaderTimestamp, snap.HeaderSignature}
	switch {
	case c.op.Auth == dialect.AuthToken:
		return append(names, snap.HeaderClientKey)
	case c.header(snap.HeaderAuthorization) != "":
		names = append(names, snap.HeaderAuthorization)
	}
	if !c.d.AnyPartnerID {
		names = append(names, snap.HeaderPartnerID)
	}
	return names
}

// parts are what one byte may be altered in: the path with its query, the
// signed headers and the body. The scheme for access tokens signs neither path
// nor body: "clientKey|timestamp" is all of it.
func (c captured) parts() []string {
	names := c.signedHeaders()
	if c.op.Auth != dialect.AuthToken {
		names = append(names, "path", "body")
	}
	return names
}

// altered has another byte at one place of a part.
func (c captured) altered(r *rand.Rand) (captured, string) {
	parts := c.parts()
	part := parts[r.IntN(len(parts))]
	switch part {
	case "path":
		c.path, part = flip(r, c.path, 1, part) // the slash at its start is HTTP's
	case "body":
		c.body, part = flip(r, c.body, 0, part)
	case snap.HeaderAuthorization:
		value, where := flip(r, c.header(part), len("Bearer "), part) // whose letters' case means nothing
		return c.with(part, value), where
	default:
		value, where := flip(r, c.header(part), 0, part)
		return c.with(part, value), where
	}
	return c, part
}

// flip changes one byte from a place on: every second time into one that may
// well stand there, a digit for a digit and a letter for a letter.
func flip(r *rand.Rand, text string, from int, part string) (changed, where string) {
	at := from + r.IntN(len(text)-from)
	b := []byte(text)
	for _, alike := range []string{"0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} {
		if i := strings.IndexByte(alike, b[at]); i >= 0 && r.IntN(2) == 0 {
			b[at] = alike[(i+1+r.IntN(len(alike)-1))%len(alike)]
		}
	}
	if b[at] == text[at] {
		b[at] ^= byte(1 + r.IntN(255))
	}
	return string(b), fmt.Sprintf("%s byte %d: %q for %q", part, at, b[at], text[at])
}

// astray is the request at the path of another operation.
func (c captured) astray(r *rand.Rand, all []captured) (captured, string) {
	for {
		other := all[r.IntN(len(all))]
		bare, _, _ := strings.Cut(other.path, "?")
		own, _, _ := strings.Cut(c.path, "?")
		if bare != own && (c.op.Auth != dialect.AuthToken || other.op.Auth != dialect.AuthToken) {
			c.path = bare
			return c, "at " + bare
		}
	}
}

// foreign is the request in another partner's name: its id, its token, both.
func (c captured) foreign(r *rand.Rand) (captured, string) {
	p := c.callers.other
	switch {
	case c.op.Auth == dialect.AuthToken:
		return c.with(snap.HeaderClientKey, p.ClientKey), "another client key"
	case c.header(snap.HeaderAuthorization) == "":
		return c.with(snap.HeaderPartnerID, p.PartnerID), "another partner id"
	case c.d.AnyPartnerID || r.IntN(3) == 0:
		return c.with(snap.HeaderAuthorization, "Bearer "+p.token), "another partner's token"
	case r.IntN(2) == 0:
		return c.with(snap.HeaderPartnerID, p.PartnerID), "another partner id"
	}
	return c.with(snap.HeaderAuthorization, "Bearer "+p.token).with(snap.HeaderPartnerID, p.PartnerID), "another partner id and token"
}

// replays counts what was sent.
type replays struct {
	mu             sync.Mutex
	sent, accepted map[string]int
	codes          map[string]int
	total          int
}

func (n *replays) count(kind string, a answered, accepted bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.total++
	n.sent[kind]++
	n.codes[fmt.Sprint(a.status)]++
	if accepted {
		n.accepted[kind]++
	}
}

// sendMany sends n requests over eight connections. make gives the i-th, and
// what is wrong with it; accepted says whether the answer is one that it must
// not have.
func (h *harness) sendMany(counts *replays, kind string, n int, make func(i int, r *rand.Rand) (captured, string), accepted func(captured, answered) bool) {
	const senders = 8
	var wg sync.WaitGroup
	for worker := range senders {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), uint64(len(kind)))) // the same requests each time
			s := h.sender()
			defer s.close()
			for i := worker; i < n; i += senders {
				c, what := make(i, r)
				a := s.send(c.bytes())
				bad := accepted(c, a)
				counts.count(kind, a, bad)
				if bad || a.status >= 500 {
					h.t.Errorf("%s, %s, %s: %d %s", kind, c, what, a.status, a.raw)
				}
			}
		})
	}
	wg.Wait()
}

// succeeded: what is altered, astray, foreign or late must not succeed at all.
func succeeded(_ captured, a answered) bool { return a.ok() }

// looks are the operations that change nothing.
var looks = map[string]bool{"query": true, "status": true, "list": true, "decode": true}

// acted reports whether an identical request within the window was accepted:
// whether it succeeded though neither the document has its answer given again
// (Midtrans by X-EXTERNAL-ID, DANA by the reference), nor it only looks, nor it
// asks for an access token, to which SNAP gives no nonce. An answer that is
// given again must be the first, and none of them may change the books, which
// the test looks at afterwards.
func acted(c captured, a answered) bool {
	switch {
	case !a.ok(), looks[c.op.Name], c.op.Name == "token":
		return false
	case c.idempotent():
		return !bytes.Equal(a.raw, c.first.raw)
	}
	return true
}

// idempotent reports whether the dialect answers the identical request again.
func (c captured) idempotent() bool {
	reference := c.d.Reference
	if c.op.Reference != nil {
		reference = *c.op.Reference
	}
	return c.d.ExternalID.Same.Replay || c.op.Identifier.Field != "" && reference.Same.Replay || c.d.Name == "dana" && c.op.Name == "cancel"
}

// TestReplay captures a signed request of every operation and sends it again:
// with one byte of what is signed altered, at another path, in another
// partner's name, as it is within the window, and after it. None is accepted.
// make replay is the long form.
func TestReplay(t *testing.T) {
	h := startGuarded(t)
	taken := h.capture(h.gather())
	counts := &replays{sent: map[string]int{}, accepted: map[string]int{}, codes: map[string]int{}}
	pick := func(i int) captured { return taken[i%len(taken)] }
	before, n := h.state(), *replayRequests
	h.sendMany(counts, "one byte altered", n*70/100, func(i int, r *rand.Rand) (captured, string) { return pick(i).altered(r) }, succeeded)
	h.sendMany(counts, "another path", n*10/100, func(i int, r *rand.Rand) (captured, string) { return pick(i).astray(r, taken) }, succeeded)
	h.sendMany(counts, "another partner", n*10/100, func(i int, r *rand.Rand) (captured, string) { return pick(i).foreign(r) }, succeeded)
	same := func(i int, _ *rand.Rand) (captured, string) { return pick(i), "as it was" }
	h.sendMany(counts, "identical, within the window", n*5/100, same, acted)
	h.advance((authzSkew + time.Minute).String())
	h.sendMany(counts, "identical, after the window", n-counts.total, same, succeeded)
	h.advance("-" + (authzSkew + time.Minute).String())
	if after := h.state(); after != before {
		t.Errorf("a replay changed the books:\n%s\n%s", before, after)
	}
	t.Logf("%d operations, %d requests sent again %v, accepted %v, statuses %v", len(taken), counts.total, counts.sent, counts.accepted, counts.codes)
}

// TestUnsignedBytes alters what SNAP signs nowhere: X-EXTERNAL-ID, CHANNEL-ID
// and, at dialects that let it be anything, X-PARTNER-ID. The request may be
// taken for a retry or refused; it must have no second effect, for its own
// reference is remembered too.
func TestUnsignedBytes(t *testing.T) {
	h := startGuarded(t)
	taken := h.capture(h.gather())
	before := h.state()
	s := h.sender()
	defer s.close()
	for _, c := range taken {
		for _, name := range []string{snap.HeaderExternalID, snap.HeaderChannelID} {
			if c.header(name) == "" {
				continue
			}
			if a := s.send(c.with(name, fresh("9")).bytes()); a.status >= 500 || a.status == 0 {
				t.Errorf("%s with another %s: %d %s", c, name, a.status, a.raw)
			}
		}
		if c.d.AnyPartnerID && c.header(snap.HeaderPartnerID) != "" {
			if a := s.send(c.with(snap.HeaderPartnerID, c.callers.other.PartnerID).bytes()); a.status >= 500 {
				t.Errorf("%s with another partner id: %d %s", c, a.status, a.raw)
			}
		}
	}
	if after := h.state(); after != before {
		t.Errorf("a request with another id had a second effect:\n%s\n%s", before, after)
	}
}
