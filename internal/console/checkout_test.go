package console

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

func TestRupiah(t *testing.T) {
	for r, want := range map[pay.Rupiah]string{pay.Rp(1): "Rp 1", pay.Rp(999): "Rp 999", pay.Rp(15_000): "Rp 15.000", pay.Rp(10_000_000): "Rp 10.000.000"} {
		if got := rupiah(r); got != want {
			t.Errorf("%v is %q, want %q", r, got, want)
		}
	}
}

// TestCheckoutEscapes: a merchant's name is text, whatever it holds.
func TestCheckoutEscapes(t *testing.T) {
	w := httptest.NewRecorder()
	page := Checkout{Merchant: "<script>alert(1)</script>", Amount: pay.Rp(15_000), Ref: "1", State: pay.CodeActive, QR: "<svg></svg>", Ends: "besok"}
	if err := page.Write(w); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	for _, want := range []string{"&lt;script&gt;", "Rp 15.000", "<svg></svg>", "Pindai", "besok"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if strings.Contains(body, "<script>") {
		t.Error("a name became markup")
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
}
