package midtrans

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// What Midtrans's own clients send, with the code's reference for {ref}.
const (
	clientQuery = `{"originalReferenceNo": "{ref}", "originalPartnerReferenceNo": "b7d2bc2e-9d5b-4cec-a39f-4244c11e1b98",
	  "merchantId": "merchant-1", "serviceCode": "47"}`
	clientCancel = `{"originalReferenceNo": "{ref}", "merchantId": "merchant-1", "reason": "cancel reason"}`
	clientRefund = `{"merchantId": "merchant-1", "originalPartnerReferenceNo": "b7d2bc2e-9d5b-4cec-a39f-4244c11e1b98",
	  "originalReferenceNo": "{ref}", "partnerRefundNo": "is-refund-12345", "reason": "refund reason",
	  "refundAmount": {"value": "100.00", "currency": "IDR"}, "additionalInfo": {"foo": "bar"}}`
)

// life is a world with one code of Rp 10,000.
type life struct {
	*dialecttest.World
	t    *testing.T
	code dialecttest.Answer
}

func born(t *testing.T) life {
	t.Helper()
	w := world(t)
	w.Remember = true
	a := w.Ask("generate", []byte(`{"partnerReferenceNo": "b7d2bc2e-9d5b-4cec-a39f-4244c11e1b98", "merchantId": "merchant-1",
	  "storeId": "abcd", "terminalId": "T1", "amount": {"value": "10000.00", "currency": "IDR"}}`))
	dialecttest.Expect(t, a, "2004700", "Request has been processed successfully")
	return life{w, t, a}
}

func (l life) body(text string, changes ...any) []byte {
	l.t.Helper()
	body := []byte(strings.ReplaceAll(text, "{ref}", l.code.Text("referenceNo")))
	for pair := range slices.Chunk(changes, 2) {
		body = dialecttest.Edited(l.t, body, pair[0].(string), pair[1])
	}
	return body
}

func (l life) stands(status, desc string) {
	l.t.Helper()
	a := l.Ask("query", l.body(clientQuery))
	dialecttest.Expect(l.t, a, "2005100", "Request has been processed successfully")
	dialecttest.Fields(l.t, a, map[string]string{
		"originalReferenceNo": l.code.Text("referenceNo"), "serviceCode": "47", "latestTransactionStatus": status,
		"transactionStatusDesc": desc, "amount.value": "10000.00", "terminalId": "T1",
	})
}

func TestPaidAndRefunded(t *testing.T) {
	l := born(t)
	l.stands("03", "Pending")
	l.Pay(l.code.Text("qrContent"), 0)
	l.stands("00", "Success")
	first := l.Ask("refund", l.body(clientRefund))
	dialecttest.Expect(t, first, "2007800", "Request has been processed successfully")
	dialecttest.Fields(t, first, map[string]string{
		"originalPartnerReferenceNo": "b7d2bc2e-9d5b-4cec-a39f-4244c11e1b98", "partnerRefundNo": "is-refund-12345", "refundAmount.value": "100.00",
	})
	if again := l.Ask("refund", l.body(clientRefund)); string(again.Body) != string(first.Body) {
		t.Errorf("asked again: %s, first: %s", again.Body, first.Body)
	}
	for want, changes := range map[string][]any{
		"4047818 Inconsistent Request":             {"refundAmount.value", "200.00"},
		"4037802 Exceeds Transaction Amount Limit": {"refundAmount.value", "9901.00", "partnerRefundNo", "r"},
		"4047801 Transaction Not Found":            {"originalReferenceNo", "A1202409300907114b5RZRNSRuID", "partnerRefundNo", "r"},
	} {
		if got := l.Ask("refund", l.body(clientRefund, changes...)); got.String() != want {
			t.Errorf("%v gives %s, expected %s", changes, got, want)
		}
	}
	dialecttest.Expect(t, l.Ask("cancel", l.body(clientCancel)), "4047700", "Invalid Transaction Status")
	dialecttest.Expect(t, l.Ask("refund", l.body(clientRefund, "refundAmount.value", "9900.00", "partnerRefundNo", "r")), "2007800",
		"Request has been processed successfully")
	l.stands("04", "Refunded")
	l.Balanced()
}

func TestCancelled(t *testing.T) {
	l := born(t)
	dialecttest.Expect(t, l.Ask("cancel", l.body(clientCancel, "merchantId", "M001234")), "4047708", "Invalid Merchant")
	a := l.Ask("cancel", l.body(clientCancel))
	dialecttest.Expect(t, a, "2007700", "Request has been processed successfully")
	dialecttest.Fields(t, a, map[string]string{
		"originalReferenceNo": l.code.Text("referenceNo"), "cancelTime": "2025-12-04T11:23:11+07:00", "transactionDate": "2025-12-04T11:23:11+07:00",
	})
	l.stands("05", "Canceled")
}

