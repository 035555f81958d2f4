package dana

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/pay"
)

func TestLifeRows(t *testing.T) {
	originals := []dialecttest.Line{
		{Name: "originalExternalId", Need: o, Max: 36}, {Name: "merchantId", Need: m, Max: 64},
		{Name: "subMerchantId", Need: o, Max: 32}, {Name: "externalStoreId", Need: o, Max: 64}, {Name: "additionalInfo", Need: o},
	}
	for name, lines := range map[string][]dialecttest.Line{
		"query": {
			{Name: "originalPartnerReferenceNo", Need: c, Max: 64}, {Name: "originalReferenceNo", Need: c, Max: 64},
			{Name: "serviceCode", Need: m, Max: 2}, {Name: "transactionDate", Need: o, Max: 25},
			{Name: "amount", Need: o}, {Name: "amount.value", Need: m, Max: 19}, {Name: "amount.currency", Need: m, Max: 3},
		},
		"cancel": {
			{Name: "originalPartnerReferenceNo", Need: m, Max: 64}, {Name: "originalReferenceNo", Need: o, Max: 64},
			{Name: "reason", Need: o, Max: 256}, {Name: "amount", Need: o},
		},
		"refund": {
			{Name: "originalPartnerReferenceNo", Need: m, Max: 64}, {Name: "originalReferenceNo", Need: o, Max: 64},
			{Name: "originalCaptureNo", Need: o, Max: 64}, {Name: "partnerRefundNo", Need: m, Max: 64},
			{Name: "refundAmount", Need: m}, {Name: "refundAmount.value", Need: m, Max: 19}, {Name: "reason", Need: o, Max: 256},
			{Name: "additionalInfo.payoutAccountNo", Need: o, Max: 64}, {Name: "additionalInfo.asyncRefund", Need: o, Max: 5},
			{Name: "additionalInfo.actorType", Need: o, Max: 64}, {Name: "additionalInfo.auditInfo.actionReason", Need: o, Max: 256},
		},
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		dialecttest.Lines(t, op.Body, append(lines, originals...))
		full := dialecttest.Read(t, name+".request.json")
		dialecttest.Body(t, op.Body, full)
		dialecttest.Rowed(t, op.Body, full)
	}
}

func TestLifeCodes(t *testing.T) {
	for name, codes := range map[string][]string{
		"query": {"2005500", "4005500", "4005501", "4005502", "4015500", "4015501", "4045501", "4295500", "5005500", "5005501"},
		"cancel": {"2005700", "2025700", "4005700", "4005701", "4005702", "4015700", "4035700", "4035705", "4035714", "4035715",
			"4045700", "4045701", "4045708", "4045713", "4295700", "5005700", "5005701"},
		"refund": {"2005800", "2025800", "4005800", "4005801", "4005802", "4015800", "4035802", "4035805", "4035814",
			"4035815", "4035815", "4035815", "4045800", "4045800", "4045801", "4045808", "4045818", "4295800", "5005800", "5005801"},
	} {
		d, op := dialecttest.Operation(t, Dialect(), name)
		dialecttest.Codes(t, op, codes...)
		dialecttest.Documented(t, d, op, pay.Internal, pay.BadRequest, pay.MissingHeader, pay.InvalidHeader, pay.MissingField,
			pay.InvalidFormat, pay.BadTimestamp, pay.UnknownClient, pay.BadSignature, pay.ForbiddenAPI, pay.PartnerSuspended,
			pay.RateLimited, pay.MerchantUnknown, pay.CodeUnknown)
	}
	d, op := dialecttest.Operation(t, Dialect(), "refund")
	dialecttest.Documented(t, d, op, pay.Inconsistent, pay.WrongState, pay.OverRefund, pay.Refunded, pay.RefundLate, pay.RefundPartial)
	d, op = dialecttest.Operation(t, Dialect(), "cancel")
	dialecttest.Documented(t, d, op, pay.WrongState, pay.CodeExpired, pay.AmountMismatch)
}

// Every magic value passes the rows and asks for a code of the list.
func TestMagicIsListed(t *testing.T) {
	for _, op := range Dialect().Operations {
		for _, magic := range op.Triggers {
			if _, listed := op.Code(magic.Code); !listed {
				t.Errorf("%s: %s is not listed", op.Name, magic.Code)
			}
			dialecttest.Sample(t, op.Body, dialecttest.Edited(t, dialecttest.Read(t, op.Name+".request.json"), magic.Field, magic.Value))
		}
	}
}

// ask is a request about the order of bare.
func ask(t *testing.T, changes ...any) []byte {
	t.Helper()
	body := []byte(`{"originalPartnerReferenceNo":"ORDER-0002","originalReferenceNo":null,"merchantId":"` + sampleMerchant +
		`","originalExternalId":"","subMerchantId":"","reason":"","externalStoreId":"","additionalInfo":{}}`)
	for i := 0; i < len(changes); i += 2 {
		body = dialecttest.Edited(t, body, changes[i].(string), changes[i+1])
	}
	return body
}

