package cli

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"
)

// TestMalformedBehind: what comes behind a request in the same breath,
// malformed or another request and then the end, does not undo the answer to
// it, though net/http sees its connection end meanwhile.
func TestMalformedBehind(t *testing.T) {
	h := start(t)
	malformed := wireWant{status: 400, code: "4000000"}
	wants := []wireWant{malformed, malformed, {status: 200, code: "ok"}, {}}
	for i, behind := range []string{"\x16\x03\x01", "GET / HTTP/1.1\r\nbroken\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", ""} {
		for range 20 {
			var sent bytes.Buffer
			for range 2 {
				c := h.call("aspi", "generate", h.body("aspi", "generate"))
				req, err := http.NewRequest(c.method, h.node.apiURL+c.path, bytes.NewReader(c.raw))
				if err != nil {
					t.Fatal(err)
				}
				c.sign(req.Header)
				if err := req.Write(&sent); err != nil {
					t.Fatal(err)
				}
			}
			sent.WriteString(behind)
			conn := h.dial()
			if _, err := conn.Write(sent.Bytes()); err != nil {
				t.Fatal(err)
			}
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			answers := bufio.NewReader(conn)
			wireWant{status: 200, code: "2004700"}.check(t, answers)
			wireWant{status: 200, code: "2004700"}.check(t, answers)
			if want := wants[i]; want.status != 0 {
				want.check(t, answers)
			}
		}
	}
}
