package aspi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

func world(t *testing.T) *dialecttest.World {
	t.Helper()
	return dialecttest.NewWorld(t, aspi.Dialect(), storage.OpenSQLite)
}

const (
	o = field.Optional
	m = field.Mandatory
	c = field.Conditional
)

func TestDialectIsComplete(t *testing.T) {
	dialecttest.Complete(t, aspi.Dialect(), map[string][]string{
		"token":          {"/v1.0/access-token/b2b"},
		"customer-token": {"/v1.0/access-token/b2b2c"},
		"generate":       {"/v1.0/qr/qr-mpm-generate"},
		"payment":        {"/v1.0/qr/qr-mpm-payment"},
		"decode":         {"/v1.0/qr/qr-mpm-decode"},
		"apply-ott":      {"/v1.0/qr/apply-ott"},
		"query":          {"/v1.0/qr/qr-mpm-query"},
		"status":         {"/v1.0/qr/qr-mpm-status"},
		"cancel":         {"/v1.0/qr/qr-mpm-cancel"},
		"refund":         {"/v1.0/qr/qr-mpm-refund"},
	})
}

func amountLines(name string, need field.Need) []dialecttest.Line {
	return []dialecttest.Line{{Name: name, Need: need}, {Name: name + ".value", Need: m, Max: 19}, {Name: name + ".currency", Need: m, Max: 3}}
}

var outer = []dialecttest.Line{
	{Name: "X-TIMESTAMP", Need: m}, {Name: "X-SIGNATURE", Need: m}, {Name: "X-PARTNER-ID", Need: m, Max: 36},
	{Name: "X-EXTERNAL-ID", Need: m, Max: 36}, {Name: "CHANNEL-ID", Need: m, Max: 5},
	{Name: "Content-Type", Need: m, Max: 127}, {Name: "ORIGIN", Need: o},
}

func TestRowsOfTheStandard(t *testing.T) {
	_, token := dialecttest.Operation(t, aspi.Dialect(), "token")
	dialecttest.Lines(t, token.Headers, []dialecttest.Line{
		{Name: "X-TIMESTAMP", Need: m}, {Name: "X-CLIENT-KEY", Need: m, Max: 64}, {Name: "X-SIGNATURE", Need: m}, {Name: "Content-Type", Need: m, Max: 127},
	})
	dialecttest.Lines(t, token.Reply, []dialecttest.Line{
		{Name: "responseCode", Need: m, Max: 7}, {Name: "responseMessage", Need: m, Max: 150},
		{Name: "accessToken", Need: m, Max: 2048}, {Name: "tokenType", Need: m}, {Name: "expiresIn", Need: m},
	})
	_, customer := dialecttest.Operation(t, aspi.Dialect(), "customer-token")
	dialecttest.Lines(t, customer.Body, []dialecttest.Line{
		{Name: "authCode", Need: c, Max: 256}, {Name: "refreshToken", Need: c, Max: 512}, {Name: "additionalInfo", Need: o},
	})

	_, generate := dialecttest.Operation(t, aspi.Dialect(), "generate")
	dialecttest.Lines(t, generate.Headers, append(outer, dialecttest.Line{Name: "Authorization", Need: c}))
	dialecttest.Lines(t, generate.Body, amountLines("amount", o))
	dialecttest.Lines(t, generate.Body, amountLines("feeAmount", o))
	dialecttest.Lines(t, generate.Body, []dialecttest.Line{
		{Name: "partnerReferenceNo", Need: o, Max: 64}, {Name: "merchantId", Need: o, Max: 64}, {Name: "subMerchantId", Need: o, Max: 32},
		{Name: "storeId", Need: o, Max: 64}, {Name: "terminalId", Need: o, Max: 16}, {Name: "validityPeriod", Need: o, Max: 25},
		{Name: "additionalInfo", Need: o},
	})
	dialecttest.Lines(t, generate.Reply, []dialecttest.Line{
		{Name: "responseCode", Need: m, Max: 7}, {Name: "responseMessage", Need: m, Max: 150}, {Name: "referenceNo", Need: m, Max: 64},
		{Name: "partnerReferenceNo", Need: o, Max: 64}, {Name: "qrContent", Need: m, Max: 512}, {Name: "qrUrl", Need: o, Max: 256},
		{Name: "qrImage", Need: o}, {Name: "redirectUrl", Need: o, Max: 512}, {Name: "merchantName", Need: o, Max: 25},
		{Name: "storeId", Need: o, Max: 64}, {Name: "terminalId", Need: o, Max: 16}, {Name: "additionalInfo", Need: o},
	})

	_, payment := dialecttest.Operation(t, aspi.Dialect(), "payment")
	dialecttest.Lines(t, payment.Headers, append(outer,
		dialecttest.Line{Name: "Authorization", Need: m}, dialecttest.Line{Name: "Authorization-Customer", Need: m},
		dialecttest.Line{Name: "X-IP-ADDRESS", Need: o, Max: 15}, dialecttest.Line{Name: "X-DEVICE-ID", Need: o, Max: 400},
		dialecttest.Line{Name: "X-LATITUDE", Need: o, Max: 10}, dialecttest.Line{Name: "X-LONGITUDE", Need: o, Max: 10}))
	dialecttest.Lines(t, payment.Body, []dialecttest.Line{
		{Name: "partnerReferenceNo", Need: m, Max: 64}, {Name: "merchantId", Need: o, Max: 64}, {Name: "subMerchantId", Need: o, Max: 32},
		{Name: "amount", Need: c}, {Name: "feeAmount", Need: o}, {Name: "otp", Need: o, Max: 8}, {Name: "verificationId", Need: o, Max: 32},
		{Name: "additionalInfo", Need: m}, {Name: "additionalInfo.qrContent", Need: m, Max: 512},
	})
}

