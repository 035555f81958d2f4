// Package server is the door: it routes a request to a dialect's operation
// and takes it through the one pipeline whose order is the precedence of
// response codes.
package server

import (
	"crypto/x509"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// Options are what an operator may set.
type Options struct {
	PublicURL string        // scheme and host under which this server is reached, without a slash at the end
	Sandbox   bool          // triggers, sample waivers and debug messages are on
	Skew      time.Duration // how far X-TIMESTAMP may be from the clock; 0 does not look
	// Shared gives the real time where several nodes share the store: they
	// then count requests there together. nil: each counts its own.
	Shared func() time.Time
	Log    *slog.Logger
	// Observe is told of every answer of an API: its HTTP status, its response
	// code and how long it took. It must not block. nil: nobody is told.
	Observe func(status int, code string, took time.Duration)
	// Journal keeps every API call with the checks that it went through, and
	// Events is told of each. nil: nothing is kept.
	Journal *sandbox.Journal
	Events  *sandbox.Events
	Levers  *sandbox.Levers // of a sandbox
	// Roots gives the authorities whose client certificates a partner's subject
	// may be in; nil, or giving nil: there are none.
	Roots func() *x509.CertPool
	// Draining says that this node finishes what it has and then ends; nil: it
	// never does. Ready are the other conditions under which requests should
	// come here, Live those under which the process is to go on.
	Draining    func() bool
	Ready, Live []Probe
	Instruments
}

// Server serves dialects over one core.
type Server struct {
	core    *pay.Core
	routes  map[string][]route
	bound   []*dialect.Dialect // those with a page for a payer's consent
	options Options
	rates   rates
	site    site
	ward    ward
	vouched vouched
	lines   allowance
	written atomic.Pointer[written] // by the answer before

	inFlight atomic.Int64
}

// route is one operation at one path.
type route struct {
	dialect   *dialect.Dialect
	operation *dialect.Operation
	prefix    string // of a dialect's own mount; not part of the documented path
	count     func(code string, took time.Duration)
}

// reference is the rule for a repeated Identifier.
func (rt route) reference() dialect.Rule {
	if rt.operation.Reference != nil {
		return *rt.operation.Reference
	}
	return rt.dialect.Reference
}

// New makes a server of the dialects, in order: where two share a path and
// the partner is unknown, the first answers.
func New(core *pay.Core, dialects []dialect.Dialect, o Options) *Server {
	s := &Server{core: core, routes: make(map[string][]route), options: o, rates: new(buckets), site: site{o.PublicURL}}
	if o.Shared != nil {
		s.rates = &quotas{take: core.TakeQuota, now: o.Shared}
	}
	for i := range dialects {
		s.mount(&dialects[i])
	}
	return s
}

// mount serves a dialect's paths at the root, and again under its name.
func (s *Server) mount(d *dialect.Dialect) {
	if d.Binding != nil {
		s.bound = append(s.bound, d)
	}
	for i := range d.Operations {
		op := &d.Operations[i]
		count := s.counter(d, op)
		for _, path := range op.Paths {
			s.routes[path] = append(s.routes[path], route{d, op, "", count})
			prefix := "/" + d.Name
			s.routes[prefix+path] = append(s.routes[prefix+path], route{d, op, prefix, count})
		}
	}
}
