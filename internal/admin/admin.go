// Package admin is the management API: parties, keys, the ledger, and in a
// sandbox the clock and the outside payer. It listens apart from the public
// API and asks for a bearer token.
package admin

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// Options are what the operator hands in.
type Options struct {
	Token    string // of the Authorization header
	Dialects []string
	Clock    *sandbox.Clock // nil outside a sandbox
	// Rotated is told of new credentials; nil outside a sandbox.
	Rotated func(context.Context, sandbox.Credentials) error
	// Spread returns when every other node follows what was changed before;
	// nil where there are none.
	Spread func(context.Context)
	// Backup makes a backup of the books in a new file, which whoever asked
	// for it removes; nil where there is none to be had.
	Backup func(context.Context) (file string, err error)
	// Journal holds this node's calls; nil outside a sandbox. Events holds what
	// happened on it.
	Journal *sandbox.Journal
	Events  *sandbox.Events
	Levers  *sandbox.Levers             // nil outside a sandbox
	Begin   func(context.Context) error // takes a sandbox back to its seeds; nil outside one
	// Heartbeat is how often a stream of events shows that it lives; 0: 10 s.
	Heartbeat time.Duration
	Overlap   time.Duration    // of rotated credentials, unless another is asked
	Provider  Provider         // of the server's own signing key; nil: there is none
	Keeper    Keeper           // of the keys of the store's secrets
	Now       func() time.Time // real, for the audit log; nil: time.Now
	Log       *slog.Logger
}

// API is the management API over one core.
type API struct {
	core *pay.Core
	desk *operate.Desk
	Options
}

// New makes the API.
func New(core *pay.Core, o Options) *API {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &API{core: core, Options: o, desk: operate.NewDesk(core, operate.Options{
		Dialects: o.Dialects, Clock: o.Clock, Rotated: o.Rotated, Spread: o.Spread, Events: o.Events,
		Levers: o.Levers, Begin: o.Begin, Overlap: o.Overlap,
	})}
}

// Desk is where this API acts, for others that act too.
func (a *API) Desk() *operate.Desk { return a.desk }

// spread lets an action answer when what it changed holds on every node.
func (a *API) spread(do action) action {
	if a.Spread == nil {
		return do
	}
	return func(r *http.Request) (any, error) {
		answer, err := do(r)
		if err == nil {
			a.Spread(r.Context())
		}
		return answer, err
	}
}

// plain is an answer of bare text.
type plain string

type httpError struct {
	Status  int    `json:"-"`
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

func (e *httpError) Error() string { return e.Message }

// admit asks for the token.
func (a *API) admit(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if q := r.URL.Query().Get("token"); token == "" && q != "" && r.Method == http.MethodGet && r.URL.Path == payPath {
			token = q // an address that a phone or a test runner can open
		}
		if subtle.ConstantTimeCompare([]byte(token), []byte(a.Token)) != 1 {
			write(w, http.StatusUnauthorized, map[string]any{"error": &httpError{Kind: "unauthorized", Message: "send Authorization: Bearer and the admin token"}})
			return
		}
		next(w, r)
	})
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	var h *httpError
	var e *pay.Error
	var refusal *operate.Refusal
	switch {
	case errors.As(err, &h):
	case errors.As(err, &refusal):
		h = &httpError{statusOfRefusal[refusal.Kind], string(refusal.Kind), refusal.Message}
	case errors.As(err, &e) && e.Kind != pay.Internal:
		h = &httpError{statusOf(e.Kind), "refused", e.Error()}
	case errors.Is(err, pay.ErrNotFound):
		h = &httpError{http.StatusNotFound, "not-found", "not found: " + r.URL.Path + " (list what there is with qrisd partner, merchant or payer list)"}
	case errors.Is(err, pay.ErrExists):
		h = &httpError{http.StatusConflict, "exists", "it exists already"}
	default:
		level := slog.LevelError
		if errors.Is(err, context.Canceled) {
			level = slog.LevelDebug // the client has gone
		}
		a.Log.Log(r.Context(), level, "management request failed", "path", r.URL.Path, "error", err)
		h = &httpError{http.StatusInternalServerError, "internal", "internal failure; the log says more"}
	}
	write(w, h.Status, map[string]any{"error": h})
}

var statusOfRefusal = map[operate.Kind]int{
	operate.BadRequest: http.StatusBadRequest,
	operate.NotFound:   http.StatusNotFound,
	operate.DayOpen:    http.StatusConflict,
	operate.NotSettled: http.StatusConflict,
}

func statusOf(k pay.Kind) int {
	switch k {
	case pay.CodeUnknown, pay.MerchantUnknown, pay.PayerUnknown:
		return http.StatusNotFound
	case pay.MissingField, pay.InvalidFormat, pay.BadPayload:
		return http.StatusBadRequest
	}
	return http.StatusConflict
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	encoder.Encode(v)
}

// read decodes a request body; unknown fields are refused, so that a typing
// error is not a silent default.
func read(r *http.Request, v any) error {
	lay, err := layer(r)
	if err != nil {
		return err
	}
	return lay(v)
}

// layer takes a request body to be decoded over a value, as often as needed.
func layer(r *http.Request) (func(v any) error, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badBody(err)
	}
	// encoding/json alone lets the last of two equal names win, in any case.
	if _, err := field.Parse(body); err != nil && len(bytes.TrimSpace(body)) > 0 {
		return nil, badBody(err)
	}
	return func(v any) error {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(v); err != nil && !errors.Is(err, io.EOF) {
			return badBody(err)
		}
		return nil
	}, nil
}

func badBody(err error) error {
	return &httpError{http.StatusBadRequest, "bad-request", "reading the body: " + err.Error()}
}
