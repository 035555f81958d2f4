package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// Options are what the server hands in.
type Options struct {
	Desk      *operate.Desk
	Token     string // the admin token, with which anybody is an admin
	Sandbox   bool
	PublicURL string            // where clients and payers reach the server
	Events    *sandbox.Events   // what happens on this node, to keep pages live
	Traffic   *Traffic          // what this node answered
	Journal   *sandbox.Journal  // this node's calls; nil: they are not kept
	Dialects  []dialect.Dialect // that are offered
	Now       func() time.Time
	Log       *slog.Logger
}

// Console serves the operators' pages under /console/.
type Console struct {
	core *pay.Core
	Options
	sessions sessions
	attempts attempts
	figures  figures
	shield   *http.CrossOriginProtection
	began    time.Time
}

// New makes a Console over the core of its desk.
func New(o Options) *Console {
	c := &Console{core: o.Desk.Core, Options: o, shield: http.NewCrossOriginProtection(), began: o.Now()}
	c.figures.ctx, c.figures.stop = context.WithCancel(context.Background())
	return c
}

// Close ends what the console counts in the background.
func (c *Console) Close() { c.figures.stop() }

// root is where the console is mounted.
const root = "/console"

// Over serves the console beside another handler. A browser that asks for
// nothing in particular is sent to it.
func (c *Console) Over(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(root+"/", c.Handler())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), "text/html") {
			next.ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, root+"/", http.StatusSeeOther)
	})
	mux.Handle("/", next)
	return mux
}

// Handler serves the routes.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range c.Routes() {
		mux.Handle(rt.Pattern, rt.serve)
	}
	return guarded(mux)
}

// policy lets a page load what this server serves and nothing else, and be
// shown in no frame.
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if query, err := url.ParseQuery(r.URL.RawQuery); err != nil || !legible(query) || !legible(url.Values{r.URL.Path: nil}) {
			http.Error(w, "the address is no text", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
