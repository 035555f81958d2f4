package server

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/qrimage"
	"github.com/qrisd/qrisd/snap"
)

// site is what the server offers around the API; it implements dialect.Site.
type site struct{ publicURL string }

func (s site) ImageURL(ref string) string    { return s.publicURL + "/qr/" + ref + ".png" }
func (s site) CheckoutURL(ref string) string { return s.publicURL + "/pay/" + ref }

func (site) Image(payload string, limit int) (string, error) {
	return qrimage.Base64PNG(payload, qrimage.Options{MaxBase64: limit})
}

// drawings are the kinds of image that a code is served as. A sandbox's carry
// the word SIMULASI; the images inside the API's answers do not, because they
// are for programs, some of which take the whole image for the symbol.
var drawings = map[string]struct {
	contentType string
	draw        func(payload string, simulated bool) ([]byte, error)
}{
	"png": {"image/png", drawPNG},
	"svg": {"image/svg+xml", drawSVG},
}

func drawPNG(payload string, simulated bool) ([]byte, error) {
	return qrimage.PNG(payload, qrimage.Options{Scale: 8, Simulated: simulated})
}

func drawSVG(payload string, simulated bool) ([]byte, error) {
	draw := qrimage.SVG
	if simulated {
		draw = qrimage.SimulatedSVG
	}
	picture, err := draw(payload)
	return []byte(picture), err
}

// image serves a code as PNG or SVG; with ?download it is a file to keep.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	ref, kind, _ := strings.Cut(r.PathValue("file"), ".")
	drawing, ok := drawings[kind]
	if !ok {
		s.notRouted(w, r)
		return
	}
	code, err := s.core.Code(r.Context(), ref)
	if err != nil {
		s.noCode(w, r, err)
		return
	}
	picture, err := drawing.draw(code.Payload, s.options.Sandbox)
	if err != nil {
		s.noCode(w, r, err)
		return
	}
	h := w.Header()
	if r.URL.Query().Has("download") {
		h.Set("Content-Disposition", `attachment; filename="qris-`+code.Ref+`.`+kind+`"`)
	}
	h.Set("Content-Type", drawing.contentType)
	h.Set("Cache-Control", "public, max-age=86400, immutable")
	w.Write(picture)
}

// readCheckout reads how a code stands. A dynamic code has no payment while it
// is active.
func readCheckout(r pay.Reader, ref string, now time.Time) (console.Checkout, error) {
	code, err := r.Code(ref)
	c := console.Checkout{Code: code, Now: now}
	if err != nil || (code.State == pay.CodeActive && !code.Static()) {
		return c, err
	}
	p, err := r.LatestPayment(ref)
	if errors.Is(err, pay.ErrNotFound) {
		return c, nil
	}
	c.Payment = &p
	return c, err
}

func (s *Server) findCheckout(r *http.Request) (c console.Checkout, err error) {
	err = s.core.Inspect(r.Context(), func(books pay.Reader) (err error) {
		c, err = readCheckout(books, r.PathValue("ref"), s.core.Now())
		return err
	})
	return c, err
}

// checkout shows a code to a person: whom and what they pay, and until when.
func (s *Server) checkout(w http.ResponseWriter, r *http.Request) {
	c, err := s.findCheckout(r)
	if err != nil {
		s.noCode(w, r, err)
		return
	}
	var picture []byte
	if c.State() == pay.CodeActive {
		picture, err = drawSVG(c.Code.Payload, s.options.Sandbox)
	}
	if err == nil {
		err = c.WritePage(w, console.ReadCheckoutVisit(r), string(picture), s.options.Sandbox)
	}
	if err != nil {
		s.noCode(w, r, err)
	}
}

// checkoutStatus tells a page that cannot hold a stream how its code stands.
func (s *Server) checkoutStatus(w http.ResponseWriter, r *http.Request) {
	c, err := s.findCheckout(r)
	if err != nil {
		s.noCode(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	s.writeJSON(w, http.StatusOK, c.Status(console.ReadCheckoutVisit(r)))
}

func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	if !console.CheckoutAsset(w, r.PathValue("file")) {
		s.notRouted(w, r)
	}
}

// noCode answers where no code is, or none can be read.
func (s *Server) noCode(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, pay.ErrNotFound), pay.KindOf(err) == pay.CodeUnknown:
		s.notRouted(w, r)
	case r.Context().Err() != nil: // the client has gone
	default:
		s.options.Log.Error("serving a code", "path", r.URL.Path, "error", err)
		s.writeJSON(w, http.StatusInternalServerError, dialect.Status{
			ResponseCode:    snap.CaseInternalServerError.Code(noService),
			ResponseMessage: snap.CaseInternalServerError.Message,
		})
	}
}
