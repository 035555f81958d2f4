package qoin

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

// life is a world with the printed code, valid until noon.
type life struct {
	*dialecttest.World
	t    *testing.T
	code dialecttest.Answer
}

func born(t *testing.T) life {
	t.Helper()
	w := world(t)
	w.Remember = true
	a := w.Ask("generate", live(t))
	dialecttest.Expect(t, a, "2004700", "Successful")
	return life{w, t, a}
}

// asks is the printed query about the code, with changes in pairs of path and
// value.
func (l life) asks(changes ...any) dialecttest.Answer {
	l.t.Helper()
	body := dialecttest.Edited(l.t, dialecttest.Read(l.t, "query.request.json"), "originalReferenceNo", l.code.Text("referenceNo"))
	for pair := range slices.Chunk(changes, 2) {
		body = dialecttest.Edited(l.t, body, pair[0].(string), pair[1])
	}
	return l.Ask("query", body)
}

func (l life) stands(status, desc, paidTime string) dialecttest.Answer {
	l.t.Helper()
	a := l.asks()
	dialecttest.Expect(l.t, a, "2005100", "Successful")
	dialecttest.Fields(l.t, a, map[string]string{
		"additionalInfo.expiryTime": "2025-12-04T12:00:00+07:00", "additionalInfo.paymentType": "QRIS", "additionalInfo.channelType": "QRIS",
		"amount.value": "10000.00", "amount.currency": "IDR", "latestTransactionStatus": status, "transactionStatusDesc": desc,
		"originalPartnerReferenceNo": "TestPartNo0002", "originalReferenceNo": l.code.Text("referenceNo"),
		"paidTime": paidTime, "serviceCode": "51",
	})
	return a
}

func TestQueryOfThePrintedCode(t *testing.T) {
	l := born(t)
	pending := l.stands("03", "Pending", "")
	dialecttest.Rowed(t, l.Dialect.Operation("query").Reply, pending.Body)
	l.Pay(l.code.Text("qrContent"), 0)
	l.stands("00", "Success", "2025-12-04T11:23:11+07:00")
	dialecttest.Fields(t, l.asks("serviceCode", "47"), map[string]string{"serviceCode": "47"})

	expired := born(t)
	expired.Now = expired.Now.Add(time.Hour)
	expired.stands("08", "Expiry", "")
}

func TestQueryRefuses(t *testing.T) {
	l := born(t)
	for want, changes := range map[string][]any{
		"4045101 Transaction Not Found":                       {"originalReferenceNo", "T24110003164"},
		"4045108 Invalid Merchant":                            {"merchantId", "nobody"},
		"4005101 Invalid Field Format serviceCode":            {"serviceCode", "50"},
		"4005102 Invalid Mandatory Field serviceCode":         {"serviceCode", ""},
		"4005102 Invalid Mandatory Field originalReferenceNo": {"originalReferenceNo", nil, "originalPartnerReferenceNo", "TestPartNo0002"},
	} {
		if got := l.asks(changes...); got.String() != want {
			t.Errorf("%v gives %s, expected %s", changes, got, want)
		}
	}
}

func TestQueryLines(t *testing.T) {
	_, op := dialecttest.Operation(t, Dialect(), "query")
	dialecttest.PrintedHeaders(t, op.Headers, sampleHeaders)
	dialecttest.Lines(t, op.Body, []dialecttest.Line{{Name: "originalReferenceNo", Need: m, Max: 64}, {Name: "serviceCode", Need: m, Max: 2}})
	dialecttest.Sample(t, op.Body, dialecttest.Read(t, "query.request.json"))
	dialecttest.Body(t, op.Body, []byte(`{"originalReferenceNo": "r", "serviceCode": "47", "originalPartnerReferenceNo": "p",
	  "originalExternalId": "x", "merchantId": "m", "additionalInfo": {}}`))
	dialecttest.Lines(t, op.Reply, []dialecttest.Line{
		{Name: "additionalInfo", Need: m}, {Name: "additionalInfo.paymentType", Need: o}, {Name: "additionalInfo.channelType", Need: o},
		{Name: "additionalInfo.expiryTime", Need: o, Max: 25},
		{Name: "amount", Need: m}, {Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3},
		{Name: "latestTransactionStatus", Need: m, Max: 2},
	})
	dialecttest.Codes(t, op, strings.Fields("2005100 4005100 4005101 4005102 4015100 4045101 4045108 5005101")...)
	if op.Trigger != "originalReferenceNo" {
		t.Errorf("the query is triggered by %s", op.Trigger)
	}
}

func TestEveryStatusHasItsWord(t *testing.T) {
	want := map[pay.Status]string{
		pay.StatusInitiated: "03", pay.StatusPaid: "00", pay.StatusRefunded: "04", pay.StatusCancelled: "05", pay.StatusExpired: "08",
	}
	for status, code := range want {
		if got := Dialect().Statuses[status]; got.Code != code || got.Text == "" {
			t.Errorf("%s is %+v, expected %s", status, got, code)
		}
	}
}

func TestNotification(t *testing.T) {
	l := born(t)
	paid := l.Pay(l.code.Text("qrContent"), 0)
	want := map[string]any{
		"originalReferenceNo": l.code.Text("referenceNo"), "originalPartnerReferenceNo": "TestPartNo0002",
		"latestTransactionStatus": "00", "transactionStatusDesc": "Success", "amount": snap.IDR(int64(pay.Rp(10_000))),
		"additionalInfo": map[string]any{
			"paidTime": "2025-12-04T11:23:11+07:00", "paymentReferenceNo": paid.Ref, "retrievalReferenceNo": paid.RRN,
		},
	}
	if got := l.Tells(l.code.Text("referenceNo")); !reflect.DeepEqual(got, want) {
		t.Errorf("told\n%v\nexpected\n%v", got, want)
	}
	n := l.Dialect.Notice
	if n.Service != snap.ServiceNotify || n.Path != "/api/v1.0/qr/qr-mpm-notify" || n.TokenPath != "/api/v1.0/access-token/b2b" ||
		!slices.Equal(n.Acks, []string{"2005200"}) {
		t.Errorf("the notice is %+v", n)
	}
}
