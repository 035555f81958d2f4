package server

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// trail is what the journal will tell of an exchange: the checks that it went
// through. A nil trail keeps nothing, so that an exchange without a journal
// costs no more than asking.
type trail struct {
	steps   []sandbox.Step
	told    int // warnings that stand in a step already
	verdict *sandbox.Verdict
}

// The checks that more than one place tells of.
const (
	stepRepeated = "repeated"
	stepDo       = "do"
)

// mostSteps is how many checks a request goes through.
const mostSteps = 14

// step notes what a check came to, and gives that back.
func (x *exchange) step(name string, err error) error {
	t := x.trail
	if t == nil {
		return err
	}
	s := sandbox.Step{Name: name, Passed: err == nil}
	if err != nil {
		s.Detail = err.Error()
	} else {
		s.Detail = x.remark(name)
	}
	t.steps = append(t.steps, s)
	return err
}

// remark says what is worth knowing of a check that was passed: what was let
// pass that a provider may refuse, and whom the partner's check found.
func (x *exchange) remark(name string) string {
	if name == "partner" && x.partner != nil {
		return x.partner.Name + ", " + x.partner.ID
	}
	var remarks []string
	for _, w := range x.warnings[x.trail.told:] {
		remarks = append(remarks, w.Error())
	}
	if x.trail.told = len(x.warnings); len(remarks) == 0 {
		return ""
	}
	return "let pass: " + strings.Join(remarks, "; ")
}

// repeats notes that an identifier was used before. Wherever that was met, it
// has precedence over all checks from there on.
func (t *trail) repeats(r *pay.Repeated, refused error) {
	if t == nil {
		return
	}
	for i, s := range t.steps {
		if s.Name == stepRepeated {
			t.steps = t.steps[:i]
			break
		}
	}
	s := sandbox.Step{Name: stepRepeated, Passed: refused == nil}
	switch {
	case refused != nil:
		s.Detail = refused.Error()
	case r != nil:
		s.Detail = r.Error() + ": the first answer is given again"
	}
	t.steps = append(t.steps, s)
}

// explain keeps why the signature was refused.
func (t *trail) explain(v *sandbox.Verdict) {
	if t != nil {
		t.verdict = v
	}
}

// recording passes an answer on and keeps it for the journal.
type recording struct {
	http.ResponseWriter
	server *Server
	x      *exchange
	status int
	body   []byte
	length int // of the body, of which not more than mostKept is kept
	kept   bool
}

// mostKept is far above every answer but that of a long list.
const mostKept = 256 << 10

// record begins to keep an exchange, if there is a journal. done ends it.
func (s *Server) record(w http.ResponseWriter, x *exchange) (recorded http.ResponseWriter, done func()) {
	if s.options.Journal == nil {
		return w, nothing
	}
	x.trail = &trail{steps: make([]sandbox.Step, 0, mostSteps)}
	r := &recording{ResponseWriter: w, server: s, x: x}
	return r, r.done
}

func nothing() {}

// Unwrap is for http.ResponseController.
func (r *recording) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recording) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Write keeps the call before it passes on the end of its answer: whoever has
// the answer finds the call.
func (r *recording) Write(p []byte) (int, error) {
	r.body = append(r.body, p[:min(len(p), mostKept-len(r.body))]...)
	r.length += len(p)
	if strconv.Itoa(r.length) == r.Header().Get("Content-Length") {
		r.done()
	}
	return r.ResponseWriter.Write(p)
}

// done keeps the call, once, however far its answer came.
func (r *recording) done() {
	if r.kept {
		return
	}
	r.kept = true
	c := r.call()
	r.server.options.Journal.Add(c)
	r.server.options.Events.Publish(sandbox.Event{
		At: r.server.core.Now(), Kind: sandbox.EventRequest, PartnerID: c.PartnerID, Ref: c.Reference,
		Fields: map[string]string{
			"id": c.ID, "dialect": c.Dialect, "operation": c.Operation, "method": c.Method, "path": c.Path,
			"status": strconv.Itoa(c.Status), "code": c.Code, "message": c.Message,
			"ms": strconv.FormatFloat(float64(c.Took.Microseconds())/1000, 'f', 1, 64),
		},
	})
}