const fullGenerate = `{"partnerReferenceNo": "2020102900000000000001", "amount": {"value": "10000.00", "currency": "IDR"},
  "feeAmount": {"value": "0.00", "currency": "IDR"}, "merchantId": "merchant-1", "subMerchantId": "310928924949487",
  "storeId": "abcd", "terminalId": "213141251124", "validityPeriod": "2026-01-31T10:15:00+07:00", "additionalInfo": {}}`

const fullPayment = `{"partnerReferenceNo": "2020102900000000000001", "merchantId": "m", "subMerchantId": "s",
  "amount": {"value": "10000.00", "currency": "IDR"}, "feeAmount": {"value": "0.00", "currency": "IDR"},
  "otp": "123456", "verificationId": "v", "additionalInfo": {"qrContent": "000201"}}`

const fullCustomerToken = `{"grantType": "AUTHORIZATION_CODE", "grant_type": "AUTHORIZATION_CODE", "authCode": "a", "refreshToken": "r", "additionalInfo": {}}`

func TestRowsRefuse(t *testing.T) {
	for name, full := range map[string]string{
		"token": `{"grantType": "client_credentials", "grant_type": "client_credentials", "additionalInfo": {}}`, "customer-token": fullCustomerToken,
		"generate": fullGenerate, "payment": fullPayment,
	} {
		_, op := dialecttest.Operation(t, aspi.Dialect(), name)
		dialecttest.Body(t, op.Body, []byte(full))
		dialecttest.Headers(t, op.Headers, map[string]string{
			"X-TIMESTAMP": "2024-03-05T10:37:16.196Z", "X-SIGNATURE": "s", "X-CLIENT-KEY": "k", "Authorization": "Bearer t",
			"Authorization-Customer": "Bearer c", "X-PARTNER-ID": "p", "X-EXTERNAL-ID": "1", "CHANNEL-ID": "95221",
			"Content-Type": "application/json; charset=utf-8", "ORIGIN": "www.hostname.com",
			"X-IP-ADDRESS": "172.24.281.24", "X-DEVICE-ID": "d", "X-LATITUDE": "-6.1", "X-LONGITUDE": "106.8",
		})
	}
}

