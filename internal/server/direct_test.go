package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parlour is a guarded server that serves POST /direct directly.
type parlour struct {
	direct  *Direct
	server  *http.Server
	address string
	idle    chan struct{} // net/http waits on a connection
}

// newParlour serves with a handler, which is told whether net/http was left
// out. Without direct it always was not.
func newParlour(t *testing.T, direct bool, h func(w http.ResponseWriter, r *http.Request, directly bool)) *parlour {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &parlour{address: l.Addr().String(), idle: make(chan struct{}, 1000)}
	handler := Arrival{Refuse: func(w http.ResponseWriter, f *Fault) { w.WriteHeader(f.Status) }}.Before(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, directly := w.(*reply)
			h(w, r, directly)
		}))
	guard := Guard{HeadWithin: time.Minute}
	if direct {
		p.direct = &Direct{Handler: handler, Paths: map[string]bool{"/direct": true}, IdleWithin: time.Minute, AnswerWithin: time.Minute}
		guard.Direct = p.direct
	}
	p.server = &http.Server{
		Handler: handler, ConnContext: Guarded, ReadHeaderTimeout: time.Minute, IdleTimeout: time.Minute, WriteTimeout: time.Minute,
		ConnState: func(c net.Conn, state http.ConnState) {
			if Occupied(c, state); state == http.StateIdle {
				p.idle <- struct{}{}
			}
		},
	}
	go p.server.Serve(Tap(guard.Listen(l)))
	t.Cleanup(func() { p.server.Close() })
	return p
}

// call is a connection that net/http has answered once, and waits on.
func (p *parlour) call(t *testing.T) (net.Conn, *bufio.Reader) {
	t.Helper()
	for len(p.idle) > 0 {
		<-p.idle // another's
	}
	c := dial(t, p.address)
	io.WriteString(c, posted("/first", "", "one"))
	answers := bufio.NewReader(c)
	answer(t, answers, 200)
	<-p.idle
	return c, answers
}

func posted(target, fields, body string) string {
	return "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// retold answers with all that a handler is told of a request.
func retold(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	text := fmt.Sprintf("%s %s %s %v %s %s %d %v %q %v %v %d %d\n", r.Method, r.URL, r.RequestURI, *r.URL, r.Host, r.Proto, r.ContentLength,
		r.Header, body, err, r.TransferEncoding, r.ProtoMajor, r.ProtoMinor)
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	for _, name := range r.Header["Answer"] {
		w.Header().Add(name, " some\nvalue ")
	}
	if r.Header.Get("Length") == "none" {
		w.Header().Del("Content-Length")
	}
	if status, err := strconv.Atoi(r.Header.Get("Status")); err == nil {
		w.WriteHeader(status)
	}
	for r.Header.Get("Flush") != "" && len(text) > 100 {
		io.WriteString(w, text[:100])
		http.NewResponseController(w).Flush()
		text = text[100:]
	}
	io.WriteString(w, text)
}

var dateField = regexp.MustCompile(`\r\nDate: [^\r]*`)

// TestDirectIsTheSame sends requests of many forms, alone and behind others,
// to a server that serves directly what it can and to one that does not: each
// gets the same bytes of both.
func TestDirectIsTheSame(t *testing.T) {
	requests := []string{
		posted("/direct", "", "body"),
		posted("/direct", "X-TIMESTAMP: now\r\nx-partner-id:\t me \r\nChannel-ID: 1\r\nCHANNEL-ID: 2\r\nstrAnge: \r\n", `{"a":1}`),
		posted("/direct", "Connection: keep-alive\r\nUser-Agent: a\r\n", "body"),
		posted("/direct", "Pragma: no-cache\r\n", "body"),
		posted("/direct", "Answer: X-Answer\r\nAnswer: X-Answer\r\nAnswer: A-Answer\r\nStatus: 404\r\n", "body"),
		posted("/direct", "Answer: X-Request-Id\r\nStatus: 499\r\n", "body"),
		posted("/direct", "Length: none\r\n", "body"),
		posted("/direct", "Length: none\r\nFlush: yes\r\n", "body"),
		posted("/direct", "Flush: yes\r\n", "body"),
		posted("/direct?query=1", "", "body"),
		posted("/dire%63t", "", "body"),
		posted("/elsewhere", "", "body"),
		posted("/direct", "", ""),
		posted("/direct", "", strings.Repeat("long", 3000)),
		"GET /direct HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /direct HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /direct HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
		posted("/direct", "Connection: close\r\n", "last"),
		"POST /direct HTTP/1.0\r\nContent-Length: 1\r\n\r\na",
		"POST /direct HTTP/1.1\r\nContent-Length: 1\r\n\r\na",
		"POST /direct HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
	}
	served := 0
	said := make([][]string, 2)
	for i := range said {
		p := newParlour(t, i == 1, func(w http.ResponseWriter, r *http.Request, directly bool) {
			if directly {
				served++
			}
			retold(w, r)
		})
		for _, request := range requests {
			c, answers := p.call(t)
			io.WriteString(c, posted("/direct", "", "before")+request+request)
			c.(*net.TCPConn).CloseWrite()
			text, err := io.ReadAll(answers)
			if err != nil {
				t.Fatal(err)
			}
			said[i] = append(said[i], dateField.ReplaceAllString(string(text), "\r\nDate: -"))
		}
	}
	for k, request := range requests {
		if said[0][k] != said[1][k] {
			t.Errorf("%.80q is answered\n%q directly,\n%q else", request, said[1][k], said[0][k])
		}
	}
	if want := len(requests) + 2*8; served != want {
		t.Errorf("%d requests were served directly, want %d", served, want)
	}
}

// TestDirectInPieces sends requests that are cut anywhere.
func TestDirectInPieces(t *testing.T) {
	p := newParlour(t, true, func(w http.ResponseWriter, r *http.Request, _ bool) { retold(w, r) })
	c, answers := p.call(t)
	var all strings.Builder
	const requests = 60
	for i := range requests {
		all.WriteString(posted("/direct", "", strings.Repeat("x", 1+i*97)))
	}
	go func() {
		text := all.String()
		for i := 0; len(text) > 0; i++ {
			n := min(1+i*61%1900, len(text))
			io.WriteString(c, text[:n])
			text = text[n:]
		}
	}()
	for i := range requests {
		if want := fmt.Sprintf("%q", strings.Repeat("x", 1+i*97)); !strings.Contains(answer(t, answers, 200), want) {
			t.Errorf("request %d came as another", i)
		}
	}
}

// held is a handler that waits until it is let go, and says how its context
// was then.
func held(come chan<- struct{}, release <-chan struct{}) func(http.ResponseWriter, *http.Request, bool) {
	return func(w http.ResponseWriter, r *http.Request, directly bool) {
		if directly {
			come <- struct{}{}
			select {
			case <-r.Context().Done():
			case <-release:
			}
		}
		text := fmt.Sprint(directly, r.Context().Err())
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		io.WriteString(w, text)
	}
}

// TestDirectClientGone: a request that takes long ends with its client.
func TestDirectClientGone(t *testing.T) {
	come, ended := make(chan struct{}), make(chan error, 1)
	p := newParlour(t, true, func(w http.ResponseWriter, r *http.Request, directly bool) {
		if directly {
			close(come)
			<-r.Context().Done()
			ended <- r.Context().Err()
		}
	})
	c, _ := p.call(t)
	io.WriteString(c, posted("/direct", "", "body"))
	<-come
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the request goes on though its client is gone")
	}
}

