package console

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

func TestRupiah(t *testing.T) {
	for r, want := range map[pay.Rupiah]string{
		pay.Rp(1): "Rp 1", pay.Rp(999): "Rp 999", pay.Rp(15_000): "Rp 15.000", pay.Rp(10_000_000): "Rp 10.000.000",
		pay.Rp(15_000) + 5: "Rp 15.000,05", 50: "Rp 0,50",
	} {
		if got := rupiah(r); got != want {
			t.Errorf("%v is %q, want %q", r, got, want)
		}
	}
}

var checkoutNoon = time.Date(2026, 8, 17, 5, 0, 0, 0, time.UTC) // in Jakarta

// checkoutCode is a code of Rp 15,000 that ends a quarter of an hour past checkoutNoon.
func checkoutCode(state pay.CodeState) pay.Code {
	return pay.Code{Ref: "2608171200000000000001", MerchantName: "Warung Contoh", Amount: pay.Rp(15_000), State: state, ExpiresAt: checkoutNoon.Add(15 * time.Minute)}
}

func visitOf(t *testing.T, query, accept string) CheckoutVisit {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/pay/2608171200000000000001?"+query, nil)
	r.Header.Set("Accept-Language", accept)
	return ReadCheckoutVisit(r)
}

func checkoutPageOf(t *testing.T, c Checkout, v CheckoutVisit, simulated bool) (string, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	picture := ""
	if c.State() == pay.CodeActive {
		picture = "<svg class=picture></svg>"
	}
	if err := c.WritePage(w, v, picture, simulated); err != nil {
		t.Fatal(err)
	}
	return w.Body.String(), w.Header()
}

// TestCheckoutWithoutScript: what the server writes shows every state, in both
// languages.
func TestCheckoutWithoutScript(t *testing.T) {
	paid := &pay.Payment{Ref: "9", Amount: pay.Rp(15_000), Refunded: pay.Rp(4_000), RRN: "623512345678", At: checkoutNoon}
	for _, c := range []struct {
		state    pay.CodeState
		language string
		payment  *pay.Payment
		want     []string
		not      string
	}{
		{pay.CodeActive, "id", nil, []string{`<p class="state"`, ">Menunggu pembayaran<", "17 Agu 2026 12.15.00 WIB", "class=picture", "Simpan gambar QR", "Muat ulang status", "<noscript>"}, "Rp 4.000"},
		{pay.CodeActive, "en", nil, []string{">Waiting for payment<", "17 Aug 2026 12:15:00 WIB", "Save the QR image", "Reload the status"}, "Simpan"},
		{pay.CodeIsPaid, "id", paid, []string{">Sudah dibayar<", "623512345678", "Rp 4.000", "17 Agu 2026 12.00.00 WIB"}, "class=picture"},
		{pay.CodeIsPaid, "en", paid, []string{">Paid<", "623512345678", "Refunded"}, "class=picture"},
		{pay.CodeIsExpired, "id", nil, []string{">Kode kedaluwarsa<", "minta kode baru"}, "class=picture"},
		{pay.CodeIsExpired, "en", nil, []string{">The code has expired<", "ask for a new one"}, "class=picture"},
		{pay.CodeIsVoid, "id", nil, []string{">Kode dibatalkan<"}, "class=picture"},
		{pay.CodeIsVoid, "en", nil, []string{">The code was cancelled<"}, "class=picture"},
	} {
		body, header := checkoutPageOf(t, Checkout{Code: checkoutCode(c.state), Payment: c.payment, Now: checkoutNoon}, visitOf(t, "lang="+c.language, ""), false)
		for _, want := range append(c.want, "Warung Contoh", "Rp 15.000", `<html lang="`+c.language+`">`, `data-state="`+string(c.state)+`"`) {
			if !strings.Contains(body, want) {
				t.Errorf("%s in %s does not hold %q", c.state, c.language, want)
			}
		}
		if strings.Contains(body, c.not) || strings.Contains(body, "SIMULASI") {
			t.Errorf("%s in %s holds %q or SIMULASI:\n%s", c.state, c.language, c.not, body)
		}
		if got := header.Get("Content-Language"); got != c.language {
			t.Errorf("Content-Language is %q, want %q", got, c.language)
		}
	}
}

// TestCheckoutEscapes: a merchant's name is text, whatever it holds.
func TestCheckoutEscapes(t *testing.T) {
	c := Checkout{Code: checkoutCode(pay.CodeActive), Now: checkoutNoon}
	c.Code.MerchantName = `<script>alert(1)</script>" onload="alert(2)`
	body, _ := checkoutPageOf(t, c, visitOf(t, `seen="><b>`, ""), true)
	if !strings.Contains(body, "&lt;script&gt;") || !strings.Contains(body, "<strong>SIMULASI</strong>") {
		t.Errorf("the name or the mark is missing:\n%s", body)
	}
	for _, bad := range []string{"<script>", `" onload="`, "<b>"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q became markup", bad)
		}
	}
}

