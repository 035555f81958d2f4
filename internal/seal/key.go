package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Key is an AES-256 key. It prints as its id.
type Key struct {
	id     string
	secret [32]byte
}

// idLength is that of an id: 64 bits in hexadecimal.
const idLength = 16

// newKey names a key by a digest of it, which tells nothing of 256 random bits.
func newKey(secret [32]byte) Key {
	sum := sha256.Sum256(append([]byte("qrisd key id\x00"), secret[:]...))
	return Key{hex.EncodeToString(sum[:idLength/2]), secret}
}

// Draw makes a random key.
func Draw() Key {
	var secret [32]byte
	rand.Read(secret[:]) // it never fails
	return newKey(secret)
}

// ID names the key and tells nothing of it: 16 hexadecimal digits.
func (k Key) ID() string { return k.id }

// Text is the key itself, as Parse reads it.
func (k Key) Text() string { return base64.StdEncoding.EncodeToString(k.secret[:]) }

func (k Key) String() string { return "key " + k.id }

// Format keeps the key out of all that fmt prints, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText keeps the key out of JSON and logs.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ErrForm is the answer to a text that is no key.
var ErrForm = errors.New("seal: a key is 32 random bytes in base64 or hexadecimal (openssl rand -base64 32)")

// Parse reads keys, one a line; blank lines and those that begin with # are
// passed over. The first is the one to seal with. No error holds what was read.
func Parse(text string) ([]Key, error) {
	var keys []Key
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		raw, ok := decode(line)
		if !ok {
			return nil, fmt.Errorf("%w: line %d is not", ErrForm, i+1)
		}
		keys = append(keys, newKey(raw))
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: there is none", ErrForm)
	}
	return keys, nil
}

var decoders = []func(string) ([]byte, error){
	hex.DecodeString,
	base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
	base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
}

func decode(line string) (secret [32]byte, ok bool) {
	for _, decoder := range decoders {
		if raw, err := decoder(line); err == nil && len(raw) == len(secret) && varied(raw) {
			return [32]byte(raw), true
		}
	}
	return secret, false
}

// varied refuses what nobody has drawn: zeros, and other examples.
func varied(raw []byte) bool {
	distinct := make(map[byte]bool)
	for _, b := range raw {
		distinct[b] = true
	}
	return len(distinct) >= 8 // fewer in 32 random bytes: once in 10^27
}

// wrapping is the place of a key that is sealed under another.
const wrapping = "data key"

// Wrap seals another key.
func (k Key) Wrap(inner Key) string { return k.Seal(string(inner.secret[:]), wrapping, inner.id) }

// Unwrap opens a key of an id that Wrap has sealed; the errors are Open's.
func (k Key) Unwrap(sealed, id string) (Key, error) {
	text, err := k.Open(sealed, wrapping, id)
	if err != nil {
		return Key{}, err
	}
	if len(text) != len(k.secret) {
		return Key{}, ErrAltered
	}
	inner := newKey([32]byte([]byte(text)))
	if inner.id != id {
		return Key{}, ErrAltered
	}
	return inner, nil
}
