package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// TestNoJournalNoCost: without a journal, an exchange allocates nothing for it.
func TestNoJournalNoCost(t *testing.T) {
	s := new(Server)
	w := httptest.NewRecorder()
	x := &exchange{call: new(dialect.Call)}
	refused := pay.Refuse(pay.BadSignature, "no")
	n := testing.AllocsPerRun(100, func() {
		to, done := s.record(w, x)
		if to != http.ResponseWriter(w) {
			t.Fatal("the answer does not go where it went before")
		}
		x.step("method", nil)
		x.step("signature", refused)
		x.trail.repeats(nil, refused)
		x.trail.explain(nil)
		done()
	})
	if n != 0 {
		t.Errorf("an exchange that is not kept allocates %v times", n)
	}
}

func BenchmarkNoJournal(b *testing.B) {
	s, w, x := new(Server), httptest.NewRecorder(), &exchange{}
	for b.Loop() {
		_, done := s.record(w, x)
		for range 13 {
			x.step("step", nil)
		}
		done()
	}
}

func TestVeil(t *testing.T) {
	for secret, want := range map[string]string{
		"0123456789abcdefghij": "012345*** (20 characters)", "abcdefghi": "abc*** (9 characters)", "ab": "*** (2 characters)", "": "*** (0 characters)",
	} {
		if got := veil(secret); got != want {
			t.Errorf("%q becomes %q, want %q", secret, got, want)
		}
	}
	head := "POST /x HTTP/1.1\r\nauthorization:bearer 0123456789abcdefghij\r\nAuthorization-Customer: 0123456789abcdefghij\r\n" +
		"X-CLIENT-SECRET: 0123456789abcdefghij\r\nX-SIGNATURE: c2lnbmF0dXJl\r\nno header\r\n"
	want := "POST /x HTTP/1.1\r\nauthorization: bearer 012345*** (20 characters)\r\nAuthorization-Customer: 012345*** (20 characters)\r\n" +
		"X-CLIENT-SECRET: 012345*** (20 characters)\r\nX-SIGNATURE: c2lnbmF0dXJl\r\nno header\r\n"
	if got := string(veilHead([]byte(head))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestVeilBody(t *testing.T) {
	token := &exchange{route: route{operation: &dialect.Operation{Auth: dialect.AuthToken}}}
	other := &exchange{route: route{operation: &dialect.Operation{Auth: dialect.AuthSymmetric}}}
	const body = `{"refreshToken" : "refresh\/0123456789abcdef", "accessToken":"access-0123456789abcdef","expiresIn":"900"}`
	got := string(veilBody(token, []byte(body)))
	if strings.Contains(got, "access-0123456789abcdef") || !strings.Contains(got, `"accessToken":"access*** (23 characters)"`) {
		t.Errorf("got %s", got)
	}
	if strings.Contains(got, "0123456789") {
		t.Errorf("a token with an escape is shown: %s", got)
	}
	if got := string(veilBody(other, []byte(body))); got != body {
		t.Errorf("an API without tokens: got %s", got)
	}
}

func TestQuoted(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":"x"}`: "x", `{"b":1,"a" : "x\"y\\"}`: `x"y\`, `{"a":1}`: "", `{"a":"x`: "", `{"a":"x\`: "", `{"ba":"x"}`: "", ``: "", `{"a":"\q"}`: "", `{"a"`: "",
	} {
		if got := quoted([]byte(body), "a"); got != want {
			t.Errorf("%s gives %q, want %q", body, got, want)
		}
	}
}

// tapServer answers with the head that it has seen.
func tapServer(t *testing.T) string {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ConnContext: Tapped, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Write(Head(r))
	})}
	go s.Serve(Tap(socket))
	t.Cleanup(func() { s.Close() })
	return socket.Addr().String()
}

// TestTapSeesTheHeadAsItCame on one connection, whatever was sent before.
func TestTapSeesTheHeadAsItCame(t *testing.T) {
	address := tapServer(t)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for _, c := range []struct{ name, head, body string }{
		{"spelling and order", "POST /a?b=c HTTP/1.1\r\nx-SIGNATURE:  zz \r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 5\r\n", "body\n"},
		{"a body with an end in it", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n", "\r\n\r\n\r\n\r\n"},
		{"no body", "GET /b HTTP/1.1\r\nhost: h\r\n", ""},
		{"chunks", "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"},
		{"a long head", "GET /d HTTP/1.1\r\nHost: h\r\nX-Long: " + strings.Repeat("x", 20_000) + "\r\n", ""},
	} {
		for part := range strings.SplitAfterSeq(c.head+"\r\n"+c.body, "\n") {
			if _, err := io.WriteString(conn, part); err != nil {
				t.Fatal(err)
			}
		}
		if got := answered(t, answers); got != c.head {
			t.Errorf("%s: got %q, want %q", c.name, got, c.head)
		}
	}
}

func answered(t *testing.T, from *bufio.Reader) string {
	t.Helper()
	resp, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestTapWaitsForTheBody: a client that asks whether to send its body is
// answered in between.
func TestTapWaitsForTheBody(t *testing.T) {
	conn, err := net.Dial("tcp", tapServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const head = "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n"
	io.WriteString(conn, head+"\r\n")
	answers := bufio.NewReader(conn)
	if resp, err := http.ReadResponse(answers, nil); err != nil || resp.StatusCode != http.StatusContinue {
		t.Fatalf("got %v %v, want 100", resp, err)
	}
	io.WriteString(conn, "body")
	if got := answered(t, answers); got != head {
		t.Errorf("got %q, want %q", got, head)
	}
}

// TestTapDoesNotGuess: of requests that did not wait for their answers it
// gives no head rather than another's.
func TestTapDoesNotGuess(t *testing.T) {
	conn, err := net.Dial("tcp", tapServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /a HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nX: 2\r\n\r\n")
	answers := bufio.NewReader(conn)
	if got := answered(t, answers); !strings.HasPrefix(got, "GET /a ") {
		t.Errorf("the first is %q", got)
	}
	if got := answered(t, answers); strings.HasPrefix(got, "GET /a ") {
		t.Errorf("the second is %q", got)
	}
}

func TestUntappedHasNoHead(t *testing.T) {
	if got := Head(httptest.NewRequest("GET", "/a", nil)); got != nil {
		t.Errorf("got %q", got)
	}
}
