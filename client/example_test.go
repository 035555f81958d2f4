package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/snap"
)

func newClient() *client.Client {
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
	return c
}

// A request whose fate is unknown is asked again with the same reference, for
// the same amount.
func ExampleClient_Generate() {
	c := newClient()
	request := client.GenerateRequest{
		PartnerReferenceNo: "INV-2026-000123",
		Amount:             snap.IDR(25_000_00),
		ValidityPeriod:     snap.FormatTimestamp(time.Now().Add(15 * time.Minute)),
	}
	code, err := c.Generate(context.Background(), request)
	if errors.Is(err, client.ErrUncertain) {
		code, err = c.Generate(context.Background(), request)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(code.ReferenceNo, code.QRContent)
}

// What a provider has beyond the typed calls goes through Call, with the body
// as a value or as bytes.
func ExampleClient_Call() {
	c := newClient()
	body := []byte(`{"partnerReferenceNo":"INV-2026-000124","amount":{"value":"25000.00","currency":"IDR"},"additionalInfo":{"acquirer":"gopay"}}`)
	answer, err := c.Call(context.Background(), client.OpGenerate, body, "", client.WithExternalID("INV-2026-000124"))
	var refused *client.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, refused.Message, refused.Debug)
		return
	}
	fmt.Println(answer.Code, err)
}

// A customer's consent becomes a token, with which scanned codes are paid.
func ExampleClient_Pay() {
	c := newClient()
	token, err := c.CustomerToken(context.Background(), client.Grant{AuthCode: "from the redirect after consent"})
	if err != nil {
		log.Fatal(err)
	}
	paid, err := c.Pay(context.Background(), client.PayRequest{
		PartnerReferenceNo: "PAY-2026-000077",
		QRContent:          "the text of the QR code, every space of it",
	}, token.Text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(paid.ReferenceNo, paid.Amount.Value)
}

// An API that is not built in is added to a provider by its path and scheme.
func ExampleProvider() {
	midtrans := client.Midtrans()
	midtrans.Operations["query"] = client.Operation{Path: "/v1.0/qr/qr-mpm-query", Scheme: snap.Symmetric}
	fmt.Println(len(midtrans.Operations))
	// Output: 3
}
