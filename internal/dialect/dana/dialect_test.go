package dana

import (
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// The merchant and the division of the document's sample.
const (
	sampleMerchant = "00007100010926"
	sampleDivision = "310928924949487"
)

func world(t *testing.T) *dialecttest.World {
	t.Helper()
	w := dialecttest.NewWorld(t, Dialect(), storage.OpenSQLite)
	w.PutMerchant(merchant(pay.Active))
	return w
}

func merchant(standing pay.Standing) pay.Merchant {
	m := dialecttest.Merchant()
	m.ID, m.MPAN, m.Standing = sampleMerchant, "936009150000000026", standing
	return m
}

const (
	o = field.Optional
	m = field.Mandatory
	c = field.Conditional
)

func TestDialectIsComplete(t *testing.T) {
	d := Dialect()
	dialecttest.Complete(t, d, map[string][]string{
		"generate": {"/v1.0/qr/qr-mpm-generate.htm"},
		"order":    {"/payment-gateway/v1.0/debit/payment-host-to-host.htm", "/v1.0/debit/payment-host-to-host.htm"},
		"query":    {"/v1.0/debit/status.htm", "/rest/v1.1/debit/status", "/payment-gateway/v1.0/debit/status.htm"},
		"cancel":   {"/v1.0/debit/cancel.htm", "/payment-gateway/v1.0/debit/cancel.htm"},
		"refund":   {"/v1.0/debit/refund.htm", "/payment-gateway/v1.0/debit/refund.htm"},
	})
	for _, op := range d.Operations {
		if op.Auth != dialect.AuthAsymmetric {
			t.Errorf("%s is signed by scheme %d", op.Name, op.Auth)
		}
	}
}

const envInfo = "additionalInfo.envInfo."

func TestGenerateHasTheDocumentsLines(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Lines(t, op.Headers, []dialecttest.Line{
		{Name: "Content-Type", Need: m, Max: 127}, {Name: "X-TIMESTAMP", Need: m}, {Name: "X-SIGNATURE", Need: m},
		{Name: "ORIGIN", Need: o}, {Name: "X-PARTNER-ID", Need: m, Max: 36}, {Name: "X-EXTERNAL-ID", Need: m, Max: 36},
		{Name: "CHANNEL-ID", Need: m, Max: 5},
	})
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "merchantId", Need: m, Max: 64}, {Name: "subMerchantId", Need: o, Max: 32}, {Name: "storeId", Need: m, Max: 64},
		{Name: "terminalId", Need: o, Max: 16}, {Name: "partnerReferenceNo", Need: m, Max: 25},
		{Name: "amount", Need: m}, {Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3},
		{Name: "feeAmount", Need: o}, {Name: "feeAmount.value", Need: m, Max: 19}, {Name: "feeAmount.currency", Need: m, Max: 3},
		{Name: "validityPeriod", Need: o, Max: 25}, {Name: "additionalInfo", Need: o},
		{Name: "additionalInfo.terminalSource", Need: o, Max: 5}, {Name: "additionalInfo.envInfo", Need: m},
		{Name: envInfo + "sessionId", Need: o, Max: 128}, {Name: envInfo + "tokenId", Need: o, Max: 128},
		{Name: envInfo + "websiteLanguage", Need: o, Max: 16}, {Name: envInfo + "clientIp", Need: o, Max: 32},
		{Name: envInfo + "osType", Need: o, Max: 128}, {Name: envInfo + "appVersion", Need: o, Max: 128},
		{Name: envInfo + "sdkVersion", Need: o, Max: 128}, {Name: envInfo + "sourcePlatform", Need: m, Max: 32},
		{Name: envInfo + "orderTerminalType", Need: m, Max: 32}, {Name: envInfo + "terminalType", Need: m, Max: 32},
		{Name: envInfo + "orderOsType", Need: o, Max: 128}, {Name: envInfo + "merchantAppVersion", Need: o, Max: 128},
		{Name: envInfo + "extendInfo", Need: o, Max: 4096},
	})
	dialecttest.Lines(t, op.Reply, []dialecttest.Line{
		{Name: "responseCode", Need: m, Max: 7}, {Name: "responseMessage", Need: m, Max: 150},
		{Name: "referenceNo", Need: o, Max: 64}, {Name: "partnerReferenceNo", Need: m, Max: 64}, {Name: "qrContent", Need: c, Max: 512},
		{Name: "qrUrl", Need: o, Max: 256}, {Name: "qrImage", Need: o, Max: 2000}, {Name: "redirectUrl", Need: o, Max: 512},
		{Name: "merchantName", Need: o, Max: 64}, {Name: "storeId", Need: m, Max: 64}, {Name: "terminalId", Need: o, Max: 16},
		{Name: "additionalInfo", Need: o},
	})
}

func TestRowsRefuse(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Body(t, op.Body, dialecttest.Edited(t, dialecttest.Read(t, "generate.request.json"), "terminalId", "213141251124"))
	dialecttest.Headers(t, op.Headers, map[string]string{
		"X-TIMESTAMP": "2020-12-23T08:31:11+07:00", "X-SIGNATURE": "85be", "ORIGIN": "www.hostname.com",
		"X-PARTNER-ID": "82150823919040624621823174737537", "X-EXTERNAL-ID": "41807553358950093184162180797837",
		"CHANNEL-ID": "95221", "Content-Type": "application/json",
	})
}

