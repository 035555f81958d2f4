package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/qrimage"
)

// site is what the server offers around the API; it implements dialect.Site.
type site struct{ publicURL string }

func (s site) ImageURL(ref string) string    { return s.publicURL + "/qr/" + ref + ".png" }
func (s site) CheckoutURL(ref string) string { return s.publicURL + "/pay/" + ref }

func (site) Image(payload string, limit int) (string, error) {
	return qrimage.Base64PNG(payload, qrimage.Options{MaxBase64: limit})
}

// image serves a code as PNG or SVG.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	ref, kind, _ := strings.Cut(r.PathValue("file"), ".")
	draw, ok := map[string]func(string) ([]byte, string, error){"png": drawPNG, "svg": drawSVG}[kind]
	if !ok {
		s.notRouted(w, r)
		return
	}
	code, err := s.core.Code(r.Context(), ref)
	if err != nil {
		s.noCode(w, r, err)
		return
	}
	picture, contentType, err := draw(code.Payload)
	if err != nil {
		s.noCode(w, r, err)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "public, max-age=86400, immutable")
	w.Write(picture)
}

func drawPNG(payload string) ([]byte, string, error) {
	picture, err := qrimage.PNG(payload, qrimage.Options{Scale: 8})
	return picture, "image/png", err
}

func drawSVG(payload string) ([]byte, string, error) {
	picture, err := qrimage.SVG(payload)
	return []byte(picture), "image/svg+xml", err
}

// checkout shows a code to a person: whom and what they pay, and until when.
func (s *Server) checkout(w http.ResponseWriter, r *http.Request) {
	code, err := s.core.Code(r.Context(), r.PathValue("ref"))
	if err != nil {
		s.noCode(w, r, err)
		return
	}
	picture, err := qrimage.SVG(code.Payload)
	if err != nil {
		s.noCode(w, r, err)
		return
	}
	page := console.Checkout{
		Merchant: code.MerchantName, Amount: code.Amount, Static: code.Static(), Ref: code.Ref,
		State: code.StateAt(s.core.Now()), QR: picture,
	}
	if !code.ExpiresAt.IsZero() {
		page.Ends = code.ExpiresAt.In(pay.Jakarta).Format("2 Jan 2006 15:04:05 WIB")
	}
	if err := page.Write(w); err != nil {
		s.options.Log.Error("writing the checkout page", "error", err)
	}
}

func (s *Server) noCode(w http.ResponseWriter, r *http.Request, err error) {
	if pay.KindOf(err) == pay.Internal {
		s.options.Log.Error("serving a code", "path", r.URL.Path, "error", err)
	}
	s.notRouted(w, r)
}

// Healthz says that the process runs.
func Healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(`{"status":"ok"}` + "\n"))
}

// readiness is the answer of /readyz.
type readiness struct {
	Status string `json:"status"` // ready, draining or unavailable
	Cause  string `json:"cause,omitempty"`
	Cure   string `json:"cure,omitempty"`
	Time   string `json:"time"`
}

// readyWithin bounds the look, so that a balancer's own limit does not end it.
const readyWithin = 2 * time.Second

// Readyz says whether a balancer should send requests here.
func (s *Server) Readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	var err error
	if s.options.Ready != nil {
		err = s.options.Ready(ctx)
	}
	w.Header().Set("Cache-Control", "no-store")
	s.writeReadiness(w, err)
}

func (s *Server) writeReadiness(w http.ResponseWriter, err error) {
	status, answer := http.StatusOK, readiness{Status: "ready", Time: s.core.Now().Format(time.RFC3339)}
	var curable interface{ Cure() string }
	switch {
	case errors.Is(err, ErrDraining):
		status, answer.Status = http.StatusServiceUnavailable, "draining"
	case err != nil:
		s.options.Log.Error("not ready", "error", err)
		status, answer.Status, answer.Cause = http.StatusServiceUnavailable, "unavailable", err.Error()
		if errors.As(err, &curable) {
			answer.Cure = curable.Cure()
		}
	}
	s.writeJSON(w, status, answer)
}