// TestDirectWhatComesMeanwhile: what a client sends while a request takes long
// is the next one, and half a close is no end.
func TestDirectWhatComesMeanwhile(t *testing.T) {
	come, release := make(chan struct{}), make(chan struct{})
	c, answers := newParlour(t, true, held(come, release)).call(t)
	for range 2 {
		io.WriteString(c, posted("/direct", "", "body"))
		<-come
		time.Sleep(2 * watchAfter)
		io.WriteString(c, posted("/direct", "", "body"))
		time.Sleep(few)
		release <- struct{}{}
		<-come
		release <- struct{}{}
		for range 2 {
			if text := answer(t, answers, 200); text != "true <nil>" {
				t.Errorf("answered %s", text)
			}
		}
	}
	io.WriteString(c, posted("/direct", "", "body"))
	<-come
	c.(*net.TCPConn).CloseWrite()
	time.Sleep(2 * watchAfter)
	release <- struct{}{}
	if text := answer(t, answers, 200); text != "true <nil>" {
		t.Errorf("with its half closed the client is answered %s", text)
	}
	if n, err := io.Copy(io.Discard, answers); n > 0 || err != nil {
		t.Errorf("%d bytes follow, %v", n, err)
	}
}

// TestDirectShutdown: a request that is served directly ends before the server
// does, and its connection with it.
func TestDirectShutdown(t *testing.T) {
	come, release := make(chan struct{}), make(chan struct{})
	p := newParlour(t, true, held(come, release))
	c, answers := p.call(t)
	io.WriteString(c, posted("/direct", "", "body"))
	<-come
	if err := p.server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), few)
	defer cancel()
	if err := p.direct.Wait(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing is waited for: %v", err)
	}
	release <- struct{}{}
	if err := p.direct.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answers)
	if err != nil || !strings.HasSuffix(string(text), "\r\nConnection: close\r\n\r\ntrue <nil>") {
		t.Errorf("answered %q, %v", text, err)
	}
}

// TestDirectAbort: a handler that panics to cut the connection cuts it, and one
// that writes less than it said too.
func TestDirectAbort(t *testing.T) {
	for name, h := range map[string]func(w http.ResponseWriter){
		"abort": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"short": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "four")
		},
	} {
		p := newParlour(t, true, func(w http.ResponseWriter, _ *http.Request, directly bool) {
			if directly {
				h(w)
			}
		})
		c, answers := p.call(t)
		io.WriteString(c, posted("/direct", "", "body"))
		text, err := io.ReadAll(answers)
		if err != nil || (name == "abort") != (len(text) == 0) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if err := p.direct.Wait(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOpen holds what is opened directly against net/http's own reading.
func FuzzOpen(f *testing.F) {
	for _, fields := range []string{"", "A: b\r\nX-SIGNATURE:c \r\n", "a: b\r\nA: c\r\n", "Connection: Keep-Alive\r\n", "Connection: close\r\n", "Pragma: no-cache\r\n"} {
		f.Add(posted("/direct", fields, "body"))
	}
	d := &Direct{Paths: map[string]bool{"/direct": true}}
	f.Fuzz(func(t *testing.T, text string) {
		n, fault := new(head).end([]byte(text))
		if n == 0 || fault != nil {
			return
		}
		said, fault := readHead([]byte(text[:n]))
		l := new(letter)
		if fault != nil || said.length <= 0 || !d.open(l, []byte(text[:n]), nil) {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text[:n])))
		if err != nil {
			t.Fatalf("net/http does not read %q: %v", text[:n], err)
		}
		if r.Close || r.Method != http.MethodPost || r.RequestURI != l.url.Path || *r.URL != l.url || r.Host != l.host || !maps.EqualFunc(r.Header, l.header, slices.Equal) {
			t.Fatalf("%q is %s %v %q, %v; net/http reads %s %v %q, %v", text[:n], r.Method, &l.url, l.host, l.header, r.Method, r.URL, r.Host, r.Header)
		}
	})
}