func TestCodesAreTheStandards(t *testing.T) {
	for name, codes := range map[string]string{
		"token":          "2007300 4007300 4007301 4007302 4017300 4017300 4017300 4017300 4057300 4297300",
		"customer-token": "2007400 4007400 4007401 4007402 4017400 4017400 4017400 4017400 4057400 4297400 4017400",
		"generate": "2004700 4004700 4004701 4004702 4014700 4014701 4014703 4034701 4034702 4034703 4034705 4034715 4034716 4034719 " +
			"4034720 4044708 4044717 4044718 4054700 4094700 4094701 4294700 5004700 5004701 5004702 5044700",
		"payment": "2005000 4005000 4005001 4005002 4015000 4015001 4015002 4015003 4015004 4035000 4035001 4035002 4035005 4035009 4035014 " +
			"4035016 4035019 4035020 4035023 4045001 4045002 4045013 4045014 4055000 4095000 4095001 4295000 5005000 5005001",
		"decode": "2004800 4004800 4004801 4004802 4014800 4014801 4014803 4034800 4034801 4034816 4034819 4044801 4044802 4044804 4044814 " +
			"4054800 4294800 5004800 5004801 5004802 5044800",
		"apply-ott": "2004900 4004900 4004901 4004902 4014900 4014901 4014902 4014903 4014904 4034901 4034905 4034909 4054900 4094900 4294900",
		"query":     "2005100 4005100 4005101 4005102 4015100 4015101 4015103 4035101 4045101 4045108 4055100 4295100 5005100 5005101 5005102 5045100",
		"status":    "2005300 4005300 4005301 4005302 4015300 4015301 4015303 4035301 4045301 4045308 4055300 4295300 5005300 5005301 5005302 5045300",
		"cancel": "2007700 4007700 4007701 4007702 4017700 4017701 4017703 4037700 4037701 4047700 4047701 4047708 4047713 4057700 4097700 " +
			"4297700 5007700 5007701 5007702 5047700",
		"refund": "2007800 4007800 4007801 4007802 4017800 4017801 4017803 4037801 4037802 4037815 4047800 4047800 4047801 4047808 4047818 " +
			"4057800 4057801 4097800 4297800 5007800 5007801 5007802 5047800",
	} {
		_, op := dialecttest.Operation(t, aspi.Dialect(), name)
		dialecttest.Codes(t, op, strings.Fields(codes)...)
	}
}

func TestRepeats(t *testing.T) {
	d, op := dialecttest.Operation(t, aspi.Dialect(), "generate")
	dialecttest.Repeats(t, d, op, [2]string{"4094700", "4094700"}, [2]string{"4094701", "4044718"})
}

func TestToken(t *testing.T) {
	w := world(t)
	for _, c := range []struct{ body, code, message string }{
		{`{"grantType":"client_credentials","additionalInfo":{}}`, "2007300", "Successful"},
		{`{"grant_type":"client_credentials"}`, "2007300", "Successful"},
		{`{"grantType":"password"}`, "4007301", "Invalid Field Format grantType"},
		{`{"grantType":""}`, "4007302", "Invalid Mandatory Field grantType"},
		{`{}`, "4007302", "Invalid Mandatory Field grantType"},
		{`[]`, "4007300", "Bad Request"},
	} {
		a := w.Ask("token", []byte(c.body))
		dialecttest.Expect(t, a, c.code, c.message)
		if a.Code == "2007300" && a.Text("expiresIn") != "900" {
			t.Errorf("expiresIn is %q, expected the string 900", a.Text("expiresIn"))
		}
	}
	a := w.Ask("token", []byte(`{"grantType":"client_credentials"}`))
	w.Now = w.Now.Add(900*time.Second - time.Microsecond)
	if _, err := w.Core.B2B(t.Context(), a.Text("accessToken")); err != nil {
		t.Errorf("before 900 seconds: %v", err)
	}
	w.Now = w.Now.Add(time.Microsecond)
	if _, err := w.Core.B2B(t.Context(), a.Text("accessToken")); pay.KindOf(err) != pay.InvalidToken {
		t.Errorf("after 900 seconds: %v", err)
	}
}

