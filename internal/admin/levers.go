package admin

import (
	"net/http"

	"github.com/qrisd/qrisd/internal/sandbox"
)

// listLevers gives the levers that are on, and what kinds there are.
func (a *API) listLevers(*http.Request) (any, error) {
	return map[string]any{"levers": a.Levers.List(), "kinds": sandbox.LeverRows()}, nil
}

// setLever puts a lever on; what is left out is the kind's default, any
// partner and any operation.
func (a *API) setLever(r *http.Request) (any, error) {
	var in sandbox.Lever
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if err := a.desk.SetLever(r.Context(), in); err != nil {
		return nil, err
	}
	return a.listLevers(r)
}

// removeLevers takes off those that the query names, or all.
func (a *API) removeLevers(r *http.Request) (any, error) {
	q := r.URL.Query()
	err := a.desk.RemoveLevers(r.Context(), sandbox.LeverKind(q.Get("kind")), q.Get("partnerId"), q.Get("operation"))
	if err != nil {
		return nil, err
	}
	return a.listLevers(r)
}
