package server

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/qrisd/qrisd/internal/doctor"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// ward is what a sandbox has for the doctor: how often it may be asked, and
// what partners used before.
type ward struct {
	visits buckets
	mu     sync.Mutex
	past   map[string]*past // by partner
}

// examinations are how many refused signatures of a partner are looked into in
// a second.
const examinations = 5

// past are the credentials with which a partner's requests were accepted, the
// latest last.
type past struct{ tokens, secrets, keys []string }

const (
	maxPast  = 4    // of each kind
	maxWards = 1000 // partners
)

// remember keeps what an accepted request used. After a rotation the doctor
// knows the previous key by it.
func (w *ward) remember(x *exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.past[x.partner.ID]
	if p == nil {
		if w.past == nil || len(w.past) >= maxWards {
			w.past = make(map[string]*past)
		}
		p = new(past)
		w.past[x.partner.ID] = p
	}
	p.tokens, p.secrets, p.keys = keep(p.tokens, x.bearer), keep(p.secrets, x.partner.ClientSecret), keep(p.keys, x.partner.PublicKey)
}

// keep appends what is new, and drops the oldest. It never writes into the
// array of a slice that was handed out.
func keep(all []string, s string) []string {
	if s == "" || slices.Contains(all, s) {
		return all
	}
	return append(slices.Clone(all[max(0, len(all)+1-maxPast):]), s)
}

func (w *ward) recall(partnerID string) past {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.past[partnerID]; p != nil {
		return *p
	}
	return past{}
}

// diagnose says why a signature was refused: in a sandbox what it does match,
// otherwise, or when it is asked too often, what it should have been over.
func (s *Server) diagnose(ctx context.Context, x *exchange) string {
	if !s.options.Sandbox {
		return s.expected(x)
	}
	if allowed, err := s.ward.visits.allow(ctx, x.partner.ID, examinations); err != nil || !allowed {
		return s.expected(x)
	}
	request, known := s.examined(x), s.known(ctx, x)
	ctx, cancel := context.WithTimeout(ctx, doctor.Within)
	defer cancel()
	d := doctor.Examine(ctx, request, known)
	x.diagnosis = &d
	x.trail.explain(verdict(&d))
	return d.Line()
}

func verdict(d *doctor.Diagnosis) *sandbox.Verdict {
	v := &sandbox.Verdict{
		Sentence: d.Sentence.English, Cure: d.Cure.English, Kalimat: d.Sentence.Indonesian, Solusi: d.Cure.Indonesian,
	}
	for _, f := range d.Facts {
		v.Facts = append(v.Facts, sandbox.Fact(f))
	}
	return v
}

// examined is the request as the doctor reads it: with the headers as spelled
// by the client, where the listener remembers them.
func (s *Server) examined(x *exchange) doctor.Request {
	r, err := doctor.ReadRequest(append(Head(x.request), "\r\n"...))
	if err != nil {
		r = doctor.Request{Headers: headers(x.request.Header)}
	}
	r.Method, r.Target, r.Host, r.Body, r.At = x.request.Method, x.request.RequestURI, x.request.Host, x.raw, s.core.Now()
	return r
}

func headers(h http.Header) []doctor.Header {
	var all []doctor.Header
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			all = append(all, doctor.Header{Name: name, Value: value})
		}
	}
	return all
}

// known is what the store and the memory tell of the partner and of others.
func (s *Server) known(ctx context.Context, x *exchange) doctor.Known {
	k := doctor.Expect(x.route.dialect, x.route.operation, x.partner, x.bearer != "")
	k.Paths = append([]string{x.request.RequestURI}, x.otherPaths()...)
	before := s.ward.recall(x.partner.ID)
	k.Tokens, k.Secrets = before.tokens, before.secrets
	for _, text := range before.keys {
		if key, err := publicKey(text); err == nil && text != x.partner.PublicKey {
			k.PublicKeys = append(k.PublicKeys, key)
		}
	}
	k.Others = s.others(ctx, x.partner.ID)
	return k
}

// maxOthers is how many other partners' credentials are tried.
const maxOthers = 16

// others are the partners whose credentials may have been taken by mistake. A
// store that does not answer in time is no reason to say nothing.
func (s *Server) others(ctx context.Context, partnerID string) []doctor.Party {
	var partners []pay.Partner
	err := s.core.Inspect(ctx, func(r pay.Reader) (err error) {
		partners, err = r.Partners()
		return err
	})
	if err != nil {
		s.options.Log.Debug("reading the other partners for the doctor", "error", err)
	}
	var all []doctor.Party
	for _, p := range partners {
		if p.ID == partnerID || len(all) == maxOthers {
			continue
		}
		party := doctor.Party{Name: p.ID, Secret: p.ClientSecret}
		if key, err := publicKey(p.PublicKey); err == nil {
			party.PublicKey = key
		}
		all = append(all, party)
	}
	return all
}

// because is the debug message of a refusal.
func (x *exchange) because(e *pay.Error) string {
	if x.diagnosis != nil && e.Kind == pay.BadSignature {
		return x.diagnosis.Explain()
	}
	return e.Error()
}

// accepted remembers what a sandbox's partner used rightly.
func (s *Server) accepted(x *exchange) {
	if s.options.Sandbox {
		s.ward.remember(x)
	}
}
