package server

import (
	"net/http"
	"path"
	"strings"
)

// Handler is the map of the public listener.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for path := range s.routes {
		mux.Handle(path, s.api(s.routes[path]))
	}
	s.mountBindings(mux)
	mux.HandleFunc("GET /qr/{file}", s.image)
	mux.HandleFunc("GET /pay/{ref}", s.checkout)
	mux.HandleFunc("GET /pay/{ref}/status", s.checkoutStatus)
	mux.HandleFunc("GET /pay/{ref}/events", s.checkoutEvents())
	mux.HandleFunc("GET /assets/{file}", s.asset)
	mux.HandleFunc("GET /healthz", Healthz)
	mux.HandleFunc("GET /readyz", s.Readyz)
	mux.HandleFunc("/", s.notRouted)
	return s.recovering(s.verbatim(mux))
}

// verbatim keeps ServeMux from answering an unclean path with a redirect,
// which would lose a signed body.
func (s *Server) verbatim(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if p == "" || p[0] != '/' || (p != "/" && path.Clean(p) != strings.TrimSuffix(p, "/")) {
			s.notRouted(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
