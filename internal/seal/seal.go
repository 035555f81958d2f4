// Package seal encrypts texts that are kept where others may read them, with
// AES-256-GCM. A sealed text names its version and its key, and is bound to its
// place: moved to another, or altered, it does not open.
//
// What is kept is sealed under data keys, and those under a master key, which
// is kept elsewhere: so the master key can change without what is kept.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrKey is the answer to a text that another key has sealed.
	ErrKey = errors.New("seal: it is sealed under another key")
	// ErrAltered is the answer to a text that was altered, or moved from its
	// place.
	ErrAltered = errors.New("seal: it was altered, or belongs elsewhere")
	// ErrPlain is the answer to a text that is not sealed.
	ErrPlain = errors.New("seal: it is not sealed")
)

// version begins every sealed text: "qs1.KEY.DATA". DATA is the nonce and the
// encrypted text with its tag, in base64url.
const version = "qs1"

// Beginning is how every sealed text begins.
const Beginning = version + "."

var encoding = base64.RawURLEncoding

// Seal encrypts a text for a place: the names of its table, row and column.
func (k Key) Seal(text string, place ...string) string {
	var nonce [12]byte
	rand.Read(nonce[:]) // it never fails
	sealed := k.cipher().Seal(nonce[:], nonce[:], []byte(text), k.bind(place))
	return Prefix(k.id) + encoding.EncodeToString(sealed)
}

// Open gives the text that Seal has encrypted for a place; ErrPlain, ErrKey or
// ErrAltered when it cannot.
func (k Key) Open(sealed string, place ...string) (string, error) {
	id, data, ok := parts(sealed)
	switch {
	case !ok:
		return "", ErrPlain
	case id != k.id:
		return "", fmt.Errorf("%w: %s, not %s", ErrKey, id, k.id)
	}
	raw, err := encoding.Strict().DecodeString(data)
	if err != nil || len(raw) < 12 {
		return "", ErrAltered
	}
	text, err := k.cipher().Open(nil, raw[:12], raw[12:], k.bind(place))
	if err != nil {
		return "", ErrAltered
	}
	return string(text), nil
}

// KeyOf is the id of the key that has sealed a text; empty: it is not sealed.
func KeyOf(sealed string) string {
	id, _, _ := parts(sealed)
	return id
}

// Prefix is how every text begins that a key has sealed.
func Prefix(id string) string { return Beginning + id + "." }

func parts(sealed string) (id, data string, ok bool) {
	all := strings.Split(sealed, ".")
	if len(all) != 3 || all[0] != version || len(all[1]) != idLength {
		return "", "", false
	}
	return all[1], all[2], true
}

// bind is what a text is authenticated with: version, key and place, each with
// its length, so that no two are alike.
func (k Key) bind(place []string) []byte {
	var b []byte
	for _, part := range append([]string{version, k.id}, place...) {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

func (k Key) cipher() cipher.AEAD {
	block, err := aes.NewCipher(k.secret[:])
	if err != nil {
		panic(err) // the length of the key is the array's
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has GCM's block size
	}
	return gcm
}
