package server

import (
	"net"
	"net/http"
	"net/netip"
	"testing"
)

// visitor is a connection from an address.
type visitor struct {
	net.Conn
	from   string
	closed bool
}

func (v *visitor) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(v.from))
}

func (v *visitor) Close() error {
	v.closed = true
	return nil
}

func (c *crowd) visit(t *testing.T, from string) (*visitor, *seat) {
	t.Helper()
	v := &visitor{from: from}
	return v, c.admit(v)
}

// TestCrowd: who waits longest without having brought a request makes room,
// and who is being served never does.
func TestCrowd(t *testing.T) {
	c := newCrowd(Limits{Connections: 3})
	served, a := c.visit(t, "203.0.113.1:1")
	a.occupy(http.StateActive)
	idle, b := c.visit(t, "203.0.113.2:1")
	b.occupy(http.StateActive)
	b.occupy(http.StateIdle)
	fresh, _ := c.visit(t, "203.0.113.3:1")
	for _, want := range []*visitor{fresh, idle} {
		_, s := c.visit(t, "203.0.113.4:1")
		if s == nil || !want.closed {
			t.Fatalf("%s was to make room: fresh %v, idle %v", want.from, fresh.closed, idle.closed)
		}
		s.occupy(http.StateActive)
	}
	if _, s := c.visit(t, "203.0.113.5:1"); s != nil || served.closed {
		t.Errorf("with everybody being served one more got the seat %v", s)
	}
	a.leave()
	a.leave()
	if _, s := c.visit(t, "203.0.113.5:1"); s == nil {
		t.Error("a seat that was left was not given again")
	}
}

// TestCrowdOfOneAddress: one address crowds out itself, and a proxy's address
// is many clients'.
func TestCrowdOfOneAddress(t *testing.T) {
	c := newCrowd(Limits{Connections: 10, PerAddress: 2, Exempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	other, _ := c.visit(t, "203.0.113.9:1")
	first, _ := c.visit(t, "[2001:db8::1]:1")
	c.visit(t, "[2001:db8::2]:1")
	if _, s := c.visit(t, "[2001:db8::3]:1"); s == nil || !first.closed || other.closed {
		t.Errorf("of three in one network the first was to go: %v, and nobody else: %v", first.closed, other.closed)
	}
	for range 5 {
		if v, s := c.visit(t, "10.0.0.1:1"); s == nil || v.closed {
			t.Error("a proxy was bounded")
		}
	}
}
