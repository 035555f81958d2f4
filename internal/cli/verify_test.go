package cli

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/snap"
)

// TestMissesAreRecognised signs as each mistaken client does, and expects the
// explanation to name the mistake and no other.
func TestMissesAreRecognised(t *testing.T) {
	m := snap.Message{
		Method: "POST", Path: "/v1.0/qr?a=1", AccessToken: "T", ClientKey: "demo", Timestamp: "2026-01-31T10:00:00+07:00",
		Body: []byte(`{ "url": "https://example.com/a" }`),
	}
	v := verifier{secret: "s"}
	if signature := snap.SignHMAC("s", snap.StringToSign(snap.Symmetric, minified(m))); v.verify(snap.Symmetric, m, signature) != nil {
		t.Fatal("what is right is refused")
	}
	for _, miss := range misses {
		scheme := snap.Symmetric
		text := miss.text(scheme, m)
		if text == snap.StringToSign(scheme, minified(m)) { // the with-token scheme signs the same text
			scheme = snap.Asymmetric
		}
		signature := snap.SignHMAC("s", text)
		var b strings.Builder
		v.explain(&b, scheme, m, signature)
		if want := "it was made over " + miss.about + "\n"; !strings.HasSuffix(b.String(), want) {
			t.Errorf("want %q, got\n%s", want, b.String())
		}
		if scheme == snap.Symmetric && v.verify(scheme, m, signature) == nil {
			t.Errorf("accepted: %s", miss.about)
		}
	}
}

func TestStrangersAreNotExplained(t *testing.T) {
	m := snap.Message{Method: "POST", Path: "/a", AccessToken: "T", Timestamp: "now", Body: []byte("not JSON")}
	v := verifier{secret: "s"}
	var b strings.Builder
	v.explain(&b, snap.Symmetric, m, snap.SignHMAC("other", snap.StringToSign(snap.Symmetric, m)))
	if !strings.Contains(b.String(), "it fits none of the usual mistakes") || !strings.Contains(b.String(), snap.BodyHash(m.Body)) {
		t.Errorf("got\n%s", b.String())
	}
}
