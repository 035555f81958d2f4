package speedcash

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

func world(t *testing.T) *dialecttest.World {
	t.Helper()
	return dialecttest.NewWorld(t, Dialect(), storage.OpenSQLite)
}

const (
	o = field.Optional
	m = field.Mandatory
	c = field.Conditional
)

func TestDialectIsComplete(t *testing.T) {
	d := Dialect()
	dialecttest.Complete(t, d, map[string][]string{
		"token":    {"/v1.0/access-token/b2b"},
		"generate": {"/v1.0/qr/qr-mpm-generate"},
		"query":    {"/v1.0/qr/qr-mpm-query"},
		"list":     {"/v1.0/qr/qr-generate-list", "/v1.0/qr/qr-mpm-generate-list"},
		"terminal": {"/v1.0/qr/qr-generate-terminal"},
	})
	if d.Unsigned != "/v1.0" {
		t.Errorf("the path without %q may be signed, expected /v1.0", d.Unsigned)
	}
}

var headerLines = []dialecttest.Line{
	{Name: "Content-Type", Need: m, Max: 127}, {Name: "X-TIMESTAMP", Need: m}, {Name: "Authorization", Need: m},
	{Name: "X-PARTNER-ID", Need: m, Max: 36}, {Name: "CHANNEL-ID", Need: m, Max: 5},
	{Name: "X-SIGNATURE", Need: m}, {Name: "X-EXTERNAL-ID", Need: m, Max: 36},
}

func TestListHasTheDocumentsLines(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "list")
	dialecttest.Lines(t, op.Headers, headerLines)
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "dateGenerate", Need: m}, {Name: "additionalInfo", Need: m}, {Name: "additionalInfo.merchantId", Need: m, Max: 64},
	})
	dialecttest.Lines(t, op.Reply, []dialecttest.Line{
		{Name: "responseCode", Need: m, Max: 7}, {Name: "responseMessage", Need: m, Max: 150}, {Name: "dataDetail", Need: m},
		{Name: "dataDetail[].id_qr", Need: m, Max: 64}, {Name: "dataDetail[].type", Need: m}, {Name: "dataDetail[].generate_time", Need: m},
		{Name: "dataDetail[].expired_date", Need: c}, {Name: "dataDetail[].amount", Need: c, Max: 19},
	})
}

func TestGenerateHasTheProvidersLines(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Lines(t, op.Headers, headerLines)
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "terminalId", Need: o, Max: 16}, {Name: "partnerReferenceNo", Need: o, Max: 25}, {Name: "amount", Need: c},
		{Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3}, {Name: "validityPeriod", Need: o, Max: 25},
		{Name: "merchantId", Need: o, Max: 64}, {Name: "storeId", Need: o, Max: 64},
	})
}

const generateSample = `{"terminalId": "KASIR-01", "partnerReferenceNo": "INV20260131", "amount": {"value": "9000.00", "currency": "IDR"}}`

func TestRowsRefuse(t *testing.T) {
	_, list := dialecttest.Operation(t, Dialect(), "list")
	paged := dialecttest.Edited(t, dialecttest.Read(t, "list.request.json"), "additionalInfo.limit", "100")
	dialecttest.Body(t, list.Body, dialecttest.Edited(t, paged, "additionalInfo.from", "10092081"))
	dialecttest.Sample(t, list.Reply, dialecttest.Read(t, "list.response.json"))
	dialecttest.Headers(t, list.Headers, map[string]string{
		"X-TIMESTAMP": "2024-01-16T10:54:21+07:00", "X-SIGNATURE": "dPmK", "Authorization": "Bearer t", "X-PARTNER-ID": "p",
		"X-EXTERNAL-ID": "2024-05-15T06:56:02.642Z", "CHANNEL-ID": "95221", "Content-Type": "application/json",
	})
	_, generate := dialecttest.Operation(t, Dialect(), "generate")
	full := []byte(generateSample)
	for path, value := range map[string]any{
		"feeAmount": map[string]any{"value": "0.00", "currency": "IDR"}, "merchantId": "m", "subMerchantId": "s", "storeId": "s",
		"validityPeriod": "2026-01-31T10:30:00+07:00", "additionalInfo": map[string]any{},
	} {
		full = dialecttest.Edited(t, full, path, value)
	}
	dialecttest.Body(t, generate.Body, full)
}

