package field

import (
	"net/http"
	"strings"
	"testing"
)

// sample is a QR generation request of about 1 kB, of the shape that the DANA
// document prints.
const sample = `{
  "merchantId": "216620000000000000001", "subMerchantId": "310928924949487", "storeId": "abcd", "terminalId": "72001126",
  "partnerReferenceNo": "2020102900000000000001",
  "amount": {"value": "12345678.00", "currency": "IDR"},
  "feeAmount": {"value": "12.00", "currency": "IDR"},
  "validityPeriod": "2026-01-31T14:25:00+07:00",
  "additionalInfo": {
    "terminalSource": "MERCHANT", "productCode": "51051000100000000001", "mcc": "5812",
    "items": [
      {"id": "item-1", "name": "Kopi susu gula aren", "price": {"value": "18000.00", "currency": "IDR"}, "quantity": 2},
      {"id": "item-2", "name": "Roti bakar cokelat keju", "price": {"value": "24000.00", "currency": "IDR"}, "quantity": 1}
    ],
    "envInfo": {"sourcePlatform": "IPG", "terminalType": "APP", "orderTerminalType": "APP", "sessionId": "8EU6mLl5mUpUBgyRFT4v7DjfQ3fcauthcenter",
      "websiteLanguage": "id_ID", "clientIp": "10.15.8.189", "osType": "Windows.PC", "appVersion": "1.0", "sdkVersion": "1.0", "extendInfo": "{\"deviceId\":\"CV19A56370e8a00d54293aab8001e4794\"}"}
  }
}`

var sampleRows = []Row{
	{Name: "merchantId", Need: Mandatory, Max: 64, Format: Identifier},
	{Name: "subMerchantId", Max: 32},
	{Name: "storeId", Max: 64},
	{Name: "terminalId", Max: 16},
	{Name: "partnerReferenceNo", Need: Mandatory, Min: 6, Max: 64, Format: Identifier},
	{Name: "amount", Kind: Object, Need: Conditional},
	{Name: "amount.value", Need: Mandatory, Max: 19, Format: Amount, As: "amount"},
	{Name: "amount.currency", Need: Mandatory, Format: Currency, Enum: []string{"IDR"}},
	{Name: "feeAmount", Kind: Object},
	{Name: "feeAmount.value", Need: Mandatory, Format: Amount},
	{Name: "feeAmount.currency", Need: Mandatory, Format: Currency},
	{Name: "validityPeriod", Max: 25, Format: Timestamp, Soft: true},
	{Name: "additionalInfo", Kind: Object},
	{Name: "additionalInfo.terminalSource", Enum: []string{"MER", "Merchant"}, FoldEnum: true, Soft: true},
	{Name: "additionalInfo.items", Kind: Array, Min: 1, Max: 3},
	{Name: "additionalInfo.items[]", Kind: Object},
	{Name: "additionalInfo.items[].id", Need: Mandatory, Max: 10, Soft: true},
	{Name: "additionalInfo.items[].quantity", Kind: Scalar, Max: 3},
	{Name: "additionalInfo.items[].price", Kind: Object, Need: Mandatory},
	{Name: "additionalInfo.items[].price.value", Kind: Scalar, Need: Mandatory, Format: Money, As: "items[].price"},
	{Name: "additionalInfo.items[].tags[].name", Need: Mandatory},
	{Name: "additionalInfo.envInfo.sessionId", Max: 64},
	{Name: "additionalInfo.paid", Kind: Bool},
	{Name: "additionalInfo.count", Kind: Number, Max: 4},
	{Name: "refund.value", Format: Amount, As: "refundAmount"},
	{Name: "additionalInfo.lines[].value", As: "lines[]"},
	{Name: "additionalInfo.codes[]", Format: Digits},
}

const minimal = `"merchantId":"m","partnerReferenceNo":"123456"`

