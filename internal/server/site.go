package server

import (
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

// Readyz says whether storage answers.
func (s *Server) Readyz(w http.ResponseWriter, r *http.Request) {
	status, word := http.StatusOK, "ready"
	if _, err := s.core.Setting(r.Context(), "ready"); err != nil && !errors.Is(err, pay.ErrNotFound) {
		status, word = http.StatusServiceUnavailable, "storage does not answer"
		s.options.Log.Error("not ready", "error", err)
	}
	s.writeJSON(w, status, map[string]string{"status": word, "time": s.core.Now().Format(time.RFC3339)})
}