// The fault of a missing channel id has the name that the document prints.
func TestTheChannelIsNamedAsPrinted(t *testing.T) {
	fault, _ := field.CheckHeaders([]field.Row{channelID}, func(string) []string { return nil }, false)
	if fault == nil || !fault.Missing || fault.Field != "X-CHANNEL-ID" {
		t.Errorf("without a channel id: %v", fault)
	}
}

func TestReplyRowsRefuse(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "list")
	for name, code := range map[string]struct{ json, want string }{
		"no reference":    {`{"type":"static","generate_time":"2026-01-31 10:00:00"}`, "dataDetail[0].id_qr"},
		"other type":      {`{"id_qr":"1","type":"STATIC","generate_time":"2026-01-31 10:00:00"}`, "dataDetail[0].type"},
		"time of RFC3339": {`{"id_qr":"1","type":"static","generate_time":"2026-01-31T10:00:00+07:00"}`, "dataDetail[0].generate_time"},
		"end of RFC3339":  {`{"id_qr":"1","type":"static","generate_time":"2026-01-31 10:00:00","expired_date":"2026-01-31T10:00:00Z"}`, "dataDetail[0].expired_date"},
		"plain amount":    {`{"id_qr":"1","type":"static","generate_time":"2026-01-31 10:00:00","amount":"9000"}`, "dataDetail[0].amount"},
		"names of table":  {`{"id_qr":"1","type":"static","generated_time":"2026-01-31 10:00:00"}`, "dataDetail[0].generate_time"},
		"no object":       {`"1"`, "dataDetail[0]"},
	} {
		v, err := field.Parse([]byte(`{"responseCode":"2009000","responseMessage":"Successful","dataDetail":[` + code.json + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		if fault, _ := field.CheckBody(op.Reply, v, false); fault == nil || fault.Field != code.want {
			t.Errorf("%s: %v, expected a fault of %s", name, fault, code.want)
		}
	}
}

func TestCodesAreTheDocuments(t *testing.T) {
	_, list := dialecttest.Operation(t, Dialect(), "list")
	dialecttest.Codes(t, list, "2009000", "4009001", "4019000", "4099000", "4049001", "4049000", "4039019", "4049001")
	_, generate := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Codes(t, generate, "2004700", "4004700", "4004701", "4004702", "4014700", "4014701", "4014703", "4034701",
		"4034702", "4034703", "4034705", "4034715", "4034716", "4034719", "4034720", "4044708", "4044717", "4044718", "4054700",
		"4094700", "4094701", "4294700", "5004700", "5004701", "5004702", "5044700")
}

func TestAnswersOfList(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "list")
	refused := map[*pay.Error]string{
		pay.RefuseField(pay.MissingHeader, "X-SIGNATURE", ""):  "4049001 Bad Request",
		pay.RefuseField(pay.InvalidHeader, "Content-Type", ""): "4049001 Bad Request",
		pay.RefuseField(pay.BadTimestamp, "X-TIMESTAMP", ""):   "4049001 Bad Request",
		pay.Refuse(pay.BadRequest, ""):                         "4009001 Invalid field format body",
		pay.RefuseField(pay.MissingField, "dateGenerate", ""):  "4009001 Invalid field format dateGenerate",
		pay.RefuseField(pay.InvalidFormat, "dateGenerate", ""): "4009001 Invalid field format dateGenerate",
		pay.Refuse(pay.BadSignature, ""):                       "4019000 Unauthorized. Invalid Signature",
		pay.Refuse(pay.InvalidToken, ""):                       "4019000 Unauthorized. Invalid Token (B2B)",
		pay.Refuse(pay.TokenNotFound, ""):                      "4019000 Unauthorized. Invalid Token (B2B)",
		pay.Refuse(pay.UnknownClient, ""):                      "4019000 Unauthorized. Unknown Client",
		pay.Refuse(pay.ExternalIDUsed, ""):                     "4099000 Cannot use same X-EXTERNAL-ID in same day",
		pay.Refuse(pay.ForbiddenAPI, ""):                       "4049000 Unauthorized. Client Forbidden Access API",
		pay.Refuse(pay.PartnerSuspended, ""):                   "4049000 Unauthorized. Client Forbidden Access API",
	}
	dialecttest.Refusals(t, d, op, refused)
	for err := range refused {
		dialecttest.Documented(t, d, op, err.Kind)
	}
}