// The document prints storeId as required and, in its own answer, as "". With
// a store the answer is right.
func TestThePrintedAnswerLacksItsStore(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	printed := dialecttest.Read(t, "generate.response.json")
	v, err := field.Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	if fault, _ := field.CheckBody(op.Reply, v, false); fault == nil || !fault.Missing || fault.Field != "storeId" {
		t.Errorf("the printed answer gives %v", fault)
	}
	full := dialecttest.Edited(t, printed, "storeId", "abcd")
	for _, name := range []string{"referenceNo", "qrUrl", "qrImage", "redirectUrl", "merchantName", "terminalId"} {
		full = dialecttest.Edited(t, full, name, "x")
	}
	dialecttest.Body(t, op.Reply, full)
}

func TestCodesAreTheDocuments(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Codes(t, op, "2004700", "4004700", "4004701", "4004702", "4014700", "4034702", "4034705", "4034715",
		"4044708", "4044718", "4294700", "5004700", "5004701")
	dialecttest.Documented(t, d, op, pay.Internal, pay.BadRequest, pay.MissingHeader, pay.InvalidHeader, pay.MissingField,
		pay.InvalidFormat, pay.BadTimestamp, pay.UnknownClient, pay.BadSignature, pay.ForbiddenAPI, pay.PartnerSuspended,
		pay.RateLimited, pay.Inconsistent, pay.MerchantUnknown, pay.MerchantInactive, pay.MerchantSuspended,
		pay.MerchantBlacklisted, pay.SubMerchantInactive, pay.TerminalUnknown, pay.NotPermitted,
		pay.OverTransactionMax, pay.OverMerchantLimit)
}

func TestRepeats(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Repeats(t, d, op, [2]string{dialecttest.Ignored, dialecttest.Ignored}, [2]string{dialecttest.Replayed, "4044718"})
}

func TestSamplesArePrinted(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Samples(t, op, dialecttest.Read(t, "generate.request.json"))
}

func TestThePrintedRequestWithItsWaivers(t *testing.T) {
	w := world(t)
	w.PutOutlet(sampleMerchant, pay.SubMerchant, sampleDivision, pay.Active)
	printed := dialecttest.Read(t, "generate.request.json")
	a := w.Ask("generate", printed, dialect.WaiveAmountLimit, dialect.WaiveValidity)
	dialecttest.Expect(t, a, "2004700", "Successful")
	dialecttest.Fields(t, a, map[string]string{"partnerReferenceNo": "2020102900000000000001", "storeId": "abcd"})
	w.Replays("generate", printed, a)
}

// today is the printed request with an amount and a validity of today.
func today(t *testing.T, w *dialecttest.World) []byte {
	t.Helper()
	body := dialecttest.Edited(t, dialecttest.Read(t, "generate.request.json"), "amount.value", "10000.00")
	return dialecttest.Edited(t, body, "validityPeriod", w.Now.Add(15*time.Minute).Format(time.RFC3339))
}

func TestRealRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		arrange       func(*dialecttest.World)
		path          string
		value         any
		code, message string
	}{
		"nothing wrong":         {nil, "terminalId", "T1", "2004700", "Successful"},
		"amount over the limit": {nil, "amount.value", "12345678.00", "4034702", "Exceeds Transaction Amount Limit"},
		"amount without sen":    {nil, "amount.value", "10000", "4004701", "Invalid Field Format amount"},
		"no amount":             {nil, "amount", nil, "4004702", "Invalid Mandatory Field amount"},
		"no value":              {nil, "amount.value", nil, "4004702", "Invalid Mandatory Field amount"},
		"validity has passed":   {nil, "validityPeriod", "2020-12-23T08:31:11+07:00", "4004701", "Invalid Field Format validityPeriod"},
		"no environment":        {nil, "additionalInfo.envInfo", nil, "4004702", "Invalid Mandatory Field additionalInfo.envInfo"},
		"terminal of nobody": {nil, "additionalInfo.envInfo.terminalType", "POS", "4004701",
			"Invalid Field Format additionalInfo.envInfo.terminalType"},
		"unknown merchant": {nil, "merchantId", "nobody", "4044708", "Invalid Merchant"},
		"unknown division": {nil, "subMerchantId", "1", "4044708", "Invalid Merchant"},
		"closed store": {func(w *dialecttest.World) { w.PutOutlet(sampleMerchant, pay.Store, "abcd", pay.Inactive) },
			"terminalId", "", "4034705", "Do Not Honor"},
		"closed terminal": {func(w *dialecttest.World) { w.PutOutlet(sampleMerchant, pay.Terminal, "T1", pay.Inactive) },
			"terminalId", "T1", "4034705", "Do Not Honor"},
		"suspended merchant": {func(w *dialecttest.World) { w.PutMerchant(merchant(pay.Suspended)) },
			"terminalId", "", "4044708", "Invalid Merchant"},
		"blacklisted merchant": {func(w *dialecttest.World) { w.PutMerchant(merchant(pay.Blacklisted)) },
			"terminalId", "", "4044708", "Invalid Merchant"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			w.PutOutlet(sampleMerchant, pay.SubMerchant, sampleDivision, pay.Active)
			if c.arrange != nil {
				c.arrange(w)
			}
			dialecttest.Expect(t, w.Ask("generate", dialecttest.Edited(t, today(t, w), c.path, c.value)), c.code, c.message)
		})
	}
}

func TestTheDivisionMustBeRegistered(t *testing.T) {
	w := world(t)
	dialecttest.Expect(t, w.Ask("generate", today(t, w)), "4044708", "Invalid Merchant")
}
