package server

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Direct says which requests a guarded connection serves itself instead of
// passing them to net/http: POSTs to one of the paths, framed by a length,
// that are in the buffer with their whole body, and ask nothing of the
// connection. The guard has read such a request already; net/http would read
// it again, watch its client from another goroutine, and sort the answer's
// header. What the client gets is the same, byte for byte. net/http takes the
// connection for idle meanwhile; it served the first request on it, and gets
// every request of another kind.
type Direct struct {
	// Handler says the Content-Length of its answers before it writes them.
	Handler http.Handler
	Paths   map[string]bool // as they stand in the request line
	// IdleWithin and AnswerWithin are as http.Server's IdleTimeout and
	// WriteTimeout. Deadlines last up to a second longer: so one that is set
	// does for many requests.
	IdleWithin, AnswerWithin time.Duration

	serving atomic.Int64
}

// Wait returns when no request is served, or with the context's end:
// http.Server.Shutdown knows nothing of these.
func (d *Direct) Wait(ctx context.Context) error {
	for d != nil && d.serving.Load() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// The states of a guarded connection.
const (
	connOpen    int32 = iota
	connServing       // directly
	connLeaving       // and is closed with the answer
)

// direct serves a request of which the head has come, and what is behind it,
// and gives how much of that it was; 0: net/http is to have it.
func (g *guarded) direct(came []byte, head int, f framing) int {
	d := g.guard.Direct
	if d == nil || !g.resting || g.from != g.pass || f.length <= 0 || f.length > int64(len(came)-head) {
		return 0
	}
	whole := head + int(f.length)
	l := new(letter)
	if !d.open(l, came[:head], came[head:whole]) || !g.turn.CompareAndSwap(connOpen, connServing) {
		return 0
	}
	g.serve(d, l)
	return whole
}

// letter is a request that was opened.
type letter struct {
	host   string
	url    url.URL
	header http.Header
	head   []byte
	body   unread
	size   int64
}

// unread is the body of a request. It is that of one only: who reads on after
// the answer gets nothing.
type unread struct{ left []byte }

func (u *unread) Read(p []byte) (int, error) {
	n := copy(p, u.left)
	if u.left = u.left[n:]; len(u.left) == 0 {
		return n, io.EOF
	}
	return n, nil
}

func (u *unread) Close() error { return nil }

// open reads a head that is known to be well-formed, and reports whether it is
// one of those that are served directly.
func (d *Direct) open(l *letter, head, body []byte) bool {
	line, _ := cutLine(head)
	target, ok := bytes.CutPrefix(line, []byte("POST "))
	if ok {
		target, ok = bytes.CutSuffix(target, []byte(" HTTP/1.1"))
	}
	if !ok || !d.Paths[string(target)] {
		return false
	}
	text := string(head)
	path := text[len("POST "):][:len(target)]
	l.head, l.body, l.size, l.url = head, unread{body}, int64(len(body)), url.URL{Path: path}
	return l.readFields(text[len(line)+len("\r\n"):])
}

// readFields reads the lines behind the first, and the empty one.
func (l *letter) readFields(text string) bool {
	lines := strings.Count(text, "\n") - 1
	values := make([]string, 0, lines)
	l.header = make(http.Header, lines)
	for range lines {
		var line string
		line, text, _ = strings.Cut(text, "\r\n")
		name, value, _ := strings.Cut(line, ":")
		name, value = spelled(name), strings.Trim(value, " \t")
		switch {
		case name == "Host":
			l.host = value
			continue
		case particular[name] && (name != "Connection" || !strings.EqualFold(value, "keep-alive")):
			return false
		}
		if before := l.header[name]; before != nil {
			l.header[name] = append(before, value)
			continue
		}
		values = append(values, value)
		l.header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	return true
}

// particular fields ask something of net/http itself, or are changed by it.
var particular = map[string]bool{"Connection": true, "Expect": true, "Pragma": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true}

// spellings are the fields that nearly all requests have, by how clients write
// them.
var spellings = spellingsOf(
	"Accept", "Accept-Encoding", "Authorization", "Authorization-Customer", "Channel-Id", "Connection", "Content-Length",
	"Content-Type", "Host", "Origin", "User-Agent", "X-Client-Key", "X-Device-Id", "X-External-Id", "X-Ip-Address",
	"X-Latitude", "X-Longitude", "X-Partner-Id", "X-Request-Id", "X-Signature", "X-Timestamp", "Traceparent",
)

func spellingsOf(names ...string) map[string]string {
	all := make(map[string]string)
	for _, name := range names {
		all[name], all[strings.ToUpper(name)], all[strings.ToLower(name)] = name, name, name
	}
	return all
}

// spelled is http.CanonicalHeaderKey without its work for common names.
func spelled(name string) string {
	if s, ok := spellings[name]; ok {
		return s
	}
	return http.CanonicalHeaderKey(name)
}

// serve answers a request while net/http waits for one. It panics if the
// handler does; net/http then closes the connection as it does with its own.
func (g *guarded) serve(d *Direct, l *letter) {
	began := time.Now()
	ctx, cancel := context.WithCancel(g.base)
	d.serving.Add(1)
	g.seat.serve()
	g.answerBy(began.Add(d.AnswerWithin))
	g.tap.took(l.head)
	g.vigil.begin(g, began, cancel)
	whole := false
	a := replies.Get().(*reply)
	a.to = g
	defer func() {
		cancel()
		l.body.left = nil // its buffer is the next request's
		interrupted := g.vigil.end(g)
		g.seat.await()
		if g.turn.CompareAndSwap(connServing, connOpen) && whole {
			g.restUntil(time.Now().Add(d.IdleWithin), interrupted)
		} else {
			g.ended = true
			g.turn.Store(connOpen)
			_ = g.Close()
		}
		d.serving.Add(-1)
	}()
	d.Handler.ServeHTTP(a, g.request(ctx, l))
	whole = a.finish()
	a.giveBack()
}

// request is what a handler is given.
func (g *guarded) request(ctx context.Context, l *letter) *http.Request {
	if g.blank == nil {
		g.blank = &http.Request{
			Method: http.MethodPost, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: g.RemoteAddr().String(),
		}
	}
	r := g.blank.WithContext(ctx)
	r.Host, r.URL, r.RequestURI, r.Header, r.Body, r.ContentLength = l.host, &l.url, l.url.Path, l.header, &l.body, l.size
	return r
}

// slack is how much longer than asked a deadline may last.
const slack = time.Second

// lasts reports whether a deadline does for one that is asked for.
func lasts(deadline, asked time.Time) bool {
	return !deadline.Before(asked) && deadline.Before(asked.Add(slack))
}

// answerBy sets the deadline for an answer.
func (g *guarded) answerBy(t time.Time) {
	if !lasts(g.writeBy, t) {
		_ = g.SetWriteDeadline(t.Add(slack)) // a connection that is closed says so when it is written to
	}
}

// SetWriteDeadline remembers what is set.
func (g *guarded) SetWriteDeadline(t time.Time) error {
	g.writeBy = t
	return g.Conn.SetWriteDeadline(t)
}

// restUntil sets the deadline for the next request, as net/http did when it
// began to wait for one.
func (g *guarded) restUntil(t time.Time, anew bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if anew || !lasts(g.asked, t) {
		g.asked = t.Add(slack)
		_ = g.apply() // a connection that is closed says so to its reader
	}
}
