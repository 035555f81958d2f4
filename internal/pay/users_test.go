package pay_test

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

func office(t *testing.T) *pay.Core {
	store := open(t, filepath.Join(t.TempDir(), "books.db"))
	return pay.New(store, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
}

func TestSignIn(t *testing.T) {
	core, ctx := office(t), t.Context()
	const password = "kopi tubruk panas"
	must(t, core.AddUser(ctx, "ani", pay.Operator, password))
	if err := core.AddUser(ctx, "ani", pay.Viewer, password); !errors.Is(err, pay.ErrExists) {
		t.Errorf("a second ani: %v", err)
	}
	refused := func(name, password, why string) {
		t.Helper()
		if u, err := core.SignIn(ctx, name, password); !errors.Is(err, pay.ErrNotFound) || u.Name != "" {
			t.Errorf("%s: signed in as %q, error %v", why, u.Name, err)
		}
	}
	refused("ani", password+" ", "another password")
	refused("budi", password, "nobody of the name")
	refused("", "", "nothing")
	u, err := core.SignIn(ctx, "ani", password)
	must(t, err)
	if u.Role != pay.Operator || strings.Contains(u.Password, password) {
		t.Errorf("signed in as %+v", u)
	}
	must(t, core.SetUser(ctx, "ani", pay.Admin, pay.Active, ""))
	u, err = core.SignIn(ctx, "ani", password)
	must(t, err)
	if u.Role != pay.Admin {
		t.Errorf("the role is %s", u.Role)
	}
	must(t, core.SetUser(ctx, "ani", pay.Admin, pay.Active, "teh poci manis"))
	refused("ani", password, "the password before")
	must(t, core.SetUser(ctx, "ani", pay.Admin, pay.Suspended, ""))
	refused("ani", "teh poci manis", "a suspended user")
}

func TestUserRefusals(t *testing.T) {
	core, ctx := office(t), t.Context()
	for why, err := range map[string]error{
		"a short password":  core.AddUser(ctx, "ani", pay.Viewer, "elevenchars"),
		"a long password":   core.AddUser(ctx, "ani", pay.Viewer, strings.Repeat("x", 257)),
		"no role":           core.AddUser(ctx, "ani", "owner", "kopi tubruk panas"),
		"a name with space": core.AddUser(ctx, "ani b", pay.Viewer, "kopi tubruk panas"),
		"no name":           core.AddUser(ctx, "", pay.Viewer, "kopi tubruk panas"),
		"an absent user":    core.SetUser(ctx, "ani", pay.Viewer, pay.Active, ""),
	} {
		if pay.KindOf(err) != pay.InvalidFormat && pay.KindOf(err) != pay.CodeUnknown {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestRoles(t *testing.T) {
	for i, role := range pay.Roles() {
		for j, least := range pay.Roles() {
			if role.Covers(least) != (i >= j) {
				t.Errorf("%s covers %s: %v", role, least, role.Covers(least))
			}
		}
		if pay.Role("").Covers(role) || pay.Role("root").Covers(role) || pay.Role("root").Covers("root") {
			t.Errorf("a role that is none covers %s", role)
		}
	}
}

// TestActIsWrittenFirst: whoever looks while something is done finds it
// written, and afterwards what came of it.
func TestActIsWrittenFirst(t *testing.T) {
	core, ctx := office(t), t.Context()
	outcome := func() string {
		t.Helper()
		var acts []pay.Act
		must(t, core.Inspect(ctx, func(r pay.Reader) (err error) {
			acts, err = r.ActPage("ani", "", 10)
			return err
		}))
		if len(acts) == 0 || acts[0].Verb != "code.cancel" || acts[0].Subject != "1" || acts[0].Origin != "127.0.0.1" {
			t.Fatalf("the log holds %+v", acts)
		}
		return acts[0].Outcome
	}
	act := pay.Act{At: time.Now(), Who: "ani", Role: pay.Operator, Origin: "127.0.0.1", Verb: "code.cancel", Subject: "1"}
	must(t, core.Do(ctx, act, func() error {
		if got := outcome(); got != "" {
			t.Errorf("the outcome is %q before there is one", got)
		}
		return nil
	}))
	if got := outcome(); got != pay.ActDone {
		t.Errorf("the outcome is %q", got)
	}
	want := errors.New("it is paid")
	if err := core.Do(ctx, act, func() error { return want }); err != want {
		t.Errorf("Do gave %v", err)
	}
	if got := outcome(); got != want.Error() {
		t.Errorf("the outcome is %q", got)
	}
}

// TestOlderPasswordIsKeptAnew: a password that was kept with PBKDF2 signs in,
// and is kept with Argon2id from then on.
func TestOlderPasswordIsKeptAnew(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "books.db"))
	core, ctx := pay.New(store, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{}), t.Context()
	const password = "kopi tubruk panas"
	key, err := pbkdf2.Key(sha256.New, password, []byte("0123456789abcdef"), 1000, 32)
	must(t, err)
	b64 := base64.RawStdEncoding
	kept := "pbkdf2-sha256$1000$" + b64.EncodeToString([]byte("0123456789abcdef")) + "$" + b64.EncodeToString(key)
	must(t, store.Update(ctx, func(tx pay.Tx) error {
		return tx.InsertUser(pay.User{Name: "ani", Role: pay.Admin, Password: kept, Standing: pay.Active, CreatedAt: time.Now()})
	}))
	if _, err := core.SignIn(ctx, "ani", "another password"); !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("another password: %v", err)
	}
	if u, err := core.User(ctx, "ani"); err != nil || u.Password != kept {
		t.Errorf("a refused password was kept anew: %v, %v", u, err)
	}
	for range 2 {
		u, err := core.SignIn(ctx, "ani", password)
		must(t, err)
		now, err := core.User(ctx, "ani")
		must(t, err)
		if !strings.HasPrefix(now.Password, "$argon2id$") || u.Password != now.Password || u.Role != pay.Admin {
			t.Errorf("signed in as %+v, kept is %+v", u, now)
		}
	}
	if _, err := core.SignIn(ctx, "ani", "another password"); !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("another password: %v", err)
	}
}
