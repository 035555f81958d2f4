package paydia

import (
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
	dialecttest.Complete(t, Dialect(), map[string][]string{
		"token":          {"/snap/v1.0/access-token/b2b"},
		"customer-token": {"/snap/v1.0/access-token/b2b2c"},
		"generate":       {"/snap/v1.0/qr/qr-mpm-generate"},
		"decode":         {"/snap/v1.0/qr/qr-mpm-decode"},
		"payment":        {"/snap/v1.0/qr/qr-mpm-payment"},
		"query":          {"/snap/v1.0/qr/qr-mpm-query"},
		"status":         {"/snap/v1.0/qr/qr-mpm-status", "/snap/v2.0/qr/qr-mpm-status"},
		"refund":         {"/snap/v1.0/qr/qr-mpm-refund"},
	})
}

func TestPaymentHasTheDocumentsLines(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "payment")
	dialecttest.Lines(t, op.Headers, []dialecttest.Line{
		{Name: "Content-Type", Need: m, Max: 127}, {Name: "Authorization", Need: m},
		{Name: "Authorization-Customer", Need: m, Max: 64}, {Name: "X-TIMESTAMP", Need: m},
		{Name: "X-PARTNER-ID", Need: m, Max: 36}, {Name: "X-EXTERNAL-ID", Need: m, Max: 36},
		{Name: "CHANNEL-ID", Need: m, Max: 5}, {Name: "X-SIGNATURE", Need: m},
	})
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "partnerReferenceNo", Need: m, Max: 64},
		{Name: "amount", Need: c}, {Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3},
		{Name: "feeAmount", Need: o}, {Name: "feeAmount.value", Need: m, Max: 19}, {Name: "feeAmount.currency", Need: m, Max: 3},
		{Name: "additionalInfo", Need: m}, {Name: "additionalInfo.qrContent", Need: m, Max: 512},
	})
	dialecttest.Lines(t, op.Reply, []dialecttest.Line{
		{Name: "responseCode", Need: m, Max: 7}, {Name: "responseMessage", Need: m, Max: 150},
		{Name: "referenceNo", Need: o, Max: 64}, {Name: "partnerReferenceNo", Need: m, Max: 64}, {Name: "transactionDate", Need: m, Max: 25},
		{Name: "amount", Need: m}, {Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3},
		{Name: "feeAmount", Need: m}, {Name: "feeAmount.value", Need: m, Max: 19}, {Name: "feeAmount.currency", Need: m, Max: 3},
	})
}

func TestPaymentRowsRefuse(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "payment")
	full := dialecttest.Edited(t, dialecttest.Read(t, "payment.repaired.json"), "feeAmount", map[string]any{"value": "0.00", "currency": "IDR"})
	dialecttest.Body(t, op.Body, full)
	dialecttest.Body(t, op.Reply, dialecttest.Read(t, "payment.response.json"))
	dialecttest.Headers(t, op.Headers, map[string]string{
		"X-TIMESTAMP": "2024-09-09T16:26:28+07:00", "X-SIGNATURE": "dPmK", "Authorization": "Bearer t",
		"Authorization-Customer": "t", "X-PARTNER-ID": "35d1a1127182a65e4fe0256242a40a6d",
		"X-EXTERNAL-ID": "1725874065", "CHANNEL-ID": "894", "Content-Type": "application/json",
	})
}

// The customer token of the sample has 411 characters where the table allows
// 64: a warning.
func TestTheSamplesCustomerTokenPasses(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "payment")
	token := func(string) []string { return []string{strings.Repeat("e", 411)} }
	fault, warnings := field.CheckHeaders(op.Headers[3:4], token, false)
	if fault != nil || len(warnings) != 1 || warnings[0].Field != "Authorization-Customer" {
		t.Errorf("411 characters give %v and the warnings %v", fault, warnings)
	}
}

