package server

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"github.com/qrisd/qrisd/internal/pay"
)

// rates holds a token bucket for each partner and operation.
type rates struct {
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// allow takes one request from a bucket that fills at perSecond and holds one
// second's worth, at least one request.
func (r *rates) allow(name string, perSecond float64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[name]
	if b == nil {
		if r.buckets == nil {
			r.buckets = make(map[string]*rate.Limiter)
		}
		b = rate.NewLimiter(rate.Limit(perSecond), max(int(perSecond), 1))
		r.buckets[name] = b
	}
	if b.Limit() != rate.Limit(perSecond) {
		b.SetLimit(rate.Limit(perSecond))
		b.SetBurst(max(int(perSecond), 1))
	}
	return b.Allow()
}

func (s *Server) checkRate(_ context.Context, x *exchange) error {
	limit := x.partner.Settings.RatePerSecond
	if limit <= 0 || s.rates.allow(x.partner.ID+" "+x.route.operation.Name, limit) {
		return nil
	}
	return pay.Refuse(pay.RateLimited, "the partner's request rate for this API is exceeded; try again in a second")
}
