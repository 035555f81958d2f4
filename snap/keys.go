package snap

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// minKeyBits is what the SNAP guide asks of RSA keys.
const minKeyBits = minRSABytes * 8

// maxKeyBits bounds the work of a signature.
const maxKeyBits = maxRSABytes * 8

// ParsePrivateKey reads an RSA private key of 2048 to 8192 bits, PKCS #1 or
// PKCS #8, however it was carried: PEM with LF, CRLF or literal `\n` between
// the lines, PEM on one line, or bare base64 of the DER without armour.
//
// The error is an [ErrKey] that says what was found instead.
func ParsePrivateKey(text string) (*rsa.PrivateKey, error) {
	found, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("snap: private key: %w: %w", ErrKey, err)
	}
	key, ok := found.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("snap: private key: %w: this is %s, an RSA private key is needed", ErrKey, describe(found))
	}
	if err := checkBits(&key.PublicKey); err != nil {
		return nil, err
	}
	return key, nil
}

// ParsePublicKey reads an RSA public key of 2048 to 8192 bits, SPKI, PKCS #1
// or that of an X.509 certificate, carried as [ParsePrivateKey] says. It does
// not judge the certificate: neither its dates nor its issuer.
//
// The error is an [ErrKey] that says what was found instead.
func ParsePublicKey(text string) (*rsa.PublicKey, error) {
	found, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("snap: public key: %w: %w", ErrKey, err)
	}
	if certificate, ok := found.(*x509.Certificate); ok {
		found = certificate.PublicKey
	}
	key, ok := found.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("snap: public key: %w: this is %s, an RSA public key is needed", ErrKey, describe(found))
	}
	if err := checkBits(key); err != nil {
		return nil, err
	}
	return key, nil
}

// MarshalPrivateKey writes a key as PKCS #8 in PEM. It panics on a key that
// its own Validate refuses, which no parsed or generated key is.
func MarshalPrivateKey(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic("snap: marshal a private key: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// MarshalPublicKey writes a key as SPKI in PEM.
func MarshalPublicKey(key *rsa.PublicKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki(key)}))
}

// Fingerprint is the lower case hexadecimal SHA-256 of a key's SPKI form, 64
// characters: what "openssl pkey -pubin -outform DER | sha256sum" prints.
func Fingerprint(key *rsa.PublicKey) string {
	sum := sha256.Sum256(spki(key))
	return hex.EncodeToString(sum[:])
}

func spki(key *rsa.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic("snap: marshal a public key: " + err.Error())
	}
	return der
}

func checkBits(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return fmt.Errorf("snap: %w: RSA with %d bits; SNAP asks for %d, and at most %d are taken", ErrKey, bits, minKeyBits, maxKeyBits)
	}
	return nil
}

// pasted undoes what JSON, environment files and editors do to a key's text.
var pasted = strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\/`, "/", "\ufeff", "")

// parseKey returns whatever kind of key or certificate the text holds.
func parseKey(text string) (any, error) {
	text = strings.Trim(pasted.Replace(text), " \t\r\n\"'")
	if text == "" {
		return nil, errors.New("the text is empty")
	}
	label, body := unarmour(text)
	if hint, ok := unreadable(text, label); ok {
		return nil, errors.New(hint)
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil && label == "" {
		return nil, fmt.Errorf("neither PEM nor the base64 of a key: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("the lines of the PEM %q are not base64, was a part cut off? %w", label, err)
	}
	for _, parse := range derForms {
		if found, err := parse(der); err == nil {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%d bytes of DER that are no key and no certificate, was a part cut off?", len(der))
}

// derForms are told apart by parsing, not by the PEM's label: people paste
// PKCS #1 under "PRIVATE KEY" and the reverse, and bare base64 has no label.
var derForms = []func(der []byte) (any, error){
	func(der []byte) (any, error) { return x509.ParsePKCS8PrivateKey(der) },
	func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
	func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
	func(der []byte) (any, error) { return x509.ParsePKIXPublicKey(der) },
	func(der []byte) (any, error) { return x509.ParsePKCS1PublicKey(der) },
	func(der []byte) (any, error) { return x509.ParseCertificate(der) },
	func(der []byte) (any, error) { return x509.ParseCertificateRequest(der) },
}

// unarmour takes the first PEM block apart without minding its line breaks.
// A text without a whole armour is its own body.
func unarmour(text string) (label, body string) {
	_, rest, begun := strings.Cut(text, "-----BEGIN ")
	label, rest, named := strings.Cut(rest, "-----")
	body, _, ended := strings.Cut(rest, "-----END ")
	if !begun || !named || !ended {
		return "", text
	}
	return label, body
}

// unreadable knows the forms that hold a key and that this package does not
// read, with the command that converts them.
func unreadable(text, label string) (hint string, ok bool) {
	switch {
	case strings.HasPrefix(text, "ssh-"):
		return "an OpenSSH public key; convert it: ssh-keygen -e -m PKCS8 -f FILE", true
	case label == "OPENSSH PRIVATE KEY":
		return "an OpenSSH private key; convert it: ssh-keygen -p -m PKCS8 -f FILE", true
	case label == "ENCRYPTED PRIVATE KEY" || strings.Contains(text, "Proc-Type: 4,ENCRYPTED"):
		return "the private key is encrypted; remove the pass phrase: openssl pkey -in FILE", true
	case label == "" && strings.Contains(text, "-----"):
		return "the PEM armour is damaged; it begins with -----BEGIN and ends with -----END", true
	}
	return "", false
}

func describe(found any) string {
	switch found.(type) {
	case *rsa.PrivateKey:
		return "a private key"
	case *rsa.PublicKey:
		return "a public key"
	case *x509.Certificate:
		return "a certificate"
	case *x509.CertificateRequest:
		return "a certificate request"
	case *ecdsa.PrivateKey, *ecdsa.PublicKey:
		return "an elliptic curve key (ECDSA)"
	case ed25519.PrivateKey, ed25519.PublicKey:
		return "an Ed25519 key"
	default:
		return fmt.Sprintf("a key of another kind (%T)", found)
	}
}
