package client_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

// payload is a dynamic code of Rp 1,000, as the Qoin document prints it.
const payload = "00020101021226580011id.qoin.www01189360084202020002110210Q2023002110303UME51370014ID.CO.QRIS.WWW0215ID0000202300211520458125303360540410005802ID5914Qoin Hub Store6007Jakarta61051321062200112QD00000005810700630459B2"

func TestGenerate(t *testing.T) {
	p := serve(t, client.Qoin())
	p.answers(200, `{"responseCode":"2004700","responseMessage":"Successful","referenceNo":"R1","partnerReferenceNo":"P1","qrContent":"`+payload+`",
		"qrUrl":"u","qrImage":"i","redirectUrl":"r","merchantName":"m","storeId":"s","terminalId":"t","additionalInfo":{"acquirer":3}}`)
	g, err := p.client().Generate(context.Background(), client.GenerateRequest{
		PartnerReferenceNo: "P1", Amount: snap.IDR(1000_00), MerchantID: "M1", AdditionalInfo: map[string]int{"acquirer": 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, sent := p.last(); sent != `{"partnerReferenceNo":"P1","amount":{"value":"1000.00","currency":"IDR"},"merchantId":"M1","additionalInfo":{"acquirer":3}}` {
		t.Errorf("sent %s", sent)
	}
	got := []string{g.Code, g.ReferenceNo, g.PartnerReferenceNo, g.QRURL, g.QRImage, g.RedirectURL, g.MerchantName, g.StoreID, g.TerminalID, string(g.AdditionalInfo)}
	if want := []string{"2004700", "R1", "P1", "u", "i", "r", "m", "s", "t", `{"acquirer":3}`}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	code, err := g.QR()
	if err != nil || code.Static || code.Amount != 1000_00 || code.Name != "Qoin Hub Store" {
		t.Errorf("the payload says %+v, %v", code, err)
	}
}

func TestAStaticCodeHasNoAmount(t *testing.T) {
	p := serve(t, client.SpeedCash())
	if _, err := p.client().Generate(context.Background(), client.GenerateRequest{PartnerReferenceNo: "P1", TerminalID: "T1"}); err != nil {
		t.Fatal(err)
	}
	if _, sent := p.last(); sent != `{"partnerReferenceNo":"P1","terminalId":"T1"}` {
		t.Errorf("sent %s", sent)
	}
}

func TestMidtransKnowsARetryByItsReference(t *testing.T) {
	p := serve(t, client.Midtrans())
	c := p.client()
	for _, test := range []struct {
		options []client.Option
		want    string
	}{{nil, "P1"}, {[]client.Option{client.WithExternalID("X1")}, "X1"}} {
		if _, err := c.Generate(context.Background(), client.GenerateRequest{PartnerReferenceNo: "P1"}, test.options...); err != nil {
			t.Fatal(err)
		}
		if r, _ := p.last(); r.Header.Get(snap.HeaderExternalID) != test.want {
			t.Errorf("X-EXTERNAL-ID is %s, want %s", r.Header.Get(snap.HeaderExternalID), test.want)
		}
	}
}

func TestNothingIsSentWithoutAReference(t *testing.T) {
	p := serve(t, client.ASPI())
	_, generated := p.client().Generate(context.Background(), client.GenerateRequest{Amount: snap.IDR(100)})
	_, paid := p.client().Pay(context.Background(), client.PayRequest{QRContent: payload}, "customer-token")
	if _, requests := p.counts(); generated == nil || paid == nil || requests > 0 {
		t.Errorf("%v, %v, %d requests", generated, paid, requests)
	}
}

func TestPay(t *testing.T) {
	p := serve(t, client.Paydia())
	p.answers(200, `{"responseCode":"2005000","responseMessage":"Success","partnerReferenceNo":"P1","referenceNo":"R1","transactionDate":"2024-09-09T16:26:41+07:00",
		"amount":{"value":"1000.00","currency":"IDR"},"feeAmount":{"value":"0.00","currency":"IDR"}}`)
	paid, err := p.client().Pay(context.Background(), client.PayRequest{PartnerReferenceNo: "P1", QRContent: payload}, "customer-token")
	if err != nil {
		t.Fatal(err)
	}
	if _, sent := p.last(); sent != `{"partnerReferenceNo":"P1","additionalInfo":{"qrContent":"`+payload+`"}}` {
		t.Errorf("sent %s", sent)
	}
	if paid.ReferenceNo != "R1" || paid.PartnerReferenceNo != "P1" || paid.Amount != snap.IDR(1000_00) || paid.FeeAmount != snap.IDR(0) || paid.TransactionDate != "2024-09-09T16:26:41+07:00" {
		t.Errorf("%+v", paid)
	}
	request := client.PayRequest{PartnerReferenceNo: "P2", QRContent: payload, Amount: snap.IDR(5_00), FeeAmount: snap.IDR(1_00)}
	if _, err := p.client().Pay(context.Background(), request, "customer-token"); err != nil {
		t.Fatal(err)
	}
	_, sent := p.last()
	if got := fields(t, sent)["feeAmount"]; !reflect.DeepEqual(got, map[string]any{"value": "1.00", "currency": "IDR"}) {
		t.Errorf("feeAmount %v", got)
	}
}

func TestList(t *testing.T) {
	p := serve(t, client.SpeedCash())
	p.answers(200, `{"responseCode":"2009000","responseMessage":"Successful","dataDetail":[
		{"id_qr":"2","type":"dynamic","generate_time":"2024-03-15 14:20:49","expired_date":"2024-03-15 14:50:49","amount":"9000.00"},
		{"id_qr":"1","type":"static","generate_time":"2024-03-15 09:14:20","expired_date":null,"amount":null}]}`)
	lateInUTC := time.Date(2024, 3, 14, 17, 0, 0, 0, time.UTC) // midnight in Jakarta
	l, err := p.client().List(context.Background(), client.ListRequest{Date: lateInUTC, MerchantID: "121xxxx"})
	if err != nil {
		t.Fatal(err)
	}
	if _, sent := p.last(); sent != `{"dateGenerate":"2024-03-15T00:00:00+07:00","additionalInfo":{"merchantId":"121xxxx"}}` {
		t.Errorf("sent %s", sent)
	}
	if len(l.Codes) != 2 || *l.Codes[0].Amount != "9000.00" || *l.Codes[0].ExpiredDate != "2024-03-15 14:50:49" || l.Codes[1].Amount != nil || l.Codes[1].Type != "static" || l.Codes[1].ID != "1" {
		t.Errorf("%+v", l.Codes)
	}
}

func TestListInPages(t *testing.T) {
	p := serve(t, client.SpeedCash())
	p.answers(200, `{"responseCode":"2009000","responseMessage":"Successful","dataDetail":[
		{"id_qr":"1","type":"static","generate_time":"2024-03-15 09:14:20","expired_date":null,"amount":null}],"additionalInfo":{"next":"1"}}`)
	l, err := p.client().List(context.Background(), client.ListRequest{
		Date: time.Date(2024, 3, 15, 0, 0, 0, 0, time.UTC), MerchantID: "m", From: "2", Limit: 1,
	})
	if err != nil || len(l.Codes) != 1 || l.AdditionalInfo.Next != "1" {
		t.Errorf("%+v, %v", l, err)
	}
	if _, sent := p.last(); sent != `{"dateGenerate":"2024-03-15T00:00:00+07:00","additionalInfo":{"merchantId":"m","from":"2","limit":1}}` {
		t.Errorf("sent %s", sent)
	}
}

func TestAnUnreadableSuccessNamesTheStep(t *testing.T) {
	p := serve(t, client.DANA())
	p.answers(200, `{"responseCode":"2004700","responseMessage":"Successful","qrContent":7}`)
	g, err := p.client().Generate(context.Background(), client.GenerateRequest{PartnerReferenceNo: "P1"})
	if err == nil || g.Response.Code != "2004700" {
		t.Errorf("%v, %+v", err, g.Response)
	}
}

func TestProviderNamed(t *testing.T) {
	for _, want := range client.Providers() {
		got, ok := client.ProviderNamed(want.Name)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", want.Name, got)
		}
	}
	if _, ok := client.ProviderNamed("nobody"); ok {
		t.Error("a provider that is not")
	}
}
