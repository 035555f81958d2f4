package qoin

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

func world(t *testing.T) *dialecttest.World {
	t.Helper()
	w := dialecttest.NewWorld(t, Dialect(), storage.OpenSQLite)
	w.Now = now
	return w
}

// live is the printed sample with a validity that has not passed and some
// text replaced.
func live(t *testing.T, changes ...string) []byte {
	t.Helper()
	body := strings.Replace(string(dialecttest.Read(t, "generate.request.json")), "2025-12-04T11:00:00+07:00", "2025-12-04T12:00:00+07:00", 1)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(body, changes[i]) {
			t.Fatalf("the sample has no %s", changes[i])
		}
		body = strings.Replace(body, changes[i], changes[i+1], 1)
	}
	return []byte(body)
}

func TestAnswerHasThePrintedShape(t *testing.T) {
	a := world(t).Ask("generate", dialecttest.Read(t, "generate.request.json"), dialect.WaiveValidity)
	dialecttest.Expect(t, a, "2004700", "Successful")
	dialecttest.Shape(t, a.Body, dialecttest.Read(t, "generate.response.json"))
	dialecttest.Fields(t, a, map[string]string{
		"additionalInfo.acquirer": "3", "additionalInfo.amount.value": "10000.00", "additionalInfo.amount.currency": "IDR",
		"additionalInfo.createdAt.dateTime": "2025-12-04T11:23:11+07:00", "additionalInfo.createdAt.offset.totalSeconds": "0",
		"additionalInfo.createdAt.zone.totalSeconds": "0", "additionalInfo.transactionType": "MERCHANT_TRANSACTION",
		"merchantName": "Toko Sejahtera", "partnerReferenceNo": "TestPartNo0002", "qrImage": dialecttest.ImageText,
		"qrUrl":   "https://qris.example/qr/" + a.Text("referenceNo") + ".png",
		"storeId": "", "terminalId": "",
	})
	if !strings.Contains(string(a.Body), `"recurring":false`) || a.Text("additionalInfo.merchantCrossRefId") == "" {
		t.Errorf("recurring and merchantCrossRefId: %s", a.Body)
	}
}

func TestAnswerComesAgain(t *testing.T) {
	w := world(t)
	body := live(t, `"acquirer": 3`, `"acquirer": "017"`, `"storeId": ""`, `"storeId": "S1"`)
	a := w.Ask("generate", body)
	if !strings.Contains(string(a.Body), `"acquirer":17,`) || a.Text("storeId") != "S1" {
		t.Errorf("acquirer 017 and store S1 are answered %s %s", a, a.Body)
	}
	w.Replays("generate", body, a)
}

const made = "2004700 Successful"

func TestRefusals(t *testing.T) {
	for about, c := range map[string]struct {
		body []string
		want string
	}{
		"as it is":               {nil, made},
		"acquirer as text":       {[]string{`"acquirer": 3`, `"acquirer": "3"`}, made},
		"acquirer is a word":     {[]string{`"acquirer": 3`, `"acquirer": "gopay"`}, "4004701 Invalid Field Format additionalInfo.acquirer"},
		"acquirer is a fraction": {[]string{`"acquirer": 3`, `"acquirer": 3.5`}, "4004701 Invalid Field Format additionalInfo.acquirer"},
		"acquirer too large":     {[]string{`"acquirer": 3`, `"acquirer": 2147483648`}, "4004701 Invalid Field Format additionalInfo.acquirer"},
		"quantity as number":     {[]string{`"quantity": "1"`, `"quantity": 1`}, made},
		"price as text":          {[]string{`"value": 10,`, `"value": "10.00",`}, made},
		"price is a word":        {[]string{`"value": 10,`, `"value": "ten",`}, "4004701 Invalid Field Format additionalInfo.items[0].price.value"},
		"an item is a word":      {[]string{`"items": [`, `"items": ["soap",`}, "4004701 Invalid Field Format additionalInfo.items[0]"},
		"an item is null":        {[]string{`"items": [`, `"items": [null,`}, "4004702 Invalid Mandatory Field additionalInfo.items[0]"},
		"limit":                  {[]string{`"value": "10000.00"`, `"value": "10000000.00"`}, made},
		"over the limit":         {[]string{`"value": "10000.00"`, `"value": "10000001.00"`}, "4004701 Invalid Field Format amount.value"},
		"without decimals":       {[]string{`"value": "10000.00"`, `"value": "10000"`}, "4004701 Invalid Field Format amount.value"},
		"nothing":                {[]string{`"value": "10000.00"`, `"value": "0.00"`}, "4004701 Invalid Field Format amount.value"},
		"three hours":            {[]string{"12:00:00+07:00", "14:23:11+07:00"}, made},
		"more than three hours":  {[]string{"12:00:00+07:00", "14:23:12+07:00"}, "4004701 Invalid Field Format validityPeriod"},
		"the next second":        {[]string{"12:00:00+07:00", "11:23:12+07:00"}, made},
		"in the past":            {[]string{"12:00:00+07:00", "11:23:11+07:00"}, "4004701 Invalid Field Format validityPeriod"},
		"a stranger's merchant":  {[]string{`"merchantId": ""`, `"merchantId": "M2"`}, "4044708 Invalid Merchant"},
		"its own merchant":       {[]string{`"merchantId": ""`, `"merchantId": "merchant-1"`}, made},
		"a closed store":         {[]string{`"storeId": ""`, `"storeId": "closed"`}, "4044708 Invalid Merchant"},
	} {
		w := world(t) // a new one, for a reference is good once
		w.PutOutlet(dialecttest.MerchantID, pay.Store, "closed", pay.Inactive)
		if got := w.Ask("generate", live(t, c.body...)).String(); got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}

func TestMerchantProblems(t *testing.T) {
	w := world(t)
	for about, c := range map[string]struct {
		change func(*pay.Merchant)
		want   string
	}{
		"suspended":   {func(m *pay.Merchant) { m.Standing = pay.Suspended }, "4044708 Invalid Merchant"},
		"blacklisted": {func(m *pay.Merchant) { m.Standing = pay.Blacklisted }, "4044708 Invalid Merchant"},
		"inactive":    {func(m *pay.Merchant) { m.Standing = pay.Inactive }, "4044708 Invalid Merchant"},
		"day limit":   {func(m *pay.Merchant) { m.DayLimit = pay.Rp(9_999) }, "4004701 Invalid Field Format amount.value"},
	} {
		merchant := dialecttest.Merchant()
		c.change(&merchant)
		w.PutMerchant(merchant)
		if got := w.Ask("generate", live(t)).String(); got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}
