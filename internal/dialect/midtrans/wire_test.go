package midtrans

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

const asPrinted = dialect.WaiveAmountLimit | dialect.WaiveValidity

func TestAnswerHasThePrintedShape(t *testing.T) {
	request := strings.Replace(string(read(t, "generate.request.json")), `"merchantId"`, `"storeId": "abcd", "merchantId"`, 1)
	answer, refusal := newShop().generate(t, request, asPrinted)
	if refusal != "" {
		t.Fatal(refusal)
	}
	if got, want := paths(answer, ""), paths(parse(t, read(t, "generate.response.json")), ""); !slices.Equal(got, want) {
		t.Errorf("members\n%v\nwant\n%v", got, want)
	}
	for path, want := range map[string]string{
		"responseCode": "2004700", "responseMessage": "Request has been processed successfully",
		"partnerReferenceNo": "2020102900000000000001", "merchantName": "Baso Malang", "storeId": "abcd", "terminalId": "213141251124",
		"qrUrl": "https://qris.example/qr/" + answer.Get("referenceNo").Text() + ".png", "qrImage": "aW1hZ2U=",
		"additionalInfo.createdAt.dateTime": "2025-12-04T04:23:11.623789", "additionalInfo.createdAt.offset.totalSeconds": "0",
		"additionalInfo.createdAt.zone.totalSeconds": "0", "additionalInfo.amount.value": "12345678", "additionalInfo.amount.currency": "IDR",
		"additionalInfo.transactionType": "MERCHANT_TRANSACTION", "additionalInfo.acquirer": "gopay",
	} {
		if got := answer.Get(path).Text(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if answer.Get("additionalInfo.recurring").Raw() != "false" || answer.Get("additionalInfo.merchantCrossRefId").Text() == "" {
		t.Errorf("recurring and merchantCrossRefId: %s", answer.Get("additionalInfo").Raw())
	}
}

func TestWholeSecondKeepsItsMicroseconds(t *testing.T) {
	if got := momentOf(now.Truncate(time.Second).In(pay.Jakarta)).DateTime; got != "2025-12-04T04:23:11.000000" {
		t.Errorf("got %s", got)
	}
}

func TestAnswerComesAgain(t *testing.T) {
	for body, acquirer := range map[string]string{
		`{"additionalInfo":{"acquirer":"Airpay Shopee"}}`: "Airpay Shopee",
		`{"additionalInfo":{"acquirer":"GOPAY"}}`:         "GOPAY",
		`{"additionalInfo":{"acquirer":""}}`:              "gopay",
		`{}`:                                              "gopay",
	} {
		s := newShop()
		first, refusal := s.generate(t, body, 0)
		if got := first.Get(acquirerPath).Text(); refusal != "" || got != acquirer {
			t.Errorf("%s: %s %q", body, refusal, got)
			continue
		}
		c := s.call(field.Value{}, 0)
		again, err := c.Again(t.Context(), first.Get("referenceNo").Text())
		if err != nil {
			t.Fatal(err)
		}
		if got := check(t, c, again).Raw(); got != first.Raw() {
			t.Errorf("again\n%s\nfirst\n%s", got, first.Raw())
		}
	}
}

const acquirerPath = "additionalInfo.acquirer"

func TestCodeOfAnotherDialectIsGopay(t *testing.T) {
	if got := keptAcquirer(pay.Code{Echo: "3"}); got != "gopay" {
		t.Errorf("got %q", got)
	}
}

// TestStatic: without an amount the payer names it, and the code lives on.
func TestStatic(t *testing.T) {
	s := newShop()
	answer, refusal := s.generate(t, `{}`, 0)
	if refusal != "" {
		t.Fatal(refusal)
	}
	ref := answer.Get("referenceNo").Text()
	if answer.Get("additionalInfo.amount").Kind() != field.Absent || answer.Get("partnerReferenceNo").Text() != ref {
		t.Errorf("a static code without a reference answers %s", answer.Raw())
	}
	if code := s.codes[ref]; !code.Static() || !code.ExpiresAt.IsZero() {
		t.Errorf("the code is %+v", code)
	}
}

func TestValidity(t *testing.T) {
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
		s := newShop()
		answer, got := s.generate(t, `{"amount":{"value":"1.00","currency":"IDR"},"validityPeriod":"`+text+`"}`, 0)
		if got == "" {
			got = s.codes[answer.Get("referenceNo").Text()].ExpiresAt.Truncate(time.Second).Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestSampleExpiresAfterTheDefault: where a sandbox waives 2009.
func TestSampleExpiresAfterTheDefault(t *testing.T) {
	s := newShop()
	answer, refusal := s.generate(t, string(read(t, "generate.request.json")), asPrinted)
	if left := s.codes[answer.Get("referenceNo").Text()].ExpiresAt.Sub(now); refusal != "" || left != 15*time.Minute {
		t.Errorf("%s, it ends after %s", refusal, left)
	}
}

func TestRefusals(t *testing.T) {
	for body, want := range map[string]string{
		`{"amount":{"value":"10000000.00","currency":"IDR"}}`:                  "",
		`{"amount":{"value":"10000000.01","currency":"IDR"}}`:                  "4004701 Invalid Field Format amount.value",
		`{"amount":{"value":"10000001.00","currency":"IDR"}}`:                  "4034702 Exceeds Transaction Amount Limit",
		`{"amount":{"value":"10000","currency":"IDR"}}`:                        "4004701 Invalid Field Format amount.value",
		`{"amount":{"value":10000,"currency":"IDR"}}`:                          "4004701 Invalid Field Format amount.value",
		`{"amount":{"currency":"IDR"}}`:                                        "4004702 Invalid Mandatory Field amount.value",
		`{"amount":{"value":"1.00"}}`:                                          "4004702 Invalid Mandatory Field amount.currency",
		`{"amount":{"value":"1.00","currency":"USD"}}`:                         "4004701 Invalid Field Format amount.currency",
		`{"partnerReferenceNo":"3e25960a-79db-4bd7-8a4d-3e1d0e9f1d1a"}`:        "",
		`{"partnerReferenceNo":"INV/1"}`:                                       "4004701 Invalid Field Format partnerReferenceNo",
		`{"additionalInfo":{"acquirer":"ovo"}}`:                                "4004701 Invalid Field Format additionalInfo.acquirer",
		`{"additionalInfo":{"items":[{"quantity":1,"price":{"value":5000}}]}}`: "",
		`{"additionalInfo":{"items":[],"customerDetails":{}}}`:                 "",
		`{"merchantId":"M2"}`:                                                  "4044708 Invalid Merchant",
		`{"storeId":"closed"}`:                                                 "4034705 Do Not Honor",
		`{"terminalId":"closed"}`:                                              "4044717 Invalid Terminal",
	} {
		s := newShop()
		for _, kind := range []pay.OutletKind{pay.Store, pay.Terminal} {
			s.outlets = append(s.outlets, pay.Outlet{Kind: kind, ID: "closed", Standing: pay.Inactive})
		}
		if _, got := s.generate(t, body, 0); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestMerchantProblems(t *testing.T) {
	for about, c := range map[string]struct {
		change func(*pay.Merchant)
		body   string
		want   string
	}{
		"suspended":   {func(m *pay.Merchant) { m.Standing = pay.Suspended }, `{}`, "4034719 Merchant Blacklisted"},
		"blacklisted": {func(m *pay.Merchant) { m.Standing = pay.Blacklisted }, `{}`, "4034719 Merchant Blacklisted"},
		"inactive":    {func(m *pay.Merchant) { m.Standing = pay.Inactive }, `{}`, "4044708 Invalid Merchant"},
		"no static":   {func(m *pay.Merchant) { m.DynamicOnly = true }, `{}`, "4034715 Transaction Not Permitted"},
		"day limit":   {func(m *pay.Merchant) { m.DayLimit = pay.Rp(1) }, `{"amount":{"value":"2.00","currency":"IDR"}}`, "4034720 Merchant Limit Exceed"},
	} {
		s := newShop()
		c.change(&s.merchant)
		if _, got := s.generate(t, c.body, 0); got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}

// TestDemoPasses sends the body that Midtrans's signature demo signs, which
// has a fee that the document does not.
func TestDemoPasses(t *testing.T) {
	demo := `{"partnerReferenceNo":"2020102900000000000001","amount":{"value":"12345678.00","currency":"IDR"},` +
		`"feeAmount":{"value":"12345678.00","currency":"IDR"},"merchantId":"00007100010926","terminalId":"213141251124","validityPeriod":"2009-07-03T12:08:56-07:00"}`
	if _, refusal := newShop().generate(t, demo, asPrinted); refusal != "" {
		t.Error(refusal)
	}
}