// TestCheckoutKeepsToItsPolicy: nothing is inline, and everything comes from
// this server, under a name that tells what it holds.
func TestCheckoutKeepsToItsPolicy(t *testing.T) {
	body, header := checkoutPageOf(t, Checkout{Code: checkoutCode(pay.CodeActive), Now: checkoutNoon}, visitOf(t, "", ""), true)
	policy := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("the policy %q allows too much", policy)
	}
	for _, inline := range []string{"<style", " style=", " onclick=", "javascript:", "//"} {
		if strings.Contains(body, inline) {
			t.Errorf("the page holds %q", inline)
		}
	}
	names := regexp.MustCompile(`"\.\./assets/([^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(names) != len(checkoutAssets) {
		t.Fatalf("the page names %d files, there are %d", len(names), len(checkoutAssets))
	}
	for _, name := range names {
		w := httptest.NewRecorder()
		if !CheckoutAsset(w, name[1]) || w.Body.Len() == 0 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s is not served to be kept: %v", name[1], w.Header())
		}
		if !regexp.MustCompile(`^checkout\.[0-9a-f]{12}\.(css|js|svg)$`).MatchString(name[1]) {
			t.Errorf("%s has no hash", name[1])
		}
	}
	if CheckoutAsset(httptest.NewRecorder(), "checkout.000000000000.js") {
		t.Error("another version's file is served")
	}
}

func TestCheckoutLanguage(t *testing.T) {
	for _, c := range []struct{ asked, accepted, want string }{
		{"", "", "id"}, {"", "fr", "id"}, {"", "en", "en"}, {"", "en-GB,id;q=0.9", "en"}, {"", "id-ID,en;q=0.9", "id"},
		{"", "fr-FR, en;q=0.4 , id;q=0.5", "id"}, {"", "EN-us", "en"}, {"", "en;q=0", "id"}, {"", "en;q=x", "id"}, {"", "*", "id"},
		{"id", "en", "id"}, {"en", "id", "en"}, {"fr", "en", "en"},
	} {
		if got := checkoutLanguage(c.asked, c.accepted).Lang; got != c.want {
			t.Errorf("?lang=%s with %q is %s, want %s", c.asked, c.accepted, got, c.want)
		}
	}
}

// TestCheckoutSpeaksBothLanguages: no word is missing in either.
func TestCheckoutSpeaksBothLanguages(t *testing.T) {
	for lang, w := range checkoutLanguages {
		for _, text := range append([]string{
			w.OtherName, w.AnyAmount, w.Simulated, w.NoScript, w.Left, w.Day, w.Until, w.Save, w.Renew,
			w.Paid, w.At, w.RRN, w.Refunded, w.Received, w.Live, w.Asking, w.Lost,
		}, append(w.Steps, w.StaticSteps...)...) {
			if text == "" {
				t.Errorf("%s lacks a word", lang)
			}
		}
		for _, state := range []pay.CodeState{pay.CodeActive, pay.CodeIsPaid, pay.CodeIsExpired, pay.CodeIsVoid} {
			if w.State.In(state) == "" || w.Advice.In(state) == "" {
				t.Errorf("%s has no words for %s", lang, state)
			}
		}
		if other := checkoutLanguages[w.Other]; other == nil || other.Other != lang || len(other.Steps) != len(w.Steps) {
			t.Errorf("%s is not the other's other", lang)
		}
	}
}

// TestCheckoutStatus: the page learns the server's time with each status, and
// a code that is past its end is expired whatever is recorded.
func TestCheckoutStatus(t *testing.T) {
	c := Checkout{Code: checkoutCode(pay.CodeActive), Now: checkoutNoon}
	v := visitOf(t, "lang=id", "")
	if got, want := c.Status(v), (CheckoutStatus{State: pay.CodeActive, Now: checkoutNoon.UnixMilli(), Ends: checkoutNoon.Add(15 * time.Minute).UnixMilli()}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	c.Now = c.Code.ExpiresAt
	if got := c.Status(v).State; got != pay.CodeIsExpired {
		t.Errorf("at its end it is %s", got)
	}
	c.Code.ExpiresAt = time.Time{}
	if got := c.Status(v); got.State != pay.CodeActive || got.Ends != 0 {
		t.Errorf("a code without end: %+v", got)
	}
}

// TestStaticVisit: a visitor of a static code sees what is paid during the
// visit, and nothing of what others paid before, or long ago.
func TestStaticVisit(t *testing.T) {
	static := checkoutCode(pay.CodeActive)
	static.Amount, static.ExpiresAt = 0, time.Time{}
	before := &pay.Payment{Ref: "1", Amount: pay.Rp(7_000), RRN: "1", At: checkoutNoon.Add(-time.Minute)}
	after := &pay.Payment{Ref: "2", Amount: pay.Rp(9_000), RRN: "2", At: checkoutNoon.Add(time.Minute)}
	for _, first := range []*pay.Payment{nil, before} {
		body, _ := checkoutPageOf(t, Checkout{Code: static, Payment: first, Now: checkoutNoon}, visitOf(t, "lang=en", ""), false)
		if !strings.Contains(body, "Any amount") || strings.Contains(body, "Rp ") {
			t.Errorf("the visit begins with an amount:\n%s", body)
		}
		query := regexp.MustCompile(`/status\?([^"]+)"`).FindStringSubmatch(body)
		if query == nil {
			t.Fatal("the page does not ask for its status")
		}
		v := visitOf(t, strings.ReplaceAll(query[1], "&amp;", "&"), "")
		at := func(c Checkout) *CheckoutPayment { c.Code = static; return c.Status(v).Payment }
		if got := at(Checkout{Payment: first, Now: checkoutNoon}); got != nil {
			t.Errorf("nothing was paid since, but %+v is shown", got)
		}
		if got := at(Checkout{Payment: after, Now: checkoutNoon.Add(2 * time.Minute)}); got == nil || got.Amount != "Rp 9.000" {
			t.Errorf("what was paid during the visit is shown as %+v", got)
		}
		if got := at(Checkout{Payment: after, Now: checkoutNoon.Add(3 * time.Hour)}); got != nil {
			t.Errorf("hours later %+v is shown", got)
		}
	}
}
