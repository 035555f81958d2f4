package admin

import "net/http"

// reset takes the sandbox back to its seeds.
func (a *API) reset(r *http.Request) (any, error) {
	return map[string]bool{"reset": true}, a.desk.Reset(r.Context())
}
