package notify_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dana"
	"github.com/qrisd/qrisd/internal/dialect/midtrans"
	"github.com/qrisd/qrisd/internal/dialect/paydia"
	"github.com/qrisd/qrisd/internal/dialect/qoin"
	"github.com/qrisd/qrisd/internal/dialect/speedcash"
	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
)

var everyDialect = []dialect.Dialect{
	dana.Dialect(), qoin.Dialect(), midtrans.Dialect(), paydia.Dialect(), speedcash.Dialect(), aspi.Dialect(),
}

// Every dialect's notification of a payment, refunded in part and wholly,
// reaches a server that expects that provider: at its path, with its
// signature, acknowledged by its code.
func TestEveryDialectDelivers(t *testing.T) {
	for _, d := range everyDialect {
		t.Run(d.Name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Dialects = []dialect.Dialect{d}
			answer := func(w http.ResponseWriter, _ *http.Request, try int) {
				io.WriteString(w, `{"responseCode":"`+d.Notice.Acks[try%len(d.Notice.Acks)]+`","responseMessage":"Successful"}`)
			}
			r := newReceiver(t, answer)
			if d.Notice.TokenPath != "" {
				r, _ = newTokenReceiver(t, answer)
			}
			p := w.partner("p", d.Name, r.URL)
			for _, refund := range []pay.Rupiah{0, pay.Rp(500), pay.Rp(1500)} {
				code, err := w.core.Generate(t.Context(), pay.GenerateRequest{
					Partner: p, PartnerRef: "ref-" + refund.String(), StoreID: "S-1", TerminalID: "T-1", SubMerchant: "D-1",
				})
				w.must(err)
				w.pay(code)
				if refund > 0 {
					_, err := w.core.Refund(t.Context(), pay.RefundRequest{Partner: p, Original: pay.Original{Ref: code.Ref}, Amount: refund})
					w.must(err)
				}
			}
			w.run()
			w.delivered(3)
			for _, h := range r.heard() {
				if h.uri != d.Notice.Path {
					t.Errorf("it came to %s", h.uri)
				}
				checkSafe(t, h.body)
			}
		})
	}
}

// Hostile names in every free text leave every dialect's body safe.
func TestEveryDialectIsSafe(t *testing.T) {
	name := "Café, \"A/B\": <Maju> & \\Co\u2028 東京:  "
	code := pay.Code{Ref: "1", PartnerRef: "2", MerchantID: "3", MerchantName: name, Echo: name}
	payment := pay.Payment{Ref: "4", RRN: "5", MerchantID: "3", Amount: pay.Rp(1), Refunded: pay.Rp(1)}
	for _, d := range everyDialect {
		for _, status := range []pay.Status{pay.StatusPaid, pay.StatusRefunded} {
			text, err := notify.Encode(d.Notice, pay.Transaction{Code: &code, Payment: &payment, Status: status})
			if err != nil {
				t.Errorf("%s, %s: %v", d.Name, status, err)
				continue
			}
			checkSafe(t, text)
		}
	}
}

var safe = regexp.MustCompile(`^[A-Za-z0-9 .:+_-]*$`)

// checkSafe holds a body to what every known receiver hashes alike.
func checkSafe(t *testing.T, body string) {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	again, err := json.Marshal(members) // sorts and escapes for HTML
	if err != nil || string(again) != body || regexp.MustCompile(`[:,{[]\s`).MatchString(body) {
		t.Errorf("%s would be hashed as %s", body, again)
	}
	checkSafeValue(t, "body", members)
}

func checkSafeValue(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case string:
		if !safe.MatchString(v) {
			t.Errorf("%s is %q", path, v)
		}
	case map[string]any:
		if len(v) == 0 {
			t.Errorf("%s is empty", path)
		}
		for name, member := range v {
			checkSafeValue(t, path+"."+name, member)
		}
	case []any:
		if len(v) == 0 {
			t.Errorf("%s is empty", path)
		}
		for _, element := range v {
			checkSafeValue(t, path, element)
		}
	default:
		t.Errorf("%s is %v, no string", path, v)
	}
}
