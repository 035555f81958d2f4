package dana

import (
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

func TestOrderRows(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "order")
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "partnerReferenceNo", Need: m, Max: 64}, {Name: "merchantId", Need: m, Max: 64}, {Name: "subMerchantId", Need: o, Max: 32},
		{Name: "amount", Need: m}, {Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3},
		{Name: "externalStoreId", Need: o, Max: 64}, {Name: "validUpTo", Need: o, Max: 25}, {Name: "disabledPayMethods", Need: o, Max: 64},
		{Name: "urlParams", Need: m}, {Name: "urlParams[].url", Need: m, Max: 512}, {Name: "urlParams[].type", Need: m, Max: 32},
		{Name: "payOptionDetails", Need: o}, {Name: "payOptionDetails[].payMethod", Need: m, Max: 64},
		{Name: "payOptionDetails[].payOption", Need: o, Max: 64}, {Name: "payOptionDetails[].transAmount", Need: m},
		{Name: "payOptionDetails[].feeAmount", Need: o}, {Name: "payOptionDetails[].cardToken", Need: o, Max: 64},
		{Name: "payOptionDetails[].merchantToken", Need: o, Max: 64}, {Name: "payOptionDetails[].additionalInfo.phoneNumber", Need: o, Max: 15},
		{Name: "additionalInfo", Need: o}, {Name: "additionalInfo.mcc", Need: m, Max: 64}, {Name: "additionalInfo.extendInfo", Need: o, Max: 4096},
		{Name: envInfo + "terminalType", Need: m, Max: 32}, {Name: envInfo + "orderTerminalType", Need: o, Max: 32},
		{Name: envInfo + "clientKey", Need: o, Max: 64},
		{Name: "additionalInfo.order.orderTitle", Need: m, Max: 64}, {Name: "additionalInfo.order.scenario", Need: o, Max: 64},
		{Name: "additionalInfo.order.goods[].description", Need: m, Max: 1024},
		{Name: "additionalInfo.order.shippingInfo[].address1", Need: m, Max: 256},
	})
	dialecttest.Body(t, op.Body, dialecttest.Edited(t, dialecttest.Read(t, "order.request.json"), "urlParams[].isDeeplink", "N"))
	dialecttest.Rowed(t, op.Body, dialecttest.Read(t, "order.request.json"))
	dialecttest.Codes(t, op, "2005400", "4005400", "4005401", "4005402", "4015400", "4035402", "4035405", "4035415", "4045408",
		"4045418", "4295400", "5005400", "5005401")
}

// shop is a world with the division of the sample.
func shop(t *testing.T) *dialecttest.World {
	t.Helper()
	w := world(t)
	w.PutOutlet(sampleMerchant, pay.SubMerchant, sampleDivision, pay.Active)
	w.Remember = true
	return w
}

func TestOrderOfQRIS(t *testing.T) {
	w := shop(t)
	body := dialecttest.Read(t, "order.request.json")
	a := w.Ask("order", body)
	dialecttest.Expect(t, a, "2005400", "Successful")
	code := w.Code(a)
	dialecttest.Fields(t, a, map[string]string{
		"partnerReferenceNo": "ORDER-0001", "webRedirectUrl": "https://qris.example/pay/" + code.Ref + "?x=" + code.Ref,
		"additionalInfo.paymentCode": code.Payload,
	})
	want := pay.Code{
		Amount: pay.Rp(15000), StoreID: "abcd", SubMerchant: sampleDivision, Echo: "Dua kopi susu",
		CallbackURL: "https://shop.example/notify", ExpiresAt: w.Now.Add(30 * time.Minute).UTC(),
	}
	if got := (pay.Code{
		Amount: code.Amount, StoreID: code.StoreID, SubMerchant: code.SubMerchant, Echo: code.Echo,
		CallbackURL: code.CallbackURL, ExpiresAt: code.ExpiresAt.UTC(),
	}); got != want {
		t.Errorf("the code is %+v, expected %+v", got, want)
	}
	if again := w.Ask("order", body); string(again.Body) != string(a.Body) {
		t.Errorf("asked again: %s %s, first: %s", again, again.Body, a.Body)
	}
	other := dialecttest.Edited(t, body, "amount.value", "100000.00")
	dialecttest.Expect(t, w.Ask("order", other), "4045418", "Inconsistent Request")
}

// bare is an order in the words that every client sends.
func bare(t *testing.T, changes ...any) []byte {
	t.Helper()
	body := []byte(`{"partnerReferenceNo":"ORDER-0002","merchantId":"` + sampleMerchant + `","amount":{"value":"22200.00","currency":"IDR"},
		"externalStoreId":"","urlParams":[{"url":"https://shop.example/n","type":"NOTIFICATION","isDeeplink":""}],
		"additionalInfo":{"mcc":"5732","envInfo":{"sourcePlatform":"IPG","terminalType":"SYSTEM"},
		"order":{"orderTitle":"Pesanan","scenario":"API","buyer":{},"createdTime":""},"extendInfo":""}}`)
	for i := 0; i < len(changes); i += 2 {
		body = dialecttest.Edited(t, body, changes[i].(string), changes[i+1])
	}
	return body
}

