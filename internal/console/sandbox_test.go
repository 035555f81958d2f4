package console_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/qrread"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// equipped is a world whose sandbox has levers, a dialect and a way to begin
// anew, which counts.
func equipped(t *testing.T) (w *world, levers *sandbox.Levers, begun *int) {
	w, begun = opened(t), new(int)
	offered := []dialect.Dialect{{Name: "aspi", Operations: []dialect.Operation{{Name: "generate"}, {Name: "query"}}}}
	levers = sandbox.NewLevers(offered, func([]sandbox.Lever) { w.events.Publish(sandbox.Event{Kind: sandbox.EventLever}) })
	w.url = w.serve(console.Options{Sandbox: true, Events: w.events, Traffic: w.traffic, Desk: operate.NewDesk(w.core, operate.Options{
		Dialects: []string{"aspi"}, Clock: w.clock, Events: w.events, Levers: levers,
		Begin: func(context.Context) error { *begun++; return nil },
	})})
	return w, levers, begun
}

// TestLevers puts levers on, shows them wherever they matter, and takes them
// off.
func TestLevers(t *testing.T) {
	w, levers, _ := equipped(t)
	w.must(w.core.PutPartner(context.Background(), pay.Partner{ID: "Q", ClientKey: "Q", Dialect: "aspi", Standing: pay.Active}))
	b := w.admin()
	page := b.get("/levers", http.StatusOK)
	b.holds(page, "No lever is on", "the request waits before it is looked at", "at most 1m0s")
	for _, row := range sandbox.LeverRows() {
		form := formOfKind(t, page, row.Kind)
		for field, has := range map[string]bool{`name="duration"`: row.Most != 0, `name="code"`: row.Coded, `name="afterCommit"`: row.Coded, `<select name="operation">`: !row.Notice, `name="seed"`: true} {
			if strings.Contains(form, field) != has {
				t.Errorf("the form of %s: %s is there: %v", row.Kind, field, !has)
			}
		}
	}
	b.holds(b.post("/levers", http.StatusOK, "kind", "error", "partner", "P", "operation", "generate", "code", "504", "probability", "0,5", "seed", "7", "afterCommit", "on"),
		"The lever is on", "error 504 after-commit", "Partner P", "probability 0.5", "seed 7", "1 lever is on")
	b.holds(b.post("/levers", http.StatusOK, "kind", "notify-late", "partner", "*", "operation", "*", "duration", "10s"), "2 levers are on")
	want := []sandbox.Lever{
		{Kind: sandbox.LeverError, PartnerID: "P", Operation: "generate", Probability: 0.5, Code: "504", AfterCommit: true, Seed: 7},
		{Kind: sandbox.LeverLate, PartnerID: "*", Operation: "*", Probability: 1, Lasts: sandbox.Span(10e9), Seed: 1},
	}
	for i, l := range levers.List() {
		if l.Lever != want[i] {
			t.Errorf("lever %d is %+v", i, l.Lever)
		}
	}
	levers.Pull("P", "generate")
	b.holds(b.get("/levers?kind=error&partner=P&operation=generate", http.StatusOK), `id="error" open`, `value="0.5"`, "of 1 on this node")
	for _, path := range []string{"/", "/audit", "/codes", "/clock"} {
		b.holds(b.get(path, http.StatusOK), "2 levers are on", "lever reset\"")
	}
	const here = "Levers that are on for this partner"
	b.holds(b.get("/partners/P", http.StatusOK), here, "error 504 after-commit", "notify-late 10s")
	page = b.get("/partners/Q", http.StatusOK)
	b.holds(page, here, "notify-late 10s")
	if strings.Contains(page[strings.Index(page, here):], "error 504") {
		t.Error("the page of Q shows the lever of P")
	}

	for _, wrong := range [][]string{
		{"kind", "delay", "duration", "2h"}, {"kind", "delay", "probability", "0"}, {"kind", "delay", "probability", "2"}, {"kind", "no"},
		{"kind", "delay", "operation", "bake"}, {"kind", "delay", "partner", "nobody"}, {"kind", "delay", "seed", "-1"},
	} {
		b.holds(b.post("/levers", http.StatusOK, wrong...), `role="alert"`)
	}
	b.holds(b.post("/levers/remove", http.StatusOK, "kind", "error", "partner", "P"), `role="alert"`, "2 levers are on")
	b.holds(b.post("/levers/remove", http.StatusOK, "kind", "error", "partner", "P", "operation", "generate"), "The lever is off", "1 lever is on")
	b.holds(b.post("/levers/clear", http.StatusOK), "All levers are off", "No lever is on")
	if on := levers.List(); len(on) != 0 {
		t.Errorf("on are %v", on)
	}
	b.holds(b.get("/audit", http.StatusOK), "lever.set", "error/P/generate", "lever.remove", "lever.clear")
}