func TestCheckBodyFaults(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       Fault
	}{
		{"absent", `{"partnerReferenceNo":"123456"}`, Fault{Field: "merchantId", Missing: true, Why: "mandatory"}},
		{"null", `{"merchantId":null}`, Fault{Field: "merchantId", Missing: true}},
		{"empty", `{"merchantId":""}`, Fault{Field: "merchantId", Missing: true}},
		{"wrong case of a name", `{"MerchantId":"m"}`, Fault{Field: "merchantId", Missing: true}},
		{"rows decide, not the body", `{"partnerReferenceNo":1,"merchantId":2}`, Fault{Field: "merchantId", Why: "JSON number, expected string; put it in quotes"}},
		{"object for a string", `{"merchantId":{}}`, Fault{Field: "merchantId", Why: "JSON object, expected string"}},
		{"control character", `{"merchantId":"a\u0007"}`, Fault{Field: "merchantId", Why: "control character U+0007"}},
		{"DEL", "{\"merchantId\":\"a\x7f\"}", Fault{Field: "merchantId", Why: "control character U+007F"}},
		{"control character beyond ASCII", `{"merchantId":"a\u0085"}`, Fault{Field: "merchantId", Why: "control character U+0085"}},
		{"format", `{"merchantId":"a b"}`, Fault{Field: "merchantId", Why: "expected letters A-Z"}},
		{"too short", `{"merchantId":"m","partnerReferenceNo":"1"}`, Fault{Field: "partnerReferenceNo", Why: "1 character, at least 6"}},
		{"too long", `{` + minimal + `,"terminalId":"` + strings.Repeat("x", 17) + `"}`, Fault{Field: "terminalId", Why: "17 characters, at most 16"}},
		{"characters, not bytes", `{` + minimal + `,"terminalId":"` + strings.Repeat("é", 17) + `"}`, Fault{Field: "terminalId", Why: "17 characters, at most 16"}},
		{"string for an object", `{` + minimal + `,"amount":"1.00"}`, Fault{Field: "amount", Why: "JSON string, expected object"}},
		{"empty object is present", `{` + minimal + `,"amount":{}}`, Fault{Field: "amount", Missing: true}},
		{"carries another name", `{` + minimal + `,"amount":{"value":"10000","currency":"IDR"}}`, Fault{Field: "amount", Why: "expected 1 to 16 digits, a dot and two decimals"}},
		{"number for a string", `{` + minimal + `,"amount":{"value":10000.00,"currency":"IDR"}}`, Fault{Field: "amount", Why: "put it in quotes"}},
		{"second child", `{` + minimal + `,"amount":{"value":"1.00"}}`, Fault{Field: "amount.currency", Missing: true}},
		{"enumeration", `{` + minimal + `,"amount":{"value":"1.00","currency":"USD"}}`, Fault{Field: "amount.currency", Why: "expected one of IDR"}},
		{"child of an optional parent", `{` + minimal + `,"feeAmount":{"currency":"IDR"}}`, Fault{Field: "feeAmount.value", Missing: true}},
		{"soft is hard on kind", `{` + minimal + `,"validityPeriod":1}`, Fault{Field: "validityPeriod", Why: "put it in quotes"}},
		{"too few elements", `{` + minimal + `,"additionalInfo":{"items":[]}}`, Fault{Field: "additionalInfo.items", Why: "0 elements, at least 1"}},
		{"too many elements", `{` + minimal + `,"additionalInfo":{"items":[{},{},{},{}]}}`, Fault{Field: "additionalInfo.items", Why: "4 elements, at most 3"}},
		{"element of another kind", item(`{"id":"1","price":{"value":1}},7`), Fault{Field: "additionalInfo.items[1]", Why: "JSON number, expected object"}},
		{"missing in an element", item(`{"id":"1","price":{"value":1}},{"price":{}}`), Fault{Field: "additionalInfo.items[1].id", Missing: true}},
		{"soft is hard on missing, after a soft fault", item(`{"id":"12345678901"},{"id":""}`), Fault{Field: "additionalInfo.items[1].id", Missing: true}},
		{"number too long", item(`{"id":"1","quantity":1000,"price":{"value":1}}`), Fault{Field: "additionalInfo.items[0].quantity", Why: "4 characters, at most 3"}},
		{"boolean for a scalar", item(`{"id":"1","quantity":true,"price":{"value":1}}`), Fault{Field: "additionalInfo.items[0].quantity", Why: "JSON boolean, expected string or number"}},
		{"another name in an element", item(`{"id":"1","price":{"value":"x"}}`), Fault{Field: "items[0].price", Why: "at most two decimals"}},
		{"format of a number", item(`{"id":"1","price":{"value":1e3}}`), Fault{Field: "items[0].price", Why: "at most two decimals"}},
		{"element within an element", item(`{"id":"1","price":{"value":1}},{"id":"1","price":{"value":1},"tags":[{"name":"a"},{}]}`), Fault{Field: "additionalInfo.items[1].tags[1].name", Missing: true}},
		{"object for a list without a row", item(`{"id":"1","price":{"value":1},"tags":{}}`), Fault{Field: "additionalInfo.items[0].tags", Why: "JSON object, expected array"}},
		{"null element for an object", item(`{"id":"1","price":{"value":1},"tags":[null]}`), Fault{Field: "additionalInfo.items[0].tags[0]", Why: "JSON null, expected object"}},
		{"string for a parent without a row", `{` + minimal + `,"additionalInfo":{"envInfo":"x"}}`, Fault{Field: "additionalInfo.envInfo", Why: "JSON string, expected object"}},
		{"string for a boolean", `{` + minimal + `,"additionalInfo":{"paid":"true"}}`, Fault{Field: "additionalInfo.paid", Why: "JSON string, expected boolean"}},
		{"string for a number", `{` + minimal + `,"additionalInfo":{"count":"1"}}`, Fault{Field: "additionalInfo.count", Why: "JSON string, expected number"}},
		{"string for a parent of a renamed child", `{` + minimal + `,"refund":1}`, Fault{Field: "refundAmount", Why: "JSON number, expected object"}},
		{"string for a list of a renamed child", `{` + minimal + `,"additionalInfo":{"lines":1}}`, Fault{Field: "additionalInfo.lines", Why: "JSON number, expected array"}},
		{"bare elements", `{` + minimal + `,"additionalInfo":{"codes":["1","x"]}}`, Fault{Field: "additionalInfo.codes[1]", Why: "digits only"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fault, _ := CheckBody(sampleRows, mustParse(t, c.body), false)
			same(t, fault, c.want)
		})
	}
}

