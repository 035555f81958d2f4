package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Guard says what a listener lets through.
type Guard struct {
	Limits
	// HeadWithin is how long the head of a request may take from its first
	// byte to its last.
	HeadWithin time.Duration
	// TLS gives the configuration of each new connection; nil: plain HTTP.
	TLS *tls.Config
	// Direct are served without net/http; nil: none.
	Direct *Direct
}

// Listen makes a listener whose connections let only well-formed HTTP/1
// through to net/http, one whole head at a time. A malformed one is replaced
// by a request for a secret path, so that its refusal is written in its turn,
// by a handler (see Arrival), in the shape of all other answers. The server's
// ConnContext must be Guarded, and its ConnState Occupied.
func (g Guard) Listen(l net.Listener) net.Listener {
	return &guardedListener{l, g, newCrowd(g.Limits)}
}

type guardedListener struct {
	net.Listener
	guard Guard
	crowd *crowd
}

// Accept gives the next connection for which there is a seat.
func (l *guardedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		s := l.crowd.admit(c)
		if s == nil {
			c.Close()
			continue
		}
		g := &guarded{Conn: c, seat: s, guard: &l.guard, wake: make(chan struct{}, 1)}
		if l.guard.TLS != nil {
			g.tls = tls.Server(c, l.guard.TLS)
			g.Conn = g.tls
		}
		return g, nil
	}
}

type guardKey struct{}

// Guarded is the ConnContext of a server on a guarded listener, with or
// without a Tap over it.
func Guarded(ctx context.Context, c net.Conn) context.Context {
	t, ok := c.(*tapped)
	if ok {
		ctx, c = Tapped(ctx, c), t.Conn
	}
	ctx = context.WithValue(ctx, guardKey{}, c)
	if g, ok := c.(*guarded); ok {
		g.tap, g.base = t, ctx
	}
	return ctx
}

// Occupied is the ConnState of such a server.
func Occupied(c net.Conn, state http.ConnState) {
	if t, ok := c.(*tapped); ok {
		c = t.Conn
	}
	if g, ok := c.(*guarded); ok {
		g.resting = state == http.StateIdle
		g.seat.occupy(state)
	}
}

func guardOf(ctx context.Context) *guarded {
	g, _ := ctx.Value(guardKey{}).(*guarded)
	return g
}

// guarded is a connection whose reader sees only what was judged.
type guarded struct {
	net.Conn
	seat   *seat
	guard  *Guard
	tls    *tls.Conn // nil: plain
	in     []byte    // what has come: read up to from, well-formed up to pass
	from   int
	pass   int
	head   head
	left   int64   // of a body with a length
	chunks *chunks // of a chunked body
	acts   bool    // a request that may be served now is neither GET nor HEAD
	failed error   // what a body's reader is told once
	ended  bool    // nothing more is read
	fault  atomic.Pointer[Fault]

	resting bool            // net/http waits for a request
	base    context.Context // of its requests
	tap     *tapped         // nil: there is none
	blank   *http.Request   // what all that are served directly have in common
	turn    atomic.Int32    // whether a request is served directly
	vigil   vigil
	writeBy time.Time

	mu    sync.Mutex
	asked time.Time // the deadline that net/http set
	own   time.Time // that of a head which has begun
	wake  chan struct{}
}

// faultTarget is the path of the requests that stand for malformed ones.
var faultTarget = "/" + rand.Text() + rand.Text()

// faulty gives the fault that a request stands for.
func (g *guarded) faulty(r *http.Request) *Fault {
	if g == nil || r.RequestURI != faultTarget {
		return nil
	}
	return g.fault.Load()
}

func (g *guarded) Read(p []byte) (int, error) {
	if g.between(p) {
		g.acts = false
	}
	for g.from == g.pass {
		if g.judge(); g.from < g.pass {
			break
		}
		if g.left > 0 && len(g.in) == 0 {
			return g.readBody(p)
		}
		if err := g.more(p); err != nil {
			return 0, err
		}
	}
	n := copy(p, g.in[g.from:g.pass])
	if g.from += n; g.from == len(g.in) {
		g.reset()
	}
	return n, nil
}

// between reports whether net/http asks for another request, having served
// those that it has. While it serves one it reads single bytes.
func (g *guarded) between(p []byte) bool {
	return len(p) > 1 && g.from == g.pass && g.left == 0 && g.chunks == nil
}