// shown is the body, and how much is left out of it.
func (r *recording) shown() []byte {
	if left := r.length - len(r.body); left > 0 {
		return fmt.Appendf(r.body, "\n... and %d bytes more, which the journal does not keep\n", left)
	}
	return r.body
}

func (r *recording) call() sandbox.Call {
	x := r.x
	c := sandbox.Call{
		ID: x.id, At: x.began.UTC(), Took: time.Since(x.began),
		Method: x.request.Method, Path: x.request.RequestURI, Remote: x.request.RemoteAddr,
		Request: rawRequest(x), Response: rawResponse(x, r.Header(), r.status, r.shown()),
		Status: r.status, Code: quoted(r.body, "responseCode"), Message: quoted(r.body, "responseMessage"),
		Steps: x.trail.steps, Verdict: x.trail.verdict, Levers: r.Header().Values(leverHeader),
	}
	if x.route.operation != nil {
		c.Dialect, c.Operation, c.Service = x.route.dialect.Name, x.route.operation.Name, string(x.route.operation.Service)
	}
	if x.partner != nil {
		c.PartnerID = x.partner.ID
	}
	asked := x.call.Body
	if !asked.Present() {
		asked, _ = field.Parse(x.raw) // what cannot be read names nothing
	}
	c.Reference = cmp.Or(quoted(r.body, "referenceNo"), quoted(r.body, "originalReferenceNo"), asked.Get("originalReferenceNo").Text())
	c.PartnerReference = cmp.Or(asked.Get("partnerReferenceNo").Text(), asked.Get("originalPartnerReferenceNo").Text(), quoted(r.body, "partnerReferenceNo"))
	c.PartnerReference = string(unsecret(x, []byte(c.PartnerReference)))
	return c
}

// leverHeader names the levers that were on for an answer.
const leverHeader = "X-Sandbox-Lever"

// recordLost keeps a request that no API is for, as clients with a wrong path
// send them.
func (s *Server) recordLost(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, func()) {
	if s.options.Journal == nil || r.Method != http.MethodPost {
		return w, nothing
	}
	x := &exchange{began: time.Now(), id: requestID(r), request: r, call: new(dialect.Call)}
	x.raw, x.tooLarge, x.readErr = readBody(r)
	w.Header().Set("X-Request-Id", x.id)
	w, done := s.record(w, x)
	x.step("path", errors.New("no API at "+r.URL.Path+" (qrisd codes lists the operations)"))
	return w, done
}

// rawRequest is a request as it came, with its secrets masked. Its head is put
// together anew where the listener is not tapped.
func rawRequest(x *exchange) []byte {
	head := Head(x.request)
	if head == nil {
		var b bytes.Buffer
		b.WriteString(x.request.Method + " " + x.request.RequestURI + " " + x.request.Proto + "\r\nHost: " + x.request.Host + "\r\n")
		x.request.Header.Write(&b)
		head = b.Bytes()
	}
	raw := append(append(veilHead(head), "\r\n"...), veilBody(x, x.raw)...)
	return unsecret(x, raw)
}

// unsecret masks the partner's client secrets wherever they stand.
func unsecret(x *exchange, raw []byte) []byte {
	if x.partner == nil {
		return raw
	}
	for _, secret := range []string{x.partner.ClientSecret, x.partner.Former.Secret} {
		if len(secret) >= leastSecret {
			raw = bytes.ReplaceAll(raw, []byte(secret), []byte(veil(secret)))
		}
	}
	return raw
}

func rawResponse(x *exchange, header http.Header, status int, body []byte) []byte {
	if status == 0 {
		return nil // no answer was given
	}
	var b bytes.Buffer
	b.WriteString(x.request.Proto + " " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	header.Write(&b)
	b.WriteString("\r\n")
	b.Write(veilBody(x, body))
	return unsecret(x, b.Bytes())
}
