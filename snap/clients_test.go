package snap

import (
	"encoding/json"
	"errors"
	"testing"
)

// clientRows are what real clients put on the wire and what they hash instead,
// with the form that makes them meet. The values are made up.
var clientRows = []struct {
	client                 string
	wire, signed           string
	raw, compact, reescape bool
}{
	{
		client:  "DANA Go: trailing newline",
		wire:    "{\"title\":\"tea\",\"amount\":\"1.00\"}\n",
		signed:  `{"title":"tea","amount":"1.00"}`,
		compact: true, reescape: true,
	}, {
		client:  "DANA Go: trailing newline and HTML escapes",
		wire:    "{\"title\":\"\\u003cb\\u003e \\u0026 co\",\"amount\":\"1.00\"}\n",
		signed:  `{"title":"\u003cb\u003e \u0026 co","amount":"1.00"}`,
		compact: true,
	}, {
		client: "DANA Node",
		wire:   `{"title":"kopi & téh / 😀","amount":"1.00"}`,
		signed: `{"title":"kopi & téh / 😀","amount":"1.00"}`,
		raw:    true, compact: true, reescape: true,
	}, {
		client:  "DANA Python: spaces",
		wire:    `{"title": "a, b: c", "amount": "1.00"}`,
		signed:  `{"title":"a, b: c","amount":"1.00"}`,
		compact: true, reescape: true,
	}, {
		client:  "DANA Python: spaces and escaped letters",
		wire:    `{"title": "t\u00e9h", "amount": "1.00"}`,
		signed:  `{"title":"t\u00e9h","amount":"1.00"}`,
		compact: true,
	}, {
		client:   "DANA PHP: slashes",
		wire:     `{"url":"https:\/\/shop.example\/ok","amount":"1.00"}`,
		signed:   `{"url":"https://shop.example/ok","amount":"1.00"}`,
		reescape: true,
	}, {
		client: "Midtrans Node",
		wire:   `{"name":"HOLYCOW 1KG T-bone","brand":"Makan makan 1OMS "}`,
		signed: `{"name":"HOLYCOW 1KG T-bone","brand":"Makan makan 1OMS "}`,
		raw:    true, compact: true, reescape: true,
	}, {
		client:   "Midtrans PHP: slash and letters",
		wire:     `{"name":"T\u00e9h \/ kopi \ud83d\ude00","email":"a\u00a0b","amount":"1.00"}`,
		signed:   "{\"name\":\"Téh / kopi 😀\",\"email\":\"a\u00a0b\",\"amount\":\"1.00\"}",
		reescape: true,
	}, {
		client: "Paydia Node",
		wire:   `{"partnerReferenceNo":"cdfde219","amount":{"value":"10000.00","currency":"IDR"}}`,
		signed: `{"partnerReferenceNo":"cdfde219","amount":{"value":"10000.00","currency":"IDR"}}`,
		raw:    true, compact: true, reescape: true,
	},
}

func TestClientsForms(t *testing.T) {
	for _, row := range clientRows {
		forms := map[string]bool{"raw": row.raw, "compact": row.compact, "reescape": row.reescape, "sorted": false}
		for form, want := range forms {
			if got := formOf(t, form, row.wire) == row.signed; got != want {
				t.Errorf("%s: the %s form gives what was signed: %v, want %v", row.client, form, got, want)
			}
		}
	}
}

func formOf(t *testing.T, form, wire string) string {
	t.Helper()
	text, err := []byte(wire), error(nil)
	switch form {
	case "compact":
		text, err = Compact(nil, text)
	case "reescape":
		text, err = Reescape(nil, text)
	case "sorted":
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		text, err = json.Marshal(value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestClientsVerify(t *testing.T) {
	file := readVectors(t)
	for _, row := range clientRows {
		signed, received := symmetricMessage([]byte(row.signed)), symmetricMessage([]byte(row.wire))
		symmetric := SignHMAC("secret", StringToSign(Symmetric, signed))
		if err := VerifySymmetric("secret", received, symmetric); err != nil {
			t.Errorf("%s: symmetric: %v", row.client, err)
		}
		for _, scheme := range []Scheme{Asymmetric, AsymmetricWithToken} {
			signature, err := SignRSA(file.private, StringToSign(scheme, signed))
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyAsymmetric(file.public, received, scheme == AsymmetricWithToken, signature); err != nil {
				t.Errorf("%s: %v: %v", row.client, scheme, err)
			}
		}
	}
}

// TestOtherFormsAreRefused keeps the verifier to the two forms: what else
// clients are known to hash stays a mistake, for diagnostics to explain.
func TestOtherFormsAreRefused(t *testing.T) {
	const wire = `{"name": "a  b", "amount": 10000.00, "url": "a\/b"}`
	for mistake, signed := range map[string]string{
		"white space as sent":        wire,
		"white space out of strings": `{"name":"ab","amount":10000.00,"url":"a\/b"}`,
		"number shortened":           `{"name":"a  b","amount":10000,"url":"a/b"}`,
		"keys sorted":                `{"amount":10000.00,"name":"a  b","url":"a/b"}`,
		"empty body":                 ``,
		"another value":              `{"name":"a  b","amount":10000.01,"url":"a/b"}`,
	} {
		signature := SignHMAC("secret", StringToSign(Symmetric, symmetricMessage([]byte(signed))))
		if err := VerifySymmetric("secret", symmetricMessage([]byte(wire)), signature); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v, want ErrSignature", mistake, err)
		}
	}
}
