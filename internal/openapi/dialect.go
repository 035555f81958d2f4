package openapi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

const (
	version     = "3.1.1"
	jsonType    = "application/json"
	tokenTag    = "Access token"
	paymentTag  = "QRIS"
	schemasPath = "#/components/schemas/"
)

// Options say which server is described.
type Options struct {
	PublicURL string // scheme and host under which the API is reached; empty: a server on this machine
	Sandbox   bool   // with what only a sandbox serves
}

// LocalURL is where a server listens that was told nothing else.
const LocalURL = "http://127.0.0.1:8080"

// builder writes the document of one dialect.
type builder struct {
	dialect *dialect.Dialect
	sandbox bool
	doc     *Document
}

// Describe is a dialect's document.
func Describe(d *dialect.Dialect, o Options) *Document {
	if o.PublicURL == "" {
		o.PublicURL = LocalURL
	}
	b := builder{d, o.Sandbox, &Document{
		OpenAPI: version,
		About: About{
			Title: d.Title + " QRIS, as qrisd serves it", Version: "1.0",
			Summary:     d.Document,
			Description: limits,
		},
		Servers: []Server{
			{o.PublicURL, "the dialect is the partner's, where several share a path"},
			{o.PublicURL + "/" + d.Name, "the dialect is " + d.Title},
		},
		Tags: []Tag{
			{tokenTag, "Tokens, with which the other requests are made"},
			{paymentTag, "Codes and payments"},
		},
	}}
	b.doc.Components.Schemas.put(refusalName, b.refusal())
	b.doc.Components.Headers = answerHeaders()
	for i := range d.Operations {
		b.operation(&d.Operations[i])
	}
	b.consent()
	b.notice()
	return b.doc
}

// limits is what a schema cannot say.
const limits = `Printed from the rows by which the server checks requests and chooses its answers.

The schemas say what a request must be, but for this:

- A field that is not mandatory may also be null or the empty string: both are as good as absent.
- No text may hold control characters, and a date must be one of the calendar.
- No header may be given twice, and Authorization is described as security.
- A JSON name may not stand twice in an object, in any case, and nothing may follow the body.
- A number's digits count as they are written: 1.0 and 1e0 are no whole numbers.
- Which of several references a request needs, and whether what it names exists, is decided by the books.

With ` + "`x-soft: true`" + ` length, pattern and enumeration are the document's, and the server lets
pass what breaks them, unless the partner's headers are agreed to be strict. ` + "`x-called`" + ` is the
name by which a refusal calls the field. The signature's headers and the body's bytes belong together:
minify the body, sign, and send exactly those bytes.`

// operation describes an operation at each of its paths.
func (b *builder) operation(op *dialect.Operation) {
	name := title(op.Name)
	b.doc.Components.Schemas.put(name+"Request", object(op.Body))
	b.doc.Components.Schemas.put(name+"Response", b.success(op))
	for i, path := range op.Paths {
		o := b.described(op)
		o.ID = op.Name
		if i > 0 {
			o.ID += "-" + strconv.Itoa(i+1)
			o.Description = "The same as at " + op.Paths[0] + ".\n\n" + o.Description
		}
		b.doc.Paths.put(path, PathItem{{"post", o}})
	}
}

func (b *builder) described(op *dialect.Operation) *Operation {
	o := &Operation{
		Tags: []string{paymentTag}, Summary: op.Service.Name(), Description: b.about(op),
		Service: string(op.Service), Trigger: op.Trigger,
		Parameters: b.parameters(op.Headers), Security: b.security(op),
		Body: &Body{Required: true, Content: Named[*Media]{{jsonType, &Media{
			Schema: refer(title(op.Name) + "Request"), Examples: b.requests(op),
		}}}},
		Responses: b.responses(op),
	}
	if op.Auth == dialect.AuthToken {
		o.Tags[0] = tokenTag
	}
	return o
}

func refer(schema string) *Schema { return &Schema{Ref: schemasPath + schema} }

// title makes a type's name of an operation's: "customer-token" is
// CustomerToken.
func title(name string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// about says of an operation what has no place of its own.
func (b *builder) about(op *dialect.Operation) string {
	lines := []string{"SNAP service " + string(op.Service) + "."}
	if op.Auth != dialect.AuthToken {
		lines = append(lines, "A repeated `"+snap.HeaderExternalID+"` "+b.repeats(op, b.dialect.ExternalID)+".")
	}
	if id := op.Identifier.Field; id != "" {
		rule := b.dialect.Reference
		if op.Reference != nil {
			rule = *op.Reference
		}
		lines = append(lines, "A repeated `"+id+"` "+b.repeats(op, rule)+".")
	}
	if op.Trigger != "" {
		lines = append(lines, fmt.Sprintf("In a sandbox a response code of service %s, sent as `%s`, is the answer.", op.Service, op.Trigger))
	}
	for _, m := range op.Triggers {
		lines = append(lines, fmt.Sprintf("In a sandbox `%s` = %s is answered %s.", m.Field, m.Value, m.Code))
	}
	for _, s := range op.Samples {
		lines = append(lines, fmt.Sprintf("The document's sample has `%s` = %s, which a sandbox lets pass: %s.", s.Field, s.Value, s.About))
	}
	return strings.Join(lines, "\n\n")
}

// repeats says what a repeated identifier means.
func (b *builder) repeats(op *dialect.Operation, rule dialect.Rule) string {
	if !rule.Remember {
		return "is not looked at"
	}
	same, other := b.repeat(op, rule.Same), b.repeat(op, rule.Other)
	when := ""
	if rule.Daily {
		when = "within a Jakarta day "
	}
	if same == other {
		return when + "is answered " + same
	}
	return when + "is answered " + same + " where the body is the same, and otherwise " + other
}

func (b *builder) repeat(op *dialect.Operation, r dialect.Repeat) string {
	if r.Replay {
		return "as the first was"
	}
	return b.dialect.Outcome(op, r.Kind).Case.Code(op.Service)
}

// unlisted are the headers that OpenAPI describes elsewhere: in the security
// and in the content of the body.
var unlisted = map[string]bool{snap.HeaderAuthorization: true, "Content-Type": true}

// parameters are the headers of a request.
func (b *builder) parameters(rows []field.Row) []*Parameter {
	var all []*Parameter
	for _, r := range rows {
		if unlisted[r.Name] {
			continue
		}
		names, required := []string{r.Name}, r.Need == field.Mandatory
		if r.Name == snap.HeaderChannelID && r.As != "" {
			names, required = []string{r.As, r.Name}, false // either spelling will do
		}
		for _, name := range names {
			p := &Parameter{Name: name, In: "header", Description: r.About, Required: required, Schema: parameter(r)}
			all = append(all, &Parameter{Ref: "#/components/parameters/" + share(&b.doc.Components.Parameters, name, p)})
		}
	}
	return all
}

// share keeps a component once, and gives its name: a second one of another
// content gets a number.
func share[T any](all *Named[T], name string, value T) string {
	text, err := plain(value)
	if err != nil {
		panic("openapi: a component is no JSON: " + err.Error()) // of our own types only
	}
	for n := 1; ; n++ {
		numbered := name
		if n > 1 {
			numbered += "-" + strconv.Itoa(n)
		}
		if !all.has(numbered) {
			all.put(numbered, value)
			return numbered
		}
		if there, _ := plain(all.get(numbered)); bytes.Equal(there, text) {
			return numbered
		}
	}
}