// formOfKind is the part of the page about one kind of lever.
func formOfKind(t *testing.T, page string, kind sandbox.LeverKind) string {
	t.Helper()
	_, after, found := strings.Cut(page, `name="kind" id="`+string(kind)+`"`)
	form, _, ended := strings.Cut(after, "</details>")
	if !found || !ended {
		t.Fatalf("there is no form of %s", kind)
	}
	return form
}

// TestSandboxPolicy: the sandbox's pages need no script or style of their own.
func TestSandboxPolicy(t *testing.T) {
	w, _, _ := equipped(t)
	b := w.admin()
	for _, path := range []string{"/levers", "/payers", "/payers/budi", "/codes", "/codes/" + w.generate(100).Ref, "/partners", "/partners/P", "/clock"} {
		if found := inline.FindString(b.get(path, http.StatusOK)); found != "" {
			t.Errorf("%s has %q", path, found)
		}
	}
}

// TestLeversOfOthers: a viewer sees levers and changes none.
func TestLeversOfOthers(t *testing.T) {
	w, _, begun := equipped(t)
	b := w.as(pay.Viewer)
	page := b.get("/levers", http.StatusOK)
	if strings.Contains(page, `action="/console/levers"`) {
		t.Error("a viewer is offered to put levers on")
	}
	b = w.as(pay.Operator)
	b.get("/levers", http.StatusOK)
	for _, path := range []string{"/levers", "/levers/clear", "/levers/remove", "/clock/reset", "/payers", "/payers/budi/fund", "/partners", "/partners/P/merchants"} {
		b.post(path, http.StatusForbidden, "kind", "delay", "id", "x")
	}
	if *begun != 0 {
		t.Error("an operator has reset the sandbox")
	}
}

// TestReset begins anew by the button behind the question.
func TestReset(t *testing.T) {
	w, _, begun := equipped(t)
	b := w.admin()
	b.holds(b.get("/clock", http.StatusOK), "Reset the sandbox…", "/console/clock/reset")
	b.holds(b.post("/clock/reset", http.StatusOK), "The sandbox is as it was after it was seeded")
	if *begun != 1 {
		t.Errorf("it began anew %d times", *begun)
	}
	b.holds(b.get("/audit", http.StatusOK), "sandbox.reset")
}

