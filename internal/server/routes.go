package server

import (
	"net/http"
	"path"
	"strings"
	"time"
)

// Handler is the map of the public listener.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	apis := make(map[string]http.Handler)
	for path := range s.routes {
		apis[path] = s.api(s.routes[path])
		mux.Handle(path, apis[path])
	}
	s.mountBindings(mux)
	mux.Handle("GET /qr/{file}", s.page(s.image))
	mux.Handle("GET /pay/{ref}", s.page(s.checkout))
	mux.Handle("GET /pay/{ref}/status", s.page(s.checkoutStatus))
	mux.Handle("GET /pay/{ref}/events", s.page(s.checkoutEvents()))
	mux.Handle("GET /assets/{file}", s.page(s.asset))
	mux.Handle("GET /openapi/{file}", s.page(s.openAPI()))
	mux.HandleFunc("GET /healthz", s.Healthz)
	mux.HandleFunc("GET /readyz", s.Readyz)
	mux.Handle("/", s.page(s.notRouted))
	return s.recovering(straight(apis, s.verbatim(mux)))
}

// straight serves an API whose path is written as documented, which nearly all
// requests ask for, without a look through the map.
func straight(apis map[string]http.Handler, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if api := apis[r.URL.Path]; api != nil && r.URL.RawPath == "" {
			api.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Direct makes what guarded connections serve themselves: the APIs.
func (s *Server) Direct(idleWithin, answerWithin time.Duration) *Direct {
	d := &Direct{Paths: make(map[string]bool), IdleWithin: idleWithin, AnswerWithin: answerWithin}
	for path := range s.routes {
		d.Paths[path] = true
	}
	return d
}

// verbatim keeps ServeMux from answering an unclean path with a redirect,
// which would lose a signed body.
func (s *Server) verbatim(next http.Handler) http.Handler {
	lost := s.page(s.notRouted)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if p == "" || p[0] != '/' || (p != "/" && path.Clean(p) != strings.TrimSuffix(p, "/")) {
			lost.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