func TestHeadersKeepTheOrderOfPrecedence(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "payment")
	want := []string{"X-TIMESTAMP", "X-SIGNATURE", "Authorization", "Authorization-Customer", "X-PARTNER-ID", "X-EXTERNAL-ID", "CHANNEL-ID", "Content-Type"}
	for i, r := range op.Headers {
		if r.Name != want[i] {
			t.Errorf("header %d is %s, expected %s", i, r.Name, want[i])
		}
	}
}

func TestCodesAreTheDocuments(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "payment")
	dialecttest.Codes(t, op,
		"2005000", "4005000", "4005001", "4005002", "4015000", "4015001", "4035002", "4035005", "4035014",
		"4045001", "4095000", "4095001", "5005000", "5005001")
}

// Three kinds have codes outside the list: wrong method, rate and path. The
// others that are left out are of refunds and terminals.
func TestEveryRefusalIsDocumented(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "payment")
	dialecttest.Documented(t, d, op, dialecttest.KindsBut(pay.RateLimited, pay.NotSupported, pay.NotRouted,
		pay.WrongState, pay.OverRefund, pay.Refunded, pay.RefundLate, pay.RefundPartial, pay.OverTerminals)...)
}

func TestAnswersOfKinds(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "payment")
	dialecttest.Refusals(t, d, op, map[*pay.Error]string{
		pay.Refuse(pay.UnknownClient, ""):                    "4015000 Unauthorized. Unknown Client",
		pay.Refuse(pay.PartnerSuspended, ""):                 "4015000 Unauthorized. Connection not allowed",
		pay.Refuse(pay.ForbiddenAPI, ""):                     "4015000 Unauthorized. Connection not allowed",
		pay.Refuse(pay.TokenNotFound, ""):                    "4015001 Invalid Token (B2B)",
		pay.Refuse(pay.InvalidCustomer, ""):                  "4015001 Invalid Customer Token",
		pay.Refuse(pay.CustomerNotFound, ""):                 "4015001 Invalid Customer Token",
		pay.RefuseField(pay.BadTimestamp, "X-TIMESTAMP", ""): "4005001 Invalid Field Format X-TIMESTAMP",
		pay.RefuseField(pay.AmountMismatch, "amount", ""):    "4005001 Invalid Field Format amount.value",
		pay.RefuseField(pay.BadPayload, "qrContent", "why"):  "4005001 Invalid Field Format additionalInfo.qrContent. why",
	})
}

func TestRepeats(t *testing.T) {
	d, op := dialecttest.Operation(t, Dialect(), "payment")
	dialecttest.Repeats(t, d, op, [2]string{"4095000", "4095000"}, [2]string{"4095001", "4095001"})
}

// The page shows one of two spaces before Firman: as printed the payload
// cannot be paid and the answer says why.
func TestThePrintedPayloadIsRefused(t *testing.T) {
	w := world(t)
	body := dialecttest.Read(t, "payment.request.json")
	_, op := dialecttest.Operation(t, Dialect(), "payment")
	dialecttest.Sample(t, op.Body, body)
	a := w.Ask("payment", body)
	if a.Code != "4005001" || !strings.HasPrefix(a.Message, "Invalid Field Format additionalInfo.qrContent. ") || !strings.Contains(a.Message, "a run of spaces was collapsed") {
		t.Errorf("the printed sample gives %s %q", a.Code, a.Message)
	}
}

func TestTheRepairedSampleIsPaid(t *testing.T) {
	w := world(t)
	repaired := dialecttest.Read(t, "payment.repaired.json")
	a := w.Ask("payment", repaired)
	dialecttest.Expect(t, a, "2005000", "Success")
	dialecttest.Fields(t, a, map[string]string{
		"partnerReferenceNo": "cdfde219-6c5b-4ff7-afb5-7d825a8fd768", "transactionDate": "2026-01-31T10:00:00+07:00",
		"amount.value": "10000.00", "amount.currency": "IDR", "feeAmount.value": "0.00",
	})
	w.Replays("payment", repaired, a)
	w.Balanced()
}

func TestRealRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		arrange       func(*dialecttest.World)
		path          string
		value         any
		code, message string
	}{
		"no amount for a static code": {nil, "amount", nil, "4005002", "Invalid Mandatory Field amount"},
		"amount of zero":              {nil, "amount.value", "0.00", "4005001", "Invalid Field Format amount.value"},
		"other currency":              {nil, "amount.currency", "USD", "4005001", "Invalid Field Format amount.currency"},
		"sen":                         {nil, "amount.value", "1.50", "4005001", "Invalid Field Format amount.value"},
		"over the limit":              {nil, "amount.value", "10000001.00", "4035002", "Exceeds Transaction Amount Limit"},
		"more than the wallet":        {nil, "amount.value", "1000001.00", "4035014", "Insufficient Funds"},
		"no payload":                  {nil, "additionalInfo.qrContent", "", "4005002", "Invalid Mandatory Field additionalInfo.qrContent"},
		"dormant payer":               {func(w *dialecttest.World) { w.SetPayer(pay.Dormant, 0) }, "amount.value", "1.00", "4035005", "Do Not Honor"},
		"blocked payer":               {func(w *dialecttest.World) { w.SetPayer(pay.Blocked, 0) }, "amount.value", "1.00", "4035005", "Do Not Honor"},
		"payer's day limit":           {func(w *dialecttest.World) { w.SetPayer(pay.Active, 100) }, "amount.value", "2.00", "4035002", "Exceeds Transaction Amount Limit"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			if c.arrange != nil {
				c.arrange(w)
			}
			a := w.Ask("payment", dialecttest.Edited(t, dialecttest.Read(t, "payment.repaired.json"), c.path, c.value))
			dialecttest.Expect(t, a, c.code, c.message)
			w.Balanced()
		})
	}
}

// payable generates a dynamic code of our own merchant for Rp 5,000 and gives
// the sample request that pays it.
func payable(t *testing.T, w *dialecttest.World, life time.Duration) []byte {
	t.Helper()
	partner, err := w.Core.Partner(t.Context(), dialecttest.PartnerID)
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.Core.Generate(t.Context(), pay.GenerateRequest{Partner: partner, Amount: pay.Rp(5000), ExpiresAt: w.Now.Add(life)})
	if err != nil {
		t.Fatal(err)
	}
	body := dialecttest.Edited(t, dialecttest.Read(t, "payment.repaired.json"), "additionalInfo.qrContent", code.Payload)
	return dialecttest.Edited(t, body, "amount", nil)
}

func TestADynamicCodeIsPaidOnce(t *testing.T) {
	w := world(t)
	body := payable(t, w, time.Hour)
	a := w.Ask("payment", body)
	dialecttest.Expect(t, a, "2005000", "Success")
	if got := a.Text("amount.value"); got != "5000.00" {
		t.Errorf("paid %s, the code asks for 5000.00", got)
	}
	dialecttest.Expect(t, w.Ask("payment", body), "4045001", "Transaction Not Found")
	w.Balanced()
}

func TestOwnCodesThatCannotBePaid(t *testing.T) {
	w := world(t)
	body := payable(t, w, time.Hour)
	other := map[string]any{"value": "5001.00", "currency": "IDR"}
	dialecttest.Expect(t, w.Ask("payment", dialecttest.Edited(t, body, "amount", other)), "4005001", "Invalid Field Format amount.value")
	for _, standing := range []pay.Standing{pay.Inactive, pay.Suspended, pay.Blacklisted} {
		merchant := dialecttest.Merchant()
		merchant.Standing = standing
		w.PutMerchant(merchant)
		dialecttest.Expect(t, w.Ask("payment", body), "4035005", "Do Not Honor")
	}
	limited := dialecttest.Merchant()
	limited.DayLimit = pay.Rp(4999)
	w.PutMerchant(limited)
	dialecttest.Expect(t, w.Ask("payment", body), "4035002", "Exceeds Transaction Amount Limit")
	w.PutMerchant(dialecttest.Merchant())
	w.Now = w.Now.Add(time.Hour)
	dialecttest.Expect(t, w.Ask("payment", body), "4045001", "Transaction Not Found")
	w.Balanced()
}