func item(elements string) string {
	return `{` + minimal + `,"additionalInfo":{"items":[` + elements + `]}}`
}

func same(t *testing.T, got *Fault, want Fault) {
	t.Helper()
	if got == nil {
		t.Fatalf("no fault, want %+v", want)
	}
	if got.Field != want.Field || got.Missing != want.Missing || got.Soft != want.Soft || !strings.Contains(got.Why, want.Why) {
		t.Errorf("got %+v, want %+v", *got, want)
	}
	if text := got.Error(); !strings.HasPrefix(text, want.Field+": ") || !strings.HasSuffix(text, got.Why) {
		t.Errorf("error text %q", text)
	}
}

func TestCheckBodyPasses(t *testing.T) {
	for name, body := range map[string]string{
		"sample":                   sample,
		"minimal":                  `{` + minimal + `}`,
		"unknown fields":           `{` + minimal + `,"x":{"y":[1]}}`,
		"optional null and empty":  `{` + minimal + `,"amount":null,"feeAmount":"","terminalId":null,"additionalInfo":{"items":null,"codes":""}}`,
		"empty optional object":    `{` + minimal + `,"additionalInfo":{}}`,
		"bound in characters":      `{` + minimal + `,"terminalId":"` + strings.Repeat("é", 16) + `"}`,
		"replacement character":    `{` + minimal + `,"terminalId":"\ufffd"}`,
		"folded enumeration":       `{` + minimal + `,"additionalInfo":{"terminalSource":"mer"}}`,
		"string or number, either": item(`{"id":"1","quantity":"2","price":{"value":"1.00"}},{"id":"2","quantity":2,"price":{"value":1}}`),
		"optional elements":        `{` + minimal + `,"additionalInfo":{"codes":[null,"","1"]}}`,
	} {
		if fault, warnings := CheckBody(sampleRows, mustParse(t, body), true); fault != nil || warnings != nil {
			t.Errorf("%s: fault %v, warnings %v", name, fault, warnings)
		}
	}
}

func TestSoftRowsWarnUnlessStrict(t *testing.T) {
	v := mustParse(t, `{`+minimal+`,"validityPeriod":"tomorrow","additionalInfo":{"terminalSource":"SHOP",
		"items":[{"id":"1","price":{"value":1}},{"id":"12345678901","price":{"value":1}},{"id":"12345678902","price":{"value":1}}]}}`)
	fault, warnings := CheckBody(sampleRows, v, false)
	if fault != nil || len(warnings) != 3 {
		t.Fatalf("fault %v, warnings %v", fault, warnings)
	}
	same(t, &warnings[0], Fault{Field: "validityPeriod", Soft: true, Why: "expected date and time"})
	same(t, &warnings[1], Fault{Field: "additionalInfo.terminalSource", Soft: true, Why: "expected one of MER, Merchant"})
	same(t, &warnings[2], Fault{Field: "additionalInfo.items[1].id", Soft: true, Why: "11 characters, at most 10"})
	fault, _ = CheckBody(sampleRows, v, true)
	same(t, fault, Fault{Field: "validityPeriod", Why: "expected date and time"})
}

func TestWarningsComeWithTheFault(t *testing.T) {
	v := mustParse(t, `{`+minimal+`,"validityPeriod":"tomorrow","additionalInfo":[]}`)
	fault, warnings := CheckBody(sampleRows, v, false)
	same(t, fault, Fault{Field: "additionalInfo", Why: "JSON array, expected object"})
	if len(warnings) != 1 || warnings[0].Field != "validityPeriod" {
		t.Errorf("warnings %v", warnings)
	}
}

