package paydia

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

const (
	generateSample = `{"merchantid": "merchant-1", "storeId": "S1", "terminalId": "T1", "partnerReferenceNo": "INV-1", "amount": {"value": "15000.00", "currency": "IDR"}}`
	refundSample   = `{"merchantid": "merchant-1", "originalPartnerReferenceNo": "INV-1", "partnerRefundNo": "R-1", "refundAmount": {"value": "5000.00", "currency": "IDR"}, "reason": "because"}`
)

func TestAcquirersLines(t *testing.T) {
	amount := func(name string, need dialecttest.Line) []dialecttest.Line {
		return []dialecttest.Line{{Name: name, Need: need.Need}, {Name: name + ".value", Need: m, Max: 19}, {Name: name + ".currency", Need: m, Max: 3}}
	}
	for name, lines := range map[string][][]dialecttest.Line{
		"generate": {amount("amount", dialecttest.Line{Need: m}), amount("feeAmount", dialecttest.Line{Need: o}), {
			{Name: "merchantid", Need: m, Max: 64}, {Name: "storeId", Need: o, Max: 64}, {Name: "terminalId", Need: o, Max: 16},
			{Name: "partnerReferenceNo", Need: m, Max: 64}, {Name: "validityPeriod", Need: o, Max: 25}}},
		"status": {{
			{Name: "originalPartnerReferenceNo", Need: c, Max: 64}, {Name: "originalReferenceNo", Need: c, Max: 64},
			{Name: "serviceCode", Need: m, Max: 2}, {Name: "merchantId", Need: c, Max: 64}}},
		"refund": {amount("refundAmount", dialecttest.Line{Need: o}), {
			{Name: "merchantid", Need: m, Max: 64}, {Name: "originalPartnerReferenceNo", Need: m, Max: 64},
			{Name: "originalReferenceNo", Need: o, Max: 64}, {Name: "partnerRefundNo", Need: m, Max: 64}, {Name: "reason", Need: o, Max: 256}}},
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		if op.Customer {
			t.Errorf("%s wants a customer", name)
		}
		bearer := dialecttest.Line{Name: "Authorization", Need: m}
		if name == "refund" {
			bearer.Need = c
		}
		dialecttest.Lines(t, op.Headers, []dialecttest.Line{
			{Name: "Content-Type", Need: m, Max: 127}, bearer, {Name: "X-TIMESTAMP", Need: m}, {Name: "X-PARTNER-ID", Need: m, Max: 36},
			{Name: "X-EXTERNAL-ID", Need: m, Max: 36}, {Name: "CHANNEL-ID", Need: m, Max: 5}, {Name: "X-SIGNATURE", Need: m},
		})
		for _, group := range lines {
			dialecttest.Lines(t, op.Body, group)
		}
	}
	if _, op := dialecttest.Operation(t, Dialect(), "refund"); op.Auth != dialect.AuthEither {
		t.Errorf("refund is signed by scheme %d", op.Auth)
	}
}

func TestAcquirersRowsRefuse(t *testing.T) {
	idr := map[string]any{"value": "1.00", "currency": "IDR"}
	for name, sample := range map[string]struct {
		body string
		more map[string]any
	}{
		"generate": {generateSample, map[string]any{"feeAmount": idr, "subMerchantId": "s", "validityPeriod": "2026-01-31T11:00:00+07:00", "additionalInfo": map[string]any{}}},
		"refund":   {refundSample, map[string]any{"originalReferenceNo": "r", "originalExternalId": "e", "additionalInfo": map[string]any{}}},
		"status": {`{"originalPartnerReferenceNo": "INV-1", "serviceCode": "47", "merchantId": "merchant-1"}`, map[string]any{
			"originalReferenceNo": "r", "originalExternalId": "e", "additionalInfo": map[string]any{},
			"transactionDate": "2026-01-31T11:00:00+07:00", "amount": idr}},
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		full := []byte(sample.body)
		for path, value := range sample.more {
			full = dialecttest.Edited(t, full, path, value)
		}
		dialecttest.Body(t, op.Body, full)
	}
}

