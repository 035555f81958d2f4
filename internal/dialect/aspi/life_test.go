package aspi_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/qris"
	"github.com/qrisd/qrisd/snap"
)

const processed = "Request has been processed successfully"

// later are the operations on what exists already.
var later = []string{"decode", "apply-ott", "query", "status", "cancel", "refund"}

func TestTheStandardsSamplesPass(t *testing.T) {
	for _, name := range later {
		_, op := dialecttest.Operation(t, aspi.Dialect(), name)
		dialecttest.Sample(t, op.Body, dialecttest.Read(t, name+".request.json"))
		dialecttest.Sample(t, op.Reply, dialecttest.Read(t, name+".response.json"))
	}
}

func TestLinesOfTheLife(t *testing.T) {
	originals := []dialecttest.Line{
		{Name: "originalReferenceNo", Need: o, Max: 64}, {Name: "originalPartnerReferenceNo", Need: o, Max: 64},
		{Name: "originalExternalId", Need: o, Max: 32}, {Name: "additionalInfo", Need: o},
	}
	place := []dialecttest.Line{
		{Name: "merchantId", Need: o, Max: 64}, {Name: "subMerchantId", Need: o, Max: 32}, {Name: "externalStoreId", Need: o, Max: 64},
	}
	status := []dialecttest.Line{{Name: "responseCode", Need: m, Max: 7}, {Name: "responseMessage", Need: m, Max: 150}}
	standing := []dialecttest.Line{
		{Name: "serviceCode", Need: m, Max: 2}, {Name: "latestTransactionStatus", Need: m, Max: 2}, {Name: "transactionStatusDesc", Need: o, Max: 50},
	}
	for name, lines := range map[string]struct{ body, reply [][]dialecttest.Line }{
		"query": {
			[][]dialecttest.Line{originals, place, {{Name: "serviceCode", Need: m, Max: 2}}},
			[][]dialecttest.Line{status, originals, standing, amountLines("amount", o), amountLines("feeAmount", o),
				{{Name: "paidTime", Need: c, Max: 25}, {Name: "terminalId", Need: o, Max: 16}}},
		},
		"status": {
			[][]dialecttest.Line{originals, amountLines("amount", o), {{Name: "serviceCode", Need: m, Max: 2}, {Name: "transactionDate", Need: o, Max: 25}}},
			[][]dialecttest.Line{status, originals, standing, amountLines("amount", o), {
				{Name: "originalResponseCode", Need: o, Max: 7}, {Name: "originalResponseMessage", Need: o, Max: 150},
				{Name: "sessionId", Need: o, Max: 25}, {Name: "requestId", Need: o, Max: 25}, {Name: "transactionDate", Need: o, Max: 25}}},
		},
		"cancel": {
			[][]dialecttest.Line{originals, place[1:], amountLines("amount", o), {{Name: "merchantId", Need: m, Max: 64}, {Name: "reason", Need: m, Max: 256}}},
			[][]dialecttest.Line{status, originals, {{Name: "cancelTime", Need: c, Max: 25}, {Name: "transactionDate", Need: o, Max: 25}}},
		},
		"refund": {
			[][]dialecttest.Line{originals[:1], originals[2:], place, amountLines("refundAmount", o), {{Name: "reason", Need: o, Max: 256},
				{Name: "originalPartnerReferenceNo", Need: m, Max: 64}, {Name: "partnerRefundNo", Need: m, Max: 64}}},
			[][]dialecttest.Line{status, originals, amountLines("refundAmount", o), {{Name: "refundNo", Need: m, Max: 64},
				{Name: "partnerRefundNo", Need: o, Max: 64}, {Name: "refundTime", Need: m, Max: 25}}},
		},
		"decode": {
			[][]dialecttest.Line{amountLines("amount", o), place[:2], {{Name: "partnerReferenceNo", Need: o, Max: 64},
				{Name: "qrContent", Need: m, Max: 512}, {Name: "scanTime", Need: m, Max: 25}, {Name: "additionalInfo", Need: o}}},
			[][]dialecttest.Line{status, amountLines("transactionAmount", o), amountLines("feeAmount", o), {
				{Name: "referenceNo", Need: c, Max: 64}, {Name: "partnerReferenceNo", Need: o, Max: 64}, {Name: "redirectUrl", Need: c, Max: 512},
				{Name: "merchantName", Need: c, Max: 25}, {Name: "merchantCategory", Need: c, Max: 32}, {Name: "merchantLocation", Need: c, Max: 25},
				{Name: "merchantInfos", Need: o}, {Name: "merchantInfos[].merchantPAN", Need: m, Max: 19},
				{Name: "merchantInfos[].acquirerName", Need: m, Max: 50}, {Name: "additionalInfo", Need: o}}},
		},
		"apply-ott": {
			[][]dialecttest.Line{{{Name: "userResources[]", Need: m, Max: 64}, {Name: "additionalInfo", Need: o}}},
			[][]dialecttest.Line{status, {{Name: "userResources", Need: m}, {Name: "userResources[].resourceType", Need: m, Max: 32},
				{Name: "userResources[].value", Need: m, Max: 64}, {Name: "additionalInfo", Need: o}}},
		},
	} {
		_, op := dialecttest.Operation(t, aspi.Dialect(), name)
		dialecttest.Lines(t, op.Headers, outer)
		for _, group := range lines.body {
			dialecttest.Lines(t, op.Body, group)
		}
		for _, group := range lines.reply {
			dialecttest.Lines(t, op.Reply, group)
		}
	}
}

