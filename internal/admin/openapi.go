package admin

import (
	"net/http"

	"github.com/qrisd/qrisd/internal/openapi"
)

// describe gives the OpenAPI document of this very API.
func (a *API) describe(r *http.Request) (any, error) {
	return openapi.Management(described(a.routes()), "http://"+r.Host), nil
}

func described(routes []route) []openapi.Route {
	all := make([]openapi.Route, len(routes))
	for i, rt := range routes {
		all[i] = openapi.Route{Pattern: rt.pattern, Verb: rt.verb, Streams: rt.serve != nil}
	}
	return all
}

// Routes are all that a management API may have.
func Routes() []openapi.Route { return described(new(API).table()) }
