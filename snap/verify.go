package snap

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// ErrSignature is the kind of the error of a signature that can be read and
// does not fit the request.
var ErrSignature = errors.New("the signature does not match")

// VerifyToken checks the signature of an access token request (services 73
// and 74) over the literal texts of X-CLIENT-KEY and X-TIMESTAMP.
//
// Its error is an [ErrSignature], an [ErrEncoding] or, without a key, an
// [ErrKey].
func VerifyToken(key *rsa.PublicKey, clientKey, timestamp, signature string) error {
	sign, err := decodeRSA(key, signature)
	if err != nil {
		return err
	}
	if !fitsRSA(key, []byte(TokenStringToSign(clientKey, timestamp)), sign) {
		return fmt.Errorf("snap: verify the token request: %w: check the private key, the client key and the literal X-TIMESTAMP", ErrSignature)
	}
	return nil
}

// VerifySymmetric checks an HMAC-SHA512 signature over a message whose Body
// is the bytes received. The signature may be over either form of the body,
// [Compact] or [Reescape], and over m.Path or any of the further paths (the
// path as called and that without a mount prefix); empty paths are passed
// over. A body that is not JSON is hashed as it is: refuse it afterwards.
//
// Its error is an [ErrSignature], an [ErrEncoding] or, with an empty secret,
// an [ErrKey].
func VerifySymmetric(secret string, m Message, signature string, paths ...string) error {
	if secret == "" {
		return fmt.Errorf("snap: verify: %w, no client secret is known", ErrKey)
	}
	sign, err := DecodeSignature(signature)
	if err != nil {
		return err
	}
	if len(sign) != sha512.Size {
		return fmt.Errorf("snap: verify: %w: %d bytes are the length of an RSA signature; this request is to be signed with HMAC-SHA512", ErrSignature, len(sign))
	}
	s := borrow()
	defer s.giveBack()
	s.setKey(secret)
	if !s.search(&claim{message: m, withToken: true, paths: paths, sign: sign}) {
		return errMismatch
	}
	return nil
}

// VerifyAsymmetric checks a SHA256withRSA signature like [VerifySymmetric],
// over the same candidates: the five-part string with the access token if
// withToken, otherwise the standard's four parts.
func VerifyAsymmetric(key *rsa.PublicKey, m Message, withToken bool, signature string, paths ...string) error {
	sign, err := decodeRSA(key, signature)
	if err != nil {
		return err
	}
	s := borrow()
	defer s.giveBack()
	if !s.search(&claim{message: m, withToken: withToken, paths: paths, sign: sign, key: key}) {
		return errMismatch
	}
	return nil
}

var errMismatch = fmt.Errorf("snap: verify: %w over any form of the body or path: check the key or secret, the path, the token, the body's exact bytes and the literal X-TIMESTAMP", ErrSignature)

func decodeRSA(key *rsa.PublicKey, signature string) ([]byte, error) {
	if key == nil {
		return nil, fmt.Errorf("snap: verify: %w, no public key is known", ErrKey)
	}
	sign, err := DecodeSignature(signature)
	if err != nil {
		return nil, err
	}
	if len(sign) != key.Size() {
		return nil, fmt.Errorf("snap: verify: %w: it has %d bytes, and one by the registered RSA key has %d", ErrSignature, len(sign), key.Size())
	}
	return sign, nil
}

func fitsRSA(key *rsa.PublicKey, text, sign []byte) bool {
	sum := sha256.Sum256(text)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sign) == nil
}

// claim is a signature and the request that it is said to be of.
type claim struct {
	message   Message
	withToken bool
	paths     []string // besides the message's own
	sign      []byte
	key       *rsa.PublicKey // nil for an HMAC under the scratch's key
}

// fits compares in constant time.
func (s *scratch) fits(c *claim, text []byte) bool {
	if c.key != nil {
		return fitsRSA(c.key, text, c.sign)
	}
	return subtle.ConstantTimeCompare(s.hmac(text), c.sign) == 1
}

// search tries every candidate. Which of them fits is no secret.
func (s *scratch) search(c *claim) bool {
	body := c.message.Body
	s.body.reset(body, false)
	form, err := s.body.rewrite()
	if err != nil {
		return s.searchPaths(c, body)
	}
	if s.searchPaths(c, form) {
		return true
	}
	if bytes.IndexByte(body, '\\') < 0 {
		return false // without an escape the two forms are one
	}
	s.body.reset(body, true)
	form, err = s.body.rewrite()
	return err == nil && s.body.changed && s.searchPaths(c, form)
}

func (s *scratch) searchPaths(c *claim, form []byte) bool {
	sum := sha256.Sum256(form)
	s.hash = hex.AppendEncode(s.hash[:0], sum[:])
	called := c.message.Path
	if called != "" && s.fits(c, s.stringToSign(c, called)) {
		return true
	}
	for _, path := range c.paths {
		if path != "" && path != called && s.fits(c, s.stringToSign(c, path)) {
			return true
		}
	}
	return false
}

// stringToSign is [StringToSign] without a garbage string for each candidate.
func (s *scratch) stringToSign(c *claim, path string) []byte {
	text := append(s.text[:0], c.message.Method...)
	text = append(append(text, ':'), path...)
	if c.withToken {
		text = append(append(text, ':'), c.message.AccessToken...)
	}
	text = append(append(text, ':'), s.hash...)
	s.text = append(append(text, ':'), c.message.Timestamp...)
	return s.text
}

// scratch is the memory of one signing or verifying, borrowed from a pool.
//
// It also holds HMAC's two padded keys (RFC 2104). crypto/hmac would allocate
// two hashes and two pads for each secret, and a server sees another secret
// with every request.
type scratch struct {
	body         rewriter
	text         []byte // string to sign
	hash         []byte // body hash in hexadecimal
	inner, outer [sha512.BlockSize]byte
	sum          [sha512.Size]byte
	state        hash.Hash // SHA-512
}

var scratches = sync.Pool{New: func() any { return &scratch{state: sha512.New()} }}

func borrow() *scratch { return scratches.Get().(*scratch) }

// maxKept bounds the buffers that wait in the pool, so that one large body
// does not stay for ever.
const maxKept = 64 << 10

// giveBack forgets the request and the secret, and returns s to the pool.
func (s *scratch) giveBack() {
	s.body.reset(nil, false)
	clear(s.inner[:])
	clear(s.outer[:])
	s.state.Reset()
	if s.small() {
		scratches.Put(s)
	}
}

func (s *scratch) small() bool { return cap(s.body.out) <= maxKept && cap(s.text) <= maxKept }

// setKey pads the secret to a block, hashing it first if it is longer.
func (s *scratch) setKey(secret string) {
	clear(s.inner[:])
	if len(secret) > sha512.BlockSize {
		sum := sha512.Sum512([]byte(secret))
		copy(s.inner[:], sum[:])
	} else {
		copy(s.inner[:], secret)
	}
	for i, c := range s.inner {
		s.inner[i], s.outer[i] = c^0x36, c^0x5c
	}
}

// hmac is the HMAC-SHA512 of text under the key, valid until the next.
func (s *scratch) hmac(text []byte) []byte {
	s.state.Reset()
	s.state.Write(s.inner[:])
	s.state.Write(text)
	sum := s.state.Sum(s.sum[:0])
	s.state.Reset()
	s.state.Write(s.outer[:])
	s.state.Write(sum)
	return s.state.Sum(s.sum[:0])
}
