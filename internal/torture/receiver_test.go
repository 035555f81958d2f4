package torture

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/snap"
)

const told = `{"originalReferenceNo":"R","originalPartnerReferenceNo":"P","latestTransactionStatus":"00","transactionStatusDesc":"Success","amount":{"value":"1000.00","currency":"IDR"},"additionalInfo":{"paymentReferenceNo":"Y"}}`

// TestReceiverVerifies: a notification is heard with what it tells, and a
// fault if its signature is not the provider's. One that was refused is heard
// when it comes again.
func TestReceiverVerifies(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newReceiver(contract{ProviderPublicKey: snap.MarshalPublicKey(&key.PublicKey), Partners: map[string]credentials{"qoin": {ClientSecret: "secret"}}}, dice(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	asymmetric := snap.Credentials{PrivateKey: key}
	r.tell(t, "midtrans", asymmetric, told)
	r.tell(t, "qoin", snap.Credentials{Secret: "secret"}, told)
	r.tell(t, "qoin", snap.Credentials{Secret: "another"}, told)
	heard := r.heard()
	for i, wrong := range []bool{false, false, true} {
		n := heard[i]
		if n.Ref != "R" || n.Mine != "P" || n.Payment != "Y" || n.Amount != 1000_00 || n.State != paid || (n.Fault != "") != wrong {
			t.Errorf("heard %+v", n)
		}
	}
}

// tell sends a notification until it is acknowledged, as servers do.
func (r *receiver) tell(t *testing.T, name string, with snap.Credentials, body string) {
	t.Helper()
	m := snap.Message{Method: http.MethodPost, Path: "/" + name, Body: []byte(body), Timestamp: snap.FormatTimestamp(time.Now())}
	scheme := snap.Asymmetric
	if with.PrivateKey == nil {
		scheme, m.AccessToken = snap.Symmetric, merchantKey
	}
	signature, err := snap.Sign(scheme, with, m)
	if err != nil {
		t.Fatal(err)
	}
	for status := 0; status != http.StatusOK; {
		req, err := http.NewRequest(m.Method, r.at(name), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(snap.HeaderTimestamp, m.Timestamp)
		req.Header.Set(snap.HeaderSignature, signature)
		req.Header.Set(snap.HeaderExternalID, name)
		if m.AccessToken != "" {
			req.Header.Set(snap.HeaderAuthorization, "Bearer "+m.AccessToken)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if status = res.StatusCode; status == http.StatusOK && !strings.Contains(string(answer), standardAck) {
			t.Fatalf("acknowledged with %s", answer)
		}
	}
}