func TestAcquirersCodes(t *testing.T) {
	for name, codes := range map[string]string{
		"generate": "2004700 4004700 4004701 4004702 4014700 4014701 4014703 4034701 4034702 4034703 4034705 4034716 4034719 4034720 " +
			"4044708 4044717 4044718 4054700 4094700 4094701 4294700 5004700 5004701 5004702 5044700",
		"status": "2005300 4005300 4005301 4005302 4015300 4015301 4015303 4035301 4045301 4045308 4055300 4295300 5005300 5005301 5005302 5045300",
		"refund": "2007800 4007800 4007801 4007802 4017800 4017801 4017803 4037801 4037802 4037815 4047800 4047800 4047801 4047808 4047818 " +
			"4057800 4057801 4097800 4297800 5007800 5007801 5007802 5047800",
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		dialecttest.Codes(t, op, strings.Fields(codes)...)
		if line, _ := op.Code(op.Success.Case.Code(op.Service)); line.Message != "Success" {
			t.Errorf("the success of %s is %q", name, line.Message)
		}
	}
}

func TestGenerate(t *testing.T) {
	w := world(t)
	w.Remember = true
	a := w.Ask("generate", []byte(generateSample))
	dialecttest.Expect(t, a, "2004700", "Success")
	dialecttest.Fields(t, a, map[string]string{"partnerReferenceNo": "INV-1", "storeId": "S1", "terminalId": "T1", "merchantName": "Toko Sejahtera"})
	if code := w.Code(a); code.Amount != pay.Rp(15_000) || !code.ExpiresAt.Equal(w.Now.Add(30*time.Minute)) {
		t.Errorf("the code is of %s until %s", code.Amount, code.ExpiresAt)
	}
	w.Replays("generate", []byte(generateSample), a)
	for _, r := range []struct {
		path          string
		value         any
		code, message string
	}{
		{"merchantid", nil, "4004702", "Invalid Mandatory Field merchantid"},
		{"amount", nil, "4004702", "Invalid Mandatory Field amount"},
		{"partnerReferenceNo", nil, "4004702", "Invalid Mandatory Field partnerReferenceNo"},
		{"amount.value", "0.00", "4004701", "Invalid Field Format amount.value"},
		{"amount.value", "10000001.00", "4034702", "Exceeds Transaction Amount Limit"},
		{"merchantid", "nobody", "4044708", "Invalid Merchant"},
	} {
		body := dialecttest.Edited(t, []byte(generateSample), "partnerReferenceNo", "INV-2")
		dialecttest.Expect(t, w.Ask("generate", dialecttest.Edited(t, body, r.path, r.value)), r.code, r.message)
	}
	dialecttest.Expect(t, w.Ask("generate", []byte(generateSample)), "4094701", "Duplicate partnerReferenceNo")
	dialecttest.Expect(t, w.Ask("generate", dialecttest.Edited(t, []byte(generateSample), "storeId", "S2")), "4044718", "Inconsistent Request")
}

// The field's name on the wire decides whose code is made.
func TestGenerateIsForTheMerchantNamed(t *testing.T) {
	w := world(t)
	second := dialecttest.Merchant()
	second.ID, second.Name, second.MPAN = "merchant-2", "Toko Kedua", "936009150000000026"
	w.PutMerchant(second)
	a := w.Ask("generate", dialecttest.Edited(t, []byte(generateSample), "merchantid", "merchant-2"))
	dialecttest.Fields(t, a, map[string]string{"merchantName": "Toko Kedua"})
	dialecttest.Expect(t, w.Ask("refund", []byte(refundSample)), "4047801", "Transaction Not Found")
	dialecttest.Expect(t, w.Ask("status", []byte(`{"originalReferenceNo": "`+a.Text("referenceNo")+`", "serviceCode": "47", "merchantId": "merchant-1"}`)),
		"4045308", "Invalid Merchant")
}

