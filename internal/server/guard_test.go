package server

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// house is a guarded server that answers with what it was asked, or with the
// fault.
func house(t *testing.T, g Guard, body time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Write(append([]byte(r.Method+" "+r.RequestURI+" "), text...))
	})
	arrival := Arrival{Refuse: func(w http.ResponseWriter, f *Fault) {
		w.WriteHeader(f.Status)
		json.NewEncoder(w).Encode(f)
	}}
	s := &http.Server{
		Handler: arrival.Before(handler), ConnContext: Guarded, ConnState: Occupied,
		ReadHeaderTimeout: time.Minute, ReadTimeout: body, IdleTimeout: time.Minute,
	}
	go s.Serve(Tap(g.Listen(l)))
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// drip writes a text in single bytes for as long as anybody reads it.
func drip(c net.Conn, text string, every time.Duration) {
	for i := range len(text) {
		if _, err := c.Write([]byte(text[i : i+1])); err != nil {
			return
		}
		time.Sleep(every)
	}
}

func answer(t *testing.T, r *bufio.Reader, status int) string {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		t.Fatalf("%d %s, %v; want %d", res.StatusCode, text, err, status)
	}
	return string(text)
}

const few = 5 * time.Millisecond

// TestSlowHead: the time for a head begins with its first byte, also on a
// connection that has brought a request before.
func TestSlowHead(t *testing.T) {
	c := dial(t, house(t, Guard{HeadWithin: 20 * few}, time.Minute))
	answers := bufio.NewReader(c)
	io.WriteString(c, "GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
	answer(t, answers, 200)
	go drip(c, "GET /second HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("a", 60_000), few)
	if text := answer(t, answers, 408); !strings.Contains(text, "in time") {
		t.Errorf("refused with %s", text)
	}
	if n, err := io.Copy(io.Discard, answers); n > 0 {
		t.Errorf("%d bytes after the refusal, %v", n, err)
	}
}

// TestSlowBody: a body of single bytes ends with the request's time.
func TestSlowBody(t *testing.T) {
	for name, head := range map[string]string{"length": "Content-Length: 60000\r\n\r\n", "chunks": "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"} {
		c := dial(t, house(t, Guard{HeadWithin: time.Minute}, 40*few))
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\n"+head)
		go drip(c, strings.Repeat("1\r\na\r\n", 10_000), few)
		if text := answer(t, bufio.NewReader(c), 400); !strings.HasPrefix(text, "POST / ") {
			t.Errorf("%s: answered %s", name, text)
		}
	}
}

// TestManyRequests sends bodies of many sizes over one connection in pieces of
// many sizes, all at once: each request is answered as it was sent.
func TestManyRequests(t *testing.T) {
	c := dial(t, house(t, Guard{HeadWithin: time.Minute}, time.Minute))
	const requests = 400
	var all, want strings.Builder
	for i := range requests {
		body := strings.Repeat(strconv.Itoa(i%10), i*37%9000)
		path := "/" + strings.Repeat("p", i%3000)
		all.WriteString("POST " + path + " HTTP/1.1\r\nHost: a\r\n")
		if i%2 == 0 {
			all.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
		} else {
			all.WriteString("Transfer-Encoding: chunked\r\n\r\n")
			for piece := body; piece != ""; {
				n := min(len(piece), 1000)
				all.WriteString(strconv.FormatInt(int64(n), 16) + "\r\n" + piece[:n] + "\r\n")
				piece = piece[n:]
			}
			all.WriteString("0\r\n\r\n")
		}
		want.WriteString("POST " + path + " " + body)
	}
	go func() {
		for text, n := all.String(), 1; text != ""; n = n*7%5003 + 1 {
			n := min(n, len(text))
			if _, err := io.WriteString(c, text[:n]); err != nil {
				return
			}
			text = text[n:]
		}
	}()
	var got strings.Builder
	answers := bufio.NewReader(c)
	for range requests {
		got.WriteString(answer(t, answers, 200))
	}
	if got.String() != want.String() {
		t.Error("what was answered is not what was sent")
	}
}

// TestSecretPath: who asks for the path of malformed requests has no fault to
// be told of.
func TestSecretPath(t *testing.T) {
	c := dial(t, house(t, Guard{HeadWithin: time.Minute}, time.Minute))
	io.WriteString(c, "GET "+faultTarget+" HTTP/1.1\r\nHost: a\r\n\r\n")
	answer(t, bufio.NewReader(c), 200)
}
