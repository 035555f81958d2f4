package pay

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Role is what a person who signs in may do.
type Role string

// The roles; each may do what those before it may.
const (
	Viewer   Role = "viewer"   // sees everything but secrets
	Operator Role = "operator" // acts on codes, payments and notifications
	Admin    Role = "admin"    // acts on parties, keys, days, the clock and users
)

// Roles are all roles, the least first.
func Roles() []Role { return []Role{Viewer, Operator, Admin} }

// Covers reports whether the role may do what takes another one at least.
func (r Role) Covers(least Role) bool {
	rank := slices.Index(Roles(), r)
	return rank >= 0 && rank >= slices.Index(Roles(), least)
}

// User is a person who signs in to the console.
type User struct {
	Name      string
	Role      Role
	Password  string   // derived, as password says; never the text
	Standing  Standing // Active or Suspended
	CreatedAt time.Time
}

// The lengths of a password, in characters.
const (
	minPassword = 12
	maxPassword = 256
)

// pbkdf2Rounds makes one guess at a password cost a tenth of a second or more.
const pbkdf2Rounds = 600_000

const pbkdf2Name = "pbkdf2-sha256"

// password derives what is kept of a password: the name of the derivation, its
// rounds, the salt and the key, between dollar signs.
func (c *Core) password(text string) (string, error) {
	if n := utf8.RuneCountInString(text); n < minPassword || n > maxPassword {
		return "", RefuseField(InvalidFormat, "password", fmt.Sprintf("it needs %d to %d characters", minPassword, maxPassword))
	}
	var salt [16]byte
	if _, err := io.ReadFull(c.dice, salt[:]); err != nil {
		return "", fmt.Errorf("pay: drawing a salt: %w", err)
	}
	return derive(text, salt[:], pbkdf2Rounds)
}

func derive(text string, salt []byte, rounds int) (string, error) {
	key, err := pbkdf2.Key(sha256.New, text, salt, rounds, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("pay: deriving a key from a password: %w", err)
	}
	b64 := base64.RawStdEncoding
	return strings.Join([]string{pbkdf2Name, strconv.Itoa(rounds), b64.EncodeToString(salt), b64.EncodeToString(key)}, "$"), nil
}

// fits reports whether a text is the password that was kept.
func fits(text, kept string) (bool, error) {
	parts := strings.Split(kept, "$")
	if len(parts) != 4 || parts[0] != pbkdf2Name {
		return false, fmt.Errorf("pay: a password is kept in a form that is not known here: set it anew")
	}
	rounds, err := strconv.Atoi(parts[1])
	if err != nil {
		return false, fmt.Errorf("pay: reading a password's rounds: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[2])
	if err != nil {
		return false, fmt.Errorf("pay: reading a password's salt: %w", err)
	}
	again, err := derive(text, salt, rounds)
	return subtle.ConstantTimeCompare([]byte(again), []byte(kept)) == 1, err
}

// nobody's password takes as long to refuse as somebody's.
var nobody = pbkdf2Name + "$" + strconv.Itoa(pbkdf2Rounds) + "$AAAAAAAAAAAAAAAAAAAAAA$" + strings.Repeat("A", 43)

// SignIn gives the user with a name and a password, or ErrNotFound, which does
// not say what of it is wrong.
func (c *Core) SignIn(ctx context.Context, name, password string) (User, error) {
	u, err := c.User(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, err
	}
	kept := u.Password
	if err != nil || u.Standing != Active {
		kept = nobody
	}
	ok, err := fits(password, kept)
	if err == nil && !ok {
		err = ErrNotFound
	}
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// User gives a user as it stands now.
func (c *Core) User(ctx context.Context, name string) (u User, err error) {
	err = c.store.View(ctx, func(r Reader) (err error) {
		u, err = r.User(name)
		return err
	})
	return u, err
}

// AddUser adds a user who may sign in; ErrExists when one has the name.
func (c *Core) AddUser(ctx context.Context, name string, role Role, password string) error {
	if !isUserName(name) {
		return RefuseField(InvalidFormat, "name", "write 2 to 64 letters, digits, dots, hyphens, underscores or @")
	}
	u := User{Name: name, Role: role, Standing: Active, CreatedAt: c.Now()}
	if err := u.check(); err != nil {
		return err
	}
	var err error
	if u.Password, err = c.password(password); err != nil {
		return err
	}
	return c.change(ctx, func(tx Tx) error { return tx.InsertUser(u) })
}

func (u *User) check() error {
	switch {
	case !slices.Contains(Roles(), u.Role):
		return RefuseField(InvalidFormat, "role", "it is viewer, operator or admin")
	case u.Standing != Active && u.Standing != Suspended:
		return RefuseField(InvalidFormat, "standing", "a user is active or suspended")
	}
	return nil
}

func isUserName(name string) bool {
	const marks = ".-_@"
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune(marks, r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	return !odd && len(name) >= 2 && len(name) <= 64
}

// SetUser changes a user's role, standing and, unless it is empty, password.
func (c *Core) SetUser(ctx context.Context, name string, role Role, standing Standing, password string) error {
	kept := ""
	if password != "" {
		var err error
		if kept, err = c.password(password); err != nil {
			return err
		}
	}
	return c.change(ctx, func(tx Tx) error {
		u, err := tx.User(name)
		if err != nil {
			return err
		}
		if u.Role, u.Standing = role, standing; kept != "" {
			u.Password = kept
		}
		if err := u.check(); err != nil {
			return err
		}
		return tx.SetUser(u)
	})
}
