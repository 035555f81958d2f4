package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// sight is what all that is asked of a page begins with: its words as a person
// reads them, and what can be seen.
const sight = `
const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const seen = (e) => e.checkVisibility({ visibilityProperty: true });
const named = (e, name) => plain(e.textContent) === name || e.ariaLabel === name;
const pressable = (name) => [...document.querySelectorAll("a, button, summary")].find((e) => seen(e) && named(e, name));
const control = (name) => [...document.querySelectorAll("input, select, textarea")].find((e) =>
  seen(e) && ([...(e.labels ?? [])].some((l) => plain(l.textContent).startsWith(name)) || e.ariaLabel === name));
const read = () => plain(document.body.innerText).toLowerCase();
`

// ask evaluates an expression in the page, which may be on its way to another.
func ask[T any](ctx context.Context, expression string) (T, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[T]("{"+sight+expression+"}"))
}

// look evaluates an expression in a page that stays.
func look[T any](w *tab, expression string) T {
	w.t.Helper()
	return drive(w, expression, chromedp.Evaluate[T]("{"+sight+expression+"}"))
}

// glance is how often a page is looked at that something is expected of.
const glance = 20 * time.Millisecond

// until waits for an expression to be true of the page, whatever page that is
// by then.
func (w *tab) until(what, expression string) {
	w.t.Helper()
	w.attempt(what, func(ctx context.Context) (bool, error) {
		return ask[bool](ctx, "Boolean("+expression+")")
	})
}

// attempt tries until it has worked.
func (w *tab) attempt(what string, try func(context.Context) (bool, error)) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, stepTime)
	defer cancel()
	var last error
	for {
		done, err := try(ctx)
		if done && err == nil {
			return
		}
		if ctx.Err() != nil {
			w.shot("failed")
			w.t.Fatalf("waiting for %s (%v) at\n%s", what, last, look[string](w, `location.href + "\n" + document.body.innerText`))
		}
		last = err
		time.Sleep(glance)
	}
}

// shows waits for words to be seen.
func (w *tab) shows(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		w.until(fmt.Sprintf("%q", text), "read().includes("+quoted(strings.ToLower(text))+")")
	}
}

// hides waits for words to be gone.
func (w *tab) hides(text string) {
	w.t.Helper()
	w.until(fmt.Sprintf("%q to be gone", text), "!read().includes("+quoted(strings.ToLower(text))+")")
}

// press clicks what has this name.
func (w *tab) press(name string) {
	w.t.Helper()
	w.click(name, "pressable("+quoted(name)+")")
}

// click moves the mouse to the first thing of an expression and clicks it, as
// soon as nothing covers it.
func (w *tab) click(what, expression string) {
	w.t.Helper()
	w.attempt(what, func(ctx context.Context) (bool, error) {
		at, err := ask[[]float64](ctx, `(() => {
			const e = `+expression+`;
			if (!e) return [];
			e.scrollIntoView({ block: "center", behavior: "instant" });
			const box = e.getClientRects()[0];
			const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
			return e.contains(document.elementFromPoint(x, y)) ? [x, y] : [];
		})()`)
		if err != nil || len(at) == 0 {
			return false, err
		}
		return true, chromedp.Do(ctx, chromedp.MouseClickXY(at[0], at[1]))
	})
}

// fill writes into the field with this label, in place of what is there.
func (w *tab) fill(label, text string) {
	w.t.Helper()
	field := "control(" + quoted(label) + ")"
	w.click(label, field)
	look[bool](w, field+".select(), true")
	devtools(w, input.InsertText, input.InsertTextParams{Text: text})
}

// keys presses keys, one after the other.
func (w *tab) keys(keys string) {
	w.t.Helper()
	drive(w, "typing", chromedp.KeyEvent(keys))
}

// text is what a part of the page says, its white space as it is.
func (w *tab) text(selector string) string {
	w.t.Helper()
	return look[string](w, "document.querySelector("+quoted(selector)+").textContent")
}

// shot keeps what the window shows.
func (w *tab) shot(name string) {
	w.t.Helper()
	w.shots++
	picture := drive(w, "taking a picture", chromedp.FullScreenshot(100))
	file := filepath.Join(w.browser.shots, fmt.Sprintf("%s-%02d-%s.png", w.scene, w.shots, name))
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// quoted is a text as JavaScript writes it.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // texts always can be
	}
	return string(b)
}
