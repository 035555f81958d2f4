package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/operate"
)

// TestUnknownPaths: what is no page of the console is answered by its own page
// that says so, at once.
func TestUnknownPaths(t *testing.T) {
	b := opened(t).admin()
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{
		"/nowhere", "/nowhere/", "/codes/", "/codes/nothing", "/codes/nothing/", "/settlement/2026-01-31/", "/settlement/2026-01-31/nothing",
		"/settlement/2026-01-31/files/", "/partners/P/", "/partners/P/merchants", "/users/nobody", "/ledger/", "/assets", "/sign-in/", "/find/",
	} {
		b.holds(b.get(path, http.StatusNotFound), "There is no such page or thing", `href="/console/"`)
	}
}

// TestChosenDay: the form for a day leads to the day's page, and without a day
// back to the list of days.
func TestChosenDay(t *testing.T) {
	b := opened(t).admin()
	for path, page := range map[string]string{
		"/settlement/": "/console/settlement", "/settlement/?day=": "/console/settlement", "/settlement/?day=+": "/console/settlement",
		"/settlement/?day=2026-01-31": "/console/settlement/2026-01-31",
	} {
		res, err := b.http.Get(b.url + "/console" + path)
		if b.read(res, err, http.StatusOK); res.Request.URL.Path != page {
			t.Errorf("%s leads to %s, want %s", path, res.Request.URL.Path, page)
		}
	}
}

var partOfPath = regexp.MustCompile(`\{[a-z]+\}`)

// TestNoRouteLeadsInCircles: wherever a page's address leads, it ends, also with
// a slash behind it.
func TestNoRouteLeadsInCircles(t *testing.T) {
	w := opened(t)
	b := w.admin()
	routes := console.New(console.Options{Desk: operate.NewDesk(w.core, operate.Options{}), Sandbox: true, Now: w.clock.Now}).Routes()
	for _, route := range routes {
		path, looks := strings.CutPrefix(route.Pattern, "GET /console")
		if !looks || path == "/events" { // a stream
			continue
		}
		path = strings.TrimSuffix(partOfPath.ReplaceAllString(path, "nothing"), "{$}")
		for _, asked := range []string{path, path + "/"} {
			res, err := b.http.Get(b.url + "/console" + asked)
			if err != nil {
				t.Errorf("%s: %v", asked, err)
				continue
			}
			if res.Body.Close(); res.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s: %s", asked, res.Status)
			}
		}
	}
}
