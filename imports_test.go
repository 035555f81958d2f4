package qrisd

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/qrisd/qrisd/"

// The base words of the table.
var (
	standard = []string{}
	domain   = []string{"internal/pay", "internal/field"}
	wire     = []string{"internal/dialect", "internal/pay", "internal/field", "snap", "qris"}
)

// mayImport is the table of docs/ARCHITECTURE.md: each package only what
// stands beside it. "*" is everything.
var mayImport = map[string][]string{
	"emv":              standard,
	"snap":             standard,
	"internal/field":   standard,
	"internal/ledger":  standard,
	"internal/seal":    standard,
	"internal/qrimage": standard,
	"internal/qrread":  standard,
	"qris":             {"emv"},
	"client":           {"snap", "qris"},
	"internal/pay":     {"qris", "internal/ledger"},

	"internal/storage":             {"internal/pay", "internal/ledger", "internal/seal", "internal/storage/lite", "internal/storage/logfile"},
	"internal/storage/lite":        standard,
	"internal/storage/logfile":     standard,
	"internal/storage/storagetest": {"internal/pay", "internal/ledger"},
	"internal/storage/faultdisk":   {"internal/storage/logfile"},
	"internal/pgtest":              standard,

	"internal/dialect":             {"internal/pay", "internal/field", "snap"},
	"internal/dialect/aspi":        wire,
	"internal/dialect/dialecttest": wire,
	"internal/dialect/PROVIDER":    append(slices.Clone(wire), "internal/dialect/aspi"),
	"internal/dialect/described":   append(slices.Clone(domain), "internal/dialect", "internal/dialect/aspi", "snap"),

	"internal/mutate":   standard,
	"internal/simulate": standard, // all of it is tests

	"internal/torture": {"client", "snap"}, // it knows the servers only from outside

	"internal/otlp":      standard,
	"internal/telemetry": {"internal/pay", "internal/storage", "internal/otlp"},

	"internal/notify":     append(slices.Clone(domain), "internal/dialect", "snap"),
	"internal/settlement": {"internal/pay", "snap"},
	"internal/sbom":       standard,
	"internal/doctor":     {"internal/pay", "internal/dialect", "snap"},

	"internal/sandbox": append(slices.Clone(domain), "internal/dialect", "snap"),
	"internal/openapi": append(slices.Clone(domain), "internal/dialect", "internal/dialect/aspi", "internal/sandbox", "snap"),
	"internal/operate": {"internal/pay", "internal/qrread", "internal/sandbox", "internal/settlement", "snap"},
	"internal/console": append(slices.Clone(domain), "internal/dialect", "internal/ledger", "internal/operate", "internal/qrimage", "internal/qrread", "internal/sandbox", "internal/settlement", "snap"),
	"internal/admin":   append(slices.Clone(domain), "internal/openapi", "internal/operate", "internal/qrread", "internal/sandbox", "internal/settlement", "snap"),
	"internal/server":  {"*", "-internal/storage", "-internal/cli"},
	"internal/cli":     {"*"},
	"cmd/qrisd":        {"internal/cli"},
}

var providers = []string{"dana", "qoin", "midtrans", "paydia", "speedcash"}

// postgres are the homes of PostgreSQL's driver.
var postgres = []string{"internal/storage", "internal/pgtest"}

// foreign are imports that only some may have.
var foreign = map[string][]string{
	"modernc.org/sqlite":               {"internal/storage"},
	"github.com/jackc/pgx/v5":          postgres,
	"github.com/jackc/pgx/v5/pgconn":   postgres,
	"github.com/jackc/pgx/v5/pgproto3": postgres,
	"github.com/jackc/pgx/v5/pgxpool":  postgres,
	"github.com/jackc/pgx/v5/stdlib":   postgres,
	"github.com/pressly/goose/v3":      {"internal/storage"},
	"html/template":                    {"internal/console"},
	"database/sql":                     {"internal/storage"},
	"net/http":                         {"client", "internal/server", "internal/admin", "internal/console", "internal/cli", "internal/notify", "internal/openapi", "internal/otlp", "internal/telemetry", "internal/dialect/dialecttest", "internal/torture"},
	"github.com/spf13/cobra":           {"internal/cli"},
	"golang.org/x/crypto/argon2":       {"internal/pay"},

	"github.com/prometheus/client_golang/prometheus": {"internal/telemetry"},
	"go.opentelemetry.io/otel":                       {"internal/telemetry"},
	"go.opentelemetry.io/otel/trace":                 {"internal/telemetry"},
	"go.opentelemetry.io/otel/sdk/trace":             {"internal/otlp", "internal/telemetry"},
}

// never are imports that the domain stays free of.
var never = map[string][]string{
	"internal/pay": {module + "snap", "net/http", "database/sql", "encoding/json"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// row is the line of the table that a package stands on.
func row(name string) string {
	if i := strings.LastIndex(name, "/"); i >= 0 && name[:i] == "internal/dialect" && slices.Contains(providers, name[i+1:]) {
		return "internal/dialect/PROVIDER"
	}
	return name
}

func TestImports(t *testing.T) {
	packages := list(t)
	if len(packages) < len(mayImport) {
		t.Fatalf("go list gave %d packages", len(packages))
	}
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, module)
		if name == strings.TrimSuffix(module, "/") {
			continue // this package: tests only
		}
		allowed, ok := mayImport[row(name)]
		if !ok {
			t.Errorf("%s is not in the table", name)
			continue
		}
		for _, imported := range p.Imports {
			checkImport(t, name, imported, allowed)
		}
	}
}

func checkImport(t *testing.T, name, imported string, allowed []string) {
	t.Helper()
	if slices.Contains(never[name], imported) {
		t.Errorf("%s must never import %s", name, imported)
	}
	if homes, limited := foreign[imported]; limited && !slices.Contains(homes, name) {
		t.Errorf("%s imports %s, which only %v may", name, imported, homes)
	}
	ours, isOurs := strings.CutPrefix(imported, module)
	if !isOurs {
		return
	}
	if slices.Contains(allowed, "-"+ours) || (!slices.Contains(allowed, "*") && !slices.Contains(allowed, ours)) {
		t.Errorf("%s may not import %s", name, ours)
	}
}
