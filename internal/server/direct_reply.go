package server

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// reply is the http.ResponseWriter of a request that is served directly. It
// writes what net/http would, in one piece.
type reply struct {
	to       *guarded
	header   http.Header
	status   int    // 0: nothing is said
	out      []byte // the answer's head and what is written behind it
	body     int    // bytes of the body in all
	declared int    // bytes of the body, by Content-Length; -1: not said
	chunked  bool   // flushed before its length was known
	closes   bool
	err      error // of the connection
}

var replies = sync.Pool{New: func() any { return &reply{header: make(http.Header)} }}

func (a *reply) giveBack() {
	if cap(a.out) > maxSheet {
		return
	}
	clear(a.header)
	*a = reply{header: a.header, out: a.out[:0]}
	replies.Put(a)
}

func (a *reply) Header() http.Header { return a.header }

// WriteHeader writes the head of an answer whose length is said.
func (a *reply) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status, a.declared = status, -1
	if n, err := strconv.Atoi(first(a.header["Content-Length"])); err == nil {
		a.declared = n
		a.out = a.appendHead(a.out[:0], "", "")
	}
}

func (a *reply) Write(p []byte) (int, error) {
	if a.WriteHeader(http.StatusOK); a.declared >= 0 && a.body+len(p) > a.declared {
		return 0, http.ErrContentLength
	}
	if a.body += len(p); a.chunked {
		a.out = appendChunk(a.out, p)
	} else {
		a.out = append(a.out, p...)
	}
	return len(p), a.err
}

// appendChunk writes a part of a body (RFC 9112, section 7.1).
func appendChunk(b, part []byte) []byte {
	if len(part) == 0 { // which would be the last
		return b
	}
	b = append(strconv.AppendInt(b, int64(len(part)), 16), "\r\n"...)
	return append(append(b, part...), "\r\n"...)
}

// finish sends the answer, and reports whether the connection can go on.
func (a *reply) finish() bool {
	a.WriteHeader(http.StatusOK)
	switch {
	case a.chunked:
		a.out, a.declared = append(a.out, "0\r\n\r\n"...), a.body
	case a.declared < 0:
		body := a.out
		a.out, a.declared = append(a.appendHead(nil, "Content-Length: "+strconv.Itoa(len(body))+"\r\n", ""), body...), len(body)
	}
	a.send()
	return a.err == nil && a.body == a.declared && !a.closes
}

func (a *reply) send() {
	if a.err == nil && len(a.out) > 0 {
		_, a.err = a.to.Conn.Write(a.out)
	}
	a.to.tap.answering()
	a.out = a.out[:0]
}

// FlushError is for http.ResponseController. An answer whose length is not
// said goes on in chunks.
func (a *reply) FlushError() error {
	if a.WriteHeader(http.StatusOK); a.declared < 0 && !a.chunked {
		body := a.out
		a.chunked, a.out = true, appendChunk(a.appendHead(nil, "", "Transfer-Encoding: chunked\r\n"), body)
	}
	a.send()
	return a.err
}

// SetReadDeadline is for http.ResponseController: the request has been read.
func (a *reply) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline is for http.ResponseController.
func (a *reply) SetWriteDeadline(t time.Time) error { return a.to.SetWriteDeadline(t) }

// appendHead writes what stands before the body, as net/http does: the
// header's fields by their names, then its own. It is given the line that says
// how long the body is if the header does not, or in what form it comes.
func (a *reply) appendHead(b []byte, length, coding string) []byte {
	leaving := a.to.turn.Load() == connLeaving
	a.closes = leaving || first(a.header["Connection"]) == "close"
	if leaving {
		delete(a.header, "Connection")
	}
	b = append(strconv.AppendInt(append(b, "HTTP/1.1 "...), int64(a.status), 10), ' ')
	b = append(append(b, reason(a.status)...), "\r\n"...)
	b = appendFields(b, a.header)
	b = append(append(append(b, "Date: "...), httpDate(time.Now())...), "\r\n"...)
	b = append(b, length...)
	if leaving {
		b = append(b, "Connection: close\r\n"...)
	}
	return append(append(b, coding...), "\r\n"...)
}

// reason is what net/http says of a status.
func reason(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "status code " + strconv.Itoa(status)
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// usual are the fields of nearly all answers, in their order.
var usual = [...]string{
	"Cache-Control", "Connection", "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy", "Referrer-Policy",
	"Strict-Transport-Security", "X-Client-Key", "X-Content-Type-Options", "X-Frame-Options", requestHeader, "X-Timestamp",
}

// appendFields writes the fields by their names. Where there are unusual ones
// it leaves all to net/http.
func appendFields(b []byte, h http.Header) []byte {
	whole, found := b, 0
	for _, name := range usual {
		values, ok := h[name]
		if !ok {
			continue
		}
		found++
		for _, v := range values {
			if !plain(v) {
				return appendAll(b, h)
			}
			whole = append(append(append(append(whole, name...), ": "...), v...), "\r\n"...)
		}
	}
	if found < len(h) {
		return appendAll(b, h)
	}
	return whole
}

func appendAll(b []byte, h http.Header) []byte {
	all := bytes.NewBuffer(b)
	_ = h.Write(all) // a buffer takes everything
	return all.Bytes()
}

// plain values are written as they are.
func plain(v string) bool {
	return !strings.ContainsAny(v, "\r\n") && (v == "" || v[0] > ' ' && v[len(v)-1] > ' ')
}

// dated is the Date of the answer before.
var dated atomic.Pointer[written]

func httpDate(now time.Time) string {
	if last := dated.Load(); last != nil && last.second == now.Unix() {
		return last.text
	}
	next := &written{now.Unix(), now.UTC().Format(http.TimeFormat)}
	dated.Store(next)
	return next.text
}
