package openapi

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

const (
	refusalName = "Refusal"
	codeField   = "responseCode"
)

// refusal is the body of every answer that is no success.
func (b *builder) refusal() *Schema {
	rows := []field.Row{
		{Name: codeField, Need: field.Mandatory, Min: 7, Max: 7, Format: field.Digits, About: "HTTP status, service code and case code"},
		{Name: "responseMessage", Need: field.Mandatory, Max: b.longestMessage(), About: "what is wrong"},
		{Name: "partnerReferenceNo", About: "the request's, if it could be read"},
		{Name: "originalPartnerReferenceNo", About: "the request's, if it could be read"},
		{Name: "partnerRefundNo", About: "the request's, if it could be read"},
		{Name: "refundAmount", Kind: field.Object, About: "the request's, as it came"},
		{Name: "additionalInfo", Kind: field.Object, About: "of a sandbox only"},
		{Name: "additionalInfo.debugMessage", About: "why, for people: with X-Debug-Mode: true"},
	}
	return object(rows)
}

// longestMessage is the length of responseMessage: the standard's 150
// characters, or what an operation of the dialect documents.
func (b *builder) longestMessage() int {
	longest := 150
	for _, op := range b.dialect.Operations {
		for _, r := range op.Reply {
			if r.Name == "responseMessage" {
				longest = max(longest, r.Max)
			}
		}
	}
	return longest
}

// success is the body of a success.
func (b *builder) success(op *dialect.Operation) *Schema {
	s := object(op.Reply)
	if code := s.Properties.get(codeField); code != nil {
		*code = Schema{Const: op.Success.Case.Code(op.Service), Description: code.Description}
	}
	return s
}

// answerHeaders are those of every answer.
func answerHeaders() Named[*Header] {
	text := types{field.String.String()}
	return Named[*Header]{
		{snap.HeaderTimestamp, &Header{Description: "the server's time", Required: true, Schema: &Schema{Type: text, Pattern: field.Timestamp.Pattern}}},
		{requestID, &Header{Description: "the name of this request in the server's log: the request's own, or one drawn for it", Schema: &Schema{Type: text}}},
	}
}

const requestID = "X-Request-Id"

func answered(body *Media, description string) *Response {
	r := &Response{Description: description, Content: Named[*Media]{{jsonType, body}}}
	for _, name := range []string{snap.HeaderTimestamp, requestID} {
		r.Headers.put(name, &Header{Ref: "#/components/headers/" + name})
	}
	return r
}

// responses are the answers by their HTTP status. What a document lists not,
// the default covers.
func (b *builder) responses(op *dialect.Operation) Named[*Response] {
	all := Named[*Response]{{strconv.Itoa(op.Success.Case.HTTP), answered(
		&Media{Schema: refer(title(op.Name) + "Response"), Examples: b.answers(op)}, op.Success.Text("", ""))}}
	for _, group := range byStatus(op) {
		r := answered(&Media{Schema: refusedWith(op, group), Examples: group.examples}, http.StatusText(group.status))
		if group.status == http.StatusTooManyRequests {
			r.Headers.put("Retry-After", &Header{Description: "seconds to wait", Schema: &Schema{Type: types{field.String.String()}, Pattern: field.Digits.Pattern}})
		}
		all.put(strconv.Itoa(group.status), r)
	}
	all.put("default", answered(&Media{Schema: refer(refusalName)}, "A refusal for which the document has no line, or the answer that a sandbox was asked for"))
	return all
}

// statusGroup are the refusals of one HTTP status.
type statusGroup struct {
	status   int
	examples Named[*Example]
}

// refusedWith is a refusal whose code is of a status and the operation's
// service.
func refusedWith(op *dialect.Operation, g statusGroup) *Schema {
	s := refer(refusalName)
	code := &Schema{Pattern: fmt.Sprintf("^%d%s[0-9]{2}$", g.status, op.Service)}
	s.Properties = Named[*Schema]{{codeField, code}}
	return s
}

// byStatus groups the documented codes, and those that only magic values give,
// by their HTTP status.
func byStatus(op *dialect.Operation) []statusGroup {
	var groups []statusGroup
	for _, c := range refusals(op) {
		status, _, _, err := snap.ParseCode(c.Code)
		if err != nil || status == op.Success.Case.HTTP {
			continue
		}
		i := slices.IndexFunc(groups, func(g statusGroup) bool { return g.status == status })
		if i < 0 {
			i = len(groups)
			groups = append(groups, statusGroup{status: status})
		}
		groups[i].show(op, c)
	}
	slices.SortStableFunc(groups, func(a, b statusGroup) int { return cmp.Compare(a.status, b.status) })
	return groups
}

// refusals are the operation's codes, with those of its magic values that the
// document does not list.
func refusals(op *dialect.Operation) []dialect.Code {
	all := slices.Clone(op.Codes)
	for _, m := range op.Triggers {
		if slices.ContainsFunc(all, func(c dialect.Code) bool { return c.Code == m.Code }) {
			continue
		}
		message := m.Code
		if standard, ok := snap.ResponseCode(m.Code).Case(); ok {
			message = standard.Message
		}
		all = append(all, dialect.Code{Code: m.Code, Message: message, Cause: "in a sandbox, of " + m.Field + " = " + m.Value})
	}
	return all
}

// show adds a code; one that a document prints again gets a number.
func (g *statusGroup) show(op *dialect.Operation, c dialect.Code) {
	how := cmp.Or(c.Cause, dialect.Ways[c.Reach])
	if c.Reach == dialect.ByTrigger {
		how = "sandbox only: send " + c.Code + " as " + op.Trigger
	}
	e := &Example{Summary: c.Message, Description: how, Value: Named[string]{{codeField, c.Code}, {"responseMessage", c.Message}}}
	share(&g.examples, c.Code, e)
}