var headerRows = []Row{
	{Name: "X-TIMESTAMP", Need: Mandatory, Max: 25, Format: Timestamp},
	{Name: "X-SIGNATURE", Need: Mandatory},
	{Name: "Content-Type", Need: Mandatory, Format: JSONType},
	{Name: "X-EXTERNAL-ID", Need: Mandatory, Max: 36, Format: Digits, Soft: true},
	{Name: "X-DEVICE-ID", Max: 8},
}

func TestCheckHeaders(t *testing.T) {
	good := http.Header{
		"X-Timestamp": {"2026-01-31T23:59:59+07:00"}, "X-Signature": {"c2ln"}, "Content-Type": {"application/json; charset=utf-8"},
		"X-External-Id": {"123"}, "X-Device-Id": {""},
	}
	if fault, warnings := CheckHeaders(headerRows, good.Values, true); fault != nil || warnings != nil {
		t.Fatalf("good headers: fault %v, warnings %v", fault, warnings)
	}
	for _, c := range []struct {
		name, header string
		values       []string
		want         Fault
	}{
		{"absent", "X-Timestamp", nil, Fault{Field: "X-TIMESTAMP", Missing: true}},
		{"empty", "X-Signature", []string{""}, Fault{Field: "X-SIGNATURE", Missing: true}},
		{"twice", "X-Signature", []string{"a", "a"}, Fault{Field: "X-SIGNATURE", Why: "given twice"}},
		{"thrice, optional", "X-Device-Id", []string{"a", "b", ""}, Fault{Field: "X-DEVICE-ID", Why: "given 3 times"}},
		{"twice, soft", "X-External-Id", []string{"1", "1"}, Fault{Field: "X-EXTERNAL-ID", Why: "given twice"}},
		{"format", "X-Timestamp", []string{"2006-01-02 15:04:05+07:00"}, Fault{Field: "X-TIMESTAMP", Why: "expected date and time"}},
		{"too long", "X-Device-Id", []string{"123456789"}, Fault{Field: "X-DEVICE-ID", Why: "9 characters, at most 8"}},
		{"invalid UTF-8", "X-Device-Id", []string{"a\xFF"}, Fault{Field: "X-DEVICE-ID", Why: "invalid UTF-8"}},
		{"control character", "X-Device-Id", []string{"a\tb"}, Fault{Field: "X-DEVICE-ID", Why: "control character U+0009"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			headers := good.Clone()
			headers[c.header] = c.values
			fault, _ := CheckHeaders(headerRows, headers.Values, false)
			same(t, fault, c.want)
		})
	}
}

func TestSoftHeadersWarnUnlessStrict(t *testing.T) {
	headers := http.Header{
		"X-Timestamp": {"2026-01-31T23:59:59+07:00"}, "X-Signature": {"c2ln"}, "Content-Type": {"application/json"},
		"X-External-Id": {"sdk07868-f9ca-4ffc-a1f4-2f7a6d3b0a8c"},
	}
	fault, warnings := CheckHeaders(headerRows, headers.Values, false)
	if fault != nil || len(warnings) != 1 {
		t.Fatalf("fault %v, warnings %v", fault, warnings)
	}
	same(t, &warnings[0], Fault{Field: "X-EXTERNAL-ID", Soft: true, Why: "digits only"})
	fault, _ = CheckHeaders(headerRows, headers.Values, true)
	same(t, fault, Fault{Field: "X-EXTERNAL-ID", Why: "digits only"})
}

func TestNeedNames(t *testing.T) {
	if got := Optional.String() + Mandatory.String() + Conditional.String(); got != "OMC" {
		t.Errorf("needs print as %s", got)
	}
}

func TestCheckingDoesNotAllocate(t *testing.T) {
	body := mustParse(t, sample)
	headers := map[string][]string{
		"X-TIMESTAMP": {"2026-01-31T23:59:59+07:00"}, "X-SIGNATURE": {"c2ln"}, "Content-Type": {"application/json"}, "X-EXTERNAL-ID": {"1"},
	}
	get := func(name string) []string { return headers[name] }
	for name, work := range map[string]func(){
		"CheckBody":    func() { CheckBody(sampleRows, body, true) },
		"CheckHeaders": func() { CheckHeaders(headerRows, get, true) },
		"Get":          func() { body.Get("additionalInfo.envInfo.sessionId").Text() },
	} {
		if n := testing.AllocsPerRun(100, work); n > 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	body := []byte(sample)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckBody(b *testing.B) {
	v := mustParse(b, sample)
	b.ReportAllocs()
	for b.Loop() {
		if fault, _ := CheckBody(sampleRows, v, true); fault != nil {
			b.Fatal(fault)
		}
	}
}
