package cli

import (
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// uses are what a partner proves with its two credentials: a request signed
// with the client secret, and one for a token, signed with the private key.
var uses = map[string]func(h *harness, k sandbox.Credentials) reply{
	"secret": func(h *harness, k sandbox.Credentials) reply {
		c := h.call("midtrans", "generate", h.body("midtrans", "generate"))
		c.token, c.credentials = h.tokenWith(k), k
		return c.send()
	},
	"key": func(h *harness, k sandbox.Credentials) reply {
		c := h.call("midtrans", "token", map[string]any{"grantType": "client_credentials"})
		c.credentials = k
		return c.send()
	},
}

// tokenWith is a token fetched with the key of now, for a request that is to be
// signed with a secret of before.
func (h *harness) tokenWith(sandbox.Credentials) string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, "sandbox.json"))
	var file sandbox.File
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	c := h.call("midtrans", "token", map[string]any{"grantType": "client_credentials"})
	c.credentials = file.Partners["midtrans"]
	r := c.send()
	r.want(h.t, "2007300", "")
	return r.body["accessToken"].(string)
}

// proves expects which credentials verify, and which are refused as a wrong
// signature is.
func (h *harness) proves(what string, k sandbox.Credentials, yes bool) {
	h.t.Helper()
	want := map[string][2]string{"secret": {"4014700", "2004700"}, "key": {"4017300", "2007300"}}
	for name, use := range uses {
		i := 0
		if yes {
			i = 1
		}
		if r := use(h, k); r.code != want[name][i] {
			h.t.Errorf("%s, %s: got %v, want %s", what, name, r, want[name][i])
		}
	}
}

func (h *harness) rotateMidtrans(overlap string) (k sandbox.Credentials) {
	h.t.Helper()
	r := h.mustAdmin("POST", "/v1/partners/"+h.node.file.Partners["midtrans"].PartnerID+"/rotate", object{"overlap": overlap})
	if err := json.Unmarshal(r.raw, &k); err != nil {
		h.t.Fatal(err)
	}
	return k
}

// TestOverlap: the credentials before a rotation verify beside the new ones
// until the overlap is over, and not a moment longer.
func TestOverlap(t *testing.T) {
	h := start(t)
	first := h.node.file.Partners["midtrans"]
	h.proves("before", first, true)
	second := h.rotateMidtrans("24h")
	h.proves("the old ones within the overlap", first, true)
	h.proves("the new ones within the overlap", second, true)
	h.advance("23h59m")
	h.proves("the old ones at its end", first, true)
	h.advance("1m")
	h.proves("the old ones after it", first, false)
	h.proves("the new ones after it", second, true)

	third := h.rotateMidtrans("") // a sandbox's default: at once
	h.proves("the old ones after a rotation without an overlap", second, false)
	h.proves("the new ones", third, true)

	fourth := h.rotateMidtrans("1h")
	fifth := h.rotateMidtrans("1h")
	h.proves("those before the last two rotations", third, false)
	h.proves("those before the last rotation", fourth, true)
	id := h.node.file.Partners["midtrans"].PartnerID
	shown := h.mustAdmin("GET", "/v1/partners/"+id, nil)
	if shown.field("formerSecretUntil") == nil || shown.field("formerKeyUntil") == nil || strings.Contains(string(shown.raw), fourth.ClientSecret) {
		t.Errorf("the partner is shown as %s", shown.raw)
	}
	h.mustAdmin("DELETE", "/v1/partners/"+id+"/former", nil)
	h.proves("the old ones once they were retired", fourth, false)
	h.proves("the new ones", fifth, true)
}

// TestOverlapOutlivesRestart: the credentials before are kept, sealed as the
// new ones are.
func TestOverlapOutlivesRestart(t *testing.T) {
	h := start(t)
	first := h.node.file.Partners["midtrans"]
	second := h.rotateMidtrans("1h")
	h.stop()
	h = startIn(t, h.dir)
	h.proves("the old ones", first, true)
	h.proves("the new ones", second, true)
	h.advance("1h")
	h.proves("the old ones after the overlap", first, false)
}

