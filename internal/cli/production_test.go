package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

// fitOptions are those of a server that may have real money.
func fitOptions(t *testing.T, a *authority) serveOptions {
	t.Helper()
	o := serveOptions{data: t.TempDir(), listen: "127.0.0.1:0", admin: "127.0.0.1:0", logLevel: "error", skew: -1, drain: 0}
	o.store = storeOf(t, o.data)
	o.production = true
	o.tls, _ = a.server("api", elliptical(t))
	o.keyFlags = masterKey(t)
	return o
}

// tryServe starts a server and ends it, once it is ready; the error is why it
// did not start.
func tryServe(t *testing.T, o serveOptions, ready func(*node)) error {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	return serve(ctx, o, func(n *node) {
		ready(n)
		stop()
	})
}

// TestProduction: with everything as it is to be a server starts, twice on the
// same store, and has nothing of a sandbox.
func TestProduction(t *testing.T) {
	a := newAuthority(t)
	o := fitOptions(t, a)
	for range 2 {
		started := false
		err := tryServe(t, o, func(n *node) {
			started = strings.HasPrefix(n.apiURL, "https://") && n.levers == nil && n.journal == nil
		})
		if err != nil || !started {
			t.Fatalf("started %v, %v", started, err)
		}
	}
}

// TestUnfitFlags: each flag that does not go with production is named, all at
// once, each with its cure, before anything is opened.
func TestUnfitFlags(t *testing.T) {
	a := newAuthority(t)
	short := shortKey(t)
	for _, c := range []struct {
		what string
		bend func(*serveOptions)
		want []string
	}{
		{"nothing given", func(o *serveOptions) { o.tls, o.keyFile = identity{}, "" }, []string{"plain HTTP", "--behind-tls-proxy", "--public-url", "--key-file"}},
		{"a sandbox", func(o *serveOptions) { o.sandbox = true }, []string{"--sandbox is given", "leave --sandbox out"}},
		{"no skew", func(o *serveOptions) { o.skew = 0 }, []string{"--skew 0"}},
		{"a public management API", func(o *serveOptions) { o.admin = "0.0.0.0:0" }, []string{"management API", "--admin-tls-cert"}},
		{"a plain public address", func(o *serveOptions) { o.publicURL = "http://qris.example" }, []string{"not https"}},
		{"a proxy without a public address", func(o *serveOptions) { o.tls, o.proxies = identity{}, []string{"10.0.0.0/8"} }, []string{"--public-url"}},
		{"a certificate without its key", func(o *serveOptions) { o.tls.key = "" }, []string{"go together"}},
		{"a file that is not there", func(o *serveOptions) { o.tls.cert += "x" }, []string{"api.pemx"}},
		{"a short key of TLS", func(o *serveOptions) { o.tls, _ = a.server("short", short) }, []string{"1024 bits"}},
		{"no network", func(o *serveOptions) { o.proxies = []string{"everybody"} }, []string{`"everybody" is no network`}},
		{"a sandbox's file", func(o *serveOptions) {
			if err := os.WriteFile(filepath.Join(o.data, "sandbox.json"), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"sandbox.json"}},
	} {
		o := fitOptions(t, a)
		c.bend(&o)
		wantUnfit(t, c.what, o, c.want)
	}
}

func wantUnfit(t *testing.T, what string, o serveOptions, want []string) {
	t.Helper()
	err := tryServe(t, o, func(*node) { t.Errorf("%s: the server started", what) })
	if err == nil || !strings.HasPrefix(err.Error(), "--production: ") {
		t.Errorf("%s: %v", what, err)
		return
	}
	for _, part := range append(want, "cure: ") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q is not in: %v", what, part, err)
		}
	}
}

// TestUnfitSandbox: the store of a sandbox is never fit, whatever is given.
func TestUnfitSandbox(t *testing.T) {
	h := start(t)
	h.advance("1h")
	h.stop()
	o := fitOptions(t, newAuthority(t))
	o.data, o.store, o.keyFile = h.dir, storeOf(t, h.dir), filepath.Join(h.dir, ownKey)
	if *onPostgres {
		t.Setenv(keyVariable, keptKey(t, o))
		o.keyFile = ""
	}
	if err := os.Remove(filepath.Join(h.dir, "sandbox.json")); err != nil {
		t.Fatal(err)
	}
	wantUnfit(t, "a sandbox", o, []string{"the store was a sandbox", "clock was moved", "payer payer-dana", "payer outside", "merchant 00007100010926 of partner BMRI", "93600999", cureNewStore})
}

// keptKey is the master key that sandboxes keep in a shared database.
func keptKey(t *testing.T, o serveOptions) string {
	t.Helper()
	var text string
	s, err := storage.Open(t.Context(), o.location(), storage.Options{Keys: storage.Keys{Kept: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.View(t.Context(), func(r pay.Reader) (err error) {
		text, err = r.Setting("storage.master")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestUnfitBooks: weak secrets and short keys in the store are found, and
// none of them is repeated.
func TestUnfitBooks(t *testing.T) {
	a := newAuthority(t)
	o := fitOptions(t, a)
	const weakToken, weakSecret = "changeme-changeme", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	open := o
	open.production = false
	err := tryServe(t, open, func(n *node) {
		_, err := n.core.EditSetting(t.Context(), settingToken, func(pay.Reader, string) (string, error) { return weakToken, nil })
		if err != nil {
			t.Error(err)
		}
		err = n.core.AddPartner(t.Context(), pay.Partner{
			ID: "shop", Name: "Shop", Dialect: "dana", ClientKey: "shop", ClientSecret: weakSecret, Standing: pay.Active,
			PublicKey: snap.MarshalPublicKey(&shortKey(t).PublicKey), Access: pay.AccessRules{Subject: "CN=shop"},
		})
		if err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"the admin token has 17 characters", "the key of partner shop", "1024 bits", "client secret of partner shop", "bound to a client certificate"}
	wantUnfit(t, "weak books", o, want)
	err = tryServe(t, o, func(*node) {})
	if text := err.Error(); strings.Contains(text, weakToken) || strings.Contains(text, weakSecret) {
		t.Errorf("the error repeats a secret: %s", text)
	}
}

func TestWeak(t *testing.T) {
	for secret, want := range map[string]bool{
		"": true, "changeme": true, "0123456789012345678901234567890": true, "01234567890123456789012345678901": false,
		strings.Repeat("ab", 40): true, "abcdefghiabcdefghiabcdefghiabcdefghi": true,
	} {
		if why := weak(secret); (why != "") != want {
			t.Errorf("%q: %q", secret, why)
		}
	}
}
