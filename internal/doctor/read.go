package doctor

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrRequest is the kind of the errors of a text that is no HTTP request.
var ErrRequest = errors.New("not an HTTP request")

// ReadRequest reads a saved HTTP/1.1 request: its request line, its headers in
// their order and spelling, an empty line, and the body as it is. Line ends may
// be LF, and lines of the head may begin with the "> " of curl's log. Where
// Content-Length tells of a shorter body, what an editor put behind it is left
// out.
func ReadRequest(raw []byte) (Request, error) {
	var r Request
	line, rest := cutLine(bytes.TrimLeft(raw, "\r\n"))
	if err := r.readLine(line); err != nil {
		return Request{}, err
	}
	for {
		if len(rest) == 0 {
			break
		}
		if line, rest = cutLine(rest); line == "" {
			break
		}
		if err := r.readHeader(line); err != nil {
			return Request{}, err
		}
	}
	r.Host = orElse(r.Host, r.Get("Host"))
	r.Body = rest
	return r, r.trim()
}

// cutLine takes the first line off, without its end and curl's mark.
func cutLine(text []byte) (line string, rest []byte) {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	line = strings.TrimSuffix(string(first), "\r")
	if line == ">" {
		return "", rest
	}
	return strings.TrimPrefix(line, "> "), rest
}

func (r *Request) readLine(line string) error {
	fields := strings.Split(line, " ")
	if len(fields) < 2 || fields[0] == "" || fields[0] != strings.ToUpper(fields[0]) {
		return fmt.Errorf("doctor: %w: its first line is %q; it begins as in POST /v1.0/qr/qr-mpm-generate HTTP/1.1", ErrRequest, line)
	}
	r.Method, r.Target = fields[0], fields[1]
	if _, address, ok := strings.Cut(r.Target, "://"); ok {
		host, path, _ := strings.Cut(address, "/")
		r.Host, r.Target = host, "/"+path
	}
	return nil
}

func (r *Request) readHeader(line string) error {
	if last := len(r.Headers) - 1; last >= 0 && (line[0] == ' ' || line[0] == '\t') {
		r.Headers[last].Value += " " + strings.TrimSpace(line) // folded, as RFC 9112 still lets readers take it
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("doctor: %w: the header %q has no colon; an empty line ends the headers", ErrRequest, line)
	}
	r.Headers = append(r.Headers, Header{strings.TrimSpace(name), strings.TrimSpace(value)})
	return nil
}

// trim takes the body out of its transfer's frame.
func (r *Request) trim() error {
	if strings.EqualFold(r.Get("Transfer-Encoding"), "chunked") {
		return r.unchunk()
	}
	n, err := strconv.Atoi(r.Get("Content-Length"))
	if err == nil && n >= 0 && n < len(r.Body) {
		r.Body = r.Body[:n]
	}
	return nil
}

func (r *Request) unchunk() error {
	var body []byte
	for rest := r.Body; ; {
		line, after := cutLine(rest)
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		if err != nil || int(n) > len(after) {
			return fmt.Errorf("doctor: %w: its body is not chunked as Transfer-Encoding says", ErrRequest)
		}
		if n == 0 {
			r.Body = body
			return nil
		}
		body = append(body, after[:n]...)
		_, rest = cutLine(after[n:])
	}
}
