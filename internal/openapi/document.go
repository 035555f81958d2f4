// Package openapi describes dialects to machines: an OpenAPI 3.1 document and
// a Postman collection of each, and an OpenAPI document of the management API.
// They are printed from the rows by which the server checks requests and
// chooses its answers, so that what they say is what is done.
package openapi

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Document is an OpenAPI document (OpenAPI 3.1.1, "OpenAPI Object") as far as
// this package writes one.
type Document struct {
	OpenAPI    string            `json:"openapi"`
	About      About             `json:"info"`
	Servers    []Server          `json:"servers,omitempty"`
	Security   []Named[[]string] `json:"security,omitempty"`
	Tags       []Tag             `json:"tags,omitempty"`
	Paths      Named[PathItem]   `json:"paths"`
	Webhooks   Named[PathItem]   `json:"webhooks,omitempty"`
	Components Components        `json:"components"`
}

// About is an "Info Object".
type About struct {
	Title       string `json:"title"`
	Summary     string `json:"summary,omitempty"`
	Description string `json:"description,omitempty"`
	Version     string `json:"version"`
}

// Server is where an API is reached.
type Server struct {
	URL         string `json:"url"`
	Description string `json:"description,omitempty"`
}

// Tag groups operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// PathItem is what can be done at a path, by method in small letters.
type PathItem = Named[*Operation]

// Operation is one request and its answers.
type Operation struct {
	Tags        []string          `json:"tags,omitempty"`
	Summary     string            `json:"summary,omitempty"`
	Description string            `json:"description,omitempty"`
	ID          string            `json:"operationId"`
	Parameters  []*Parameter      `json:"parameters,omitempty"`
	Body        *Body             `json:"requestBody,omitempty"`
	Responses   Named[*Response]  `json:"responses"`
	Security    []Named[[]string] `json:"security,omitempty"`
	Service     string            `json:"x-service,omitempty"` // SNAP's service code
	Trigger     string            `json:"x-trigger,omitempty"` // the field that asks a sandbox for an answer
}

// Parameter is a header or a parameter of an address, or a reference to one.
type Parameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

// Body is what a request carries.
type Body struct {
	Description string        `json:"description,omitempty"`
	Required    bool          `json:"required,omitempty"`
	Content     Named[*Media] `json:"content"`
}

// Media is a body of one content type.
type Media struct {
	Schema   *Schema         `json:"schema,omitempty"`
	Examples Named[*Example] `json:"examples,omitempty"`
}

// Example is a body as it may be.
type Example struct {
	Summary     string `json:"summary,omitempty"`
	Description string `json:"description,omitempty"`
	Value       any    `json:"value"`
}

// Response is an answer.
type Response struct {
	Description string         `json:"description"`
	Headers     Named[*Header] `json:"headers,omitempty"`
	Content     Named[*Media]  `json:"content,omitempty"`
}

// Header is a header of an answer, or a reference to one.
type Header struct {
	Ref         string  `json:"$ref,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
}

// Components are what the rest refers to.
type Components struct {
	Schemas    Named[*Schema]         `json:"schemas,omitempty"`
	Parameters Named[*Parameter]      `json:"parameters,omitempty"`
	Headers    Named[*Header]         `json:"headers,omitempty"`
	Security   Named[*SecurityScheme] `json:"securitySchemes,omitempty"`
}

// SecurityScheme is a way to prove where a request comes from.
type SecurityScheme struct {
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	Name        string `json:"name,omitempty"`
	In          string `json:"in,omitempty"`
	Scheme      string `json:"scheme,omitempty"`
}

// Named is a JSON object whose members keep their order, which is the order of
// the rows.
type Named[T any] []Member[T]

// Member is one of a Named.
type Member[T any] struct {
	Name  string
	Value T
}

func (n *Named[T]) put(name string, value T) { *n = append(*n, Member[T]{name, value}) }

// set replaces a member, or adds it.
func (n *Named[T]) set(name string, value T) {
	for i := range *n {
		if (*n)[i].Name == name {
			(*n)[i].Value = value
			return
		}
	}
	n.put(name, value)
}

func (n Named[T]) has(name string) bool {
	return slices.ContainsFunc(n, func(m Member[T]) bool { return m.Name == name })
}

// get finds a member; the zero value where there is none.
func (n Named[T]) get(name string) (value T) {
	for _, m := range n {
		if m.Name == name {
			return m.Value
		}
	}
	return value
}

// MarshalJSON writes the members in their order.
func (n Named[T]) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.Name, m.Value} {
			text, err := plain(part)
			if err != nil {
				return nil, err
			}
			b.Write(text)
			if j == 0 {
				b.WriteByte(':')
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plain is JSON without escapes for HTML, which would make patterns and
// messages hard to read.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Text is a document or a collection as JSON, indented.
func Text(v any) ([]byte, error) {
	text, err := plain(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