func paidWith(method, option string) []any {
	return []any{map[string]any{
		"payMethod": method, "payOption": option, "cardToken": "", "unknown": 1,
		"transAmount": map[string]any{"value": "10000.00", "currency": "IDR"},
		"feeAmount":   map[string]any{"value": "0", "currency": "IDR"},
	}}
}

const details = "payOptionDetails"

func TestOrders(t *testing.T) {
	for name, c := range map[string]struct {
		changes       []any
		code, message string
	}{
		"QRIS without a shop":     {[]any{details, paidWith("NETWORK_PAY", "NETWORK_PAY_PG_QRIS")}, "2005400", "Successful"},
		"balance":                 {[]any{details, paidWith("BALANCE", "")}, "2005400", "Successful"},
		"redirect without a shop": {[]any{orderPath + ".scenario", "REDIRECT"}, "2005400", storeHint},
		"redirect with a shop":    {[]any{orderPath + ".scenario", "REDIRECT", "externalStoreId", "abcd"}, "2005400", "Successful"},
		"another wallet": {[]any{"amount.value", "50001.00", details, paidWith("NETWORK_PAY", "NETWORK_PAY_PG_OVO")},
			"4035415", "Transaction Not Permitted"},
		"virtual account":      {[]any{details, paidWith("VIRTUAL_ACCOUNT", "VIRTUAL_ACCOUNT_BNI")}, "4035415", "Transaction Not Permitted"},
		"unheard-of wallet":    {[]any{details, paidWith("NETWORK_PAY", "X")}, "4005401", "Invalid Field Format payOptionDetails[0].payOption"},
		"amount without sen":   {[]any{"amount.value", "22200", "merchantId", ""}, "4005401", "Invalid Field Format amount"},
		"amount of zero":       {[]any{"amount.value", "0.00"}, "4005401", "Invalid Field Format amount"},
		"dollars":              {[]any{"amount.currency", "USD"}, "4005401", "Invalid Field Format amount"},
		"amount over the most": {[]any{"amount.value", "10000001.00"}, "4035402", "Exceeds Transaction Amount Limit"},
		"no merchant":          {[]any{"merchantId", ""}, "4005402", "Invalid Mandatory Field merchantId"},
		"unknown merchant":     {[]any{"merchantId", "nobody"}, "4045408", "Invalid Merchant"},
		"unknown division":     {[]any{"subMerchantId", "nobody"}, "4045408", "Invalid Merchant"},
		"no addresses":         {[]any{"urlParams", nil}, "4005402", "Invalid Mandatory Field urlParams"},
		"no web address":       {[]any{"urlParams[].url", "shop://pay"}, "4005401", "Invalid Field Format urlParams[0].url"},
		"it has passed":        {[]any{"validUpTo", "2026-01-31T09:59:59+07:00"}, "4005401", "Invalid Field Format validUpTo"},
		"a week ahead":         {[]any{"validUpTo", "2026-02-07T10:00:00+07:00", "externalStoreId", "abcd"}, "2005400", "Successful"},
		"more than a week":     {[]any{"validUpTo", "2026-02-07T10:00:01+07:00"}, "4005401", "Invalid Field Format validUpTo"},
	} {
		t.Run(name, func(t *testing.T) {
			a := shop(t).Ask("order", bare(t, c.changes...))
			dialecttest.Expect(t, a, c.code, c.message)
			if qris := strings.HasPrefix(name, "QRIS"); a.Code == "2005400" && qris != (a.Text("additionalInfo.paymentCode") != "") {
				t.Errorf("the payload is told by %s", a.Body)
			}
		})
	}
}

// A sandbox takes orders of at most 30 minutes.
func TestOrderInASandbox(t *testing.T) {
	for until, refused := range map[string]bool{"2026-01-31T10:30:00+07:00": false, "2026-01-31T10:30:01+07:00": true} {
		w := shop(t)
		c := w.Unread("order")
		body, err := field.Parse(bare(t, "validUpTo", until))
		if err != nil {
			t.Fatal(err)
		}
		c.Body, c.Sandbox = body, true
		_, err = c.Operation.Do(t.Context(), c)
		if refused != (err != nil) || err != nil && pay.KindOf(err) != pay.InvalidFormat {
			t.Errorf("valid until %s: %v", until, err)
		}
	}
}

// A shop that closes stops orders as it stops codes.
func TestOrderOfAClosedShop(t *testing.T) {
	w := shop(t)
	w.PutOutlet(sampleMerchant, pay.Store, "abcd", pay.Inactive)
	dialecttest.Expect(t, w.Ask("order", bare(t, "externalStoreId", "abcd")), "4035405", "Do Not Honor")
}
