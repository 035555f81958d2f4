package seal_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/seal"
)

func mustOpen(t *testing.T, k seal.Key, sealed string, place ...string) string {
	t.Helper()
	text, err := k.Open(sealed, place...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRoundTrip(t *testing.T) {
	k := seal.Draw()
	for _, text := range []string{"", "s", strings.Repeat("rahasia ", 1000), "\x00\xff"} {
		sealed, again := k.Seal(text, "partner", "P"), k.Seal(text, "partner", "P")
		if sealed == again {
			t.Error("the same text is sealed alike twice: the nonce does not change")
		}
		if got := mustOpen(t, k, sealed, "partner", "P"); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		if len(text) > 1 && strings.Contains(sealed, text) || !strings.HasPrefix(sealed, seal.Prefix(k.ID())) || seal.KeyOf(sealed) != k.ID() {
			t.Errorf("%q is sealed as %q", text, sealed)
		}
	}
}

// TestEveryByteIsBound alters each byte of a sealed text in turn.
func TestEveryByteIsBound(t *testing.T) {
	k := seal.Draw()
	sealed := k.Seal("rahasia", "partner", "P", "client_secret")
	for i := range sealed {
		for _, flip := range []byte{1, 2, 32} {
			altered := sealed[:i] + string(rune(sealed[i]^flip)) + sealed[i+1:]
			if text, err := k.Open(altered, "partner", "P", "client_secret"); err == nil {
				t.Errorf("byte %d altered by %d still opens: %q", i, flip, text)
			}
		}
		if _, err := k.Open(sealed[:i], "partner", "P", "client_secret"); err == nil {
			t.Errorf("%d bytes of %d open", i, len(sealed))
		}
	}
}

func TestPlaceIsBound(t *testing.T) {
	k := seal.Draw()
	sealed := k.Seal("rahasia", "partner", "P", "client_secret")
	for _, place := range [][]string{
		nil, {"partner"}, {"partner", "Q", "client_secret"}, {"partner", "P", "former"}, {"partner", "Pclient_secret"},
		{"partnerP", "client_secret"}, {"partner", "P", "client_secret", ""}, {"", "partner", "P", "client_secret"},
	} {
		if _, err := k.Open(sealed, place...); !errors.Is(err, seal.ErrAltered) {
			t.Errorf("at %q: %v", place, err)
		}
	}
}

func TestOtherKeys(t *testing.T) {
	k, other := seal.Draw(), seal.Draw()
	if _, err := other.Open(k.Seal("rahasia"), "x"); !errors.Is(err, seal.ErrKey) || !strings.Contains(err.Error(), k.ID()) {
		t.Errorf("another key: %v", err)
	}
	// A text that claims to be of a key which has not sealed it.
	_, data, _ := strings.Cut(k.Seal("rahasia"), k.ID()+".")
	if _, err := other.Open(seal.Prefix(other.ID()) + data); !errors.Is(err, seal.ErrAltered) {
		t.Errorf("under another's name: %v", err)
	}
	for _, plain := range []string{"", "rahasia", "qs1.", "qs1.short.AAAA", "qs2." + k.ID() + ".AAAA", "-----BEGIN PRIVATE KEY-----"} {
		if _, err := k.Open(plain); !errors.Is(err, seal.ErrPlain) || seal.KeyOf(plain) != "" {
			t.Errorf("%q: %v", plain, err)
		}
	}
}

func TestWrap(t *testing.T) {
	master, data := seal.Draw(), seal.Draw()
	wrapped := master.Wrap(data)
	again, err := master.Unwrap(wrapped, data.ID())
	if err != nil || again != data {
		t.Errorf("unwrapped as %v, %v", again, err)
	}
	if _, err := master.Unwrap(wrapped, seal.Draw().ID()); !errors.Is(err, seal.ErrAltered) {
		t.Errorf("under another id: %v", err)
	}
	if _, err := seal.Draw().Unwrap(wrapped, data.ID()); !errors.Is(err, seal.ErrKey) {
		t.Errorf("under another master key: %v", err)
	}
	if _, err := master.Unwrap(master.Seal("short", "data key", data.ID()), data.ID()); !errors.Is(err, seal.ErrAltered) {
		t.Errorf("what is no key: %v", err)
	}
}

func TestParse(t *testing.T) {
	k, second := seal.Draw(), seal.Draw()
	raw, err := base64.StdEncoding.DecodeString(k.Text())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		k.Text(), k.Text() + "\n", "  " + k.Text() + "\r\n\r\n", hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		base64.RawStdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
		"# the key of the shop\n" + k.Text() + "\n" + second.Text(),
	} {
		keys, err := seal.Parse(text)
		if err != nil || keys[0] != k {
			t.Errorf("%q is read as %v, %v", text, keys, err)
		}
		if len(keys) == 2 && keys[1] != second {
			t.Errorf("the second key is %v", keys[1])
		}
	}
	for _, text := range []string{
		"", "\n", "# nothing", "rahasia", k.Text()[:40], k.Text() + "AAAA", strings.Repeat("A", 43) + "=", strings.Repeat("0", 64), k.Text() + "\nrahasia",
	} {
		keys, err := seal.Parse(text)
		if !errors.Is(err, seal.ErrForm) || strings.Contains(err.Error(), "rahasia") {
			t.Errorf("%q is read as %v, %v", text, keys, err)
		}
	}
}

// TestKeysDoNotPrint: whatever prints or logs a key shows its id.
func TestKeysDoNotPrint(t *testing.T) {
	k := seal.Draw()
	raw, err := base64.StdEncoding.DecodeString(k.Text())
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(map[string]any{"key": k, "keys": []seal.Key{k}})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Error("opening", "key", k, "keys", []seal.Key{k})
	shown := fmt.Sprintf("%v %+v %#v %s %q %d %x %v %+v %#v", k, k, k, k, k, k, k, &k, struct{ K seal.Key }{k}, []seal.Key{k}) + string(asJSON) + log.String()
	for _, secret := range []string{k.Text(), string(raw), hex.EncodeToString(raw), fmt.Sprint(raw), strings.Trim(fmt.Sprint(raw), "[]")} {
		if strings.Contains(shown, secret) {
			t.Errorf("the key is in %s", shown)
		}
	}
	if strings.Count(shown, k.ID()) < 12 {
		t.Errorf("the id is missing in %s", shown)
	}
}

func FuzzOpen(f *testing.F) {
	k := seal.Draw()
	f.Add(k.Seal("rahasia", "p"))
	f.Add(seal.Prefix(k.ID()))
	f.Add("qs1..")
	f.Fuzz(func(t *testing.T, sealed string) {
		text, err := k.Open(sealed, "p")
		if err == nil && text != "rahasia" {
			t.Fatalf("%q opens as %q", sealed, text)
		}
	})
}
