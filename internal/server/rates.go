package server

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"github.com/qrisd/qrisd/internal/pay"
)

// rates decide whether there is room for one more request of a name.
type rates interface {
	allow(ctx context.Context, name string, perSecond float64) (bool, error)
}

// buckets are the rates of a server that is alone: a token bucket each.
type buckets struct {
	mu   sync.Mutex
	each map[string]*rate.Limiter
}

// allow takes one request from a bucket that fills at perSecond and holds one
// second's worth, at least one request.
func (r *buckets) allow(_ context.Context, name string, perSecond float64) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.each[name]
	if b == nil {
		if r.each == nil {
			r.each = make(map[string]*rate.Limiter)
		}
		b = rate.NewLimiter(rate.Limit(perSecond), max(int(perSecond), 1))
		r.each[name] = b
	}
	if b.Limit() != rate.Limit(perSecond) {
		b.SetLimit(rate.Limit(perSecond))
		b.SetBurst(max(int(perSecond), 1))
	}
	return b.Allow(), nil
}

func (s *Server) checkRate(ctx context.Context, x *exchange) error {
	limit := x.partner.Settings.RatePerSecond
	if limit <= 0 {
		return nil
	}
	allowed, err := s.rates.allow(ctx, x.partner.ID+" "+x.route.operation.Name, limit)
	if err != nil || allowed {
		return err
	}
	return pay.Refuse(pay.RateLimited, "the partner's request rate for this API is exceeded; try again in a second")
}
