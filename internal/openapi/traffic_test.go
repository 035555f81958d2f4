package openapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
)

// contract is a document that traffic is held to.
type contract struct{ doc *openapi3.T }

// input finds the operation of a request. The path is as called.
func (d contract) input(t *testing.T, x exchange, template string) *openapi3filter.RequestValidationInput {
	t.Helper()
	item := d.doc.Paths.Value(template)
	if item == nil || item.GetOperation(x.request.Method) == nil {
		t.Fatalf("%s %s is not described", x.request.Method, template)
	}
	request := httptest.NewRequest(x.request.Method, x.request.URL.String(), bytes.NewReader(x.body))
	request.Header = x.request.Header
	return &openapi3filter.RequestValidationInput{
		Request: request, QueryParams: request.URL.Query(), PathParams: placed(template, request.URL.Path),
		Route:   &routers.Route{Spec: d.doc, Path: template, PathItem: item, Method: request.Method, Operation: item.GetOperation(request.Method)},
		Options: &openapi3filter.Options{AuthenticationFunc: proved, IncludeResponseStatus: true},
	}
}

// placed are the parts of a path that a template names.
func placed(template, path string) map[string]string {
	all := make(map[string]string)
	parts := strings.Split(path, "/")
	for i, name := range strings.Split(template, "/") {
		if strings.HasPrefix(name, "{") {
			all[strings.Trim(name, "{}")] = parts[i]
		}
	}
	return all
}

// proved asks for the header of a security scheme; the server verifies it.
func proved(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	name := in.SecurityScheme.Name
	if in.SecurityScheme.Type == "http" {
		name = "Authorization"
	}
	if in.RequestValidationInput.Request.Header.Get(name) == "" {
		return errors.New("there is no " + name)
	}
	return nil
}

// asks holds a request to the document.
func (d contract) asks(t *testing.T, x exchange, template string) error {
	t.Helper()
	return openapi3filter.ValidateRequest(t.Context(), d.input(t, x, template))
}

// answers holds an answer to the document.
func (d contract) answers(t *testing.T, x exchange, template string) error {
	t.Helper()
	in := d.input(t, x, template)
	return openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: x.status, Header: x.header, Options: in.Options,
		Body: io.NopCloser(bytes.NewReader(x.response)),
	})
}

// fits wants both of an exchange to be as described.
func (d contract) fits(t *testing.T, x exchange, template string) {
	t.Helper()
	if err := d.asks(t, x, template); err != nil {
		t.Errorf("%s: the request: %v\n%s", template, err, x.body)
	}
	if err := d.answers(t, x, template); err != nil {
		t.Errorf("%s: the answer %d: %v\n%s", template, x.status, err, x.response)
	}
}

// TestStoriesAreAsDescribed: every request of a payment's whole life in every
// dialect, and its answer.
func TestStoriesAreAsDescribed(t *testing.T) {
	w := start(t)
	for _, d := range w.dialects {
		t.Run(d.Name, func(t *testing.T) {
			doc, seen := contract{describe(t, &d)}, map[string]bool{}
			w.t = t
			w.run(&d, func(op *dialect.Operation, x exchange) {
				seen[op.Name] = true
				doc.fits(t, x, op.Paths[0])
			})
			for _, op := range d.Operations {
				if !seen[op.Name] {
					t.Errorf("the story has no %s", op.Name)
				}
			}
		})
	}
}

