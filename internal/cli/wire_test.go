package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wireTime ends a test whose server does not answer.
const wireTime = 20 * time.Second

// wireCase is one file of testdata/wire: what is sent over a bare connection,
// and the answers that come, in their order. "want" gives an answer's status,
// the beginning of its response code (or of its text, for health) and words of
// it; "then" whether the connection stays open.
type wireCase struct {
	wants []wireWant
	open  bool
	sent  []wirePart
}

type wireWant struct {
	status      int
	code, words string
}

// wirePart is a piece of what is sent.
type wirePart struct {
	text []byte
	half bool // the client ends its half
}

func readWireCase(t *testing.T, name string) wireCase {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var c wireCase
	head, body, _ := strings.Cut(string(text), "---\n")
	for line := range strings.Lines(head) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch verb {
		case "want":
			status, rest, _ := strings.Cut(rest, " ")
			code, words, _ := strings.Cut(rest, " ")
			w := wireWant{code: code, words: words}
			if w.status, err = strconv.Atoi(status); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c.wants = append(c.wants, w)
		case "then":
			c.open = rest == "open"
		}
	}
	each := false
	for line := range strings.Lines(body) {
		p := readWirePart(t, strings.TrimSuffix(line, "\n"))
		switch {
		case line == "@each\n":
			each = true
		case each:
			for _, b := range p.text {
				c.sent = append(c.sent, wirePart{text: []byte{b}})
			}
		default:
			c.sent = append(c.sent, p)
		}
	}
	return c
}

// readWirePart reads a line: text with Go's escapes, "@repeat N TEXT", or
// "@half".
func readWirePart(t *testing.T, line string) wirePart {
	t.Helper()
	times := 1
	switch {
	case line == "@half":
		return wirePart{half: true}
	case line == "@each":
		return wirePart{}
	case strings.HasPrefix(line, "@repeat "):
		var number string
		number, line, _ = strings.Cut(strings.TrimPrefix(line, "@repeat "), " ")
		var err error
		if times, err = strconv.Atoi(number); err != nil {
			t.Fatal(err)
		}
	}
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(line, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return wirePart{text: []byte(strings.Repeat(text, times))}
}

// dial opens a bare connection to the API.
func (h *harness) dial() *net.TCPConn {
	h.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(h.node.apiURL, "http://"))
	if err != nil {
		h.t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(wireTime)); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// send does what the case says. The server may refuse before it has all.
func (c wireCase) send(conn *net.TCPConn) {
	for _, p := range c.sent {
		if p.half {
			_ = conn.CloseWrite()
			return
		}
		if _, err := conn.Write(p.text); err != nil {
			return
		}
	}
}

// check reads an answer and holds it against what is wanted.
func (w wireWant) check(t *testing.T, answers *bufio.Reader) {
	t.Helper()
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("reading the answer, %d wanted: %v", w.status, err)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != w.status {
		t.Fatalf("%d %s, %v; want %d", res.StatusCode, raw, err, w.status)
	}
	if w.status < 200 {
		return
	}
	var body struct{ ResponseCode, ResponseMessage, Status string }
	if err := json.Unmarshal(raw, &body); err != nil || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%q is no JSON: %v", raw, err)
	}
	code := body.ResponseCode + body.Status
	if !strings.HasPrefix(code, w.code) || !strings.Contains(body.ResponseMessage, w.words) {
		t.Errorf("%s, want %s ... %s", raw, w.code, w.words)
	}
	if w.status >= 400 && (len(body.ResponseCode) != 7 || !strings.HasPrefix(code, strconv.Itoa(w.status))) {
		t.Errorf("%s is no response code of %d", raw, w.status)
	}
	for _, header := range []string{"X-Content-Type-Options", "Content-Security-Policy", "Cache-Control"} {
		if res.Header.Get(header) == "" {
			t.Errorf("the answer has no %s", header)
		}
	}
}

// ended wants the connection to be open for another request, or to end
// without another answer.
func (c wireCase) ended(t *testing.T, conn *net.TCPConn, answers *bufio.Reader) {
	t.Helper()
	if c.open {
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		wireWant{status: 200, code: "ok"}.check(t, answers)
		return
	}
	rest, err := io.ReadAll(answers)
	var reset *net.OpError
	if len(rest) > 0 || err != nil && (!errors.As(err, &reset) || reset.Timeout()) {
		t.Errorf("after the answers: %q, %v", rest, err)
	}
}

// TestWire sends the corpus of malformed and unusual requests over bare
// connections: each has its documented answer and none changes anything.
func TestWire(t *testing.T) {
	h := start(t)
	before := h.state()
	files, err := filepath.Glob("testdata/wire/*.txt")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			c := readWireCase(t, name)
			sub := *h
			sub.t = t
			conn := sub.dial()
			done := make(chan struct{})
			go func() { defer close(done); c.send(conn) }()
			answers := bufio.NewReader(conn)
			for _, w := range c.wants {
				w.check(t, answers)
			}
			if c.open {
				<-done
			}
			c.ended(t, conn, answers)
		})
	}
	if after := h.state(); after != before {
		t.Errorf("a malformed request changed the books:\n%s\n%s", before, after)
	}
}

// TestWireAdmin: the management API words the same refusals as its own.
func TestWireAdmin(t *testing.T) {
	h := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.node.adminURL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /v1/partners HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Error struct{ Kind, Message string }
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != 400 || answer.Error.Kind != "malformed" {
		t.Errorf("%d %+v, %v", res.StatusCode, answer, err)
	}
}

// TestHalfClosed: a client that ends its half after a request that does
// something has its answer, and what was asked is done, each time.
func TestHalfClosed(t *testing.T) {
	h := start(t)
	for range 50 {
		c := h.call("aspi", "generate", h.body("aspi", "generate"))
		req, err := http.NewRequest(c.method, h.node.apiURL+c.path, strings.NewReader(string(c.raw)))
		if err != nil {
			t.Fatal(err)
		}
		c.sign(req.Header)
		conn := h.dial()
		if err := errors.Join(req.Write(conn), conn.CloseWrite()); err != nil {
			t.Fatal(err)
		}
		wireWant{status: 200, code: "2004700"}.check(t, bufio.NewReader(conn))
	}
}