// ordered22200 is a shop with an order of Rp 22,200.
func ordered22200(t *testing.T) (*dialecttest.World, pay.Code) {
	t.Helper()
	w := shop(t)
	a := w.Ask("order", bare(t, details, paidWith("NETWORK_PAY", "NETWORK_PAY_PG_QRIS")))
	dialecttest.Expect(t, a, "2005400", "Successful")
	return w, w.Code(a)
}

func stands(t *testing.T, w *dialecttest.World, fields map[string]string) {
	t.Helper()
	a := w.Ask("query", ask(t, "serviceCode", "54"))
	dialecttest.Expect(t, a, "2005500", "Successful")
	dialecttest.Fields(t, a, map[string]string{
		"originalPartnerReferenceNo": "ORDER-0002", "serviceCode": "54", "title": "Pesanan",
		"transAmount.value": "22200.00", "amount.value": "22200.00", "additionalInfo.amountDetail.orderAmount.value": "22200.00",
		"additionalInfo.timeDetail.createdTime": "2026-01-31T10:00:00+07:00", "additionalInfo.timeDetail.expiryTime": "2026-01-31T10:30:00+07:00",
	})
	dialecttest.Fields(t, a, fields)
	_, op := dialecttest.Operation(t, w.Dialect, "query")
	dialecttest.Rowed(t, op.Reply, a.Body)
}

const (
	status   = "latestTransactionStatus"
	inWords  = "transactionStatusDesc"
	acquired = "additionalInfo.statusDetail.acquirementStatus"
)

func TestQueryFollowsTheOrder(t *testing.T) {
	w, code := ordered22200(t)
	stands(t, w, map[string]string{status: "01", inWords: "INIT", acquired: "INIT", "paidTime": "", "originalReferenceNo": code.Ref})
	w.Now = w.Now.Add(time.Minute)
	w.Pay(code.Payload, 0)
	paid := map[string]string{status: "00", inWords: "SUCCESS", acquired: "SUCCESS", "paidTime": "2026-01-31T10:01:00+07:00",
		"additionalInfo.amountDetail.payAmount.value": "22200.00", "additionalInfo.amountDetail.refundAmount.value": ""}
	stands(t, w, paid)
	dialecttest.Expect(t, w.Ask("refund", ask(t, "partnerRefundNo", "R1", "refundAmount", rupiah("22200.00"))), "2005800", "Successful")
	paid["additionalInfo.amountDetail.refundAmount.value"] = "22200.00"
	stands(t, w, paid)
	w.Balanced()
}

func TestQueryOfClosedOrders(t *testing.T) {
	w, _ := ordered22200(t)
	w.Now = w.Now.Add(30 * time.Minute)
	stands(t, w, map[string]string{status: "05", inWords: "CLOSED", acquired: "CLOSED"})

	w, _ = ordered22200(t)
	dialecttest.Expect(t, w.Ask("cancel", ask(t)), "2005700", "Success")
	stands(t, w, map[string]string{status: "05", inWords: "CANCELLED", acquired: "CANCELLED",
		"additionalInfo.timeDetail.cancelledTime": "2026-01-31T10:00:00+07:00"})
}

func TestQueryRefuses(t *testing.T) {
	w, code := ordered22200(t)
	for name, c := range map[string]struct {
		changes       []any
		code, message string
	}{
		"by our reference":    {[]any{"originalPartnerReferenceNo", "", "originalReferenceNo", code.Ref, "serviceCode", "47"}, "2005500", "Successful"},
		"no reference":        {[]any{"originalPartnerReferenceNo", "", "serviceCode", "54"}, "4005502", "Invalid Mandatory Field originalPartnerReferenceNo"},
		"an external id only": {[]any{"originalPartnerReferenceNo", nil, "originalExternalId", "x", "serviceCode", "54"}, "4005502", "Invalid Mandatory Field originalPartnerReferenceNo"},
		"no service":          {nil, "4005502", "Invalid Mandatory Field serviceCode"},
		"another service":     {[]any{"serviceCode", "50"}, "4005501", "Invalid Field Format serviceCode"},
		"magic in production": {[]any{"serviceCode", "AZ"}, "4005501", "Invalid Field Format serviceCode"},
		"no merchant":         {[]any{"serviceCode", "54", "merchantId", ""}, "4005502", "Invalid Mandatory Field merchantId"},
		"unknown order":       {[]any{"serviceCode", "54", "originalPartnerReferenceNo", "123"}, "4045501", "Transaction Not Found"},
		"two orders":          {[]any{"serviceCode", "54", "originalReferenceNo", "123"}, "4045501", "Transaction Not Found"},
		"another's merchant":  {[]any{"serviceCode", "54", "merchantId", dialecttest.MerchantID}, "4045501", "Transaction Not Found"},
	} {
		t.Run(name, func(t *testing.T) { dialecttest.Expect(t, w.Ask("query", ask(t, c.changes...)), c.code, c.message) })
	}
}