func TestRepeats(t *testing.T) {
	d, generate := dialecttest.Operation(t, Dialect(), "generate")
	dialecttest.Repeats(t, d, generate, [2]string{"4094700", "4094700"}, [2]string{"4094701", "4044718"})
	if got := d.Outcome(d.Operation("list"), d.ExternalID.Same.Kind).Case.Code(d.Operation("list").Service); got != "4099000" {
		t.Errorf("list: %s, expected 4099000", got)
	}
}

func ask(t *testing.T, w *dialecttest.World, date string) dialecttest.Answer {
	t.Helper()
	body := dialecttest.Edited(t, dialecttest.Read(t, "list.request.json"), "dateGenerate", date)
	return w.Ask("list", dialecttest.Edited(t, body, "additionalInfo.merchantId", dialecttest.MerchantID))
}

func TestGenerateAndList(t *testing.T) {
	w := world(t)
	dynamic := w.Ask("generate", []byte(generateSample))
	dialecttest.Expect(t, dynamic, "2004700", "Successful")
	w.Now = w.Now.Add(time.Minute)
	static := w.Ask("generate", []byte(`{"terminalId": "KASIR-01", "validityPeriod": "2026-02-01T00:00:00+07:00"}`))
	dialecttest.Expect(t, static, "2004700", "Successful")

	a := ask(t, w, "2026-01-31T00:00:00+07:00")
	dialecttest.Expect(t, a, "2009000", "Successful")
	want := `"dataDetail":[` +
		`{"id_qr":"` + static.Text("referenceNo") + `","type":"static","generate_time":"2026-01-31 10:01:00","expired_date":null,"amount":null},` +
		`{"id_qr":"` + dynamic.Text("referenceNo") + `","type":"dynamic","generate_time":"2026-01-31 10:00:00","expired_date":"2026-01-31 10:30:00","amount":"9000.00"}]}`
	if !strings.HasSuffix(string(a.Body), want) {
		t.Errorf("the list is %s, expected …%s", a.Body, want)
	}
}

// A list is given page by page, each behind the last code of the one before;
// what no page can be is refused.
func TestListInPages(t *testing.T) {
	w := world(t)
	var made []string
	for i := range 5 {
		w.Now = w.Now.Add(time.Second)
		body := dialecttest.Edited(t, []byte(generateSample), "partnerReferenceNo", fmt.Sprintf("INV%d", i))
		made = append([]string{w.Ask("generate", body).Text("referenceNo")}, made...)
	}
	page := func(date string, extra map[string]any) dialecttest.Answer {
		body := dialecttest.Edited(t, dialecttest.Read(t, "list.request.json"), "dateGenerate", date)
		body = dialecttest.Edited(t, body, "additionalInfo.merchantId", dialecttest.MerchantID)
		for name, value := range extra {
			body = dialecttest.Edited(t, body, "additionalInfo."+name, value)
		}
		return w.Ask("list", body)
	}
	var seen []string
	for next, extra := "", map[string]any{"limit": 2}; ; extra["from"] = next {
		a := page("2026-01-31", extra)
		dialecttest.Expect(t, a, "2009000", "Successful")
		rows := idQR.FindAllStringSubmatch(string(a.Body), -1)
		for _, row := range rows {
			seen = append(seen, row[1])
		}
		if next = a.Text("additionalInfo.next"); next == "" {
			break
		}
		if len(rows) != 2 || next != rows[1][1] {
			t.Fatalf("a page of 2 is %s", a.Body)
		}
	}
	if !slices.Equal(seen, made) {
		t.Errorf("the pages have %v, made were %v", seen, made)
	}
	if a := page("2026-01-31", nil); strings.Contains(string(a.Body), "additionalInfo") {
		t.Errorf("a list that is whole goes on: %s", a.Body)
	}
	dialecttest.Expect(t, page("2026-01-31", map[string]any{"from": made[4]}), "4049001", "Transaction Not Found")
	for _, limit := range []any{0, -1, 10001, 1.5, "01", "ten", "1e3", "99999999999999999999"} {
		dialecttest.Expect(t, page("2026-01-31", map[string]any{"limit": limit}), "4009001", "Invalid field format additionalInfo.limit")
	}
	dialecttest.Expect(t, page("2026-01-31", map[string]any{"from": "nothing"}), "4009001", "Invalid field format additionalInfo.from")
	dialecttest.Expect(t, page("2026-02-01", map[string]any{"from": made[0]}), "4009001", "Invalid field format additionalInfo.from")
	dialecttest.Expect(t, page("2026-01-31", map[string]any{"limit": "10000"}), "2009000", "Successful")
}

