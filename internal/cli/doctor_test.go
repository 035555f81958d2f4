package cli

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/snap"
)

// mistaken sends a generate request of a dialect whose signature is right
// except for one change, and gives what the sandbox says about it.
func mistaken(h *harness, dialectName, token string, change func(*call, *snap.Message)) string {
	h.t.Helper()
	c := h.call(dialectName, "generate", []byte(`{"partnerReferenceNo":"D 1","url":"https://example.com/a b"}`))
	c.header["X-Debug-Mode"] = []string{"true"}
	c.token = token
	m := snap.Message{Method: c.method, Path: c.path, AccessToken: c.token, Body: c.raw, Timestamp: c.timestamp}
	change(c, &m)
	c.header["X-Signature"] = []string{snap.SignHMAC(c.credentials.ClientSecret, snap.StringToSign(snap.Symmetric, m))}
	r := c.send()
	if r.status != 401 {
		h.t.Fatalf("%v", r)
	}
	text, _ := r.field("additionalInfo.debugMessage").(string)
	return text
}

// TestDoctorExplainsRefusals asks a sandbox over HTTP why it refuses.
func TestDoctorExplainsRefusals(t *testing.T) {
	h := start(t)
	for want, change := range map[string]func(*call, *snap.Message){
		"you signed the body with the spaces inside strings removed; sign the exact bytes you send. (Anda ": func(_ *call, m *snap.Message) {
			m.Body = []byte(strings.ReplaceAll(string(m.Body), " ", ""))
		},
		"you signed the access token with the word Bearer; ":                             func(_ *call, m *snap.Message) { m.AccessToken = "Bearer " + m.AccessToken },
		"you used the key of another partner, " + h.node.file.Partners["qoin"].PartnerID: func(c *call, _ *snap.Message) { c.credentials.ClientSecret = h.node.file.Partners["qoin"].ClientSecret },
		"[the string to sign is: POST:/v1.0/qr/qr-mpm-generate:":                         func(_ *call, m *snap.Message) { m.Method = "?" },
	} {
		if got := mistaken(h, "midtrans", h.token("midtrans"), change); !strings.Contains(got, want) {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}

// TestDoctorKnowsTheKeyBefore rotates a partner's keys and goes on with the
// old ones.
func TestDoctorKnowsTheKeyBefore(t *testing.T) {
	h := start(t)
	old := h.node.file.Partners["aspi"]
	token := h.token("aspi")
	h.call("aspi", "query", map[string]any{"originalReferenceNo": "none", "serviceCode": "47"}).send()
	h.mustAdmin("POST", "/v1/partners/"+old.PartnerID+"/rotate", nil)
	got := mistaken(h, "aspi", token, func(c *call, _ *snap.Message) { c.credentials.ClientSecret = old.ClientSecret })
	if !strings.Contains(got, "you used a previous key; ") {
		t.Errorf("got %q", got)
	}
}

// TestDoctorIsAskedInModeration sends more refusals at once than are looked
// into: every one is answered, with the string to sign at least.
func TestDoctorIsAskedInModeration(t *testing.T) {
	h := start(t)
	token := h.token("midtrans")
	for range 20 {
		got := mistaken(h, "midtrans", token, func(_ *call, m *snap.Message) { m.Method = "post" })
		if !strings.Contains(got, "the string to sign is") {
			t.Fatalf("got %q", got)
		}
	}
}

// TestDoctorReadsBesideAServer: keys are looked up in the store of a server
// that is at work, of either engine.
func TestDoctorReadsBesideAServer(t *testing.T) {
	h := start(t)
	f := doctorFlags{booksFlags: booksFlags{data: h.dir, store: storeOf(t, h.dir)}}
	found, err := f.storedRecords(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := h.node.file.Partners["qoin"]
	p := found.find(want.ClientKey, "")
	if len(found.partners) != len(h.node.file.Partners) || p == nil || p.ClientSecret != want.ClientSecret || p.PublicKey != want.PublicKey {
		t.Errorf("%d partners, qoin's is %+v", len(found.partners), p)
	}
}