// TestRefusalsAreAsDescribed: each way to be refused at the door, of every
// operation, is answered as described; a request that is refused for a field
// or a header is not one that the document describes.
func TestRefusalsAreAsDescribed(t *testing.T) {
	w := start(t)
	for _, d := range w.dialects {
		doc := contract{describe(t, &d)}
		for i := range d.Operations {
			op := &d.Operations[i]
			t.Run(d.Name+"/"+op.Name, func(t *testing.T) {
				w.t = t
				for name, c := range refused(op) {
					x := w.send(&d, op, op.Paths[0], "no-token", c.body, c.change)
					if x.status < 400 {
						t.Fatalf("%s: %d %s", name, x.status, x.response)
					}
					if err := doc.answers(t, x, op.Paths[0]); err != nil {
						t.Errorf("%s: %v\n%s", name, err, x.response)
					}
					if err := doc.asks(t, x, op.Paths[0]); c.planted && err == nil {
						t.Errorf("%s: the request is as described", name)
					}
				}
			})
		}
	}
}

// mistake is a request that is refused.
type mistake struct {
	body    []byte
	change  func(http.Header)
	planted bool // the document says that it is wrong
}

func refused(op *dialect.Operation) map[string]mistake {
	without := func(name string) func(http.Header) { return func(h http.Header) { h.Del(name) } }
	return map[string]mistake{
		"no body":         {nil, nil, true},
		"no JSON":         {[]byte(`{"a":`), nil, true},
		"an array":        {[]byte(`[]`), nil, true},
		"no time":         {[]byte(`{}`), without("X-TIMESTAMP"), true},
		"a wrong time":    {[]byte(`{}`), func(h http.Header) { h.Set("X-TIMESTAMP", "yesterday") }, true},
		"no signature":    {[]byte(`{}`), without("X-SIGNATURE"), true},
		"wrong signature": {[]byte(`{}`), func(h http.Header) { h.Set("X-SIGNATURE", strings.Repeat("A", 342)+"==") }, false},
		"nobody": {[]byte(`{}`), func(h http.Header) {
			h.Set("X-CLIENT-KEY", "nobody")
			h.Set("X-PARTNER-ID", "nobody")
			h.Del("Authorization")
		}, false},
	}
}

// TestPlantedInTraffic: what is altered in a request or an answer that was as
// described is found.
func TestPlantedInTraffic(t *testing.T) {
	w := start(t)
	d := named(t, w.dialects, "speedcash")
	doc := contract{describe(t, d)}
	w.run(d, func(op *dialect.Operation, x exchange) {
		if op.Name != "query" {
			return
		}
		for what, change := range map[string]func(*exchange){
			"too long":     func(x *exchange) { x.body = dialecttest.Edited(t, x.body, "merchantId", strings.Repeat("m", 65)) },
			"missing":      func(x *exchange) { x.body = dialecttest.Edited(t, x.body, "merchantId", nil) },
			"renamed":      func(x *exchange) { x.body = bytes.Replace(x.body, []byte("merchantId"), []byte("merchantID"), 1) },
			"another kind": func(x *exchange) { x.body = dialecttest.Edited(t, x.body, "serviceCode", 47) },
		} {
			planted := x
			if change(&planted); doc.asks(t, planted, op.Paths[0]) == nil {
				t.Errorf("a request is as described with a field %s: %s", what, planted.body)
			}
		}
		for path, value := range map[string]any{
			"responseCode": "2004700", "latestTransactionStatus": nil, "responseMessage": strings.Repeat("m", 151), "paidTime": "yesterday", "amount.value": 15000,
		} {
			planted := x
			planted.response = dialecttest.Edited(t, x.response, path, value)
			if doc.answers(t, planted, op.Paths[0]) == nil {
				t.Errorf("an answer is as described with %s = %v", path, value)
			}
		}
		planted := x
		if planted.status = http.StatusBadRequest; doc.answers(t, planted, op.Paths[0]) == nil {
			t.Error("a success is as described with HTTP 400")
		}
	})
}

