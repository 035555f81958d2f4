package described_test

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/storage"
)

// winpaySample is the request of Winpay's document, at another time: its own
// is of 2023.
const winpaySample = `{"partnerReferenceNo": "ref00000000001", "amount": {"value": "50000.00", "currency": "IDR"},
	"validityPeriod": "2026-02-01T10:00:00+07:00", "additionalInfo": {"isStatic": false}}`

// TestWinpaysRules: what its document says and rows alone cannot.
func TestWinpaysRules(t *testing.T) {
	w := dialecttest.NewWorld(t, example(t, "winpay"), storage.OpenSQLite)
	dialecttest.Expect(t, w.Ask("generate", []byte(winpaySample)), "2004700", "Success")
	for _, c := range []struct {
		path    string
		value   any
		message string
	}{
		{"validityPeriod", nil, "4004702 Invalid Mandatory Field validityPeriod"},
		{"validityPeriod", "2026-01-31T10:00:30+07:00", "4004701 Invalid Field Format validityPeriod"},
		{"validityPeriod", "2026-06-01T00:00:00+07:00", "4004701 Invalid Field Format validityPeriod"},
		{"additionalInfo.isStatic", nil, "4004702 Invalid Mandatory Field additionalInfo.isStatic"},
		{"additionalInfo.isStatic", "false", "4004701 Invalid Field Format additionalInfo.isStatic"},
		{"partnerReferenceNo", "ref1", "4004701 Invalid Field Format partnerReferenceNo"},
		{"amount", nil, "4004702 Invalid Mandatory Field amount"},
		{"amount.currency", "USD", "4004701 Invalid Field Format amount.currency"},
		{"terminalId", "TERM GIGIH", "2004700 Success"},
	} {
		if got := w.Ask("generate", dialecttest.Edited(t, []byte(winpaySample), c.path, c.value)).String(); got != c.message {
			t.Errorf("%s = %v gives %s, expected %s", c.path, c.value, got, c.message)
		}
	}
}

// TestStatic: a field says what is static, whatever the amount.
func TestStatic(t *testing.T) {
	w := dialecttest.NewWorld(t, example(t, "winpay"), storage.OpenSQLite)
	for _, c := range []struct {
		static bool
		ends   any
	}{{false, "2026-02-01T10:00:00+07:00"}, {true, nil}, {true, "2026-02-01T10:00:00+07:00"}} {
		body := dialecttest.Edited(t, []byte(winpaySample), "additionalInfo.isStatic", c.static)
		a := w.Ask("generate", dialecttest.Edited(t, body, "validityPeriod", c.ends))
		dialecttest.Expect(t, a, "2004700", "Success")
		static := strings.HasPrefix(a.Text("qrContent"), "000201010211") // 01 is 11
		code, err := w.Core.Code(t.Context(), a.Text("referenceNo"))
		if err != nil {
			t.Fatal(err)
		}
		if static != c.static || code.Static() != c.static || code.ExpiresAt.IsZero() != (c.ends == nil) {
			t.Errorf("isStatic %v until %v: payload static %v, code %+v", c.static, c.ends, static, code)
		}
	}
	once := dialecttest.NewWorld(t, read(t, acme(`"operations": {"token": {}, "generate": {
		"body": [{"name": "kind", "need": "mandatory", "about": "fixed or open"}], "static": {"field": "kind", "is": "open"}}}`)), storage.OpenSQLite)
	dialecttest.Expect(t, once.Ask("generate", []byte(`{"kind": "open"}`)), "2004700", "Request has been processed successfully")
	dialecttest.Expect(t, once.Ask("generate", []byte(`{"kind": "fixed"}`)), "4004702", "Invalid Mandatory Field amount")
}

// TestConditions: numbers, texts and booleans are compared as written.
func TestConditions(t *testing.T) {
	w := dialecttest.NewWorld(t, read(t, acme(`"operations": {"token": {}, "generate": {"body": [
		{"name": "level", "kind": "string or number", "about": "1 to 3"},
		{"name": "storeId", "as": "store", "when": {"field": "level", "is": 2}}]}}`)), storage.OpenSQLite)
	for body, want := range map[string]string{
		`{}`:                             "2004700 Request has been processed successfully",
		`{"level": 1}`:                   "2004700 Request has been processed successfully",
		`{"level": 2}`:                   "4004702 Invalid Mandatory Field store",
		`{"level": "2", "storeId": ""}`:  "4004702 Invalid Mandatory Field store",
		`{"level": 2, "storeId": "S-1"}`: "2004700 Request has been processed successfully",
	} {
		if got := w.Ask("generate", []byte(body)).String(); got != want {
			t.Errorf("%s gives %s, expected %s", body, got, want)
		}
	}
}

// TestNotification: the standard's body, in the dialect's own words.
func TestNotification(t *testing.T) {
	w := dialecttest.NewWorld(t, read(t, acme(`"statuses": {"paid": {"code": "90", "text": "Lunas"}}, "operations": {"token": {}, "generate": {}}`)), storage.OpenSQLite)
	a := w.Ask("generate", []byte(`{"partnerReferenceNo": "A1", "storeId": "S-1", "amount": {"value": "15000.00", "currency": "IDR"}}`))
	for _, word := range [][2]string{{"01", "Initiated"}, {"90", "Lunas"}} {
		told := w.Tells(a.Text("referenceNo"))
		if told["originalReferenceNo"] != a.Text("referenceNo") || told["latestTransactionStatus"] != word[0] || told["transactionStatusDesc"] != word[1] {
			t.Errorf("%v, expected %v", told, word)
		}
		if word[0] == "01" {
			w.Pay(a.Text("qrContent"), 0)
		}
	}
}
