package server

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Probe is one condition of a node's health. Look gives nil, or what is wrong;
// an error may know its cure, by a method of that name.
type Probe struct {
	Name string
	Look func(context.Context) error
}

// ErrDraining says that this node finishes what it has and then ends.
var ErrDraining = errors.New("draining")

// probeDraining names the condition that Options.Draining is.
const probeDraining = "draining"

// condition is the answer of /healthz and /readyz: the first thing that is
// wrong, and how each probe went.
type condition struct {
	Status string            `json:"status"` // ok or stuck; ready, draining or unavailable
	Cause  string            `json:"cause,omitempty"`
	Cure   string            `json:"cure,omitempty"`
	Checks map[string]string `json:"checks,omitempty"` // "ok", or what is wrong
	Time   string            `json:"time"`
}

// probeWithin bounds the look, so that a balancer's own limit does not end it.
const probeWithin = 2 * time.Second

// passed is what a probe answers that found nothing wrong.
const passed = "ok"

// look asks all probes, and gives the first failure.
func look(ctx context.Context, probes []Probe) (checks map[string]string, failed error) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	checks = make(map[string]string, len(probes))
	for _, p := range probes {
		err := p.Look(ctx)
		checks[p.Name] = passed
		if err != nil {
			checks[p.Name] = err.Error()
		}
		if failed == nil {
			failed = err
		}
	}
	return checks, failed
}

// Healthz says whether the process makes progress. One that does not is to be
// started anew.
func (s *Server) Healthz(w http.ResponseWriter, r *http.Request) {
	checks, err := look(r.Context(), s.options.Live)
	s.writeCondition(w, condition{Status: "ok", Checks: checks}, "stuck", err)
}

// Readyz says whether a balancer should send requests here.
func (s *Server) Readyz(w http.ResponseWriter, r *http.Request) {
	checks, err := look(r.Context(), s.readiness())
	word := "unavailable"
	if errors.Is(err, ErrDraining) {
		word = "draining"
	}
	s.writeCondition(w, condition{Status: "ready", Checks: checks}, word, err)
}

// readiness begins with the drain: nothing else matters of a node that leaves.
func (s *Server) readiness() []Probe {
	draining := Probe{probeDraining, func(context.Context) error {
		if s.draining() {
			return ErrDraining
		}
		return nil
	}}
	return append([]Probe{draining}, s.options.Ready...)
}

func (s *Server) draining() bool { return s.options.Draining != nil && s.options.Draining() }

func (s *Server) writeCondition(w http.ResponseWriter, c condition, failing string, err error) {
	status := http.StatusOK
	c.Time = s.core.Now().Format(time.RFC3339)
	var curable interface{ Cure() string }
	if err != nil {
		status, c.Status = http.StatusServiceUnavailable, failing
	}
	if err != nil && !errors.Is(err, ErrDraining) {
		s.options.Log.Error("a check of this node's health failed", "status", failing, "error", err)
		c.Cause = err.Error()
		if errors.As(err, &curable) {
			c.Cure = curable.Cure()
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	s.writeJSON(w, status, c)
}
