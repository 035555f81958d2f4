package server

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// mountBindings serves, in a sandbox, the addresses to which partners send
// payers for their consent. Nobody logs in there, so nothing else serves them.
func (s *Server) mountBindings(mux *http.ServeMux) {
	if !s.options.Sandbox {
		return
	}
	for _, d := range s.bound {
		mux.Handle("GET "+d.Binding.Path, s.page(s.bind(d)))
		mux.Handle("GET /"+d.Name+d.Binding.Path, s.page(s.bind(d)))
	}
}

// bind gives the consent of the sandbox's payer and sends the browser on.
func (s *Server) bind(d *dialect.Dialect) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		to, err := d.Grant(r.Context(), dialect.Consent{
			Core:   s.core,
			Query:  func(name string) []string { return query[name] },
			Header: r.Header.Get,
			Payer:  sandbox.PayerOf(d.Name),
			Verify: s.verifyText,
		})
		if err != nil {
			s.refuseConsent(w, d, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, to, http.StatusFound)
	}
}

func (s *Server) refuseConsent(w http.ResponseWriter, d *dialect.Dialect, err error) {
	o, e := outcome(route{dialect: d, operation: &dialect.Operation{Service: d.Binding.Service}}, err)
	if e.Kind == pay.Internal {
		s.options.Log.Error("recording a consent", "dialect", d.Name, "error", err)
	}
	s.writeJSON(w, o.Case.HTTP, refused{
		Status:         dialect.Status{ResponseCode: o.Case.Code(d.Binding.Service), ResponseMessage: shorten(o.Text(e.Field, e.Detail), maxMessage)},
		AdditionalInfo: &why{e.Error()},
	})
}

// verifyText checks a partner's SHA256withRSA signature over a text.
func (s *Server) verifyText(p *pay.Partner, text, signature string) error {
	return s.verifyRSA(p, func(k key) error {
		sign, err := snap.DecodeSignature(signature)
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(text))
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], sign)
	})
}
