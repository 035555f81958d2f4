package cli

import (
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mounted says of each place where a route is made which test asks who may use
// it, or why anybody may.
var mounted = map[string]string{
	`server: path`:                              "TestAuthorisationOfAPIs",
	`server: "GET " + d.Binding.Path`:           "TestConsentIsRefused",
	`server: "GET /" + d.Name + d.Binding.Path`: "TestConsentIsRefused",
	`server: "GET /qr/{file}"`:                  "the image of a code is for whoever has its reference, like the code",
	`server: "GET /pay/{ref}"`:                  "a checkout page is for whoever has its address",
	`server: "GET /pay/{ref}/status"`:           "a checkout page is for whoever has its address",
	`server: "GET /pay/{ref}/events"`:           "a checkout page is for whoever has its address",
	`server: "GET /assets/{file}"`:              "style and script, the same for all",
	`server: "GET /openapi/{file}"`:             "the description of the dialects, the same for all",
	`server: "GET /healthz"`:                    "it says whether the process lives",
	`server: "GET /readyz"`:                     "it says whether requests should come",
	`server: "/"`:                               "TestBadMethodsAndPaths",
	`admin: rt.pattern`:                         "TestAuthorisationOfManagement",
	`admin: "/"`:                                "TestAuthorisationOfManagement",
	`console: rt.Pattern`:                       "TestAuthorisationOfConsole",
	`console: root + "/"`:                       "TestAuthorisationOfConsole",
	`console: "GET /{$}"`:                       "it sends browsers on to the console's first page",
	`console: "/"`:                              "TestAuthorisationOfManagement",
	`cli: "/"`:                                  "TestAuthorisationOfManagement",
	`cli: "GET /metrics"`:                       "TestAuthorisationOfManagement",
	`cli: "GET /healthz"`:                       "it says whether the process lives",
	`cli: "GET /readyz"`:                        "it says whether requests should come",
	`cli: "POST " + d.Notice.Path`:              "qrisd listen: a developer's own receiver, which checks signatures itself",
	`cli: "POST " + d.Notice.TokenPath`:         "qrisd listen: a developer's own receiver, which checks signatures itself",
}

// TestEveryRouteHasItsCase reads the sources for places where routes are made:
// one that has neither a test in the matrix nor a stated reason is an error,
// and so is a row about a place that is no more. What tables such as the
// dialects' hold is walked by the tests that are named.
func TestEveryRouteHasItsCase(t *testing.T) {
	found := make(map[string]bool)
	for _, folder := range []string{"server", "admin", "console", "cli"} {
		for _, pattern := range mountsIn(t, filepath.Join("..", folder)) {
			found[folder+": "+pattern] = true
		}
	}
	for place := range found {
		if mounted[place] == "" {
			t.Errorf("a route is made that no test of authorisation knows: %s", place)
		}
	}
	for place := range mounted {
		if !found[place] {
			t.Errorf("no route is made any more by %s", place)
		}
	}
	t.Logf("%d places: %q", len(found), slices.Sorted(maps.Keys(found)))
}

// mountsIn gives the pattern of each call of Handle and HandleFunc in a folder,
// as it is written.
func mountsIn(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(folder, err)
	}
	var all []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if pattern := mountOf(n); pattern != nil {
				var b strings.Builder
				if err := format.Node(&b, fset, pattern); err != nil {
					t.Fatal(err)
				}
				all = append(all, b.String())
			}
			return true
		})
	}
	return all
}

// mountOf is the pattern of a call that mounts a handler, or nil.
func mountOf(n ast.Node) ast.Expr {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return nil
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || method.Sel.Name != "Handle" && method.Sel.Name != "HandleFunc" {
		return nil
	}
	return call.Args[0]
}
