package doctor

import (
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"

	"github.com/qrisd/qrisd/snap"
)

func secret(key []byte) func(*client) { return func(c *client) { c.secret = key } }

func publicPEM() []byte { return []byte(snap.MarshalPublicKey(&keys()[0].PublicKey)) }

func hmacMistakes() []mistake {
	decoded, err := base64.StdEncoding.DecodeString(secretText)
	if err != nil {
		panic(err)
	}
	return []mistake{
		{"algorithm: hmac-sha256", func(c *client) { c.sign = macWith(sha256.New) }},
		{"algorithm: hmac-sha1", func(c *client) { c.sign = macWith(sha1.New) }},
		{"algorithm: hash", func(c *client) {
			c.sign = func(_ *client, s string) []byte { h := sha512.Sum512([]byte(s)); return h[:] }
		}},
		{"algorithm: hash", func(c *client) {
			c.sign = func(_ *client, s string) []byte { h := sha256.Sum256([]byte(s)); return h[:] }
		}},
		{"algorithm: hash-with-secret", func(c *client) {
			c.sign = func(c *client, s string) []byte { h := sha512.Sum512([]byte(s + string(c.secret))); return h[:] }
		}},
		{"algorithm: swapped", func(c *client) {
			c.sign = func(c *client, s string) []byte {
				return macWith(sha512.New)(&client{secret: []byte(s)}, string(c.secret))
			}
		}},
		{"key: base64-decoded", secret(decoded)},
		{"key: base64-encoded", secret([]byte(base64.StdEncoding.EncodeToString([]byte(secretText))))},
		{"key: changed", secret([]byte(secretText + "\n"))},
		{"key: previous", secret([]byte(previousSecret))},
		{"key: client-key", secret([]byte(clientKeyText))},
		{"key: partner-id", secret([]byte(partnerIDText))},
		{"key: access-token", secret([]byte(b2bToken))},
		{"key: public-key", func(c *client) { c.secret = publicPEM() }},
		{"key: private-key", func(c *client) { c.secret = []byte(snap.MarshalPrivateKey(keys()[0])) }},
		{"key: other-partner", secret([]byte(otherSecret))},
		{"key: empty", secret(nil)},
		{"scheme: asymmetric", func(c *client) { c.form, c.sign = "M:P:H:D", rsaWith(crypto.SHA256) }},
	}
}

var rsaMistakes = []mistake{
	{"algorithm: rsa-pss", func(c *client) { c.sign = pss }},
	{"algorithm: rsa-sha512", func(c *client) { c.sign = rsaWith(crypto.SHA512) }},
	{"algorithm: rsa-sha1", func(c *client) { c.sign = rsaWith(crypto.SHA1) }},
	{"algorithm: rsa-bare", func(c *client) { c.sign = bare }},
	{"algorithm: hmac-sha512", func(c *client) { c.sign = macWith(sha512.New) }},
	{"algorithm: hmac-sha256", func(c *client) { c.sign = macWith(sha256.New) }},
	{"key: previous", func(c *client) { c.key = keys()[1] }},
	{"key: other-partner", func(c *client) { c.key = keys()[2] }},
	{"scheme: symmetric", func(c *client) {
		c.form, c.sign = "M:P:T:H:D", macWith(sha512.New)
		if c.scheme == snap.TokenRequest {
			c.token = "" // there is none yet
		}
	}},
}
