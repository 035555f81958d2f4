package server

import (
	"net/http"
	"sync"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/openapi"
)

// openAPI serves the document of each dialect under its name. One is made when
// it is first asked for.
func (s *Server) openAPI() http.HandlerFunc {
	documents := make(map[string]func() ([]byte, error))
	for _, d := range s.offered() {
		documents[d.Name+".json"] = sync.OnceValues(func() ([]byte, error) {
			return openapi.Text(openapi.Describe(d, openapi.Options{PublicURL: s.options.PublicURL, Sandbox: s.options.Sandbox}))
		})
	}
	return func(w http.ResponseWriter, r *http.Request) {
		document, ok := documents[r.PathValue("file")]
		if !ok {
			s.notRouted(w, r)
			return
		}
		text, err := document()
		if err != nil {
			s.options.Log.Error("describing a dialect", "file", r.PathValue("file"), "error", err)
			http.Error(w, "the document could not be made; the log says why", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		w.Write(text)
	}
}

// offered are the dialects that are served, by name.
func (s *Server) offered() map[string]*dialect.Dialect {
	all := make(map[string]*dialect.Dialect)
	for _, routes := range s.routes {
		for _, rt := range routes {
			all[rt.dialect.Name] = rt.dialect
		}
	}
	return all
}
