package cli

import (
	"io"
	"net"
	"sync"
	"testing"
)

// cable is the way from a phone to a server. While it is cut, connections end
// as soon as they begin.
type cable struct {
	address string // of its near end

	mu    sync.Mutex
	isCut bool
	open  map[net.Conn]bool // both ends of each connection
}

// lay lays a cable to the host and port of a server.
func lay(t *testing.T, server string) *cable {
	t.Helper()
	near, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &cable{address: near.Addr().String(), open: make(map[net.Conn]bool)}
	t.Cleanup(func() {
		near.Close()
		w.set(true)
	})
	go func() {
		for {
			client, err := near.Accept()
			if err != nil {
				return
			}
			go w.carry(client, server)
		}
	}()
	return w
}

// set cuts the cable, and everything on it, or mends it.
func (w *cable) set(isCut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = isCut
	for c := range w.open {
		if isCut {
			c.Close()
		}
	}
}

// hold takes a connection in, unless the cable is cut.
func (w *cable) hold(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.isCut {
		w.open[c] = true
	}
	return !w.isCut
}

func (w *cable) drop(c net.Conn) {
	c.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

func (w *cable) carry(client net.Conn, server string) {
	defer w.drop(client)
	far, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer w.drop(far)
	if !w.hold(client) || !w.hold(far) {
		return
	}
	go func() {
		defer far.Close()
		io.Copy(far, client)
	}()
	io.Copy(client, far)
}
