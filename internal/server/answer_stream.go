package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
)

// streamed answers with a body that is written as it is read. One that is short
// is answered like any other, with its length. A longer one goes out piece by
// piece, in chunks; if it cannot be read to its end the connection is cut, since
// a list that has lost its end must not look whole. What became of the answer is
// told before its last piece, when it is known.
func (s *Server) streamed(w http.ResponseWriter, x *exchange, body dialect.Stream) {
	sh := sheets.Get().(*sheet)
	defer sh.giveBack()
	sh.Reset()
	out := &pieces{server: s, x: x, w: w, sheet: sh}
	err := body(x.request.Context(), out)
	switch {
	case !out.begun && err != nil:
		s.answer(w, x, nil, err)
	case !out.begun:
		s.answer(w, x, json.RawMessage(sh.Bytes()), nil)
	case err != nil:
		s.cut(x, err)
	default:
		s.observe(x, x.route.operation.Success.Case.HTTP, x.call.Success().ResponseCode, nil)
		sh.WriteByte('\n') // as behind every answer
		if err := out.send(); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// cut ends a connection in the midst of an answer. That the client has gone is
// no failure of the answer's.
func (s *Server) cut(x *exchange, err error) {
	status, code := x.route.operation.Success.Case.HTTP, x.call.Success().ResponseCode
	if ownFault(err) {
		o, _ := outcome(x.route, err)
		status, code = o.Case.HTTP, o.Case.Code(x.route.operation.Service)
	}
	s.observe(x, status, code, x.step("answer", err))
	panic(http.ErrAbortHandler)
}

// pieces is what a streamed body is written to.
type pieces struct {
	server *Server
	x      *exchange
	w      http.ResponseWriter
	sheet  *sheet // what waits to be sent
	begun  bool   // something was sent
	until  time.Time
}

const (
	pieceSize    = 32 << 10
	pieceWithin  = 10 * time.Second // for a client to take what is sent at once,
	streamWithin = 10 * time.Minute // and all of it
)

func (p *pieces) Write(text []byte) (int, error) {
	n, _ := p.sheet.Write(text) // a buffer takes all
	if p.sheet.Len() < pieceSize {
		return n, nil
	}
	if !p.begun {
		p.begin()
	}
	return n, p.send()
}

func (p *pieces) begin() {
	p.begun, p.until = true, time.Now().Add(streamWithin)
	header := p.w.Header()
	header["Content-Type"] = jsonType
	header[requestHeader] = []string{p.x.id}
	header[timestampHeader] = []string{p.server.timestamp()}
	p.w.WriteHeader(p.x.route.operation.Success.Case.HTTP)
}

func (p *pieces) send() error {
	control := http.NewResponseController(p.w)
	due := time.Now().Add(pieceWithin)
	if due.After(p.until) {
		due = p.until
	}
	_ = control.SetWriteDeadline(due) // else the listener's own holds
	_, err := p.w.Write(p.sheet.Bytes())
	p.sheet.Reset()
	if err == nil {
		err = control.Flush()
	}
	if err != nil {
		return fmt.Errorf("sending a piece of the answer (the client has gone, or reads too slowly): %w: %w", context.Canceled, err)
	}
	return nil
}
