package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// refusedScene: a client signs its body as PHP writes it and sends it as
// another library writes it. The console says so, in both languages.
func refusedScene(t *testing.T, s *stage) {
	w := s.enter("/requests")
	c := s.misspelled()
	w.click("the refused call at the top", `plain(document.querySelector("#live-rows tbody tr")?.textContent).includes("4014700") && document.querySelector("#live-rows tbody tr a")`)
	w.shows("Why the signature was refused", "You signed the body with escaped slashes", "Sign the exact bytes you send", "What to do", "the string to sign is", "POST:"+c.path, "As curl")
	w.checks("token ✓ passed", "signature ✗ failed")
	if curl := w.text("#curl"); !strings.HasPrefix(curl, "curl ") || !strings.Contains(curl, s.node.apiURL+c.path) || !strings.Contains(curl, "KOPI/") {
		t.Errorf("the call as curl:\n%s", curl)
	}
	if secret := c.credentials.ClientSecret; strings.Contains(w.text("main"), secret) || strings.Contains(w.text("main"), c.token) {
		t.Error("the page shows a secret or a token")
	}
	w.shot("explained")

	w.visit(withLang(t, look[string](w, "location.href"), "id"))
	w.shows("Mengapa tanda tangan ditolak", "Yang harus dilakukan", "Anda menandatangani", "Sebagai curl")
	w.checks("token ✓ lolos", "tanda tangan ✗ gagal")
	w.shot("dijelaskan")

	s.newCode("midtrans")
	w.press("Permintaan")
	w.until("the accepted call at the top", `plain(document.querySelector("#live-rows tbody tr")?.textContent).includes("2004700")`)
	w.shot("daftar")
}

// misspelled sends a call whose body was written anew after it was signed,
// until the doctor had the time to see it: it takes 20 ms at most of any
// machine, and this one may be busy.
func (s *stage) misspelled() *call {
	s.t.Helper()
	c := s.call("midtrans", "generate", s.body("midtrans", "generate"))
	plain := strings.Replace(string(c.raw), `"partnerReferenceNo":"`, `"partnerReferenceNo":"KOPI/`, 1)
	for deadline := time.Now().Add(stepTime); ; {
		c.raw, c.header = []byte(strings.ReplaceAll(plain, "/", `\/`)), http.Header{}
		c.sign(c.header)
		c.raw = []byte(plain)
		r := c.send()
		if r.status != http.StatusUnauthorized {
			s.t.Fatalf("a body that was not signed: %v", r)
		}
		verdict := s.recorded(r).Verdict
		if verdict != nil && strings.Contains(verdict.Sentence, "slash") {
			return c
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the doctor says %+v", verdict)
		}
	}
}

// checks waits for steps of a call, by what is said of each.
func (w *tab) checks(steps ...string) {
	w.t.Helper()
	for _, step := range steps {
		w.until(step, `[...document.querySelectorAll(".checks li")].some((e) => plain(e.innerText).startsWith(`+quoted(step)+`))`)
	}
}

// leverScene puts a lever on and takes it off; while it is on every page says
// so, and so does the call that it has struck.
func leverScene(t *testing.T, s *stage) {
	w := s.enter("/levers")
	w.shows("No lever is on")
	w.click("the lever error", `document.querySelector("#error summary")`)
	w.fill("Status or response code", "504")
	w.choose("Operation", "generate")
	w.shot("form")
	w.press("Put it on")
	w.shows("The lever is on", "1 lever is on", "probability 1")
	s.call("midtrans", "generate", s.body("midtrans", "generate")).send().want(t, "5044700", "")
	w.shows("struck 1 of 1")
	w.shot("on")
	w.press("Requests")
	w.until("the mark of the lever at the call", `document.querySelector("#live-rows tbody tr .state.warn[title*='error']")`)
	w.shows("1 lever is on")
	w.shot("struck")
	w.press("1 lever is on")
	w.press("Take all off")
	w.shows("All levers are off", "No lever is on")
	w.hides("1 lever is on")
	s.newCode("midtrans")
}

// choose takes an entry of the list with this label.
func (w *tab) choose(label, value string) {
	w.t.Helper()
	list := "control(" + quoted(label) + ")"
	w.until(label, list)
	look[bool](w, list+".value = "+quoted(value)+", "+list+`.dispatchEvent(new Event("change", { bubbles: true }))`)
	w.until(value+" to be chosen", list+".value === "+quoted(value))
}

// imageScene pays two codes by their pictures: one is chosen as a file, the
// other is dropped onto the page.
func imageScene(t *testing.T, s *stage) {
	w := s.enter("/codes")
	first, second := s.newCode("dana"), s.newCode("aspi")
	customer := s.checkout(first)
	w.until("the field for a file", `control("Image of a QR")`)
	drive(w, "choosing a file", chromedp.SetUploadFiles(chromedp.CSS(`input[type="file"]`), []string{s.picture(first)}))
	w.shot("chosen")
	w.click("the button of the form", `control("Image of a QR").form.querySelector("button")`)
	w.paid(first)
	customer.stands(isPaid)

	w.press("Codes")
	w.until("the list of codes", `location.pathname === "/console/codes" && document.readyState === "complete"`)
	w.drop(s.picture(second))
	w.paid(second)
	w.shot("dropped")
	s.books()
}

// paid waits for the page of a code's payment.
func (w *tab) paid(ref string) {
	w.t.Helper()
	w.until("the payment of the code", `location.pathname.startsWith("/console/payments/") && plain(document.querySelector(".flash.good")?.textContent) === "Paid" && pressable("`+ref+`")`)
}

// picture saves the picture of a code, as a customer does.
func (s *stage) picture(ref string) string {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.node.apiURL+"/qr/"+ref+".png?download=1", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(s.t.TempDir(), ref+".png")
	if err := os.WriteFile(file, s.do(req).raw, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// drop drags a file from outside into the middle of the window.
func (w *tab) drop(file string) {
	w.t.Helper()
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		devtools(w, input.DispatchDragEvent, input.DispatchDragEventParams{
			Type: kind, X: float64(desk[0]) / 2, Y: float64(desk[1]) / 2,
			Data: &input.DragData{Items: []*input.DragDataItem{}, Files: []string{file}, DragOperationsMask: 1},
		})
	}
}