// TestPayers adds a payer, puts money in, blocks it and follows its payment.
func TestPayers(t *testing.T) {
	w, _, _ := equipped(t)
	b := w.admin()
	code := w.generate(15_000)
	b.get("/codes/"+code.Ref, http.StatusOK)
	b.post("/codes/"+code.Ref+"/pay", http.StatusOK)
	page := b.get("/payers", http.StatusOK)
	b.holds(page, "Budi", "outside payer", "who always has the money")
	page = b.get("/payers/"+sandbox.OutsidePayer, http.StatusOK)
	b.holds(page, "A customer of another bank", "on-us", "−15.000", "+100.000.000")
	paid := regexp.MustCompile(`/console/payments/\d+`).FindString(page)
	b.holds(b.get(strings.TrimPrefix(paid, "/console"), http.StatusOK), "15.000")

	b.get("/payers", http.StatusOK)
	b.holds(b.post("/payers", http.StatusOK, "id", "ani/1", "name", "Ani", "balance", "5000", "monthLimit", "900000"), "The payer was added", "5.000", "900.000")
	b.holds(b.post("/payers/ani%2F1/fund", http.StatusOK, "amount", "2500"), "The money is in the wallet", "7.500")
	b.holds(b.post("/payers/ani%2F1/fund", http.StatusOK, "amount", "-1"), `role="alert"`)
	b.holds(b.post("/payers/ani%2F1", http.StatusOK, "standing", "blocked", "dayLimit", "1000"), "Saved", "blocked")
	b.holds(b.post("/payers/ani%2F1", http.StatusOK, "standing", "asleep"), `role="alert"`, "does not fit")
	b.holds(b.post("/payers", http.StatusOK, "id", "ani/1"), `role="alert"`)
	w.must(w.core.Inspect(context.Background(), func(r pay.Reader) error {
		p, err := r.Payer("ani/1")
		if p.Standing != pay.Blocked || p.DayLimit != pay.Rp(1000) || p.MonthLimit != 0 || p.Balance != pay.Rp(7500) {
			t.Errorf("the payer is %+v", p)
		}
		return err
	}))
	b.get("/payers/nobody", http.StatusNotFound)
}

// TestSeededPayer: a wallet of the seed says whose it is.
func TestSeededPayer(t *testing.T) {
	w, _, _ := equipped(t)
	w.must(w.core.AddPayer(context.Background(), pay.Payer{ID: sandbox.PayerOf("aspi"), Name: "Joko", Standing: pay.Active}, 0))
	b := w.admin()
	b.holds(b.get("/payers", http.StatusOK), `seeded wallet <span class="soft">aspi`)
	b.holds(b.get("/payers/payer-aspi", http.StatusOK), "customer token and the authorisation code")
}

// TestPayersInPages: a long list is turned page by page.
func TestPayersInPages(t *testing.T) {
	w, _, _ := equipped(t)
	for i := range 60 {
		w.must(w.core.AddPayer(context.Background(), pay.Payer{ID: "p" + mpan(i), Standing: pay.Active}, 0))
	}
	b := w.admin()
	next := regexp.MustCompile(`href="/console(/payers\?from=[^"]*)"`).FindStringSubmatch(b.get("/payers", http.StatusOK))
	if next == nil {
		t.Fatal("there is no next page")
	}
	b.holds(b.get(next[1], http.StatusOK), "p"+mpan(59), "First page")
}

// TestCodeEnds: one code expires now, and is refused what an expired code is;
// the clock and the other codes stay.
func TestCodeEnds(t *testing.T) {
	w, _, _ := equipped(t)
	b := w.as(pay.Operator)
	code, other := w.generate(15_000), w.generate(16_000)
	b.holds(b.get("/codes/"+code.Ref, http.StatusOK), "Let this code expire now…", "Cancel this code…")
	page := b.post("/codes/"+code.Ref+"/expire", http.StatusOK)
	b.holds(page, `role="status">Expired`, `class="state idle">expired`)
	if strings.Contains(page, "/expire") || w.clock.Offset() != 0 {
		t.Error("it can expire again, or the clock was moved")
	}
	for _, act := range []string{"expire", "cancel", "pay"} {
		b.holds(b.post("/codes/"+code.Ref+"/"+act, http.StatusOK), `role="alert"`, "expired")
	}
	b.post("/codes/"+other.Ref+"/pay", http.StatusOK)
	b.holds(b.post("/codes/"+other.Ref+"/cancel", http.StatusOK), `role="alert"`, "cannot be cancelled; refund it")
	b.holds(b.post("/codes/"+other.Ref+"/expire", http.StatusOK), `role="alert"`, "was paid before")
	b.post("/codes/1234/expire", http.StatusOK)
}

