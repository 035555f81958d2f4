package pgtest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
)

// Proxy stands between clients and a PostgreSQL server and does to their
// transactions what its plan says. It knows BEGIN and COMMIT alone in a simple
// Query and as prepared statements, also in a pipeline; a Query of several
// statements passes unharmed. It never encrypts.
type Proxy struct {
	listener net.Listener
	fate     *fate
	ctx      context.Context // of the proxy's life
	links    sync.WaitGroup

	mu      sync.Mutex
	target  string // HOST:PORT
	refuses bool
	open    map[*link]bool
	deliver chan struct{} // closed when the COMMITs that are held shall go
}

// NewProxy listens on a port of 127.0.0.1 until the test ends. The target is
// a server's HOST:PORT.
func NewProxy(t testing.TB, target string, plan Plan) *Proxy {
	t.Helper()
	if err := plan.check(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("pgtest: proxy: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Proxy{
		listener: l, ctx: ctx, target: target, open: map[*link]bool{}, deliver: make(chan struct{}),
		fate: &fate{plan: plan, counts: Counts{Faults: map[Fault]int{}}},
	}
	p.links.Go(p.accept)
	t.Cleanup(func() {
		cancel()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		p.cut(func(*link) bool { return true })
		p.links.Wait()
	})
	return p
}

// Addr is the proxy's HOST:PORT.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// URL names a database of the target, through the proxy.
func (p *Proxy) URL(database string) string { return location(p.Addr(), database) }

// Next puts faults before those of the plan's rates: each is done once, in
// this order, to the next COMMIT or first statement that it suits. None
// spares a COMMIT.
func (p *Proxy) Next(faults ...Fault) { p.fate.script(faults) }

// Counts are those since the proxy was made.
func (p *Proxy) Counts() Counts { return p.fate.tally() }

// Refuse lets new connections in, or not. Those that are open stay.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = refuse
}

// Target gives new connections another server, HOST:PORT. Those that are open
// stay with theirs: see Cut.
func (p *Proxy) Target(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = addr
}

// Cut drops every connection now, except those that have been dropped for the
// client already and still hold a COMMIT for the server.
func (p *Proxy) Cut() {
	p.cut(func(l *link) bool { return !l.holds })
}

func (p *Proxy) cut(which func(*link) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.open {
		if which(l) {
			l.close()
		}
	}
}

// Deliver sends the COMMITs that are held at once, and returns when the server
// has answered them or their connections are gone.
func (p *Proxy) Deliver() {
	for _, l := range p.releaseHeld() {
		<-l.ended
	}
}

func (p *Proxy) releaseHeld() (held []*link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.deliver)
	p.deliver = make(chan struct{})
	for l := range p.open {
		if l.holds {
			held = append(held, l)
		}
	}
	return held
}

// hold marks a link as one that Cut spares, and gives the signal to end the
// wait.
func (p *Proxy) hold(l *link) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.holds = true
	return p.deliver
}

// holdsFor tells whether the connection to cancel is one whose COMMIT is held.
// Many clients cancel as their connection breaks; that would let chance decide
// whether the COMMIT takes effect.
func (p *Proxy) holdsFor(cancels []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.open {
		if l.holds && l.hasKey(cancels) {
			return true
		}
	}
	return false
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // the proxy is closed
		}
		if l := p.admit(client); l != nil {
			p.links.Go(func() { p.serve(l) })
		}
	}
}

func (p *Proxy) admit(client net.Conn) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuses || p.ctx.Err() != nil {
		_ = client.Close() // nothing was sent that could be lost
		return nil
	}
	l := newLink(p, client)
	p.open[l] = true
	return l
}

func (p *Proxy) serve(l *link) {
	defer p.forget(l)
	defer l.close()
	packet, cancels, err := l.greet()
	if err != nil || p.holdsFor(cancels) {
		return // the client went away, or speaks something else
	}
	server, err := p.dial()
	if err != nil {
		return // to the client it looks as what it is: no server
	}
	if cancels == nil {
		p.fate.connected()
	}
	l.run(server, packet)
}

func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, l)
}

func (p *Proxy) dial() (net.Conn, error) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	server, err := new(net.Dialer).DialContext(p.ctx, "tcp", target)
	if err != nil {
		return nil, fmt.Errorf("pgtest: proxy: %w", err)
	}
	return server, nil
}
