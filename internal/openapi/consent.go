package openapi

import (
	"net/http"
	"strconv"

	"github.com/qrisd/qrisd/internal/field"
)

// consent is the address to which a partner sends a payer's browser. Only a
// sandbox serves it.
func (b *builder) consent() {
	at := b.dialect.Binding
	if at == nil || !b.sandbox {
		return
	}
	o := &Operation{
		Tags: []string{tokenTag}, ID: "consent", Service: string(at.Service), Summary: "A payer's consent",
		Description: "A browser's way: the sandbox's payer consents at once, and the browser goes on to `redirectUrl` with `authCode` and `state`. Nobody else serves it.",
		Responses: Named[*Response]{
			{strconv.Itoa(http.StatusFound), &Response{
				Description: "The payer consented",
				Headers:     Named[*Header]{{"Location", &Header{Description: "redirectUrl with authCode and state", Required: true, Schema: &Schema{Type: types{field.String.String()}}}}},
			}},
			{"default", &Response{Description: "A refusal", Content: Named[*Media]{{jsonType, &Media{Schema: refer(refusalName)}}}}},
		},
	}
	for _, r := range at.Query {
		_, instead := at.Headers[r.Name]
		o.Parameters = append(o.Parameters, &Parameter{
			Name: r.Name, In: "query", Description: r.About, Required: r.Need == field.Mandatory && !instead, Schema: parameter(r),
		})
	}
	b.doc.Paths.put(at.Path, PathItem{{"get", o}})
}
