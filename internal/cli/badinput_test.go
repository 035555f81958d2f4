package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
)

// badBodies are bodies that no operation may act on.
func badBodies(valid []byte) map[string][]byte {
	inner := string(valid[1 : len(valid)-1])
	return map[string][]byte{
		"one megabyte":               []byte(`{"x":"` + strings.Repeat("a", 1<<20) + `",` + inner + `}`),
		"ten megabytes":              []byte(`{"x":"` + strings.Repeat("a", 10<<20) + `",` + inner + `}`),
		"10,000 levels of objects":   []byte(`{"x":` + strings.Repeat(`{"a":`, 10_000) + `1` + strings.Repeat(`}`, 10_000) + `,` + inner + `}`),
		"10,000 levels of arrays":    []byte(`{"x":` + strings.Repeat(`[`, 10_000) + strings.Repeat(`]`, 10_000) + `,` + inner + `}`),
		"unclosed levels":            []byte(strings.Repeat(`{"a":`, 10_000)),
		"duplicate keys":             []byte(`{"additionalInfo":{},` + inner + `,"additionalInfo":{}}`),
		"duplicate keys, other case": []byte(`{"AMOUNT":1,"amount":2,` + inner + `,"PartnerReferenceNo":"x","partnerreferenceno":"y"}`),
		"invalid UTF-8":              []byte("{\"x\":\"\xff\xfe\"," + inner + "}"),
		"a lone surrogate":           []byte(`{"x":"\ud800",` + inner + `}`),
		"a NUL":                      []byte("{\"x\":\"\x00\"," + inner + "}"),
		"an escaped NUL":             []byte(`{"x":"\u0000",` + inner + `}`),
		"trailing data":              []byte(string(valid) + ` {}`),
		"a trailing comma":           []byte(`{` + inner + `,}`),
		"a byte order mark":          []byte("\xef\xbb\xbf" + string(valid)),
		"an array":                   []byte(`[` + string(valid) + `]`),
		"null":                       []byte(`null`),
		"nothing":                    {},
		"white space":                []byte("  \n"),
		"text":                       []byte(`hello`),
		"form data":                  []byte(`amount=1&currency=IDR`),
	}
}

// eachOperation runs f for every operation of every dialect.
func (h *harness) eachOperation(t *testing.T, f func(h *harness, d *dialect.Dialect, op *dialect.Operation)) {
	for i := range h.dialects {
		d := &h.dialects[i]
		for j := range d.Operations {
			op := &d.Operations[j]
			t.Run(d.Name+"/"+op.Name, func(t *testing.T) {
				sub := *h
				sub.t = t
				f(&sub, d, op)
			})
		}
	}
}

// refusedAs wants a JSON refusal of 4xx whose code the document lists, or
// that is the standard's for a wrong method or path.
func (r reply) refusedAs(t *testing.T, op *dialect.Operation, what string) {
	t.Helper()
	if r.status < 400 || r.status > 499 {
		t.Fatalf("%s: %v", what, r)
	}
	if len(r.code) != 7 {
		t.Fatalf("%s: no response code in %v", what, r)
	}
	r.want(t, r.code, "")
	if _, documented := op.Code(r.code); !documented && r.status != http.StatusMethodNotAllowed {
		t.Fatalf("%s: %s is not a code of the document", what, r)
	}
}

func TestBadBodies(t *testing.T) {
	h := start(t)
	h.eachOperation(t, func(h *harness, d *dialect.Dialect, op *dialect.Operation) {
		valid := mustJSON(h.t, h.body(d.Name, op.Name))
		before := h.state()
		for name, body := range badBodies(valid) {
			c := h.call(d.Name, op.Name, body)
			r := c.send()
			r.refusedAs(h.t, op, name)
			if r.status != http.StatusBadRequest {
				h.t.Errorf("%s: %v, want 400", name, r)
			}
		}
		if after := h.state(); after != before {
			h.t.Fatalf("a refused body changed the books:\n%s\n%s", before, after)
		}
	})
}

// TestWrongKinds puts a number, a bool, a list and an object in place of every
// string of every body.
func TestWrongKinds(t *testing.T) {
	h := start(t)
	h.eachOperation(t, func(h *harness, d *dialect.Dialect, op *dialect.Operation) {
		valid := mustJSON(h.t, h.body(d.Name, op.Name))
		before := h.state()
		for _, row := range op.Body {
			if strings.Contains(row.Name, "[]") || (row.Kind != field.String && row.Kind != field.Absent) {
				continue
			}
			for _, wrong := range []any{12345, true, []any{"x"}, object{"x": "y"}} {
				var b object
				if err := json.Unmarshal(valid, &b); err != nil {
					h.t.Fatal(err)
				}
				set(b, row.Name, wrong)
				h.call(d.Name, op.Name, b).send().refusedAs(h.t, op, fmt.Sprintf("%s = %v", row.Name, wrong))
			}
		}
		if after := h.state(); after != before {
			h.t.Fatalf("a refused field changed the books:\n%s\n%s", before, after)
		}
	})
}

// TestBadHeaders takes away, empties and doubles every mandatory header.
func TestBadHeaders(t *testing.T) {
	h := start(t)
	h.eachOperation(t, func(h *harness, d *dialect.Dialect, op *dialect.Operation) {
		body := h.body(d.Name, op.Name)
		before := h.state()
		for _, row := range op.Headers {
			if row.Need != field.Mandatory {
				continue
			}
			name := http.CanonicalHeaderKey(row.Name)
			for what, values := range map[string][]string{"missing": {}, "empty": {""}, "blank": {"   "}, "doubled": {"a", "a"}} {
				c := h.call(d.Name, op.Name, body)
				c.header[name] = values
				c.send().refusedAs(h.t, op, row.Name+" "+what)
			}
		}
		if after := h.state(); after != before {
			h.t.Fatalf("a refused header changed the books:\n%s\n%s", before, after)
		}
	})
}

// TestBadMethodsAndPaths wants JSON for every way to miss an API.
func TestBadMethodsAndPaths(t *testing.T) {
	h := start(t)
	h.eachOperation(t, func(h *harness, d *dialect.Dialect, op *dialect.Operation) {
		body := h.body(d.Name, op.Name)
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} {
			c := h.call(d.Name, op.Name, body)
			c.method = method
			r := c.send()
			r.refusedAs(h.t, op, method)
			if r.status != http.StatusMethodNotAllowed {
				h.t.Errorf("%s: %v", method, r)
			}
		}
		for _, path := range []string{"/", "//" + op.Paths[0][1:], op.Paths[0] + "/", op.Paths[0] + "x", "/.." + op.Paths[0], strings.ToUpper(op.Paths[0]), "/qr/1.png", "/qr/x", "/pay/1", "/favicon.ico"} {
			for _, method := range []string{"GET", "POST"} {
				req, err := http.NewRequest(method, h.node.apiURL+path, strings.NewReader("{}"))
				if err != nil {
					h.t.Fatal(err)
				}
				if r := h.do(req); r.status != http.StatusNotFound || r.code != "4040002" {
					h.t.Errorf("%s %s: %v", method, path, r)
				}
			}
		}
	})
}
