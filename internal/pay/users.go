package pay

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
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

// SignIn gives the user with a name and a password, or ErrNotFound, which does
// not say what of it is wrong. A password that is kept in an older form is kept
// anew.
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
	if !outdated(kept) {
		return u, nil
	}
	return c.rehash(ctx, u, password)
}

// rehash keeps a password in the form of now. If it was changed meanwhile, it is
// not the user's any more.
func (c *Core) rehash(ctx context.Context, u User, password string) (User, error) {
	kept, err := c.derive(password)
	if err != nil {
		return User{}, err
	}
	err = c.store.Update(ctx, func(tx Tx) error {
		now, err := tx.User(u.Name)
		if err != nil {
			return err
		}
		if now.Password != u.Password {
			return ErrNotFound
		}
		now.Password = kept
		return tx.SetUser(now)
	})
	u.Password = kept
	return u, err
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
