package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// taste is how somebody wants to see pages.
type taste struct {
	lang  string // "en" or "id"
	theme string // "light", "dark", or empty: as the system has it
}

var (
	langs  = []string{"en", "id"}
	themes = []string{"light", "dark", ""}
)

// tasteCookies live for a year.
const (
	langCookie  = "qrisd_lang"
	themeCookie = "qrisd_theme"
	tasteLife   = 365 * 24 * time.Hour
)

// tasteOf reads the language from ?lang=, the cookie or Accept-Language, and
// the theme from its cookie.
func tasteOf(r *http.Request) taste {
	t := taste{lang: "en"}
	chosen := r.URL.Query().Get("lang")
	if c, err := r.Cookie(langCookie); err == nil && chosen == "" {
		chosen = c.Value
	}
	if !slices.Contains(langs, chosen) {
		chosen = accepted(r.Header.Get("Accept-Language"))
	}
	if slices.Contains(langs, chosen) {
		t.lang = chosen
	}
	if c, err := r.Cookie(themeCookie); err == nil && slices.Contains(themes, c.Value) {
		t.theme = c.Value
	}
	return t
}

// accepted is the first language of a list that the pages have. Browsers write
// what they prefer first.
func accepted(list string) string {
	for _, entry := range strings.Split(list, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(entry), ";")
		if lang, _, _ := strings.Cut(strings.ToLower(tag), "-"); slices.Contains(langs, lang) {
			return lang
		}
	}
	return ""
}

// setTaste keeps a language or a theme and goes back to the page.
func (c *Console) setTaste(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if lang := q.Get("lang"); slices.Contains(langs, lang) {
		http.SetCookie(w, cookie(r, langCookie, lang, tasteLife))
	}
	if q.Has("theme") && slices.Contains(themes, q.Get("theme")) {
		http.SetCookie(w, cookie(r, themeCookie, q.Get("theme"), tasteLife))
	}
	http.Redirect(w, r, without(destination(q.Get("to")), "lang"), http.StatusSeeOther)
}

// without drops a parameter of a path's query.
func without(path, name string) string {
	u, err := url.Parse(path)
	if err != nil {
		return root + "/"
	}
	q := u.Query()
	q.Del(name)
	u.RawQuery = q.Encode()
	return u.RequestURI()
}
