package cli

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/snap"
)

// TestMismatchesAreExplained signs as mistaken clients do, and expects the
// doctor's word on it. Its own tests hold the whole set of mistakes.
func TestMismatchesAreExplained(t *testing.T) {
	m := snap.Message{
		Method: "POST", Path: "/v1.0/qr?a=1", AccessToken: "T", ClientKey: "demo", Timestamp: "2026-01-31T10:00:00+07:00",
		Body: []byte(`{ "url": "https://example.com/a" }`),
	}
	v := verifier{secret: "s"}
	if signature := snap.SignHMAC("s", snap.StringToSign(snap.Symmetric, minified(m))); v.verify(snap.Symmetric, m, signature) != nil {
		t.Fatal("what is right is refused")
	}
	for want, change := range map[string]func(*snap.Message){
		"you signed the body with its white space; ":               func(m *snap.Message) { m.Body = []byte(`{ "url": "https://example.com/a" }`) },
		"you signed the method in lower case; ":                    func(m *snap.Message) { m.Method = "post" },
		"you signed the access token with the word Bearer; ":       func(m *snap.Message) { m.AccessToken = "Bearer T" },
		"you signed the path without its query; ":                  func(m *snap.Message) { m.Path = "/v1.0/qr" },
		"you signed an empty body; ":                               func(m *snap.Message) { m.Body = nil },
		"you left the place of the access token empty; ":           func(m *snap.Message) { m.AccessToken = "" },
		"you signed the time in another zone than X-TIMESTAMP has": func(m *snap.Message) { m.Timestamp = "2026-01-31T03:00:00Z" },
	} {
		signed := minified(m)
		change(&signed)
		signature := snap.SignHMAC("s", snap.StringToSign(snap.Symmetric, signed))
		var b strings.Builder
		v.explain(&b, snap.Symmetric, m, signature)
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q, got\n%s", want, b.String())
		}
		if v.verify(snap.Symmetric, m, signature) == nil {
			t.Errorf("accepted: %s", want)
		}
	}
}

func TestStrangersAreNotExplained(t *testing.T) {
	m := snap.Message{Method: "POST", Path: "/a", AccessToken: "T", Timestamp: "now", Body: []byte("not JSON")}
	v := verifier{secret: "s"}
	var b strings.Builder
	v.explain(&b, snap.Symmetric, m, snap.SignHMAC("other", snap.StringToSign(snap.Symmetric, m)))
	if !strings.Contains(b.String(), "none of the usual mistakes gives this signature") || !strings.Contains(b.String(), snap.BodyHash(m.Body)) {
		t.Errorf("got\n%s", b.String())
	}
}
