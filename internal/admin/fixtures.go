package admin

import (
	"net/http"

	"github.com/qrisd/qrisd/internal/sandbox"
)

func (a *API) loadFixtures(r *http.Request) (any, error) {
	var in sandbox.Fixtures
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.desk.LoadFixtures(r.Context(), in)
}