func TestCustomerToken(t *testing.T) {
	w := world(t)
	partner, err := w.Core.Partner(t.Context(), dialecttest.PartnerID)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := w.Core.Authorize(t.Context(), partner, dialecttest.PayerID)
	if err != nil {
		t.Fatal(err)
	}
	byCode := []byte(`{"grantType":"authorization_code","authCode":"` + grant.Text + `"}`)
	first := w.Ask("customer-token", byCode)
	dialecttest.Expect(t, first, "2007400", "Successful")
	if got := first.Text("accessTokenExpiryTime"); got != "2026-02-15T10:00:00+07:00" {
		t.Errorf("the token ends at %s, expected 15 days from now", got)
	}
	if customer, err := w.Core.Customer(t.Context(), partner, first.Text("accessToken")); err != nil || customer.PayerID != dialecttest.PayerID {
		t.Errorf("the token is of %q: %v", customer.PayerID, err)
	}
	dialecttest.Expect(t, w.Ask("customer-token", byCode), "4017400", "Unauthorized. Invalid authCode")

	byRefresh := []byte(`{"grantType":"REFRESH_TOKEN","refreshToken":"` + first.Text("refreshToken") + `"}`)
	dialecttest.Expect(t, w.Ask("customer-token", byRefresh), "2007400", "Successful")
	dialecttest.Expect(t, w.Ask("customer-token", byRefresh), "4017400", "Unauthorized. Invalid refreshToken")
	dialecttest.Expect(t, w.Ask("customer-token", []byte(`{"grantType":"REFRESH_TOKEN","authCode":"x"}`)), "4007402", "Invalid Mandatory Field refreshToken")
	dialecttest.Expect(t, w.Ask("customer-token", []byte(`{"grantType":"client_credentials"}`)), "4007401", "Invalid Field Format grantType")
}

func TestGenerateAndPay(t *testing.T) {
	w := world(t)
	generated := w.Ask("generate", []byte(fullGenerate))
	dialecttest.Expect(t, generated, "2004700", "Request has been processed successfully")
	dialecttest.Fields(t, generated, map[string]string{
		"partnerReferenceNo": "2020102900000000000001", "merchantName": "Toko Sejahtera", "storeId": "abcd", "terminalId": "213141251124",
		"qrUrl":       "https://qris.example/qr/" + generated.Text("referenceNo") + ".png",
		"redirectUrl": "https://qris.example/pay/" + generated.Text("referenceNo"),
	})
	pays := dialecttest.Edited(t, []byte(fullPayment), "additionalInfo.qrContent", generated.Text("qrContent"))
	wrong := dialecttest.Edited(t, pays, "amount.value", "10001.00")
	dialecttest.Expect(t, w.Ask("payment", wrong), "4045013", "Invalid Amount")
	dialecttest.Expect(t, w.Ask("payment", pays), "2005000", "Request has been processed successfully")
	dialecttest.Expect(t, w.Ask("payment", pays), "4045014", "Paid Bill")
	w.Balanced()
}

func TestExpiry(t *testing.T) {
	for _, c := range []struct{ validity, code, end string }{
		{"", "2004700", "2026-01-31T10:30:00+07:00"},
		{"2026-01-31T03:15:00Z", "2004700", "2026-01-31T10:15:00+07:00"},
		{"2026-01-31T10:00:00+07:00", "4004701", ""},
		{"2009-07-03T12:08:56+07:00", "4004701", ""},
		{"9999-12-31T23:59:59+07:00", "2004700", "9999-12-31T23:59:59+07:00"},
		{"9999-12-31T23:59:59+06:59", "4004701", ""}, // the year 10000 in Jakarta
	} {
		w := world(t)
		a := w.Ask("generate", dialecttest.Edited(t, []byte(fullGenerate), "validityPeriod", c.validity))
		if a.Code != c.code {
			t.Errorf("%q gives %s %q, expected %s", c.validity, a.Code, a.Message, c.code)
			continue
		}
		if c.end == "" {
			continue
		}
		if got := w.Code(a).ExpiresAt.In(pay.Jakarta).Format(time.RFC3339); got != c.end {
			t.Errorf("%q ends at %s, expected %s", c.validity, got, c.end)
		}
	}
}

// Nothing is mandatory in the standard: an empty request is a static code of
// the partner's first merchant.
func TestTheEmptyRequest(t *testing.T) {
	w := world(t)
	a := w.Ask("generate", []byte(`{}`))
	dialecttest.Expect(t, a, "2004700", "Request has been processed successfully")
	if code := w.Code(a); !code.Static() || !code.ExpiresAt.IsZero() || code.MerchantID != dialecttest.MerchantID {
		t.Errorf("the code is %+v", code)
	}
	if a.Text("partnerReferenceNo") != a.Text("referenceNo") {
		t.Errorf("without a partnerReferenceNo ours serves, the answer has %q", a.Text("partnerReferenceNo"))
	}
}
