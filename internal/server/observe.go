package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
)

// Instruments are where a server tells of its work. What is nil is not told,
// and costs a comparison.
type Instruments struct {
	// Count gives what counts the answers of an operation: by response code,
	// with how long each took. It is asked once for each operation.
	Count func(dialect, operation string) func(code string, took time.Duration)
	// Page counts an answer that is no API's, by the pattern of its path.
	Page func(listener, route, status string)
	// Trace makes spans.
	Trace Tracer
	// AccessLines is how many requests a second the log tells of at level
	// INFO. Those that failed are always told.
	AccessLines int
}

// Tracer makes the spans of a trace.
type Tracer interface {
	// Request begins the span of a request; end names it and says what was
	// answered, with pairs of what else is known.
	Request(r *http.Request) (traced *http.Request, end func(name string, status int, about ...string))
	// Step begins a span within the context's.
	Step(ctx context.Context, name string) (context.Context, func(error))
}

// InFlight is how many API requests have come and are not answered.
func (s *Server) InFlight() int64 { return s.inFlight.Load() }

// counter is what counts the answers of an operation.
func (s *Server) counter(d *dialect.Dialect, op *dialect.Operation) func(string, time.Duration) {
	if s.options.Count == nil {
		return func(string, time.Duration) {}
	}
	return s.options.Count(d.Name, op.Name)
}

// traced begins the span of a request. Without a tracer end is nil.
func (s *Server) traced(r *http.Request) (traced *http.Request, end func(string, int, ...string)) {
	if s.options.Trace == nil {
		return r, nil
	}
	return s.options.Trace.Request(r)
}

// stepped does a part of an exchange in a span of its own.
func (s *Server) stepped(ctx context.Context, name string, x *exchange, do func(context.Context, *exchange) error) error {
	if s.options.Trace == nil {
		return do(ctx, x)
	}
	ctx, end := s.options.Trace.Step(ctx, name)
	err := do(ctx, x)
	end(err)
	return err
}

// verb carries out an operation in a span of its own.
func (s *Server) verb(ctx context.Context, x *exchange) (any, error) {
	op := x.route.operation
	if s.options.Trace == nil {
		return op.Do(ctx, x.call)
	}
	ctx, end := s.options.Trace.Step(ctx, "verb "+op.Name)
	reply, err := op.Do(ctx, x.call)
	end(err)
	return reply, err
}

// observe tells of an exchange whose answer is known.
func (s *Server) observe(x *exchange, status int, code string, err error) {
	took := time.Since(x.began)
	x.route.count(code, took)
	if s.options.Observe != nil {
		s.options.Observe(status, code, took)
	}
	if x.endSpan != nil {
		x.endSpan(x.route.dialect.Name+" "+x.route.operation.Name, status, "qrisd.dialect", x.route.dialect.Name,
			"qrisd.operation", x.route.operation.Name, "qrisd.code", code, "qrisd.partner", x.partnerID(), "qrisd.request", x.id)
	}
	s.log(x, status, code, took, err)
}

func (x *exchange) partnerID() string {
	if x.partner == nil {
		return ""
	}
	return x.partner.ID
}

// seen is a handler that is no API's, counted and told of in the log by the
// pattern of its path.
func (s *Server) seen(listener string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := requestID(r)
		w.Header().Set(requestHeader, id)
		r, end := s.traced(r)
		v := &viewed{ResponseWriter: w}
		whole := false
		defer func() {
			if !whole && v.code == 0 {
				v.code = http.StatusInternalServerError // it panics
			}
			route := pattern(r)
			if s.options.Page != nil {
				s.options.Page(listener, route, strconv.Itoa(v.status()))
			}
			if end != nil {
				end(route, v.status(), "qrisd.request", id)
			}
			s.logPage(r, pageView{listener, route, id, v.status(), time.Since(began)})
		}()
		next.ServeHTTP(v, r)
		whole = true
	})
}

// Seen puts a listener's handler behind what counts it and tells of it.
func (s *Server) Seen(listener string, next http.Handler) http.Handler { return s.seen(listener, next) }

// page is a handler of the public listener.
func (s *Server) page(next http.HandlerFunc) http.Handler { return s.seen("public", next) }

// unrouted stands for every path that nothing is at: a path of a client's
// invention must not become a label.
const unrouted = "unrouted"

func pattern(r *http.Request) string {
	if r.Pattern == "" || r.Pattern == "/" {
		return unrouted
	}
	return r.Pattern
}

// viewed remembers the status of an answer.
type viewed struct {
	http.ResponseWriter
	code int
}

// Unwrap is for http.ResponseController.
func (v *viewed) Unwrap() http.ResponseWriter { return v.ResponseWriter }

func (v *viewed) WriteHeader(status int) {
	if v.code == 0 && status >= http.StatusOK {
		v.code = status
	}
	v.ResponseWriter.WriteHeader(status)
}

func (v *viewed) status() int {
	if v.code == 0 {
		return http.StatusOK
	}
	return v.code
}
