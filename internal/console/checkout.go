// Package console holds the pages that people see.
package console

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

//go:embed checkout.html
var checkoutHTML string

var checkoutPage = template.Must(template.New("checkout").Parse(checkoutHTML))

// rupiah words an amount as Indonesians write it: Rp 15.000, or Rp 15.000,50.
func rupiah(r pay.Rupiah) string {
	digits := strconv.FormatInt(int64(r)/100, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "." + digits[i:]
	}
	if sen := int64(r) % 100; sen != 0 {
		digits += "," + strconv.FormatInt(100+sen, 10)[1:]
	}
	return "Rp " + digits
}

// Checkout is how a code stands, for the person who is to pay it.
type Checkout struct {
	Code    pay.Code
	Payment *pay.Payment // the newest; nil: none
	Now     time.Time    // by the server's clock, which a sandbox moves
}

// State is where the code is in its life now.
func (c Checkout) State() pay.CodeState { return c.Code.StateAt(c.Now) }

// CheckoutVisit is one person's look at a code. A static code takes the
// payments of everybody, of which a visitor sees only those made during the
// visit.
type CheckoutVisit struct {
	words *checkoutWords
	seen  string // mark of the payment that was the newest when the visit began; empty: it begins
}

// ReadCheckoutVisit reads a visit from a request: the language from ?lang= or
// Accept-Language, and since when it lasts from ?seen=.
func ReadCheckoutVisit(r *http.Request) CheckoutVisit {
	query := r.URL.Query()
	v := CheckoutVisit{words: checkoutLanguage(query.Get("lang"), r.Header.Get("Accept-Language"))}
	if seen := query.Get("seen"); len(seen) <= 2*markSize {
		v.seen = seen
	}
	return v
}

// begun marks, in a visit that begins, the payments that others have made.
func (v CheckoutVisit) begun(c Checkout) CheckoutVisit {
	if v.seen == "" {
		v.seen = markOf(c.Payment)
	}
	return v
}

// markSize is in bytes, of which a mark has two digits each.
const markSize = 6

// markOf tells payments apart without naming them.
func markOf(p *pay.Payment) string {
	if p == nil {
		return "none"
	}
	sum := sha256.Sum256([]byte(p.Ref))
	return hex.EncodeToString(sum[:markSize])
}

// visitLasts bounds how old a payment of a static code is that a visitor can
// ask for.
const visitLasts = time.Hour

// sees reports whether the newest payment is one to show.
func (v CheckoutVisit) sees(c Checkout) bool {
	if c.Payment == nil || !c.Code.Static() {
		return c.Payment != nil
	}
	return v.seen != "" && v.seen != markOf(c.Payment) && c.Now.Sub(c.Payment.At) < visitLasts
}

// CheckoutStatus is what the page is told while it is open. Times are in
// milliseconds since 1970, because the page counts by this clock and not by
// its own.
type CheckoutStatus struct {
	State   pay.CodeState    `json:"state"`
	Now     int64            `json:"now"`
	Ends    int64            `json:"ends"` // 0: never
	Payment *CheckoutPayment `json:"payment,omitempty"`
}

// CheckoutPayment is a payment in the visitor's words.
type CheckoutPayment struct {
	Amount   string `json:"amount"`
	At       string `json:"at"`
	RRN      string `json:"rrn"`
	Refunded string `json:"refunded,omitempty"`
}

// Status words how a code stands for a visitor.
func (c Checkout) Status(v CheckoutVisit) CheckoutStatus {
	s := CheckoutStatus{State: c.State(), Now: c.Now.UnixMilli()}
	if !c.Code.ExpiresAt.IsZero() {
		s.Ends = c.Code.ExpiresAt.UnixMilli()
	}
	if !v.sees(c) {
		return s
	}
	p := c.Payment
	s.Payment = &CheckoutPayment{Amount: rupiah(p.Amount), At: v.words.moment(p.At), RRN: p.RRN}
	if p.Refunded > 0 {
		s.Payment.Refunded = rupiah(p.Refunded)
	}
	return s
}

// checkoutView is what the template shows.
type checkoutView struct {
	CheckoutStatus
	Words                        *checkoutWords
	Merchant, Amount, Ref, Until string
	Static, Simulated            bool
	Picture                      template.HTML
	Query, OtherQuery            template.URL // of this page in this language, and in the other
	Style, Script, Icon          string
}

func (c Checkout) view(v CheckoutVisit, picture string, simulated bool) checkoutView {
	v = v.begun(c)
	view := checkoutView{
		CheckoutStatus: c.Status(v), Words: v.words, Ref: c.Code.Ref, Static: c.Code.Static(), Simulated: simulated,
		Merchant: c.Code.MerchantName, Amount: rupiah(c.Code.Amount), Picture: template.HTML(picture),
		Query: v.query(v.words.Lang), OtherQuery: v.query(v.words.Other),
		Style: checkoutAssets["css"].name, Script: checkoutAssets["js"].name, Icon: checkoutAssets["svg"].name,
	}
	if view.Static {
		view.Amount = v.words.AnyAmount
	}
	if view.Ends != 0 {
		view.Until = v.words.moment(c.Code.ExpiresAt)
	}
	return view
}

func (v CheckoutVisit) query(language string) template.URL {
	return template.URL(url.Values{"lang": {language}, "seen": {v.seen}}.Encode())
}

// checkoutPolicy lets the page load from this server alone, and nothing inline.
const checkoutPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// WritePage answers with the page. Picture is the QR as SVG, drawn by this
// server; simulated says that it is a sandbox's.
func (c Checkout) WritePage(w http.ResponseWriter, v CheckoutVisit, picture string, simulated bool) error {
	var page bytes.Buffer
	if err := checkoutPage.Execute(&page, c.view(v, picture, simulated)); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.words.Lang)
	h.Set("Content-Security-Policy", checkoutPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.Write(page.Bytes())
	return nil
}
