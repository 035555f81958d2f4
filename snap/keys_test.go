package snap

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

func armour(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func must[T any](t *testing.T) func(value T, err error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// carriages are the ways in which a PEM text reaches a server.
func carriages(text string) map[string]string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	body := strings.Join(lines[1:len(lines)-1], "")
	return map[string]string{
		"LF":               text,
		"CRLF":             strings.ReplaceAll(text, "\n", "\r\n"),
		`literal \n`:       strings.ReplaceAll(text, "\n", `\n`),
		`literal \r\n`:     strings.ReplaceAll(text, "\n", `\r\n`),
		"one line":         strings.ReplaceAll(text, "\n", ""),
		"one spaced line":  strings.ReplaceAll(text, "\n", " "),
		"one-line body":    lines[0] + "\n" + body + "\n" + lines[len(lines)-1],
		"bare base64":      body,
		"bare lines":       strings.Join(lines[1:len(lines)-1], "\n"),
		"bare CRLF lines":  strings.Join(lines[1:len(lines)-1], "\r\n") + "\r\n",
		"in quotes":        `"` + strings.ReplaceAll(text, "\n", `\n`) + `"`,
		"indented":         "   " + strings.ReplaceAll(text, "\n", "\n   "),
		"byte order mark":  "\ufeff" + text,
		"escaped slashes":  strings.ReplaceAll(strings.ReplaceAll(text, "/", `\/`), "\n", `\n`),
		"text before":      "Bag Attributes\n    friendlyName: shop\n" + text,
		"wrong label":      strings.ReplaceAll(strings.ReplaceAll(text, "BEGIN ", "BEGIN X"), "END ", "END X"),
		"space at the end": text + " \t\n",
	}
}

func certificate(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shop.example"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	return must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
}

func TestParsePrivateKey(t *testing.T) {
	key := readVectors(t).private
	for form, text := range map[string]string{
		"PKCS #1": armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
		"PKCS #8": armour("PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key))),
	} {
		for carriage, text := range carriages(text) {
			if got, err := ParsePrivateKey(text); err != nil || !got.Equal(key) {
				t.Errorf("%s, %s: %v", form, carriage, err)
			}
		}
	}
}

func TestParsePublicKey(t *testing.T) {
	key := readVectors(t).private
	for form, text := range map[string]string{
		"PKCS #1":     armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)),
		"SPKI":        armour("PUBLIC KEY", must[[]byte](t)(x509.MarshalPKIXPublicKey(&key.PublicKey))),
		"certificate": armour("CERTIFICATE", certificate(t, key)),
	} {
		for carriage, text := range carriages(text) {
			if got, err := ParsePublicKey(text); err != nil || !got.Equal(&key.PublicKey) {
				t.Errorf("%s, %s: %v", form, carriage, err)
			}
		}
	}
}

func TestMarshalKeys(t *testing.T) {
	file := readVectors(t)
	if got := MarshalPrivateKey(file.private); got != file.RSAPrivateKeyPKCS8 {
		t.Errorf("the published private key is written as %s", got)
	}
	if got := MarshalPublicKey(file.public); got != file.RSAPublicKeySPKI {
		t.Errorf("the published public key is written as %s", got)
	}
	// openssl pkey -pubin -outform DER | sha256sum
	const want = "9c12a84a902354de8bc9efbbe86bb73442174c41b4cbab8d603456ced4dc5f37"
	if got := Fingerprint(file.public); got != want {
		t.Errorf("Fingerprint = %s, want %s", got, want)
	}
}

// keyFaults are texts that are not the key asked for, with what the error must
// say: first for a private key, then for a public one.
func keyFaults(t *testing.T) map[string][3]string {
	file := readVectors(t)
	curve := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 1024))
	request := must[[]byte](t)(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, file.private))
	exchange := must[*ecdh.PrivateKey](t)(ecdh.X25519().GenerateKey(rand.Reader))
	spki, pkcs8 := file.RSAPublicKeySPKI, file.RSAPrivateKeyPKCS8
	ecPublic := must[[]byte](t)(x509.MarshalPKIXPublicKey(&curve.PublicKey))
	both := func(hint, text string) [3]string { return [3]string{text, hint, hint} }
	return map[string][3]string{
		"public":            {spki, "this is a public key, an RSA private key is needed", ""},
		"private":           {pkcs8, "", "this is a private key, an RSA public key is needed"},
		"certificate":       {armour("CERTIFICATE", certificate(t, file.private)), "this is a certificate", ""},
		"request":           both("this is a certificate request", armour("CERTIFICATE REQUEST", request)),
		"elliptic, private": both("elliptic curve", armour("EC PRIVATE KEY", must[[]byte](t)(x509.MarshalECPrivateKey(curve)))),
		"elliptic, public":  both("elliptic curve", armour("PUBLIC KEY", ecPublic)),
		"Ed25519, private":  both("Ed25519", armour("PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(private)))),
		"Ed25519, public":   both("Ed25519", armour("PUBLIC KEY", must[[]byte](t)(x509.MarshalPKIXPublicKey(public)))),
		"X25519":            both("a key of another kind (*ecdh.PrivateKey)", armour("PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(exchange)))),
		"weak, private":     {armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(weak)), "1024 bits", "a private key"},
		"weak, public":      {armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&weak.PublicKey)), "a public key", "1024 bits"},
		"empty":             both("empty", " \n"),
		"password":          both("neither PEM nor", "hunter2!"),
		"cut in half":       both("cut off", spki[:len(spki)/2]+"\n-----END PUBLIC KEY-----"),
		"cut in a line":     both("not base64", spki[:61]+"\n-----END PUBLIC KEY-----"),
		"without an end":    both("armour is damaged", spki[:len(spki)/2]),
		"other DER":         both("no key and no certificate", base64.StdEncoding.EncodeToString([]byte("hello, world"))),
		"encrypted":         both("pass phrase", armour("ENCRYPTED PRIVATE KEY", []byte("x"))),
		"encrypted, old":    both("pass phrase", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
		"OpenSSH private":   both("ssh-keygen -p", armour("OPENSSH PRIVATE KEY", []byte("x"))),
		"OpenSSH public":    both("ssh-keygen -e", "ssh-rsa AAAAB3NzaC1yc2E= shop@example"),
	}
}

func TestParseKeyFaults(t *testing.T) {
	for name, fault := range keyFaults(t) {
		text := fault[0]
		if hint := fault[1]; hint != "" {
			if _, err := ParsePrivateKey(text); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), hint) {
				t.Errorf("%s as a private key: %v, want %q", name, err, hint)
			}
		}
		if hint := fault[2]; hint != "" {
			if _, err := ParsePublicKey(text); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), hint) {
				t.Errorf("%s as a public key: %v, want %q", name, err, hint)
			}
		}
	}
}

// TestKeySizeEdges: RSA of 2048 to 8192 bits.
func TestKeySizeEdges(t *testing.T) {
	for bits, fits := range map[uint]bool{2047: false, 2048: true, 8192: true, 8193: false} {
		err := checkBits(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537})
		if (err == nil) != fits {
			t.Errorf("%d bits: %v", bits, err)
		}
		if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("RSA with %d bits; SNAP asks for 2048, and at most 8192 are taken", bits)) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}
