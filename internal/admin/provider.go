package admin

import (
	"context"
	"net/http"
	"time"
)

// Provider keeps the key with which this server signs notifications. Its answers
// are written as JSON, and hold public keys alone.
type Provider interface {
	Show(ctx context.Context) (any, error)
	// Rotate draws the next key, which signs when the overlap has passed: until
	// then partners can learn it.
	Rotate(ctx context.Context, overlap time.Duration) (any, error)
}

func (a *API) showProvider(r *http.Request) (any, error) { return a.Provider.Show(r.Context()) }

func (a *API) rotateProvider(r *http.Request) (any, error) {
	overlap, err := a.readOverlap(r)
	if err != nil {
		return nil, err
	}
	return a.Provider.Rotate(r.Context(), overlap)
}
