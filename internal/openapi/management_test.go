package openapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/openapi"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// TestManagementIsDescribed: every route of the table, and those that tools use
// with their shapes, which real traffic is held to.
func TestManagementIsDescribed(t *testing.T) {
	w := start(t)
	doc := contract{load(t, text(t, openapi.Management(admin.Routes(), w.admin.URL)))}
	for _, r := range admin.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if item := doc.doc.Paths.Find(path); item == nil || item.GetOperation(method) == nil { // whatever its parts are called
			t.Errorf("%s is not described", r.Pattern)
		}
	}
	var ref string
	w.run(named(t, w.dialects, "aspi"), func(op *dialect.Operation, x exchange) {
		if op.Name == "generate" {
			ref = valueAt(t, x.response, "referenceNo")
		}
	})
	partner := w.partners["aspi"].PartnerID
	for _, c := range []struct {
		method, path, template, body string
		status                       int
	}{
		{"GET", "/v1/partners", "", "", 200},
		{"GET", "/v1/partners/" + partner, "/v1/partners/{id}", "", 200},
		{"PUT", "/v1/partners/" + partner + "/notify", "/v1/partners/{id}/notify", `{"url":"http://127.0.0.1:9/notify"}`, 200},
		{"GET", "/v1/ledger/check", "", "", 200},
		{"POST", "/v1/sandbox/clock", "", `{"advance":"1m"}`, 200},
		{"GET", "/v1/sandbox/clock", "", "", 200},
		{"POST", "/v1/sandbox/pay", "", `{"referenceNo":"` + ref + `","amount":15000}`, 409}, // it was paid
		{"POST", "/v1/sandbox/pay", "", `{"referenceNo":"nothing"}`, 404},
		{"GET", "/v1/sandbox/pay?ref=nothing", "/v1/sandbox/pay", "", 404},
		{"POST", "/v1/payers/" + sandbox.PayerOf("aspi") + "/auth-code", "/v1/payers/{id}/auth-code", `{"partnerID":"` + partner + `"}`, 200},
	} {
		x := w.manage(c.method, c.path, []byte(c.body))
		if x.status != c.status {
			t.Fatalf("%s %s: %d %s", c.method, c.path, x.status, x.response)
		}
		template := c.template
		if template == "" {
			template = c.path
		}
		if err := doc.answers(t, x, template); err != nil {
			t.Errorf("%s %s: %v\n%s", c.method, c.path, err, x.response)
		}
		if err := doc.asks(t, x, template); err != nil {
			t.Errorf("%s %s: the request: %v", c.method, c.path, err)
		}
	}
}

// TestPaidFromOutside: the outside payer's success is described too.
func TestPaidFromOutside(t *testing.T) {
	w := start(t)
	d := named(t, w.dialects, "midtrans")
	doc := contract{load(t, text(t, openapi.Management(admin.Routes(), "")))}
	steps := openapi.Story(d)
	generate := steps[slices.IndexFunc(steps, func(s openapi.Step) bool { return s.Name == "generate" })]
	unpaid := func(reference string) string {
		v := w.variables(d)
		v["reference"] = reference
		x := w.send(d, generate.Operation, generate.Path, w.token(d), []byte(filled(string(generate.Body), v)), nil)
		return valueAt(t, x.response, "referenceNo")
	}
	for _, x := range []exchange{
		w.manage(http.MethodPost, "/v1/sandbox/pay", []byte(`{"referenceNo":"`+unpaid("REF1")+`"}`)),
		w.manage(http.MethodGet, "/v1/sandbox/pay?ref="+unpaid("REF2"), nil),
	} {
		if x.status != http.StatusOK {
			t.Fatalf("%d %s", x.status, x.response)
		}
		doc.fits(t, x, "/v1/sandbox/pay")
	}
}

// TestDocumentsAreServed, with the server's own address; no others are.
func TestDocumentsAreServed(t *testing.T) {
	w := start(t)
	for _, d := range w.dialects {
		x := w.do(http.MethodGet, w.api.URL+"/openapi/"+d.Name+".json", http.Header{}, nil)
		doc := load(t, x.response)
		if x.status != http.StatusOK || x.header.Get("Content-Type") != "application/json" || doc.Servers[0].URL != w.api.URL {
			t.Errorf("%s: %d, %s, of %s", d.Name, x.status, x.header.Get("Content-Type"), doc.Servers[0].URL)
		}
	}
	for _, file := range []string{"dana", "nobody.json", "dana.json.json"} {
		if x := w.do(http.MethodGet, w.api.URL+"/openapi/"+file, http.Header{}, nil); x.status != http.StatusNotFound {
			t.Errorf("%s: %d", file, x.status)
		}
	}
	if doc := load(t, w.manage(http.MethodGet, "/v1/openapi.json", nil).response); doc.Paths.Value("/v1/sandbox/pay") == nil {
		t.Error("the management API does not describe itself")
	}
}
