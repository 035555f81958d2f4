package pay

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The lengths of a password, in characters.
const (
	minPassword = 12
	maxPassword = 256
)

// argon are the parameters of Argon2id, of which a kept password names its own.
type argon struct {
	memory  uint32 // KiB
	rounds  uint32
	threads uint8
}

// argonNow is RFC 9106's second choice, for where memory is scarce: 64 MiB.
// A guess costs about a tenth of a second and the memory.
var argonNow = argon{64 << 10, 3, 4}

// argonMost bounds what a row may ask of this process.
var argonMost = argon{256 << 10, 10, 16}

const (
	argonForm  = "$argon2id$v=%d$m=%d,t=%d,p=%d$"
	argonName  = "$argon2id$"
	pbkdf2Name = "pbkdf2-sha256$" // that passwords were kept with before
	saltBytes  = 16
	keyBytes   = 32
)

var b64 = base64.RawStdEncoding.Strict()

// password derives what is kept of a password, whose length it checks.
func (c *Core) password(text string) (string, error) {
	if n := utf8.RuneCountInString(text); n < minPassword || n > maxPassword {
		return "", RefuseField(InvalidFormat, "password", fmt.Sprintf("it needs %d to %d characters", minPassword, maxPassword))
	}
	return c.derive(text)
}

// derive gives what is kept of a password, as the reference implementation of
// Argon2 writes it: name, version, parameters, salt and key.
func (c *Core) derive(text string) (string, error) {
	var salt [saltBytes]byte
	if _, err := io.ReadFull(c.dice, salt[:]); err != nil {
		return "", fmt.Errorf("pay: drawing a salt: %w", err)
	}
	return argonNow.derive(text, salt[:]), nil
}

func (a argon) derive(text string, salt []byte) string {
	key := argon2.IDKey([]byte(text), salt, a.rounds, a.memory, a.threads, keyBytes)
	return a.head() + b64.EncodeToString(salt) + "$" + b64.EncodeToString(key)
}

func (a argon) head() string {
	return fmt.Sprintf(argonForm, argon2.Version, a.memory, a.rounds, a.threads)
}

// outdated reports whether a password is kept in another form than that of now.
func outdated(kept string) bool { return !strings.HasPrefix(kept, argonNow.head()) }

// nobody's password takes as long to refuse as somebody's.
var nobody = argonNow.head() + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)

var errPasswordForm = errors.New("pay: a password is kept in a form that is not known here: set it anew")

// fits reports whether a text is the password that was kept.
func fits(text, kept string) (bool, error) {
	var again string
	var err error
	switch {
	case strings.HasPrefix(kept, argonName):
		again, err = deriveArgon(text, kept)
	case strings.HasPrefix(kept, pbkdf2Name):
		again, err = derivePBKDF2(text, kept)
	default:
		err = errPasswordForm
	}
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare([]byte(again), []byte(kept)) == 1, nil
}

func deriveArgon(text, kept string) (string, error) {
	var a argon
	var version int
	var salt64 string
	// The key's part does not matter: what is derived is compared as a whole.
	_, err := fmt.Sscanf(strings.ReplaceAll(kept, "$", " "), strings.ReplaceAll(argonForm+"%s", "$", " "), &version, &a.memory, &a.rounds, &a.threads, &salt64)
	if err != nil || version != argon2.Version || !a.within(argonMost) {
		return "", errPasswordForm
	}
	salt, err := b64.DecodeString(salt64)
	if err != nil {
		return "", errPasswordForm
	}
	return a.derive(text, salt), nil
}

func (a argon) within(most argon) bool {
	return a.memory >= 8*uint32(a.threads) && a.memory <= most.memory &&
		a.rounds >= 1 && a.rounds <= most.rounds && a.threads >= 1 && a.threads <= most.threads
}

// maxPBKDF2 bounds the rounds that a row may ask for.
const maxPBKDF2 = 2_000_000

func mayDerive(rounds int) bool { return rounds >= 1 && rounds <= maxPBKDF2 }

// derivePBKDF2 derives a password as it was done before Argon2id, to be compared
// with what is kept: name, rounds, salt and key.
func derivePBKDF2(text, kept string) (string, error) {
	var rounds int
	var salt64 string
	_, err := fmt.Sscanf(strings.ReplaceAll(kept, "$", " "), strings.ReplaceAll(pbkdf2Name+"%d %s", "$", " "), &rounds, &salt64)
	if err != nil || !mayDerive(rounds) {
		return "", errPasswordForm
	}
	salt, err := b64.DecodeString(salt64)
	if err != nil {
		return "", errPasswordForm
	}
	key, err := pbkdf2.Key(sha256.New, text, salt, rounds, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("pay: deriving a key from a password: %w", err)
	}
	return fmt.Sprintf("%s%d$%s$%s", pbkdf2Name, rounds, salt64, b64.EncodeToString(key)), nil
}
