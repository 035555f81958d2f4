package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

// A client of Midtrans's sandbox. Its key is in a file, its secret in the
// environment.
func ExampleNew() {
	text, err := os.ReadFile("private-key.pem")
	if err != nil {
		log.Fatal(err)
	}
	key, err := snap.ParsePrivateKey(string(text))
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.New(client.Config{
		BaseURL:      "https://merchants.sbx.midtrans.com",
		Provider:     client.Midtrans(),
		ClientKey:    os.Getenv("CLIENT_KEY"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		PrivateKey:   key,
		ChannelID:    "12345",
		HTTP:         &http.Client{Timeout: 10 * time.Second},
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = c.Token(context.Background())
	fmt.Println(err)
}

// The client asks for a token by itself when an operation needs one. Asking for
// it first shows whether key, secret and clock are right.
func ExampleClient_Token() {
	sandbox := startSandbox(client.Midtrans())
	defer sandbox.stop()
	c, err := client.New(sandbox.config)
	if err != nil {
		log.Fatal(err)
	}
	token, err := c.Token(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.ExpiresAt.Format(time.RFC3339))
	// Output: 2026-01-31T10:15:00+07:00
}

// A request whose fate is unknown is asked again with the same reference, for
// the same amount.
func ExampleClient_Generate() {
	sandbox := startSandbox(client.Midtrans())
	defer sandbox.stop()
	c := sandbox.client()

	request := client.GenerateRequest{
		PartnerReferenceNo: "INV-2026-000123",
		Amount:             snap.IDR(25_000_00),
		ValidityPeriod:     snap.FormatTimestamp(now.Add(15 * time.Minute)),
	}
	code, err := c.Generate(context.Background(), request)
	if errors.Is(err, client.ErrUncertain) {
		code, err = c.Generate(context.Background(), request)
	}
	if err != nil {
		log.Fatal(err)
	}
	qr, err := code.QR() // code.QRContent is what is drawn for the payer
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(code.Code, code.PartnerReferenceNo)
	fmt.Println(qr.Name, qr.Amount/100, qr.Static)
	// Output:
	// 2004700 INV-2026-000123
	// Baso Contoh Midtrans 25000 false
}

// A refusal is an Error with the provider's code, of which the case is the
// standard's.
func ExampleError() {
	sandbox := startSandbox(client.Midtrans())
	defer sandbox.stop()

	_, err := sandbox.client().Generate(context.Background(), client.GenerateRequest{
		PartnerReferenceNo: "INV-2026-000124",
		Amount:             snap.IDR(25_000_00),
		MerchantID:         "nobody",
	})
	var refused *client.Error
	if !errors.As(err, &refused) {
		log.Fatal(err)
	}
	which, _ := refused.Case()
	fmt.Println(refused.Code, refused.Message)
	fmt.Println(which == snap.CaseInvalidMerchant, errors.Is(err, client.ErrUncertain))
	// Output:
	// 4044708 Invalid Merchant
	// true false
}

// What a provider has beyond the typed calls is added to it by path and scheme
// and goes through Call: here a query, before and after someone has paid.
func ExampleClient_Call_query() {
	midtrans := client.Midtrans()
	midtrans.Operations["query"] = client.Operation{Path: "/v1.0/qr/qr-mpm-query", Scheme: snap.Symmetric}
	sandbox := startSandbox(midtrans)
	defer sandbox.stop()
	c := sandbox.client()

	code, err := c.Generate(context.Background(), client.GenerateRequest{PartnerReferenceNo: "INV-2026-000125", Amount: snap.IDR(25_000_00)})
	if err != nil {
		log.Fatal(err)
	}
	query := map[string]string{"originalReferenceNo": code.ReferenceNo, "serviceCode": string(snap.ServiceGenerate), "merchantId": sandbox.merchant}
	for _, paid := range []bool{false, true} {
		if paid {
			sandbox.someonePays(code.ReferenceNo)
		}
		answer, err := c.Call(context.Background(), "query", query, "")
		if err != nil {
			log.Fatal(err)
		}
		var status struct{ LatestTransactionStatus, TransactionStatusDesc string }
		if err := answer.Decode(&status); err != nil {
			log.Fatal(err)
		}
		fmt.Println(status.LatestTransactionStatus, status.TransactionStatusDesc)
	}
	// Output:
	// 03 Pending
	// 00 Success
}

// A refund is repeated with the same partnerRefundNo, and gives nothing back
// twice.
func ExampleClient_Call_refund() {
	midtrans := client.Midtrans()
	midtrans.Operations["refund"] = client.Operation{Path: "/v1.0/qr/qr-mpm-refund", Scheme: snap.Symmetric}
	sandbox := startSandbox(midtrans)
	defer sandbox.stop()
	c := sandbox.client()

	code, err := c.Generate(context.Background(), client.GenerateRequest{PartnerReferenceNo: "INV-2026-000126", Amount: snap.IDR(25_000_00)})
	if err != nil {
		log.Fatal(err)
	}
	sandbox.someonePays(code.ReferenceNo)
	body := map[string]any{
		"originalReferenceNo": code.ReferenceNo, "originalPartnerReferenceNo": code.PartnerReferenceNo,
		"partnerRefundNo": "RET-2026-000001", "refundAmount": snap.IDR(5_000_00), "reason": "one coffee was cold",
	}
	var numbers [2]string
	for i := range numbers {
		answer, err := c.Call(context.Background(), "refund", body, "")
		if err != nil {
			log.Fatal(err)
		}
		var refund struct {
			RefundNo     string
			RefundAmount snap.Amount
		}
		if err := answer.Decode(&refund); err != nil {
			log.Fatal(err)
		}
		numbers[i] = refund.RefundNo
		fmt.Println(answer.Code, refund.RefundAmount.Value)
	}
	fmt.Println(numbers[0] == numbers[1])
	// Output:
	// 2007800 5000.00
	// 2007800 5000.00
	// true
}

// An issuer's customer scans a code: it is decoded, shown, and paid from the
// customer's wallet with the token that the customer's consent became.
func ExampleClient_Pay() {
	issuer := client.ASPI()
	issuer.Operations["decode"] = client.Operation{Path: "/v1.0/qr/qr-mpm-decode", Scheme: snap.Symmetric}
	sandbox := startSandbox(issuer)
	defer sandbox.stop()
	c := sandbox.client()

	code, err := c.Generate(context.Background(), client.GenerateRequest{PartnerReferenceNo: "INV-2026-000127", Amount: snap.IDR(20_000_00)})
	if err != nil {
		log.Fatal(err)
	}
	scanned := map[string]string{"qrContent": code.QRContent, "scanTime": snap.FormatTimestamp(now)}
	answer, err := c.Call(context.Background(), "decode", scanned, "")
	if err != nil {
		log.Fatal(err)
	}
	var shop struct {
		MerchantName, MerchantLocation string
		TransactionAmount              snap.Amount
	}
	if err := answer.Decode(&shop); err != nil {
		log.Fatal(err)
	}
	fmt.Println(shop.MerchantName, shop.MerchantLocation, shop.TransactionAmount.Value)

	customer, err := c.CustomerToken(context.Background(), client.Grant{AuthCode: sandbox.consent})
	if err != nil {
		log.Fatal(err)
	}
	paid, err := c.Pay(context.Background(), client.PayRequest{
		PartnerReferenceNo: "PAY-2026-000077",
		QRContent:          code.QRContent, // exactly as scanned, every space of it
	}, customer.Text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(paid.Code, paid.Amount.Value, paid.TransactionDate)
	// Output:
	// Toko Contoh SNAP YOGYAKARTA 20000.00
	// 2005000 20000.00 2026-01-31T10:00:00+07:00
}

// A notification is believed only after its signature was verified with the
// provider's public key, over the bytes that came and the path at which they
// came. The answer must be the documented one, or it is sent again.
func Example_notification() {
	sandbox := startSandbox(client.Midtrans())
	defer sandbox.stop()
	providerKey := &sandbox.key.PublicKey // from PEM: snap.ParsePublicKey

	paid := make(chan string, 1)
	merchant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err == nil {
			err = snap.VerifyAsymmetric(providerKey, snap.Message{
				Method: r.Method, Path: r.RequestURI, Body: body, Timestamp: r.Header.Get(snap.HeaderTimestamp),
			}, false, r.Header.Get(snap.HeaderSignature))
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"responseCode":"4015200","responseMessage":"Unauthorized. Invalid Signature"}`)
			return
		}
		io.WriteString(w, `{"responseCode":"2005200","responseMessage":"Successful"}`)
		answer := client.Response{Body: body}
		var notice struct{ OriginalPartnerReferenceNo, LatestTransactionStatus string }
		if answer.Decode(&notice) == nil {
			paid <- notice.OriginalPartnerReferenceNo + " is " + notice.LatestTransactionStatus
		}
	}))
	defer merchant.Close()

	sandbox.notify(merchant.URL+"/notify", func() {
		code, err := sandbox.client().Generate(context.Background(), client.GenerateRequest{PartnerReferenceNo: "INV-2026-000128", Amount: snap.IDR(25_000_00)})
		if err != nil {
			log.Fatal(err)
		}
		sandbox.someonePays(code.ReferenceNo)
		fmt.Println(<-paid)
	})
	// Output: INV-2026-000128 is 00
}

// A provider whose paths differ is written down, or amended.
func ExampleProvider() {
	midtrans := client.Midtrans()
	midtrans.Operations["query"] = client.Operation{Path: "/v1.0/qr/qr-mpm-query", Scheme: snap.Symmetric}
	fmt.Println(len(midtrans.Operations))
	// Output: 3
}
