package cli

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func (h *harness) balance(account string) string {
	h.t.Helper()
	for _, a := range h.books()["accounts"].([]any) {
		if m := a.(map[string]any); m["account"] == account {
			return m["balance"].(string)
		}
	}
	return "0.00"
}

// TestOnUsPayment follows the money of Rp 20,000 to a merchant of class URE,
// who pays 0.7 %.
func TestOnUsPayment(t *testing.T) {
	h := start(t)
	h.call("paydia", "payment", h.body("paydia", "payment")).send().want(t, "2005000", "Success")
	for account, want := range map[string]string{
		"payer:payer-paydia":                "9980000.00",
		"merchant:aspi-sandbox/M0000000001": "19860.00",
		"revenue:fee":                       "140.00",
		"external:funding":                  "-60000000.00",
	} {
		if got := h.balance(account); got != want {
			t.Errorf("%s holds %s, want %s", account, got, want)
		}
	}
}

// TestOffUsPayment pays the repaired payload of the Paydia document: its money
// goes in full to the clearing account of Paydia's NNS, with the payer's fee
// as revenue.
func TestOffUsPayment(t *testing.T) {
	h := start(t)
	const payload = "00020101021126650013ID.PAYDIA.WWW011893600818024021200102152402120010000000303UKE5204731153033605802ID5913  Firman Zain6008PONOROGO6105634916219071524021200100000063040DDA"
	r := h.call("paydia", "payment", object{
		"partnerReferenceNo": "off-us", "amount": idr("10000.00"), "feeAmount": idr("500.00"), "additionalInfo": object{"qrContent": payload},
	}).send()
	r.want(t, "2005000", "Success")
	if r.field("feeAmount.value") != "500.00" {
		t.Errorf("fee: %v", r)
	}
	for account, want := range map[string]string{"payer:payer-paydia": "9989500.00", "clearing:93600818": "10000.00", "revenue:fee": "500.00"} {
		if got := h.balance(account); got != want {
			t.Errorf("%s holds %s, want %s", account, got, want)
		}
	}
}

// TestDamagedPayload: the payload as the Paydia document prints it is refused
// with what is wrong and how to mend it.
func TestDamagedPayload(t *testing.T) {
	h := start(t)
	before := h.state()
	const printed = "00020101021126650013ID.PAYDIA.WWW011893600818024021200102152402120010000000303UKE5204731153033605802ID5913 Firman Zain6008PONOROGO6105634916219071524021200100000063040DDA"
	r := h.call("paydia", "payment", object{"partnerReferenceNo": "p", "amount": idr("10000.00"), "additionalInfo": object{"qrContent": printed}}).send()
	r.want(t, "4005001", "")
	for _, part := range []string{"Invalid Field Format additionalInfo.qrContent", "spaces was collapsed"} {
		if !strings.Contains(r.text, part) {
			t.Errorf("%q does not say %q", r.text, part)
		}
	}
	if h.state() != before {
		t.Error("a refused payment changed the books")
	}
}

// TestOneWinner races 32 payments for one dynamic code.
func TestOneWinner(t *testing.T) {
	h := start(t)
	payload := h.dynamicCode()
	codes := make([]string, 32)
	var wg sync.WaitGroup
	for i := range codes {
		c := h.call("paydia", "payment", object{"partnerReferenceNo": fmt.Sprint("race", i), "additionalInfo": object{"qrContent": payload}})
		wg.Add(1)
		go func() { defer wg.Done(); codes[i] = c.send().code }()
	}
	wg.Wait()
	won := 0
	for _, code := range codes {
		switch code {
		case "2005000":
			won++
		case "4045001":
		default:
			t.Errorf("a loser got %s", code)
		}
	}
	if won != 1 {
		t.Fatalf("%d payments won one code", won)
	}
	if got := h.balance("payer:payer-paydia"); got != "9980000.00" {
		t.Errorf("the payer holds %s", got)
	}
}

// TestNeverOverdrawn races 20 payments of Rp 1,000,000 against a wallet of
// Rp 10,000,000.
func TestNeverOverdrawn(t *testing.T) {
	h := start(t)
	payload := h.staticCode()
	codes := make(chan string, 20)
	var wg sync.WaitGroup
	for range cap(codes) {
		c := h.call("paydia", "payment", object{"partnerReferenceNo": fresh("over"), "amount": idr("1000000.00"), "additionalInfo": object{"qrContent": payload}})
		wg.Add(1)
		go func() { defer wg.Done(); codes <- c.send().code }()
	}
	wg.Wait()
	close(codes)
	count := map[string]int{}
	for code := range codes {
		count[code]++
	}
	if count["2005000"] != 10 || count["4035014"] != 10 {
		t.Fatalf("answers: %v", count)
	}
	if got := h.balance("payer:payer-paydia"); got != "0.00" {
		t.Errorf("the payer holds %s", got)
	}
}

