package cli

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// exposed is what a scrape shows: of each metric the labels and their values.
type exposed map[string]map[string]map[string]bool

var seriesLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?$`)

var labelPair = regexp.MustCompile(`([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"`)

func expose(series map[string]string) exposed {
	all := make(exposed)
	for name := range series {
		m := seriesLine.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		labels := all[m[1]]
		if labels == nil {
			labels = map[string]map[string]bool{"job": nil, "instance": nil} // a scrape adds them
			all[m[1]] = labels
		}
		for _, pair := range labelPair.FindAllStringSubmatch(m[2], -1) {
			if labels[pair[1]] == nil {
				labels[pair[1]] = make(map[string]bool)
			}
			labels[pair[1]][pair[2]] = true
		}
	}
	return all
}

// The pieces of PromQL that matter here.
var (
	grouping   = regexp.MustCompile(`\b(?:by|without|on|ignoring)\s*\(([^)]*)\)`)
	selector   = regexp.MustCompile(`\b([a-zA-Z_:][a-zA-Z0-9_:]*)\b\s*(\(|\{[^}]*\})?`)
	matcher    = regexp.MustCompile(`([a-zA-Z_]+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"`)
	duration   = regexp.MustCompile(`\[[^\]]*\]`)
	operators  = []string{"and", "or", "unless", "sum", "min", "max", "count", "avg", "by"}
	byScraping = "up"
)

// check holds an expression against what a scrape shows: every metric, every
// label that it is selected or grouped by, and every value that is not a
// pattern of response codes.
func (e exposed) check(t *testing.T, expr string) (metrics []string) {
	t.Helper()
	var groups []string
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for name := range strings.SplitSeq(g[1], ",") {
			groups = append(groups, strings.TrimSpace(name))
		}
	}
	bare := duration.ReplaceAllString(grouping.ReplaceAllString(expr, " "), "")
	for _, m := range selector.FindAllStringSubmatch(bare, -1) {
		if m[2] == "(" || slices.Contains(operators, m[1]) || m[1] == byScraping {
			continue
		}
		labels, shown := e[m[1]]
		if !shown {
			t.Errorf("there is no metric %s, in %s", m[1], expr)
			continue
		}
		metrics = append(metrics, m[1])
		e.checkMatchers(t, m[1], m[2], expr)
		groups = slices.DeleteFunc(groups, func(name string) bool { _, has := labels[name]; return has })
	}
	if len(groups) > 0 || len(metrics) == 0 && !strings.Contains(expr, byScraping) {
		t.Errorf("no metric has the labels %v, in %s", groups, expr)
	}
	return metrics
}

func (e exposed) checkMatchers(t *testing.T, metric, text, expr string) {
	t.Helper()
	for _, m := range matcher.FindAllStringSubmatch(text, -1) {
		values, has := e[metric][m[1]]
		switch {
		case !has:
			t.Errorf("%s has no label %s, in %s", metric, m[1], expr)
		case strings.Contains(m[3], "$"), m[1] == "job", m[1] == "code":
		case m[2] == "=" && !values[m[3]]:
			t.Errorf("%s never has %s=%q, in %s", metric, m[1], m[3], expr)
		}
	}
}

// scrapedOf is what a server shows that has done a little of everything.
func scrapedOf(t *testing.T) exposed {
	h := start(t)
	address, heard, _ := hearing(t, "2005200")
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["midtrans"].PartnerID+"/notify", object{"url": address})
	g := h.generated("midtrans", h.body("midtrans", "generate"))
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": g.body["referenceNo"]})
	<-heard
	books := inspection{node: h.node}
	if err := books.whenDue(t.Context(), pay.Lease{}); err != nil {
		t.Fatal(err)
	}
	series, status := h.metrics(h.node.file.AdminToken)
	if status != 200 {
		t.Fatalf("a scrape is answered %d", status)
	}
	return expose(series)
}

// dashboard is the part of Grafana's format that an import needs.
type dashboard struct {
	UID, Title    string
	SchemaVersion int
	Templating    struct{ List []variable }
	Panels        []panel
}

type variable struct {
	Name, Type string
	Query      json.RawMessage
	Definition string
	Datasource source
}

type source struct{ Type, UID string }

type panel struct {
	ID          int
	Type, Title string
	Datasource  source
	GridPos     struct{ H, W, X, Y int }
	Targets     []struct {
		RefID, Expr string
		Datasource  source
	}
}

