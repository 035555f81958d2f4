package console

import (
	"errors"
	"net/http"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
)

// visit is one request of somebody who has signed in.
type visit struct {
	*http.Request
	w       http.ResponseWriter
	console *Console
	session *session
	who     string
	role    pay.Role
	taste   taste
}

// enter finds out who asks. Roles are read anew on each request, so that what
// an admin changes holds at once.
func (c *Console) enter(w http.ResponseWriter, r *http.Request) (*visit, bool) {
	s := c.sessions.of(r, c.Now())
	if s == nil {
		return nil, false
	}
	v := &visit{Request: r, w: w, console: c, session: s, who: s.who, role: pay.Admin, taste: tasteOf(r)}
	if s.who == pay.TokenHolder {
		return v, true
	}
	u, err := c.core.User(r.Context(), s.who)
	if err != nil || u.Standing != pay.Active || u.Password != s.password {
		c.sessions.end(r)
		return nil, false
	}
	v.role = u.Role
	return v, true
}

// seen serves those who have signed in; others are sent to do so.
func (c *Console) seen(do func(*visit)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := c.enter(w, r)
		switch {
		case ok:
			do(v)
		case r.Method == http.MethodGet && r.Header.Get(liveHeader) == "":
			http.Redirect(w, r, root+"/sign-in?to="+escape(r.URL.RequestURI()), http.StatusSeeOther)
		default:
			http.Error(w, "sign in first: "+root+"/sign-in", http.StatusUnauthorized)
		}
	})
}

// liveHeader marks a request by which a page that is open renews itself.
const liveHeader = "X-Live"

// redirect sends the browser to a page of the console.
func (v *visit) redirect(path string) { http.Redirect(v.w, v.Request, root+path, http.StatusSeeOther) }

// show serves a page.
func (c *Console) show(p *page) http.Handler {
	return c.seen(func(v *visit) {
		if !v.role.Covers(p.least) {
			c.fail(v, errForbidden)
			return
		}
		body, err := p.load(c, v)
		if err != nil {
			c.fail(v, err)
			return
		}
		c.render(v, http.StatusOK, p, body)
	})
}

var (
	errForbidden = errors.New("your role does not include this")
	errForm      = errors.New("the form is too old or came from another site: open the page again")
)

var errorPage = page{name: "error", title: "Something is in the way"}

// fail answers with what is in the way.
func (c *Console) fail(v *visit, err error) {
	status, message := statusOf(err)
	if status == http.StatusInternalServerError {
		c.Log.Error("a page of the console failed", "path", v.URL.Path, "error", err)
		message = ""
	}
	c.render(v, status, &errorPage, struct {
		Status  int
		Message string
	}{status, message})
}

var statusOfRefusal = map[operate.Kind]int{
	operate.BadRequest: http.StatusBadRequest,
	operate.NotFound:   http.StatusNotFound,
	operate.DayOpen:    http.StatusConflict,
	operate.NotSettled: http.StatusConflict,
}

// statusOf classes an error, and words it for people unless it is a failure of
// ours.
func statusOf(err error) (status int, message string) {
	var refusal *operate.Refusal
	var refused *pay.Error
	switch {
	case errors.Is(err, errForbidden), errors.Is(err, errForm):
		return http.StatusForbidden, err.Error()
	case errors.As(err, &refusal):
		return statusOfRefusal[refusal.Kind], refusal.Message
	case errors.Is(err, pay.ErrNotFound):
		return http.StatusNotFound, ""
	case errors.Is(err, pay.ErrExists):
		return http.StatusConflict, "it exists already"
	case errors.Is(err, pay.ErrDayOpen):
		return http.StatusConflict, err.Error()
	case errors.As(err, &refused) && refused.Kind != pay.Internal:
		return http.StatusConflict, refused.Error()
	}
	return http.StatusInternalServerError, ""
}
