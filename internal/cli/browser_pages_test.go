package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// wantedPages are shapes of addresses that the walk over all links must come
// by, lest it pass because it found nothing.
var wantedPages = []string{
	"", "codes", "codes/*", "payments", "payments/*", "refunds", "refunds/*", "notifications", "notifications/*",
	"ledger", "ledger/account", "ledger/transfers", "ledger/transfers/*", "settlement", "settlement/*",
	"partners", "partners/*", "partners/*/merchants/*", "payers", "payers/*", "levers", "clock", "users", "users/*", "audit",
	"requests", "requests/*", "reference", "reference/*", "reference/*/*",
}

// pagesScene looks at one page of each kind in both languages, in both sizes
// of windows and in both colour schemes.
func pagesScene(t *testing.T, s *stage) {
	active := s.furnish()
	w := s.enter("/users")
	w.addUser("siti")
	met := make(map[string]bool)
	queue := []string{"/console/", "/console/codes/" + active}
	for len(queue) > 0 {
		address := queue[0]
		queue = queue[1:]
		if met[shapeOf(address)] {
			continue
		}
		met[shapeOf(address)] = true
		w.inspect(s.node.adminURL+address, strings.NewReplacer("/", "-", "*", "one").Replace(shapeOf(address)))
		queue = append(queue, look[[]string](w, `[...document.querySelectorAll("nav a, main a")].map((a) => a.getAttribute("href")).filter((a) => a.startsWith("/console/") && !a.includes("/files/") && !a.includes("/taste?") && !a.includes("/find?"))`)...)
	}
	for _, shape := range wantedPages {
		if !met[shape] {
			t.Errorf("no link leads to /console/%s", shape)
		}
	}
	customer := s.checkout(active)
	customer.inspect(s.node.apiURL+"/pay/"+active, "checkout")
	stranger := s.open(s.console("/"))
	stranger.inspect(s.console("/sign-in"), "sign-in")
}

// subpages are parts of addresses that are no names of things.
var subpages = []string{"account", "transfers", "merchants"}

// shapeOf is the part of an address below the console, with a star for each
// name of a thing.
func shapeOf(address string) string {
	path := strings.TrimPrefix(address, "/console/")
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if i > 0 && !slices.Contains(subpages, part) {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// furnish brings one of each thing that pages are about, and gives a code that
// is still active.
func (s *stage) furnish() string {
	s.t.Helper()
	shop := s.shop("dana", "2005200") // which is not DANA's word
	shop.well.Store(true)
	s.setClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	s.call("dana", "refund", s.body("dana", "refund")).send().want(s.t, "2005800", "")
	s.call("aspi", "cancel", s.body("aspi", "cancel")).send().want(s.t, "2007700", "")
	s.newCode("paydia")
	s.advance("24h")
	s.mustAdmin("POST", "/v1/settlement/2026-03-01", nil)
	ref := s.newCode("midtrans")
	s.lever(object{"kind": "delay", "operation": "query", "duration": "1s"})
	stranger := s.call("midtrans", "generate", s.body("midtrans", "generate"))
	stranger.credentials.ClientSecret = "another secret"
	if r := stranger.send(); r.status != http.StatusUnauthorized {
		s.t.Fatalf("a wrong secret: %v", r)
	}
	return ref
}

// addUser brings somebody who may look.
func (w *tab) addUser(name string) {
	w.t.Helper()
	w.fill("Name", name)
	w.fill("Password", "kopi tubruk panas")
	w.press("Add")
	w.until("the user", "pressable("+quoted(name)+")")
}

// inspect looks at a page in every way that people see it.
func (w *tab) inspect(address, name string) {
	w.t.Helper()
	for _, lang := range []string{"en", "id"} {
		w.visit(withLang(w.t, address, lang))
		for _, size := range [][2]int64{desk, phone} {
			w.size(size)
			w.examine(lang, size)
		}
		w.scheme(map[string]string{"en": "light", "id": "dark"}[lang])
		for _, fault := range look[[]string](w, contrast) {
			w.t.Errorf("%s %s: %s", address, lang, fault)
		}
		w.shot(strings.Trim(name+"-"+lang, "-"))
	}
}

// examine holds what is open against what every page must be.
func (w *tab) examine(lang string, size [2]int64) {
	w.t.Helper()
	for _, fault := range look[[]string](w, fmt.Sprintf(examination, quoted(lang), size[0])) {
		w.t.Errorf("%s, %d px wide: %s", look[string](w, "location.href"), size[0], fault)
	}
}

func withLang(t *testing.T, address, lang string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("lang", lang)
	u.RawQuery = q.Encode()
	return u.String()
}

// examination gives the faults of a page. It takes a language and a width.
const examination = `((lang, width) => {
	const faults = [];
	const say = (fault, e) => faults.push(fault + (e ? ": " + e.outerHTML.slice(0, 200) : ""));
	const root = document.documentElement;
	if (root.lang !== lang) say("the language is " + root.lang);
	if (root.scrollWidth > width) {
		const over = [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > width + 1);
		say("it is " + root.scrollWidth + " px wide", over.at(-1));
	}
	for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
		if (!e.labels.length && !e.ariaLabel) say("a field without a label", e);
	for (const e of document.querySelectorAll("a[href], button, summary"))
		if (!plain(e.textContent) && !e.ariaLabel) say("nothing says what it does", e);
	for (const e of document.querySelectorAll("img"))
		if (!e.alt || !e.complete || !e.naturalWidth) say("a picture that is not seen or not described", e);
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) say("the id " + id + " twice");
	if (document.querySelectorAll("h1").length !== 1) say("it has not one heading");
	if (!document.title) say("it has no title");
	for (const sign of ["%%!", "<no value>", "undefined", "NaN"]) if (document.body.innerText.includes(sign)) say("it says " + sign);
	return faults;
})(%s, %d)`

// contrast gives the texts that are hard to read: less than 4.5 to 1 to what
// is behind them, or 3 to 1 where they are large.
const contrast = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const rgba = (colour) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = colour;
		canvas.fillRect(0, 0, 1, 1);
		return [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255);
	};
	const over = (top, below) => below.map((v, i) => top[3] * top[i] + (1 - top[3]) * v);
	const behind = (e) => {
		if (!e) return [1, 1, 1];
		const own = rgba(getComputedStyle(e).backgroundColor);
		return own[3] === 1 ? own.slice(0, 3) : over(own, behind(e.parentElement));
	};
	const light = (c) => c.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const faults = [];
	for (const e of document.querySelectorAll("body *")) {
		if (![...e.childNodes].some((n) => n.nodeType === 3 && plain(n.data)) || !seen(e) || e.closest("svg, [disabled]")) continue;
		const style = getComputedStyle(e);
		const back = behind(e);
		const [a, b] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize);
		const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < (large ? 3 : 4.5)) faults.push("contrast of " + ratio.toFixed(2) + ": " + e.outerHTML.slice(0, 160));
	}
	return faults;
})()`
