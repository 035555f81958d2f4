package server

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"strconv"
	"time"
)

// SetReadDeadline keeps what net/http asks for beside the head's own deadline.
// It may be called while another goroutine reads.
func (g *guarded) SetReadDeadline(t time.Time) error {
	g.mu.Lock()
	g.asked = t
	err := g.apply()
	g.mu.Unlock()
	select {
	case g.wake <- struct{}{}:
	default:
	}
	return err
}

func (g *guarded) SetDeadline(t time.Time) error {
	return errors.Join(g.SetReadDeadline(t), g.SetWriteDeadline(t))
}

// apply sets the earlier of the two deadlines.
func (g *guarded) apply() error {
	t := g.asked
	if !g.own.IsZero() && (t.IsZero() || g.own.Before(t)) {
		t = g.own
	}
	return g.Conn.SetReadDeadline(t)
}

// begun begins a head's deadline with the first part of it, and ends it.
func (g *guarded) begun(yes bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if yes != g.own.IsZero() {
		return
	}
	g.own = time.Time{}
	if yes {
		g.own = time.Now().Add(g.guard.HeadWithin)
	}
	_ = g.apply() // a connection that is closed says so to its reader
}

// interrupted reports whether net/http itself ended a read, with a deadline
// long ago, to take the connection back from the read that it makes while a
// request is served.
func (g *guarded) interrupted() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.asked.IsZero() && time.Since(g.asked) > time.Hour
}

// hold keeps the end of what a client sends from net/http while it serves a
// request that does something: it would cancel the request, whose client may
// well wait for the answer with its own half closed. Only a read meanwhile has
// no deadline; one that net/http interrupts is not told of the end either,
// because that cancels the requests that came behind.
func (g *guarded) hold() error {
	for g.acts {
		g.mu.Lock()
		asked := g.asked
		g.mu.Unlock()
		switch {
		case g.interrupted():
			return os.ErrDeadlineExceeded
		case !asked.IsZero():
			return io.EOF
		}
		<-g.wake
	}
	return io.EOF
}

// lingering bounds how long a refused client is read on, so that the refusal
// reaches it: a connection that is closed with something unread is reset.
const lingering = 500 * time.Millisecond

// Close ends the connection; while a request is served directly, with its
// answer: net/http takes such a connection for idle.
func (g *guarded) Close() error {
	if g.turn.CompareAndSwap(connServing, connLeaving) {
		return nil
	}
	g.seat.leave()
	if g.fault.Load() != nil {
		g.linger()
	}
	return g.Conn.Close()
}

func (g *guarded) linger() {
	if g.CloseWrite() != nil || g.Conn.SetReadDeadline(time.Now().Add(lingering)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, g.Conn, maxBody)
}

// CloseWrite lets net/http end a connection so that the client gets the last
// answer though it was still sending.
func (g *guarded) CloseWrite() error {
	if c, ok := g.Conn.(halfway); ok {
		return c.CloseWrite()
	}
	return nil
}

// secured reports whether what is read is under TLS, if it is to be.
func (g *guarded) secured() bool { return g.tls == nil || g.tls.ConnectionState().HandshakeComplete }

// tellPlain answers a client that speaks plain HTTP where TLS is spoken.
func (g *guarded) tellPlain(err error) {
	var header tls.RecordHeaderError
	if !errors.As(err, &header) || header.Conn == nil || !isToken[header.RecordHeader[0]] {
		return
	}
	const body = `{"responseCode":"4000000","responseMessage":"Bad Request: this port speaks TLS: use https"}`
	_, _ = io.WriteString(header.Conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: "+
		strconv.Itoa(len(body))+"\r\nConnection: close\r\n\r\n"+body)
}
