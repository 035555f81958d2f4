package pay

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// published is what a guess costs. The other tests guess for less.
var published = argonNow

func TestMain(m *testing.M) {
	cheap(argon{64, 1, 1})
	os.Exit(m.Run())
}

func cheap(a argon) {
	nobody = a.head() + strings.TrimPrefix(nobody, argonNow.head())
	argonNow = a
}

// TestArgonVector is one of the reference implementation's own.
func TestArgonVector(t *testing.T) {
	const want = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if got := (argon{1 << 16, 2, 1}).derive("password", []byte("somesalt")); got != want {
		t.Errorf("it is kept as %s", got)
	}
	if ok, err := fits("password", want); !ok || err != nil {
		t.Errorf("it does not fit: %v", err)
	}
	if ok, err := fits("Password", want); ok || err != nil {
		t.Errorf("another fits: %v", err)
	}
}

func TestPasswordsAreKeptAsArgon2id(t *testing.T) {
	defer cheap(argonNow)
	cheap(published)
	c := &Core{dice: rand.Reader, now: time.Now}
	one, err := c.password("kopi tubruk panas")
	if err != nil {
		t.Fatal(err)
	}
	two, err := c.password("kopi tubruk panas")
	if err != nil || one == two {
		t.Errorf("two salts are alike, or %v", err)
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=65536,t=3,p=4$") || outdated(one) || strings.Contains(one, "kopi") {
		t.Errorf("kept as %s", one)
	}
	if len(one) != len(nobody) {
		t.Errorf("nobody's password has another form: %s", nobody)
	}
}

// older is how a password was kept before.
func older(t *testing.T, text string, rounds string, n int) string {
	t.Helper()
	salt := []byte("0123456789abcdef")
	key, err := pbkdf2.Key(sha256.New, text, salt, n, sha256.Size)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join([]string{"pbkdf2-sha256", rounds, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)}, "$")
}

func TestOlderPasswordsFit(t *testing.T) {
	kept := older(t, "kopi tubruk panas", "1000", 1000)
	if ok, err := fits("kopi tubruk panas", kept); !ok || err != nil || !outdated(kept) {
		t.Errorf("%v, %v", ok, err)
	}
	if ok, err := fits("kopi tubruk", kept); ok || err != nil {
		t.Errorf("another: %v, %v", ok, err)
	}
}

// TestForeignForms: what no version has written is refused, and asks for no
// more memory or time than is given.
func TestForeignForms(t *testing.T) {
	salt := "$c29tZXNhbHRzb21lc2FsdA$" + strings.Repeat("A", 43)
	for _, kept := range []string{
		"", "kopi tubruk panas", "$argon2id$", "$argon2id$v=19$m=65536,t=3,p=4", "$argon2i$v=19$m=65536,t=3,p=4" + salt,
		"$argon2id$v=16$m=65536,t=3,p=4" + salt, "$argon2id$v=19$m=4294967295,t=3,p=4" + salt, "$argon2id$v=19$m=65536,t=4000000000,p=4" + salt,
		"$argon2id$v=19$m=65536,t=3,p=255" + salt, "$argon2id$v=19$m=65536,t=0,p=4" + salt, "$argon2id$v=19$m=65536,t=3,p=0" + salt,
		"$argon2id$v=19$m=1,t=3,p=4" + salt, "$argon2id$v=19$m=65536,t=3,p=4$!!!$AAAA", "$argon2id$v=19$m=-1,t=3,p=4" + salt,
		"pbkdf2-sha256$0" + salt, "pbkdf2-sha256$99999999999" + salt, "pbkdf2-sha256$1000$!!!$AAAA", "pbkdf2-sha256$",
	} {
		if ok, err := fits("kopi tubruk panas", kept); ok || !errors.Is(err, errPasswordForm) {
			t.Errorf("%s: %v, %v", kept, ok, err)
		}
	}
	for _, kept := range []string{"$argon2id$v=19$m=64,t=1,p=1" + salt, "$argon2id$v=19$m=64,t=1,p=1" + salt + "AAAA", nobody} {
		if ok, err := fits("kopi tubruk panas", kept); ok || err != nil {
			t.Errorf("%s: %v, %v", kept, ok, err)
		}
	}
}

// TestArgonEdges: what a row may ask for at least and at most.
func TestArgonEdges(t *testing.T) {
	for a, within := range map[argon]bool{
		{256 << 10, 10, 16}: true, {256<<10 + 1, 10, 16}: false, {256 << 10, 11, 16}: false, {256 << 10, 10, 17}: false,
		{128, 1, 16}: true, {127, 1, 16}: false, {8, 1, 1}: true, {7, 1, 1}: false, {64, 0, 1}: false, {64, 1, 0}: false,
	} {
		if a.within(argonMost) != within {
			t.Errorf("%+v is within what may be asked: %v", a, !within)
		}
	}
}

func TestPBKDF2Edges(t *testing.T) {
	for rounds, may := range map[int]bool{0: false, 1: true, 2_000_000: true, 2_000_001: false} {
		if mayDerive(rounds) != may {
			t.Errorf("%d rounds may be asked for: %v", rounds, !may)
		}
	}
}

// TestPasswordLengths: 12 to 256 characters, whatever they take in bytes.
func TestPasswordLengths(t *testing.T) {
	for n, fits := range map[int]bool{11: false, 12: true, 256: true, 257: false} {
		for _, letter := range []string{"k", "é"} {
			_, err := (&Core{dice: rand.Reader}).password(strings.Repeat(letter, n))
			if (err == nil) != fits || (err != nil && !strings.Contains(err.Error(), "it needs 12 to 256 characters")) {
				t.Errorf("%d times %s: %v", n, letter, err)
			}
		}
	}
}
