package cli

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowClients is how many clients send a byte now and then: go test
// ./internal/cli -run TestSlowClients -slow 2000.
var slowClients = flag.Int("slow", 300, "slow connections of TestSlowClients")

// slow is a client that never finishes its request, and begins again when it
// is thrown out. Each of 50 addresses has its share of them.
func slow(ctx context.Context, number int, address, text string) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+number%50))}}
	for pause(ctx, 100*time.Millisecond) {
		c, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			continue
		}
		for i := 0; pause(ctx, time.Second); i++ {
			if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
				break
			}
		}
		c.Close()
	}
}

// TestSlowClients: a healthy client is answered, each time, while more clients
// than there are seats send a byte a second, in the head and in the body.
func TestSlowClients(t *testing.T) {
	o := serveOptions{data: t.TempDir()}
	o.store = storeOf(t, o.data)
	o.connections, o.connectionsEach = *slowClients/2, *slowClients
	h := startWith(t, o)
	before := h.state()
	quiet := h.askTokens(200)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range *slowClients {
		text := "POST /v1.0/access-token/b2b HTTP/1.1\r\nHost: a\r\n"
		if i%2 == 0 {
			text += "Content-Length: 100000\r\n\r\n"
		}
		wg.Go(func() {
			pause(ctx, time.Second*time.Duration(i)/time.Duration(*slowClients)) // each sends at a moment of its own
			slow(ctx, i, strings.TrimPrefix(h.node.apiURL, "http://"), text)
		})
	}
	pause(ctx, 2*time.Second)
	busy := h.askTokens(200)
	stop()
	wg.Wait()
	t.Logf("with %d slow clients, %d seats: median %v and p99 %v; without them %v and %v",
		*slowClients, o.connections, busy[100], busy[197], quiet[100], quiet[197])
	if after := h.state(); after != before {
		t.Errorf("the slow clients changed the books:\n%s\n%s", before, after)
	}
}

// askTokens asks for tokens, every other time over a new connection, and gives
// the times that the answers took, the shortest first.
func (h *harness) askTokens(times int) []time.Duration {
	h.t.Helper()
	took := make([]time.Duration, times)
	for i := range took {
		if i%2 == 0 {
			http.DefaultClient.CloseIdleConnections()
		}
		began := time.Now()
		h.token("qoin")
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took
}

// TestManyConnections: an address with more connections than it may have is
// served, the oldest idle ones making room.
func TestManyConnections(t *testing.T) {
	o := serveOptions{data: t.TempDir()}
	o.store = storeOf(t, o.data)
	o.connectionsEach = 20
	h := startWith(t, o)
	for i := range 60 {
		c := h.dial()
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
		var first [12]byte
		if _, err := c.Read(first[:]); err != nil || string(first[:]) != "HTTP/1.1 200" {
			t.Fatalf("connection %d: %q, %v", i, first, err)
		}
	}
}
