package server

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
)

// good heads are read, and what they say of the body is what they say.
var goodHeads = map[string]framing{
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n":                                              {reads: true, hosts: 1, length: -1},
	"POST /v1.0/qr?a=%zz HTTP/1.1\r\nhost: [::1]:80\r\nContent-Length: 12\r\n\r\n":   {hosts: 1, length: 12},
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n":               {hosts: 1, length: -1, chunked: true},
	"POST / HTTP/1.0\r\nContent-Length: 007\r\n\r\n":                                 {old: true, length: 7},
	"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n":                               {old: true, reads: true, length: -1},
	"POST / HTTP/1.1\r\nHost:\r\nExpect: 100-Continue\r\nContent-Length:0\t\r\n\r\n": {hosts: 1},
	"BREW /a%20b HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9\ttab\r\nX: again\r\n\r\n":     {hosts: 1, length: -1},
}

func TestGoodHeads(t *testing.T) {
	for text, want := range goodHeads {
		if n, fault := new(head).end([]byte(text)); n != len(text) || fault != nil {
			t.Errorf("%q: the head is %d bytes of %d, %v", text, n, len(text), fault)
		}
		if got, fault := readHead([]byte(text)); fault != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, fault, want)
		}
	}
}

// TestHeadByByte: a head is judged alike however it comes.
func TestHeadByByte(t *testing.T) {
	for text := range goodHeads {
		var h head
		for i := range len(text) {
			n, fault := h.end([]byte(text[:i+1]))
			if whole := i+1 == len(text); fault != nil || (n != 0) != whole {
				t.Fatalf("%q after %d bytes: %d, %v", text, i+1, n, fault)
			}
		}
	}
}

// FuzzHead holds this reader against net/http's: what this one lets through
// the other understands, and in the same way.
func FuzzHead(f *testing.F) {
	for text := range goodHeads {
		f.Add([]byte(text))
	}
	f.Add([]byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, fault := new(head).end(text)
		if n == 0 || fault != nil {
			return
		}
		got, fault := readHead(text[:n])
		if fault != nil {
			if fault.Status < 400 || fault.Status > 499 || fault.Why == "" {
				t.Fatalf("fault %+v", fault)
			}
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(text[:n]), strings.NewReader("0\r\n\r\n"))))
		if err != nil {
			t.Fatalf("net/http does not read %q: %v", text[:n], err)
		}
		chunked := len(r.TransferEncoding) == 1
		if chunked != got.chunked || !chunked && r.ContentLength != max(got.length, 0) {
			t.Fatalf("%q: length %d, chunked %v; net/http has %d, %v", text[:n], got.length, got.chunked, r.ContentLength, chunked)
		}
		if r.ProtoAtLeast(1, 1) == got.old || r.URL.Scheme != "" || r.URL.Host != "" {
			t.Fatalf("%q: %s of %s", text[:n], r.Proto, r.URL)
		}
	})
}

// FuzzChunks holds the reader of chunks against net/http's: where this one
// sees the end the other sees it, and whatever this one refuses is no loss.
func FuzzChunks(f *testing.F) {
	for _, text := range []string{"0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\nGET", "A\r\n0123456789\r\n00\r\n\r\n", "1;x\r\na\r\n0\r\n\r\n", "1\r\na\r\n0\r\nX: y\r\n\r\n", "ffffffffffffffff\r\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var c chunks
		n := 0
		for n < len(text) && !c.ended {
			m, fault := c.take(text[n:min(n+3, len(text))])
			if n += m; fault != nil {
				return
			}
		}
		if !c.ended {
			return
		}
		rest := bufio.NewReader(bytes.NewReader(text))
		if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(rest)); err != nil {
			t.Fatalf("net/http does not read %q: %v", text[:n], err)
		}
		// Its reader leaves the empty line after the last chunk to whoever reads
		// trailers.
		left, err := io.ReadAll(rest)
		if want := "\r\n" + string(text[n:]); err != nil || string(left) != want {
			t.Fatalf("after %q %q is left, %v; want %q", text[:n], left, err, want)
		}
	})
}

func TestBadChunks(t *testing.T) {
	for _, text := range []string{
		"\r\n", "x\r\n", "5;a=b\r\n", "5 \r\n", "5\n", "5\r\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", "00000000000000001\r\n",
		"1\r\nab\r\n", "1\r\na\n", "0\r\nTrailer: x\r\n\r\n", "0\r\n\n", "ffffffffffffffff\r\n",
	} {
		var c chunks
		if _, fault := c.take([]byte(text)); fault == nil {
			t.Errorf("%q was let through", text)
		}
	}
}