// TestDashboard: the dashboard has what an import needs, all that it asks
// exists, and panels do not lie on each other.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana/qrisd.json")
	var d dashboard
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 36 || len(d.Panels) < 20 {
		t.Errorf("uid %q, title %q, schema %d, %d panels", d.UID, d.Title, d.SchemaVersion, len(d.Panels))
	}
	e := scrapedOf(t)
	variables := make(map[string]bool)
	for _, v := range d.Templating.List {
		variables[v.Name] = true
		if v.Type == "query" {
			e.check(t, strings.TrimSuffix(strings.TrimPrefix(strings.Split(v.Definition, ", ")[0], "label_values("), ")"))
		}
	}
	seen := checkPanels(t, e, d.Panels, variables)
	for _, rule := range ruleExpressions(t) {
		seen = append(seen, e.check(t, rule)...)
	}
	for name := range e {
		name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_sum"), "_bucket")
		if strings.HasPrefix(name, "qrisd_") && !slices.ContainsFunc(seen, func(s string) bool { return strings.TrimSuffix(s, "_bucket") == name }) {
			t.Errorf("nothing shows %s", name)
		}
	}
}

// known are the variables that Grafana has itself.
var known = map[string]bool{"__rate_interval": true}

var dollar = regexp.MustCompile(`\$\{?([a-z_]+)`)

func checkPanels(t *testing.T, e exposed, panels []panel, variables map[string]bool) (seen []string) {
	t.Helper()
	ids, cells := make(map[int]bool), make(map[[2]int]string)
	for _, p := range panels {
		if ids[p.ID] || p.Title == "" || p.Type == "" || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d, %q, lies at %+v", p.ID, p.Title, p.GridPos)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, taken := cells[at]; taken {
					t.Fatalf("%s lies on %s", p.Title, other)
				}
				cells[at] = p.Title
			}
		}
		if p.Type != "row" && (len(p.Targets) == 0 || p.Datasource.UID != "${datasource}") {
			t.Errorf("%s asks nothing, or another source: %+v", p.Title, p.Datasource)
		}
		for _, q := range p.Targets {
			for _, v := range dollar.FindAllStringSubmatch(q.Expr+q.Datasource.UID, -1) {
				if !variables[v[1]] && !known[v[1]] {
					t.Errorf("%s: there is no variable %s", p.Title, v[1])
				}
			}
			if q.RefID == "" || q.Datasource.Type != "prometheus" {
				t.Errorf("%s: a target is %+v", p.Title, q)
			}
			seen = append(seen, e.check(t, q.Expr)...)
		}
	}
	return seen
}

// ruleExpressions takes the expressions from the file of alert rules, which
// must each have what an alert needs. promtool checks the rest (make rules).
func ruleExpressions(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range strings.Split(string(text), "- alert: ")[1:] {
		name, _, _ := strings.Cut(rule, "\n")
		_, rest, _ := strings.Cut(rule, "        expr: ")
		expr, _, more := strings.Cut(rest, "\n        ")
		if strings.HasPrefix(rest, "|") {
			parts := regexp.MustCompile(`\n {8}[a-z]`).Split(rest, 2)
			expr, more = strings.TrimPrefix(parts[0], "|"), len(parts) == 2
		}
		for _, needed := range []string{"severity: ", "summary: ", "cure: "} {
			more = more && strings.Contains(rule, needed)
		}
		if !more || strings.TrimSpace(expr) == "" {
			t.Errorf("the rule %s is not whole", name)
		}
		all = append(all, expr)
	}
	if len(all) < 10 {
		t.Errorf("%d rules", len(all))
	}
	return all
}

// TestCheckOfExpressions: the check finds what it is for.
func TestCheckOfExpressions(t *testing.T) {
	e := expose(map[string]string{`a_total{x="1",y="2"}`: "1", `b_bucket{le="1"}`: "1"})
	for expr, wrong := range map[string]bool{
		`sum by (x) (rate(a_total{y="2"}[5m])) > 0`: false, `histogram_quantile(0.9, sum by (le, job) (rate(b_bucket[$__rate_interval])))`: false,
		`a_total{x=~"$x"} and on (instance) up == 0`: false, `c_total`: true, `a_total{z="1"}`: true, `a_total{x="3"}`: true, `sum by (z) (a_total)`: true, `1 + 1`: true,
	} {
		var fake testing.T
		e.check(&fake, expr)
		if fake.Failed() != wrong {
			t.Errorf("%s: wrong is %v", expr, fake.Failed())
		}
	}
}
