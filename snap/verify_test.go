package snap

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// referenceHMAC is crypto/hmac, which this package does not use.
func referenceHMAC(secret, text string) string {
	mac := hmac.New(sha512.New, []byte(secret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestSignHMACIsHMAC(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 129, 1000} {
		secret := strings.Repeat("k", n)
		if got, want := SignHMAC(secret, "text"), referenceHMAC(secret, "text"); got != want {
			t.Errorf("secret of %d bytes: got %s, want %s", n, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		secret, text := rapid.String().Draw(t, "secret"), rapid.String().Draw(t, "text")
		if got, want := SignHMAC(secret, text), referenceHMAC(secret, text); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

func TestEmptyBodyHash(t *testing.T) {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := StringToSign(Symmetric, symmetricMessage(nil)); !strings.Contains(got, ":"+empty+":") {
		t.Errorf("got %s", got)
	}
	signature := SignHMAC("secret", StringToSign(Symmetric, symmetricMessage(nil)))
	for _, body := range []string{"", "\r\n"} {
		if err := VerifySymmetric("secret", symmetricMessage([]byte(body)), signature); err != nil {
			t.Errorf("body %q: %v", body, err)
		}
	}
}

func TestVerifyBodyThatIsNotJSON(t *testing.T) {
	body := []byte(`{ "a" : 'b' }`)
	signature := SignHMAC("secret", StringToSign(Symmetric, symmetricMessage(body)))
	if err := VerifySymmetric("secret", symmetricMessage(body), signature); err != nil {
		t.Errorf("over its own bytes: %v", err)
	}
	if err := VerifySymmetric("secret", symmetricMessage(body[:3]), signature); !errors.Is(err, ErrSignature) {
		t.Errorf("over other bytes: %v, want ErrSignature", err)
	}
}

func TestVerifyPaths(t *testing.T) {
	file := readVectors(t)
	m := symmetricMessage([]byte(`{"a":"\/"}`))
	m.Path = "/v1.0/qr/qr-mpm-query?x=1"
	hash, err := Reescape(nil, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	signed := m
	signed.Body = hash
	symmetric := SignHMAC("secret", StringToSign(Symmetric, signed))
	asymmetric, err := SignRSA(file.private, StringToSign(Asymmetric, signed))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		called string
		paths  []string
		fits   bool
	}{
		{m.Path, nil, true},
		{m.Path, []string{"/other"}, true},
		{"/dana" + m.Path, []string{m.Path}, true},
		{"", []string{"", "/other", m.Path}, true},
		{"/dana" + m.Path, []string{"/dana" + m.Path, "/other"}, false},
		{"/v1.0/qr/qr-mpm-query", nil, false},
		{"", nil, false},
	} {
		received := m
		received.Path = row.called
		for scheme, err := range map[Scheme]error{
			Symmetric:  VerifySymmetric("secret", received, symmetric, row.paths...),
			Asymmetric: VerifyAsymmetric(file.public, received, false, asymmetric, row.paths...),
		} {
			if row.fits && err != nil || !row.fits && !errors.Is(err, ErrSignature) {
				t.Errorf("%v, called as %q, paths %q: %v, want a fit: %v", scheme, row.called, row.paths, err, row.fits)
			}
		}
	}
}

func TestVerifyTriesNoEmptyPath(t *testing.T) {
	m := symmetricMessage(nil)
	m.Path = ""
	signature := SignHMAC("secret", StringToSign(Symmetric, m))
	for _, called := range []string{"", "/v1.0/qr"} {
		m.Path = called
		if err := VerifySymmetric("secret", m, signature, "", "/v1.0"); !errors.Is(err, ErrSignature) {
			t.Errorf("a signature over no path, called as %q: %v, want ErrSignature", called, err)
		}
	}
}

func TestVerifyCoversEveryPart(t *testing.T) {
	file := readVectors(t)
	m := symmetricMessage([]byte(`{"a":1}`))
	for _, scheme := range []Scheme{Symmetric, Asymmetric, AsymmetricWithToken} {
		signature, err := Sign(scheme, Credentials{Secret: "secret", PrivateKey: file.private}, m)
		if err != nil {
			t.Fatal(err)
		}
		for part, change := range map[string]func(m *Message){
			"method":    func(m *Message) { m.Method = "GET" },
			"path":      func(m *Message) { m.Path += "/" },
			"token":     func(m *Message) { m.AccessToken += "x" },
			"body":      func(m *Message) { m.Body = []byte(`{"a":2}`) },
			"timestamp": func(m *Message) { m.Timestamp = strings.Replace(m.Timestamp, "Z", "+00:00", 1) },
		} {
			changed := m
			change(&changed)
			if scheme == Symmetric {
				err = VerifySymmetric("secret", changed, signature)
			} else {
				err = VerifyAsymmetric(file.public, changed, scheme == AsymmetricWithToken, signature)
			}
			covered := part != "token" || scheme != Asymmetric
			if covered && !errors.Is(err, ErrSignature) || !covered && err != nil {
				t.Errorf("%v with another %s: %v", scheme, part, err)
			}
		}
	}
}

func TestVerifyWithTheWrongKey(t *testing.T) {
	file := readVectors(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	m := symmetricMessage([]byte(`{"a":1}`))
	symmetric := SignHMAC("secret", StringToSign(Symmetric, m))
	asymmetric, err := SignRSA(file.private, StringToSign(Asymmetric, m))
	if err != nil {
		t.Fatal(err)
	}
	token, err := SignRSA(file.private, TokenStringToSign("client", m.Timestamp))
	if err != nil {
		t.Fatal(err)
	}
	unsigned := SignHMAC("", StringToSign(Symmetric, m))
	for name, row := range map[string]struct{ got, want error }{
		"another secret":             {VerifySymmetric("Secret", m, symmetric), ErrSignature},
		"another key":                {VerifyAsymmetric(&other.PublicKey, m, false, asymmetric), ErrSignature},
		"another key for the token":  {VerifyToken(&other.PublicKey, "client", m.Timestamp, token), ErrSignature},
		"another client":             {VerifyToken(file.public, "client2", m.Timestamp, token), ErrSignature},
		"four parts as five":         {VerifyAsymmetric(file.public, m, true, asymmetric), ErrSignature},
		"RSA for HMAC":               {VerifySymmetric("secret", m, asymmetric), ErrSignature},
		"HMAC for RSA":               {VerifyAsymmetric(file.public, m, false, symmetric), ErrSignature},
		"HMAC for a token":           {VerifyToken(file.public, "client", m.Timestamp, symmetric), ErrSignature},
		"no secret":                  {VerifySymmetric("", m, unsigned), ErrKey},
		"no key":                     {VerifyAsymmetric(nil, m, false, asymmetric), ErrKey},
		"no key for the token":       {VerifyToken(nil, "client", m.Timestamp, token), ErrKey},
		"no signature":               {VerifySymmetric("secret", m, ""), ErrEncoding},
		"garbage":                    {VerifyAsymmetric(file.public, m, false, "garbage"), ErrEncoding},
		"garbage for the token":      {VerifyToken(file.public, "client", m.Timestamp, "garbage"), ErrEncoding},
		"the right ones, symmetric":  {VerifySymmetric("secret", m, symmetric), nil},
		"the right ones, asymmetric": {VerifyAsymmetric(file.public, m, false, asymmetric), nil},
		"the right ones, token":      {VerifyToken(file.public, "client", m.Timestamp, token), nil},
	} {
		if !errors.Is(row.got, row.want) {
			t.Errorf("%s: %v, want %v", name, row.got, row.want)
		}
	}
	if err := VerifyAsymmetric(file.public, m, false, symmetric); !strings.Contains(err.Error(), "it has 64 bytes, and one by the registered RSA key has 256") {
		t.Errorf("HMAC for RSA: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	m := symmetricMessage([]byte(`{}`))
	broken := symmetricMessage([]byte(`{'a':1}`))
	private := readVectors(t).private
	for name, row := range map[string]struct {
		scheme Scheme
		with   Credentials
		m      Message
		want   error
	}{
		"no secret":           {Symmetric, Credentials{PrivateKey: private}, m, ErrKey},
		"no key":              {Asymmetric, Credentials{Secret: "secret"}, m, ErrKey},
		"no key for a token":  {TokenRequest, Credentials{}, m, ErrKey},
		"a body without JSON": {Symmetric, Credentials{Secret: "secret"}, broken, ErrBody},
	} {
		if got, err := Sign(row.scheme, row.with, row.m); !errors.Is(err, row.want) || got != "" {
			t.Errorf("%s: %q, %v, want %v", name, got, err, row.want)
		}
	}
	if got, err := Sign(Scheme(9), Credentials{Secret: "s", PrivateKey: private}, m); err == nil || got != "" {
		t.Errorf("an unknown scheme signs: %q", got)
	}
	if got := StringToSign(Scheme(-1), m); got != "" {
		t.Errorf("an unknown scheme has the string %q", got)
	}
	for _, scheme := range []Scheme{-1, 4} {
		if got, err := Sign(scheme, Credentials{Secret: "s", PrivateKey: private}, m); err == nil || got != "" {
			t.Errorf("%v signs: %q", scheme, got)
		}
	}
	const names = "token request, symmetric, asymmetric, asymmetric with token, Scheme(4), Scheme(-1)"
	if got := fmt.Sprintf("%v, %v, %v, %v, %v, %v", TokenRequest, Symmetric, Asymmetric, AsymmetricWithToken, Scheme(4), Scheme(-1)); got != names {
		t.Errorf("schemes are called %s", got)
	}
}

func TestDecodeSignature(t *testing.T) {
	for _, n := range []int{64, 256, 384, 512, 1024} {
		want := strings.Repeat("\xfb\xff", n/2)
		for _, text := range []string{
			base64.StdEncoding.EncodeToString([]byte(want)),
			hex.EncodeToString([]byte(want)),
			strings.ToUpper(hex.EncodeToString([]byte(want))),
		} {
			if got, err := DecodeSignature(text); err != nil || string(got) != want {
				t.Errorf("%d bytes from %s: %v", n, text, err)
			}
		}
	}
}

func TestDecodeSignatureHints(t *testing.T) {
	sign := []byte(strings.Repeat("\xfb\xff\x00\x10", 16))
	good := base64.StdEncoding.EncodeToString(sign)
	for text, hint := range map[string]string{
		"":                         "0 characters",
		strings.Repeat("A", 4000):  "4000 characters",
		strings.Repeat("0a", 16):   "MD5",
		strings.Repeat("0a", 20):   "SHA-1",
		strings.Repeat("0a", 32):   "SHA-256: a hash, not a signature",
		strings.Repeat("0a", 48):   "SHA-384",
		strings.Repeat("0a", 128):  "1024 bits",
		strings.Repeat("0a", 63):   "63 bytes",
		strings.Repeat("0a", 200):  "200 bytes",
		strings.Repeat("0a", 255):  "255 bytes",
		strings.Repeat("0a", 1025): "2050 characters",
		base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("a"), 1025)): "1025 bytes",
		base64.URLEncoding.EncodeToString(sign):                            "base64url",
		strings.TrimRight(good, "="):                                       "padding",
		good[:len(good)-5]:                                                 "cut off",
		`"` + good + `"`:                                                   "quotes",
		strings.ReplaceAll(good, "+", " "):                                 "encoded space",
		strings.ReplaceAll(good, "=", "%3D"):                               "percent",
		good[:44] + "\r\n" + good[44:]:                                     "lines",
		"****":                                                             "neither",
	} {
		if got, err := DecodeSignature(text); !errors.Is(err, ErrEncoding) || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: %x, %v, want the hint %q", text, got, err, hint)
		}
	}
}

// TestVerifyTogether is for the race detector and for the pool: no request may
// see another's secret or text.
func TestVerifyTogether(t *testing.T) {
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			secret := fmt.Sprint("secret", i)
			for n := range 200 {
				body := fmt.Appendf(nil, `{ "url" : "a\/%d", "pad" : "%s" }`, n, strings.Repeat("x", n*i))
				m := symmetricMessage(body)
				signature, err := Sign(Symmetric, Credentials{Secret: secret}, m)
				if err == nil {
					err = VerifySymmetric(secret, m, signature)
				}
				if err != nil {
					t.Errorf("%s, body %d: %v", secret, n, err)
				}
				if err := VerifySymmetric("secret", m, signature); !errors.Is(err, ErrSignature) {
					t.Errorf("another secret: %v", err)
				}
			}
		})
	}
	group.Wait()
}

func TestLargeBodyVerifies(t *testing.T) {
	body := []byte(`[ "` + strings.Repeat("x", 1<<20) + `" ]`)
	signature, err := Sign(Symmetric, Credentials{Secret: "secret"}, symmetricMessage(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifySymmetric("secret", symmetricMessage(body), signature); err != nil {
		t.Error(err)
	}
}

func FuzzStringToSign(f *testing.F) {
	for _, v := range readVectors(f).Vectors {
		f.Add(v.Method, v.Path, v.AccessToken, v.received(), v.Timestamp, v.ClientSecret)
	}
	f.Add("POST", "/dana/v1.0?x=:", "a:b", []byte(`{"a":"\/"}`), "", "s")
	f.Fuzz(func(t *testing.T, method, path, token string, body []byte, timestamp, secret string) {
		if path == "" || secret == "" {
			return
		}
		m := Message{Method: method, Path: path, AccessToken: token, Body: body, Timestamp: timestamp}
		forms := [][]byte{body}
		if compact, err := Compact(nil, body); err == nil {
			reescape, err := Reescape(nil, body)
			if err != nil {
				t.Fatal(err)
			}
			forms = [][]byte{compact, reescape}
		}
		for _, form := range forms {
			want := fmt.Sprintf("%s:%s:%s:%x:%s", method, path, token, sha256.Sum256(form), timestamp)
			signed := m
			signed.Body = form
			if got := StringToSign(Symmetric, signed); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
			signature := referenceHMAC(secret, want)
			if err := VerifySymmetric(secret, m, signature, "/other"); err != nil {
				t.Fatalf("body %q signed as %q: %v", body, form, err)
			}
			m.Timestamp += "."
			if err := VerifySymmetric(secret, m, signature, "/other"); !errors.Is(err, ErrSignature) {
				t.Fatalf("under another timestamp: %v", err)
			}
			m.Timestamp = timestamp
		}
	})
}
