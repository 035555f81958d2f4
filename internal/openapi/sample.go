package openapi

import (
	"bytes"
	"embed"
	"encoding/json"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
)

// samples are the requests and answers that the documents print:
// sample/DIALECT/OPERATION.request.json and .response.json. The dialects' own
// tests hold the same texts to the rows.
//
//go:embed sample
var samples embed.FS

// printed is a document's own sample as an example.
func (b *builder) printed(op *dialect.Operation, part string) Named[*Example] {
	text, err := samples.ReadFile("sample/" + b.dialect.Name + "/" + op.Name + "." + part + ".json")
	if err != nil {
		return nil // the document prints none
	}
	return Named[*Example]{{"document", &Example{Summary: "the document's own sample", Value: json.RawMessage(bytes.TrimSpace(text))}}}
}

// requests are the document's sample, and one with the least that is needed.
func (b *builder) requests(op *dialect.Operation) Named[*Example] {
	all := b.printed(op, "request")
	all.put("least", &Example{
		Summary: "what must be there, and the references",
		Value:   usual.example(op.Body, func(r *field.Row) bool { return references[r.Name] }),
	})
	return all
}

// answers are the document's sample, or else one made of the rows.
func (b *builder) answers(op *dialect.Operation) Named[*Example] {
	if all := b.printed(op, "response"); all != nil {
		return all
	}
	v := usual.with(values{codeField: op.Success.Case.Code(op.Service), "responseMessage": op.Success.Text("", "")})
	return Named[*Example]{{"rows", &Example{Summary: "every field that there may be", Value: v.example(op.Reply, every)}}}
}

// references name what a request is about.
var references = map[string]bool{
	"partnerReferenceNo": true, "originalReferenceNo": true, "originalPartnerReferenceNo": true, "grantType": true,
	"merchantId": true, "merchantid": true, "storeId": true, "terminalId": true,
}