// TestOverlapOfPublicKey: a partner that registers a key of its own goes on
// with the one before for the overlap; its secret stays.
func TestOverlapOfPublicKey(t *testing.T) {
	h := start(t)
	old := h.node.file.Partners["midtrans"]
	drawn, err := sandbox.NewCredentials(old.PartnerID, "", "")
	if err != nil {
		t.Fatal(err)
	}
	replaced := old
	replaced.PrivateKey = drawn.PrivateKey
	h.mustAdmin("PUT", "/v1/partners/"+old.PartnerID+"/key", object{"publicKey": drawn.PublicKey, "overlap": "2h"})
	for _, k := range []sandbox.Credentials{old, replaced} {
		uses["key"](h, k).want(t, "2007300", "")
	}
	h.advance("2h")
	uses["key"](h, old).want(t, "4017300", "")
	uses["key"](h, replaced).want(t, "2007300", "")
}

func TestOverlapIsBounded(t *testing.T) {
	h := start(t)
	id := h.node.file.Partners["midtrans"].PartnerID
	for _, overlap := range []string{"soon", "-1h", "2161h", "24"} {
		for _, path := range []string{"/v1/partners/" + id + "/rotate", "/v1/provider/rotate"} {
			if r := h.admin("POST", path, object{"overlap": overlap}); r.status != http.StatusBadRequest {
				t.Errorf("%s for %q: %v", path, overlap, r)
			}
		}
	}
	h.proves("what was there", h.node.file.Partners["midtrans"], true)
}

// TestProviderKeyRotates: the server goes on to sign with its key for the
// overlap, in which partners can learn the next; then that one signs.
func TestProviderKeyRotates(t *testing.T) {
	h := start(t)
	address, heard, bodies := hearing(t, "2005200")
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["midtrans"].PartnerID+"/notify", object{"url": address + "/told"})
	notified := func() (verifies func(publicKey string) bool) {
		t.Helper()
		g := h.generated("midtrans", h.body("midtrans", "generate"))
		h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": g.body["referenceNo"]})
		select {
		case r := <-heard:
			m := snap.Message{Method: r.Method, Path: "/told", Body: []byte(<-bodies), Timestamp: r.Header.Get(snap.HeaderTimestamp)}
			return func(publicKey string) bool {
				var key *rsa.PublicKey
				key, err := snap.ParsePublicKey(publicKey)
				if err != nil {
					t.Fatal(err)
				}
				return snap.VerifyAsymmetric(key, m, false, r.Header.Get(snap.HeaderSignature)) == nil
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nobody was told")
			return nil
		}
	}
	var view providerView
	rotate := func(overlap string) {
		t.Helper()
		view = providerView{}
		r := h.mustAdmin("POST", "/v1/provider/rotate", object{"overlap": overlap})
		if err := json.Unmarshal(r.raw, &view); err != nil || strings.Contains(string(r.raw), "PRIVATE") {
			t.Fatalf("%s, %v", r.raw, err)
		}
	}
	old := h.node.file.ProviderPublicKey
	rotate("168h")
	if len(view.Keys) != 2 || view.Keys[0].PublicKey != old || !view.Keys[0].Signs || view.Keys[1].Signs {
		t.Fatalf("the keys are %+v", view.Keys)
	}
	next := view.Keys[1].PublicKey
	if by := notified(); !by(old) || by(next) {
		t.Error("within the overlap another key than the old one signs")
	}
	h.advance("168h")
	if by := notified(); by(old) || !by(next) {
		t.Error("after the overlap another key than the next one signs")
	}
	for deadline := time.Now().Add(20 * time.Second); readSandbox(t, h.dir).ProviderPublicKey != next; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("sandbox.json still has the old key")
		}
	}
	h.stop()
	h = startIn(t, h.dir)
	if h.node.file.ProviderPublicKey != next {
		t.Error("after a restart another key signs")
	}
	rotate("0s")
	if len(view.Keys) != 1 || !view.Keys[0].Signs || view.Keys[0].PublicKey == next {
		t.Errorf("the keys are %+v", view.Keys)
	}
	if by := notified(); by(next) || !by(view.Keys[0].PublicKey) {
		t.Error("a rotation without an overlap does not hold at once")
	}
}

// TestProviderKeyOnEveryNode: a key that one node draws signs on all.
func TestProviderKeyOnEveryNode(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		old := nodes[1].node.signing.key()
		nodes[0].mustAdmin("POST", "/v1/provider/rotate", object{"overlap": "0s"})
		agree := func() bool {
			a, b := nodes[0].node.signing.key(), nodes[1].node.signing.key()
			return a.Equal(b) && !a.Equal(old)
		}
		for deadline := time.Now().Add(20 * time.Second); !agree(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the nodes do not both sign with the new key")
			}
		}
	})
}
