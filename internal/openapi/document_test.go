package openapi_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dana"
	"github.com/qrisd/qrisd/internal/dialect/described"
	"github.com/qrisd/qrisd/internal/dialect/midtrans"
	"github.com/qrisd/qrisd/internal/dialect/paydia"
	"github.com/qrisd/qrisd/internal/dialect/qoin"
	"github.com/qrisd/qrisd/internal/dialect/speedcash"
	"github.com/qrisd/qrisd/internal/openapi"
)

// builtIn are the dialects of the program, in its order.
func builtIn() []dialect.Dialect {
	return []dialect.Dialect{
		dana.Dialect(), qoin.Dialect(), midtrans.Dialect(), paydia.Dialect(), speedcash.Dialect(), aspi.Dialect(),
	}
}

// all are those and the ones that files describe.
func all(t *testing.T) []dialect.Dialect {
	t.Helper()
	list := builtIn()
	files, err := filepath.Glob("../../examples/dialects/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, file := range append(files, "../dialect/described/testdata/everything.json") {
		d, err := described.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

// text is a document as it is served.
func text(t *testing.T, v any) []byte {
	t.Helper()
	b, err := openapi.Text(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// load reads a document with another's reader, and has it validated, with its
// examples.
func load(t *testing.T, document []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	return doc
}

func describe(t *testing.T, d *dialect.Dialect) *openapi3.T {
	t.Helper()
	return load(t, text(t, openapi.Describe(d, openapi.Options{Sandbox: true})))
}

func TestDocumentsAreValid(t *testing.T) {
	for _, d := range all(t) {
		t.Run(d.Name, func(t *testing.T) {
			doc := describe(t, &d)
			if !doc.IsOpenAPI31OrLater() {
				t.Errorf("it is of version %s", doc.OpenAPI)
			}
			for _, op := range d.Operations {
				for _, path := range op.Paths {
					item := doc.Paths.Value(path)
					if item == nil || item.Post == nil {
						t.Fatalf("%s is not described", path)
					}
					describes(t, &op, item.Post)
				}
			}
		})
	}
}

// describes checks that all is there that the rows say.
func describes(t *testing.T, op *dialect.Operation, o *openapi3.Operation) {
	t.Helper()
	for _, r := range op.Headers {
		listed := o.Parameters.GetByInAndName("header", r.Name) != nil || o.Parameters.GetByInAndName("header", r.As) != nil
		if elsewhere := r.Name == "Authorization" || r.Name == "Content-Type"; listed == elsewhere {
			t.Errorf("%s: the header %s is listed: %v", op.Name, r.Name, listed)
		}
	}
	if n := len(*o.Security); n != len(op.Auth.Schemes()) {
		t.Errorf("%s has %d ways to prove it, not %d", op.Name, n, len(op.Auth.Schemes()))
	}
	for _, c := range op.Codes {
		if !bytes.Contains(answersOf(t, o, c.Code[:3]), []byte(c.Code)) {
			t.Errorf("%s: %s is not among the answers", op.Name, c.Code)
		}
	}
}

// answersOf are the examples of one HTTP status.
func answersOf(t *testing.T, o *openapi3.Operation, status string) []byte {
	t.Helper()
	r := o.Responses.Value(status)
	if r == nil {
		return nil
	}
	b, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSamplesAreTheDialects: the samples of the documents are those to which
// the dialects are held.
func TestSamplesAreTheDialects(t *testing.T) {
	files, err := filepath.Glob("sample/*/*.json")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	for _, file := range files {
		dialectName := filepath.Base(filepath.Dir(file))
		ours, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := os.ReadFile(filepath.Join("..", "dialect", dialectName, "testdata", filepath.Base(file)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(ours, theirs) {
			t.Errorf("%s differs from the dialect's testdata", file)
		}
		i := slices.IndexFunc(builtIn(), func(d dialect.Dialect) bool { return d.Name == dialectName })
		operation, _, _ := strings.Cut(filepath.Base(file), ".")
		if i < 0 || builtIn()[i].Operation(operation) == nil {
			t.Errorf("%s is of no operation", file)
		}
	}
}