var idQR = regexp.MustCompile(`"id_qr":"([^"]+)"`)

// 23:30 in London on the 30th is the 31st in Jakarta.
func TestTheDateIsJakartas(t *testing.T) {
	w := world(t)
	w.Now = time.Date(2026, 1, 31, 0, 0, 0, 0, pay.Jakarta)
	dialecttest.Expect(t, w.Ask("generate", []byte(generateSample)), "2004700", "Successful")
	for date, code := range map[string]string{
		"2026-01-31":                    "2009000",
		"2026-01-31T23:59:59+07:00":     "2009000",
		"2026-01-30T23:30:00Z":          "2009000",
		"2026-01-30T17:00:00.000Z":      "2009000",
		"2026-01-30":                    "4049001",
		"2026-01-30T23:59:59.999+07:00": "4049001",
		"2026-01-31T17:00:00Z":          "4049001",
		"2026-02-01T00:00:00+07:00":     "4049001",
		"2026-02-30":                    "4009001",
		"31-01-2026":                    "4009001",
		"2026-01-31 00:00:00":           "4009001",
	} {
		if a := ask(t, w, date); a.Code != code {
			t.Errorf("%s gives %s %q, expected %s", date, a.Code, a.Message, code)
		}
	}
}

func TestListRefusals(t *testing.T) {
	w := world(t)
	dialecttest.Expect(t, w.Ask("generate", []byte(generateSample)), "2004700", "Successful")
	dialecttest.Expect(t, ask(t, w, "2024-03-15T00:00:00+07:00"), "4049001", "Transaction Not Found")
	dialecttest.Expect(t, w.Ask("list", dialecttest.Read(t, "list.request.json")), "4049001", "Transaction Not Found") // merchant 121xxxx is nobody's
	dialecttest.Expect(t, w.Ask("list", []byte(`{"dateGenerate":"2026-01-31","additionalInfo":{}}`)), "4009001", "Invalid field format additionalInfo.merchantId")
	dialecttest.Expect(t, w.Ask("list", []byte(`{"dateGenerate":"2026-01-31"`)), "4009001", "Invalid field format body")
	for standing, want := range map[pay.Standing][2]string{
		pay.Inactive: {"4049001", "Transaction Not Found"}, pay.Suspended: {"4049001", "Transaction Not Found"},
		pay.Blacklisted: {"4039019", "Merchant Blacklisted"},
	} {
		merchant := dialecttest.Merchant()
		merchant.Standing = standing
		w.PutMerchant(merchant)
		dialecttest.Expect(t, ask(t, w, "2026-01-31"), want[0], want[1])
	}
}

func TestGenerateRefusals(t *testing.T) {
	w := world(t)
	for _, c := range []struct {
		path          string
		value         any
		code, message string
	}{
		{"terminalId", "KASIR 01", "4004701", "Invalid Field Format terminalId"},
		{"terminalId", "K1", "4004701", "Invalid Field Format terminalId"},
		{"partnerReferenceNo", "INV-1", "4004701", "Invalid Field Format partnerReferenceNo"},
		{"amount.value", "9000", "4004701", "Invalid Field Format amount.value"},
		{"amount.value", "0.00", "4004701", "Invalid Field Format amount.value"},
		{"amount.value", "10000001.00", "4034702", "Exceeds Transaction Amount Limit"},
		{"validityPeriod", "2026-01-31T09:59:59+07:00", "4004701", "Invalid Field Format validityPeriod"},
		{"merchantId", "nobody", "4044708", "Invalid Merchant"},
	} {
		dialecttest.Expect(t, w.Ask("generate", dialecttest.Edited(t, []byte(generateSample), c.path, c.value)), c.code, c.message)
	}
}
