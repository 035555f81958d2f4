package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestMasked: each line is a text and what is to be left of it.
func TestMasked(t *testing.T) {
	for text, want := range map[string]string{
		// account numbers: Indonesian ones whatever their check digit, others by it
		"the payer 9360091100001234567 paid":     "the payer 936009*********4567 paid",
		"MPAN 936009110000123456":                "MPAN 936009********3456",
		"card 4111111111111111.":                 "card 411111******1111.",
		"card 4111 1111 1111 1111 is no account": "card 4111 1*********1111 is no account",
		"card 4111-1111-1111-1111":               "card 4111-1*********1111",
		"number 4111111111111112":                "number 4111111111111112",
		// references stay: 22 digits of ours, 12 of an RRN, UUIDs
		"code 2611220123456781234567 of RRN 632622123456":   "code 2611220123456781234567 of RRN 632622123456",
		"delivery 0199b6a0-5c0d-7d3e-8a3b-0123456789ab":     "delivery 0199b6a0-5c0d-7d3e-8a3b-0123456789ab",
		"amount 10000.00, on 2026-11-22T16:03:50.661+07:00": "amount 10000.00, on 2026-11-22T16:03:50.661+07:00",
		// telephones
		"call 081223323423":    "call **********23",
		"call +6281223323423,": "call +62812****3423,",
		"call 6281223323423":   "call ***********23",
		// tokens, secrets, keys
		"Authorization: Bearer abc.def":                                           "Authorization: Bearer ***",
		`{"accessToken": "abc", "clientSecret":"d e"}`:                            `{"accessToken":***", "clientSecret":***"}`,
		`a body of \"token\":\"a b\", and`:                                        `a body of \"token\":***\", and`,
		"fetching a token: refused; accessToken: abc":                             "fetching a token: refused; accessToken:***",
		"GET /v1/sandbox/pay?ref=1&token=s3cret&x=2":                              "GET /v1/sandbox/pay?ref=1&token=***&x=2",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln":                               "***",
		"key -----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----, and":    "key ***, and",
		"signed 8f3a9c5e7b1d2f4a6c8e0b2d4f6a8c0e1f3a5b7c9d1e3f5a7b9c1d3e5f7a9b1c": "signed ***",
		"secret is q5X1Yk0vT2m8RrW3nB7uJc9ZpL4sD6fGhA0eK2wN1iQ":                   "secret is ***",
		// paths and names are no keys, however long
		"/usr/local/lib/go/src/internal/poll/fd/poll/runtime1":                     "/usr/local/lib/go/src/internal/poll/fd/poll/runtime1",
		"github.com/qrisd/qrisd/internal/cli.TestSomethingVeryLongThatHasNoDigits": "github.com/qrisd/qrisd/internal/cli.TestSomethingVeryLongThatHasNoDigits",
	} {
		if got := Masked(text); got != want {
			t.Errorf("Masked(%q)\n got %q\nwant %q", text, got, want)
		}
	}
}

// vault has a secret in a field of a struct and in what it logs itself as.
type vault struct{ Key string }

type spoken struct{}

func (spoken) LogValue() slog.Value { return slog.StringValue("Bearer s3cret") }

// TestLogMasks sends a secret through every door of a log: messages, values of
// all kinds, attributes given before, groups; as text and as JSON.
func TestLogMasks(t *testing.T) {
	const pan, phone, token = "9360091100001234567", "081223323423", "q5X1Yk0vT2m8RrW3nB7uJc9ZpL4sD6fGhA0eK2wN1iQ"
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log, err := NewLog(&out, format, slog.LevelDebug)
		if err != nil {
			t.Fatal(err)
		}
		log = log.With("session_token", "s3cret", "for", pan).WithGroup("inner").With("error", errors.New("of "+phone))
		log.Info("paid by "+pan, "clientSecret", "s3cret", "number", slog.Int64Value(1), "any", vault{token}, "bytes", []byte("Bearer s3cret"),
			"CPAN", 9360091100001234, "spoken", spoken{}, slog.Group("deep", "password", "s3cret", "text", "call "+phone), "email", "budi@contoh.id")
		for _, secret := range []string{"s3cret", pan, phone, token, "9360091100001234", "budi@contoh"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%s: %q is in the log: %s", format, secret, &out)
			}
		}
		for _, kept := range []string{"paid by 936009*********4567", "number"} {
			if !strings.Contains(out.String(), kept) {
				t.Errorf("%s: %q is not in the log: %s", format, kept, &out)
			}
		}
		if format == "json" && !json.Valid(bytes.TrimSpace(out.Bytes())) {
			t.Errorf("no JSON: %s", &out)
		}
	}
	if _, err := NewLog(new(bytes.Buffer), "xml", slog.LevelInfo); err == nil {
		t.Error("a log in XML was promised")
	}
}

// FuzzMasked: what is masked stays masked, and an account's number never
// comes through.
func FuzzMasked(f *testing.F) {
	f.Add("paid by ", " in Jakarta")
	f.Add(`{"pan":"`, `"}`)
	f.Add("=", "-")
	f.Fuzz(func(t *testing.T, before, after string) {
		const pan = "9360091100001234567"
		masked := Masked(before + " " + pan + " " + after)
		if strings.Contains(masked, pan) && !strings.Contains(before+after, pan) {
			t.Errorf("the number is still in %q", masked)
		}
	})
}