const oneRefund = `{"refundNo": "R", "partnerRefundNo": "r", "refundAmount": {"value": "1.00", "currency": "IDR"}, "refundTime": "2020-12-21T17:21:41+07:00"}`

// The printed bodies with what they leave out: the first spells externalStoreId
// with a space behind it.
func TestRowsOfTheLifeRefuse(t *testing.T) {
	more := map[string]map[string]any{
		"query":  {"externalStoreId": "s"},
		"status": {"merchantId": "m"},
	}
	history := map[string]bool{"query": true, "status": true}
	for _, name := range later {
		_, op := dialecttest.Operation(t, aspi.Dialect(), name)
		body := dialecttest.Read(t, name+".request.json")
		for path, value := range more[name] {
			body = dialecttest.Edited(t, body, path, value)
		}
		dialecttest.Body(t, op.Body, body)
		reply := dialecttest.Read(t, name+".response.json")
		if history[name] {
			reply = []byte(strings.Replace(string(reply), `"additionalInfo":{`, `"additionalInfo":{"refundHistory":[`+oneRefund+`],`, 1))
		}
		dialecttest.Body(t, op.Reply, reply)
	}
}

// life is a world with one dynamic code of Rp 10,000.
type life struct {
	*dialecttest.World
	t    *testing.T
	code dialecttest.Answer
}

func born(t *testing.T) life {
	w := world(t)
	w.Remember = true
	return life{w, t, w.Ask("generate", []byte(fullGenerate))}
}

// body is a request with the code's reference, and changes in pairs of path
// and value.
func (l life) body(body string, changes ...any) []byte {
	l.t.Helper()
	b := []byte(strings.ReplaceAll(body, "{ref}", l.code.Text("referenceNo")))
	for i := 0; i < len(changes); i += 2 {
		b = dialecttest.Edited(l.t, b, changes[i].(string), changes[i+1])
	}
	return b
}

// asked is a request's changes and the code and message of its answer.
type asked struct {
	want    string
	changes []any
}

const (
	asks = `{"originalReferenceNo": "{ref}", "serviceCode": "47"}`
	ends = `{"originalReferenceNo": "{ref}", "merchantId": "merchant-1", "reason": "out of stock"}`
	// returns gives back Rp 4,000 of it.
	returns = `{"originalPartnerReferenceNo": "2020102900000000000001", "partnerRefundNo": "refund-1",
	  "refundAmount": {"value": "4000.00", "currency": "IDR"}, "reason": "too salty"}`
)

