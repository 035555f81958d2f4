package midtrans

import (
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// now is 2025-12-04T11:23:11.623789+07:00.
var now = time.Date(2025, 12, 4, 4, 23, 11, 623_789_000, time.UTC)

// world has the merchant of the document's sample beside its own.
func world(t *testing.T) *dialecttest.World {
	t.Helper()
	w := dialecttest.NewWorld(t, Dialect(), storage.OpenSQLite)
	w.Now = now
	merchant := dialecttest.Merchant()
	merchant.ID, merchant.MPAN = "00007100010926", "936009150000000026"
	w.PutMerchant(merchant)
	return w
}

const (
	made      = "2004700 Request has been processed successfully"
	asPrinted = dialect.WaiveAmountLimit | dialect.WaiveValidity
)

func TestAnswerHasThePrintedShape(t *testing.T) {
	request := dialecttest.Edited(t, dialecttest.Read(t, "generate.request.json"), "storeId", "abcd")
	a := world(t).Ask("generate", request, asPrinted)
	dialecttest.Expect(t, a, "2004700", "Request has been processed successfully")
	dialecttest.Shape(t, a.Body, dialecttest.Read(t, "generate.response.json"))
	dialecttest.Fields(t, a, map[string]string{
		"partnerReferenceNo": "2020102900000000000001", "merchantName": "Toko Sejahtera", "storeId": "abcd", "terminalId": "213141251124",
		"qrUrl": "https://qris.example/qr/" + a.Text("referenceNo") + ".png", "qrImage": dialecttest.ImageText,
		"additionalInfo.createdAt.dateTime": "2025-12-04T04:23:11.623789", "additionalInfo.createdAt.offset.totalSeconds": "0",
		"additionalInfo.createdAt.zone.totalSeconds": "0", "additionalInfo.amount.value": "12345678", "additionalInfo.amount.currency": "IDR",
		"additionalInfo.transactionType": "MERCHANT_TRANSACTION", "additionalInfo.acquirer": "gopay",
	})
	if !strings.Contains(string(a.Body), `"recurring":false`) || a.Text("additionalInfo.merchantCrossRefId") == "" {
		t.Errorf("recurring and merchantCrossRefId: %s", a.Body)
	}
}

func TestWholeSecondKeepsItsMicroseconds(t *testing.T) {
	if got := momentOf(now.Truncate(time.Second).In(pay.Jakarta)).DateTime; got != "2025-12-04T04:23:11.000000" {
		t.Errorf("got %s", got)
	}
}

func TestAnswerComesAgain(t *testing.T) {
	w := world(t)
	for body, want := range map[string]string{
		`{"additionalInfo":{"acquirer":"Airpay Shopee"}}`: "Airpay Shopee",
		`{"additionalInfo":{"acquirer":"GOPAY"}}`:         "GOPAY",
		`{"additionalInfo":{"acquirer":""}}`:              "gopay",
		`{}`:                                              "gopay",
	} {
		a := w.Ask("generate", []byte(body))
		if got := a.Text(acquirer); a.Code != "2004700" || got != want {
			t.Errorf("%s: %s, %q", body, a, got)
			continue
		}
		w.Replays("generate", []byte(body), a)
	}
}

func TestCodeOfAnotherDialectIsGopay(t *testing.T) {
	if got := keptAcquirer(pay.Code{Echo: "3"}); got != "gopay" {
		t.Errorf("got %q", got)
	}
}

// TestStatic: without an amount the payer names it, and the code lives on.
func TestStatic(t *testing.T) {
	w := world(t)
	a := w.Ask("generate", []byte(`{}`))
	dialecttest.Expect(t, a, "2004700", "Request has been processed successfully")
	if strings.Contains(string(a.Body), `"amount"`) || a.Text("partnerReferenceNo") != a.Text("referenceNo") {
		t.Errorf("a static code without a reference answers %s", a.Body)
	}
	if code := w.Code(a); !code.Static() || !code.ExpiresAt.IsZero() {
		t.Errorf("the code is %+v", code)
	}
}

func TestValidity(t *testing.T) {
	w := world(t)
	for text, want := range map[string]string{
		"":                              "2025-12-04T04:38:11Z",
		"2025-12-04T04:23:32Z":          "2025-12-04T04:23:32Z",
		"2025-12-04T04:23:31Z":          "4004701 Invalid Field Format validityPeriod",
		"2025-12-03T21:23:32-07:00":     "2025-12-04T04:23:32Z",
		"2026-06-02T11:23:11+07:00":     "2026-06-02T04:23:11Z",
		"2026-06-02T11:23:12+07:00":     "4004701 Invalid Field Format validityPeriod",
		"2009-07-03T12:08:56-07:00":     "4004701 Invalid Field Format validityPeriod",
		"2025-12-04 12:00:00":           "4004701 Invalid Field Format validityPeriod",
		"2025-12-04T12:00:00.000+07:00": "4004701 Invalid Field Format validityPeriod", // 29 characters, at most 25
	} {
		a := w.Ask("generate", []byte(`{"amount":{"value":"1.00","currency":"IDR"},"validityPeriod":"`+text+`"}`))
		got := a.String()
		if got == made {
			got = w.Code(a).ExpiresAt.UTC().Truncate(time.Second).Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestSampleExpiresAfterTheDefault: where a sandbox waives 2009.
func TestSampleExpiresAfterTheDefault(t *testing.T) {
	w := world(t)
	a := w.Ask("generate", dialecttest.Read(t, "generate.request.json"), asPrinted)
	if left := w.Code(a).ExpiresAt.Sub(now); left != 15*time.Minute {
		t.Errorf("%s, it ends after %s", a, left)
	}
}

func TestRefusals(t *testing.T) {
	w := world(t)
	w.PutOutlet(dialecttest.MerchantID, pay.Store, "closed", pay.Inactive)
	w.PutOutlet(dialecttest.MerchantID, pay.Terminal, "closed", pay.Inactive)
	for body, want := range map[string]string{
		`{"amount":{"value":"10000000.00","currency":"IDR"}}`:                  made,
		`{"amount":{"value":"10000000.01","currency":"IDR"}}`:                  "4004701 Invalid Field Format amount.value",
		`{"amount":{"value":"10000001.00","currency":"IDR"}}`:                  "4034702 Exceeds Transaction Amount Limit",
		`{"amount":{"value":"10000","currency":"IDR"}}`:                        "4004701 Invalid Field Format amount.value",
		`{"amount":{"value":10000,"currency":"IDR"}}`:                          "4004701 Invalid Field Format amount.value",
		`{"amount":{"currency":"IDR"}}`:                                        "4004702 Invalid Mandatory Field amount.value",
		`{"amount":{"value":"1.00"}}`:                                          "4004702 Invalid Mandatory Field amount.currency",
		`{"amount":{"value":"1.00","currency":"USD"}}`:                         "4004701 Invalid Field Format amount.currency",
		`{"partnerReferenceNo":"3e25960a-79db-4bd7-8a4d-3e1d0e9f1d1a"}`:        made,
		`{"partnerReferenceNo":"INV/1"}`:                                       "4004701 Invalid Field Format partnerReferenceNo",
		`{"additionalInfo":{"acquirer":"ovo"}}`:                                "4004701 Invalid Field Format additionalInfo.acquirer",
		`{"additionalInfo":{"items":[{"quantity":1,"price":{"value":5000}}]}}`: made,
		`{"additionalInfo":{"items":[],"customerDetails":{}}}`:                 made,
		`{"merchantId":"M2"}`:                                                  "4044708 Invalid Merchant",
		`{"merchantId":"merchant-1","storeId":"closed"}`:                       "4034705 Do Not Honor",
		`{"merchantId":"merchant-1","terminalId":"closed"}`:                    "4044717 Invalid Terminal",
	} {
		if got := w.Ask("generate", []byte(body)).String(); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestMerchantProblems(t *testing.T) {
	w := world(t)
	const own = `{"merchantId":"merchant-1"}`
	for about, c := range map[string]struct {
		change func(*pay.Merchant)
		body   string
		want   string
	}{
		"suspended":   {func(m *pay.Merchant) { m.Standing = pay.Suspended }, own, "4034719 Merchant Blacklisted"},
		"blacklisted": {func(m *pay.Merchant) { m.Standing = pay.Blacklisted }, own, "4034719 Merchant Blacklisted"},
		"inactive":    {func(m *pay.Merchant) { m.Standing = pay.Inactive }, own, "4044708 Invalid Merchant"},
		"no static":   {func(m *pay.Merchant) { m.DynamicOnly = true }, own, "4034715 Transaction Not Permitted"},
		"day limit":   {func(m *pay.Merchant) { m.DayLimit = pay.Rp(1) }, `{"merchantId":"merchant-1","amount":{"value":"2.00","currency":"IDR"}}`, "4034720 Merchant Limit Exceed"},
	} {
		merchant := dialecttest.Merchant()
		c.change(&merchant)
		w.PutMerchant(merchant)
		if got := w.Ask("generate", []byte(c.body)).String(); got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}

// TestDemoPasses sends the body that Midtrans's signature demo signs, which
// has a fee that the document does not.
func TestDemoPasses(t *testing.T) {
	demo := `{"partnerReferenceNo":"2020102900000000000001","amount":{"value":"12345678.00","currency":"IDR"},` +
		`"feeAmount":{"value":"12345678.00","currency":"IDR"},"merchantId":"00007100010926","terminalId":"213141251124","validityPeriod":"2009-07-03T12:08:56-07:00"}`
	if got := world(t).Ask("generate", []byte(demo), asPrinted).String(); got != made {
		t.Error(got)
	}
}
