package console

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/qrread"
)

// act is one thing that a form does.
type act struct {
	path    string   // below root
	verb    string   // in the audit log
	least   pay.Role // who may
	sandbox bool     // it exists in a sandbox only
	subject []string // the path's values that name what it is done to
	done    string   // the words for its success
	most    int64    // bytes of its form; 0: maxForm
	// do carries it out and gives where to go on from there, below root; empty:
	// do has answered itself.
	do func(*Console, *visit) (next string, err error)
}

const (
	// maxForm bounds the body of a form without a file, in bytes.
	maxForm = 64 << 10
	// maxImageForm bounds that of a form with an image.
	maxImageForm = qrread.MaxBytes + maxForm
)

// perform serves a form: who may send it, the log before and after, and back
// to a page that says what came of it.
func (c *Console) perform(a *act) http.Handler {
	return c.seen(func(v *visit) {
		if !v.role.Covers(a.least) {
			c.fail(v, errForbidden)
			return
		}
		err := v.readForm(cmp.Or(a.most, maxForm))
		switch tooLarge := new(http.MaxBytesError); {
		case errors.As(err, &tooLarge):
			c.refused(v, errTooLarge)
			return
		case err != nil, !c.genuine(v), !legible(v.PostForm):
			c.fail(v, errForm)
			return
		}
		next := ""
		err = c.core.Do(v.Context(), a.entry(c, v), func() (err error) {
			next, err = a.do(c, v)
			return err
		})
		if err != nil {
			c.refused(v, err)
			return
		}
		if next != "" {
			v.session.say(flash{Text: a.done})
			v.redirect(next)
		}
	})
}

// readForm reads a form of so many bytes at most, with files or without, into
// memory.
func (v *visit) readForm(most int64) error {
	v.Body = http.MaxBytesReader(v.w, v.Body, most)
	if err := v.ParseForm(); err != nil {
		return err
	}
	err := v.ParseMultipartForm(most)
	if errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	return err
}

var errTooLarge = &operate.Refusal{Kind: operate.BadRequest, Message: "this is too large: an image may have 16 MB"}

// genuine reports whether a form is of a page of this session.
func (c *Console) genuine(v *visit) bool {
	token := v.PostFormValue(formToken)
	return c.shield.Check(v.Request) == nil && subtle.ConstantTimeCompare([]byte(token), []byte(v.session.form)) == 1
}

// legible reports whether texts can be stored: UTF-8 without NUL.
func legible(form url.Values) bool {
	for name, values := range form {
		for _, text := range append(values, name) {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return false
			}
		}
	}
	return true
}

// formToken is the field that only pages of the session can fill in.
const formToken = "form"

// entry is what the audit log says of an act.
func (a *act) entry(c *Console, v *visit) pay.Act {
	var subject []string
	for _, name := range a.subject {
		subject = append(subject, cmp.Or(v.PathValue(name), v.PostFormValue(name)))
	}
	return pay.Act{
		At: c.Now(), Who: v.who, Role: v.role, Origin: origin(v.Request), Verb: a.verb,
		Subject: strings.Join(subject, "/"), Detail: detail(v.PostForm, a.subject),
	}
}

// unlogged are fields that the log must not or need not hold.
var unlogged = []string{formToken, onceField, "password"}

// maxDetail bounds what the log keeps of a form, in bytes.
const maxDetail = 1000

func detail(form url.Values, subject []string) string {
	var parts []string
	for name, values := range form {
		if !slices.Contains(unlogged, name) && !slices.Contains(subject, name) && values[0] != "" {
			parts = append(parts, name+"="+pay.ShownAddress(values[0]))
		}
	}
	slices.Sort(parts)
	text := strings.Join(parts, " ")
	return cut(text, maxDetail)
}

// cut shortens a text to so many bytes, and to whole characters.
func cut(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// onceField is what a page draws for a form that gives money back, so that a
// form that is sent twice does it once.
const onceField = "once"

// refused goes back to the page with the form, which says why.
func (c *Console) refused(v *visit, err error) {
	status, message := statusOf(err)
	if status == http.StatusInternalServerError {
		c.fail(v, err)
		return
	}
	v.session.say(flash{Bad: true, Text: cmp.Or(message, "There is no such thing any more")})
	http.Redirect(v.w, v.Request, v.back(), http.StatusSeeOther)
}

// back is the page that the form was on, if it was one of the console.
func (v *visit) back() string {
	from, err := url.Parse(v.Referer())
	if err != nil || !local(from.RequestURI()) {
		return root + "/"
	}
	return from.RequestURI()
}

// local reports whether a path is one of the console, whoever wrote it.
func local(path string) bool {
	return strings.HasPrefix(path, root+"/") && !strings.ContainsAny(path, "\\\r\n")
}

func escape(text string) string { return url.QueryEscape(text) }