func (l life) stands(status, desc string) dialecttest.Answer {
	l.t.Helper()
	a := l.Ask("query", l.body(asks))
	dialecttest.Expect(l.t, a, "2005100", processed)
	dialecttest.Fields(l.t, a, map[string]string{
		"originalReferenceNo": l.code.Text("referenceNo"), "originalPartnerReferenceNo": "2020102900000000000001", "originalExternalId": "",
		"serviceCode": "47", "latestTransactionStatus": status, "transactionStatusDesc": desc,
		"amount.value": "10000.00", "feeAmount.value": "0.00", "terminalId": "213141251124",
	})
	return a
}

func TestPaidAndRefunded(t *testing.T) {
	l := born(t)
	if a := l.stands("01", "Initiated"); a.Text("paidTime") != "" {
		t.Errorf("paid at %s", a.Text("paidTime"))
	}
	dialecttest.Expect(t, l.Ask("refund", l.body(returns)), "4047800", "Invalid Transaction Status")
	l.Now = l.Now.Add(time.Minute)
	l.Pay(l.code.Text("qrContent"), 0)
	dialecttest.Fields(t, l.stands("00", "Success"), map[string]string{"paidTime": "2026-01-31T10:01:00+07:00"})

	first := l.Ask("refund", l.body(returns))
	dialecttest.Expect(t, first, "2007800", processed)
	dialecttest.Fields(t, first, map[string]string{
		"originalReferenceNo": l.code.Text("referenceNo"), "originalPartnerReferenceNo": "2020102900000000000001",
		"partnerRefundNo": "refund-1", "refundAmount.value": "4000.00", "refundTime": "2026-01-31T10:01:00+07:00",
	})
	again := l.Ask("refund", l.body(returns))
	if string(again.Body) != string(first.Body) {
		t.Errorf("asked again: %s, first: %s", again.Body, first.Body)
	}
	if a := l.stands("00", "Success"); !strings.Contains(string(a.Body), `"refundHistory":[{"refundNo":"`+first.Text("refundNo")+`","partnerRefundNo":"refund-1"`) {
		t.Errorf("the history of %s", a.Body)
	}
	l.refusesRefunds()

	rest := l.Ask("refund", l.body(returns, "partnerRefundNo", "refund-2", "refundAmount", nil))
	dialecttest.Fields(t, rest, map[string]string{"refundAmount.value": "6000.00"})
	l.stands("04", "Refunded")
	dialecttest.Expect(t, l.Ask("refund", l.body(returns, "partnerRefundNo", "refund-3")), "4047800", "Invalid Transaction Status")
	l.Balanced()
}

// refusesRefunds of what is left, Rp 6,000.
func (l life) refusesRefunds() {
	l.t.Helper()
	for _, a := range []asked{
		{"4047818 Inconsistent Request", []any{"refundAmount.value", "1.00"}},
		{"4047818 Inconsistent Request", []any{"originalPartnerReferenceNo", "nobody"}},
		{"4037802 Exceeds Transaction Amount Limit", []any{"refundAmount.value", "6001.00", "partnerRefundNo", "r"}},
		{"4047801 Transaction Not Found", []any{"originalPartnerReferenceNo", "nobody", "partnerRefundNo", "r"}},
		{"4047801 Transaction Not Found", []any{"originalReferenceNo", "nobody", "partnerRefundNo", "r"}},
		{"4047808 Invalid Merchant", []any{"merchantId", "nobody", "partnerRefundNo", "r"}},
		{"4007801 Invalid Field Format refundAmount.value", []any{"refundAmount.value", "0.00", "partnerRefundNo", "r"}},
		{"4007801 Invalid Field Format refundAmount.currency", []any{"refundAmount.currency", "USD", "partnerRefundNo", "r"}},
		{"4007802 Invalid Mandatory Field partnerRefundNo", []any{"partnerRefundNo", ""}},
		{"4007802 Invalid Mandatory Field originalPartnerReferenceNo", []any{"originalPartnerReferenceNo", nil}},
		{"4007802 Invalid Mandatory Field refundAmount.currency", []any{"refundAmount.currency", nil}},
		{"4007801 Invalid Field Format reason", []any{"reason", strings.Repeat("x", 257)}},
		{"4007801 Invalid Field Format refundAmount.value", []any{"refundAmount.value", "10000"}},
	} {
		if got := l.Ask("refund", l.body(returns, a.changes...)); got.String() != a.want {
			l.t.Errorf("%v gives %s, expected %s", a.changes, got, a.want)
		}
	}
}