// picture is a QR as a screenshot has it.
func picture(t *testing.T, text string) []byte {
	t.Helper()
	matrix, err := qrcode.NewQRCodeWriter().EncodeWithoutHint(text, gozxing.BarcodeFormat_QR_CODE, 400, 400)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 400, 400))
	for y := range 400 {
		for x := range 400 {
			if !matrix.Get(x, y) {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// drop sends the codes page's form with a file, as a browser does.
func (b *browser) drop(file []byte, amount string, status int) string {
	b.t.Helper()
	b.get("/codes", http.StatusOK)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	b.must(form.WriteField("form", b.form))
	b.must(form.WriteField("amount", amount))
	part, err := form.CreateFormFile("image", "qr.png")
	b.must(err)
	part.Write(file)
	b.must(form.Close())
	req, err := http.NewRequest("POST", b.url+"/console/codes/pay", &body)
	b.must(err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Referer", b.url+"/console/codes")
	res, err := b.http.Do(req)
	return b.read(res, err, status)
}

// TestImageIsPaid: an image of a QR leads to its payment, and what is none to
// a refusal on the page.
func TestImageIsPaid(t *testing.T) {
	w, _, _ := equipped(t)
	b := w.as(pay.Operator)
	b.holds(b.get("/codes", http.StatusOK), `enctype="multipart/form-data"`, `type="file"`)
	code, static := w.generate(15_000), w.generate(0)
	b.holds(b.drop(picture(t, code.Payload), "", http.StatusOK), "Paid", "Payment", code.Ref, "15.000")
	b.holds(b.drop(picture(t, code.Payload), "", http.StatusOK), `role="alert"`, "was paid before", "Pay the QR of an image")
	b.holds(b.drop(picture(t, static.Payload), "", http.StatusOK), `role="alert"`, "amount is mandatory")
	b.holds(b.drop(picture(t, static.Payload), "2500", http.StatusOK), "Paid", "2.500")
	b.holds(b.drop([]byte("no image"), "", http.StatusOK), `role="alert"`, "this is no image in PNG, JPEG or GIF<")
	b.holds(b.drop(nil, "", http.StatusOK), `role="alert"`, "choose an image of a QR first")
	b.get("/codes", http.StatusOK)
	b.holds(b.post("/codes/pay", http.StatusOK), `role="alert"`, "choose an image")
	blank := picture(t, "no QRIS")
	b.holds(b.drop(blank, "", http.StatusOK), `role="alert"`)
	b.get("/taste?lang=id&to=/console/codes", http.StatusOK)
	b.holds(b.drop([]byte("bukan gambar"), "", http.StatusOK), "ini bukan gambar PNG, JPEG, atau GIF")
	w.as(pay.Viewer).drop(picture(t, code.Payload), "", http.StatusForbidden)
}

// TestLargeForms: an image may be large, other forms not, and what is too
// large says so.
func TestLargeForms(t *testing.T) {
	w, _, _ := equipped(t)
	b := w.admin()
	code := w.generate(15_000)
	padded := append(picture(t, code.Payload), make([]byte, 1<<20)...)
	b.holds(b.drop(padded, "", http.StatusOK), "Paid", code.Ref)
	b.holds(b.drop(make([]byte, qrread.MaxBytes+(1<<17)), "", http.StatusOK), `role="alert"`, "this is too large")
	b.get("/partners/P", http.StatusOK)
	b.holds(b.post("/partners/P/notify", http.StatusOK, "url", strings.Repeat("x", 65<<10)), `role="alert"`, "this is too large")
}

// TestPartiesAreAdded adds a partner, whose keys are shown once, and a merchant
// whose codes can be paid.
func TestPartiesAreAdded(t *testing.T) {
	w, _, _ := equipped(t)
	b := w.admin()
	b.holds(b.get("/partners", http.StatusOK), "Add a partner", "<option>aspi</option>")
	page := b.post("/partners", http.StatusOK, "id", "new/one", "name", "Baru", "dialect", "aspi", "notifyURL", "http://127.0.0.1:9/n")
	p, err := w.core.Partner(context.Background(), "new/one")
	w.must(err)
	b.holds(page, "The partner was added", p.ClientSecret, "BEGIN PRIVATE KEY", "Baru")
	if p.ClientKey != "new/one" || p.NotifyURL == "" || p.Standing != pay.Active || p.CreatedAt.IsZero() {
		t.Errorf("the partner is %+v", p)
	}
	page = b.get("/partners/new%2Fone", http.StatusOK)
	if strings.Contains(page, p.ClientSecret) {
		t.Error("the secret is shown again")
	}
	b.holds(page, "Add a merchant…")
	draft := regexp.MustCompile(`name="(city|postalCode|mcc|nmid|mpan)" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
	fields := []string{"merchant", "W1", "name", "Warung Baru", "criteria", "UMI"}
	for _, field := range draft {
		fields = append(fields, field[1], field[2])
	}
	if len(draft) != 5 {
		t.Fatalf("the form proposes %v", draft)
	}
	b.holds(b.post("/partners/new%2Fone/merchants", http.StatusOK, fields...), "The merchant was added", "Warung Baru")
	m, err := w.core.Merchant(context.Background(), "new/one", "W1")
	w.must(err)
	if m.Standing != pay.Active || m.CreatedAt.IsZero() {
		t.Errorf("the merchant is %+v", m)
	}
	code, err := w.core.Generate(context.Background(), pay.GenerateRequest{Partner: p, MerchantID: "W1", Amount: pay.Rp(700)})
	w.must(err)
	b.holds(b.drop(picture(t, code.Payload), "", http.StatusOK), "Paid", code.Ref)

	b.get("/partners/P", http.StatusOK)
	b.holds(b.post("/partners", http.StatusOK, "id", "P", "dialect", "aspi"), `role="alert"`, "it exists already")
	b.holds(b.post("/partners", http.StatusOK, "id", "x", "dialect", "klingon"), `role="alert"`, "is not offered")
	b.holds(b.post("/partners", http.StatusOK, "id", "x", "dialect", "aspi", "publicKey", "no key"), `role="alert"`, "publicKey")
	b.holds(b.post("/partners/P/merchants", http.StatusOK, fields...), `role="alert"`, "belongs to another")
	b.holds(b.post("/partners/P/merchants", http.StatusOK, "merchant", "M", "name", "x", "city", "x", "mcc", "5411", "mpan", mpan(9)), `role="alert"`)
	b.holds(b.get("/audit", http.StatusOK), "partner.add", "new/one", "merchant.add", "new/one/W1")
}

// TestNoSandboxNoLevers: outside a sandbox there are payers, and nothing that
// a sandbox does to itself.
func TestNoSandboxNoLevers(t *testing.T) {
	w := opened(t)
	code := w.generate(15_000)
	w.url = w.serve(console.Options{Desk: operate.NewDesk(w.core, operate.Options{})})
	b := w.admin()
	page := b.get("/payers", http.StatusOK)
	for _, other := range []string{"/payers/" + sandbox.OutsidePayer, "/codes", "/codes/" + code.Ref, "/partners/P"} {
		page += b.get(other, http.StatusOK)
	}
	b.holds(page, `name="mpan" value=""`)
	for _, no := range []string{"outside payer", "multipart", "/expire", "lever"} {
		if strings.Contains(page, no) {
			t.Errorf("the pages hold %q", no)
		}
	}
	b.get("/levers", http.StatusNotFound)
	for _, path := range []string{"/levers", "/levers/clear", "/clock/reset", "/codes/pay", "/codes/" + code.Ref + "/expire"} {
		b.post(path, http.StatusNotFound)
	}
}