func TestExpired(t *testing.T) {
	l := born(t)
	l.Now = l.Now.Add(15 * time.Minute)
	l.stands("08", "Expired")
	dialecttest.Expect(t, l.Ask("cancel", l.body(clientCancel)), "4037700", "Transaction Expired")
}

func TestOnlyCodesAreAskedAbout(t *testing.T) {
	l := born(t)
	dialecttest.Expect(t, l.Ask("query", l.body(clientQuery, "serviceCode", "50")), "4005101", "Invalid Field Format serviceCode")
	dialecttest.Expect(t, l.Ask("query", l.body(clientQuery, "serviceCode", nil)), "4005102", "Invalid Mandatory Field serviceCode")
	dialecttest.Expect(t, l.Ask("query", []byte(`{"serviceCode": "47"}`)), "4005102", "Invalid Mandatory Field originalReferenceNo")
	one := l.body(clientQuery, "originalReferenceNo", nil, "merchantId", nil)
	dialecttest.Expect(t, l.Ask("query", one), "2005100", "Request has been processed successfully")
}

func TestRowsOfTheLifeRefuse(t *testing.T) {
	const place = `"originalExternalId": "x", "subMerchantId": "d", "externalStoreId": "s", "additionalInfo": {}`
	const amount = `{"value": "100.00", "currency": "IDR"}`
	for name, full := range map[string]string{
		"query":  `{"originalReferenceNo": "r", "originalPartnerReferenceNo": "p", "merchantId": "m", "serviceCode": "47", ` + place + `}`,
		"cancel": `{"originalReferenceNo": "r", "originalPartnerReferenceNo": "p", "merchantId": "m", "reason": "x", "amount": ` + amount + `, ` + place + `}`,
		"refund": `{"originalReferenceNo": "r", "originalPartnerReferenceNo": "p", "merchantId": "m", "partnerRefundNo": "n", "reason": "x", "refundAmount": ` +
			amount + `, ` + place + `}`,
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		dialecttest.Body(t, op.Body, []byte(full))
		dialecttest.PrintedHeaders(t, op.Headers, sampleHeaders)
	}
}

func TestCodesOfTheLife(t *testing.T) {
	for name, codes := range map[string]string{
		"query": "2005100 4005100 4005101 4005102 4015100 4015101 4015103 4035101 4045101 4045108 4055100 4295100 5005100 5005101 5005102 5045100",
		"cancel": "2007700 4007700 4007701 4007702 4017700 4017701 4017703 4037700 4037701 4047700 4047701 4047708 4047713 4057700 4097700 " +
			"4297700 5007700 5007701 5007702 5047700",
		"refund": "2007800 4007800 4007801 4007802 4017800 4017801 4017803 4037801 4037802 4037815 4047800 4047800 4047801 4047808 4047818 " +
			"4057800 4057801 4097800 4297800 5007800 5007801 5007802 5047800",
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		dialecttest.Codes(t, op, strings.Fields(codes)...)
	}
	for name, trigger := range map[string]string{
		"query": "originalPartnerReferenceNo", "cancel": "originalReferenceNo", "refund": "originalPartnerReferenceNo",
	} {
		if _, op := dialecttest.Operation(t, Dialect(), name); op.Trigger != trigger {
			t.Errorf("%s is triggered by %s", name, op.Trigger)
		}
	}
}

// The body repeats nothing that a receiver could write in another way: no
// empty object, no number.
func TestNotification(t *testing.T) {
	l := born(t)
	paid := l.Pay(l.code.Text("qrContent"), 0)
	want := map[string]any{
		"originalReferenceNo": l.code.Text("referenceNo"), "originalPartnerReferenceNo": "b7d2bc2e-9d5b-4cec-a39f-4244c11e1b98",
		"latestTransactionStatus": "00", "transactionStatusDesc": "Success", "amount": snap.IDR(int64(pay.Rp(10_000))),
		"merchantId": "merchant-1", "externalStoreId": "abcd",
		"additionalInfo": map[string]any{
			"paidTime": "2025-12-04T11:23:11+07:00", "paymentReferenceNo": paid.Ref, "retrievalReferenceNo": paid.RRN,
		},
	}
	if got := l.Tells(l.code.Text("referenceNo")); !reflect.DeepEqual(got, want) {
		t.Errorf("told\n%v\nexpected\n%v", got, want)
	}
	n := l.Dialect.Notice
	if n.Service != snap.ServiceNotify || n.Path != "/v1.0/qr/qr-mpm-notify" || n.TokenPath != "" || !slices.Equal(n.Acks, []string{"2005200"}) {
		t.Errorf("the notice is %+v", n)
	}
}