func TestRefundsByAgreement(t *testing.T) {
	l := born(t)
	l.Pay(l.code.Text("qrContent"), 0)
	l.Agree(pay.PartnerSettings{Refunds: pay.RefundPolicy{Window: time.Hour, FullOnly: true}})
	dialecttest.Expect(t, l.Ask("refund", l.body(returns)), "4037815",
		"Transaction Not Permitted. the acquirer refunds only the whole amount, 10000.00")
	l.Now = l.Now.Add(time.Hour + time.Second)
	dialecttest.Expect(t, l.Ask("refund", l.body(returns, "refundAmount", nil)), "4057801", "Requested Opearation Is Not Allowed")
	l.Now = l.Now.Add(-time.Second)
	dialecttest.Expect(t, l.Ask("refund", l.body(returns, "refundAmount", nil)), "2007800", processed)
}

// A refund is read back without its request: a retry that crosses midnight is
// answered before its body is read.
func TestARefundIsAnsweredAgainWithoutItsRequest(t *testing.T) {
	l := born(t)
	l.Pay(l.code.Text("qrContent"), 0)
	first := l.Ask("refund", l.body(returns))
	reply, err := l.Unread("refund").Again(t.Context(), first.Text("refundNo"))
	if err != nil {
		t.Fatal(err)
	}
	if again := reply.(aspi.RefundReply); again.RefundNo != first.Text("refundNo") || again.OriginalReferenceNo != l.code.Text("referenceNo") {
		t.Errorf("asked again: %+v, first: %s", again, first.Body)
	}
}

func TestCancel(t *testing.T) {
	l := born(t)
	for _, a := range []asked{
		{"4047701 Transaction Not Found", []any{"originalReferenceNo", "nobody"}},
		{"4047708 Invalid Merchant", []any{"merchantId", "nobody"}},
		{"4047713 Invalid Amount", []any{"amount", map[string]string{"value": "1.00", "currency": "IDR"}}},
		{"4007702 Invalid Mandatory Field reason", []any{"reason", ""}},
		{"4007702 Invalid Mandatory Field merchantId", []any{"merchantId", nil}},
		{"4007702 Invalid Mandatory Field originalReferenceNo", []any{"originalReferenceNo", nil}},
	} {
		if got := l.Ask("cancel", l.body(ends, a.changes...)); got.String() != a.want {
			t.Errorf("%v gives %s, expected %s", a.changes, got, a.want)
		}
	}
	l.Now = l.Now.Add(time.Minute)
	first := l.Ask("cancel", l.body(ends))
	dialecttest.Expect(t, first, "2007700", processed)
	dialecttest.Fields(t, first, map[string]string{
		"originalReferenceNo": l.code.Text("referenceNo"), "originalPartnerReferenceNo": "2020102900000000000001",
		"cancelTime": "2026-01-31T10:01:00+07:00", "transactionDate": "2026-01-31T10:00:00+07:00",
	})
	l.Now = l.Now.Add(time.Minute)
	if again := l.Ask("cancel", l.body(ends)); string(again.Body) != string(first.Body) {
		t.Errorf("asked again: %s, first: %s", again.Body, first.Body)
	}
	reply, err := l.Unread("cancel").Again(t.Context(), l.code.Text("referenceNo"))
	if err != nil || reply.(aspi.CancelReply).CancelTime != "2026-01-31T10:01:00+07:00" {
		t.Errorf("answered again: %+v, %v", reply, err)
	}
	l.stands("05", "Canceled")
	dialecttest.Expect(t, l.decode(), "4044804", "Transaction Cancelled")
}

