// Package console holds the pages that people see.
package console

import (
	_ "embed"
	"html/template"
	"net/http"
	"strconv"

	"github.com/qrisd/qrisd/internal/pay"
)

//go:embed checkout.html
var checkoutHTML string

var checkoutPage = template.Must(template.New("checkout").Funcs(template.FuncMap{"rupiah": rupiah}).Parse(checkoutHTML))

// rupiah words an amount as Indonesians write it: Rp 15.000.
func rupiah(r pay.Rupiah) string {
	digits := strconv.FormatInt(int64(r)/100, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "." + digits[i:]
	}
	return "Rp " + digits
}

// Checkout is what a person sees of a code.
type Checkout struct {
	Merchant string
	Amount   pay.Rupiah
	Static   bool
	Ref      string
	State    pay.CodeState
	Ends     string // in Jakarta time; empty: never
	QR       string // SVG
}

// Picture is the QR as trusted markup: it is drawn by this server.
func (c Checkout) Picture() template.HTML { return template.HTML(c.QR) }

// Write answers with the page. Its policy allows no script and no other host.
func (c Checkout) Write(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	return checkoutPage.Execute(w, c)
}
