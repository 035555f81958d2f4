package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/qrisd/qrisd/snap"
)

// The states of the checkout page in Indonesian, its own language.
const (
	waiting     = "Menunggu pembayaran"
	isPaid      = "Sudah dibayar"
	hasExpired  = "Kode kedaluwarsa"
	isConnected = "Terhubung"
	isCutOff    = "Koneksi terputus"
)

// checkout opens the payment page of a code on a customer's phone.
func (s *stage) checkout(ref string) *tab {
	s.t.Helper()
	return s.checkoutAt(s.node.apiURL, ref)
}

func (s *stage) checkoutAt(server, ref string) *tab {
	s.t.Helper()
	w := s.open(server + "/pay/" + ref + "?lang=id")
	w.size(phone)
	w.shows("SIMULASI", waiting, isConnected)
	return w
}

// stands waits for the checkout page to say how its code stands.
func (w *tab) stands(state string) {
	w.t.Helper()
	w.until(state, `document.querySelector("main .state").textContent === `+quoted(state))
}

// paidScene pays a code from its page in the console, and the customer's page
// turns to paid by itself.
func paidScene(t *testing.T, s *stage) {
	ref := s.newCode("dana")
	customer := s.checkout(ref)
	customer.shot("checkout")

	w := s.enter("/codes")
	w.shot("codes")
	w.press(ref)
	w.shows("Timeline")
	w.shot("code")
	w.press("Pay Rp 15.000 as a customer")
	w.until("the word of success", `plain(document.querySelector(".flash.good").textContent) === "Paid"`)
	w.until("no second payment", `!pressable("Pay Rp 15.000 as a customer")`)
	w.shot("paid")

	customer.stands(isPaid)
	customer.shows("Rp 15.000", "RRN")
	customer.shot("paid")
	w.click("the payment", `document.querySelector("#live-paid a.ref")`)
	w.shows("What it moved")
	w.shot("payment")
	s.books()
}

// scannedScene pays what a camera sees of the customer's screen.
func scannedScene(t *testing.T, s *stage) {
	customer := s.checkout(s.newCode("qoin"))
	picture := drive(customer, "taking a picture of the screen", chromedp.CaptureScreenshot())
	req, err := http.NewRequest(http.MethodPost, s.node.adminURL+"/v1/sandbox/pay", bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "image/png")
	req.Header.Set("Authorization", "Bearer "+s.node.file.AdminToken)
	if r := s.do(req); r.status != http.StatusOK {
		t.Fatalf("paying a screenshot: %v", r)
	}
	customer.stands(isPaid)
	customer.shows("Rp 10.000")
	customer.shot("paid")
}

// offlineScene cuts the customer's page off while its code is paid: by a phone
// that knows that it has no network, and by a network that leads nowhere.
func offlineScene(t *testing.T, s *stage) {
	for _, knows := range []bool{true, false} {
		ref := s.newCode("aspi")
		line := lay(t, strings.TrimPrefix(s.node.apiURL, "http://"))
		customer := s.checkoutAt("http://"+line.address, ref)
		if knows {
			customer.connect(false)
		}
		line.set(true)
		customer.shows(isCutOff)
		customer.shot("cut-off")
		s.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": ref})
		customer.shows(waiting, isCutOff)
		line.set(false)
		if knows {
			customer.connect(true)
		}
		customer.stands(isPaid)
		customer.hides(isCutOff)
		customer.shot("caught-up")
		customer.forgive("net::ERR_")
	}
}

// asleepScene freezes the customer's page, as a phone in a pocket does, while
// its code is paid.
func asleepScene(t *testing.T, s *stage) {
	ref := s.newCode("speedcash")
	customer := s.checkout(ref)
	customer.sleep(cdppage.SetWebLifecycleStateStateFrozen)
	s.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": ref})
	customer.sleep(cdppage.SetWebLifecycleStateStateActive)
	customer.stands(isPaid)
	customer.shot("awake")
}