func TestWhatCannotBeCancelled(t *testing.T) {
	paid := born(t)
	paid.Pay(paid.code.Text("qrContent"), 0)
	dialecttest.Expect(t, paid.Ask("cancel", paid.body(ends)), "4047700", "Invalid Transaction Status")
	expired := born(t)
	expired.Now = expired.Now.Add(15 * time.Minute)
	dialecttest.Expect(t, expired.Ask("cancel", expired.body(ends)), "4037700", "Transaction Expired")
	expired.stands("06", "Expired")
}

func TestQueryNamesTheOriginal(t *testing.T) {
	l := born(t)
	for _, a := range []asked{
		{"2005100 " + processed, []any{"originalReferenceNo", nil, "originalPartnerReferenceNo", "2020102900000000000001"}},
		{"2005100 " + processed, []any{"merchantId", "merchant-1", "originalExternalId", "1"}},
		{"4045101 Transaction Not Found", []any{"originalReferenceNo", "nobody"}},
		{"4045101 Transaction Not Found", []any{"originalPartnerReferenceNo", "another"}},
		{"4045101 Transaction Not Found", []any{"originalReferenceNo", nil, "originalExternalId", "never-sent"}},
		{"4045108 Invalid Merchant", []any{"merchantId", "nobody"}},
		{"4005101 Invalid Field Format serviceCode", []any{"serviceCode", "50"}},
		{"4005101 Invalid Field Format serviceCode", []any{"serviceCode", "54"}},
		{"4005102 Invalid Mandatory Field serviceCode", []any{"serviceCode", nil}},
		{"4005102 Invalid Mandatory Field originalReferenceNo", []any{"originalReferenceNo", ""}},
	} {
		if got := l.Ask("query", l.body(asks, a.changes...)); got.String() != a.want {
			t.Errorf("%v gives %s, expected %s", a.changes, got, a.want)
		}
	}
	echoed := l.Ask("query", l.body(asks, "originalExternalId", "41807553358950093184162180797837"))
	dialecttest.Fields(t, echoed, map[string]string{"originalExternalId": "41807553358950093184162180797837"})
}

func TestStatusSaysMore(t *testing.T) {
	l := born(t)
	a := l.Ask("status", l.body(asks, "serviceCode", "49"))
	dialecttest.Expect(t, a, "2005300", processed)
	dialecttest.Fields(t, a, map[string]string{
		"serviceCode": "49", "latestTransactionStatus": "01", "originalResponseCode": "2004700", "originalResponseMessage": processed,
		"transactionDate": "2026-01-31T10:00:00+07:00", "amount.value": "10000.00",
	})
}

