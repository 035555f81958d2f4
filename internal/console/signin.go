package console

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// formCookie carries the token of the sign-in form, before there is a session.
const formCookie = "qrisd_form"

type signInBody struct {
	To, Name, Form, Problem string
	ByToken                 bool
	Wait                    int // seconds
}

var signInPage = page{name: "sign-in", title: "Sign in"}

func (c *Console) askSignIn(w http.ResponseWriter, r *http.Request) {
	body := signInBody{To: r.URL.Query().Get("to"), ByToken: r.URL.Query().Get("with") == "token"}
	if !body.ByToken && r.URL.Query().Get("with") == "" {
		body.ByToken = c.nobodyYet(r.Context())
	}
	c.renderSignIn(w, r, http.StatusOK, body)
}

// nobodyYet reports whether the token is all there is to sign in with.
func (c *Console) nobodyYet(ctx context.Context) bool {
	var users []pay.User
	err := c.core.Inspect(ctx, func(r pay.Reader) (err error) {
		users, err = r.Users()
		return err
	})
	return err == nil && len(users) == 0
}

func (c *Console) renderSignIn(w http.ResponseWriter, r *http.Request, status int, body signInBody) {
	body.Form = draw()
	http.SetCookie(w, cookie(r, formCookie, body.Form, time.Hour))
	v := &visit{Request: r, w: w, console: c, taste: tasteOf(r)}
	c.render(v, status, &signInPage, body)
}

// signIn takes a name and a password, or the admin token. Refusals do not say
// which of the two was wrong, and come ever slower.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	body := signInBody{To: r.PostFormValue("to"), Name: r.PostFormValue("name"), ByToken: r.PostFormValue("with") == "token"}
	if !c.firstParty(r) || !legible(r.PostForm) {
		body.Problem = "The form was too old: sign in once more"
		c.renderSignIn(w, r, http.StatusForbidden, body)
		return
	}
	from := origin(r)
	if wait := c.attempts.wait(from, c.Now()); wait > 0 {
		body.Problem, body.Wait = "Too many attempts: wait a moment", int(wait.Seconds())+1
		w.Header().Set("Retry-After", strconv.Itoa(body.Wait))
		c.renderSignIn(w, r, http.StatusTooManyRequests, body)
		return
	}
	who, kept, err := c.identify(r, body)
	switch {
	case errors.Is(err, pay.ErrNotFound):
		c.attempts.failed(from, c.Now())
		body.Problem = "That was not right"
		c.renderSignIn(w, r, http.StatusUnauthorized, body)
	case err != nil:
		c.Log.Error("signing in", "error", err)
		body.Problem = "It did not work on our side; the log says more"
		c.renderSignIn(w, r, http.StatusInternalServerError, body)
	default:
		c.attempts.worked(from)
		c.sessions.begin(w, r, who, kept, c.Now())
		http.Redirect(w, r, destination(body.To), http.StatusSeeOther)
	}
}

// firstParty reports whether the sign-in form is this server's.
func (c *Console) firstParty(r *http.Request) bool {
	given, err := r.Cookie(formCookie)
	return err == nil && c.shield.Check(r) == nil &&
		subtle.ConstantTimeCompare([]byte(given.Value), []byte(r.PostFormValue(formToken))) == 1
}

// identify finds who signs in, and writes it into the log. It gives the kept
// form of a user's password.
func (c *Console) identify(r *http.Request, body signInBody) (who, kept string, err error) {
	secret := r.PostFormValue("password")
	entry := pay.Act{At: c.Now(), Who: cmp.Or(body.Name, "-"), Origin: origin(r), Verb: "sign-in"}
	if body.ByToken {
		entry.Who, entry.Role = pay.TokenHolder, pay.Admin
	}
	entry.Who = cut(entry.Who, 64)
	err = c.core.Do(r.Context(), entry, func() error {
		if body.ByToken {
			who = pay.TokenHolder
			if subtle.ConstantTimeCompare([]byte(secret), []byte(c.Token)) != 1 {
				return pay.ErrNotFound
			}
			return nil
		}
		c.attempts.hashing.Lock() // a guess costs a processor's tenth of a second
		defer c.attempts.hashing.Unlock()
		u, err := c.core.SignIn(r.Context(), body.Name, secret)
		who, kept = u.Name, u.Password
		return err
	})
	return who, kept, err
}

func destination(to string) string {
	if local(to) {
		return to
	}
	return root + "/"
}

func (c *Console) signOut(w http.ResponseWriter, r *http.Request) {
	v, ok := c.enter(w, r)
	if ok && c.genuine(v) {
		c.sessions.end(r)
		http.SetCookie(w, cookie(r, sessionCookie, "", -time.Second))
	}
	http.Redirect(w, r, root+"/sign-in", http.StatusSeeOther)
}

// attempts are those that failed to sign in, by their address.
type attempts struct {
	hashing sync.Mutex
	mu      sync.Mutex
	from    map[string]attempt
}

type attempt struct {
	failures int
	until    time.Time // before it, nothing is looked at
}

const (
	freeAttempts = 4 // that cost no wait
	firstWait    = 2 * time.Second
	longestWait  = 15 * time.Minute
	maxAttempts  = 10_000 // addresses that are remembered
)

func (a *attempts) wait(from string, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.from[from].until.Sub(now)
}

func (a *attempts) failed(from string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.from == nil || len(a.from) >= maxAttempts {
		a.from = make(map[string]attempt)
	}
	t := a.from[from]
	if t.failures++; t.failures > freeAttempts {
		t.until = now.Add(min(firstWait<<min(t.failures-freeAttempts-1, 16), longestWait))
	}
	a.from[from] = t
}

func (a *attempts) worked(from string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.from, from)
}
