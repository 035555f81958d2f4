package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// api serves one path. The statements of run stand in the order in which a
// client meets their refusals.
func (s *Server) api(routes []route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, end := s.traced(r)
		s.inFlight.Add(1)
		defer s.inFlight.Add(-1)
		x := s.receive(r, routes)
		x.endSpan = end
		w, done := s.record(w, x)
		defer done()
		w = s.pull(w, x)
		reply, err := s.run(r.Context(), x)
		s.give(w, x, reply, err)
	})
}

func (s *Server) run(ctx context.Context, x *exchange) (any, error) {
	if err := s.stepped(ctx, "authenticate", x, s.authenticate); err != nil {
		return nil, err
	}
	if err := x.overloaded(); err != nil {
		return nil, err
	}
	if prior, err := s.repeated(ctx, x); prior != nil || err != nil {
		return s.again(ctx, x, prior, err)
	}
	x.step(stepRepeated, nil)
	if err := s.checkFields(x); err != nil {
		return s.unlessRepeated(ctx, x, err)
	}
	return s.do(ctx, x)
}

// repeated looks for an earlier request with the same X-EXTERNAL-ID. Today's
// is not looked for here: the transaction that writes it meets it as the first
// thing it does, and a request that comes to no transaction is refused through
// unlessRepeated. So a repeated identifier goes before all that is wrong with
// a request, and costs the others no reading.
func (s *Server) repeated(ctx context.Context, x *exchange) (*pay.Repeated, error) {
	days, n := x.externalDays(s.core.Now())
	if n < 2 {
		return nil, nil
	}
	return s.recall(ctx, []pay.Mark{x.externalMark(days[1])})
}

func (s *Server) recall(ctx context.Context, marks []pay.Mark) (*pay.Repeated, error) {
	for _, m := range marks {
		prior, err := s.core.Recall(ctx, m)
		if prior != nil || err != nil {
			return prior, err
		}
	}
	return nil, nil
}

// unlessRepeated refuses, unless the identifier was used before.
func (s *Server) unlessRepeated(ctx context.Context, x *exchange, refusal error) (any, error) {
	prior, err := s.recall(ctx, x.externalMarks(s.core.Now()))
	if prior != nil || err != nil {
		return s.again(ctx, x, prior, err)
	}
	return nil, refusal
}

// again answers a repeated identifier by the dialect's rule: the first answer
// once more, or a refusal.
func (s *Server) again(ctx context.Context, x *exchange, r *pay.Repeated, err error) (any, error) {
	reply, err := s.ruled(ctx, x, r, err)
	x.trail.repeats(r, err)
	return reply, err
}

func (s *Server) ruled(ctx context.Context, x *exchange, r *pay.Repeated, err error) (any, error) {
	if r == nil {
		return nil, err
	}
	rule := x.route.reference()
	if r.Mark.Kind == pay.ByExternalID {
		rule = x.route.dialect.ExternalID
	}
	answer := rule.Other
	if r.SameBody() {
		answer = rule.Same
	}
	if !answer.Replay {
		return nil, &pay.Error{Kind: answer.Kind, Field: fieldOf[r.Mark.Kind], Detail: r.Error(), Cause: r}
	}
	return x.call.Again(ctx, r.Prior.Ref)
}

var fieldOf = map[pay.MarkKind]string{pay.ByExternalID: "X-EXTERNAL-ID", pay.ByReference: "partnerReferenceNo"}

// checkFields reads the body strictly and holds it against the rows.
func (s *Server) checkFields(x *exchange) error {
	body, err := field.Parse(x.raw)
	if err != nil {
		return x.step("body", &pay.Error{Kind: pay.BadRequest, Field: "body", Detail: "reading the body as strict JSON", Cause: err})
	}
	x.step("body", nil)
	x.call.Body = body
	fault, warnings := field.CheckBody(x.route.operation.Body, body, false)
	x.warn(warnings)
	if fault != nil {
		return x.step("fields", refusal(fault, pay.MissingField, pay.InvalidFormat))
	}
	x.step("fields", nil)
	x.call.Marks = x.marks(s.core.Now())
	return nil
}

// refusal turns a fault into an error of one of two kinds.
func refusal(f *field.Fault, missing, malformed pay.Kind) error {
	kind := malformed
	if f.Missing {
		kind = missing
	}
	return pay.RefuseField(kind, f.Field, f.Why)
}

// do carries out the operation. A sandbox first looks whether the request
// asks for an answer, or carries a sample of the document.
func (s *Server) do(ctx context.Context, x *exchange) (any, error) {
	op := x.route.operation
	if s.options.Sandbox {
		if trigger, ok := sandbox.Triggered(op, x.call.Body); ok {
			return s.unlessRepeated(ctx, x, x.step(stepDo, trigger))
		}
		x.call.Waived = sandbox.Waived(op, x.call.Body)
	}
	reply, err := s.act(ctx, x)
	if x.step(stepDo, err); err == nil {
		return reply, nil
	}
	var r *pay.Repeated
	switch {
	case errors.As(err, &r):
		return s.again(ctx, x, r, err)
	case pay.KindOf(err) == pay.Internal:
		return nil, err
	}
	return s.unlessRepeated(ctx, x, err)
}

// outcome is the one place where an error becomes a response code.
func outcome(rt route, err error) (dialect.Outcome, *pay.Error) {
	var e *pay.Error
	if !errors.As(err, &e) {
		e = &pay.Error{Kind: pay.Internal, Detail: "internal failure", Cause: err}
	}
	return rt.dialect.Outcome(rt.operation, e.Kind), e
}