// TestExpiryIsDecidedAtPayment: the same code pays a second before its end and
// not at it.
func TestExpiryIsDecidedAtPayment(t *testing.T) {
	h := start(t)
	early, late := h.dynamicCode(), h.dynamicCode() // 30 minutes each
	h.advance("29m50s")
	h.call("aspi", "payment", object{"partnerReferenceNo": "early", "additionalInfo": object{"qrContent": early}}).send().want(t, "2005000", "")
	h.advance("10s")
	h.call("aspi", "payment", object{"partnerReferenceNo": "late", "additionalInfo": object{"qrContent": late}}).send().want(t, "4035000", "Transaction Expired")
}

// TestRestart: what was acknowledged, and the clock, are there after a stop.
func TestRestart(t *testing.T) {
	h := start(t)
	payload := h.dynamicCode()
	token := h.token("paydia")
	h.advance("-48h")
	now := h.node.core.Now()
	before := h.state()
	h.stop()
	h = startIn(t, h.dir)
	if after := h.state(); after != before {
		t.Fatalf("the books after a restart:\n%s\n%s", before, after)
	}
	if moved := h.node.core.Now().Sub(now); moved < 0 || moved > time.Hour {
		t.Errorf("the clock moved by %v", moved)
	}
	c := h.call("paydia", "payment", object{"partnerReferenceNo": "after", "additionalInfo": object{"qrContent": payload}})
	c.token = token
	c.send().want(t, "2005000", "Success")
}

// TestOutsidePayer pays through the sandbox contract, in every way it offers.
func TestOutsidePayer(t *testing.T) {
	h := start(t)
	pay := func(body object) reply { return h.admin("POST", "/v1/sandbox/pay", body) }
	dana := h.body("dana", "generate")
	r := h.generated("dana", dana)
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": r.body["referenceNo"]})
	if r := pay(object{"partnerReferenceNo": dana["partnerReferenceNo"]}); r.status != http.StatusConflict {
		t.Errorf("paid twice: %v", r)
	}
	qoin := h.body("qoin", "generate")
	h.generated("qoin", qoin)
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"partnerReferenceNo": qoin["partnerReferenceNo"]})
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"qrContent": h.staticCode(), "amount": "12000"})
	for _, amount := range []any{"12000.00", 12000, 12000.5, idr("12000.00"), nil} {
		want := http.StatusOK
		if amount == nil || amount == 12000.5 {
			want = http.StatusBadRequest
		}
		if r := pay(object{"qrContent": h.staticCode(), "amount": amount}); r.status != want {
			t.Errorf("amount %v: %v, want %d", amount, r, want)
		}
	}
	if r := pay(object{"qrContent": h.staticCode()}); r.status != http.StatusBadRequest {
		t.Errorf("a static code without an amount: %v", r)
	}
	if r := pay(object{"referenceNo": "none"}); r.status != http.StatusNotFound {
		t.Errorf("no such code: %v", r)
	}
	link := h.generated("midtrans", h.body("midtrans", "generate"))
	req, err := http.NewRequest("GET", fmt.Sprintf("%s/v1/sandbox/pay?ref=%s&token=%s", h.node.adminURL, link.body["referenceNo"], h.node.file.AdminToken), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := h.do(req); string(r.raw) != "ok" {
		t.Errorf("by link: %v", r)
	}
	if got := h.balance("merchant:BMRI/00007100010926"); got != "25000.00" { // UMI: no MDR up to Rp 500,000
		t.Errorf("the merchant holds %s", got)
	}
}

// TestTimeZoneOfTheList: a code of 23:59 WIB and one of 00:01 WIB are of two
// dates, whatever offset the question is asked in.
func TestTimeZoneOfTheList(t *testing.T) {
	h := start(t)
	for i, at := range []time.Time{time.Date(2026, 5, 1, 16, 59, 0, 0, time.UTC), time.Date(2026, 5, 1, 17, 1, 0, 0, time.UTC)} {
		h.setClock(at)
		h.generated("speedcash", h.body("speedcash", "generate"))
		date := fmt.Sprintf("2026-05-%02dT00:00:00+07:00", i+1)
		r := h.call("speedcash", "list", object{"dateGenerate": date, "additionalInfo": object{"merchantId": "121xxxx"}}).send()
		r.want(t, "2009000", "Successful")
		if rows := r.body["dataDetail"].([]any); len(rows) != 1 {
			t.Errorf("%s: %d rows: %s", date, len(rows), r.raw)
		}
	}
	r := h.call("speedcash", "list", object{"dateGenerate": "2026-05-01T17:00:00Z", "additionalInfo": object{"merchantId": "121xxxx"}}).send()
	r.want(t, "2009000", "")
	if at := r.body["dataDetail"].([]any)[0].(map[string]any)["generate_time"]; !strings.HasPrefix(at.(string), "2026-05-02 00:01") {
		t.Errorf("the code of the second day is %v", at)
	}
}
