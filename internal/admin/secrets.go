package admin

import (
	"context"
	"net/http"
)

// Keeper keeps the keys of the store's secrets. Its answers are written as
// JSON, and hold ids of keys, never keys.
type Keeper interface {
	Status(ctx context.Context) (any, error)
	// Rotate seals the secrets under a new data key, or the data key under
	// another master key: the one given, or one of the keeper's own.
	Rotate(ctx context.Context, master bool, key string) (any, error)
}

func (a *API) showSecrets(r *http.Request) (any, error) { return a.Keeper.Status(r.Context()) }

func (a *API) rotateSecrets(r *http.Request) (any, error) {
	var in struct {
		Master    bool
		MasterKey string
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.MasterKey != "" && !in.Master {
		return nil, &httpError{http.StatusBadRequest, "bad-request", "masterKey is the next master key: send master true with it"}
	}
	return a.Keeper.Rotate(r.Context(), in.Master, in.MasterKey)
}