func TestCancel(t *testing.T) {
	w, code := ordered22200(t)
	a := w.Ask("cancel", ask(t, "amount", rupiah("22200.00")))
	dialecttest.Expect(t, a, "2005700", "Success")
	dialecttest.Fields(t, a, map[string]string{
		"originalPartnerReferenceNo": "ORDER-0002", "originalReferenceNo": code.Ref,
		"cancelTime": "2026-01-31T10:00:00+07:00", "transactionDate": "2026-01-31T10:00:00+07:00",
	})
	w.Now = w.Now.Add(time.Minute)
	if again := w.Ask("cancel", ask(t)); string(again.Body) != string(a.Body) {
		t.Errorf("cancelled again: %s, first: %s", again.Body, a.Body)
	}
}

func TestCancelRefuses(t *testing.T) {
	w, _ := ordered22200(t)
	dialecttest.Expect(t, w.Ask("cancel", ask(t, "originalPartnerReferenceNo", "")), "4005702", "Invalid Mandatory Field originalPartnerReferenceNo")
	dialecttest.Expect(t, w.Ask("cancel", ask(t, "originalPartnerReferenceNo", "1")), "4045701", "Transaction Not Found")
	dialecttest.Expect(t, w.Ask("cancel", ask(t, "merchantId", dialecttest.MerchantID)), "4045708", "Invalid Merchant")
	dialecttest.Expect(t, w.Ask("cancel", ask(t, "amount", rupiah("1.00"))), "4045713", "Invalid Amount")
	dialecttest.Expect(t, w.Ask("cancel", ask(t, "amount", rupiah("22200"))), "4005701", "Invalid Field Format amount")
	w.Now = w.Now.Add(time.Hour)
	dialecttest.Expect(t, w.Ask("cancel", ask(t)), "4035700", "Transaction Expired")

	w, code := ordered22200(t)
	w.Pay(code.Payload, 0)
	dialecttest.Expect(t, w.Ask("cancel", ask(t)), "4045700", "Invalid Transaction Status")
}

func rupiah(value string) map[string]any { return map[string]any{"value": value, "currency": "IDR"} }

func back(t *testing.T, refundNo, value string) []byte {
	t.Helper()
	return ask(t, "partnerRefundNo", refundNo, "refundAmount", rupiah(value), "originalCaptureNo", "")
}

func TestRefund(t *testing.T) {
	w, code := ordered22200(t)
	dialecttest.Expect(t, w.Ask("refund", back(t, "R1", "10000.00")), "4045800", "Invalid Transaction Status")
	w.Pay(code.Payload, 0)
	first := w.Ask("refund", back(t, "R1", "10000.00"))
	dialecttest.Expect(t, first, "2005800", "Successful")
	dialecttest.Fields(t, first, map[string]string{
		"originalPartnerReferenceNo": "ORDER-0002", "originalReferenceNo": code.Ref, "partnerRefundNo": "R1",
		"refundAmount.value": "10000.00", "refundAmount.currency": "IDR", "refundTime": "2026-01-31T10:00:00+07:00",
	})
	if first.Text("refundNo") == "" {
		t.Errorf("no refundNo: %s", first.Body)
	}
	w.Now = w.Now.Add(time.Minute)
	if again := w.Ask("refund", back(t, "R1", "10000.00")); string(again.Body) != string(first.Body) {
		t.Errorf("refunded again: %s %s, first: %s", again, again.Body, first.Body)
	}
	dialecttest.Expect(t, w.Ask("refund", back(t, "R1", "9000000.00")), "4045818", "Inconsistent Request")
	dialecttest.Expect(t, w.Ask("refund", back(t, "R2", "12200.01")), "4005801", "Invalid Field Format refundAmount")
	dialecttest.Expect(t, w.Ask("refund", back(t, "R2", "12201.00")), "4035802", "Exceeds Transaction Amount Limit")
	dialecttest.Expect(t, w.Ask("refund", back(t, "R2", "12200.00")), "2005800", "Successful")
	dialecttest.Expect(t, w.Ask("refund", back(t, "R3", "1.00")), "4045800", "Invalid Transaction Status")
	w.Balanced()
}