// foreign is a code of another institution.
func foreign(t *testing.T, pan string) string {
	t.Helper()
	payload, err := qris.Encode(qris.Spec{
		GUID: "ID.CO.EXAMPLE.WWW", MPAN: pan, MerchantID: "0000000012", Criteria: "UMI", NMID: "ID1020021181745",
		MCC: "5812", Name: "Warung Kopi", City: "BANDUNG", PostalCode: "40111", Static: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestAnIssuersPayment(t *testing.T) {
	l := born(t)
	paid := l.Ask("payment", dialecttest.Edited(t, []byte(fullPayment), "additionalInfo.qrContent", foreign(t, "936000140000000012")))
	dialecttest.Expect(t, paid, "2005000", processed)
	about := l.body(asks, "originalReferenceNo", paid.Text("referenceNo"), "serviceCode", "50", "merchantId", "anyone")
	a := l.Ask("query", about)
	dialecttest.Expect(t, a, "2005100", processed)
	dialecttest.Fields(t, a, map[string]string{
		"originalReferenceNo": paid.Text("referenceNo"), "serviceCode": "50", "latestTransactionStatus": "00",
		"paidTime": "2026-01-31T10:00:00+07:00", "amount.value": "10000.00", "terminalId": "",
	})
	dialecttest.Expect(t, l.Ask("query", dialecttest.Edited(t, about, "serviceCode", "47")), "4005101", "Invalid Field Format serviceCode")
	status := l.Ask("status", about)
	dialecttest.Fields(t, status, map[string]string{"originalResponseCode": "2005000", "transactionDate": "2026-01-31T10:00:00+07:00"})
	dialecttest.Expect(t, l.Ask("cancel", l.body(ends, "originalReferenceNo", paid.Text("referenceNo"))), "4047700", "Invalid Transaction Status")

	back := l.Ask("refund", l.body(returns, "originalReferenceNo", paid.Text("referenceNo")))
	dialecttest.Expect(t, back, "2007800", processed)
	reply, err := l.Unread("refund").Again(t.Context(), back.Text("refundNo"))
	if err != nil || reply.(aspi.RefundReply).OriginalReferenceNo != paid.Text("referenceNo") {
		t.Errorf("answered again: %+v, %v", reply, err)
	}
}

func (l life) decode(changes ...any) dialecttest.Answer {
	l.t.Helper()
	const scans = `{"partnerReferenceNo": "scan-1", "scanTime": "2026-01-31T10:00:00+07:00"}`
	return l.Ask("decode", l.body(scans, append([]any{"qrContent", l.code.Text("qrContent")}, changes...)...))
}

func TestDecode(t *testing.T) {
	l := born(t)
	a := l.decode()
	dialecttest.Expect(t, a, "2004800", processed)
	ref := l.code.Text("referenceNo")
	dialecttest.Fields(t, a, map[string]string{
		"referenceNo": ref, "partnerReferenceNo": "scan-1", "redirectUrl": "https://qris.example/pay/" + ref,
		"merchantName": "Toko Sejahtera", "merchantCategory": "5411", "merchantLocation": "JAKARTA",
		"transactionAmount.value": "10000.00", "feeAmount.value": "0.00",
	})
	dialecttest.Shape(t, merchantInfos(t, a), []byte(`{"merchantPAN":"","acquirerName":""}`))
	if got := string(merchantInfos(t, a)); got != `{"merchantPAN":"9360091500000000180","acquirerName":"DANA"}` {
		t.Errorf("the account is %s", got)
	}

	other := l.decode("qrContent", foreign(t, "936099990000000012"))
	dialecttest.Expect(t, other, "2004800", processed)
	dialecttest.Fields(t, other, map[string]string{
		"referenceNo": "", "redirectUrl": "", "transactionAmount.value": "", "merchantName": "Warung Kopi", "merchantLocation": "BANDUNG",
	})
	if got := string(merchantInfos(t, other)); !strings.HasSuffix(got, `,"acquirerName":"93609999"}`) {
		t.Errorf("an institution without a name is %s", got)
	}
}

func merchantInfos(t *testing.T, a dialecttest.Answer) []byte {
	t.Helper()
	v, err := field.Parse(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(v.Get("merchantInfos").Index(0).Raw())
}

func TestDecodeRefuses(t *testing.T) {
	l := born(t)
	payload := l.code.Text("qrContent")
	damaged := l.decode("qrContent", payload[:len(payload)-1]+"?")
	if damaged.Code != "4004801" || !strings.HasPrefix(damaged.Message, "Invalid Field Format qrContent. ") || len(damaged.Message) < 50 {
		t.Errorf("a damaged payload is %s", damaged)
	}
	dialecttest.Expect(t, l.decode("qrContent", nil), "4004802", "Invalid Mandatory Field qrContent")
	dialecttest.Expect(t, l.decode("scanTime", nil), "4004802", "Invalid Mandatory Field scanTime")
	dialecttest.Expect(t, l.decode("amount", map[string]string{"value": "1.00", "currency": "USD"}), "4004801", "Invalid Field Format amount.currency")
	dialecttest.Expect(t, l.decode("qrContent", foreign(t, dialecttest.Merchant().MPAN)), "4044801", "Transaction Not Found")

	for standing, want := range map[pay.Standing]string{
		pay.Suspended: "4034816 Suspend Transaction", pay.Blacklisted: "4034819 Merchant Blacklisted",
	} {
		merchant := dialecttest.Merchant()
		merchant.Standing = standing
		l.PutMerchant(merchant)
		if got := l.decode(); got.String() != want {
			t.Errorf("%s gives %s, expected %s", standing, got, want)
		}
	}
	l.PutMerchant(dialecttest.Merchant())
	l.Pay(payload, 0)
	dialecttest.Expect(t, l.decode(), "4044814", "Paid Bill")
	expired := born(t)
	expired.Now = expired.Now.Add(15 * time.Minute)
	dialecttest.Expect(t, expired.decode(), "4034800", "Transaction Expired")
}

func TestApplyOTT(t *testing.T) {
	w := world(t)
	printed := dialecttest.Read(t, "apply-ott.request.json")
	first, second := w.Ask("apply-ott", printed), w.Ask("apply-ott", printed)
	dialecttest.Expect(t, first, "2004900", processed)
	if n := len(token(t, first)); n != 43 || token(t, first) == token(t, second) {
		t.Errorf("a token of %d characters, and then %s: expected another of 256 bits each time", n, token(t, second))
	}
	if _, err := w.Core.B2B(t.Context(), token(t, first)); pay.KindOf(err) != pay.InvalidToken {
		t.Errorf("it serves as a B2B token: %v", err)
	}
	dialecttest.Expect(t, w.Ask("apply-ott", []byte(`{"userResources":["PIN"]}`)), "4004901", "Invalid Field Format userResources[0]")
	dialecttest.Expect(t, w.Ask("apply-ott", []byte(`{}`)), "4004902", "Invalid Mandatory Field userResources")
	w.SetPayer(pay.Dormant, 0)
	dialecttest.Expect(t, w.Ask("apply-ott", printed), "4034909", "Dormant Account")
	w.SetPayer(pay.Blocked, 0)
	dialecttest.Expect(t, w.Ask("apply-ott", printed), "4034905", "Do Not Honor")
}

func token(t *testing.T, a dialecttest.Answer) string {
	t.Helper()
	v, err := field.Parse(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return v.Get("userResources").Index(0).Get("value").Text()
}

func TestNotification(t *testing.T) {
	l := born(t)
	l.Now = l.Now.Add(time.Minute)
	paid := l.Pay(l.code.Text("qrContent"), 0)
	want := map[string]any{
		"originalReferenceNo": l.code.Text("referenceNo"), "originalPartnerReferenceNo": "2020102900000000000001",
		"latestTransactionStatus": "00", "transactionStatusDesc": "Success", "amount": snap.IDR(1_000_000), "externalStoreId": "abcd",
		"additionalInfo": map[string]any{
			"paidTime": "2026-01-31T10:01:00+07:00", "paymentReferenceNo": paid.Ref, "retrievalReferenceNo": paid.RRN,
		},
	}
	if got := l.Tells(l.code.Text("referenceNo")); !reflect.DeepEqual(got, want) {
		t.Errorf("told\n%v\nexpected\n%v", got, want)
	}
	notice := l.Dialect.Notice
	if notice.Service != "52" || notice.Path != "/v1.0/qr/qr-mpm-notify" || notice.TokenPath != "" || !slices.Equal(notice.Acks, []string{"2005200"}) {
		t.Errorf("the notice is %+v", notice)
	}
}

func TestNotificationOfAStaticCodeWithoutAStore(t *testing.T) {
	w := world(t)
	static := w.Ask("generate", []byte(`{}`))
	w.Pay(static.Text("qrContent"), pay.Rp(500))
	body := w.Tells(static.Text("referenceNo"))
	if _, given := body["externalStoreId"]; given || body["amount"] != snap.IDR(50_000) {
		t.Errorf("told %v", body)
	}
}