func TestLifeOfACode(t *testing.T) {
	w := world(t)
	w.Remember = true
	code := w.Ask("generate", []byte(generateSample))
	ref := code.Text("referenceNo")
	status := []byte(`{"originalPartnerReferenceNo": "INV-1", "serviceCode": "47", "merchantId": "merchant-1"}`)
	a := w.Ask("status", status)
	dialecttest.Expect(t, a, "2005300", "Success")
	dialecttest.Fields(t, a, map[string]string{"originalReferenceNo": ref, "latestTransactionStatus": "01", "amount.value": "15000.00", "originalResponseCode": "2004700"})
	dialecttest.Expect(t, w.Ask("refund", []byte(refundSample)), "4047800", "Invalid Transaction Status")

	w.Now = w.Now.Add(time.Minute)
	paid := w.Pay(code.Text("qrContent"), 0)
	dialecttest.Fields(t, w.Ask("status", status), map[string]string{"latestTransactionStatus": "00", "transactionDate": "2026-01-31T10:00:00+07:00"})
	want := map[string]any{
		"originalReferenceNo": ref, "originalPartnerReferenceNo": "INV-1", "merchantid": "merchant-1", "externalStoreId": "S1",
		"latestTransactionStatus": "00", "transactionStatusDesc": "Success", "amount": snap.IDR(1_500_000),
		"additionalInfo": map[string]any{"paidTime": "2026-01-31T10:01:00+07:00", "paymentReferenceNo": paid.Ref, "retrievalReferenceNo": paid.RRN},
	}
	if got := w.Tells(ref); !reflect.DeepEqual(got, want) {
		t.Errorf("told\n%v\nexpected\n%v", got, want)
	}

	part := w.Ask("refund", []byte(refundSample))
	dialecttest.Expect(t, part, "2007800", "Success")
	dialecttest.Fields(t, part, map[string]string{"originalReferenceNo": ref, "partnerRefundNo": "R-1", "refundAmount.value": "5000.00", "refundTime": "2026-01-31T10:01:00+07:00"})
	if again := w.Ask("refund", []byte(refundSample)); string(again.Body) != string(part.Body) {
		t.Errorf("asked again: %s, first: %s", again.Body, part.Body)
	}
	dialecttest.Expect(t, w.Ask("refund", dialecttest.Edited(t, []byte(refundSample), "refundAmount.value", "1.00")), "4047818", "Inconsistent Request")
	second := dialecttest.Edited(t, []byte(refundSample), "partnerRefundNo", "R-2")
	dialecttest.Expect(t, w.Ask("refund", dialecttest.Edited(t, second, "refundAmount.value", "10001.00")), "4037802", "Exceeds Transaction Amount Limit")
	rest := dialecttest.Edited(t, second, "refundAmount", nil)
	dialecttest.Fields(t, w.Ask("refund", rest), map[string]string{"refundAmount.value": "10000.00"})
	dialecttest.Expect(t, w.Ask("refund", dialecttest.Edited(t, rest, "partnerRefundNo", "R-3")), "4047800", "Invalid Transaction Status")
	dialecttest.Fields(t, w.Ask("status", status), map[string]string{"latestTransactionStatus": "04", "transactionStatusDesc": "Refunded"})
	w.Balanced()
}

func TestRefundRefusals(t *testing.T) {
	w := world(t)
	w.Remember = true
	w.Pay(w.Ask("generate", []byte(generateSample)).Text("qrContent"), 0)
	for _, r := range []struct {
		path          string
		value         any
		code, message string
	}{
		{"merchantid", "nobody", "4047808", "Invalid Merchant"},
		{"merchantid", nil, "4007802", "Invalid Mandatory Field merchantid"},
		{"originalPartnerReferenceNo", "nothing", "4047801", "Transaction Not Found"},
		{"originalPartnerReferenceNo", nil, "4007802", "Invalid Mandatory Field originalPartnerReferenceNo"},
		{"partnerRefundNo", nil, "4007802", "Invalid Mandatory Field partnerRefundNo"},
		{"refundAmount.value", "0.00", "4007801", "Invalid Field Format refundAmount.value"},
	} {
		dialecttest.Expect(t, w.Ask("refund", dialecttest.Edited(t, []byte(refundSample), r.path, r.value)), r.code, r.message)
	}
	w.Agree(pay.PartnerSettings{Refunds: pay.RefundPolicy{Window: time.Hour, FullOnly: true}})
	if a := w.Ask("refund", []byte(refundSample)); a.Code != "4037815" || !strings.HasPrefix(a.Message, "Transaction Not Permitted. the acquirer refunds only") {
		t.Errorf("a part of what is refunded whole: %s", a)
	}
	w.Now = w.Now.Add(time.Hour + time.Second)
	if a := w.Ask("refund", []byte(refundSample)); a.Code != "4057801" {
		t.Errorf("after the window: %s", a)
	}
	w.Balanced()
}