func TestRefundRefuses(t *testing.T) {
	w, code := ordered22200(t)
	w.Pay(code.Payload, 0)
	for name, c := range map[string]struct {
		path          string
		value         any
		code, message string
	}{
		"amount without sen": {"refundAmount.value", "10000", "4005801", "Invalid Field Format refundAmount"},
		"no amount":          {"refundAmount", nil, "4005802", "Invalid Mandatory Field refundAmount"},
		"dollars":            {"refundAmount.currency", "USD", "4005801", "Invalid Field Format refundAmount"},
		"no refund number":   {"partnerRefundNo", "", "4005802", "Invalid Mandatory Field partnerRefundNo"},
		"unknown order":      {"originalPartnerReferenceNo", "1", "4045801", "Transaction Not Found"},
		"another's merchant": {"merchantId", dialecttest.MerchantID, "4045808", "Invalid Merchant"},
	} {
		t.Run(name, func(t *testing.T) {
			dialecttest.Expect(t, w.Ask("refund", dialecttest.Edited(t, back(t, "R1", "10000.00"), c.path, c.value)), c.code, c.message)
		})
	}
	w.Agree(pay.PartnerSettings{Refunds: pay.RefundPolicy{FullOnly: true, Window: time.Hour}})
	dialecttest.Expect(t, w.Ask("refund", back(t, "R1", "10000.00")), "4035815", "Transaction Not Permitted")
	w.Now = w.Now.Add(2 * time.Hour)
	dialecttest.Expect(t, w.Ask("refund", back(t, "R1", "22200.00")), "4035815", "Transaction Not Permitted")
}

// safe is what every receiver of notifications can serialise as it came.
var safe = regexp.MustCompile(`^[A-Za-z0-9 .:+_-]+$`)

func TestNotice(t *testing.T) {
	w, code := ordered22200(t)
	w.Now = w.Now.Add(time.Minute)
	w.Pay(code.Payload, 0)
	body := w.Tells(code.Ref)
	got, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	amount := `{"currency":"IDR","value":"22200.00"}`
	want := `{"additionalInfo":{"paymentInfo":{"paidTime":"2026-01-31T10:01:00+07:00","payOptionInfos":[{"payAmount":` + amount +
		`,"payMethod":"NETWORK_PAY","payOption":"NETWORK_PAY_PG_QRIS","transAmount":` + amount + `}]}},"amount":` + amount +
		`,"createdTime":"2026-01-31T10:00:00+07:00","finishedTime":"2026-01-31T10:01:00+07:00","latestTransactionStatus":"00",` +
		`"merchantId":"` + sampleMerchant + `","originalPartnerReferenceNo":"ORDER-0002","originalReferenceNo":"` + code.Ref +
		`","transactionStatusDesc":"SUCCESS"}`
	if string(got) != want {
		t.Errorf("tells %s\nexpected %s", got, want)
	}
	plain(t, "", body)
}

// A code's shop and division are told.
func TestNoticeOfAShop(t *testing.T) {
	w := shop(t)
	a := w.Ask("generate", today(t, w))
	dialecttest.Expect(t, a, "2004700", "Successful")
	code := w.Code(a)
	w.Pay(code.Payload, 0)
	body := w.Tells(code.Ref)
	if body["externalStoreId"] != "abcd" || body["subMerchantId"] != sampleDivision {
		t.Errorf("tells %v", body)
	}
	plain(t, "", body)
	if n := w.Dialect.Notice; n.Path != "/v1.0/debit/notify" || n.Service != "56" || n.TokenPath != "" || len(n.Acks) != 1 || n.Acks[0] != "2005600" {
		t.Errorf("told by %+v", n)
	}
}

// plain checks that a notification has only safe strings and nothing empty.
func plain(t *testing.T, path string, value any) {
	t.Helper()
	switch v := value.(type) {
	case string:
		if !safe.MatchString(v) {
			t.Errorf("%s: %q is not safe", path, v)
		}
	case map[string]any:
		if len(v) == 0 {
			t.Errorf("%s is empty", path)
		}
		for name, member := range v {
			plain(t, path+"."+name, member)
		}
	case []any:
		for _, element := range v {
			plain(t, path+"[]", element)
		}
	default:
		t.Errorf("%s is a %T", path, value)
	}
}

// A code made by generate is asked for by either service, and carries the
// merchant's name as its title.
func TestQueryOfACode(t *testing.T) {
	w := shop(t)
	dialecttest.Expect(t, w.Ask("generate", today(t, w)), "2004700", "Successful")
	for _, service := range []string{"47", "54"} {
		a := w.Ask("query", ask(t, "originalPartnerReferenceNo", "2020102900000000000001", "serviceCode", service))
		dialecttest.Expect(t, a, "2005500", "Successful")
		dialecttest.Fields(t, a, map[string]string{"title": "Toko Sejahtera", "serviceCode": service, status: "01"})
	}
}
