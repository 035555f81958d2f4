package snap

import (
	"bytes"
	"testing"
)

// kilobyte is a request of about 1 kB, minified.
func kilobyte() []byte {
	body := []byte(`{"partnerReferenceNo":"2020102900000000000001","amount":{"value":"12345678.00","currency":"IDR"},"items":[`)
	item := []byte(`{"id":"susumaniskaleng","price":{"value":"5000.00","currency":"IDR"},"quantity":"1","name":"HOLYCOW 1KG T-bone"}`)
	for len(body) < 900 {
		body = append(append(body, item...), ',')
	}
	return append(append(body, item...), `]}`...)
}

func spaced(body []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(body, []byte(`,`), []byte(`, `)), []byte(`":`), []byte(`": `))
}

func slashed(body []byte) []byte {
	return bytes.ReplaceAll(body, []byte(`T-bone`), []byte(`T\/bone`))
}

func symmetricMessage(body []byte) Message {
	return Message{
		Method: "POST", Path: "/v1.0/qr/qr-mpm-generate", AccessToken: "gp9HjjEj813Y9JGoqwOeOPWbnt4CupvIJbU1Mmu4a11MNDZ7Sg5u9a",
		Body: body, Timestamp: "2024-03-05T10:37:16.196Z",
	}
}

func BenchmarkVerifySymmetric(b *testing.B) {
	body := kilobyte()
	escaped := slashed(body)
	unescaped, err := Reescape(nil, escaped)
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name             string
		received, signed []byte
	}{
		{"compact", body, body},
		{"spaces", spaced(body), body},
		{"escapes", escaped, unescaped},
	} {
		b.Run(bench.name, func(b *testing.B) {
			signature := SignHMAC("myclientsecret", StringToSign(Symmetric, symmetricMessage(bench.signed)))
			m := symmetricMessage(bench.received)
			b.SetBytes(int64(len(bench.received)))
			b.ReportAllocs()
			for b.Loop() {
				if err := VerifySymmetric("myclientsecret", m, signature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifyAsymmetric(b *testing.B) {
	vectors := readVectors(b)
	m := symmetricMessage(kilobyte())
	signature, err := Sign(Asymmetric, Credentials{PrivateKey: vectors.private}, m)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := VerifyAsymmetric(vectors.public, m, false, signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBody(b *testing.B) {
	received := spaced(slashed(kilobyte()))
	for name, form := range map[string]func(dst, body []byte) ([]byte, error){"Compact": Compact, "Reescape": Reescape} {
		b.Run(name, func(b *testing.B) {
			var dst []byte
			b.SetBytes(int64(len(received)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if dst, err = form(dst[:0], received); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseTimestamp(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseTimestamp("2024-03-05T10:37:16.196Z"); err != nil {
			b.Fatal(err)
		}
	}
}