// printed stands for what differs from run to run in a transcript.
var printed = strings.NewReplacer(
	`"<ref>"`, `"2601311000000000000001"`, `"<uuid>"`, `"019b0000-0000-7000-8000-000000000000"`,
	`"<payload>"`, `"`+"000201"+strings.Repeat("0", 60)+"6304ABCD"+`"`, `"<image>"`, `"iVBORw0KGgo="`, `"<url>"`, `"http://127.0.0.1/qr/1.png"`,
	`"<time>"`, `"2026-01-31T10:00:00+07:00"`, `"<micros>"`, `"2026-01-31T10:00:00.000000"`, `"<datetime>"`, `"2026-01-31 10:00:00"`, `"<text>"`, `"text"`,
)

// TestTranscriptsAreAsDescribed: the requests and answers that the documents
// print, as recorded and as they are answered here.
func TestTranscriptsAreAsDescribed(t *testing.T) {
	transcripts, err := dialecttest.Load("../dialect")
	if err != nil || len(transcripts) < 6 {
		t.Fatalf("%d transcripts: %v", len(transcripts), err)
	}
	for _, transcript := range transcripts {
		t.Run(transcript.Dialect+"/"+transcript.Name, func(t *testing.T) {
			w := start(t)
			d := named(t, w.dialects, transcript.Dialect)
			doc := contract{describe(t, d)}
			for _, x := range transcript.Exchanges {
				op := at(t, d, x.Path)
				doc.fits(t, recorded(t, x), x.Path)
				if !x.Clock.IsZero() {
					w.manage(http.MethodPost, "/v1/sandbox/clock", []byte(`{"set":"`+x.Clock.Format("2006-01-02T15:04:05.999999999Z07:00")+`"}`))
				}
				got := w.send(d, op, x.Path, w.token(d), x.Body, func(h http.Header) {
					if id := x.Header.Get("X-EXTERNAL-ID"); id != "" {
						h.Set("X-EXTERNAL-ID", id)
					}
				})
				if got.status != x.Status {
					t.Fatalf("%s: %d %s", x.Path, got.status, got.response)
				}
				doc.fits(t, got, x.Path)
			}
		})
	}
}

// recorded is an exchange of a transcript with what a run adds to it.
func recorded(t *testing.T, x dialecttest.Exchange) exchange {
	t.Helper()
	req := httptest.NewRequest(x.Method, x.Path, bytes.NewReader(x.Body))
	req.Header = x.Header.Clone()
	for _, name := range []string{"X-SIGNATURE", "Authorization", "Authorization-Customer", "X-CLIENT-KEY"} {
		if req.Header.Get(name) == "" {
			req.Header.Set(name, "made anew")
		}
	}
	want, err := json.Marshal(x.Want)
	if err != nil {
		t.Fatal(err)
	}
	want = []byte(printed.Replace(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(want))))
	header := http.Header{"Content-Type": {"application/json"}, "X-Timestamp": {"2026-01-31T10:00:00+07:00"}}
	return exchange{request: req, body: x.Body, status: x.Status, header: header, response: want}
}

func named(t *testing.T, dialects []dialect.Dialect, name string) *dialect.Dialect {
	t.Helper()
	for i := range dialects {
		if dialects[i].Name == name {
			return &dialects[i]
		}
	}
	t.Fatalf("there is no dialect %s", name)
	return nil
}

func at(t *testing.T, d *dialect.Dialect, path string) *dialect.Operation {
	t.Helper()
	for i := range d.Operations {
		for _, p := range d.Operations[i].Paths {
			if p == path {
				return &d.Operations[i]
			}
		}
	}
	t.Fatalf("%s has nothing at %s", d.Name, path)
	return nil
}

// token gets a B2B token; empty where the dialect has none.
func (w *world) token(d *dialect.Dialect) string {
	w.t.Helper()
	op := d.Operation("token")
	if op == nil {
		return ""
	}
	x := w.send(d, op, op.Paths[0], "", []byte(`{"grantType":"client_credentials"}`), nil)
	var answer struct{ AccessToken string }
	if err := json.Unmarshal(x.response, &answer); err != nil || answer.AccessToken == "" {
		w.t.Fatalf("no token: %s", x.response)
	}
	return answer.AccessToken
}
