package admin

import (
	"context"
	"net/http"

	"github.com/qrisd/qrisd/internal/openapi"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// describe gives the OpenAPI document of this very API.
func (a *API) describe(r *http.Request) (any, error) {
	return openapi.Management(a.listed(), "http://"+r.Host), nil
}

func (a *API) listed() []openapi.Route {
	var all []openapi.Route
	for _, rt := range a.routes() {
		all = append(all, openapi.Route{Pattern: rt.pattern, Verb: rt.verb, Streams: rt.serve != nil})
	}
	return all
}

// Routes are all that a management API may have: those of a sandbox and of a
// store that is backed up too.
func Routes() []openapi.Route {
	a := &API{Options: Options{
		Clock:  new(sandbox.Clock),
		Backup: func(context.Context) (string, error) { return "", nil },
	}}
	return a.listed()
}
