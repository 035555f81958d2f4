package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/qrisd/qrisd/snap"
)

// hearing is a receiver that acknowledges and passes on what it hears, with
// the path that was called.
func hearing(t *testing.T, ack string) (address string, heard chan *http.Request, bodies chan string) {
	heard, bodies = make(chan *http.Request, 16), make(chan string, 16)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard <- r
		bodies <- string(body)
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"responseCode":"`+ack+`","responseMessage":"Successful"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL, heard, bodies
}

// TestMerchantIsNotified: a merchant's own address goes before the partner's,
// and the notification verifies with the provider's key of sandbox.json.
func TestMerchantIsNotified(t *testing.T) {
	h := start(t)
	partner := h.node.file.Partners["midtrans"]
	elsewhere, wrong, _ := hearing(t, "2005200")
	address, heard, bodies := hearing(t, "2005200")
	h.mustAdmin("PUT", "/v1/partners/"+partner.PartnerID+"/notify", object{"url": elsewhere})
	h.mustAdmin("PATCH", "/v1/partners/"+partner.PartnerID+"/merchants/"+partner.MerchantID, object{"notifyURL": address + "/told"})
	g := h.generated("midtrans", h.body("midtrans", "generate"))
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": g.body["referenceNo"]})
	select {
	case r := <-heard:
		key, err := snap.ParsePublicKey(h.node.file.ProviderPublicKey)
		if err != nil {
			t.Fatal(err)
		}
		m := snap.Message{Method: r.Method, Path: "/told", Body: []byte(<-bodies), Timestamp: r.Header.Get(snap.HeaderTimestamp)}
		if err := snap.VerifyAsymmetric(key, m, false, r.Header.Get(snap.HeaderSignature)); err != nil {
			t.Error(err)
		}
	case <-wrong:
		t.Fatal("the partner was told in place of its merchant")
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was told")
	}
}

// TestMonthLimit: what a payer paid on other days of the month counts.
func TestMonthLimit(t *testing.T) {
	h := start(t)
	h.setClock(time.Date(2026, 4, 10, 5, 0, 0, 0, time.UTC))
	h.mustAdmin("PATCH", "/v1/payers/payer-aspi", object{"monthLimit": "50000.00"})
	pay := func() reply { return h.call("aspi", "payment", h.body("aspi", "payment")).send() } // Rp 20,000
	pay().want(t, "2005000", "")
	h.advance("48h")
	pay().want(t, "2005000", "")
	pay().want(t, "4035023", "Account Limit Exceed")
	h.setClock(time.Date(2026, 5, 1, 5, 0, 0, 0, time.UTC))
	pay().want(t, "2005000", "")
}
