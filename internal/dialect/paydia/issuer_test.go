package paydia

import (
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

func TestIssuersLines(t *testing.T) {
	for name, body := range map[string][]dialecttest.Line{
		"decode": {{Name: "qrContent", Need: m, Max: 512}, {Name: "scanTime", Need: m, Max: 25}},
		"query": {{Name: "originalReferenceNo", Need: c, Max: 64}, {Name: "originalPartnerReferenceNo", Need: c, Max: 64},
			{Name: "originalExternalId", Need: o, Max: 32}, {Name: "serviceCode", Need: m, Max: 2}},
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		_, payment := dialecttest.Operation(t, Dialect(), "payment")
		if len(op.Headers) != len(payment.Headers) || !op.Customer {
			t.Errorf("%s: %d headers of %d, customer %v", name, len(op.Headers), len(payment.Headers), op.Customer)
		}
		dialecttest.Lines(t, op.Headers, []dialecttest.Line{{Name: "Authorization", Need: m}, {Name: "Authorization-Customer", Need: m, Max: 64}})
		dialecttest.Lines(t, op.Body, body)
	}
}

func TestIssuersRowsRefuse(t *testing.T) {
	_, decode := dialecttest.Operation(t, Dialect(), "decode")
	dialecttest.Body(t, decode.Body, []byte(`{"qrContent": "q", "scanTime": "2024-09-09T16:26:28+07:00"}`))
	_, query := dialecttest.Operation(t, Dialect(), "query")
	dialecttest.Body(t, query.Body, []byte(`{"originalReferenceNo": "r", "originalPartnerReferenceNo": "p", "originalExternalId": "1725874065", "serviceCode": "48", "additionalInfo": {}}`))
}

func TestIssuersCodes(t *testing.T) {
	for name, codes := range map[string]string{
		"decode": "2004800 4004800 4004801 4004802 4014800 4014801 4014801 4034805 4034805 4044801 4044801 4044801 4044801 4044801",
		"query":  "2005100 4005100 4005101 4005102 4015100 4015101 4015101 4045101 5005100 5005101",
	} {
		d, op := dialecttest.Operation(t, Dialect(), name)
		dialecttest.Codes(t, op, strings.Fields(codes)...)
		kinds := []pay.Kind{pay.BadRequest, pay.MissingHeader, pay.InvalidHeader, pay.MissingField, pay.InvalidFormat, pay.BadTimestamp,
			pay.UnknownClient, pay.BadSignature, pay.InvalidToken, pay.TokenNotFound, pay.InvalidCustomer, pay.CustomerNotFound,
			pay.ForbiddenAPI, pay.PartnerSuspended, pay.CodeUnknown}
		if name == "decode" {
			kinds = append(kinds, pay.BadPayload, pay.Unroutable, pay.CodeExpired, pay.CodeCancelled, pay.CodePaid,
				pay.MerchantInactive, pay.MerchantSuspended, pay.MerchantBlacklisted)
		}
		dialecttest.Documented(t, d, op, kinds...)
	}
}

// scanned is a decode of the payload in a payment's body.
func scanned(t *testing.T, body []byte) []byte {
	t.Helper()
	v, err := field.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	payload := v.Get("additionalInfo.qrContent").Text()
	return dialecttest.Edited(t, []byte(`{"scanTime": "2026-01-31T10:00:00+07:00"}`), "qrContent", payload)
}

func TestDecodeOfTheSamplesPayload(t *testing.T) {
	w := world(t)
	a := w.Ask("decode", scanned(t, dialecttest.Read(t, "payment.repaired.json")))
	dialecttest.Expect(t, a, "2004800", "Success")
	dialecttest.Fields(t, a, map[string]string{
		"merchantName": "  Firman Zain", "merchantCategory": "7311", "merchantLocation": "PONOROGO", "transactionAmount.value": "",
		"referenceNo": "", "redirectUrl": "",
	})
	damaged := w.Ask("decode", scanned(t, dialecttest.Read(t, "payment.request.json")))
	if damaged.Code != "4004801" || !strings.HasPrefix(damaged.Message, "Invalid Field Format qrContent. ") {
		t.Errorf("the printed payload gives %s", damaged)
	}
	dialecttest.Expect(t, w.Ask("decode", []byte(`{"scanTime": "2026-01-31T10:00:00+07:00"}`)), "4004802", "Invalid Mandatory Field qrContent")
}

func TestDecodeOfOwnCodes(t *testing.T) {
	w := world(t)
	body := payable(t, w, time.Hour)
	a := w.Ask("decode", scanned(t, body))
	dialecttest.Expect(t, a, "2004800", "Success")
	dialecttest.Fields(t, a, map[string]string{"merchantName": "Toko Sejahtera", "transactionAmount.value": "5000.00", "feeAmount.value": "0.00"})
	for standing, want := range map[pay.Standing]string{
		pay.Suspended: "4034805 Do Not Honor", pay.Blacklisted: "4034805 Do Not Honor", pay.Inactive: "4034805 Do Not Honor",
	} {
		merchant := dialecttest.Merchant()
		merchant.Standing = standing
		w.PutMerchant(merchant)
		if got := w.Ask("decode", scanned(t, body)).String(); got != want {
			t.Errorf("a merchant who is %s: %s", standing, got)
		}
	}
	w.PutMerchant(dialecttest.Merchant())
	dialecttest.Expect(t, w.Ask("payment", body), "2005000", "Success")
	dialecttest.Expect(t, w.Ask("decode", scanned(t, body)), "4044801", "Transaction Not Found")
	late := payable(t, w, time.Minute)
	w.Now = w.Now.Add(time.Minute)
	dialecttest.Expect(t, w.Ask("decode", scanned(t, late)), "4044801", "Transaction Not Found")
}

const sampleRef = "cdfde219-6c5b-4ff7-afb5-7d825a8fd768"

func TestQueryOfAPayment(t *testing.T) {
	w := world(t)
	w.Remember = true
	paid := w.Ask("payment", dialecttest.Read(t, "payment.repaired.json"))
	ref := paid.Text("referenceNo")
	for _, body := range []string{
		`{"originalReferenceNo": "` + ref + `", "serviceCode": "50"}`,
		`{"originalPartnerReferenceNo": "` + sampleRef + `", "serviceCode": "48"}`,
		`{"originalReferenceNo": "` + ref + `", "originalPartnerReferenceNo": "` + sampleRef + `", "serviceCode": "50"}`,
	} {
		a := w.Ask("query", []byte(body))
		dialecttest.Expect(t, a, "2005100", "Success")
		dialecttest.Fields(t, a, map[string]string{
			"originalReferenceNo": ref, "originalPartnerReferenceNo": sampleRef, "latestTransactionStatus": "00", "transactionStatusDesc": "Success",
			"paidTime": "2026-01-31T10:00:00+07:00", "amount.value": "10000.00", "feeAmount.value": "0.00",
		})
	}
	for body, want := range map[string]string{
		`{"originalReferenceNo": "` + ref + `", "serviceCode": "47"}`:                                        "4005101 Invalid Field Format serviceCode",
		`{"originalReferenceNo": "` + ref + `"}`:                                                             "4005102 Invalid Mandatory Field serviceCode",
		`{"serviceCode": "50"}`:                                                                              "4005102 Invalid Mandatory Field originalReferenceNo",
		`{"originalReferenceNo": "nothing", "serviceCode": "50"}`:                                            "4045101 Transaction Not Found",
		`{"originalExternalId": "nothing", "serviceCode": "50"}`:                                             "4045101 Transaction Not Found",
		`{"originalReferenceNo": "` + ref + `", "originalPartnerReferenceNo": "other", "serviceCode": "50"}`: "4045101 Transaction Not Found",
	} {
		if got := w.Ask("query", []byte(body)).String(); got != want {
			t.Errorf("%s gives %s, expected %s", body, got, want)
		}
	}
}

// A customer's token opens that customer's payments alone. Codes are the
// partner's.
func TestQueryIsOfTheCustomer(t *testing.T) {
	w := world(t)
	if err := w.Core.AddPayer(t.Context(), pay.Payer{ID: "payer-2", Standing: pay.Active}, pay.Rp(50_000)); err != nil {
		t.Fatal(err)
	}
	code := w.Ask("generate", []byte(generateSample))
	partner, err := w.Core.Partner(t.Context(), dialecttest.PartnerID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Core.Pay(t.Context(), pay.PayRequest{Partner: partner, PartnerRef: "other", PayerID: "payer-2", Payload: code.Text("qrContent")})
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{p.Ref, code.Text("referenceNo")} {
		dialecttest.Expect(t, w.Ask("query", []byte(`{"originalReferenceNo": "`+ref+`", "serviceCode": "50"}`)), "4045101", "Transaction Not Found")
	}
	dialecttest.Expect(t, w.Ask("query", []byte(`{"originalReferenceNo": "`+p.Ref+`", "serviceCode": "47"}`)), "4045101", "Transaction Not Found")
	a := w.Ask("query", []byte(`{"originalReferenceNo": "`+code.Text("referenceNo")+`", "serviceCode": "47"}`))
	dialecttest.Expect(t, a, "2005100", "Success")
	dialecttest.Fields(t, a, map[string]string{"latestTransactionStatus": "00", "originalPartnerReferenceNo": "INV-1"})
}

// As an acquirer's partner the same may have given a code the reference of the
// payment.
func TestQueryPrefersThePayment(t *testing.T) {
	w := world(t)
	w.Remember = true
	code := w.Ask("generate", dialecttest.Edited(t, []byte(generateSample), "partnerReferenceNo", sampleRef))
	dialecttest.Expect(t, code, "2004700", "Success")
	dialecttest.Expect(t, w.Ask("payment", dialecttest.Read(t, "payment.repaired.json")), "2005000", "Success")
	a := w.Ask("query", []byte(`{"originalPartnerReferenceNo": "`+sampleRef+`", "serviceCode": "50"}`))
	dialecttest.Fields(t, a, map[string]string{"latestTransactionStatus": "00", "amount.value": "10000.00"})
	b := w.Ask("status", []byte(`{"originalPartnerReferenceNo": "`+sampleRef+`", "serviceCode": "47"}`))
	dialecttest.Fields(t, b, map[string]string{"latestTransactionStatus": "01", "amount.value": "15000.00"})
}
