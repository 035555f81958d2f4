package server

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound the connections of a listener. 0 does not bound.
type Limits struct {
	Connections int
	PerAddress  int            // of one client's address; an IPv6 network of /64 is one
	Exempt      []netip.Prefix // proxies, whose address is many clients'
}

// crowd are the connections of a listener. One that comes when there is no
// room takes the place of one whose client is waited for, the longest first,
// as far as a few comparisons show: so clients that send slowly, or nothing,
// keep nobody out.
type crowd struct {
	limits Limits
	mu     sync.Mutex
	seats  map[*seat]bool
	of     map[netip.Prefix]map[*seat]bool
}

func newCrowd(l Limits) *crowd {
	return &crowd{limits: l, seats: make(map[*seat]bool), of: make(map[netip.Prefix]map[*seat]bool)}
}

// seat is one connection's place.
type seat struct {
	crowd  *crowd
	conn   net.Conn
	addr   netip.Addr
	from   netip.Prefix // which counts as one address
	since  atomic.Int64 // when it began to wait for its client, in Unix nanoseconds; 0: a request is served
	proven atomic.Bool  // it has brought a whole request
}

// admit gives a connection a seat; nil: everybody else is being served.
func (c *crowd) admit(conn net.Conn) *seat {
	s := &seat{crowd: c, conn: conn, addr: addrOf(conn)}
	s.from = network(s.addr)
	s.await()
	c.mu.Lock()
	defer c.mu.Unlock()
	if most := c.limits.PerAddress; most > 0 && len(c.of[s.from]) >= most && !within(c.limits.Exempt, s.addr) && !c.evict(c.of[s.from]) {
		return nil
	}
	if most := c.limits.Connections; most > 0 && len(c.seats) >= most && !c.evict(c.seats) {
		return nil
	}
	if c.of[s.from] == nil {
		c.of[s.from] = make(map[*seat]bool)
	}
	c.seats[s], c.of[s.from][s] = true, true
	return s
}

// compared bounds how many seats are compared for one eviction: a full house
// must not make each arrival cost as much as the house is large. Maps begin
// anywhere.
const compared = 64

// evict closes the connection that deserves its seat least, or nearly so. c.mu
// is held.
func (c *crowd) evict(among map[*seat]bool) bool {
	var least *seat
	looked := 0
	for s := range among {
		if s.since.Load() != 0 && (least == nil || s.before(least)) {
			least = s
		}
		if looked++; looked >= compared && least != nil {
			break
		}
	}
	if least == nil {
		return false
	}
	c.remove(least)
	_ = least.conn.Close() // its reader hears of it
	return true
}

// before orders seats for eviction: who never brought a request goes first.
func (s *seat) before(other *seat) bool {
	if mine := s.proven.Load(); mine != other.proven.Load() {
		return !mine
	}
	return s.since.Load() < other.since.Load()
}

func (c *crowd) remove(s *seat) {
	if !c.seats[s] {
		return
	}
	delete(c.seats, s)
	if delete(c.of[s.from], s); len(c.of[s.from]) == 0 {
		delete(c.of, s.from)
	}
}

func (s *seat) leave() {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	s.crowd.remove(s)
}

func (s *seat) await() { s.since.Store(time.Now().UnixNano()) }
func (s *seat) serve() { s.since.Store(0) }

// occupy follows a connection through net/http.
func (s *seat) occupy(state http.ConnState) {
	switch state {
	case http.StateActive:
		s.proven.Store(true)
		s.serve()
	case http.StateIdle:
		s.await()
	}
}

func addrOf(c net.Conn) netip.Addr {
	t, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return t.AddrPort().Addr().Unmap().WithZone("")
}

// network is what counts as one address: an IPv4 address itself, and the /64
// of an IPv6 one, which a client has to itself.
func network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero prefix for no address
	return p
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}
