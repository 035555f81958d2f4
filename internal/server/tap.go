package server

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
)

// Tap makes a listener whose connections remember the head of the request that
// is being answered, byte for byte: net/http gives the headers' names in a
// spelling of its own, and in no order. A journal shows what really came.
// The server's ConnContext must be Tapped.
func Tap(l net.Listener) net.Listener { return tap{l} }

type tap struct{ net.Listener }

func (t tap) Accept() (net.Conn, error) {
	c, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: c}, nil
}

type tapKey struct{}

// Tapped is the ConnContext of a server on a Tap.
func Tapped(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, tapKey{}, c)
}

// Head gives the head of a request as it came: lines, each with its end, and
// without the empty one. It is nil where the listener is no Tap, and where the
// client did not wait for the answer before this one. It is asked for before
// the answer begins.
func Head(r *http.Request) []byte {
	t, ok := r.Context().Value(tapKey{}).(*tapped)
	if !ok {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	end := bytes.Index(t.head, headEnd)
	if end < 0 || !bytes.HasPrefix(t.head, []byte(r.Method+" "+r.RequestURI+" ")) {
		return nil
	}
	return bytes.Clone(t.head[:end+len("\r\n")])
}

// tapped is a connection that remembers.
type tapped struct {
	net.Conn
	mu       sync.Mutex
	head     []byte // of the latest request, and perhaps some of its body
	whole    bool
	answered bool // so what comes next is another request
}

// maxHead bounds what is remembered; net/http refuses larger heads.
const maxHead = 64<<10 + 4<<10

var (
	headEnd         = []byte("\r\n\r\n")
	interim         = []byte("HTTP/1.1 100 ")
	_               = net.Conn((*tapped)(nil))
	_       halfway = (*tapped)(nil)
)

// halfway is how net/http ends a connection so that the client gets the last
// answer though it was still sending.
type halfway interface{ CloseWrite() error }

func (t *tapped) CloseWrite() error {
	if c, ok := t.Conn.(halfway); ok {
		return c.CloseWrite()
	}
	return nil
}

func (t *tapped) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if n > 0 {
		t.keep(p[:n])
	}
	return n, err
}

func (t *tapped) keep(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answered {
		t.head, t.whole, t.answered = t.head[:0], false, false
	}
	if t.whole || len(t.head) > maxHead {
		return
	}
	from := max(len(t.head)-len(headEnd), 0)
	t.head = append(t.head, p...)
	t.whole = bytes.Contains(t.head[from:], headEnd)
}

// took remembers the head of a request that is served directly. Without a tap
// there is none.
func (t *tapped) took(head []byte) {
	if t != nil {
		t.mu.Lock()
		t.head, t.whole, t.answered = append(t.head[:0], head...), true, false
		t.mu.Unlock()
	}
}

// answering is told when such a request is answered.
func (t *tapped) answering() {
	if t != nil {
		t.mu.Lock()
		t.answered = true
		t.mu.Unlock()
	}
}

func (t *tapped) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(p, interim) {
		t.mu.Lock()
		t.answered = true
		t.mu.Unlock()
	}
	return t.Conn.Write(p)
}
