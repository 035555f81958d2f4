package snap

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Scheme is one of the signatures of the SNAP standard: what the string to
// sign is made of, and by which algorithm it is signed.
type Scheme int

const (
	// TokenRequest signs "client key|timestamp" with SHA256withRSA
	// (PKCS #1 v1.5): services 73 and 74.
	TokenRequest Scheme = iota

	// Symmetric signs "method:path:token:body hash:timestamp" with HMAC-SHA512
	// under the client secret: the standard's usual transaction signature.
	Symmetric

	// Asymmetric signs "method:path:body hash:timestamp" with SHA256withRSA:
	// DANA's transactions, and the notifications of DANA, Midtrans and Paydia.
	Asymmetric

	// AsymmetricWithToken signs the five parts of Symmetric with
	// SHA256withRSA. The standard has no such scheme; the SpeedCash document
	// names it.
	AsymmetricWithToken
)

var schemeNames = [...]string{
	TokenRequest:        "token request",
	Symmetric:           "symmetric",
	Asymmetric:          "asymmetric",
	AsymmetricWithToken: "asymmetric with token",
}

// String is the scheme's name in words, "asymmetric with token".
func (s Scheme) String() string {
	if s < 0 || int(s) >= len(schemeNames) {
		return fmt.Sprintf("Scheme(%d)", int(s))
	}
	return schemeNames[s]
}

// Message is everything of a request that a signature covers.
type Message struct {
	Method      string // "POST"
	Path        string // as called: from the slash after the host, query string included
	AccessToken string // without "Bearer "; unused by TokenRequest and Asymmetric
	Body        []byte // may be empty: the hash is then the empty string's
	Timestamp   string // the literal text of X-TIMESTAMP
	ClientKey   string // of X-CLIENT-KEY; used by TokenRequest only
}

// Credentials are what one party signs with. A scheme needs one of the two.
type Credentials struct {
	Secret     string          // client secret, as text even where it looks like base64
	PrivateKey *rsa.PrivateKey // 2048 bits or more
}

// ErrKey is the kind of the errors of a secret or a key that is missing or
// cannot be read.
var ErrKey = errors.New("unusable key")

// TokenStringToSign is the string of an access token request.
func TokenStringToSign(clientKey, timestamp string) string {
	return clientKey + "|" + timestamp
}

// StringToSign is the string of a scheme over a message whose Body has the
// form that is to be hashed: this function does not compact it. An unknown
// scheme has no string.
func StringToSign(scheme Scheme, m Message) string {
	switch scheme {
	case TokenRequest:
		return TokenStringToSign(m.ClientKey, m.Timestamp)
	case Symmetric, AsymmetricWithToken:
		return strings.Join([]string{m.Method, m.Path, m.AccessToken, BodyHash(m.Body), m.Timestamp}, ":")
	case Asymmetric:
		return strings.Join([]string{m.Method, m.Path, BodyHash(m.Body), m.Timestamp}, ":")
	default:
		return ""
	}
}

// BodyHash is the lower case hexadecimal SHA-256 of a body, 64 characters.
func BodyHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Sign is what a client puts into X-SIGNATURE: it compacts the body, builds
// the string to sign and signs it, in base64. Send the bytes of m.Body or
// their compact form, and m.Timestamp as X-TIMESTAMP, unchanged.
//
// It fails with [ErrKey] without the credential that the scheme needs and
// with [ErrBody] over a body that is not JSON.
func Sign(scheme Scheme, with Credentials, m Message) (string, error) {
	if scheme < TokenRequest || scheme > AsymmetricWithToken {
		return "", fmt.Errorf("snap: sign: there is no %v", scheme)
	}
	body, err := Compact(nil, m.Body)
	if err != nil {
		return "", fmt.Errorf("snap: sign: %w", err)
	}
	m.Body = body
	if scheme != Symmetric {
		return SignRSA(with.PrivateKey, StringToSign(scheme, m))
	}
	if with.Secret == "" {
		return "", fmt.Errorf("snap: sign: %w, the symmetric scheme needs the client secret", ErrKey)
	}
	return SignHMAC(with.Secret, StringToSign(scheme, m)), nil
}

// SignHMAC is the HMAC-SHA512 of a string under the text of a client secret,
// in base64: 88 characters.
func SignHMAC(secret string, stringToSign string) string {
	s := borrow()
	defer s.giveBack()
	s.setKey(secret)
	s.text = append(s.text[:0], stringToSign...)
	return base64.StdEncoding.EncodeToString(s.hmac(s.text))
}

// SignRSA is the SHA256withRSA (PKCS #1 v1.5) signature of a string in base64:
// 344 characters for a key of 2048 bits. The same key and string always give
// the same signature.
func SignRSA(key *rsa.PrivateKey, stringToSign string) (string, error) {
	if key == nil {
		return "", fmt.Errorf("snap: sign: %w, a private key is needed", ErrKey)
	}
	sum := sha256.Sum256([]byte(stringToSign))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("snap: sign with RSA: %w: %w", ErrKey, err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}