func (w *tab) sleep(state cdppage.SetWebLifecycleStateState) {
	w.t.Helper()
	devtools(w, cdppage.SetWebLifecycleState, cdppage.SetWebLifecycleStateParams{State: state})
}

// expiredScene moves the clock past the end of a code, and nobody can pay it
// any more.
func expiredScene(t *testing.T, s *stage) {
	made := s.generated("aspi", s.body("aspi", "generate")).body
	ref := made["referenceNo"].(string)
	customer := s.checkout(ref)
	customer.shows("Sisa waktu")

	w := s.enter("/codes/" + ref)
	other := s.enter("/codes/" + ref)
	w.press("Move the clock past its end…")
	w.shows("Codes that end next", ref)
	w.shot("clock")
	w.click("the button that moves to the moment", `control("Date and time in Jakarta").form.querySelector("button")`)
	w.shows("The clock was moved")
	w.shot("moved")

	customer.stands(hasExpired)
	customer.shows("minta kode baru")
	customer.hides("Sisa waktu")
	customer.shot("expired")
	other.until("an expired code", `plain(document.querySelector("h1 .state").textContent) === "expired" && !pressable("Pay Rp 20.000 as a customer")`)
	other.shot("expired")

	if r := s.admin("POST", "/v1/sandbox/pay", object{"referenceNo": ref}); r.status != http.StatusConflict {
		t.Errorf("paying from outside: %v", r)
	}
	body := object{"partnerReferenceNo": fresh("P"), "amount": idr("20000.00"), "additionalInfo": object{"qrContent": made["qrContent"]}}
	s.call("aspi", "payment", body).send().want(t, "4035000", "")
}

// resentScene: a receiver that fails is told again when somebody presses the
// button, and once more though it has acknowledged.
func resentScene(t *testing.T, s *stage) {
	r := s.shop("midtrans", "2005200")
	ref := s.newCode("midtrans")
	s.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": ref})
	w := s.enter("/notifications")
	w.click("the notification", `document.querySelector("#live-rows a[href^='/console/notifications/']")`)
	w.shows("HTTP 500", "pending")
	w.shot("not-taken")

	r.well.Store(true)
	w.press("Send again")
	w.shows("It is due again", "delivered", "HTTP 200")
	w.shot("resent")
	for len(r.taken) > 0 {
		<-r.taken
	}
	tries := look[int](w, `document.querySelectorAll(".tries > li").length`)
	w.press("Send again")
	w.until("another try", fmt.Sprintf(`document.querySelectorAll(".tries > li").length === %d`, tries+1))
	w.shows("delivered")
	w.shot("resent-again")
	select {
	case proper := <-r.taken:
		if !proper {
			t.Error("what was sent again is not signed by the provider")
		}
	default:
		t.Error("the page shows a try that nobody has heard")
	}
}

// shop is a receiver of notifications that is not well at first.
type shop struct {
	well  atomic.Bool
	taken chan bool // what was acknowledged: whether it verified
}

// shop receives the notifications of a dialect's partner.
func (s *stage) shop(dialectName, acknowledgement string) *shop {
	s.t.Helper()
	key, err := snap.ParsePublicKey(s.node.file.ProviderPublicKey)
	if err != nil {
		s.t.Fatal(err)
	}
	r := &shop{taken: make(chan bool, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !r.well.Load() {
			http.Error(w, "the shop is not well", http.StatusInternalServerError)
			return
		}
		body, err := io.ReadAll(req.Body)
		m := snap.Message{Method: req.Method, Path: req.URL.Path, Body: body, Timestamp: req.Header.Get(snap.HeaderTimestamp)}
		r.taken <- err == nil && snap.VerifyAsymmetric(key, m, false, req.Header.Get(snap.HeaderSignature)) == nil
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"responseCode":"`+acknowledgement+`","responseMessage":"Successful"}`)
	}))
	s.t.Cleanup(server.Close)
	s.mustAdmin("PUT", "/v1/partners/"+s.node.file.Partners[dialectName].PartnerID+"/notify", object{"url": server.URL + "/told"})
	return r
}
