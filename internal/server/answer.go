package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// refused is the body of an answer that is not a success.
type refused struct {
	dialect.Status
	PartnerReferenceNo         string          `json:"partnerReferenceNo,omitempty"`
	OriginalPartnerReferenceNo string          `json:"originalPartnerReferenceNo,omitempty"`
	PartnerRefundNo            string          `json:"partnerRefundNo,omitempty"`
	RefundAmount               json.RawMessage `json:"refundAmount,omitempty"` // as received
	AdditionalInfo             *why            `json:"additionalInfo,omitempty"`
}

type why struct {
	DebugMessage string `json:"debugMessage"`
}

// maxMessage is the documented length of responseMessage.
const maxMessage = 150

// answer writes what the pipeline came to.
func (s *Server) answer(w http.ResponseWriter, x *exchange, reply any, err error) {
	if body, ok := reply.(dialect.Stream); ok && err == nil {
		s.streamed(w, x, body)
		return
	}
	status, code := x.route.operation.Success.Case.HTTP, x.call.Success().ResponseCode
	if err != nil {
		status, code, reply = s.deny(w, x, err)
	}
	s.observe(x, status, code, err)
	header := w.Header()
	x.said[0] = x.id
	header[requestHeader] = x.said[:]
	if x.route.operation.Auth == dialect.AuthToken {
		if key := x.get(snap.HeaderClientKey); key != "" {
			header.Set(snap.HeaderClientKey, key)
		}
	}
	s.writeJSON(w, status, reply)
}

// deny words what is no success: an answer that a sandbox was asked for, or a
// refusal.
func (s *Server) deny(w http.ResponseWriter, x *exchange, err error) (status int, code string, reply any) {
	var trigger sandbox.Trigger
	if errors.As(err, &trigger) {
		return trigger.HTTP, trigger.Code, x.refused(dialect.Status{ResponseCode: trigger.Code, ResponseMessage: triggered(trigger.Message)})
	}
	return s.refuse(w, x, err)
}

// triggered fills the blanks of a message that no request filled.
func triggered(message string) string {
	return dialect.Outcome{Message: message}.Text("", "")
}

func (s *Server) refuse(w http.ResponseWriter, x *exchange, err error) (int, string, any) {
	o, e := outcome(x.route, err)
	name := e.Field
	if wire, ok := x.route.operation.Names[name]; ok {
		name = wire
	}
	switch e.Kind {
	case pay.RateLimited:
		w.Header().Set("Retry-After", "1")
	case pay.NotSupported:
		w.Header().Set("Allow", http.MethodPost)
	}
	code := o.Case.Code(x.route.operation.Service)
	reply := x.refused(dialect.Status{ResponseCode: code, ResponseMessage: shorten(o.Text(name, e.Detail), maxMessage)})
	if s.options.Sandbox && (x.debugging() || e.Kind == pay.BadPayload) {
		reply.AdditionalInfo = &why{x.because(e)}
	}
	return o.Case.HTTP, code, reply
}

// refused echoes the partner's references, when they could be read: clients
// match answers by them, and DANA's read a 202 as they read a success.
func (x *exchange) refused(status dialect.Status) refused {
	r := refused{
		Status: status, PartnerReferenceNo: x.call.Text("partnerReferenceNo"),
		OriginalPartnerReferenceNo: x.call.Text("originalPartnerReferenceNo"), PartnerRefundNo: x.call.Text("partnerRefundNo"),
	}
	if amount := x.call.Body.Get("refundAmount"); amount.Kind() == field.Object {
		r.RefundAmount = json.RawMessage(amount.Raw())
	}
	return r
}

// debugging reports whether the client asks why (DANA's X-Debug-Mode).
func (x *exchange) debugging() bool {
	on, _ := strconv.ParseBool(x.get(snap.HeaderDebugMode))
	return on
}

func shorten(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-3]) + "..."
	}
	return s
}

// A sheet is what an answer is written on.
type sheet struct {
	bytes.Buffer
	encoder *json.Encoder
}

var sheets = sync.Pool{New: func() any {
	sh := new(sheet)
	sh.encoder = json.NewEncoder(&sh.Buffer)
	sh.encoder.SetEscapeHTML(false)
	return sh
}}

// maxSheet bounds what waits in the pool, so that one long list does not stay
// for ever.
const maxSheet = 64 << 10

func (sh *sheet) giveBack() {
	if sh.Cap() <= maxSheet {
		sheets.Put(sh)
	}
}

// writeJSON answers with JSON that is not HTML-escaped: clients re-serialise
// and compare.
func (s *Server) writeJSON(w http.ResponseWriter, status int, body any) {
	sh := sheets.Get().(*sheet)
	defer sh.giveBack()
	sh.Reset()
	if err := sh.encoder.Encode(body); err != nil {
		s.options.Log.Error("encoding an answer", "error", err)
		status = http.StatusInternalServerError
		sh.Reset()
		sh.WriteString(`{"responseCode":"5000001","responseMessage":"Internal Server Error"}`)
	}
	values := [...]string{strconv.Itoa(sh.Len()), s.timestamp()}
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Content-Length"] = values[0:1:1]
	header[timestampHeader] = values[1:2:2]
	w.WriteHeader(status)
	w.Write(sh.Bytes())
}

var (
	jsonType        = []string{"application/json"} // shared as those of guardAnswer are
	timestampHeader = http.CanonicalHeaderKey(snap.HeaderTimestamp)
)

// written is a second as answers write it.
type written struct {
	second int64
	text   string
}

// timestamp is X-TIMESTAMP of an answer.
func (s *Server) timestamp() string {
	now := s.core.Now()
	if last := s.written.Load(); last != nil && last.second == now.Unix() {
		return last.text
	}
	next := &written{now.Unix(), snap.FormatTimestamp(now)}
	s.written.Store(next)
	return next.text
}

// noService stands in a response code where no API was reached.
const noService = snap.Service("00")

// notRouted is the answer of every path that is no API.
func (s *Server) notRouted(w http.ResponseWriter, r *http.Request) {
	w, done := s.recordLost(w, r)
	defer done()
	s.writeJSON(w, http.StatusNotFound, dialect.Status{
		ResponseCode:    snap.CaseInvalidRouting.Code(noService),
		ResponseMessage: shorten("Invalid Routing. No API at "+r.URL.EscapedPath(), maxMessage),
	})
}

// recovering turns a panic into an answer; it must never happen, and never
// takes the process down.
func (s *Server) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v == http.ErrAbortHandler {
				panic(v) // the connection is to be cut
			} else if v != nil {
				s.options.Log.Error("panic", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
				s.writeJSON(w, http.StatusInternalServerError, dialect.Status{
					ResponseCode:    snap.CaseInternalServerError.Code(noService),
					ResponseMessage: snap.CaseInternalServerError.Message,
				})
			}
		}()
		next.ServeHTTP(w, r)
	})
}
