package notify_test

import (
	"fmt"
	"net"
	"testing"
)

// newListener acknowledges the first request and gives its bytes, which
// net/http's server would tidy before it shows them.
func newListener(t *testing.T, raw chan<- string) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buffer := make([]byte, 64<<10)
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		raw <- string(buffer[:n])
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(ack), ack)
	}()
	return l.Addr().String()
}
