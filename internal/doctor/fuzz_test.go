package doctor

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzReadRequest holds the reader of saved requests against net/http's: where
// that reads a request whole, with a path, this one reads the same.
func FuzzReadRequest(f *testing.F) {
	for _, seed := range []string{
		"POST /v1.0/qr HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX-TIMESTAMP: b\r\n\r\n{}", "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"> POST /a HTTP/1.1\n> Host: a\n>\n{}", "POST http://a/b HTTP/1.1\nX: a\n b\n\n", "", "GET", "POST / HTTP/1.1\r\n:\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := ReadRequest(raw)
		want, body := standard(raw)
		if want == nil {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if got.Method != want.Method || got.Target != want.RequestURI || !bytes.Equal(got.Body, body) {
			t.Fatalf("%q is %s %s %q; net/http has %s %s %q", raw, got.Method, got.Target, got.Body, want.Method, want.RequestURI, body)
		}
		for _, h := range got.Headers {
			if all := want.Header.Values(h.Name); len(all) == 1 && !strings.Contains(all[0], "\t") && all[0] != got.Get(h.Name) {
				t.Fatalf("%q: %s is %q; net/http has %q", raw, h.Name, got.Get(h.Name), all)
			}
		}
	})
}

// standard reads a request with net/http; nil where a saved one may be another
// thing: a method in lower case, an address that is no path, curl's log,
// folded lines, a body that goes on after its length, a version before chunks.
func standard(raw []byte) (*http.Request, []byte) {
	r := bufio.NewReader(bytes.NewReader(raw))
	want, err := http.ReadRequest(r)
	if err != nil || !want.ProtoAtLeast(1, 1) || want.Method != strings.ToUpper(want.Method) || !strings.HasPrefix(want.RequestURI, "/") || strings.Contains(want.RequestURI, "://") {
		return nil, nil
	}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if bytes.Contains(head, []byte("\n ")) || bytes.Contains(head, []byte("\n\t")) || bytes.Contains(head, []byte("\n>")) || bytes.HasPrefix(raw, []byte("\n")) || bytes.Contains(head, []byte("\n\n")) {
		return nil, nil
	}
	body, err := io.ReadAll(want.Body)
	left, _ := io.ReadAll(r)
	if err != nil || len(left) > 0 || len(want.Trailer) > 0 {
		return nil, nil
	}
	return want, body
}