// maxKept is how much of a buffer a connection keeps between requests.
const maxKept = 4 << 10

func (g *guarded) reset() {
	g.in, g.from, g.pass = g.in[:0], 0, 0
	if cap(g.in) > maxKept {
		g.in = nil
	}
}

// readBody passes a body with a length on as it comes.
func (g *guarded) readBody(p []byte) (int, error) {
	n, err := g.receive(p[:min(int64(len(p)), g.left)])
	g.left -= int64(n)
	return n, err
}

// receive reads from the client, for whom the connection then waits.
func (g *guarded) receive(p []byte) (int, error) {
	if g.left > 0 || g.chunks != nil {
		g.seat.await()
		defer g.seat.serve()
	}
	return g.Conn.Read(p)
}

// more reads on. It needs no buffer of its own while it waits for a request:
// what it is given serves until then.
func (g *guarded) more(p []byte) error {
	if g.ended {
		return g.end()
	}
	g.in = g.in[:copy(g.in, g.in[g.from:])]
	g.pass -= g.from
	if g.from = 0; len(g.in) > 0 && len(p) < maxKept/4 {
		p = make([]byte, maxKept)
	}
	n, err := g.receive(p)
	g.in = append(g.in, p[:n]...)
	if n > 0 {
		return nil
	}
	return g.stopped(err)
}

// end tells a body's reader why it ended, and everyone after it that it did,
// though not while a request is served that came before the end.
func (g *guarded) end() error {
	if err := g.failed; err != nil {
		g.failed = nil
		return err
	}
	return g.hold()
}

// stopped says what becomes of a connection that gives nothing more. A head
// that was begun is refused.
func (g *guarded) stopped(err error) error {
	between := g.chunks == nil && g.left == 0
	begun := between && len(g.in) > g.pass
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		if begun && !g.interrupted() {
			g.refuse(&Fault{408, "the head did not come in time"})
			return nil
		}
	case !g.secured():
		g.tellPlain(err)
		g.ended = true
		return io.EOF // net/http would answer in the clear
	case errors.Is(err, io.EOF) && begun:
		g.refuse(malformed("the request ends within its head"))
		return nil
	case errors.Is(err, io.EOF) && between:
		g.ended = true
		return g.hold()
	}
	return err
}

// judge moves pass over what is well-formed.
func (g *guarded) judge() {
	for g.pass < len(g.in) && !g.ended {
		rest := g.in[g.pass:]
		switch {
		case g.left > 0:
			n := min(g.left, int64(len(rest)))
			g.left -= n
			g.pass += int(n)
		case g.chunks != nil:
			if !g.judgeChunks(rest) {
				return
			}
		default:
			if !g.judgeHead(rest) {
				return
			}
		}
	}
}

// judgeHead reports whether to go on.
func (g *guarded) judgeHead(rest []byte) bool {
	n, fault := g.head.end(rest)
	if n == 0 && fault == nil {
		g.begun(true)
		return false
	}
	var f framing
	if fault == nil {
		f, fault = readHead(rest[:n])
	}
	g.begun(false)
	if fault != nil {
		g.refuse(fault)
		return false
	}
	g.head = head{}
	if whole := g.direct(rest, n, f); whole > 0 {
		g.pass += whole
		if g.from = g.pass; g.from == len(g.in) {
			g.reset()
		}
		return true
	}
	g.left, g.acts = max(f.length, 0), g.acts || !f.reads
	if f.chunked {
		g.chunks = new(chunks)
	}
	g.pass += n
	return true
}

// judgeChunks reports whether to go on. A fault within a body ends it: its
// reader is told why, and answers.
func (g *guarded) judgeChunks(rest []byte) bool {
	n, fault := g.chunks.take(rest)
	g.pass += n
	if fault != nil {
		g.in = g.in[:g.pass]
		g.failed, g.ended = fmt.Errorf("chunked body: %w", fault), true
		return false
	}
	if g.chunks.ended {
		g.chunks = nil
	}
	return true
}

// refuse puts a request for the secret path in place of what has come.
func (g *guarded) refuse(f *Fault) {
	g.fault.Store(f)
	g.ended = true
	g.in = append(g.in[:g.pass], "GET "+faultTarget+" HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n"...)
	g.pass = len(g.in)
}
