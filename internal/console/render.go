package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

//go:embed template/*.html
var templateFiles embed.FS

//go:embed asset
var assetFiles embed.FS

// view is what a template is given: what every page has, and its own body.
type view struct {
	Page      *page
	Lang      string
	Theme     string
	Who       string
	Role      pay.Role
	Menu      []menuGroup
	Flash     *flash
	Form      string // token of this session's forms
	Once      string // for a form that moves money
	Sandbox   bool
	PublicURL string
	Clock     clockView
	Levers    []sandbox.LeverState // that are on
	Here      string               // path and query of this page
	Subject   string               // what a page about one thing is about
	Body      any
}

// May reports whether the visitor's role covers another.
func (v *view) May(least pay.Role) bool { return v.Role.Covers(least) }

// frameLive begins the kinds of events that renew a sandbox's frame.
const frameLive = "clock lever reset"

// Live begins the kinds of events that renew the page or its frame.
func (v *view) Live() string {
	if !v.Sandbox {
		return v.Page.live
	}
	return strings.TrimSpace(v.Page.live + " " + frameLive)
}

// menuGroup is a part of the navigation.
type menuGroup struct {
	Name  string
	Links []menuLink
}

type menuLink struct {
	Name, Path string
	Here       bool
}

// menuOf is the navigation of a visitor, in the order of the table of pages.
func (c *Console) menuOf(v *visit, here *page) []menuGroup {
	var groups []menuGroup
	for i := range pages {
		p := &pages[i]
		if p.menu == "" || !v.role.Covers(p.least) || p.sandbox && !c.Sandbox {
			continue
		}
		if len(groups) == 0 || groups[len(groups)-1].Name != p.menu {
			groups = append(groups, menuGroup{Name: p.menu})
		}
		g := &groups[len(groups)-1]
		link := root + strings.TrimSuffix(p.path, "{$}")
		g.Links = append(g.Links, menuLink{p.title, link, p == here || p.name == here.under})
	}
	return groups
}

// render answers with a page, whole or not at all.
func (c *Console) render(v *visit, status int, p *page, body any) {
	data := &view{
		Page: p, Lang: v.taste.lang, Theme: v.taste.theme, Who: v.who, Role: v.role, Sandbox: c.Sandbox, PublicURL: c.PublicURL,
		Clock: c.clock(), Here: v.URL.RequestURI(), Once: draw(), Body: body,
	}
	if v.session != nil {
		data.Menu, data.Form, data.Levers = c.menuOf(v, p), v.session.form, c.Desk.Levers.List()
		if v.Header.Get(liveHeader) == "" {
			data.Flash = v.session.said()
		}
	}
	if about, ok := body.(interface{ Subject() string }); ok {
		data.Subject = about.Subject()
	}
	var b bytes.Buffer
	if err := templates()[v.taste.lang][p.name].ExecuteTemplate(&b, "layout", data); err != nil {
		c.Log.Error("drawing a page of the console", "page", p.name, "error", err)
		http.Error(v.w, "this page could not be drawn; the log says more", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Language", v.taste.lang)
	v.w.WriteHeader(status)
	v.w.Write(b.Bytes())
}

// templates are the pages in each language, by name.
var templates = sync.OnceValue(func() map[string]map[string]*template.Template {
	all := make(map[string]map[string]*template.Template)
	for _, lang := range langs {
		all[lang] = make(map[string]*template.Template)
		shared := template.Must(template.New("").Funcs(functions(lang)).ParseFS(templateFiles, sharedTemplates...))
		for _, name := range templateNames() {
			own := template.Must(shared.Clone())
			all[lang][name] = template.Must(own.ParseFS(templateFiles, "template/"+name+".html"))
		}
	}
	return all
})

// sharedTemplates hold what more than one page has.
var sharedTemplates = []string{"template/layout.html", "template/parts.html"}

func templateNames() []string {
	files, err := fs.Glob(templateFiles, "template/*.html")
	if err != nil {
		panic(err) // the pattern is no valid one
	}
	var names []string
	for _, file := range files {
		if !slices.Contains(sharedTemplates, file) {
			names = append(names, strings.TrimSuffix(path.Base(file), ".html"))
		}
	}
	return names
}

// asset is a file that pages refer to. Its address changes with what it holds.
type asset struct {
	body      []byte
	mediaType string
	mark      string
}

var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

var assets = sync.OnceValue(func() map[string]asset {
	all := make(map[string]asset)
	entries, err := assetFiles.ReadDir("asset")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	for _, e := range entries {
		body, err := assetFiles.ReadFile("asset/" + e.Name())
		if err != nil {
			panic(err) // it was just listed
		}
		sum := sha256.Sum256(body)
		all[e.Name()] = asset{body, mediaTypes[path.Ext(e.Name())], hex.EncodeToString(sum[:6])}
	}
	return all
})

func assetURL(name string) string { return root + "/assets/" + name + "?v=" + assets()[name].mark }

func serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := assets()[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.mediaType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(a.body)
}
